//! Authenticity tokens: tokens that Rails masked, and our own tokens by Rails' rules.

use hardtack::csrf::{AuthenticityTokens, CsrfSettings};
use hardtack::internal::verified_origin;
use hardtack::{LoadDefaults, SessionData};
use serde::Deserialize;

use crate::support;

#[derive(Deserialize)]
struct Vector {
    rails: String,
    session_token: String,
    real_token_hex: String,
    global_hex: String,
    per_form_hex: String,
    masked_global: Vec<String>,
    masked_per_form: PerForm,
    masked_real: Vec<String>,
}

#[derive(Deserialize)]
struct PerForm {
    action: String,
    method: String,
    tokens: Vec<String>,
}

const FILES: [&str; 3] = [
    "csrf/rails-6.1.jsonl",
    "csrf/rails-7.1.jsonl",
    "csrf/rails-8.1.jsonl",
];

fn vectors() -> Vec<Vector> {
    let vectors: Vec<Vector> = FILES.into_iter().flat_map(support::vectors).collect();
    assert_eq!(vectors.len(), 3);
    vectors
}

/// Returns the settings of the version that made a vector. 6.1 with its default turned off wrote
/// standard base64.
fn settings(vector: &Vector) -> CsrfSettings {
    let version: LoadDefaults = vector.rails.parse().unwrap();
    CsrfSettings::from(version).urlsafe_csrf_tokens(!vector.session_token.ends_with('='))
}

fn tokens(vector: &Vector) -> AuthenticityTokens {
    let mut session = SessionData::new();
    session
        .insert("_csrf_token", &vector.session_token)
        .unwrap();
    AuthenticityTokens::load(&session, settings(vector)).unwrap()
}

/// Decodes 64 bytes from base64 of either alphabet, and returns their two halves.
fn halves(token: &str) -> ([u8; 32], [u8; 32]) {
    let bits = token
        .trim_end_matches('=')
        .bytes()
        .map(|digit| match digit {
            b'A'..=b'Z' => digit - b'A',
            b'a'..=b'z' => digit - b'a' + 26,
            b'0'..=b'9' => digit - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => panic!("{digit}"),
        });
    let (mut bytes, mut kept, mut length) = (Vec::new(), 0_u32, 0);
    for six in bits {
        kept = kept << 6 | u32::from(six);
        length += 6;
        if length >= 8 {
            length -= 8;
            bytes.push(u8::try_from(kept >> length & 255).unwrap());
        }
    }
    (
        bytes[..32].try_into().unwrap(),
        bytes[32..].try_into().unwrap(),
    )
}

fn unmasked_hex(token: &str) -> String {
    let (pad, masked) = halves(token);
    let bytes: Vec<u8> = pad
        .iter()
        .zip(masked)
        .map(|(one, other)| one ^ other)
        .collect();
    hex::encode(bytes)
}

#[test]
fn what_rails_masked_verifies() {
    let mut ran = 0;
    for vector in vectors() {
        let tokens = tokens(&vector);
        let PerForm {
            action,
            method,
            tokens: per_form,
        } = &vector.masked_per_form;
        for token in vector.masked_global.iter().chain(&vector.masked_real) {
            assert!(tokens.verify(token, "/any", "DELETE"), "{}", vector.rails);
            ran += 1;
        }
        for token in per_form {
            assert!(tokens.verify(token, action, method), "{}", vector.rails);
            assert!(tokens.verify(token, &format!("{action}/"), "PATCH"));
            assert!(tokens.verify(token, &format!("{action}?page=2"), "Patch"));
            for (path, method) in [
                ("/orders/18", "patch"),
                ("/orders", "patch"),
                ("", "patch"),
                ("/orders/17//", "patch"),
                ("/orders/17", "put"),
                ("/orders/17", ""),
                ("/orders/17#patch", ""),
            ] {
                assert!(!tokens.verify(token, path, method), "{path} {method}");
            }
            ran += 1;
        }
        let off = settings(&vector).per_form_csrf_tokens(false);
        let without = AuthenticityTokens::parse(&vector.session_token, off).unwrap();
        assert!(
            per_form
                .iter()
                .all(|token| !without.verify(token, action, method))
        );
        assert!(tokens.verify(&vector.session_token, "/any", "POST"));
        ran += 1;
    }
    assert_eq!(ran, 3 * (3 + 2 + 3 + 1));
}

