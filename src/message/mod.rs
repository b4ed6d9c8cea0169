//! Messages: what makes bytes a text that only the key's holder can have written.

pub(crate) mod base64;
pub(crate) mod encryptor;
pub(crate) mod envelope;
pub(crate) mod message_encryptor;
pub(crate) mod message_options;
pub(crate) mod message_verifier;
pub(crate) mod metadata;
pub(crate) mod opened_message;
pub(crate) mod parts;
pub(crate) mod rotation;
pub(crate) mod rotator;
mod seals;
pub(crate) mod verifier;
