//! [`Address`]: a server as Dalli's settings name it.

use std::fmt;

use crate::failure::{Failure, Then};

const PORT: u16 = 11211;

/// A server's host and port, and its weight among the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) weight: u32,
    /// The name by which Dalli places the server on the ring. An IPv6 address keeps its brackets in a
    /// `memcached://` address only.
    pub(crate) name: String,
}

impl Address {
    /// Reads servers separated by commas, each as `host:port:weight` or `memcached://host:port`
    /// (`ServersArgNormalizer` and `ServerConfigParser` of Dalli).
    pub(crate) fn parse_all(text: &str) -> Result<Vec<Self>, Failure> {
        let parts = text.split(',').map(str::trim);
        let addresses: Option<Vec<Self>> = parts
            .filter(|part| !part.is_empty())
            .map(Self::parse)
            .collect();
        // Without the text: whoever writes a login there writes a password.
        let addresses = addresses.ok_or_else(|| {
            Failure::new(
                "a server of Memcached is not understood: write host:port, host:port:weight or \
                 memcached://host:port, and commas between several; logins and local sockets are not \
                 supported",
                Then::GiveUp,
            )
        })?;
        if addresses.iter().all(|address| address.weight == 0) {
            let message =
                "no server of Memcached is given: name at least one, with a weight above 0";
            return Err(Failure::new(message, Then::GiveUp));
        }
        Ok(addresses)
    }

    fn parse(text: &str) -> Option<Self> {
        let (is_url, rest) = match text.strip_prefix("memcached://") {
            Some(rest) => (true, rest.strip_suffix('/').unwrap_or(rest)),
            None => (false, text),
        };
        let (host, numbers) = if let Some(rest) = rest.strip_prefix('[') {
            let (host, numbers) = rest.split_once(']')?;
            let is_ip = host.contains(':') && host.bytes().all(is_of_ip);
            (is_ip.then_some(host)?, numbers)
        } else {
            rest.split_at_checked(rest.find(':').unwrap_or(rest.len()))?
        };
        if host.is_empty() || !host.bytes().all(|byte| is_of_ip(byte) || is_of_name(byte)) {
            return None;
        }
        let mut numbers = match numbers {
            "" => "".split(':'),
            _ => numbers.strip_prefix(':')?.split(':'),
        };
        let port = match numbers.next() {
            None | Some("") => PORT,
            Some(port) => number(port)?,
        };
        let weight = match numbers.next() {
            None => 1,
            Some(_) if is_url => return None,
            Some(weight) => number(weight)?,
        };
        if numbers.next().is_some() || port == 0 {
            return None;
        }
        let is_bare = !is_url || !host.contains(':');
        Some(Self {
            host: host.to_owned(),
            port,
            weight,
            name: if is_bare {
                format!("{host}:{port}")
            } else {
                format!("[{host}]:{port}")
            },
        })
    }
}

fn is_of_ip(byte: u8) -> bool {
    byte.is_ascii_hexdigit() || byte == b':'
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

/// Reads decimal digits, and nothing else.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            write!(f, "[{host}]:{port}")
        } else {
            write!(f, "{host}:{port}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn servers_are_read_as_dalli_reads_them() {
        // host, port, weight and name of `Dalli::Protocol::Binary.new(text)`.
        for (text, host, port, weight, name) in [
            ("localhost", "localhost", 11211, 1, "localhost:11211"),
            ("abc.com:12345", "abc.com", 12345, 1, "abc.com:12345"),
            ("abc.com:12345:3", "abc.com", 12345, 3, "abc.com:12345"),
            ("10.0.0.5:1:0,b", "10.0.0.5", 1, 0, "10.0.0.5:1"),
            ("[::1]:1:2", "::1", 1, 2, "::1:1"),
            ("[::1]", "::1", 11211, 1, "::1:11211"),
            ("memcached://abc.com", "abc.com", 11211, 1, "abc.com:11211"),
            ("memcached://abc.com:1", "abc.com", 1, 1, "abc.com:1"),
            ("memcached://[::1]:1", "::1", 1, 1, "[::1]:1"),
        ] {
            let addresses = Address::parse_all(text).unwrap();
            let expected = Address {
                host: host.to_owned(),
                port,
                weight,
                name: name.to_owned(),
            };
            assert_eq!(addresses[0], expected, "{text}");
        }
        let many = Address::parse_all("a:1, b:2:3,,c,").unwrap();
        let many: Vec<_> = many.iter().map(ToString::to_string).collect();
        assert_eq!(many, ["a:1", "b:2", "c:11211"]);
    }
}
