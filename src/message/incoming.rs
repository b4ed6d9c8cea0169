//! [`Incoming`]: a message to be opened, parsed once and tried with several keys.

use crate::cipher::aes_gcm::{Iv, Tag};

use super::base64::Alphabet;
use super::parts::SealedParts;

/// A message as received. It is parsed once for each alphabet, no matter how many keys are tried.
pub(crate) struct Incoming<'a> {
    text: &'a [u8],
    ciphertext: &'a mut Vec<u8>,
    parsed: Parsed,
}

enum Parsed {
    NotYet,
    No(Alphabet),
    Yes(Alphabet, Iv, Tag),
}

impl<'a> Incoming<'a> {
    /// Takes a message, and a buffer for its ciphertext.
    pub(crate) fn new(text: &'a [u8], ciphertext: &'a mut Vec<u8>) -> Self {
        Self {
            text,
            ciphertext,
            parsed: Parsed::NotYet,
        }
    }

    /// Returns the unchanged message.
    pub(super) fn text(&self) -> &'a [u8] {
        self.text
    }

    /// Returns the parts of an encrypted message; `None` if it is not one in this alphabet.
    pub(super) fn sealed(&mut self, wanted: Alphabet) -> Option<SealedParts<'_>> {
        match self.parsed {
            Parsed::No(alphabet) | Parsed::Yes(alphabet, ..) if alphabet == wanted => {}
            _ => {
                self.parsed = match SealedParts::parse(self.text, wanted, self.ciphertext) {
                    Some(SealedParts { iv, tag, .. }) => Parsed::Yes(wanted, iv, tag),
                    None => Parsed::No(wanted),
                }
            }
        }
        match self.parsed {
            Parsed::Yes(_, iv, tag) => Some(SealedParts {
                ciphertext: self.ciphertext,
                iv,
                tag,
            }),
            Parsed::NotYet | Parsed::No(_) => None,
        }
    }
}
