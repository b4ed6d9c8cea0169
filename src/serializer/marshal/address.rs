//! Addresses: `IPAddr`, and `URI`, which is only read.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use num_bigint::BigInt;

use super::document::{Document, NodeId};
use super::scalars::{small, text, whole};
use super::writer::Writer;
use crate::serializer::DumpError;
use crate::serializer::value::Value;

/// Converts `@addr`, `@mask_addr` and `@family` into text.
pub(super) fn ip_addr(
    document: &Document,
    ivar: impl Fn(&[u8]) -> Option<NodeId>,
) -> Option<String> {
    let number = |name: &[u8]| match whole(document, ivar(name)?)? {
        Value::Integer(number) => u128::try_from(number).ok(),
        Value::BigInteger(number) => u128::try_from(&number.0).ok(),
        _ => None,
    };
    let (bits, mask) = (number(b"@addr")?, number(b"@mask_addr")?);
    // AF_INET is 2 everywhere; AF_INET6 differs between systems.
    let (address, width) = if number(b"@family")? == 2 {
        (IpAddr::V4(Ipv4Addr::from(u32::try_from(bits).ok()?)), 32)
    } else {
        (IpAddr::V6(Ipv6Addr::from(bits)), 128)
    };
    // `IPAddr#to_s` shows the last 32 bits as an IPv4 address if all other bits are zero and they
    // take more than 16 bits (`::1.2.3.4`). The standard library shows addresses mapped from IPv4
    // in that way too.
    let shown = match (address, u32::try_from(bits)) {
        (IpAddr::V6(_), Ok(low)) if low > 0xffff => format!("::{}", Ipv4Addr::from(low)),
        _ => address.to_string(),
    };
    let prefix = width - mask.trailing_zeros().min(width);
    let full = u128::MAX >> (128 - width);
    let zeros = u128::MAX.checked_shl(width - prefix).unwrap_or(0);
    if mask != full & zeros {
        return None;
    }
    let zone = ivar(b"@zone_id")
        .and_then(|id| text(document, id))
        .unwrap_or_default();
    Some(if prefix == width {
        format!("{shown}{zone}")
    } else {
        format!("{shown}{zone}/{prefix}")
    })
}

/// Returns the text of a URI, as `URI::Generic#to_s`.
pub(super) fn uri(document: &Document, ivar: impl Fn(&[u8]) -> Option<NodeId>) -> Option<String> {
    let part = |name: &[u8]| match ivar(name) {
        None | Some(NodeId::NIL) => Some(None),
        Some(id) => text(document, id).map(Some),
    };
    let mut uri = String::new();
    if let Some(scheme) = part(b"@scheme")? {
        uri = scheme + ":";
    }
    let default_port = match uri.as_str() {
        "http:" | "ws:" => 80,
        "https:" | "wss:" => 443,
        "ftp:" => 21,
        "ldap:" => 389,
        "ldaps:" => 636,
        _ => 0,
    };
    if let Some(opaque) = part(b"@opaque")? {
        uri += &opaque;
    } else {
        if let Some(host) = part(b"@host")? {
            uri += "//";
            if let Some(user) = part(b"@user")? {
                uri += &user;
                if let Some(password) = part(b"@password")? {
                    uri = uri + ":" + &password;
                }
                uri.push('@');
            }
            uri += &host;
            if let Some(port) = ivar(b"@port").filter(|&port| port != NodeId::NIL)
                && let port = small(document, port)?
                && port != default_port
            {
                uri = uri + ":" + &port.to_string();
            }
        }
        uri += &part(b"@path")?.unwrap_or_default();
        if let Some(query) = part(b"@query")? {
            uri = uri + "?" + &query;
        }
    }
    if let Some(fragment) = part(b"@fragment")? {
        uri = uri + "#" + &fragment;
    }
    Some(uri)
}

impl Writer<'_> {
    pub(super) fn ip_addr(&mut self, text: &str) -> Result<(), DumpError> {
        let (address, prefix) = text
            .split_once('/')
            .map_or((text, None), |(address, prefix)| (address, Some(prefix)));
        let invalid = || DumpError("an IPAddr is not an address".to_owned());
        let (number, width, family) = match address.parse::<IpAddr>().map_err(|_| invalid())? {
            IpAddr::V4(address) => (u128::from(address.to_bits()), 32, 2),
            IpAddr::V6(address) => (address.to_bits(), 128, 10),
        };
        let prefix = prefix
            .map_or(Ok(width), str::parse)
            .map_err(|_| invalid())?;
        if prefix > width {
            return Err(invalid());
        }
        let mask = u128::MAX.checked_shl(width - prefix).unwrap_or(0) & u128::MAX >> (128 - width);
        self.instance("IPAddr", 4);
        self.symbol("@mask_addr");
        self.wide(mask);
        self.symbol("@family");
        self.integer(family);
        self.symbol("@addr");
        self.wide(number & mask);
        self.symbol("@zone_id");
        self.byte(b'0');
        Ok(())
    }

    fn wide(&mut self, number: u128) {
        match i64::try_from(number) {
            Ok(number) => self.integer(number),
            Err(_) => self.big_integer(&BigInt::from(number)),
        }
    }
}