#[test]
fn what_we_mask_is_rails_token_below() {
    let mut ran = 0;
    for vector in vectors() {
        let tokens = tokens(&vector);
        let PerForm {
            action,
            method,
            tokens: theirs,
        } = &vector.masked_per_form;
        assert_eq!(unmasked_hex(&theirs[0]), vector.per_form_hex);

        let global = tokens.masked_authenticity_token().unwrap();
        assert_eq!(unmasked_hex(&global), vector.global_hex);
        assert_eq!(
            global.len(),
            vector.masked_global[0].len(),
            "{}",
            vector.rails
        );
        for action in [
            action.as_str(),
            "/orders/17/",
            "/orders/17?a=/b#c",
            "/orders/17#a?b",
            "https://example.com/orders/17/?a",
            "//example.com:3000/orders/17",
        ] {
            for method in [method.as_str(), "PATCH"] {
                let token = tokens.masked_per_form_token(action, method).unwrap();
                assert_eq!(
                    unmasked_hex(&token),
                    vector.per_form_hex,
                    "{action} {method}"
                );
                ran += 1;
            }
        }

        let before = settings(&vector).global_csrf_tokens(false);
        let before = AuthenticityTokens::parse(&vector.session_token, before).unwrap();
        let real = before.masked_authenticity_token().unwrap();
        assert_eq!(unmasked_hex(&real), vector.real_token_hex);
        assert_eq!(unmasked_hex(&vector.masked_real[0]), vector.real_token_hex);
        assert!(tokens.verify(real, "/", "POST"));

        let never = settings(&vector).per_form_csrf_tokens(false);
        let never = AuthenticityTokens::parse(&vector.session_token, never).unwrap();
        let token = never.masked_per_form_token(action, method).unwrap();
        assert_eq!(unmasked_hex(&token), vector.global_hex);
    }
    assert_eq!(ran, 3 * 6 * 2);
}

/// The results of `URI.parse(action).path.chomp("/")` in Ruby 3.1: each action with its request
/// path.
#[test]
fn an_action_stands_for_its_path() {
    let tokens = AuthenticityTokens::load_or_create(&mut SessionData::new(), LoadDefaults::V7_1);
    let tokens = tokens.unwrap();
    let same = [
        ("/", ""),
        ("/", "/"),
        ("", "/"),
        ("https://example.com", "/"),
        ("https://example.com?a=/b", "/"),
        ("https://example.com/", ""),
        ("HTTPS://user@example.com:3000/a", "/a"),
        ("/a:b", "/a:b"),
        ("/a//", "/a//"),
        ("/a?b", "/a?c"),
        ("/%C3%A9%20", "/%C3%A9%20/"),
    ];
    for (action, path) in same {
        let token = tokens.masked_per_form_token(action, "post").unwrap();
        assert!(tokens.verify(token, path, "POST"), "{action} {path}");
    }
    let different = [
        ("/a", "/A"),
        ("/a//", "/a"),
        ("//a/b", "//a/b"),
        ("/a", "/a#post"),
    ];
    for (action, path) in different {
        let token = tokens.masked_per_form_token(action, "post").unwrap();
        assert!(!tokens.verify(token, path, "POST"), "{action} {path}");
    }
    assert_eq!((same.len(), different.len()), (11, 4));
}

/// A page's path and a form's action, with the path that Rails 7.2's `normalize_action_path` makes
/// of them; Rails 7.1's ignores the page.
#[test]
fn a_relative_action_is_joined_to_its_page() {
    let cases = [
        ("/orders/17", "", "/orders/17", ""),
        ("/orders/17", "edit", "/orders/17/edit", "edit"),
        ("/orders/17", "./edit", "/orders/17/edit", "./edit"),
        ("/orders/17", "?page=2", "/orders/17", ""),
        ("/orders/17", "#top", "/orders/17", ""),
        ("/orders", "a/./b", "/orders/a/b", "a/./b"),
        ("/orders", "././a", "/orders/./a", "././a"),
        ("/orders", "../x", "/orders/../x", "../x"),
        ("/", "a", "//a", "a"),
        ("/orders/17", "edit/", "/orders/17/edit", "edit"),
        ("/orders/17?a=b", "edit?x=1#y", "/orders/17/edit", "edit"),
        ("/orders/17", "/abs/", "/abs", "/abs"),
        ("/orders/17", "//example.com/abs", "/abs", "/abs"),
        ("/orders/17", "https://example.com/abs", "/abs", "/abs"),
        ("/orders/17", "https://example.com", "", ""),
        ("/caf%C3%A9", "x", "/caf%C3%A9/x", "x"),
    ];
    let text = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    for (page, action, joined, alone) in cases {
        for (version, expected) in [
            (LoadDefaults::V7_1, alone),
            (LoadDefaults::V7_2, joined),
            (LoadDefaults::V8_2, joined),
        ] {
            let tokens = AuthenticityTokens::parse(text, version).unwrap();
            let signed = |tokens: &AuthenticityTokens| {
                let token = tokens.masked_per_form_token(action, "post").unwrap();
                [expected, alone].map(|path| tokens.verify(&token, path, "POST"))
            };
            let of_page = signed(&tokens.page(page));
            assert!(of_page[0], "{version}: {page} {action}");
            assert_eq!(of_page[1], expected == alone, "{version}: {page} {action}");
            assert!(signed(&tokens)[1], "{version}: {action}");
        }
    }
    assert_eq!(cases.len(), 16);
}

