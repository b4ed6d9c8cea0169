//! Messages: what makes bytes a text that only the key's holder can have written.

pub(crate) mod base64;
pub(crate) mod codec;
pub(crate) mod envelope;
pub(crate) mod incoming;
pub(crate) mod jar_kind;
pub(crate) mod message_encryptor;
pub(crate) mod message_options;
pub(crate) mod message_verifier;
pub(crate) mod metadata;
pub(crate) mod opened;
pub(crate) mod parts;
pub(crate) mod rotator;
pub(crate) mod sealed_by;
