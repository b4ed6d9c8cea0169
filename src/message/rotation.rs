//! Trying keys: a Rails message carries no key id, so that which key fits is found by trial
//! (`ActiveSupport::Messages::Rotator`).

use std::borrow::Cow;

use crate::cipher::aes_cbc::AesCbcKey;
use crate::cipher::aes_gcm::AesGcmKey;
use crate::cipher::hmac::HmacKey;
use crate::error::{Error, Refusal};
use crate::key_generator::KeyGenerator;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{CbcDigest, Cipher, HmacDigest, SecretKind, Settings};

use super::base64::Alphabet;
use super::encryptor::{CbcEncryptor, GcmEncryptor};
use super::parts::Sealed;
use super::verifier::Verifier;

/// One way to seal and open messages: a format with its key.
#[derive(Clone)]
pub(crate) enum Codec {
    Gcm(GcmEncryptor),
    Cbc(CbcEncryptor),
    Signed(Verifier),
}

impl Codec {
    /// The codec of the encrypted jar with this cipher.
    fn encrypted(
        keys: &KeyGenerator,
        settings: &Settings,
        cipher: Cipher,
        cbc: HmacDigest,
    ) -> Self {
        match cipher {
            Cipher::Aes256Gcm => {
                let salt = &settings.authenticated_encrypted_cookie_salt;
                let key = AesGcmKey::new(&keys.generate_array(salt));
                Self::Gcm(GcmEncryptor::new(key, Alphabet::Standard))
            }
            Cipher::Aes256Cbc => {
                let key = AesCbcKey::new(&keys.generate_array(&settings.encrypted_cookie_salt));
                let signing = signing_key(keys, &settings.encrypted_signed_cookie_salt, cbc);
                Self::Cbc(CbcEncryptor::new(key, signing, Alphabet::Standard))
            }
        }
    }

    /// The codec of the signed jar.
    pub(crate) fn signed(secret: &SecretKeyBase, settings: &Settings) -> Self {
        let digest = settings.hmac_digest;
        let key = match settings.secret_kind {
            SecretKind::SecretToken => HmacKey::new(digest, secret.expose()),
            SecretKind::SecretKeyBase => {
                let keys = KeyGenerator::new(secret).digest(settings.key_digest);
                signing_key(&keys, &settings.signed_cookie_salt, digest)
            }
        };
        Self::Signed(Verifier::new(key, Alphabet::Standard))
    }

    /// Seals a text: in its own buffer, where it may.
    pub(crate) fn seal(&self, text: Cow<'_, [u8]>) -> Result<Vec<u8>, Error> {
        match self {
            Self::Gcm(encryptor) => encryptor.seal(text.into_owned()),
            Self::Cbc(encryptor) => encryptor.seal(&text),
            Self::Signed(verifier) => Ok(verifier.seal(&text)),
        }
    }

    /// The length of the message that a text of so many bytes becomes.
    pub(crate) fn sealed_len(&self, text: usize) -> usize {
        match self {
            Self::Gcm(encryptor) => encryptor.sealed_len(text),
            Self::Cbc(encryptor) => encryptor.sealed_len(text),
            Self::Signed(verifier) => verifier.sealed_len(text),
        }
    }

    /// The cipher; `None` where it only signs.
    pub(crate) fn cipher(&self) -> Option<Cipher> {
        match self {
            Self::Gcm(_) => Some(Cipher::Aes256Gcm),
            Self::Cbc(_) => Some(Cipher::Aes256Cbc),
            Self::Signed(_) => None,
        }
    }

    /// The digest of the HMAC; `None` where the cipher needs none.
    pub(crate) fn hmac_digest(&self) -> Option<HmacDigest> {
        match self {
            Self::Gcm(_) => None,
            Self::Cbc(encryptor) => Some(encryptor.digest()),
            Self::Signed(verifier) => Some(verifier.digest()),
        }
    }

    /// Whether the same text seals to another message every time.
    pub(crate) fn is_random(&self) -> bool {
        !matches!(self, Self::Signed(_))
    }

    /// The text of a message, where this is its key.
    pub(crate) fn open(&self, message: &mut Incoming<'_>) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Gcm(encryptor) => {
                let sealed = message
                    .sealed(encryptor.alphabet())
                    .ok_or(Refusal::Malformed)?;
                encryptor.open(sealed)?;
                Ok(message.take_opened())
            }
            Self::Cbc(encryptor) => encryptor.open(message.text),
            Self::Signed(verifier) => verifier.open(message.text),
        }
    }
}

