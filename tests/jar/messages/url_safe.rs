//! The url-safe alphabet, which Active Support 6.1 lacks: the test converts its messages.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use hardtack::Refusal;
use hardtack::secret::Key;
use hardtack::settings::HmacDigest;
use hmac::{Hmac, KeyInit, Mac};

use super::recorded::{key, records};

/// Converts padded standard base64 to unpadded url-safe base64.
fn url_safe(part: &str) -> String {
    part.trim_end_matches('=')
        .replace('+', "-")
        .replace('/', "_")
}

fn sign(key: &Key, data: &str) -> String {
    let mac = Hmac::<sha1::Sha1>::new_from_slice(key.expose())
        .unwrap()
        .chain_update(data);
    format!("{data}--{}", hex::encode(mac.finalize().into_bytes()))
}

#[test]
fn url_safe_signed_messages() {
    let mut changed = 0;
    let records = records("verifier");
    for record in records
        .iter()
        .filter(|record| record.hmac_digest() == HmacDigest::Sha1)
    {
        let key = key(&record.salt, 64);
        let (data, _) = record.message.rsplit_once("--").unwrap();
        let expected = sign(&key, &url_safe(data));
        changed += usize::from(data.contains(['+', '/']));

        let verifier = record.verifier().url_safe(true);
        let message = verifier
            .generate(record.value(), &record.options())
            .unwrap();
        assert_eq!(message, expected);
        let purpose = record.purpose.as_deref();
        record.check(verifier.explain(&expected, purpose));
        // Padded, too, and each kind by the other.
        let padded = URL_SAFE.encode(STANDARD.decode(data).unwrap());
        record.check(verifier.explain(sign(&key, &padded), purpose));
        record.check(verifier.explain(&record.message, purpose));
        record.check(record.verifier().explain(&expected, purpose));
    }
    assert!(changed >= 2, "{changed}");
}

/// The parts of an encrypted message in the url-safe alphabet.
fn url_safe_parts(message: &str) -> String {
    let parts: Vec<String> = message.split("--").map(url_safe).collect();
    parts.join("--")
}

#[test]
fn url_safe_encrypted_messages() {
    let mut checked = 0;
    for record in records("encryptor") {
        let (encryptor, purpose) = (record.encryptor().url_safe(true), record.purpose.as_deref());
        let expected = match (record.cipher.as_deref(), record.hmac_digest()) {
            (Some("aes-256-gcm"), _) => {
                let message = url_safe_parts(&record.message);
                // From the right: a part may itself begin or end with "-".
                let separators = [24, 42].map(|end| message.len() - end);
                for at in separators {
                    assert_eq!(message.get(at..at + 2), Some("--"), "{message}");
                }
                message
            }
            (_, HmacDigest::Sha1) => {
                let (data, _) = record.message.rsplit_once("--").unwrap();
                let inner = String::from_utf8(STANDARD.decode(data).unwrap()).unwrap();
                let outer = URL_SAFE_NO_PAD.encode(url_safe_parts(&inner));
                sign(&key(&record.signing_salt, 64), &outer)
            }
            _ => continue,
        };
        checked += 1;
        record.check(encryptor.explain(&expected, purpose));
        // The two kinds are strangers, save by a rotation.
        assert!(encryptor.explain(&record.message, purpose).is_err());
        assert!(record.encryptor().explain(&expected, purpose).is_err());
        let ours = encryptor
            .encrypt_and_sign(record.value(), &record.options())
            .unwrap();
        assert_eq!(ours.len(), expected.len());
        assert!(!ours.contains(['+', '/', '=']), "{ours}");
        let both = record.encryptor().rotation(encryptor);
        let opened = both.explain(&ours, purpose);
        match opened {
            Ok(opened) => assert_eq!(opened.rotation(), Some(0)),
            Err(refusal) => assert_eq!(refusal, Refusal::Expired),
        }
        record.check(both.explain(&record.message, purpose));
    }
    assert_eq!(checked, 76);
}
