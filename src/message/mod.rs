//! Messages: what makes bytes a text that only the key's holder can have written.

pub(crate) mod base64;
pub(crate) mod encryptor;
pub(crate) mod metadata;
pub(crate) mod parts;
pub(crate) mod rotation;
pub(crate) mod verifier;
