//! [`wire_key`]: a key as Dalli sends it.

use std::fmt::Write;

use md5::{Digest, Md5};

use crate::failure::{Failure, Then};

/// The longest key of Memcached, in bytes.
const LONGEST: usize = 250;

/// Returns the key under its namespace. As Dalli's `KeyManager`, it cuts a key of more than 250 characters
/// and puts a digest of the whole at its end.
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
    let key = if whole.chars().count() > LONGEST {
        // One more with a namespace, for historical reasons (`prefix_length`).
        let length = if namespace.is_some() { 250 } else { 249 };
        shortened(&whole, length)
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

/// Cuts a key, and puts the MD5 of the whole at its end.
fn shortened(key: &str, length: usize) -> String {
    let mut end = ":md5:".to_owned();
    for byte in Md5::digest(key) {
        // Writing to a String cannot fail.
        let _ = write!(end, "{byte:02x}");
    }
    let start = key.chars().take(length - end.len());
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
            (
                None,
                a(251),
                a(212) + ":md5:21f5b107cda33036590a19419afd7fb6",
            ),
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
        assert!(wire_key(None, &"é".repeat(126)).is_err());
        assert_eq!(wire_key(None, "é").unwrap(), "é");
    }
}
