//! Ids and the keys that are made of them.

use hardtack::stores::{CacheFormatVersion, RailsCache, SessionFormat, StoredHash, StoredJson};

use super::scenarios::{VERSIONS, of_version};

#[test]
fn private_ids_are_those_of_rails() {
    let mut ran = 0;
    for version in VERSIONS {
        for line in of_version(version) {
            let (Some(public), Some(private)) = (line.public, line.private) else {
                continue;
            };
            let keys = StoredHash::redis_session_store().keys(&public);
            assert_eq!(keys, [private, public]);
            ran += 1;
        }
    }
    assert_eq!(ran, 150);
}

/// A text from outside becomes a key only if it is hexadecimal, with the app's prefix or without.
#[test]
fn no_other_text_is_an_id() {
    let digits = "c5829f921fee456fdd2b54fc408dfc2e";
    let private = "2::d27462508e96d31491a3a51d0ad8e06cd5bbcd201574c0ec6a195852c8ee2745";
    let cases = [
        (digits.to_owned(), true),
        (digits.repeat(2), true),
        (format!("cell-1-{digits}"), true),
        (digits[1..].to_owned(), false),
        (digits.repeat(2) + "0", false),
        (digits.to_uppercase(), false),
        (private.to_owned(), false),
        (format!("2::{digits}"), false),
        (format!("cell-1-{private}"), false),
        (format!("cell-2-{digits}"), false),
        (format!("{digits}\n"), false),
        ("unknown061c25ae".to_owned(), false),
        (String::new(), false),
    ];
    let cache = RailsCache::new(CacheFormatVersion::V7_1);
    let with_prefix: [Box<dyn SessionFormat>; 2] = [
        Box::new(cache.clone().id_prefix("cell-1-")),
        Box::new(StoredHash::redis_store("session").id_prefix("cell-1-")),
    ];
    let without: [Box<dyn SessionFormat>; 6] = [
        Box::new(cache),
        Box::new(StoredHash::redis_session_store()),
        Box::new(StoredHash::redis_store("session")),
        Box::new(StoredHash::active_record_store()),
        Box::new(StoredHash::dalli()),
        Box::new(StoredJson),
    ];
    let mut ran = 0;
    for (text, is_id) in &cases {
        for format in &with_prefix {
            let id = format.id_of_cookie(text.as_bytes());
            assert_eq!(id.as_ref() == Some(text), *is_id, "{text}");
            ran += 1;
        }
        for format in &without {
            let id = format.id_of_cookie(text.as_bytes());
            let is_id = *is_id && !text.starts_with("cell");
            assert_eq!(id.as_ref() == Some(text), is_id, "{text}");
            ran += 1;
        }
    }
    // A prefix that looks private makes no id.
    let odd = StoredHash::redis_session_store().id_prefix("2::");
    assert_eq!(odd.id_of_cookie(format!("2::{digits}").as_bytes()), None);
    assert_eq!(ran, 13 * 8);
}

/// `MemCacheStore#normalize_key` of Rails 6.1 and 7.2, which gives a byte below 16 one digit.
#[test]
fn keys_of_memcached_are_escaped_as_rails_escapes_them() {
    let format = RailsCache::new(CacheFormatVersion::V7_1)
        .namespace("a\tb\n%\u{e9} \u{7f}")
        .key_prefix("k")
        .mem_cache_store();
    let digits = "0123456789abcdef".repeat(2);
    let expected = format!("a%9b%A%25%C3%A9%20%7F:k{digits}");
    assert_eq!(format.keys(&digits)[1], expected);
}
