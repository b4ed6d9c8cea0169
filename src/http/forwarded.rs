//! [`Forwarded`]: the scheme and host of the browser's request, as trusted proxies forward them.

use std::borrow::Cow;
use std::mem;

const X_FORWARDED_PROTO: &str = "x-forwarded-proto";
const X_FORWARDED_HOST: &str = "x-forwarded-host";
const FORWARDED: &str = "forwarded";

/// The scheme and host of the browser's request, as a trusted proxy saw them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Forwarded<'h> {
    /// True for HTTPS; `None` if the scheme is missing or unknown.
    pub(crate) is_ssl: Option<bool>,
    pub(crate) host: Option<Cow<'h, str>>,
}

impl<'h> Forwarded<'h> {
    /// Reads the element that is `hops` from the right: the proxies append on the right, and what
    /// stands further to the left may come from the client. Returns nothing for an element that is
    /// missing or malformed, and if `hops` is 0.
    ///
    /// `header` returns the values of a header, in the order in which they were sent.
    pub(crate) fn read<H>(hops: usize, header: impl Fn(&str) -> H) -> Self
    where
        H: IntoIterator<Item = &'h [u8], IntoIter: DoubleEndedIterator>,
    {
        let Some(skipped) = hops.checked_sub(1) else {
            return Self::default();
        };
        let is_sent = |name| header(name).into_iter().next().is_some();
        // Most proxies set `X-Forwarded-*`, and hand on a client's `Forwarded` as it came.
        if is_sent(X_FORWARDED_PROTO) || is_sent(X_FORWARDED_HOST) {
            let entry = |name| {
                let lines = header(name).into_iter().rev();
                let entries = lines.flat_map(|line| line.rsplit(|byte| *byte == b','));
                let entries = entries.map(<[u8]>::trim_ascii);
                let entry = entries.filter(|entry| !entry.is_empty()).nth(skipped);
                entry.and_then(|entry| std::str::from_utf8(entry).ok())
            };
            return Self {
                is_ssl: entry(X_FORWARDED_PROTO).and_then(is_ssl),
                host: entry(X_FORWARDED_HOST).map(Cow::Borrowed),
            };
        }
        let lines = header(FORWARDED).into_iter().rev();
        element(lines, skipped).and_then(parse).unwrap_or_default()
    }
}

/// Returns the element of several headers `Forwarded` after which `skipped` more follow; `None` if
/// there is none, or if a header on the way is malformed.
fn element<'h>(lines: impl Iterator<Item = &'h [u8]>, mut skipped: usize) -> Option<&'h [u8]> {
    for line in lines {
        let elements = split(line, b',')?;
        if let Some(&element) = elements.iter().rev().nth(skipped) {
            return Some(element);
        }
        skipped -= elements.len();
    }
    None
}

/// Parses an element (RFC 7239 section 4: `forwarded-element`).
fn parse(element: &[u8]) -> Option<Forwarded<'_>> {
    let (mut proto, mut host) = (None, None);
    for pair in split(element, b';')? {
        let mut parts = pair.splitn(2, |byte| *byte == b'=');
        let (name, value) = (parts.next()?, parts.next()?);
        let value = unquoted(value)?;
        let place = if name.eq_ignore_ascii_case(b"proto") {
            &mut proto
        } else if name.eq_ignore_ascii_case(b"host") {
            &mut host
        } else {
            continue;
        };
        // A parameter must not occur twice.
        if place.replace(value).is_some() {
            return None;
        }
    }
    Some(Forwarded {
        is_ssl: proto.as_deref().and_then(is_ssl),
        host,
    })
}

/// Splits a text at each byte `at` outside of quoted strings, and drops empty parts. Returns `None`
/// if a quoted string does not end: a client could hide the elements of the proxies in it.
fn split(text: &[u8], at: u8) -> Option<Vec<&[u8]>> {
    let (mut is_quoted, mut is_escaped) = (false, false);
    let parts = text.split(|byte| {
        if mem::take(&mut is_escaped) {
            return false;
        }
        match byte {
            b'\\' if is_quoted => is_escaped = true,
            b'"' => is_quoted = !is_quoted,
            _ => {}
        }
        *byte == at && !is_quoted
    });
    let parts = parts.map(<[u8]>::trim_ascii);
    let parts = parts.filter(|part| !part.is_empty()).collect();
    (!is_quoted).then_some(parts)
}

/// Returns the text of a token or a quoted string (RFC 9110 section 5.6.4).
fn unquoted(value: &[u8]) -> Option<Cow<'_, str>> {
    let text = std::str::from_utf8(value).ok()?;
    let Some(quoted) = text.strip_prefix('"') else {
        return (!text.contains('"')).then_some(Cow::Borrowed(text));
    };
    let quoted = quoted.strip_suffix('"')?;
    if !quoted.contains(['"', '\\']) {
        return Some(Cow::Borrowed(quoted));
    }
    let (mut text, mut characters) = (String::new(), quoted.chars());
    while let Some(character) = characters.next() {
        match character {
            '"' => return None,
            '\\' => text.push(characters.next()?),
            _ => text.push(character),
        }
    }
    Some(Cow::Owned(text))
}

