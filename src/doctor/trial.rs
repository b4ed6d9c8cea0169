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
use crate::settings::{HmacDigest, KeyDigest, SecretKind};

use super::form::{Form, decoded};
use super::keys::{Alteration, Derived, Keys, Material, Role};

/// The key that opened a message, and the opened text.
pub(super) struct Fit {
    /// The index of the given secret.
    pub(super) secret: usize,
    pub(super) alteration: Option<Alteration>,
    pub(super) secret_kind: SecretKind,
    /// The digest that derived the keys; `None` if the secret itself is the key.
    pub(super) key_digest: Option<KeyDigest>,
    /// The digest of the HMAC; `None` under AES-GCM.
    pub(super) hmac_digest: Option<HmacDigest>,
    /// The salts of the keys, by role.
    pub(super) salts: Vec<(Role, String)>,
    pub(super) text: Vec<u8>,
}

/// Finds the first key that opens a message of this form.
pub(super) fn open(keys: &Keys, form: &Form, message: &[u8]) -> Option<Fit> {
    match *form {
        Form::Gcm => open_gcm(keys, message),
        Form::Cbc { digest_len } => open_cbc(keys, message, digest_len),
        Form::Signed { digest_len } => open_signed(keys, message, digest_len),
        Form::Foreign(_) | Form::Unknown => None,
    }
}

/// A secret, a digest and the index of a salt, with the key that they make.
struct Candidate<'a> {
    material: &'a Material,
    digest: KeyDigest,
    salt: usize,
    key: &'a Derived,
}

/// Returns every key for a role, the likeliest first: all secrets under the role's own salts, then
/// all secrets under the other salts.
fn candidates(keys: &Keys, role: Role) -> impl Iterator<Item = Candidate<'_>> {
    [false, true].into_iter().flat_map(move |others| {
        keys.materials.iter().flat_map(move |material| {
            KeyDigest::ALL.iter().flat_map(move |digest| {
                keys.salts_for(role, others).filter_map(move |salt| {
                    Some(Candidate {
                        material,
                        digest: *digest,
                        salt,
                        key: keys.derived(material, *digest, salt)?,
                    })
                })
            })
        })
    })
}

impl Candidate<'_> {
    fn fit(&self, keys: &Keys, role: Role, hmac: Option<HmacDigest>, text: Vec<u8>) -> Fit {
        let salt = keys.salts.get(self.salt).cloned().unwrap_or_default();
        Fit {
            secret: self.material.index,
            alteration: self.material.alteration,
            secret_kind: SecretKind::SecretKeyBase,
            key_digest: Some(self.digest),
            hmac_digest: hmac,
            salts: vec![(role, salt)],
            text,
        }
    }
}

/// Returns the AES key: the first half of a derived key.
fn aes_key(key: &Derived) -> Option<&[u8; 32]> {
    key.first_chunk()
}

fn open_gcm(keys: &Keys, message: &[u8]) -> Option<Fit> {
    let mut ciphertext = Vec::new();
    let sealed = SealedParts::parse(message, Alphabet::Standard, &mut ciphertext)?;
    candidates(keys, Role::Gcm).find_map(|candidate| {
        let key = AesGcmKey::new(aes_key(candidate.key)?);
        let encryptor = Gcm::new(key, Alphabet::Standard);
        let mut text = Vec::new();
        encryptor.open(&sealed, &mut text).ok()?;
        Some(candidate.fit(keys, Role::Gcm, None, text))
    })
}

fn open_cbc(keys: &Keys, message: &[u8], digest_len: usize) -> Option<Fit> {
    let signing = |candidate: &Candidate<'_>| {
        digests(digest_len).find(|digest| {
            let key = HmacKey::new(*digest, &***candidate.key);
            let verifier = Signed::new(key, Alphabet::Standard);
            verifier.verify(message).is_ok()
        })
    };
    let (signer, hmac) = candidates(keys, Role::CbcSigning)
        .find_map(|candidate| signing(&candidate).map(|hmac| (candidate, hmac)))?;
    // The cipher's key is of the same secret and digest as the HMAC's, under another salt.
    let salts = [false, true]
        .into_iter()
        .flat_map(|others| keys.salts_for(Role::Cbc, others));
    let (salt, text) = salts.into_iter().find_map(|salt| {
        let key = keys.derived(signer.material, signer.digest, salt)?;
        let key = AesCbcKey::new(aes_key(key)?);
        let signing = HmacKey::new(hmac, &***signer.key);
        let encryptor = Cbc::new(key, signing, Alphabet::Standard);
        Some((salt, encryptor.open(message).ok()?))
    })?;
    let mut fit = signer.fit(keys, Role::CbcSigning, Some(hmac), text);
    let salt = keys.salts.get(salt).cloned().unwrap_or_default();
    fit.salts.push((Role::Cbc, salt));
    Some(fit)
}

fn open_signed(keys: &Keys, message: &[u8], digest_len: usize) -> Option<Fit> {
    let open = |digest, key: &[u8]| {
        let verifier = Signed::new(HmacKey::new(digest, key), Alphabet::Standard);
        decoded(verifier.verify(message).ok()?.into_inner())
    };
    // A secret_token needs no derivation, so it is tried first.
    let by_token = keys.materials.iter().find_map(|material| {
        digests(digest_len).find_map(|digest| {
            let text = open(digest, material.secret.expose())?;
            Some(Fit {
                secret: material.index,
                alteration: material.alteration,
                secret_kind: SecretKind::SecretToken,
                key_digest: None,
                hmac_digest: Some(digest),
                salts: Vec::new(),
                text,
            })
        })
    });
    by_token.or_else(|| {
        candidates(keys, Role::Signing).find_map(|candidate| {
            digests(digest_len).find_map(|digest| {
                let text = open(digest, &***candidate.key)?;
                Some(candidate.fit(keys, Role::Signing, Some(digest), text))
            })
        })
    })
}

/// Returns the digests that are `length` bytes long.
fn digests(length: usize) -> impl Iterator<Item = HmacDigest> {
    let all = HmacDigest::ALL.iter().copied();
    all.filter(move |digest| digest.len() == length)
}

/// Returns `true` if a digest of `length` bytes is built in.
pub(super) fn knows_digest(length: usize) -> bool {
    digests(length).next().is_some()
}
