//! A jar from end to end: nothing opens but what was sealed, to the letter; what was sealed opens
//! under its own secret alone, and what opened is sealed again to the same value.

use std::collections::BTreeSet;

use hardtack::headers::unescape;
use hardtack::message::{Opened, Serialized};
use hardtack::settings::SizeLimit;
use hardtack::value::Value;
use hardtack::{
    CookieAttributes, CookieHeader, Jar, LoadDefaults, Refusal, Rotation, SecretKeyBase,
    Serializer, SessionData, Settings, fuzzing,
};
use time::OffsetDateTime;
use time::macros::datetime;

use super::mutation::mutated;
use super::{assert_kept, one_of};

/// Names under which the recorded cookies were sealed.
const NAMES: &[&str] = &["_app_session", "c_array", "c_warden", "future"];

const EXPIRY: OffsetDateTime = datetime!(2100-01-02 03:04:05 UTC);

/// The longest value that is sealed here: whatever seals it, it stays below what is read.
const LONGEST: usize = 4096;

/// A jar, the secrets it may and may not open, and what was sealed with the first of them.
pub(super) struct Keyring {
    /// The jar of each way to write, with its settings.
    writers: Vec<(Settings, Jar)>,
    /// One that opens what any of them writes.
    reader: Jar,
    /// The same under another secret.
    stranger: Jar,
    /// Everything that was ever sealed so under the secret.
    sealed: BTreeSet<Vec<u8>>,
    /// The cookies that the jar also opens, sealed by the cipher that it does not use.
    besides: BTreeSet<Vec<u8>>,
}

/// The jar's two constructors.
pub(super) struct Kind {
    pub(super) jar: fn(&SecretKeyBase, Settings) -> Jar,
    pub(super) rotation: fn(&SecretKeyBase, Settings) -> Rotation,
}

impl Keyring {
    pub(super) fn new(
        kind: &Kind,
        secret: &SecretKeyBase,
        stranger: &SecretKeyBase,
        versions: &[Settings],
        sealed: BTreeSet<Vec<u8>>,
        besides: BTreeSet<Vec<u8>>,
    ) -> Self {
        let reading = |secret: &SecretKeyBase| {
            let mut all = versions
                .iter()
                .cloned()
                .map(|settings| settings.cookies_serializer(Serializer::Hybrid));
            let first = (kind.jar)(secret, all.next().unwrap());
            all.fold(first, |jar, settings| {
                jar.rotation((kind.rotation)(secret, settings))
            })
        };
        let serializers = [
            Serializer::Hybrid,
            Serializer::Marshal,
            Serializer::MessagePackAllowMarshal,
        ];
        let writers = versions.iter().flat_map(|settings| {
            serializers.map(|serializer| {
                settings
                    .clone()
                    .cookies_serializer(serializer)
                    .limit(SizeLimit::None)
            })
        });
        Self {
            writers: writers
                .map(|settings| (settings.clone(), (kind.jar)(secret, settings)))
                .collect(),
            reader: reading(secret),
            stranger: reading(stranger),
            sealed,
            besides,
        }
    }

    /// Checks that Rails sealed it, to the letter.
    fn knows(&self, value: &[u8]) -> bool {
        self.sealed.contains(value) || self.besides.contains(value)
    }

    pub(super) fn check(&self, data: &[u8]) {
        let [how, data @ ..] = data else { return };
        let name = *one_of(NAMES, how >> 2);
        match how % 4 {
            0 => self.value(name, data),
            1 => self.header(data),
            2 => self.mutation(name, data),
            _ => self.seal(name, data),
        }
    }

    /// A value as it came, no longer escaped.
    fn value(&self, name: &str, value: &[u8]) {
        let opened = self.reader.open(name, value);
        assert!(
            !was_unsealed(&opened) || self.knows(value),
            "a forged cookie got past its seal: {opened:?}"
        );
        assert!(!was_unsealed(&self.stranger.open(name, value)));
        let Ok(opened) = opened else { return };
        // What opens is sealed anew without a loss.
        let (settings, writer) = one_of(&self.writers, value[value.len() / 2]);
        let value = opened.value();
        let Ok(cookie) = writer.write_serialized(name, value, None) else {
            return;
        };
        let again = writer.open(name, cookie.value()).unwrap();
        if writes(settings.cookies_serializer) == opened.sealed_by().serializer {
            assert_eq!(again.value().as_bytes(), value.as_bytes());
        }
    }

