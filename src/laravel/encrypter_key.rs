//! [`EncrypterKey`]: one key of an [`Encrypter`](super::Encrypter), expanded for its cipher.

use super::app_key::AppKey;
use super::encrypted_payload::EncryptedPayload;
use super::laravel_cipher::LaravelCipher;
use super::php_base64;
use crate::cipher::aes_cbc::{self, AesCbc128Key, AesCbcKey, Ciphertext};
use crate::cipher::aes_gcm::{self, AesGcm128Key, AesGcmKey, InvalidTag};
use crate::cipher::hmac::{HmacKey, Verified};
use crate::error::{Error, Refusal};
use crate::hex;
use crate::message::base64::Alphabet;
use crate::settings::HmacDigest;

/// The text behind a cookie's name under the HMAC of its prefix (`CookieValuePrefix.php`).
const PREFIX_VERSION: &str = "v2";

/// The bytes of an HMAC-SHA1, and of their digits with the bar.
const PREFIX_CODE: usize = 20;
const PREFIX: usize = 2 * PREFIX_CODE + 1;

#[derive(Clone)]
pub(super) struct EncrypterKey {
    cipher: CipherKey,
    /// Of the MAC of CBC. Laravel uses one key for the cipher and for both codes.
    signing: HmacKey,
    prefixing: HmacKey,
}

#[derive(Clone)]
enum CipherKey {
    Cbc256(AesCbcKey),
    Cbc128(AesCbc128Key),
    Gcm256(AesGcmKey),
    Gcm128(AesGcm128Key),
}

impl EncrypterKey {
    /// Expands a key; an error if its length does not fit the cipher.
    pub(super) fn new(key: &AppKey, cipher: LaravelCipher) -> Result<Self, Error> {
        Ok(Self {
            cipher: match cipher {
                LaravelCipher::Aes256Cbc => CipherKey::Cbc256(AesCbcKey::new(key.array()?)),
                LaravelCipher::Aes128Cbc => CipherKey::Cbc128(AesCbc128Key::new(key.array()?)),
                LaravelCipher::Aes256Gcm => CipherKey::Gcm256(AesGcmKey::new(key.array()?)),
                LaravelCipher::Aes128Gcm => CipherKey::Gcm128(AesGcm128Key::new(key.array()?)),
            },
            signing: HmacKey::new(HmacDigest::Sha256, key.bytes()),
            prefixing: HmacKey::new(HmacDigest::Sha1, key.bytes()),
        })
    }

    /// Opens a payload of this key.
    pub(super) fn open(&self, payload: &EncryptedPayload) -> Result<Vec<u8>, Refusal> {
        match &self.cipher {
            CipherKey::Cbc256(key) => self.open_cbc(payload, |ciphertext| key.open(ciphertext)),
            CipherKey::Cbc128(key) => self.open_cbc(payload, |ciphertext| key.open(ciphertext)),
            CipherKey::Gcm256(key) => open_gcm(payload, |iv, tag, bytes, text| {
                key.open(iv, tag, bytes, text)
            }),
            CipherKey::Gcm128(key) => open_gcm(payload, |iv, tag, bytes, text| {
                key.open(iv, tag, bytes, text)
            }),
        }
    }

    fn open_cbc(
        &self,
        payload: &EncryptedPayload,
        open: impl FnOnce(Verified<Ciphertext>) -> Option<Vec<u8>>,
    ) -> Result<Vec<u8>, Refusal> {
        let EncryptedPayload { iv, value, mac, .. } = payload;
        let bytes: aes_cbc::Iv = iv_of(iv).ok_or(Refusal::Malformed)?;
        if !is_empty(&payload.tag) {
            return Err(Refusal::Invalid);
        }
        let code = unhex(mac.as_bytes()).ok_or(Refusal::Invalid)?;
        // The code is of the texts, not of the bytes that they stand for.
        let signed = [iv.as_bytes(), value.as_bytes()].concat();
        let ciphertext = self.signing.verify(&signed, &code).and_then(|verified| {
            verified.and_then(|signed| {
                Some(Ciphertext {
                    iv: bytes,
                    bytes: php_base64::decode(signed.get(iv.len()..)?),
                })
            })
        });
        ciphertext.and_then(open).ok_or(Refusal::Invalid)
    }

    /// Seals a text under a new initialisation vector or nonce of the operating system.
    pub(super) fn seal(&self, text: &[u8]) -> Result<EncryptedPayload, Error> {
        let mut bytes = Vec::new();
        let (iv, tag) = match &self.cipher {
            CipherKey::Cbc256(key) => return Ok(self.of_cbc(&key.seal(text)?)),
            CipherKey::Cbc128(key) => return Ok(self.of_cbc(&key.seal(text)?)),
            CipherKey::Gcm256(key) => {
                bytes.extend_from_slice(text);
                key.seal(&mut bytes)?
            }
            CipherKey::Gcm128(key) => {
                bytes.extend_from_slice(text);
                key.seal(&mut bytes)?
            }
        };
        Ok(of_gcm(iv, tag, &bytes))
    }

    fn of_cbc(&self, ciphertext: &Ciphertext) -> EncryptedPayload {
        let (iv, value) = (base64(&ciphertext.iv), base64(&ciphertext.bytes));
        let code = self.signing.sign([&*iv, &*value].concat().as_bytes());
        EncryptedPayload {
            mac: hex(code.bytes()),
            iv,
            value,
            tag: String::new(),
        }
    }

