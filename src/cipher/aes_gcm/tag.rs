//! The nonce and the authentication tag of a sealed text.

/// The nonce of one message. Rails calls it the iv.
pub(crate) type Iv = [u8; 12];

/// The authentication tag of one message, always whole: a shorter tag is far easier to forge.
pub(crate) type Tag = [u8; 16];

/// The error for a tag that does not fit the key, the nonce and the ciphertext.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct InvalidTag;
