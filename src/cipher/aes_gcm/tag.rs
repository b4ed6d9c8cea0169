//! The parts of a sealed text beside its ciphertext.

/// The nonce of one message. Rails calls it the iv.
pub(crate) type Iv = [u8; 12];

/// The authentication tag of one message, always whole: a shorter one is far easier to forge.
pub(crate) type Tag = [u8; 16];

/// The tag does not fit the key, the nonce and the ciphertext.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidTag;
