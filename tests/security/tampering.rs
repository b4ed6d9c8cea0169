//! A sealed cookie is refused after any change, always with the same answer.

use hardtack::settings::Cipher;
use hardtack::value::Value;
use hardtack::{CookieAttributes, CookieHeader, InvalidMessage, Jar, LoadDefaults, Refusal};
use proptest::prelude::*;
use time::OffsetDateTime;

use crate::support::{encrypted_jar, secret, signed_jar};

const NAME: &str = "_app_session";

fn jars() -> [(&'static str, Jar); 3] {
    let cbc = LoadDefaults::V7_1.settings().cipher(Cipher::Aes256Cbc);
    [
        ("encrypted", encrypted_jar()),
        ("signed", signed_jar()),
        ("encrypted by CBC", Jar::encrypted(&secret(), cbc)),
    ]
}

fn seal(jar: &Jar, value: &str) -> Vec<u8> {
    jar.write(NAME, value, None).unwrap().value().to_vec()
}

fn open(jar: &Jar, value: impl AsRef<[u8]>) -> Result<Value, InvalidMessage> {
    jar.read_value(NAME, value)
        .map(hardtack::message::Opened::into_value)
}

#[test]
fn every_changed_byte_is_refused() {
    for (kind, jar) in jars() {
        let sealed = seal(&jar, "a value to be tampered with");
        assert!(open(&jar, &sealed).is_ok());
        let mut changes = 0;
        for place in 0..sealed.len() {
            // Every other byte there is, base64 digits and separators among them.
            for change in 1..=255 {
                let mut tampered = sealed.clone();
                tampered[place] ^= change;
                assert_eq!(
                    open(&jar, &tampered),
                    Err(InvalidMessage),
                    "{kind}: byte {place} by {change}"
                );
                changes += 1;
            }
        }
        assert_eq!(changes, sealed.len() * 255);
    }
}

#[test]
fn parts_dropped_doubled_and_swapped_are_refused() {
    let mut cases = 0;
    for (kind, jar) in jars() {
        let text = |value| String::from_utf8(seal(&jar, value)).unwrap();
        let (one, other) = (text("one"), text("two"));
        let one: Vec<&str> = one.split("--").collect();
        let other: Vec<&str> = other.split("--").collect();
        for part in 0..one.len() {
            let mut dropped = one.clone();
            dropped.remove(part);
            let mut emptied = one.clone();
            emptied[part] = "";
            let mut doubled = one.clone();
            doubled.insert(part, one[part]);
            let mut swapped = one.clone();
            swapped[part] = other[part];
            for tampered in [dropped, emptied, doubled, swapped] {
                let tampered = tampered.join("--");
                assert_eq!(
                    open(&jar, &tampered),
                    Err(InvalidMessage),
                    "{kind}: {tampered}"
                );
                cases += 1;
            }
        }
    }
    assert_eq!(cases, (3 + 2 + 2) * 4);
}

#[test]
fn truncated_tags_are_refused() {
    // Older OpenSSL took a tag of four bytes for a whole one.
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    let jar = encrypted_jar();
    let sealed = String::from_utf8(seal(&jar, "a value")).unwrap();
    let (rest, tag) = sealed.rsplit_once("--").unwrap();
    let tag = STANDARD.decode(tag).unwrap();
    assert_eq!(tag.len(), 16);
    for length in 0..16 {
        let truncated = format!("{rest}--{}", STANDARD.encode(&tag[..length]));
        assert_eq!(
            open(&jar, &truncated),
            Err(InvalidMessage),
            "{length} bytes of tag"
        );
    }
    let longer = format!("{rest}--{}", STANDARD.encode([&tag[..], &[0]].concat()));
    assert_eq!(open(&jar, &longer), Err(InvalidMessage));
}

#[test]
fn another_name_and_a_past_expiry_are_refused() {
    let past = CookieAttributes::new()
        .expires(OffsetDateTime::from_unix_timestamp(1_000_000_000).unwrap());
    for (kind, jar) in jars() {
        let sealed = seal(&jar, "a value");
        assert_eq!(
            jar.read_value::<Value>("other", &sealed).err(),
            Some(InvalidMessage),
            "{kind}"
        );
        assert_eq!(
            jar.explain("other", &sealed).err(),
            Some(Refusal::WrongPurpose),
            "{kind}"
        );

        let expired = jar.write(NAME, "a value", &past).unwrap();
        assert_eq!(open(&jar, expired.value()), Err(InvalidMessage), "{kind}");
        assert_eq!(
            jar.explain(NAME, expired.value()).err(),
            Some(Refusal::Expired),
            "{kind}"
        );
    }
}

#[test]
fn the_one_jar_refuses_what_the_other_sealed() {
    let [(_, encrypted), (_, signed), _] = jars();
    assert_eq!(
        open(&encrypted, seal(&signed, "a value")),
        Err(InvalidMessage)
    );
    assert_eq!(
        open(&signed, seal(&encrypted, "a value")),
        Err(InvalidMessage)
    );
}

#[test]
fn what_is_too_large_is_refused_before_any_work() {
    for (kind, jar) in jars() {
        let most = vec![b'A'; 16 * 1024];
        assert_eq!(
            jar.explain(NAME, &most).err(),
            Some(Refusal::Malformed),
            "{kind}"
        );
        let more = vec![b'A'; 16 * 1024 + 1];
        assert_eq!(
            jar.explain(NAME, &more).err(),
            Some(Refusal::TooLarge),
            "{kind}"
        );
        assert_eq!(open(&jar, &more), Err(InvalidMessage), "{kind}");

        // As sent it is no longer either.
        for (value, refusal) in [(most, Refusal::Malformed), (more, Refusal::TooLarge)] {
            let header = [format!("{NAME}=").as_bytes(), &value].concat();
            let sent = jar.explain_header(NAME, &CookieHeader::new(&header));
            assert_eq!(sent.err(), Some(refusal), "{kind}");
        }
    }
}

/// Values that panicked in other implementations, and values at the limits of the format.
#[test]
fn known_troublemakers_are_refused() {
    let cases: &[&str] = &[
        "",
        "-",
        "--",
        "----",
        "------",
        "AAAA--AAAA--AAAA",
        "--AAAAAAAAAAAAAAAA--AAAAAAAAAAAAAAAAAAAAAA==",
        "AAAA--AAAAAAAAAAAAAAAA--AAAAAAAAAAAAAAAAAAAAAA==",
        "AAA--AAAAAAAAAAAAAAAA--AAAAAAAAAAAAAAAAAAAAAA==",
        "AAAA--AAAAAAAAAAAAAAAA--AAAAAAAAAAAAAAAAAAAAAB==",
        "AAAA--AAAAAAAAAAAAAA==--AAAAAAAAAAAAAAAAAAAAAA==",
        "--da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "AAAA--DA39A3EE5E6B4B0D3255BFEF95601890AFD80709",
        "AAAA--zz39a3ee5e6b4b0d3255bfef95601890afd80709",
        "\u{0}\u{0}\u{0}",
        "é--é--é",
    ];
    let mut tried = 0;
    for (kind, jar) in jars() {
        for case in cases {
            assert_eq!(open(&jar, case), Err(InvalidMessage), "{kind}: {case:?}");
            tried += 1;
        }
    }
    assert_eq!(tried, 48);
}

proptest! {
    #[test]
    fn no_bytes_make_a_jar_panic(bytes in proptest::collection::vec(any::<u8>(), 0..8192)) {
        for (_, jar) in jars_once() {
            prop_assert_eq!(open(jar, &bytes), Err(InvalidMessage));
        }
    }

    #[test]
    fn no_text_of_the_right_shape_makes_a_jar_panic(
        text in "[A-Za-z0-9+/=%-]{0,4096}(--|-)?[A-Za-z0-9+/]{0,32}=?=?(--)?[A-Za-z0-9+/]{0,32}=?=?"
    ) {
        for (_, jar) in jars_once() {
            prop_assert_eq!(open(jar, &text), Err(InvalidMessage));
        }
    }
}

/// The jars of all cases, so that their keys are derived once.
fn jars_once() -> &'static [(&'static str, Jar); 3] {
    static JARS: std::sync::OnceLock<[(&str, Jar); 3]> = std::sync::OnceLock::new();
    JARS.get_or_init(jars)
}
