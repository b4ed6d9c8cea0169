//! [`wire_key`]: a key as Dalli sends it.

use std::fmt::Write;

use md5::{Digest, Md5};

use crate::failure::{Failure, Then};

/// The longest key of Memcached, in bytes.
const LONGEST: usize = 250;

/// Returns the key under its namespace. As Dalli's `KeyManager`, it cuts one of more than 250 characters
/// with the namespace, and puts a digest of the whole at its end.
///
/// A key that is too long without the namespace is an error, and not cut: a session's format gives whole
/// keys, and each app has cut them in its own way before it has asked Dalli (`MemCacheStore` of Rails 6.1
/// another than that of 7.1, by a digest that the app sets). Under any other key no session is found, and
/// all users are logged out.
///
/// A key that would end or split a command is an error: an empty one, or one with spaces or control
/// characters.
pub(crate) fn wire_key(namespace: Option<&str>, key: &str) -> Result<String, Failure> {
    let whole = match namespace {
        Some(namespace) => format!("{namespace}:{key}"),
        None => key.to_owned(),
    };
    let is_word = whole.bytes().all(|byte| byte > b' ' && byte != 0x7f);
    if key.is_empty() || !is_word {
        let message = "a key of Memcached must not be empty, nor hold spaces or control characters: \
                       escape it in the session's format, as `RailsCache::mem_cache_store` does, and \
                       check the namespace";
        return Err(Failure::new(message, Then::GiveUp));
    }
    if key.len() > LONGEST {
        let message = "a session's key has more than 250 bytes: the app that shares the sessions shortens \
                       it in a way of its own, and would not find them. Set a shorter namespace or key \
                       prefix in both; for a long `namespace` of Rack::Session::Dalli, that of the \
                       store in place of the format's prefix";
        return Err(Failure::new(message, Then::GiveUp));
    }
    let key = if whole.chars().count() > LONGEST {
        shortened(&whole)
    } else {
        whole
    };
    if key.len() > LONGEST {
        let message =
            "a key of Memcached has more than 250 bytes; escape its characters beyond ASCII";
        return Err(Failure::new(message, Then::GiveUp));
    }
    Ok(key)
}

/// Cuts a key to 250 characters, of which the last are the MD5 of the whole.
fn shortened(key: &str) -> String {
    let mut end = ":md5:".to_owned();
    for byte in Md5::digest(key) {
        // Writing to a String cannot fail.
        let _ = write!(end, "{byte:02x}");
    }
    let start = key.chars().take(LONGEST - end.len());
    start.chain(end.chars()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_those_of_dalli() {
        // `Dalli::KeyManager.new(namespace: ..).validate_key(..)` of Dalli 3.0.6.
        let a = |count| "a".repeat(count);
        for (namespace, key, expected) in [
            (None, "k".to_owned(), "k".to_owned()),
            (Some("shop"), "k".to_owned(), "shop:k".to_owned()),
            (None, a(250), a(250)),
            (Some("shop"), a(245), format!("shop:{}", a(245))),
            (
                Some("shop"),
                a(246),
                format!("shop:{}:md5:580ec3115308007317cbacd382084fed", a(208)),
            ),
        ] {
            assert_eq!(wire_key(namespace, &key).unwrap(), expected);
        }
    }

    #[test]
    fn a_key_that_the_app_has_shortened_in_another_way_is_refused() {
        let mut refused = 0;
        for namespace in [None, Some("shop")] {
            for key in ["a".repeat(251), "é".repeat(126), "a".repeat(100_000)] {
                let error = wire_key(namespace, &key).unwrap_err().to_string();
                assert!(error.contains("more than 250 bytes"), "{error}");
                assert!(!error.contains("aa"), "{error}");
                refused += 1;
            }
        }
        assert_eq!(refused, 6);
    }

    #[test]
    fn a_key_that_would_split_a_command_is_refused() {
        let mut refused = 0;
        for byte in (0..=0x20).chain([0x7f]) {
            let character = char::from(byte);
            assert!(wire_key(None, &format!("a{character}b")).is_err(), "{byte}");
            assert!(
                wire_key(Some(&format!("a{character}b")), "k").is_err(),
                "{byte}"
            );
            refused += 1;
        }
        assert_eq!(refused, 34);
        assert!(wire_key(None, "").is_err());
        assert!(wire_key(Some("shop"), "").is_err());
        assert!(wire_key(None, "k\r\nflush_all").is_err());
        assert!(wire_key(Some("shop"), &"é".repeat(125)).is_err());
        assert_eq!(wire_key(None, "é").unwrap(), "é");
    }
}