/// Returns true for a scheme over TLS; `None` for an unknown one (Rack 3.1 `request.rb`,
/// `ALLOWED_SCHEMES`).
fn is_ssl(scheme: &str) -> Option<bool> {
    let is = |known: &&str| scheme.eq_ignore_ascii_case(known);
    match ["https", "wss", "http", "ws"].iter().position(is)? {
        0 | 1 => Some(true),
        _ => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(hops: usize, sent: &[(&str, &str)]) -> (Option<bool>, Option<String>) {
        let header = |name: &str| {
            let same = sent.iter().filter(|(known, _)| *known == name);
            same.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
        };
        let forwarded = Forwarded::read(hops, header);
        (forwarded.is_ssl, forwarded.host.map(Cow::into_owned))
    }

    /// Each header with the scheme and host that 1, 2 and 3 hops read.
    #[test]
    fn elements_count_from_the_right() {
        type Case = (&'static [(&'static str, &'static str)], [&'static str; 3]);
        const PROTO: &str = X_FORWARDED_PROTO;
        const HOST: &str = X_FORWARDED_HOST;
        let cases: &[Case] = &[
            (&[], ["", "", ""]),
            // A client's own elements come first.
            (&[(PROTO, "https, http")], ["http", "https", ""]),
            (&[(PROTO, "https"), (PROTO, "http")], ["http", "https", ""]),
            (&[(PROTO, "http,https , ")], ["https", "http", ""]),
            (&[(PROTO, ", WSS")], ["https", "", ""]),
            (&[(PROTO, "ws")], ["http", "", ""]),
            (&[(PROTO, "https"), (PROTO, "gopher")], ["", "https", ""]),
            (&[(PROTO, "\"https\"")], ["", "", ""]),
            (
                &[(PROTO, "https"), (HOST, "evil.example"), (HOST, "a, b:444")],
                ["https b:444", " a", " evil.example"],
            ),
            // `Forwarded` counts where neither of the others is sent.
            (
                &[(FORWARDED, "proto=https;host=evil"), (PROTO, "http")],
                ["http", "", ""],
            ),
            (
                &[(FORWARDED, "proto=https;host=evil"), (HOST, "a")],
                [" a", "", ""],
            ),
            // The examples of RFC 7239 sections 4 and 7.1, and hosts with them.
            (
                &[(FORWARDED, "For=\"[2001:db8:cafe::17]:4711\"")],
                ["", "", ""],
            ),
            (
                &[(
                    FORWARDED,
                    "for=192.0.2.60;proto=http;by=203.0.113.43;host=a",
                )],
                ["http a", "", ""],
            ),
            (
                &[(FORWARDED, "for=192.0.2.43, for=198.51.100.17;proto=https")],
                ["https", "", ""],
            ),
            (
                &[(FORWARDED, "proto=https"), (FORWARDED, "Proto=HTTP;Host=a")],
                ["http a", "https", ""],
            ),
            (
                &[(FORWARDED, "host=\"a:3000\";;proto=\"https\" ,")],
                ["https a:3000", "", ""],
            ),
            (&[(FORWARDED, r#"host="a\b""#)], [" ab", "", ""]),
            (
                &[(FORWARDED, r#"for="a,b;c\",";host=x, host=y"#)],
                [" y", " x", ""],
            ),
            // Malformed: an element that is, or a header whose elements cannot be told apart.
            (
                &[(FORWARDED, "proto=https;proto=http, host=a")],
                [" a", "", ""],
            ),
            (&[(FORWARDED, "proto, host=a")], [" a", "", ""]),
            (
                &[(FORWARDED, "proto=https;host=a\"b\", proto=https")],
                ["https", "", ""],
            ),
            (
                &[(FORWARDED, "proto=https;for=\"x, proto=http")],
                ["", "", ""],
            ),
            (
                &[(FORWARDED, "proto=https;for=\"x, for=\"_a\";proto=http")],
                ["", "", ""],
            ),
            (
                &[
                    (FORWARDED, "proto=https;for=\"x"),
                    (FORWARDED, "proto=http"),
                ],
                ["http", "", ""],
            ),
        ];
        for (sent, expected) in cases {
            assert_eq!(read(0, sent), (None, None), "{sent:?}");
            for (hops, expected) in (1..).zip(expected) {
                let (scheme, host) = expected.split_once(' ').unwrap_or((expected, ""));
                let is_ssl = (!scheme.is_empty()).then_some(scheme == "https");
                let host = (!host.is_empty()).then(|| host.to_owned());
                assert_eq!(read(hops, sent), (is_ssl, host), "{hops}: {sent:?}");
            }
            assert_eq!(read(usize::MAX, sent), (None, None), "{sent:?}");
        }
        assert_eq!(cases.len(), 24);
    }

    proptest! {
        #[test]
        fn a_client_never_speaks_for_the_proxy(
            of_client in r#"[a-z=;," \\\[\]]{0,30}"#,
            of_proxy in prop_oneof![
                Just("for=1.2.3.4;proto=http;host=a"),
                Just("for=\"[::1]\";proto=http;host=a"),
                Just("proto=http;host=\"a\";by=\"_b\""),
            ],
            is_one_line in any::<bool>(),
        ) {
            let joined = format!("{of_client}, {of_proxy}");
            let one = [(FORWARDED, joined.as_str())];
            let two = [(FORWARDED, of_client.as_str()), (FORWARDED, of_proxy)];
            let sent = if is_one_line { &one[..] } else { &two[..] };
            let (is_ssl, host) = read(1, sent);
            prop_assert_ne!(is_ssl, Some(true));
            prop_assert!(host.is_none_or(|host| host == "a"));
        }
    }
}
