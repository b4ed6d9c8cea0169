//! The `Cookie` header, against Rack's rules written out naively.

use hardtack::CookieHeader;
use hardtack::headers::unescape;

pub(super) fn check(data: &[u8]) {
    let header = CookieHeader::new(data);
    let pairs: Vec<_> = header.iter().collect();
    assert_eq!(pairs, by_rack(data));

    // Of two cookies with one name the first counts.
    for (name, _) in &pairs {
        let Ok(text) = std::str::from_utf8(name) else {
            continue;
        };
        let first = pairs.iter().find(|(found, _)| found == name).unwrap().1;
        assert_eq!(header.get_raw(text), first);
        assert_eq!(header.get(text), first.map(unescape));
    }

    // Printed and parsed again, nothing has changed.
    let print = |(name, value): &(&[u8], Option<&[u8]>)| match value {
        Some(value) => [name, &b"="[..], value].concat(),
        None => name.to_vec(),
    };
    let printed = pairs.iter().map(print).collect::<Vec<_>>().join(&b"; "[..]);
    let again: Vec<_> = CookieHeader::new(&printed).iter().collect();
    assert_eq!(again, pairs);
    let _ = format!("{header:?}");
}

/// `header.split(/[;] */n)`, and each at its first `=` (Rack 2.2, `parse_cookies_header`). The first
/// 1,024 are looked at.
fn by_rack(header: &[u8]) -> Vec<(&[u8], Option<&[u8]>)> {
    let mut pairs = Vec::new();
    let split = header.split(|byte| *byte == b';');
    for (place, mut pair) in split.take(1024).enumerate() {
        while place > 0 && pair.first() == Some(&b' ') {
            pair = &pair[1..];
        }
        if pair.is_empty() {
            continue;
        }
        pairs.push(match pair.iter().position(|byte| *byte == b'=') {
            Some(at) => (&pair[..at], Some(&pair[at + 1..])),
            None => (pair, None),
        });
    }
    pairs
}
