//! [`Rotator`]: messages under a current key and older ones, tried in order
//! (`ActiveSupport::Messages::Rotator`).

use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;
use zeroize::Zeroizing;

use crate::cipher::aes_cbc::AesCbcKey;
use crate::cipher::aes_gcm::AesGcmKey;
use crate::cipher::hmac::HmacKey;
use crate::clock::Clock;
use crate::error::{Error, Refusal};
use crate::key_generator::KeyArray;
use crate::settings::{HmacDigest, Serializer, Settings};

use super::base64::Alphabet;
use super::codec::{Cbc, Codec, Gcm, Signed};
use super::envelope::Envelope;
use super::incoming::Incoming;
use super::message_options::MessageOptions;
use super::metadata::{Metadata, Purpose};
use super::opened::Opened;
use super::sealed_by::SealedBy;

/// The length in bytes of the key of either cipher.
pub(super) const CIPHER_KEY_LENGTH: usize = 32;

/// The keys of a message. The codec is made from them again when a setting changes.
#[derive(Clone)]
pub(super) enum Keys {
    Gcm(KeyArray<CIPHER_KEY_LENGTH>),
    Cbc {
        key: KeyArray<CIPHER_KEY_LENGTH>,
        signing: Zeroizing<Vec<u8>>,
    },
    Signed(Zeroizing<Vec<u8>>),
}

/// The common part of [`MessageEncryptor`](super::message_encryptor::MessageEncryptor) and
/// [`MessageVerifier`](super::message_verifier::MessageVerifier): everything but the keys.
#[derive(Clone)]
pub(super) struct Rotator {
    keys: Keys,
    digest: HmacDigest,
    alphabet: Alphabet,
    current: Way,
    older: Vec<Way>,
    clock: Clock,
}

#[derive(Clone)]
struct Way {
    codec: Codec,
    envelope: Envelope,
}

impl Rotator {
    pub(super) fn new(keys: Keys, settings: &Settings) -> Self {
        let (digest, alphabet) = (HmacDigest::Sha1, Alphabet::Standard);
        let current = Way {
            codec: keys.codec(digest, alphabet),
            envelope: Envelope::of(settings),
        };
        Self {
            keys,
            digest,
            alphabet,
            current,
            older: Vec::new(),
            clock: Clock::System,
        }
    }

    pub(super) fn digest(mut self, digest: HmacDigest) -> Self {
        self.digest = digest;
        self.rebuild()
    }

    pub(super) fn alphabet(mut self, alphabet: Alphabet) -> Self {
        self.alphabet = alphabet;
        self.rebuild()
    }

    fn rebuild(mut self) -> Self {
        self.current.codec = self.keys.codec(self.digest, self.alphabet);
        self
    }

    pub(super) fn serializer(mut self, serializer: Serializer) -> Self {
        self.current.envelope = self.current.envelope.with_serializer(serializer);
        self
    }

    pub(super) fn nesting(mut self, nests: bool) -> Self {
        self.current.envelope = self.current.envelope.nesting(nests);
        self
    }

    pub(super) fn clock(mut self, clock: Clock) -> Self {
        self.clock = clock;
        self
    }

    pub(super) fn rotation(mut self, older: Self) -> Self {
        self.older.push(older.current);
        self.older.extend(older.older);
        self
    }

    /// Returns the codec that seals.
    pub(super) fn codec(&self) -> &Codec {
        &self.current.codec
    }

    pub(super) fn generate<T: Serialize + ?Sized>(
        &self,
        value: &T,
        options: &MessageOptions,
    ) -> Result<String, Error> {
        let metadata = Metadata {
            expires_at: options.expiry(&self.clock)?,
            purpose: options.purpose_text().map(Purpose::Of),
        };
        let Way { codec, envelope } = &self.current;
        let mut message = Vec::new();
        codec.seal(&mut envelope.wrap(value, metadata)?, &mut message)?;
        // Base64, hyphens and hexadecimal digits are always text.
        Ok(String::from_utf8(message).unwrap_or_default())
    }

    /// Opens a message with the first key that fits. If no key fits, returns the refusal of the
    /// attempt that got furthest.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        message: &[u8],
        purpose: Option<&str>,
    ) -> Result<Opened<T>, Refusal> {
        let purpose = purpose.unwrap_or_default();
        let (mut ciphertext, mut text) = (Vec::new(), Vec::new());
        let mut message = Incoming::new(message, &mut ciphertext);
        let ways = std::iter::once(&self.current).chain(&self.older);
        let attempts = ways.enumerate().map(|(index, Way { codec, envelope })| {
            codec.open(&mut message, &mut text)?;
            let extracted = envelope.extract(&text, purpose, || self.clock.now())?;
            let sealed_by = SealedBy::by(codec, index.checked_sub(1), None, envelope.serializer());
            Ok((extracted, sealed_by, envelope.writes()))
        });
        let (extracted, sealed_by, writes) =
            Refusal::first_opened(attempts).unwrap_or(Err(Refusal::Malformed))?;
        Ok(Opened {
            sealed_by: sealed_by.in_format(extracted.format, writes),
            expires_at: extracted.expires_at,
            older_name: None,
            value: extracted.content.load()?,
        })
    }
}

impl Keys {
    fn codec(&self, digest: HmacDigest, alphabet: Alphabet) -> Codec {
        match self {
            Self::Gcm(key) => Codec::Gcm(Gcm::new(AesGcmKey::new(key), alphabet)),
            Self::Cbc { key, signing } => {
                let signing = HmacKey::new(digest, signing);
                Codec::Cbc(Cbc::new(AesCbcKey::new(key), signing, alphabet))
            }
            Self::Signed(key) => Codec::Signed(Signed::new(HmacKey::new(digest, key), alphabet)),
        }
    }
}

impl Rotator {
    /// Shows the settings under a type's name, without any key.
    pub(super) fn fmt_as(&self, name: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Way { codec, envelope } = &self.current;
        f.debug_struct(name)
            .field("cipher", &codec.cipher())
            .field("digest", &codec.hmac_digest())
            .field("serializer", &envelope.serializer())
            .field("url_safe", &(self.alphabet != Alphabet::Standard))
            .field("rotations", &self.older.len())
            .finish_non_exhaustive()
    }
}