#[test]
fn tags_are_as_rails_prints_them() {
    #[derive(Deserialize)]
    struct Html {
        name: String,
        csrf_meta_tags: String,
        hidden_field: String,
    }
    let all: Vec<Html> = support::vectors("csrf/html-6.1.jsonl");
    assert_eq!(all.len(), 2);
    for tags in all {
        let settings = CsrfSettings::from(LoadDefaults::V6_1);
        let settings = settings.request_forgery_protection_token(tags.name);
        let tokens = AuthenticityTokens::load_or_create(&mut SessionData::new(), settings).unwrap();
        for (ours, theirs) in [
            (tokens.csrf_meta_tags(), tags.csrf_meta_tags),
            (tokens.hidden_field(), tags.hidden_field),
        ] {
            let ours = ours.unwrap();
            let (before, after) = theirs.split_once("TOKEN").unwrap();
            let token = ours
                .strip_prefix(before)
                .unwrap()
                .strip_suffix(after)
                .unwrap();
            assert_eq!(token.len(), 86);
            assert!(tokens.verify(token, "/", "POST"));
        }
    }
}

#[test]
fn one_changed_bit_and_it_is_refused() {
    let vector = &vectors()[1];
    let tokens = tokens(vector);
    let PerForm {
        action,
        method,
        tokens: per_form,
    } = &vector.masked_per_form;
    let mut ran = 0;
    for token in [
        &vector.masked_global[0],
        &vector.masked_real[0],
        &per_form[0],
        &vector.session_token,
    ] {
        for place in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[place] = if bytes[place] == b'A' { b'B' } else { b'A' };
            assert!(!tokens.verify(&bytes, action, method), "{token} at {place}");
            // Cut off there, or one digit longer.
            assert!(!tokens.verify(&token[..place], action, method));
            ran += 1;
        }
        // Its right padding may stand there, and nothing else.
        let padding = "=".repeat(token.len().next_multiple_of(4) - token.len());
        assert!(tokens.verify(format!("{token}{padding}"), action, method));
        for more in ["A", "=", "==", "===", "\n", " ", "AAAA"] {
            let longer = format!("{token}{more}");
            assert!(more == padding || !tokens.verify(longer, action, method));
        }
    }
    assert_eq!(ran, 3 * 86 + 43);
    for junk in [
        &b""[..],
        b"=",
        b"====",
        b"AAAA--AAAA--AAAA",
        b"\xff\xfe",
        &[b'A'; 86],
        &[b'A'; 10_000],
    ] {
        assert!(!tokens.verify(junk, action, method));
    }
}

