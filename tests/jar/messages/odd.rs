//! Messages that only the holder of the key can make, and that Rails reads: by Active Support
//! 6.1.7.10, 7.1.5 and 8.0.5.1 with `MessageVerifier.new("key", serializer: JSON)`.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::message::MessageVerifier;
use hardtack::{LoadDefaults, Refusal, Serializer};
use hmac::{Hmac, KeyInit, Mac};

/// Signs a text as it stands.
fn sign(text: &str) -> String {
    let data = STANDARD.encode(text);
    let mac = Hmac::<sha1::Sha1>::new_from_slice(b"key").unwrap();
    let digest = mac.chain_update(&data).finalize().into_bytes();
    format!("{data}--{}", hex::encode(digest))
}

/// Returns the answer of an app on this version: `hi`, another value as JSON, or the refusal.
fn answer(version: LoadDefaults, text: &str, purpose: Option<&str>) -> String {
    let verifier = MessageVerifier::new("key", version).unwrap();
    let opened = verifier
        .serializer(Serializer::Json)
        .explain(sign(text), purpose);
    match opened {
        Ok(opened) => opened.value().to_string().trim_matches('"').to_owned(),
        Err(refusal) => refusal.to_string(),
    }
}

/// `ImhpIg==` is `"hi"`.
fn older(message: &str, exp: &str, pur: &str) -> String {
    format!(r#"{{"_rails":{{"message":"{message}","exp":{exp},"pur":{pur}}}}}"#)
}

fn nested(field: &str, json: &str) -> String {
    format!(r#"{{"_rails":{{"data":"hi","{field}":{json}}}}}"#)
}

#[test]
fn purposes_that_are_no_text() {
    let cases = [
        ("5", "5"),
        ("1.5", "1.5"),
        ("1e2", "100.0"),
        ("true", "true"),
        ("false", "false"),
        ("12345678901234567890123", "12345678901234567890123"),
        (r#"["a","b"]"#, r#"["a", "b"]"#),
        ("[1,2]", "[1, 2]"),
        ("[[null,true]]", "[[nil, true]]"),
        ("[]", "[]"),
    ];
    for (json, purpose) in cases {
        let older = older("ImhpIg==", "null", json);
        for version in [LoadDefaults::V6_1, LoadDefaults::V7_1] {
            assert_eq!(answer(version, &older, Some(purpose)), "hi", "{json}");
            let refused = answer(version, &older, Some("login"));
            assert_eq!(refused, Refusal::WrongPurpose.to_string(), "{json}");
            let refused = answer(version, &older, None);
            assert_eq!(refused, Refusal::WrongPurpose.to_string(), "{json}");
        }
        let nested = nested("pur", json);
        assert_eq!(
            answer(LoadDefaults::V7_1, &nested, Some(purpose)),
            "hi",
            "{json}"
        );
    }
    // A Hash's text depends on the version of Ruby.
    for purpose in [Some(r#"{"a"=>1}"#), Some(r#"{"a" => 1}"#), None] {
        let hash = older("ImhpIg==", "null", r#"{"a":1}"#);
        let refused = answer(LoadDefaults::V7_1, &hash, purpose);
        assert_eq!(refused, Refusal::UnreadableValue.to_string());
    }
}

#[test]
fn odd_expiries() {
    let unreadable = Refusal::UnreadableValue.to_string();
    let cases = [
        (r#""2100-01-02T24:00:00+01""#, "hi"),
        (r#"" 2100-02-30t23:59:60z ""#, "hi"),
        (r#""-2100-01-02T03:04:05Z""#, "expired"),
        // Rails 7.1: no expiry. Rails 6.1 raises.
        ("false", "hi"),
        // Rails raises.
        (r#""""#, &unreadable),
        (r#""2100-01-02""#, &unreadable),
        (r#""2100-W01-2T03:04:05Z""#, &unreadable),
        (r#""2100-01-02T03:04Z""#, &unreadable),
        ("[]", &unreadable),
        ("true", &unreadable),
        // Rails reads these three: see `docs/differences.md`.
        (r#""2100-01-02T03:04:05""#, &unreadable),
        (r#""12100-01-02T03:04:05Z""#, &unreadable),
        ("4102444800", &unreadable),
    ];
    for (json, expected) in cases {
        for version in [LoadDefaults::V6_1, LoadDefaults::V7_1] {
            let older = older("ImhpIg==", json, "null");
            assert_eq!(answer(version, &older, None), expected, "{json}");
        }
        let nested = answer(LoadDefaults::V7_1, &nested("exp", json), None);
        assert_eq!(nested, expected, "{json}");
    }
}

/// Rails 7.2.3 and 8.0.2 read either alphabet within the envelope too, and globalid's verifier writes
/// its own there.
#[test]
fn an_inner_text_in_the_url_safe_alphabet() {
    for message in ["Ij8_PyI=", "Ij8/PyI=", "Ij8_PyI"] {
        for version in [LoadDefaults::V6_1, LoadDefaults::V8_0] {
            let text = older(message, "null", "null");
            assert_eq!(answer(version, &text, None), "???", "{message}");
        }
    }
    let neither = older("Ij8*PyI=", "null", "null");
    let refused = answer(LoadDefaults::V8_0, &neither, None);
    assert_eq!(refused, Refusal::UnreadableValue.to_string());
}

/// Of fields with one name, the last counts.
#[test]
fn a_field_that_is_there_twice() {
    let twice = r#"{"_rails":{"message":"ImhpIg==","exp":null,"pur":null,"pur":"a"}}"#;
    for version in [LoadDefaults::V6_1, LoadDefaults::V7_1] {
        assert_eq!(answer(version, twice, Some("a")), "hi");
        let refused = answer(version, twice, None);
        assert_eq!(refused, Refusal::WrongPurpose.to_string());
    }
}

/// Rails reads these; hardtack's JSON is that of RFC 8259 (`docs/differences.md`).
#[test]
fn json_beyond_the_standard_is_refused() {
    for text in [
        "/* c */ [1]",
        "[1 // c\n]",
        "[1,/**/2]",
        r#""a\qb""#,
        "[NaN]",
        "[Infinity]",
    ] {
        let refused = answer(LoadDefaults::V7_1, text, None);
        assert_eq!(refused, Refusal::UnreadableValue.to_string(), "{text}");
    }
}
