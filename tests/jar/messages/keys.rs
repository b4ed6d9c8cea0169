//! Keys: rotations, an app's own keys, and keys that do not fit.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hardtack::message::{MessageEncryptor, MessageOptions, MessageVerifier};
use hardtack::secret::KeyGenerator;
use hardtack::settings::{Cipher, HmacDigest};
use hardtack::{Error, InvalidMessage, LoadDefaults, Refusal, Serializer};
use time::macros::datetime;

use super::{text, verifier};
use crate::support::{other_secret, secret};

#[test]
fn rotations_are_tried_in_order() {
    let version = LoadDefaults::V7_1;
    let named = |key: &str| MessageVerifier::new(key, version).unwrap();
    let verifier = named("first")
        .rotation(named("second").rotation(named("third")))
        .rotation(named("fourth").digest(HmacDigest::Sha512));
    let options = MessageOptions::new().purpose("login");
    let made = |verifier: MessageVerifier| verifier.generate("hello", &options).unwrap();
    for (message, rotation) in [
        (made(verifier.clone()), None),
        (made(named("first")), None),
        (made(named("second")), Some(0)),
        (made(named("third")), Some(1)),
        (made(named("fourth").digest(HmacDigest::Sha512)), Some(2)),
    ] {
        let opened = verifier.explain(&message, "login").unwrap();
        assert_eq!(opened.rotation(), rotation);
        assert_eq!(
            verifier.verify::<String>(&message, None),
            Err(InvalidMessage)
        );
    }
    let fifth = made(named("fifth"));
    assert_eq!(
        verifier.explain(&fifth, "login").err(),
        Some(Refusal::Invalid)
    );

    let gcm = |key| MessageEncryptor::new([key; 32], version).unwrap();
    let cbc = MessageEncryptor::cbc([3; 32], "signing", version).unwrap();
    let crypt = gcm(1).rotation(gcm(2)).rotation(cbc.clone());
    for (maker, rotation) in [(gcm(1), None), (gcm(2), Some(0)), (cbc, Some(1))] {
        let message = maker.encrypt_and_sign("hello", &options).unwrap();
        let opened = crypt.explain(&message, "login").unwrap();
        assert_eq!(opened.rotation(), rotation);
    }
}

#[test]
fn an_apps_own_keys() {
    let options = MessageOptions::new();
    for version in [LoadDefaults::V6_1, LoadDefaults::V7_0, LoadDefaults::V7_1] {
        let settings = version.settings();
        let keys = KeyGenerator::new(&secret()).digest(settings.key_generator_hash_digest_class);
        let key = keys.generate_key("name", 64);
        let app = MessageVerifier::for_application(&secret(), "name", version);
        let message = app.generate("hello", &options).unwrap();
        let by_key = MessageVerifier::new(key.expose(), version).unwrap();
        assert_eq!(by_key.generate("hello", &options).unwrap(), message);
        for stranger in [
            MessageVerifier::for_application(&other_secret(), "name", version),
            MessageVerifier::for_application(&secret(), "other", version),
        ] {
            assert_eq!(
                stranger.explain(&message, None).err(),
                Some(Refusal::Invalid)
            );
        }

        let key = keys.generate_key("name", 32);
        for cipher in Cipher::ALL {
            let settings = version.settings().cipher(*cipher);
            let app = MessageEncryptor::for_application(&secret(), "name", settings);
            let by_key = match cipher {
                Cipher::Aes256Cbc => MessageEncryptor::cbc(key.expose(), key.expose(), version),
                _ => MessageEncryptor::new(key.expose(), version),
            };
            let message = by_key.unwrap().encrypt_and_sign("hello", &options).unwrap();
            let value: String = app.decrypt_and_verify(&message, None).unwrap();
            assert_eq!(value, "hello");
        }
    }
    // With nothing but a secret_token, that is the key (`LegacyKeyGenerator`).
    let app = MessageVerifier::for_application(&secret(), "name", LoadDefaults::V3_2);
    let by_key = MessageVerifier::new(secret().expose(), LoadDefaults::V3_2).unwrap();
    assert_eq!(
        app.generate("hello", &options).unwrap(),
        by_key.generate("hello", &options).unwrap()
    );
}

#[test]
fn a_signed_id() {
    let signed_ids = |version| {
        MessageVerifier::for_application(&secret(), "active_record/signed_id", version)
            .digest(HmacDigest::Sha256)
            .serializer(Serializer::Json)
    };
    let options = MessageOptions::new().purpose("user/password_reset");
    let new = signed_ids(LoadDefaults::V8_0).url_safe(true);
    let id = new.generate(7, &options).unwrap();
    let (data, digest) = id.split_once("--").unwrap();
    assert_eq!(
        URL_SAFE_NO_PAD.decode(data).unwrap(),
        br#"{"_rails":{"data":7,"pur":"user/password_reset"}}"#
    );
    assert_eq!(digest.len(), 64);
    assert_eq!(new.verify::<i64>(&id, "user/password_reset"), Ok(7));

    let old = signed_ids(LoadDefaults::V6_1);
    let id = old.generate(7, &options).unwrap();
    let expected = br#"{"_rails":{"message":"Nw==","exp":null,"pur":"user/password_reset"}}"#;
    assert_eq!(text(&id), expected);
    // The upgrade from 6.1 changed the digest of keys.
    assert!(new.verify::<i64>(&id, "user/password_reset").is_err());
    let both = new.rotation(old);
    assert_eq!(both.verify::<i64>(&id, "user/password_reset"), Ok(7));
}

#[test]
fn what_is_the_operators_fault() {
    let version = LoadDefaults::V7_1;
    for length in [0, 16, 31, 33, 64] {
        let key = vec![1; length];
        for refused in [
            MessageEncryptor::new(&key, version).unwrap_err(),
            MessageEncryptor::cbc(&key, "signing", version).unwrap_err(),
        ] {
            let Error::KeyLength { given, wanted, .. } = refused else {
                panic!("{refused}");
            };
            assert_eq!((given, wanted), (length, 32));
        }
    }
    let verifier = verifier(version);
    let forever = MessageOptions::new().expires_in(Duration::MAX);
    assert_eq!(
        verifier.generate("hello", &forever).err(),
        Some(Error::ExpiryOutOfRange)
    );
    for serializer in [
        Serializer::Json,
        Serializer::Marshal,
        Serializer::MessagePack,
    ] {
        let verifier = verifier.clone().serializer(serializer);
        let before = MessageOptions::new().expires_at(datetime!(-0001-01-01 0:00 UTC));
        assert_eq!(
            verifier.generate("hello", &before).err(),
            Some(Error::ExpiryOutOfRange)
        );
    }
}

#[test]
fn debug_shows_no_key() {
    let version = LoadDefaults::V7_1;
    let verifier = MessageVerifier::new("SECRETKEY", version).unwrap();
    assert_eq!(
        format!("{verifier:?}"),
        "MessageVerifier { cipher: None, digest: Some(Sha1), serializer: Hybrid, url_safe: false, \
         rotations: 0, .. }"
    );
    let encryptor = MessageEncryptor::cbc([83; 32], "SECRETKEY", version).unwrap();
    assert_eq!(
        format!("{:?}", encryptor.clone().url_safe(true).rotation(encryptor)),
        "MessageEncryptor { cipher: Some(Aes256Cbc), digest: Some(Sha1), serializer: Hybrid, \
         url_safe: true, rotations: 1, .. }"
    );
}
