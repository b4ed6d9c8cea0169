//! Tries every secret under every digest, salt and cipher, until one opens a message.
//!
//! The tag or the HMAC is checked before anything else is done with a message. Each key is derived
//! once, for any number of messages.

use crate::cipher::aes_cbc::AesCbcKey;
use crate::cipher::aes_gcm::AesGcmKey;
use crate::cipher::hmac::HmacKey;
use crate::message::base64::Alphabet;
use crate::message::codec::{Cbc, Gcm, Signed};
use crate::message::parts::SealedParts;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{HmacDigest, KeyDigest, SecretKind};

use super::form::{Form, decoded};
use super::keys::{Derived, Keys, Material, Role, Tier};
use super::other_ciphers::KeySize;
use super::spelling::Spelling;

/// The digests that some version of Rails derives keys by.
pub(super) const USUAL: [KeyDigest; 2] = [KeyDigest::Sha1, KeyDigest::Sha256];

/// The key that opened a message, and the opened text.
pub(super) struct Fit {
    /// The index of the given secret.
    pub(super) secret: usize,
    /// The difference between the secret that fits and the given one.
    pub(super) spelling: Option<Spelling>,
    /// The secret that fits.
    pub(super) material: SecretKeyBase,
    pub(super) secret_kind: SecretKind,
    /// The digest that derived the keys; `None` if the secret itself is the key.
    pub(super) key_digest: Option<KeyDigest>,
    /// The digest of the HMAC; `None` under AES-GCM.
    pub(super) hmac_digest: Option<HmacDigest>,
    /// The salts of the keys, by role.
    pub(super) salts: Vec<(Role, String)>,
    /// The facts about the keys that no setting of Rails tells.
    pub(super) unusual: Option<Unusual>,
    /// Is `true` if the salt is one of messages that are no cookies.
    pub(super) is_message: bool,
    pub(super) text: Vec<u8>,
}

/// A difference from the keys of every version of Rails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unusual {
    /// Another number of rounds than 1000.
    Rounds(u32),
    /// A key of another size than 256 bits.
    KeySize(KeySize),
    /// The first 32 bytes of the secret are the key.
    RawKey,
}

impl Unusual {
    /// Describes the keys, after "its".
    pub(super) fn in_words(self) -> String {
        match self {
            Self::Rounds(rounds) => format!("keys are derived by {rounds} iterations"),
            Self::KeySize(size) => {
                let bits = size.bits();
                format!("key has {bits} bits (encrypted_cookie_cipher is aes-{bits})")
            }
            Self::RawKey => {
                "key is the start of the secret itself (secret_key_base[0..31])".to_owned()
            }
        }
    }
}

/// Finds the first key that opens a message of this form, among the keys of the given secrets by
/// the digests and the cipher that versions of Rails use.
pub(super) fn open(keys: &Keys, form: &Form, message: &[u8]) -> Option<Fit> {
    if let Form::Signed { digest_len } = *form {
        // A secret_token needs no derivation, so it is tried first.
        let by_token = open_by_token(&keys.given, message, digest_len);
        if by_token.is_some() {
            return by_token;
        }
    }
    let tiers: &[Tier] = match form {
        Form::Signed { .. } => &[Tier::Own, Tier::Others, Tier::Messages],
        _ => &[Tier::Own, Tier::Others],
    };
    tiers.iter().find_map(|tier| {
        let set = Set {
            keys,
            materials: &keys.given,
            digests: &USUAL,
            tier: *tier,
        };
        set.open(form, message)
    })
}

/// Returns the index of the secret whose key verifies the HMAC of a CBC message. That the message
/// does not open then means that the salt of its encryption key is not known.
pub(super) fn signer(keys: &Keys, form: &Form, message: &[u8]) -> Option<usize> {
    let Form::Cbc { digest_len } = *form else {
        return None;
    };
    [Tier::Own, Tier::Others].into_iter().find_map(|tier| {
        let set = Set {
            keys,
            materials: &keys.given,
            digests: KeyDigest::ALL,
            tier,
        };
        let (candidate, _) = set.signer(message, digest_len).next()?;
        Some(candidate.material.index)
    })
}

/// A set of keys to try.
#[derive(Clone, Copy)]
pub(super) struct Set<'a> {
    pub(super) keys: &'a Keys,
    pub(super) materials: &'a [Material],
    pub(super) digests: &'a [KeyDigest],
    pub(super) tier: Tier,
}

/// A secret, a digest and the index of a salt, with the key that they make.
pub(super) struct Candidate<'a> {
    pub(super) material: &'a Material,
    pub(super) digest: KeyDigest,
    salt: usize,
    pub(super) key: &'a Derived,
}

impl Candidate<'_> {
    pub(super) fn fit(
        &self,
        keys: &Keys,
        role: Role,
        hmac: Option<HmacDigest>,
        text: Vec<u8>,
    ) -> Fit {
        Fit {
            secret: self.material.index,
            spelling: self.material.spelling.clone(),
            material: self.material.secret.clone(),
            secret_kind: SecretKind::SecretKeyBase,
            key_digest: Some(self.digest),
            hmac_digest: hmac,
            salts: vec![(role, keys.salt(self.salt).to_owned())],
            unusual: None,
            is_message: false,
            text,
        }
    }
}

