//! Tries unlikely keys, if no likely one opens a message.

use crate::cipher::hmac::HmacKey;
use crate::key_generator::KeyGenerator;
use crate::message::base64::Alphabet;
use crate::message::codec::Signed;
use crate::message::parts::SealedParts;
use crate::settings::{KeyDigest, SecretKind};

use super::form::Form;
use super::keys::{Keys, Material, Role, Tier};
use super::other_ciphers::{KeySize, OtherCbc, open_gcm as open_other_gcm};
use super::rounds::{self, Rounds};
use super::trial::{
    Fit, Set, USUAL, Unusual, aes_key, digests, open_by_token, open_cbc_by, open_gcm_by,
    open_signed_by,
};

/// Finds the first key among the unlikely ones: other spellings of the secrets, digests that no
/// version of Rails uses by itself, other sizes of keys, and with `by_rounds` other numbers of
/// rounds.
pub(super) fn open(keys: &Keys, form: &Form, message: &[u8], by_rounds: bool) -> Option<Fit> {
    let spelled = || {
        let spelled = keys.spelled();
        if let Form::Signed { digest_len } = *form
            && let Some(fit) = open_by_token(spelled, message, digest_len)
        {
            return Some(fit);
        }
        let set = Set {
            keys,
            materials: spelled,
            digests: &USUAL,
            tier: Tier::Own,
        };
        set.open(form, message)
    };
    let by_digest = || {
        let set = Set {
            keys,
            materials: &keys.given,
            digests: KeyDigest::ALL,
            tier: Tier::Own,
        };
        set.open(form, message)
    };
    spelled()
        .or_else(by_digest)
        .or_else(|| open_by_size(keys, form, message))
        .or_else(|| open_by_raw_key(keys, form, message))
        .or_else(|| by_rounds.then(|| open_by_rounds(keys, form, message))?)
}

/// Opens an encrypted message by keys of another size (`encrypted_cookie_cipher`).
fn open_by_size(keys: &Keys, form: &Form, message: &[u8]) -> Option<Fit> {
    let set = Set {
        keys,
        materials: &keys.given,
        digests: &USUAL,
        tier: Tier::Own,
    };
    match *form {
        Form::Gcm => {
            let mut ciphertext = Vec::new();
            let sealed = SealedParts::parse(message, Alphabet::Standard, &mut ciphertext)?;
            set.candidates(Role::Gcm).find_map(|candidate| {
                let (size, text) = KeySize::ALL.into_iter().find_map(|size| {
                    Some((size, open_other_gcm(size, &candidate.key[..], &sealed)?))
                })?;
                let fit = candidate.fit(keys, Role::Gcm, None, text);
                Some(Fit {
                    unusual: Some(Unusual::KeySize(size)),
                    ..fit
                })
            })
        }
        Form::Cbc { digest_len } => {
            let (signer, hmac) = set.signer(message, digest_len).next()?;
            let (salt, size, text) = keys.salts_for(Role::Cbc, Tier::Own).find_map(|salt| {
                let key = keys.derived(signer.material, signer.digest, salt)?;
                KeySize::ALL.into_iter().find_map(|size| {
                    let cbc = OtherCbc {
                        size,
                        key: &key[..],
                        signing: HmacKey::new(hmac, &signer.key[..]),
                    };
                    Some((salt, size, cbc.open(message)?))
                })
            })?;
            let mut fit = signer.fit(keys, Role::CbcSigning, Some(hmac), text);
            fit.salts.push((Role::Cbc, keys.salt(salt).to_owned()));
            fit.unusual = Some(Unusual::KeySize(size));
            Some(fit)
        }
        _ => None,
    }
}

