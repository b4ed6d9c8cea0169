//! The files in which an app keeps its secret: encrypted ones, YAML and its ERB.

use std::sync::LazyLock;

use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::value::Value;
use hardtack::{LoadDefaults, Serializer, fuzzing};

use super::vectors;

/// The key of the recorded files, as it stands in a key file.
const KEY: &str = "0123456789abcdef0123456789abcdef";
const OTHER_KEY: &str = "0123456789abcdef0123456789abcdee";

/// The files that Rails encrypted under the key, and what is in them.
static SEALED: LazyLock<Vec<(String, String)>> = LazyLock::new(vectors::credentials);

pub(super) fn check(data: &[u8]) {
    let [what, data @ ..] = data else { return };
    match what % 4 {
        0 => file(data),
        1 => plaintext(data),
        2 => text(data),
        _ => yaml(data),
    }
}

/// Nothing but what was sealed opens, and that under its own key.
fn file(data: &[u8]) {
    assert!(fuzzing::encrypted_file(data, OTHER_KEY).is_err());
    if let Ok(text) = fuzzing::encrypted_file(data, KEY) {
        let trimmed = data.trim_ascii();
        let known = SEALED.iter().find(|(file, _)| file.as_bytes() == trimmed);
        assert_eq!(known.map(|(_, text)| text), Some(&text));
    }
}

/// Anything at all, encrypted under the key.
fn plaintext(data: &[u8]) {
    let opened = fuzzing::encrypted_file(&encrypted(data), KEY);
    let value = fuzzing::load(&fuzzing::serialized(Serializer::Marshal, data));
    match (&opened, &value) {
        (Ok(text), Ok(Value::String(value))) => assert_eq!(text, value),
        (_, Ok(Value::String(_))) => panic!("a String that is no text: {opened:?}"),
        (Ok(_), Ok(Value::Bytes(_) | Value::Object(_))) | (Err(_), _) => {}
        (Ok(_), _) => panic!("a text that is no String: {value:?}"),
    }
}

/// A text, as Rails encrypts it.
fn text(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let settings = LoadDefaults::V6_1
        .settings()
        .cookies_serializer(Serializer::Marshal);
    let marshal = fuzzing::dump(&Value::from(text), &settings).unwrap();
    let file = encrypted(marshal.as_bytes());
    assert_eq!(fuzzing::encrypted_file(&file, KEY).as_deref(), Ok(text));
    assert!(fuzzing::encrypted_file(&file, OTHER_KEY).is_err());
    let _ = fuzzing::encrypted_file(&file, text);
}

fn yaml(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else {
        return;
    };
    let read = fuzzing::yaml(text);
    let erb = fuzzing::erb(text);
    if !text.contains("<%") {
        assert_eq!(erb.as_deref(), Ok(text));
    }
    // A secret is in the text, or made of it by a folding, an escape or an alias: never longer.
    for secret in read.iter().flatten().flatten() {
        assert!(secret.len() <= 4 * text.len());
    }
}

/// `data--iv--tag`, AES-128-GCM by the `aes-gcm` crate alone.
fn encrypted(plaintext: &[u8]) -> Vec<u8> {
    let key = u128::from_str_radix(KEY, 16).unwrap().to_be_bytes();
    let iv = [7; 12];
    let mut data = plaintext.to_vec();
    let tag = Aes128Gcm::new(&key.into())
        .encrypt_inout_detached(&iv.into(), &[], data.as_mut_slice().into())
        .unwrap();
    let parts = [
        STANDARD.encode(&data),
        STANDARD.encode(iv),
        STANDARD.encode(tag),
    ];
    parts.join("--").into_bytes()
}