impl<'a> Set<'a> {
    /// Returns every key for a role, those of the first secret first.
    pub(super) fn candidates(self, role: Role) -> impl Iterator<Item = Candidate<'a>> {
        self.materials.iter().flat_map(move |material| {
            self.digests.iter().flat_map(move |digest| {
                let salts = self.keys.salts_for(role, self.tier);
                salts.filter_map(move |salt| {
                    Some(Candidate {
                        material,
                        digest: *digest,
                        salt,
                        key: self.keys.derived(material, *digest, salt)?,
                    })
                })
            })
        })
    }

    pub(super) fn open(self, form: &Form, message: &[u8]) -> Option<Fit> {
        match *form {
            Form::Gcm => self.open_gcm(message),
            Form::Cbc { digest_len } => self.open_cbc(message, digest_len),
            Form::Signed { digest_len } => self.open_signed(message, digest_len),
            _ => None,
        }
    }

    fn open_gcm(self, message: &[u8]) -> Option<Fit> {
        let mut ciphertext = Vec::new();
        let sealed = SealedParts::parse(message, Alphabet::Standard, &mut ciphertext)?;
        self.candidates(Role::Gcm).find_map(|candidate| {
            let text = open_gcm_by(aes_key(&candidate.key[..])?, &sealed)?;
            Some(candidate.fit(self.keys, Role::Gcm, None, text))
        })
    }

    /// Returns the candidates that verify a message's HMAC, with its digest.
    pub(super) fn signer(
        self,
        message: &[u8],
        digest_len: usize,
    ) -> impl Iterator<Item = (Candidate<'a>, HmacDigest)> {
        self.candidates(Role::CbcSigning)
            .filter_map(move |candidate| {
                let digest = digests(digest_len).find(|digest| {
                    let key = HmacKey::new(*digest, &candidate.key[..]);
                    Signed::new(key, Alphabet::Standard).verify(message).is_ok()
                })?;
                Some((candidate, digest))
            })
    }

    fn open_cbc(self, message: &[u8], digest_len: usize) -> Option<Fit> {
        let (signer, hmac) = self.signer(message, digest_len).next()?;
        // The cipher's key is of the same secret and digest as the HMAC's, under another salt.
        let salts = [Tier::Own, Tier::Others]
            .into_iter()
            .flat_map(|tier| self.keys.salts_for(Role::Cbc, tier));
        let (salt, text) = salts.into_iter().find_map(|salt| {
            let key = self.keys.derived(signer.material, signer.digest, salt)?;
            let text = open_cbc_by(aes_key(&key[..])?, hmac, &signer.key[..], message)?;
            Some((salt, text))
        })?;
        let mut fit = signer.fit(self.keys, Role::CbcSigning, Some(hmac), text);
        fit.salts.push((Role::Cbc, self.keys.salt(salt).to_owned()));
        Some(fit)
    }

    fn open_signed(self, message: &[u8], digest_len: usize) -> Option<Fit> {
        self.candidates(Role::Signing).find_map(|candidate| {
            let (digest, text) = open_signed_by(&candidate.key[..], message, digest_len)?;
            let fit = candidate.fit(self.keys, Role::Signing, Some(digest), text);
            Some(Fit {
                is_message: self.tier == Tier::Messages,
                ..fit
            })
        })
    }
}

/// Opens a signed message by a secret that is itself the key.
pub(super) fn open_by_token(
    materials: &[Material],
    message: &[u8],
    digest_len: usize,
) -> Option<Fit> {
    materials.iter().find_map(|material| {
        let (digest, text) = open_signed_by(material.secret.expose(), message, digest_len)?;
        Some(Fit {
            secret: material.index,
            spelling: material.spelling.clone(),
            material: material.secret.clone(),
            secret_kind: SecretKind::SecretToken,
            key_digest: None,
            hmac_digest: Some(digest),
            salts: Vec::new(),
            unusual: None,
            is_message: false,
            text,
        })
    })
}

/// Returns the AES key: the first half of a derived key.
pub(super) fn aes_key(key: &[u8]) -> Option<&[u8; 32]> {
    key.first_chunk()
}

pub(super) fn open_gcm_by(key: &[u8; 32], sealed: &SealedParts<'_>) -> Option<Vec<u8>> {
    let encryptor = Gcm::new(AesGcmKey::new(key), Alphabet::Standard);
    let mut text = Vec::new();
    encryptor.open(sealed, &mut text).ok()?;
    Some(text)
}

pub(super) fn open_cbc_by(
    key: &[u8; 32],
    hmac: HmacDigest,
    signing: &[u8],
    message: &[u8],
) -> Option<Vec<u8>> {
    let signing = HmacKey::new(hmac, signing);
    let encryptor = Cbc::new(AesCbcKey::new(key), signing, Alphabet::Standard);
    encryptor.open(message).ok()
}

pub(super) fn open_signed_by(
    key: &[u8],
    message: &[u8],
    digest_len: usize,
) -> Option<(HmacDigest, Vec<u8>)> {
    digests(digest_len).find_map(|digest| {
        let verifier = Signed::new(HmacKey::new(digest, key), Alphabet::Standard);
        let data = verifier.verify(message).ok()?.into_inner();
        Some((digest, decoded(data)?))
    })
}

/// Returns the digests that are `length` bytes long.
pub(super) fn digests(length: usize) -> impl Iterator<Item = HmacDigest> {
    let all = HmacDigest::ALL.iter().copied();
    all.filter(move |digest| digest.len() == length)
}

/// Returns `true` if a digest of `length` bytes is built in.
pub(super) fn knows_digest(length: usize) -> bool {
    digests(length).next().is_some()
}
