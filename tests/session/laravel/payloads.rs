//! Encrypted texts, the prefixes of cookies, and keys that are replaced.

use std::collections::BTreeMap;

use hardtack::Refusal;
use hardtack::laravel::Encrypter;
use hardtack::value::Value;
use serde::Deserialize;

use super::{encrypter, lines};

#[derive(Deserialize)]
struct Encrypted {
    app_key: String,
    cipher: String,
    serialized: bool,
    hex: String,
    payload: String,
}

#[test]
fn texts_of_laravel_open_and_back() {
    let (mut texts, mut values) = (0, 0);
    for line in lines::<Encrypted>("laravel_encrypt") {
        let encrypter = encrypter(&line.app_key, &line.cipher);
        let text = hex::decode(&line.hex).unwrap();
        assert_eq!(encrypter.open(&line.payload).unwrap(), text);
        assert_eq!(
            encrypter.open(encrypter.seal(&text).unwrap()).unwrap(),
            text
        );
        if line.serialized {
            let value: Value = encrypter.open_value(&line.payload).unwrap();
            let sealed = encrypter.seal_value(&value).unwrap();
            assert_eq!(encrypter.open(sealed).unwrap(), text);
            values += 1;
        } else {
            texts += 1;
        }
    }
    assert_eq!((texts, values), (44, 28));
}

#[derive(Deserialize)]
struct Decrypted {
    app_key: String,
    cipher: String,
    name: String,
    payload: String,
    text: Option<String>,
    error: Option<String>,
}

/// Odd payloads open, or are refused for the reason that Laravel gives.
#[test]
fn payloads_are_judged_as_laravel_does() {
    let mut counts = BTreeMap::new();
    for line in lines::<Decrypted>("laravel_decrypt") {
        let what = format!("{} {}", line.cipher, line.name);
        let verdict = encrypter(&line.app_key, &line.cipher).explain(&line.payload);
        let expected = match line.error.as_deref() {
            None => Ok(line.text.unwrap().into_bytes()),
            Some("The payload is invalid.") => Err(Refusal::Malformed),
            Some("The MAC is invalid." | "Could not decrypt the data.") => Err(Refusal::Invalid),
            Some(other) => panic!("{what}: {other}"),
        };
        assert_eq!(verdict, expected, "{what}");
        *counts
            .entry(verdict.map_err(Refusal::name).err())
            .or_insert(0) += 1;
    }
    let expected = [(None, 32), (Some("invalid"), 12), (Some("malformed"), 28)];
    assert_eq!(counts, expected.into());
}

#[derive(Deserialize)]
struct OfCookie {
    app_key: String,
    name: String,
    prefix: String,
}

/// A cookie's value opens under the name that its prefix was made for, and no other.
#[test]
fn prefixes_are_those_of_laravel() {
    let lines = lines::<OfCookie>("laravel_cookie_prefix");
    assert_eq!(lines.len(), 4);
    for OfCookie {
        app_key,
        name,
        prefix,
    } in lines
    {
        let encrypter = encrypter(&app_key, "AES-256-CBC");
        let by_laravel = encrypter.seal(format!("{prefix}value")).unwrap();
        assert_eq!(encrypter.open_cookie(&name, by_laravel).unwrap(), b"value");
        let sealed = encrypter.seal_cookie(&name, "value").unwrap();
        let text = encrypter.open(&sealed).unwrap();
        assert_eq!(text, format!("{prefix}value").into_bytes());
        for other in [name.to_uppercase() + "2", String::new()] {
            let refused = encrypter.explain_cookie(&other, &sealed);
            assert_eq!(refused, Err(Refusal::WrongPurpose));
        }
    }
}

/// Digits in capitals, a cut prefix and none are no prefix.
#[test]
fn a_prefix_is_compared_exactly() {
    let encrypter = encrypter(super::APP_KEY, "AES-256-CBC");
    let text = encrypter.open(encrypter.seal_cookie("n", "value").unwrap());
    let text = String::from_utf8(text.unwrap()).unwrap();
    let (prefix, _) = text.split_once('|').unwrap();
    for wrong in [
        format!("{}|value", prefix.to_uppercase()),
        format!("{}|value", &prefix[1..]),
        format!("{prefix}-value"),
        prefix.to_owned(),
        "value".to_owned(),
        String::new(),
    ] {
        let sealed = encrypter.seal(&wrong).unwrap();
        let refused = encrypter.explain_cookie("n", sealed);
        assert_eq!(refused, Err(Refusal::WrongPurpose), "{wrong}");
    }
    let empty = encrypter.seal(format!("{prefix}|")).unwrap();
    assert_eq!(encrypter.open_cookie("n", empty).unwrap(), b"");
}

#[derive(Deserialize)]
struct Replaced {
    app_key: String,
    previous_keys: Vec<String>,
    cipher: String,
    payload: String,
    text: String,
    cookie_prefix_old: String,
    stripped: String,
}

/// What a previous key sealed opens, a prefix of that key too; what is sealed is of the new key.
#[test]
fn previous_keys_open_and_never_seal() {
    let lines = lines::<Replaced>("laravel_previous_keys");
    assert_eq!(lines.len(), 6);
    for line in lines {
        let new = encrypter(&line.app_key, &line.cipher);
        let old = encrypter(&line.previous_keys[0], &line.cipher);
        let both = |keys: String| new.clone().previous_keys(keys).unwrap();
        let both = both(format!(",{},", line.previous_keys.join(",")));

        assert_eq!(both.open(&line.payload).unwrap(), line.text.as_bytes());
        assert_eq!(new.explain(&line.payload), Err(Refusal::Invalid));

        let text = format!("{}{}", line.cookie_prefix_old, line.text);
        for sealed in [old.seal(&text).unwrap(), new.seal(&text).unwrap()] {
            let opened = both.open_cookie(COOKIE_OF_PREFIXES, &sealed).unwrap();
            assert_eq!(opened, line.stripped.as_bytes());
            assert!(new.open_cookie(COOKIE_OF_PREFIXES, &sealed).is_err());
        }

        let sealed = both.seal_cookie("n", &line.text).unwrap();
        assert!(new.open_cookie("n", &sealed).is_ok());
        assert!(old.open_cookie("n", &sealed).is_err());
    }
}

/// The cookie whose prefixes are recorded with the previous keys.
const COOKIE_OF_PREFIXES: &str = "laravel_session";

/// A key of another cipher is an error at once.
#[test]
fn a_previous_key_fits_the_cipher() {
    let encrypter: Encrypter = encrypter(super::APP_KEY, "AES-256-GCM");
    let error = encrypter.previous_keys("base64:I/BUwSw+MHih9QFqtYXnpA==");
    let message = error.unwrap_err().to_string();
    assert!(
        message.contains("16 bytes") && message.contains("32"),
        "{message}"
    );
}
