//! Texts that an attacker made: none opens, panics or takes more than a multiple of its size.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::Refusal;
use hardtack::laravel::{LaravelCipher, LaravelVersion};

use super::{APP_KEY, encrypter, format_of, read};
use crate::support::in_time;

const SIZE: usize = 1 << 20;

fn base64(json: impl AsRef<[u8]>) -> Vec<u8> {
    STANDARD.encode(json).into_bytes()
}

/// The worst of 1 MiB, each in at most a second.
#[test]
fn large_texts_are_refused_in_time() {
    let deep = |open: &str, close: &str| {
        let (open, close) = (open.repeat(SIZE / 2), close.repeat(SIZE / 2));
        format!(r#"{{"x":{open}{close},"iv":""}}"#)
    };
    let texts = [
        base64(deep("[", "]")),
        base64(r#"{"a":"#.repeat(SIZE / 5)),
        base64(format!("{{{}", r#""iv":"","#.repeat(SIZE / 8))),
        base64(format!(r#"{{"iv":"{}"}}"#, "A".repeat(SIZE))),
        base64(format!(r#"{{"iv":"\u00{}"}}"#, "e9".repeat(SIZE))),
        vec![b'='; SIZE],
        vec![b'*'; SIZE],
        vec![0xff; SIZE],
        b"A".repeat(SIZE),
    ];
    for (place, text) in texts.into_iter().enumerate() {
        let refused = in_time("a large text", move || {
            let encrypter = encrypter(APP_KEY, "AES-256-CBC");
            (
                encrypter.explain(&text),
                encrypter.explain_cookie("n", &text),
            )
        });
        let expected = (Err(Refusal::Malformed), Err(Refusal::TooLarge));
        assert_eq!(refused, expected, "{place}");
    }
}

/// Each byte of a payload's members changed: none opens as something else.
#[test]
fn changed_payloads_do_not_open() {
    let mut count = 0;
    for cipher in LaravelCipher::ALL {
        let key = hardtack::laravel::AppKey::generate(*cipher).unwrap();
        let encrypter = encrypter(&key.expose(), cipher.name());
        let json = STANDARD
            .decode(encrypter.seal("a secret text").unwrap())
            .unwrap();
        for place in 0..json.len() {
            let mut changed = json.clone();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            match encrypter.open(base64(&changed)) {
                // Such as the name of the tag, which CBC does not need.
                Ok(text) => assert_eq!(text, b"a secret text"),
                Err(_) => count += 1,
            }
        }
        // Cut anywhere
        for end in 0..json.len() {
            assert!(encrypter.open(base64(&json[..end])).is_err());
        }
    }
    assert!(count > 450, "{count}");
}

/// Members of other kinds and lengths.
#[test]
fn odd_members_are_refused() {
    let cases = [
        r"null",
        r"[]",
        r#"["iv","value","mac"]"#,
        r#"{"iv":null,"value":"","mac":""}"#,
        r#"{"iv":"AAAAAAAAAAAAAAAAAAAAAA==","value":null,"mac":""}"#,
        r#"{"iv":"AAAAAAAAAAAAAAAAAAAAAA==","value":"","mac":1}"#,
        r#"{"iv":"AAAAAAAAAAAAAAAAAAAAAA==","value":[],"mac":""}"#,
        r#"{"iv":"AAAAAAAAAAAAAAAAAAAAAA==","value":"","mac":"","tag":{}}"#,
        r#"{"iv":"AAAAAAAAAAAAAAAAAAAAAA==","value":"\ud800","mac":""}"#,
        r#"{"iv":"AAAAAAAAAAAAAAAAAAAAAA==","value":"","mac":""} x"#,
        r#"{"iv":"*AAAAAAAAAAAAAAAAAAAAA==","value":"","mac":""}"#,
        r#"{"iv":"AAAAAAAAAAAAAAAAAAAAAAA=","value":"","mac":""}"#,
    ];
    let encrypter = encrypter(APP_KEY, "AES-256-CBC");
    for case in cases {
        let refused = encrypter.explain(base64(case));
        assert_eq!(refused, Err(Refusal::Malformed), "{case}");
    }
    let no_mac = r#"{"iv":"AAAAAAAAAAAAAAAAAAAAAA==","value":"","mac":""}"#;
    assert_eq!(encrypter.explain(base64(no_mac)), Err(Refusal::Invalid));
}

/// Entries of a store that claim more than they have.
#[test]
fn stored_texts_that_lie_are_refused() {
    let redis = format_of("redis", APP_KEY, LaravelVersion::V12);
    let cases: [&[u8]; 10] = [
        b"s:99999999999999999999:\"a:0:{}\";",
        b"s:7:\"a:0:{}\";",
        b"s:5:\"a:0:{}\";",
        b"s:+6:\"a:0:{}\";",
        b"s::\"\";",
        b"s:6:\"a:0:{}\"",
        b"s:6:\"a:0:{};",
        b"s:6",
        b"S:6:\"a:0:{}\";",
        b"s:19:\"a:999999999999:{i:0\";",
    ];
    for case in cases {
        assert!(read(&redis, case).is_err(), "{}", case.escape_ascii());
    }
    assert!(read(&redis, b"s:6:\"a:0:{}\";").unwrap().is_empty());
    assert!(read(&redis, b"").unwrap().is_empty());
}
