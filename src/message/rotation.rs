//! Trying keys: a Rails message carries no key id, so that which key fits is found by trial
//! (`ActiveSupport::Messages::Rotator`).

use crate::cipher::aes_gcm::AesGcmKey;
use crate::cipher::hmac::HmacKey;
use crate::error::{Error, Refusal};
use crate::key_generator::KeyGenerator;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{Cipher, Settings};

use super::encryptor::Encryptor;
use super::parts::Sealed;
use super::verifier::Verifier;

/// The length of a signing key in bytes (`KeyGenerator#generate_key`'s default).
const HMAC_KEY_LENGTH: usize = 64;

/// One way to seal and open messages: a format with its key.
#[derive(Clone)]
pub(crate) enum Codec {
    Encryptor(Encryptor),
    Verifier(Verifier),
}

impl Codec {
    /// The codec of the encrypted jar.
    pub(crate) fn encrypted(secret: &SecretKeyBase, settings: &Settings) -> Self {
        let keys = KeyGenerator::new(secret).digest(settings.key_digest);
        match settings.cipher {
            Cipher::Aes256Gcm => {
                let salt = &settings.authenticated_encrypted_cookie_salt;
                let key = keys.generate_array::<{ AesGcmKey::LENGTH }>(salt);
                Self::Encryptor(Encryptor::new(AesGcmKey::new(&key)))
            }
        }
    }

    /// The codec of the signed jar.
    pub(crate) fn signed(secret: &SecretKeyBase, settings: &Settings) -> Self {
        let keys = KeyGenerator::new(secret).digest(settings.key_digest);
        let key = keys.generate_array::<HMAC_KEY_LENGTH>(&settings.signed_cookie_salt);
        Self::Verifier(Verifier::new(HmacKey::new(settings.hmac_digest, &*key)))
    }

    /// Seals a text.
    pub(crate) fn seal(&self, text: Vec<u8>) -> Result<Vec<u8>, Error> {
        match self {
            Self::Encryptor(encryptor) => encryptor.seal(text),
            Self::Verifier(verifier) => Ok(verifier.seal(&text)),
        }
    }

    /// The length of the message that a text of so many bytes becomes.
    pub(crate) fn sealed_len(&self, text: usize) -> usize {
        match self {
            Self::Encryptor(_) => Encryptor::sealed_len(text),
            Self::Verifier(verifier) => verifier.sealed_len(text),
        }
    }

    /// Whether the same text seals to another message every time.
    pub(crate) fn is_random(&self) -> bool {
        matches!(self, Self::Encryptor(_))
    }

    /// The text of a message, where this is its key.
    pub(crate) fn open(&self, message: &mut Incoming<'_>) -> Result<Vec<u8>, Refusal> {
        match self {
            Self::Encryptor(encryptor) => {
                let sealed = message.sealed().ok_or(Refusal::Malformed)?;
                encryptor.open(sealed)?;
                Ok(message.take_opened())
            }
            Self::Verifier(verifier) => verifier.open(message.text),
        }
    }
}

/// A message on its way in: decoded once, however many keys are tried.
pub(crate) struct Incoming<'a> {
    text: &'a [u8],
    sealed: Parsed,
}

/// What became of taking a message apart as an encrypted one.
enum Parsed {
    NotYet,
    No,
    Yes(Sealed),
}

impl<'a> Incoming<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self {
            text,
            sealed: Parsed::NotYet,
        }
    }

    fn sealed(&mut self) -> Option<&mut Sealed> {
        if matches!(self.sealed, Parsed::NotYet) {
            self.sealed = Sealed::parse(self.text).map_or(Parsed::No, Parsed::Yes);
        }
        match &mut self.sealed {
            Parsed::Yes(sealed) => Some(sealed),
            Parsed::NotYet | Parsed::No => None,
        }
    }

    /// Hands the decrypted text over. Should a further key be tried (the envelope may have been
    /// wrong), the message is decoded anew.
    fn take_opened(&mut self) -> Vec<u8> {
        match std::mem::replace(&mut self.sealed, Parsed::NotYet) {
            Parsed::Yes(sealed) => sealed.ciphertext,
            Parsed::NotYet | Parsed::No => Vec::new(),
        }
    }
}