    /// A whole `Cookie` header.
    fn header(&self, header: &[u8]) {
        let header = CookieHeader::new(header);
        for name in NAMES {
            let session = SessionData::explain(&self.reader, name, &header);
            let value = header.get_raw(name).map(unescape);
            let Some(value) = value else {
                assert!(matches!(session, Ok(None)));
                continue;
            };
            let direct = self.reader.open(name, &value);
            assert!(
                !was_unsealed(&direct) || self.knows(&value),
                "a forged cookie got past its seal: {direct:?} {value:?}"
            );
            match session {
                Ok(session) => assert!(session.is_some() && direct.is_ok()),
                // A value that is no map opens, and is no session.
                Err(Refusal::UnreadableValue) => assert!(was_unsealed(&direct)),
                Err(refusal) => assert_eq!(direct.err(), Some(refusal)),
            }
        }
    }

    /// A sealed cookie, edited.
    fn mutation(&self, name: &str, data: &[u8]) {
        let [one, other, script @ ..] = data else {
            return;
        };
        let nth = |byte: &u8| {
            let place = usize::from(*byte) * self.sealed.len() / 256;
            self.sealed.iter().nth(place).unwrap()
        };
        let (sealed, other) = (nth(one), nth(other));
        assert!(was_unsealed(&self.reader.open(name, sealed)));
        self.value(name, &mutated(sealed, other, script));
    }

    /// A value that is sealed now.
    fn seal(&self, name: &str, data: &[u8]) {
        let [how, data @ ..] = data else { return };
        if data.len() > LONGEST {
            return;
        }
        let (settings, writer) = one_of(&self.writers, how >> 1);
        let mut attributes = CookieAttributes::new();
        if how % 2 == 1 {
            attributes = attributes.expires(EXPIRY);
        }
        let value = fuzzing::serialized(settings.cookies_serializer, data);
        let Ok(cookie) = writer.write_serialized(name, &value, &attributes) else {
            return;
        };
        let sealed = &*cookie.value();
        assert_eq!(*unescape(cookie.escaped_value().as_bytes()), *sealed);
        assert!(!was_unsealed(&self.stranger.open(name, sealed)));
        let opened = writer.open(name, sealed);
        assert!(was_unsealed(&opened), "what was sealed does not open");
        assert!(was_unsealed(&self.reader.open(name, sealed)));
        let Ok(opened) = opened else { return };
        // A form that this version reads otherwise is written anew.
        if settings.cookies_serializer != Serializer::MessagePackAllowMarshal {
            assert_eq!(opened.value().as_bytes(), data);
        }
        let seals_expiry =
            settings.version >= LoadDefaults::V5_2 && settings.use_cookies_with_metadata;
        if seals_expiry {
            assert_eq!(opened.expires_at(), (how % 2 == 1).then_some(EXPIRY));
        }
        if settings.use_cookies_with_metadata {
            let elsewhere = writer.open("another", sealed);
            assert_eq!(elsewhere.err(), Some(Refusal::WrongPurpose));
        }
        // One letter less, one more, one other: it is another cookie.
        let at = usize::from(*data.first().unwrap_or(&0)) * sealed.len() / 256;
        let mut less = sealed.to_vec();
        less.remove(at);
        assert!(!was_unsealed(&self.reader.open(name, &less)));
        let mut twice = sealed.to_vec();
        twice.insert(at, sealed[at]);
        assert!(!was_unsealed(&self.reader.open(name, &twice)));
        let mut flipped = sealed.to_vec();
        flipped[at] ^= 1 << (data.len() % 8);
        assert!(!was_unsealed(&self.reader.open(name, &flipped)));

        // The value itself, read and written.
        let Ok(value) = writer.read_value::<Value>(name, sealed) else {
            return;
        };
        let value = value.into_value();
        let write_and_read = |value: &Value| {
            let cookie = writer.write(name, value, &attributes).unwrap();
            let again = writer.read_value::<Value>(name, cookie.value()).unwrap();
            again.into_value()
        };
        // JSON has no infinities, and before 8.1 MessagePack has no SafeBuffer; what does not fit
        // once it is written in full is not read.
        if settings.cookies_serializer == Serializer::Marshal
            && data.len() < LONGEST / 4
            && writer.write(name, &value, &attributes).is_ok()
        {
            assert_kept(&value, &write_and_read(&value), write_and_read);
        }
    }
}

/// Checks that a cookie's seal was right, even if its content was not.
fn was_unsealed(opened: &Result<Opened<Serialized>, Refusal>) -> bool {
    !matches!(
        opened,
        Err(Refusal::TooLarge | Refusal::Malformed | Refusal::Invalid)
    )
}

/// The serializer of the format that this one writes.
pub(super) fn writes(serializer: Serializer) -> Serializer {
    match serializer {
        Serializer::Hybrid => Serializer::Json,
        Serializer::MessagePackAllowMarshal => Serializer::MessagePack,
        other => other,
    }
}
