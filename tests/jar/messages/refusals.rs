//! Messages that are refused, and the refusal of each.

use std::time::Duration;

use hardtack::message::{MessageEncryptor, MessageOptions, MessageVerifier};
use hardtack::settings::HmacDigest;
use hardtack::{InvalidMessage, LoadDefaults, Refusal, Serializer};

use super::{FUTURE, PAST, verifier};

/// A verifier or an encryptor: it makes and reads messages.
enum Maker {
    Verifier(MessageVerifier),
    Encryptor(MessageEncryptor),
}

impl Maker {
    fn make(&self, options: &MessageOptions) -> String {
        match self {
            Self::Verifier(verifier) => verifier.generate("hello", options),
            Self::Encryptor(encryptor) => encryptor.encrypt_and_sign("hello", options),
        }
        .unwrap()
    }

    fn read(&self, message: &str, purpose: Option<&str>) -> Result<String, InvalidMessage> {
        match self {
            Self::Verifier(verifier) => verifier.verify(message, purpose),
            Self::Encryptor(encryptor) => encryptor.decrypt_and_verify(message, purpose),
        }
    }

    fn refusal(&self, message: &str, purpose: Option<&str>) -> Option<Refusal> {
        match self {
            Self::Verifier(verifier) => verifier.explain(message, purpose).err(),
            Self::Encryptor(encryptor) => encryptor.explain(message, purpose).err(),
        }
    }
}

/// The maker of a message, other readers, and their refusals. A reader that splits the message at
/// other places (another digest, another cipher) finds it malformed.
fn makers() -> Vec<(Maker, Vec<(Maker, Refusal)>)> {
    let mut makers = Vec::new();
    for version in [LoadDefaults::V6_1, LoadDefaults::V7_1] {
        for serializer in [Serializer::Json, Serializer::Marshal] {
            let verifier = |key: &str, digest| {
                let verifier = MessageVerifier::new(key, version).unwrap().digest(digest);
                Maker::Verifier(verifier.serializer(serializer))
            };
            let gcm = |key: [u8; 32]| {
                let encryptor = MessageEncryptor::new(key, version).unwrap();
                Maker::Encryptor(encryptor.serializer(serializer))
            };
            let cbc = |key: [u8; 32], signing: &str, digest| {
                let encryptor = MessageEncryptor::cbc(key, signing, version).unwrap();
                Maker::Encryptor(encryptor.digest(digest).serializer(serializer))
            };
            let (sha1, sha256) = (HmacDigest::Sha1, HmacDigest::Sha256);
            makers.push((
                verifier("key", sha1),
                vec![
                    (verifier("other", sha1), Refusal::Invalid),
                    (verifier("key", sha256), Refusal::Malformed),
                ],
            ));
            makers.push((
                gcm([1; 32]),
                vec![
                    (gcm([2; 32]), Refusal::Invalid),
                    (cbc([1; 32], "key", sha1), Refusal::Malformed),
                ],
            ));
            makers.push((
                cbc([1; 32], "key", sha1),
                vec![
                    (cbc([1; 32], "other", sha1), Refusal::Invalid),
                    (cbc([1; 32], "key", sha256), Refusal::Malformed),
                    (gcm([1; 32]), Refusal::Malformed),
                ],
            ));
        }
    }
    makers
}

#[test]
fn refusals_by_purpose_and_expiry() {
    let none = MessageOptions::new;
    let wrong = Some(Refusal::WrongPurpose);
    let cases = [
        (none(), None, None),
        (none(), Some(""), None),
        (none().purpose(""), None, None),
        (none().purpose("login"), Some("login"), None),
        (none().purpose("login"), Some("Login"), wrong),
        (none().purpose("login"), Some("logi"), wrong),
        (none().purpose("login"), None, wrong),
        (none().purpose("login"), Some(""), wrong),
        (none(), Some("login"), wrong),
        (none().expires_at(FUTURE), Some("login"), wrong),
        (none().expires_at(FUTURE).purpose("login"), None, wrong),
        (none().expires_at(FUTURE), None, None),
        (none().expires_in(Duration::from_secs(60)), None, None),
        (
            none().expires_in(Duration::ZERO),
            None,
            Some(Refusal::Expired),
        ),
        (none().expires_at(PAST), None, Some(Refusal::Expired)),
        // Expiry is checked first, as in Rails 7.1.
        (
            none().expires_at(PAST),
            Some("login"),
            Some(Refusal::Expired),
        ),
        // The last that was said counts.
        (
            none().expires_at(PAST).expires_in(Duration::from_secs(60)),
            None,
            None,
        ),
    ];
    for (maker, _) in makers() {
        for (options, purpose, expected) in &cases {
            let message = maker.make(options);
            let about = format!("{options:?} as {purpose:?}: {message}");
            assert_eq!(maker.refusal(&message, *purpose), *expected, "{about}");
            let read = maker.read(&message, *purpose);
            let answer = match expected {
                Some(_) => Err(InvalidMessage),
                None => Ok("hello".to_owned()),
            };
            assert_eq!(read, answer, "{about}");
        }
    }
}

#[test]
fn refusals_by_key_and_tampering() {
    let mut refused = 0;
    for (maker, strangers) in makers() {
        let message = maker.make(&MessageOptions::new());
        assert_eq!(maker.read(&message, None).unwrap(), "hello");
        for (stranger, refusal) in strangers {
            assert_eq!(stranger.refusal(&message, None), Some(refusal), "{message}");
            assert_eq!(stranger.read(&message, None), Err(InvalidMessage));
            refused += 1;
        }
        for at in 0..message.len() {
            let (head, tail) = message.split_at(at);
            let other = if tail.starts_with('A') { 'B' } else { 'A' };
            let rest = tail.get(1..).unwrap();
            for changed in [format!("{head}{other}{rest}"), head.into(), rest.into()] {
                assert_eq!(maker.read(&changed, None), Err(InvalidMessage), "{changed}");
            }
        }
        for junk in ["", "--", "----", "\u{fc}", "AAAA--AAAA--AAAA", " "] {
            assert_eq!(maker.refusal(junk, None), Some(Refusal::Malformed));
        }
    }
    assert_eq!(refused, 28);
}

#[test]
fn values_of_another_type_or_format() {
    let none = MessageOptions::new();
    let marshal = verifier(LoadDefaults::V6_1);
    let json = verifier(LoadDefaults::V7_1).serializer(Serializer::Json);
    let message = marshal.generate("hello", &none).unwrap();
    assert_eq!(marshal.verify::<u8>(&message, None), Err(InvalidMessage));
    assert_eq!(
        json.explain(&message, None).err(),
        Some(Refusal::UnreadableValue)
    );
    // From 7.1 on the default still reads it; so does a rotation with the older serializer.
    let default = verifier(LoadDefaults::V7_1);
    assert_eq!(default.verify::<String>(&message, None).unwrap(), "hello");
    let opened = json.rotation(marshal).explain(&message, None).unwrap();
    assert_eq!(opened.rotation(), Some(0));
}