/// The length of a signing key in bytes (`KeyGenerator#generate_key`'s default).
const SIGNING_KEY_LENGTH: usize = 64;

fn signing_key(keys: &KeyGenerator, salt: &str, digest: HmacDigest) -> HmacKey {
    HmacKey::new(digest, &**keys.generate_array::<SIGNING_KEY_LENGTH>(salt))
}

/// The ways to seal and open the messages of one secret under one set of settings: the first
/// seals, all open.
#[derive(Clone)]
pub(crate) struct Codecs {
    pub(crate) first: Codec,
    pub(crate) older: Vec<Codec>,
}

impl Codecs {
    /// Those of the signed jar.
    pub(crate) fn signed(secret: &SecretKeyBase, settings: &Settings) -> Self {
        Self {
            first: Codec::signed(secret, settings),
            older: Vec::new(),
        }
    }

    /// Those of the encrypted jar. With `upgrade` cookies of the cipher that the app does not use
    /// open as well, as Rails reads them after (or before) the change from CBC to GCM.
    pub(crate) fn encrypted(secret: &SecretKeyBase, settings: &Settings, upgrade: bool) -> Self {
        let keys = KeyGenerator::new(secret).digest(settings.key_digest);
        let defaults = settings.version.defaults();
        let codec = |cipher, cbc| Codec::encrypted(&keys, settings, cipher, cbc);
        // Up to 5.1 the app chose the digest of CBC messages; from 5.2 on they are written with
        // SHA-1, and what the app chose only serves to read older ones.
        let (written, chosen) = match defaults.cbc_digest {
            CbcDigest::Chosen => (settings.hmac_digest, None),
            CbcDigest::Sha1 => {
                let chosen = settings.hmac_digest;
                (
                    HmacDigest::Sha1,
                    (chosen != HmacDigest::Sha1).then_some(chosen),
                )
            }
        };
        let first = codec(settings.cipher, written);
        let mut older = Vec::new();
        if settings.cipher == Cipher::Aes256Cbc {
            older.extend(chosen.map(|chosen| codec(Cipher::Aes256Cbc, chosen)));
            if upgrade && defaults.reads_gcm_beside_cbc {
                older.push(codec(Cipher::Aes256Gcm, written));
            }
        } else if upgrade && defaults.reads_cbc_beside_gcm {
            older.push(codec(Cipher::Aes256Cbc, written));
            older.extend(chosen.map(|chosen| codec(Cipher::Aes256Cbc, chosen)));
        }
        Self { first, older }
    }

    /// The text of a message, and which of them opened it.
    pub(crate) fn open(&self, message: &mut Incoming<'_>) -> Result<(Vec<u8>, &Codec), Refusal> {
        let mut furthest = match self.first.open(message) {
            Ok(text) => return Ok((text, &self.first)),
            Err(refusal) => refusal,
        };
        for codec in &self.older {
            match codec.open(message) {
                Ok(text) => return Ok((text, codec)),
                Err(refusal) => furthest = furthest.max(refusal),
            }
        }
        Err(furthest)
    }
}

/// A message on its way in: decoded once, however many keys are tried.
pub(crate) struct Incoming<'a> {
    text: &'a [u8],
    sealed: Parsed,
}

/// What became of taking a message apart as an encrypted one, in one alphabet.
enum Parsed {
    NotYet,
    No(Alphabet),
    Yes(Alphabet, Sealed),
}

impl<'a> Incoming<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            sealed: Parsed::NotYet,
        }
    }

    fn sealed(&mut self, alphabet: Alphabet) -> Option<&mut Sealed> {
        match self.sealed {
            Parsed::No(parsed) | Parsed::Yes(parsed, _) if parsed == alphabet => {}
            _ => {
                self.sealed = match Sealed::parse(self.text, alphabet) {
                    Some(sealed) => Parsed::Yes(alphabet, sealed),
                    None => Parsed::No(alphabet),
                }
            }
        }
        match &mut self.sealed {
            Parsed::Yes(_, sealed) => Some(sealed),
            Parsed::NotYet | Parsed::No(_) => None,
        }
    }

    /// Hands the decrypted text over. Should a further key be tried (the envelope may have been
    /// wrong), the message is decoded anew.
    fn take_opened(&mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.sealed, Parsed::NotYet) {
            Parsed::Yes(_, sealed) => sealed.ciphertext,
            Parsed::NotYet | Parsed::No(_) => Vec::new(),
        }
    }
}
