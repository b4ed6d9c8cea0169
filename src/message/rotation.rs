//! Trying keys: a Rails message carries no key id, so that which key fits is found by trial
//! (`ActiveSupport::Messages::Rotator`).

use crate::cipher::aes_cbc::AesCbcKey;
use crate::cipher::aes_gcm::{AesGcmKey, Iv, Tag};
use crate::cipher::hmac::HmacKey;
use crate::error::{Error, Refusal};
use crate::key_generator::KeyGenerator;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{CbcDigest, Cipher, HmacDigest, SecretKind, Settings};

use super::base64::Alphabet;
use super::encryptor::{CbcEncryptor, GcmEncryptor};
use super::parts::{Sealed, Signed};
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

    /// Seals a text into a message, in place of what was in its buffer. The text may be encrypted
    /// where it stands.
    pub(crate) fn seal(&self, text: &mut [u8], message: &mut Vec<u8>) -> Result<(), Error> {
        match self {
            Self::Gcm(encryptor) => encryptor.seal(text, message)?,
            Self::Cbc(encryptor) => *message = encryptor.seal(text)?,
            Self::Signed(verifier) => *message = verifier.seal(text),
        }
        Ok(())
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

    /// How many characters the last part of its messages has, and the one before that, where its
    /// length is always the same.
    pub(crate) fn last_parts(&self) -> (usize, Option<usize>) {
        match self {
            Self::Gcm(encryptor) => {
                let (tag, iv) = Sealed::last_parts(encryptor.alphabet());
                (tag, Some(iv))
            }
            Self::Cbc(encryptor) => (Signed::last_part(encryptor.digest().len()), None),
            Self::Signed(verifier) => (Signed::last_part(verifier.digest().len()), None),
        }
    }

    /// Whether the same text seals to another message every time.
    pub(crate) fn is_random(&self) -> bool {
        !matches!(self, Self::Signed(_))
    }

    /// The text of a message, where this is its key, in place of what was in its buffer.
    pub(crate) fn open(
        &self,
        message: &mut Incoming<'_>,
        text: &mut Vec<u8>,
    ) -> Result<(), Refusal> {
        match self {
            Self::Gcm(encryptor) => {
                let sealed = message
                    .sealed(encryptor.alphabet())
                    .ok_or(Refusal::Malformed)?;
                encryptor.open(&sealed, text)?;
            }
            Self::Cbc(encryptor) => *text = encryptor.open(message.text)?,
            Self::Signed(verifier) => *text = verifier.open(message.text)?,
        }
        Ok(())
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
        let codec = |cipher, cbc| Codec::encrypted(&keys, settings, cipher, cbc);
        // Up to 5.1 the app chose the digest of CBC messages; from 5.2 on they are written with
        // SHA-1, and what the app chose only serves to read older ones.
        let (written, chosen) = match settings.cbc_digest {
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
            if upgrade && settings.reads_gcm_beside_cbc {
                older.push(codec(Cipher::Aes256Gcm, written));
            }
        } else if upgrade && settings.reads_cbc_beside_gcm {
            older.push(codec(Cipher::Aes256Cbc, written));
            older.extend(chosen.map(|chosen| codec(Cipher::Aes256Cbc, chosen)));
        }
        Self { first, older }
    }

    /// All of them.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Codec> + Clone {
        std::iter::once(&self.first).chain(&self.older)
    }

    /// The text of a message, in place of what was in its buffer, and which of them opened it.
    pub(crate) fn open(
        &self,
        message: &mut Incoming<'_>,
        text: &mut Vec<u8>,
    ) -> Result<&Codec, Refusal> {
        let mut furthest = match self.first.open(message, text) {
            Ok(()) => return Ok(&self.first),
            Err(refusal) => refusal,
        };
        for codec in &self.older {
            match codec.open(message, text) {
                Ok(()) => return Ok(codec),
                Err(refusal) => furthest = furthest.max(refusal),
            }
        }
        Err(furthest)
    }
}

/// A message on its way in: decoded once, however many keys are tried.
pub(crate) struct Incoming<'a> {
    text: &'a [u8],
    ciphertext: &'a mut Vec<u8>,
    parsed: Parsed,
}

/// What became of taking a message apart as an encrypted one, in one alphabet.
enum Parsed {
    NotYet,
    No(Alphabet),
    Yes(Alphabet, Iv, Tag),
}

impl<'a> Incoming<'a> {
    /// A message, and room for its ciphertext.
    pub(crate) fn new(text: &'a [u8], ciphertext: &'a mut Vec<u8>) -> Self {
        Self {
            text,
            ciphertext,
            parsed: Parsed::NotYet,
        }
    }

    fn sealed(&mut self, wanted: Alphabet) -> Option<Sealed<'_>> {
        match self.parsed {
            Parsed::No(alphabet) | Parsed::Yes(alphabet, ..) if alphabet == wanted => {}
            _ => {
                self.parsed = match Sealed::parse(self.text, wanted, self.ciphertext) {
                    Some(Sealed { iv, tag, .. }) => Parsed::Yes(wanted, iv, tag),
                    None => Parsed::No(wanted),
                }
            }
        }
        match self.parsed {
            Parsed::Yes(_, iv, tag) => Some(Sealed {
                ciphertext: self.ciphertext,
                iv,
                tag,
            }),
            Parsed::NotYet | Parsed::No(_) => None,
        }
    }
}