#[test]
fn either_alphabet_padded_or_not() {
    // Bytes whose base64 has both of the differing digits, and needs a padding.
    let texts = [
        "+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8=",
        "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8=",
        "+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/8",
        "-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_-_8",
        "+/-_+/-_+/-_+/-_+/-_+/-_+/-_+/-_+/-_+/-_+/8",
    ];
    let mut ran = 0;
    for one in texts {
        for version in [LoadDefaults::V5_2, LoadDefaults::V7_1] {
            let tokens = AuthenticityTokens::parse(one, version).unwrap();
            for other in texts {
                assert!(tokens.verify(other, "/", "POST"), "{one} {other}");
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 50);
    let refused = [
        "",
        "AA",
        " +/+/",
        "+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/+/9=",
    ];
    for text in refused {
        assert!(
            AuthenticityTokens::parse(text, LoadDefaults::V7_1).is_none(),
            "{text}"
        );
    }
}

#[test]
fn a_session_without_a_token_gets_one() {
    let mut session = SessionData::new();
    assert!(AuthenticityTokens::load(&session, LoadDefaults::V7_1).is_none());
    let tokens = AuthenticityTokens::load_or_create(&mut session, LoadDefaults::V7_1).unwrap();
    let text = session.get::<String>("_csrf_token").unwrap().unwrap();
    assert_eq!(text.len(), 43);

    // The token stays the same, under any settings.
    let again = AuthenticityTokens::load_or_create(&mut session, LoadDefaults::V6_0).unwrap();
    assert_eq!(session.get::<String>("_csrf_token").unwrap(), Some(text));
    let token = again.masked_authenticity_token().unwrap();
    assert_eq!(token.len(), 88);
    assert!(tokens.verify(token, "/", "POST"));

    // Up to 6.0 it is standard base64, which those versions insist on.
    let mut old = SessionData::new();
    AuthenticityTokens::load_or_create(&mut old, LoadDefaults::V6_0).unwrap();
    let text = old.get::<String>("_csrf_token").unwrap().unwrap();
    assert!(text.len() == 44 && text.ends_with('=') && !text.contains(['-', '_']));
    let other = AuthenticityTokens::load(&old, LoadDefaults::V6_0).unwrap();
    assert!(!other.verify(tokens.masked_authenticity_token().unwrap(), "/", "POST"));
}

#[test]
fn an_odd_token_in_the_session_is_none() {
    let odd = [
        "null",
        "7",
        "[]",
        "{}",
        r#""""#,
        r#""AAEC""#,
        r#""not base64 at all""#,
    ];
    for json in odd {
        let mut session = SessionData::new();
        let value: hardtack::value::Value = serde_json::from_str(json).unwrap();
        session.insert("_csrf_token", &value).unwrap();
        assert!(
            AuthenticityTokens::load(&session, LoadDefaults::V7_1).is_none(),
            "{json}"
        );
        AuthenticityTokens::load_or_create(&mut session, LoadDefaults::V7_1).unwrap();
        assert!(
            AuthenticityTokens::load(&session, LoadDefaults::V7_1).is_some(),
            "{json}"
        );
    }
    assert_eq!(odd.len(), 7);
}

#[test]
fn the_settings_of_each_version() {
    let table = [
        (LoadDefaults::V4_2, (false, false, false)),
        (LoadDefaults::V5_0, (false, true, false)),
        (LoadDefaults::V5_1, (false, true, false)),
        (LoadDefaults::V5_2, (false, true, true)),
        (LoadDefaults::V6_0, (false, true, true)),
        (LoadDefaults::V6_1, (true, true, true)),
        (LoadDefaults::NEWEST, (true, true, true)),
        (LoadDefaults::V8_2, (true, true, true)),
    ];
    for (version, (urlsafe_csrf_tokens, per_form_csrf_tokens, global_csrf_tokens)) in table {
        let found = CsrfSettings::from(version);
        let found = (
            found.urlsafe_csrf_tokens,
            found.per_form_csrf_tokens,
            found.global_csrf_tokens,
        );
        let expected = (
            urlsafe_csrf_tokens,
            per_form_csrf_tokens,
            global_csrf_tokens,
        );
        assert_eq!(found, expected, "{version}");
    }
}

#[test]
fn the_origin() {
    let base = "https://example.com:3000";
    let cases = [
        (None, true),
        (Some("https://example.com:3000"), true),
        (Some("null"), false),
        (Some(""), false),
        (Some("https://example.com"), false),
        (Some("http://example.com:3000"), false),
        (Some("https://example.com:30000"), false),
        (Some("https://example.com:3000/"), false),
        (Some("https://example.com:3000.evil.org"), false),
        (Some("HTTPS://example.com:3000"), false),
    ];
    for (origin, verified) in cases {
        assert_eq!(verified_origin(origin, base), verified, "{origin:?}");
    }
    assert!(!verified_origin(Some("null"), "null"));
    assert_eq!(cases.len(), 10);
}

#[test]
fn debug_shows_no_secret() {
    let tokens = tokens(&vectors()[0]);
    assert_eq!(format!("{tokens:?}"), "AuthenticityTokens(..)");
}
