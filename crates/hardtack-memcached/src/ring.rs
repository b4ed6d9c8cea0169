//! [`Ring`]: the server of a key among several, as `Dalli::Ring` places them.
//!
//! Each server has 160 points on a circle of 32 bits, more or fewer by its weight. A key belongs to the
//! last point at or before the CRC-32 of the key.

use sha1::{Digest, Sha1};

use crate::address::Address;

/// The points of a server among servers of equal weight (`POINTS_PER_SERVER`).
const POINTS: u64 = 160;

/// The number of servers that are looked up for a key while they are away (`server_from_continuum`).
const TRIES: usize = 20;

/// The points, in order, each with the index of its server. A single server has none.
#[derive(Debug)]
pub(crate) struct Ring(Vec<(u32, usize)>);

impl Ring {
    pub(crate) fn new(servers: &[Address]) -> Self {
        let count = u64::try_from(servers.len()).unwrap_or(u64::MAX);
        if count < 2 {
            return Self(Vec::new());
        }
        let whole: u64 = servers.iter().map(|server| u64::from(server.weight)).sum();
        let mut points = Vec::new();
        for (index, server) in servers.iter().enumerate() {
            let share = count * POINTS * u64::from(server.weight) / whole.max(1);
            for number in 0..share {
                let digest = Sha1::digest(format!("{}:{number}", server.name));
                if let Some(start) = digest.first_chunk() {
                    points.push((u32::from_be_bytes(*start), index));
                }
            }
        }
        points.sort_by_key(|(value, _)| *value);
        Self(points)
    }

    /// Returns the servers of a key, by their indices: the first has it; if that one is away, Dalli takes
    /// the next that is not. A server may come several times.
    pub(crate) fn servers<'a>(&'a self, key: &'a str) -> impl Iterator<Item = usize> + 'a {
        let tries = if self.0.is_empty() { 1 } else { TRIES };
        (0..tries).map(move |number| match number.checked_sub(1) {
            _ if self.0.is_empty() => 0,
            None => self.server(crc32(key.bytes())),
            Some(number) => {
                let number = number.to_string();
                self.server(crc32(number.bytes().chain(key.bytes())))
            }
        })
    }

    fn server(&self, hash: u32) -> usize {
        let later = self.0.partition_point(|(value, _)| *value <= hash);
        // Before the first point lies the last one: it is a circle.
        let point = match later.checked_sub(1) {
            Some(index) => self.0.get(index),
            None => self.0.last(),
        };
        point.map_or(0, |(_, server)| *server)
    }
}

/// CRC-32 of IEEE 802.3, as `Zlib.crc32`.
fn crc32(bytes: impl Iterator<Item = u8>) -> u32 {
    let mut crc = !0_u32;
    for byte in bytes {
        crc ^= u32::from(byte);
        for _ in 0..8 {
            crc = (crc >> 1) ^ (0xedb8_8320 & 0_u32.wrapping_sub(crc & 1));
        }
    }
    !crc
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str =
        "shop:_session_id:2::d27462508e96d31491a3a51d0ad8e06cd5bbcd201574c0ec6a195852c8ee2745";

    fn ring(servers: &str) -> Ring {
        Ring::new(&Address::parse_all(servers).unwrap())
    }

    #[test]
    fn crc32_is_that_of_zlib() {
        for (text, expected) in [
            ("", 0),
            ("123456789", 0xcbf4_3926), // the check value of the standard
            ("a", 0xe8b7_be43),
            ("foo", 0x8c73_6521),
            (ID, 0x8c9d_f0c2),
        ] {
            assert_eq!(crc32(text.bytes()), expected, "{text}");
        }
    }

    #[test]
    fn points_and_servers_are_those_of_dalli() {
        // `Dalli::Ring` of Dalli 3.0.6 over the same servers.
        let ring = ring("10.0.0.1:11211,10.0.0.2:11211:2,cache.internal:11300");
        let values: Vec<u32> = ring.0.iter().map(|(value, _)| *value).collect();
        assert_eq!(
            (values.len(), values[0], values[479]),
            (480, 1_420_216, 4_290_984_035)
        );
        let points = |server| ring.0.iter().filter(|(_, of)| *of == server).count();
        assert_eq!([points(0), points(1), points(2)], [120, 240, 120]);
        for (key, expected) in [
            ("a", [0, 1, 1, 2]),
            ("b", [1, 2, 2, 0]),
            ("foo", [2, 2, 1, 1]),
            (ID, [2, 2, 1, 1]),
        ] {
            let servers: Vec<usize> = ring.servers(key).take(4).collect();
            assert_eq!(servers, expected, "{key}");
            assert_eq!(ring.servers(key).count(), 20);
        }
        for (hash, expected) in [
            (0, 0),
            (1_420_215, 0),
            (1_420_216, 2),
            (4_290_984_035, 0),
            (u32::MAX, 0),
        ] {
            assert_eq!(ring.server(hash), expected, "{hash}");
        }
    }

    #[test]
    fn one_server_has_every_key_and_one_without_weight_has_none() {
        let one = ring("10.0.0.1");
        assert_eq!(one.servers("a").collect::<Vec<_>>(), [0]);
        let two = ring("10.0.0.1:1:0,10.0.0.2");
        let keys = (0..100).map(|key| key.to_string());
        for key in keys {
            assert!(two.servers(&key).all(|server| server == 1));
        }
    }
}
