//! A cookie that is refused by its form before unescaping is also refused after unescaping. However
//! the cookie was escaped, cut or put together, reading the header gives the result of its value.

use std::fmt::Write;

use hardtack::headers::unescape;
use hardtack::settings::HmacDigest;
use hardtack::{CookieHeader, Jar, LoadDefaults, Refusal, Rotation, Serializer};

use crate::support::{encrypted_jar, secret, signed_jar};

const NAME: &str = "_app_session";

/// Returns a jar of each form, and a jar of several forms.
fn jars() -> [(&'static str, Jar); 6] {
    let cbc = LoadDefaults::V5_1
        .settings()
        .cookies_serializer(Serializer::Json);
    let by = |hmac_digest| {
        LoadDefaults::V7_1
            .settings()
            .signed_cookie_digest(hmac_digest)
    };
    let (sha256, sha512) = (by(HmacDigest::Sha256), by(HmacDigest::Sha512));
    let rotated = encrypted_jar()
        .rotation(Rotation::signed(&secret(), sha512.clone()))
        .rotation(Rotation::encrypted(&secret(), cbc.clone()));
    [
        ("encrypted", encrypted_jar()),
        ("encrypted by CBC", Jar::encrypted(&secret(), cbc)),
        ("signed", signed_jar()),
        ("signed by SHA-256", Jar::signed(&secret(), sha256)),
        ("signed by SHA-512", Jar::signed(&secret(), sha512)),
        ("rotated", rotated),
    ]
}

/// Checks that the header gives the result of the value. Returns `true` if it opened.
fn check(jar: &Jar, raw: &str, what: &str) -> bool {
    let header = format!("{NAME}={raw}");
    let sent = jar.explain_header(NAME, &CookieHeader::new(&header));
    let sent = sent.map(|opened| opened.unwrap().into_value());
    let value = jar.explain(NAME, unescape(raw.as_bytes()));
    let value = value.map(hardtack::message::Opened::into_value);
    assert_eq!(sent, value, "{what}: {raw}");
    sent.is_ok()
}

/// Escapes every character; `digits` writes its two digits in upper or lower case.
fn escape_all(value: &str, digits: fn(&mut String, u8)) -> String {
    let mut all = String::new();
    for byte in value.bytes() {
        all.push('%');
        digits(&mut all, byte);
    }
    all
}

/// Escapes all but the hyphens between the parts.
fn escape_parts(value: &str) -> String {
    let parts = value.split("--").map(|part| escape_all(part, upper));
    parts.collect::<Vec<_>>().join("--")
}

fn upper(out: &mut String, byte: u8) {
    write!(out, "{byte:02X}").unwrap();
}

fn lower(out: &mut String, byte: u8) {
    write!(out, "{byte:02x}").unwrap();
}

#[test]
fn the_header_tells_what_the_value_tells() {
    let (mut opened, mut refused) = (0, 0);
    for (writer_kind, writer) in jars() {
        let cookie = writer.write(NAME, "a value of some length", None).unwrap();
        let raw = cookie.escaped_value();
        let value = String::from_utf8(cookie.value().into_owned()).unwrap();
        let separators: Vec<usize> = value.match_indices("--").map(|(at, _)| at).collect();
        for (kind, jar) in jars() {
            let what = format!("{writer_kind}, read as {kind}");
            let mut tell = |raw: &str| {
                if check(&jar, raw, &what) {
                    opened += 1;
                } else {
                    refused += 1;
                }
            };
            // As it is, and escaped in every way.
            for sent in [
                raw.to_owned(),
                value.replace('+', "%2b"),
                value.replace('-', "%2D"),
                value.replace('-', "%2d").replace('+', "%2B"),
                value.replace("--", "-%2D"),
                value.replace("--", "%2d-"),
                escape_all(&value, upper),
                escape_all(&value, lower),
                escape_parts(&value),
            ] {
                tell(&sent);
            }
            // Cut off at either end, and in what is escaped.
            for at in 0..=raw.len() {
                tell(&raw[..at]);
                tell(&raw[at..]);
            }
            // A single bad escape leaves the whole value escaped.
            for end in ["%", "%2", "%zz", "%2D", "%2d-", "-%2D", "--", "-", "+"] {
                tell(&format!("{raw}{end}"));
                tell(&format!("{end}{raw}"));
            }
            // A separator less, a separator more, and a character more or less before each.
            for &at in &separators {
                let (before, after) = (&value[..at], &value[at + 2..]);
                for between in [
                    "", "-", "---", "%2D", "%2D%2d", "A--", "--A", "%41--", "--%",
                ] {
                    tell(&format!("{before}{between}{after}"));
                }
            }
        }
    }
    // Each opens nine times in its own jar and, of the six that there are, those of GCM, CBC by
    // the same keys and SHA-512 in a jar of several too.
    assert!(opened >= 6 * 9, "{opened}");
    assert!(refused > 10_000, "{refused}");
}

#[test]
fn what_has_another_form_is_malformed() {
    let jar = encrypted_jar();
    let cookie = jar.write(NAME, "a value", None).unwrap();
    let raw = cookie.escaped_value();
    let cut = &raw[..raw.len() - 8];
    let joined = raw.replace("--", "AA");
    for spoilt in ["", "-", "--", "AAAA--AAAA--AAAA", "theme", cut, &joined] {
        let header = format!("{NAME}={spoilt}");
        let refusal = jar.explain_header(NAME, &CookieHeader::new(&header)).err();
        assert_eq!(refusal, Some(Refusal::Malformed), "{spoilt}");
    }
}

/// Under an old name only the codecs of the rotations with that name count, and other lengths.
#[test]
fn a_cookie_of_an_old_name_may_be_escaped_as_well() {
    const OLD: &str = "_old_session";
    for (kind, writer, rotation) in [
        (
            "encrypted",
            encrypted_jar(),
            Rotation::encrypted(&secret(), LoadDefaults::V7_1),
        ),
        (
            "signed",
            signed_jar(),
            Rotation::signed(&secret(), LoadDefaults::V7_1),
        ),
    ] {
        let jar = encrypted_jar().rotation(rotation.cookie_name(OLD));
        let cookie = writer.write(OLD, "a value", None).unwrap();
        let value = String::from_utf8(cookie.value().into_owned()).unwrap();
        for raw in [
            cookie.escaped_value(),
            &escape_all(&value, upper),
            &escape_parts(&value),
        ] {
            let header = format!("{OLD}={raw}");
            let opened = jar.explain_header(NAME, &CookieHeader::new(&header));
            let opened = opened.map(|opened| opened.unwrap().into_value());
            assert_eq!(opened, Ok("a value".into()), "{kind}: {raw}");
        }
    }
}
