//! Weak secrets, and the places that refuse them.

use hardtack::secret::WeakSecret;
use hardtack::{CookieStore, Jar, Keyring, LoadDefaults, Rotation, SecretKeyBase};

use crate::support::json;

/// A secret and its fault: the name of the reason, and a part of the message.
const CASES: [(&str, Option<(&str, &str)>); 24] = [
    // As generated, and as a passphrase.
    ("6a1f9a6c8f5d4b1e93b0f3c27d58e1a4", None),
    ("Nobody knows this one, and it is long enough.", None),
    // Twice 32 digits are as good as once.
    (
        "6a1f9a6c8f5d4b1e93b0f3c27d58e1a46a1f9a6c8f5d4b1e93b0f3c27d58e1a4",
        None,
    ),
    // 17 bytes twice; 16 are too few.
    ("0123456789abcdefg0123456789abcdefg", None),
    (
        "0123456789abcdef0123456789abcdef",
        Some(("repeated", "16 bytes")),
    ),
    // The pattern's last repetition may be cut off, but it has to stand there twice.
    (
        "0123456789abcdef0123456789abcdef012",
        Some(("repeated", "16 bytes")),
    ),
    (
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        Some(("repeated", "one character")),
    ),
    (
        "abcabcabcabcabcabcabcabcabcabcabc",
        Some(("repeated", "3 bytes")),
    ),
    (
        "changeme-changeme-changeme-changeme",
        Some(("repeated", "9 bytes")),
    ),
    (
        "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
        Some(("repeated", "one character")),
    ),
    ("xx", Some(("repeated", "one character"))),
    (
        "x",
        Some(("too-short", "1 characters and needs at least 30")),
    ),
    (
        "tr0ub4dor&3",
        Some(("too-short", "11 characters and needs at least 30")),
    ),
    // Characters count, not bytes.
    (
        "\u{fc}ber alle Ma\u{df}en geheimes Wort",
        Some(("too-short", "29 characters")),
    ),
    (
        "a word that has 29 characters",
        Some(("too-short", "29 characters")),
    ),
    ("a word that has 30 characters.", None),
    // Published, even with other faults, and with other text around it.
    (
        "b3c631c314c0bbca50c1b2843150fe33",
        Some(("published", "Rails' own tests")),
    ),
    (
        "b3c631c314c0bbca50c1b2843150fe33\n",
        Some(("published", "Rails' own tests")),
    ),
    (
        " \tb3c631c314c0bbca50c1b2843150fe33\r\n",
        Some(("published", "Rails' own tests")),
    ),
    ("keyboard cat", Some(("published", "expressjs/session"))),
    ("change_me", Some(("published", "rack/rack"))),
    (
        "OVERWRITE_ME",
        Some(("published", "opf/openproject-docker-compose")),
    ),
    (
        "replace_with_lengthy_secure_hex",
        Some(("published", "chatwoot/chatwoot")),
    ),
    // In another case it is another secret.
    ("B3C631C314C0BBCA50C1B2843150FE33", None),
];

#[test]
fn every_case() {
    let mut ran = 0;
    for (secret, expected) in CASES {
        let made = SecretKeyBase::allow_short(secret).unwrap();
        match (made.check(), expected) {
            (Ok(()), None) => {}
            (Err(weak), Some((name, part))) => {
                assert_eq!(weak.name(), name, "{secret:?}");
                let text = weak.to_string();
                assert!(text.contains(part), "{secret:?}: {text}");
                assert!(secret.len() < 9 || !text.contains(secret.trim()), "{text}");
            }
            (found, _) => panic!("{secret:?}: {found:?} and not {expected:?}"),
        }
        ran += 1;
    }
    assert_eq!(ran, CASES.len());
}

#[test]
fn a_secret_that_is_no_text_counts_in_bytes() {
    let bytes: Vec<u8> = (128..157).collect();
    let weak = SecretKeyBase::allow_short(bytes.clone()).unwrap().check();
    let expected = WeakSecret::TooShort {
        characters: 29,
        least: 30,
    };
    assert_eq!(weak, Err(expected));
    let longer = [bytes, vec![157]].concat();
    assert_eq!(SecretKeyBase::new(longer).unwrap().check(), Ok(()));
}

/// The check of a store reports a weak secret in any place. Without the check such secrets work.
#[test]
fn a_store_looks_at_all_its_secrets() {
    let good = SecretKeyBase::generate().unwrap();
    let weak = SecretKeyBase::new("x".repeat(30)).unwrap();
    let (new, old) = (|| json(LoadDefaults::V7_1), || json(LoadDefaults::V6_1));
    let store = || CookieStore::new(&good, new(), "_app_session");
    let stores = [
        (store(), true),
        (store().rotation(Rotation::encrypted(&good, old())), true),
        (CookieStore::new(&weak, new(), "_app_session"), false),
        (store().rotation(Rotation::encrypted(&weak, old())), false),
        (
            store().rotation(Rotation::signed(&weak, old()).cookie_name("_old")),
            false,
        ),
        (
            store().signed_rotation(Rotation::signed(&weak, old())),
            false,
        ),
        (
            CookieStore::with_keyring(
                Keyring::new(&good, new()).session_in(Jar::signed(&weak, new())),
                "_app_session",
            ),
            false,
        ),
    ];
    let mut ran = 0;
    for (number, (store, is_good)) in stores.into_iter().enumerate() {
        assert_eq!(store.check(), Ok(()), "{number}");
        let expected = if is_good {
            Ok(())
        } else {
            Err(WeakSecret::Repeated { length: 1 })
        };
        assert_eq!(store.check_secrets(), expected, "{number}");
        // A replaced keyring is checked in its present state.
        store.replace_keyring(Keyring::new(&good, new()));
        assert_eq!(store.check_secrets(), Ok(()), "{number}");
        ran += 1;
    }
    assert_eq!(ran, 7);
}
