//! The parts of a message, and the `--` between them.
//!
//! Both formats are split from the right at fixed lengths, since url-safe data may itself contain
//! `--` (`ActiveSupport::MessageEncryptor#extract_parts` and
//! `MessageVerifier#get_data_and_digest_from`, Rails 7.1).

use crate::cipher::aes_cbc::{self, Ciphertext};
use crate::cipher::aes_gcm::{Iv, Tag};
use crate::hex;

use super::base64::Alphabet;

const SEPARATOR: &[u8] = b"--";

/// The decoded parts of an encrypted message, `data--iv--tag`.
pub(crate) struct SealedParts<'a> {
    pub(crate) ciphertext: &'a [u8],
    pub(crate) iv: Iv,
    pub(crate) tag: Tag,
}

impl<'a> SealedParts<'a> {
    /// Returns the lengths of the texts of tag and nonce.
    pub(crate) const fn last_parts(alphabet: Alphabet) -> (usize, usize) {
        (
            alphabet.encoded_len(size_of::<Tag>()),
            alphabet.encoded_len(size_of::<Iv>()),
        )
    }

    /// Writes the text of the message, replacing the contents of `text`.
    pub(crate) fn join(&self, alphabet: Alphabet, text: &mut Vec<u8>) {
        let (tag, iv) = Self::last_parts(alphabet);
        let data = alphabet.encoded_len(self.ciphertext.len());
        let length = data + iv + tag + 2 * SEPARATOR.len();
        text.reserve(length.saturating_sub(text.len()));
        alphabet.encode_over(text, 0, self.ciphertext);
        text.extend_from_slice(SEPARATOR);
        alphabet.encode_into(text, &self.iv);
        text.extend_from_slice(SEPARATOR);
        alphabet.encode_into(text, &self.tag);
    }

    /// Parses a text, with the ciphertext decoded into a buffer; `None` if a part is missing, has
    /// another length or is not base64.
    pub(crate) fn parse(
        text: &[u8],
        alphabet: Alphabet,
        ciphertext: &'a mut Vec<u8>,
    ) -> Option<Self> {
        let (tag, iv) = Self::last_parts(alphabet);
        let (text, tag) = split_end(text, tag)?;
        let (data, iv) = split_end(text, iv)?;
        let tag = alphabet.decode_array(tag)?;
        let iv = alphabet.decode_array(iv)?;
        alphabet.decode_into(ciphertext, data)?;
        Some(Self {
            ciphertext,
            iv,
            tag,
        })
    }
}

impl Ciphertext {
    /// Returns the text `ciphertext--iv`, which is signed as a whole.
    pub(crate) fn join(&self, alphabet: Alphabet) -> Vec<u8> {
        let mut text = Vec::with_capacity(alphabet.encoded_len(self.bytes.len()) + 26);
        alphabet.encode_into(&mut text, &self.bytes);
        text.extend_from_slice(SEPARATOR);
        alphabet.encode_into(&mut text, &self.iv);
        text
    }

    /// Parses the text `ciphertext--iv`.
    pub(crate) fn parse(text: &[u8], alphabet: Alphabet) -> Option<Self> {
        let (data, iv) = split_end(text, alphabet.encoded_len(size_of::<aes_cbc::Iv>()))?;
        let iv = alphabet.decode_array(iv)?;
        Some(Self {
            bytes: alphabet.decode(data)?,
            iv,
        })
    }
}

/// The parts of a signed message, `data--digest`; `data` is still the text that was signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SignedParts<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) digest: &'a [u8],
}

impl<'a> SignedParts<'a> {
    /// Returns the length of a digest of `code_length` bytes in hexadecimal digits.
    pub(crate) const fn last_part(code_length: usize) -> usize {
        2 * code_length
    }

    /// Parses a text whose digest is `code_length` bytes long.
    pub(crate) fn parse(text: &'a [u8], code_length: usize) -> Option<Self> {
        let (data, digest) = split_end(text, Self::last_part(code_length))?;
        Some(Self { data, digest })
    }

    /// Appends separator and digest to the text of the data.
    pub(crate) fn append_digest(text: &mut Vec<u8>, code: impl Iterator<Item = u8>) {
        text.extend_from_slice(SEPARATOR);
        for byte in code {
            text.extend(hex::digits(byte));
        }
    }

    /// Decodes the digest into a buffer that is long enough; `None` if it has a character that is
    /// not a lower-case hexadecimal digit (Rails compares the text, so it refuses upper case).
    pub(crate) fn digest_bytes<'b>(&self, buffer: &'b mut [u8]) -> Option<&'b [u8]> {
        let length = self.digest.len() / 2;
        let bytes = buffer.get_mut(..length)?;
        for (byte, digits) in bytes.iter_mut().zip(self.digest.chunks_exact(2)) {
            let [high, low] = digits else { return None };
            *byte = hex::value(*high)? << 4 | hex::value(*low)?;
        }
        Some(bytes)
    }
}

/// Splits off the last `length` bytes and the separator before them; `None` if there is no
/// separator.
fn split_end(text: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (head, tail) = text.split_at_checked(text.len().checked_sub(length)?)?;
    Some((head.strip_suffix(SEPARATOR)?, tail))
}
