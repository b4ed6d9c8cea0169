//! Messages outside of cookies (signed ids, reset tokens), and how a message opened.
//!
//! A message is a text that only the holder of a key can have made.

pub(crate) mod base64;
pub(crate) mod codec;
pub(crate) mod envelope;
mod envelope_fields;
pub(crate) mod expiry;
pub(crate) mod incoming;
pub(crate) mod jar_kind;
pub(crate) mod message_encryptor;
pub(crate) mod message_options;
pub(crate) mod message_verifier;
pub(crate) mod metadata;
pub(crate) mod opened;
pub(crate) mod parts;
mod rails_verifiers;
pub(crate) mod rotator;
pub(crate) mod sealed_by;

pub use crate::serializer::Serialized;
pub use jar_kind::JarKind;
pub use message_encryptor::MessageEncryptor;
pub use message_options::MessageOptions;
pub use message_verifier::MessageVerifier;
pub use opened::Opened;
pub use sealed_by::SealedBy;
