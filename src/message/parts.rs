//! A message's parts and the `--` between them.
//!
//! Both formats are split from the right at fixed lengths: url-safe data may itself hold `--`
//! (`ActiveSupport::MessageEncryptor#extract_parts` and `MessageVerifier#get_data_and_digest_from`,
//! Rails 7.1).

use crate::cipher::aes_cbc::{self, Ciphertext};
use crate::cipher::aes_gcm::{Iv, Tag};
use crate::hex;

use super::base64::Alphabet;

const SEPARATOR: &[u8] = b"--";

/// An encrypted message, `data--iv--tag`, decoded.
pub(crate) struct SealedParts<'a> {
    pub(crate) ciphertext: &'a [u8],
    pub(crate) iv: Iv,
    pub(crate) tag: Tag,
}

impl<'a> SealedParts<'a> {
    /// The lengths of the texts of tag and nonce.
    pub(crate) const fn last_parts(alphabet: Alphabet) -> (usize, usize) {
        (
            alphabet.encoded_len(size_of::<Tag>()),
            alphabet.encoded_len(size_of::<Iv>()),
        )
    }

    /// The text of the message, in place of what was in the buffer.
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

    /// Takes a text apart, the ciphertext into a buffer; `None` where a part is missing, of
    /// another length or no base64.
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
    /// The text `ciphertext--iv`, which is signed as a whole.
    pub(crate) fn join(&self, alphabet: Alphabet) -> Vec<u8> {
        let mut text = Vec::with_capacity(alphabet.encoded_len(self.bytes.len()) + 26);
        alphabet.encode_into(&mut text, &self.bytes);
        text.extend_from_slice(SEPARATOR);
        alphabet.encode_into(&mut text, &self.iv);
        text
    }

    /// Takes such a text apart.
    pub(crate) fn parse(text: &[u8], alphabet: Alphabet) -> Option<Self> {
        let (data, iv) = split_end(text, alphabet.encoded_len(size_of::<aes_cbc::Iv>()))?;
        let iv = alphabet.decode_array(iv)?;
        Some(Self {
            bytes: alphabet.decode(data)?,
            iv,
        })
    }
}

/// A signed message, `data--digest`, taken apart: `data` still as the text that was signed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct SignedParts<'a> {
    pub(crate) data: &'a [u8],
    pub(crate) digest: &'a [u8],
}

impl<'a> SignedParts<'a> {
    /// The length of the text of a digest of so many bytes: hexadecimal digits.
    pub(crate) const fn last_part(code_length: usize) -> usize {
        2 * code_length
    }

    /// Takes apart a text whose digest is `code_length` bytes long.
    pub(crate) fn parse(text: &'a [u8], code_length: usize) -> Option<Self> {
        let (data, digest) = split_end(text, Self::last_part(code_length))?;
        Some(Self { data, digest })
    }

    /// Appends separator and digest to the data's text.
    pub(crate) fn append_digest(text: &mut Vec<u8>, code: impl Iterator<Item = u8>) {
        text.extend_from_slice(SEPARATOR);
        for byte in code {
            text.extend(hex::digits(byte));
        }
    }

    /// The digest's bytes, into a buffer that is long enough; `None` where a digit is no
    /// lower-case hexadecimal one (Rails compares the text, so upper case is refused).
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

/// Splits off the last `length` bytes, and the separator before them.
fn split_end(text: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (head, tail) = text.split_at_checked(text.len().checked_sub(length)?)?;
    Some((head.strip_suffix(SEPARATOR)?, tail))
}