/// Opens an encrypted message whose key is the start of the secret itself
/// (`MessageEncryptor.new(secret[0..31])`).
fn open_by_raw_key(keys: &Keys, form: &Form, message: &[u8]) -> Option<Fit> {
    let mut materials = keys.given.iter().chain(keys.spelled());
    let fit = |material: &Material, hmac, text| Fit {
        secret: material.index,
        spelling: material.spelling.clone(),
        material: material.secret.clone(),
        secret_kind: SecretKind::SecretKeyBase,
        key_digest: None,
        hmac_digest: hmac,
        salts: Vec::new(),
        unusual: Some(Unusual::RawKey),
        is_message: false,
        text,
    };
    match *form {
        Form::Gcm => {
            let mut ciphertext = Vec::new();
            let sealed = SealedParts::parse(message, Alphabet::Standard, &mut ciphertext)?;
            materials.find_map(|material| {
                let text = open_gcm_by(aes_key(material.secret.expose())?, &sealed)?;
                Some(fit(material, None, text))
            })
        }
        Form::Cbc { digest_len } => materials.find_map(|material| {
            let key = aes_key(material.secret.expose())?;
            // Without a key of its own for the HMAC, MessageEncryptor signs by the same key.
            let signing: [&[u8]; 2] = [key, material.secret.expose()];
            let (hmac, text) = signing.into_iter().find_map(|signing| {
                digests(digest_len)
                    .find_map(|hmac| Some((hmac, open_cbc_by(key, hmac, signing, message)?)))
            })?;
            Some(fit(material, Some(hmac), text))
        }),
        _ => None,
    }
}

/// Opens a message by keys of other numbers of rounds.
fn open_by_rounds(keys: &Keys, form: &Form, message: &[u8]) -> Option<Fit> {
    let role = match form {
        Form::Gcm => Role::Gcm,
        Form::Cbc { .. } => Role::CbcSigning,
        Form::Signed { .. } => Role::Signing,
        _ => return None,
    };
    let length = if role == Role::Gcm { 32 } else { 64 };
    let derived = keys.rounds(role, |material, salt| {
        USUAL.iter().flat_map(move |digest| {
            let keys = rounds::derive(&material.secret, *digest, keys.salt(salt), length);
            keys.into_iter().map(move |(rounds, key)| Rounds {
                index: material.index,
                digest: *digest,
                count: rounds,
                salt,
                key,
            })
        })
    });
    let mut ciphertext = Vec::new();
    let sealed = SealedParts::parse(message, Alphabet::Standard, &mut ciphertext);
    derived.iter().find_map(|one| {
        let material = keys.given.iter().find(|given| given.index == one.index)?;
        let (hmac, text, cbc_salt) = match *form {
            Form::Gcm => (
                None,
                open_gcm_by(aes_key(&one.key[..])?, sealed.as_ref()?)?,
                None,
            ),
            Form::Signed { digest_len } => {
                let (hmac, text) = open_signed_by(&one.key[..], message, digest_len)?;
                (Some(hmac), text, None)
            }
            Form::Cbc { digest_len } => {
                let hmac = digests(digest_len).find(|digest| {
                    let key = HmacKey::new(*digest, &one.key[..]);
                    Signed::new(key, Alphabet::Standard).verify(message).is_ok()
                })?;
                let salt = keys.salts_for(Role::Cbc, Tier::Own).next()?;
                let key = KeyGenerator::new(&material.secret)
                    .digest(one.digest)
                    .iterations(one.count)
                    .generate_array::<64>(keys.salt(salt));
                let text = open_cbc_by(aes_key(&key[..])?, hmac, &one.key[..], message)?;
                (Some(hmac), text, Some(salt))
            }
            _ => return None,
        };
        let cbc_salt = cbc_salt.map(|salt| (Role::Cbc, keys.salt(salt).to_owned()));
        let salts = [(role, keys.salt(one.salt).to_owned())];
        Some(Fit {
            secret: one.index,
            spelling: None,
            material: material.secret.clone(),
            secret_kind: SecretKind::SecretKeyBase,
            key_digest: Some(one.digest),
            hmac_digest: hmac,
            salts: salts.into_iter().chain(cbc_salt).collect(),
            unusual: Some(Unusual::Rounds(one.count)),
            is_message: false,
            text,
        })
    })
}
