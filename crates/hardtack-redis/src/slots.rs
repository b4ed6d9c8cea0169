//! [`slot`]: the part of a Cluster that has a key.

use redis::Value;

use crate::features::text;

/// The number of slots of every Cluster.
const SLOTS: u16 = 16384;

/// Returns the slot of a key: CRC16 of the key, or of what stands in its first `{}`
/// (Redis Cluster Specification, "Hash tags").
pub(crate) fn slot(key: &[u8]) -> u16 {
    let tag = || {
        let begin = key.iter().position(|byte| *byte == b'{')? + 1;
        let rest = key.get(begin..)?;
        let length = rest.iter().position(|byte| *byte == b'}')?;
        rest.get(..length).filter(|tag| !tag.is_empty())
    };
    crc16(tag().unwrap_or(key)) % SLOTS
}

/// CRC16/XMODEM: polynomial 1021, from 0.
fn crc16(bytes: &[u8]) -> u16 {
    bytes.iter().fold(0, |sum, byte| {
        (0..8).fold(sum ^ (u16::from(*byte) << 8), |sum, _| {
            let shifted = sum << 1;
            if sum & 0x8000 == 0 {
                shifted
            } else {
                shifted ^ 0x1021
            }
        })
    })
}

/// Slots and the master that has them.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) first: u16,
    pub(crate) last: u16,
    pub(crate) host: String,
    pub(crate) port: u16,
}

/// Reads the answer to `CLUSTER SLOTS`; `None` if it is another answer.
///
/// A node that does not know its own host leaves it empty: it is the one at `asked`.
pub(crate) fn ranges(answer: &Value, asked: &str) -> Option<Vec<Range>> {
    let Value::Array(rows) = answer else {
        return None;
    };
    let range = |row: &Value| {
        let Value::Array(row) = row else { return None };
        let [
            Value::Int(first),
            Value::Int(last),
            Value::Array(master),
            ..,
        ] = row.as_slice()
        else {
            return None;
        };
        let [host, Value::Int(port), ..] = master.as_slice() else {
            return None;
        };
        let host = text(host).filter(|host| !host.is_empty());
        Some(Range {
            first: u16::try_from(*first).ok()?,
            last: u16::try_from(*last).ok()?,
            host: host.unwrap_or_else(|| asked.to_owned()),
            port: u16::try_from(*port).ok()?,
        })
    };
    let mut ranges: Vec<Range> = rows.iter().map(range).collect::<Option<_>>()?;
    // `?` where hostnames are preferred: the master has announced none.
    ranges.retain(|range| range.host != "?");
    ranges.sort_by_key(|range| range.first);
    Some(ranges)
}

/// Reads `host:port` of a redirection; an empty host is the node at `asked`.
pub(crate) fn redirection(to: &str, asked: &str) -> Option<(String, u16)> {
    let (host, port) = to.rsplit_once(':')?;
    if host == "?" {
        return None;
    }
    let host = if host.is_empty() { asked } else { host };
    Some((host.to_owned(), port.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slots_are_those_of_redis() {
        // By CLUSTER KEYSLOT of Redis 7.0.15; 0x31c3 is the specification's check value.
        assert_eq!(crc16(b"123456789"), 0x31c3);
        for (key, expected) in [
            ("", 0),
            ("foo", 12182),
            ("hardtack-check-1", 7893),
            ("{user1000}.following", 3443),
            ("{user1000}.followers", 3443),
            ("foo{}{bar}", 8363),
            ("foo{{bar}}zap", 4015),
            ("foo{bar}{zap}", 5061),
            ("foo{bar", 15278),
            ("caf\u{e9}", 5735),
        ] {
            assert_eq!(slot(key.as_bytes()), expected, "{key}");
        }
    }

    #[test]
    fn slots_have_the_masters_that_a_node_names() {
        let bulk = |text: &str| Value::BulkString(text.as_bytes().to_vec());
        let row = |first, host: Value| {
            let master = Value::Array(vec![host, Value::Int(7000), bulk("id")]);
            Value::Array(vec![Value::Int(first), Value::Int(first + 9), master])
        };
        let answer = Value::Array(vec![
            row(60, bulk("n1.internal")),
            row(10, bulk("")),
            row(20, Value::Nil),
            row(30, bulk("fd00::1")),
            row(40, bulk("?")),
        ]);
        let ranges: Vec<_> = ranges(&answer, "seed")
            .unwrap()
            .into_iter()
            .map(|range| (range.first, range.last, range.host))
            .collect();
        let expected = [
            (10, 19, "seed"),
            (20, 29, "seed"),
            (30, 39, "fd00::1"),
            (60, 69, "n1.internal"),
        ];
        let expected = expected.map(|(first, last, host)| (first, last, host.to_owned()));
        assert_eq!(ranges, expected);
    }

    #[test]
    fn an_empty_answer_has_no_slots_and_an_odd_one_is_none() {
        assert_eq!(ranges(&Value::Array(vec![]), "seed"), Some(vec![]));
        let short = Value::Array(vec![Value::Int(0), Value::Int(1)]);
        let large = Value::Array(vec![
            Value::Int(0),
            Value::Int(70_000),
            Value::Array(vec![Value::Nil, Value::Int(7000)]),
        ]);
        for row in [short, large, Value::Nil] {
            assert_eq!(ranges(&Value::Array(vec![row]), "seed"), None);
        }
        assert_eq!(ranges(&Value::Nil, "seed"), None);
    }

    #[test]
    fn a_redirection_names_host_and_port() {
        for (to, expected) in [
            ("10.0.0.1:7000", Some(("10.0.0.1", 7000))),
            (":7000", Some(("seed", 7000))),
            ("fd00::1:7000", Some(("fd00::1", 7000))),
            ("?:7000", None),
            ("10.0.0.1", None),
            ("10.0.0.1:70000", None),
        ] {
            let expected = expected.map(|(host, port)| (host.to_owned(), port));
            assert_eq!(redirection(to, "seed"), expected, "{to}");
        }
    }
}
