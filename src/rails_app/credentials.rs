//! Encrypted files (`ActiveSupport::EncryptedFile`): AES-128-GCM around Ruby's Marshal of a String.

use zeroize::Zeroizing;

use super::rails_app_error::MissingSecret;
use crate::cipher::aes_gcm::AesGcm128Key;
use crate::hex;
use crate::message::base64::Alphabet;
use crate::message::parts::SealedParts;
use crate::serializer::marshal::one_string;

/// The length of an encrypted file's key in hexadecimal digits, which stand for 16 bytes.
const DIGITS: usize = 32;

/// Returns the text of an encrypted file, decrypted with the key from `place`. White space around
/// the file's text is ignored.
pub(super) fn decrypt(
    file: &[u8],
    key: &str,
    place: &str,
) -> Result<Zeroizing<String>, MissingSecret> {
    let key = expand(key).ok_or_else(|| MissingSecret::Key {
        place: place.to_owned(),
        characters: key.chars().count(),
    })?;
    let message = file.trim_ascii();
    let mut ciphertext = Vec::new();
    let sealed = SealedParts::parse(message, Alphabet::Standard, &mut ciphertext);
    let sealed = sealed.ok_or(MissingSecret::Malformed)?;
    let mut plaintext = Zeroizing::new(Vec::new());
    key.open(&sealed.iv, &sealed.tag, sealed.ciphertext, &mut plaintext)
        .map_err(|_| MissingSecret::WrongKey)?;
    one_string(&plaintext).ok_or(MissingSecret::NoText)
}

/// Decodes a key of 32 digits; Ruby's `pack("H*")` accepts them in either case.
fn expand(digits: &str) -> Option<AesGcm128Key> {
    if digits.len() != DIGITS {
        return None;
    }
    let mut key = Zeroizing::new([0; AesGcm128Key::LENGTH]);
    let (pairs, _) = digits.as_bytes().as_chunks::<2>();
    for (byte, [high, low]) in key.iter_mut().zip(pairs) {
        let value = |digit: &u8| hex::value(digit.to_ascii_lowercase());
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(AesGcm128Key::new(&key))
}
