//! Messages under a current key and older ones, tried in order
//! (`ActiveSupport::Messages::Rotator`).

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::error::{Error, Refusal};

use super::envelope::{Envelope, Extracted};
use super::message_options::MessageOptions;
use super::metadata::{Metadata, Purpose};
use super::opened_message::OpenedMessage;
use super::rotation::{Codec, Incoming};

/// One way to write messages: a key with its format, and the form of the text inside.
#[derive(Clone)]
pub(crate) struct Way {
    pub(crate) codec: Codec,
    pub(crate) envelope: Envelope,
}

impl Way {
    fn open(&self, message: &mut Incoming<'_>, purpose: &str) -> Result<Extracted, Refusal> {
        let mut text = Vec::new();
        self.codec.open(message, &mut text)?;
        self.envelope
            .extract(&text, purpose, OffsetDateTime::now_utc)
    }
}

/// The current way, which writes, and the older ones in the order in which they are tried.
#[derive(Clone)]
pub(crate) struct Rotator {
    pub(crate) current: Way,
    older: Vec<Way>,
}

impl Rotator {
    pub(crate) fn new(codec: Codec, envelope: Envelope) -> Self {
        Self {
            current: Way { codec, envelope },
            older: Vec::new(),
        }
    }

    /// Appends all ways of another one, its own rotations last.
    pub(crate) fn rotate(&mut self, other: Self) {
        self.older.push(other.current);
        self.older.extend(other.older);
    }

    /// The number of older ways.
    pub(crate) fn rotations(&self) -> usize {
        self.older.len()
    }

    pub(crate) fn generate<T: Serialize + ?Sized>(
        &self,
        value: &T,
        options: &MessageOptions,
    ) -> Result<String, Error> {
        let metadata = Metadata {
            expires_at: options.expiry()?,
            purpose: options.purpose_text().map(Purpose::Of),
        };
        let Way { codec, envelope } = &self.current;
        let mut message = Vec::new();
        codec.seal(&mut envelope.wrap(value, metadata)?, &mut message)?;
        // Base64, hyphens and hexadecimal digits: always text.
        Ok(String::from_utf8(message).unwrap_or_default())
    }

    /// Reads a message; of several refusals the one that got furthest is told.
    pub(crate) fn open<T: DeserializeOwned>(
        &self,
        message: &[u8],
        purpose: Option<&str>,
    ) -> Result<OpenedMessage<T>, Refusal> {
        let mut ciphertext = Vec::new();
        let mut message = Incoming::new(message, &mut ciphertext);
        let mut furthest = Refusal::Malformed;
        let ways = std::iter::once(&self.current).chain(&self.older);
        for (index, way) in ways.enumerate() {
            match way.open(&mut message, purpose.unwrap_or_default()) {
                Ok(Extracted {
                    content,
                    expires_at,
                }) => {
                    return Ok(OpenedMessage {
                        value: content.load()?,
                        rotation: index.checked_sub(1),
                        expires_at,
                    });
                }
                Err(refusal) => furthest = furthest.max(refusal),
            }
        }
        Err(furthest)
    }
}
