//! Messages that Active Support 6.1 made.

use std::collections::BTreeMap;
use std::sync::Mutex;

use hardtack::message::{MessageEncryptor, MessageOptions, MessageVerifier, Opened};
use hardtack::secret::{Key, KeyGenerator};
use hardtack::settings::{HmacDigest, KeyDigest};
use hardtack::value::{BigInteger, Value};
use hardtack::{LoadDefaults, Refusal, Serializer};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{FUTURE, PAST};
use crate::support::{secret, vectors};

#[derive(Deserialize)]
pub(crate) struct Record {
    kind: String,
    #[serde(default)]
    pub(crate) cipher: Option<String>,
    #[serde(default)]
    digest: Option<String>,
    serializer: String,
    pub(crate) salt: String,
    #[serde(default)]
    pub(crate) signing_salt: String,
    #[serde(default)]
    pub(crate) purpose: Option<String>,
    #[serde(default)]
    expires_at: Option<String>,
    pub(crate) message: String,
    json: Box<RawValue>,
}

impl Record {
    pub(crate) fn options(&self) -> MessageOptions {
        let mut options = MessageOptions::new();
        if let Some(purpose) = &self.purpose {
            options = options.purpose(purpose);
        }
        match self.expires_at.as_deref() {
            Some("2999-12-31T23:59:59.123Z") => options.expires_at(FUTURE),
            Some("2020-01-02T03:04:05.678Z") => options.expires_at(PAST),
            Some(other) => panic!("{other}"),
            None => options,
        }
    }

    pub(crate) fn value(&self) -> Value {
        let text = self.json.get();
        match text.parse::<BigInteger>() {
            Ok(integer) if text.parse::<i64>().is_err() => Value::BigInteger(integer),
            _ => serde_json::from_str(text).unwrap(),
        }
    }

    pub(crate) fn hmac_digest(&self) -> HmacDigest {
        let digest = self.digest.as_deref().unwrap_or("SHA1");
        digest.parse().unwrap()
    }

    fn serializer(&self) -> Serializer {
        self.serializer.parse().unwrap()
    }

    pub(crate) fn verifier(&self) -> MessageVerifier {
        let key = key(&self.salt, 64);
        MessageVerifier::new(key.expose(), LoadDefaults::V6_1)
            .unwrap()
            .digest(self.hmac_digest())
            .serializer(self.serializer())
    }

    pub(crate) fn encryptor(&self) -> MessageEncryptor {
        let key = key(&self.salt, 32);
        let encryptor = if self.cipher.as_deref() == Some("aes-256-cbc") {
            let signing = self::key(&self.signing_salt, 64);
            MessageEncryptor::cbc(key.expose(), signing.expose(), LoadDefaults::V6_1)
        } else {
            MessageEncryptor::new(key.expose(), LoadDefaults::V6_1)
        };
        encryptor
            .unwrap()
            .digest(self.hmac_digest())
            .serializer(self.serializer())
    }

    /// Checks that the opened value is the one that Rails wrote.
    pub(crate) fn check(&self, opened: Result<Opened<Value>, Refusal>) {
        if self.options() == self.options().expires_at(PAST) {
            assert_eq!(opened.err(), Some(Refusal::Expired), "{}", self.message);
            return;
        }
        let opened = opened.unwrap_or_else(|refusal| panic!("{}: {refusal}", self.message));
        assert_eq!(opened.value().to_string(), self.json.get());
        assert_eq!(opened.value(), &self.value());
        let expires_at = self.expires_at.as_ref().map(|_| FUTURE);
        assert_eq!(opened.expires_at(), expires_at);
        assert_eq!(opened.rotation(), None);
    }
}

/// A key under which `make.rb` made messages, derived once.
pub(crate) fn key(salt: &str, length: usize) -> Key {
    static KEYS: Mutex<BTreeMap<String, Key>> = Mutex::new(BTreeMap::new());

    let mut keys = KEYS.lock().unwrap();
    let derive = || {
        let generator = KeyGenerator::new(&secret()).digest(KeyDigest::Sha1);
        generator.generate_key(salt, length)
    };
    keys.entry(salt.to_owned()).or_insert_with(derive).clone()
}

pub(crate) fn records(kind: &str) -> Vec<Record> {
    let mut records: Vec<Record> = vectors("messages/active-support-6.1.jsonl");
    assert_eq!(records.len(), 228);
    records.retain(|record| record.kind == kind);
    records
}

#[test]
fn signed_messages_are_read_and_written_letter_by_letter() {
    let records = records("verifier");
    for record in &records {
        let verifier = record.verifier();
        record.check(verifier.explain(&record.message, record.purpose.as_deref()));
        let message = verifier
            .generate(record.value(), &record.options())
            .unwrap();
        assert_eq!(message, record.message, "{}", record.json);
    }
    assert_eq!(records.len(), 114);
}

#[test]
fn encrypted_messages_are_read() {
    let records = records("encryptor");
    for record in &records {
        let encryptor = record.encryptor();
        let purpose = record.purpose.as_deref();
        record.check(encryptor.explain(&record.message, purpose));
        // And what we write has the same length, and is read back.
        let message = encryptor
            .encrypt_and_sign(record.value(), &record.options())
            .unwrap();
        assert_eq!(message.len(), record.message.len());
        record.check(encryptor.explain(&message, purpose));
    }
    assert_eq!(records.len(), 114);
}