    /// Returns the prefix of the values of a cookie.
    pub(super) fn prefix(&self, cookie_name: &str) -> String {
        let named = [cookie_name, PREFIX_VERSION].concat();
        hex(self.prefixing.sign(named.as_bytes()).bytes()) + "|"
    }

    /// Returns a cookie's value without its prefix; `None` if the prefix is not of this key and
    /// this name.
    pub(super) fn without_prefix<'a>(
        &self,
        cookie_name: &str,
        value: &'a [u8],
    ) -> Option<&'a [u8]> {
        let (prefix, value) = value.split_at_checked(PREFIX)?;
        let code = unhex(prefix.strip_suffix(b"|")?)?;
        let named = [cookie_name, PREFIX_VERSION].concat();
        self.prefixing.verify(named.as_bytes(), &code)?;
        Some(value)
    }
}

fn open_gcm(
    payload: &EncryptedPayload,
    open: impl FnOnce(&aes_gcm::Iv, &aes_gcm::Tag, &[u8], &mut Vec<u8>) -> Result<(), InvalidTag>,
) -> Result<Vec<u8>, Refusal> {
    let iv: aes_gcm::Iv = iv_of(&payload.iv).ok_or(Refusal::Malformed)?;
    let tag = php_base64::decode(payload.tag.as_bytes());
    // A tag that is cut is far easier to forge.
    let tag: aes_gcm::Tag = tag.try_into().map_err(|_| Refusal::Invalid)?;
    let bytes = php_base64::decode(payload.value.as_bytes());
    let mut text = Vec::new();
    open(&iv, &tag, &bytes, &mut text).map_err(|_| Refusal::Invalid)?;
    Ok(text)
}

fn of_gcm(iv: aes_gcm::Iv, tag: aes_gcm::Tag, bytes: &[u8]) -> EncryptedPayload {
    EncryptedPayload {
        iv: base64(&iv),
        value: base64(bytes),
        mac: String::new(),
        tag: base64(&tag),
    }
}

/// Decodes an initialisation vector of this length.
fn iv_of<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    php_base64::decode_strict(text.as_bytes())?.try_into().ok()
}

/// Checks whether a text is empty to PHP's `empty`.
fn is_empty(text: &str) -> bool {
    matches!(text, "" | "0")
}

fn base64(bytes: &[u8]) -> String {
    let mut text = Vec::new();
    Alphabet::Standard.encode_into(&mut text, bytes);
    // Base64 is ASCII.
    String::from_utf8(text).unwrap_or_default()
}

fn hex(bytes: impl Iterator<Item = u8>) -> String {
    bytes.flat_map(hex::digits).map(char::from).collect()
}

/// Decodes lower-case digits: Laravel compares the digits themselves.
fn unhex(digits: &[u8]) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_chunks::<2>();
    let byte = |[high, low]: &[u8; 2]| Some(hex::value(*high)? << 4 | hex::value(*low)?);
    let bytes: Option<Vec<u8>> = pairs.iter().map(byte).collect();
    bytes.filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde::Deserialize;

    use super::{CipherKey, EncrypterKey, of_gcm};
    use crate::laravel::encrypted_payload::EncryptedPayload;
    use crate::laravel::{AppKey, LaravelCipher, php_base64};

    #[derive(Deserialize)]
    struct Record {
        app_key: String,
        cipher: String,
        hex: String,
        payload: String,
    }

    /// Seals a text under a given initialisation vector.
    fn seal(key: &EncrypterKey, iv: &[u8], text: &[u8]) -> EncryptedPayload {
        let mut bytes = text.to_vec();
        match &key.cipher {
            CipherKey::Cbc256(cipher) => {
                key.of_cbc(&cipher.seal_with_iv(iv.try_into().unwrap(), text))
            }
            CipherKey::Cbc128(cipher) => {
                key.of_cbc(&cipher.seal_with_iv(iv.try_into().unwrap(), text))
            }
            CipherKey::Gcm256(cipher) => {
                let iv = iv.try_into().unwrap();
                let tag = cipher.seal_with_iv(&iv, &mut bytes).unwrap();
                of_gcm(iv, tag, &bytes)
            }
            CipherKey::Gcm128(cipher) => {
                let iv = iv.try_into().unwrap();
                let tag = cipher.seal_with_iv(&iv, &mut bytes).unwrap();
                of_gcm(iv, tag, &bytes)
            }
        }
    }

    /// Laravel's payloads are sealed again to the same bytes under their own initialisation vectors.
    #[test]
    fn texts_are_sealed_as_laravel_seals_them() {
        let path = "tests/vectors/laravel/encrypted-8.83.jsonl";
        let path = format!("{}/{path}", env!("CARGO_MANIFEST_DIR"));
        let mut count = 0;
        for line in fs::read_to_string(path).unwrap().lines() {
            let record: Record = serde_json::from_str(line).unwrap();
            let text = ::hex::decode(&record.hex).unwrap();
            let cipher = LaravelCipher::of_name(&record.cipher).unwrap();
            let key = EncrypterKey::new(&AppKey::new(&record.app_key).unwrap(), cipher).unwrap();
            let payload = EncryptedPayload::parse(record.payload.as_bytes()).unwrap();
            let iv = php_base64::decode(payload.iv.as_bytes());
            let sealed = seal(&key, &iv, &text);
            let json = String::from_utf8(php_base64::decode(record.payload.as_bytes())).unwrap();
            assert_eq!(sealed.to_json(), json);
            assert_eq!(key.open(&payload).unwrap(), text);
            count += 1;
        }
        assert_eq!(count, 72);
    }
}
