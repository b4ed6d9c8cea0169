//! [`Way`]: a key with the settings under which a jar opens a cookie.

use std::sync::Arc;

use time::OffsetDateTime;

use crate::error::Refusal;
use crate::message::codec::Codec;
use crate::message::incoming::Incoming;
use crate::message::metadata::{self, Purpose};
use crate::message::opened::Opened;
use crate::message::sealed_by::SealedBy;
use crate::serializer::Serialized;
use crate::settings::{EnvelopeReading, Serializer};

/// A key with everything that belongs to it. A rotation adds one way; the current settings add one
/// more for each cipher that Rails reads beside theirs.
#[derive(Clone)]
pub(super) struct Way {
    pub(super) codec: Codec,
    pub(super) envelope: EnvelopeReading,
    /// The name under which such cookies were sent, if it is not the name that is asked for.
    pub(super) name: Option<Arc<str>>,
    pub(super) serializer: Serializer,
    /// Describes a cookie that this way opens, except for the format of its value.
    pub(super) sealed_by: SealedBy,
}

impl Way {
    /// Returns the sent name of a cookie that is asked for under `asked`.
    pub(super) fn name<'a>(&'a self, asked: &'a str) -> &'a str {
        self.name.as_deref().unwrap_or(asked)
    }

    /// Opens a message that was sent as `sent_name`; `text` is the buffer for its text.
    pub(super) fn open(
        &self,
        message: &mut Incoming<'_>,
        sent_name: &str,
        text: &mut Vec<u8>,
        now: impl FnOnce() -> OffsetDateTime,
    ) -> Result<Opened<Serialized>, Refusal> {
        self.codec.open(message, text)?;
        let purpose = Purpose::Cookie(sent_name);
        let extracted = metadata::extract(text, purpose, self.envelope, now)?;
        let format = self
            .serializer
            .format_of(&extracted.value)
            .map_err(|_| Refusal::UnreadableValue)?;
        Ok(Opened {
            older_name: self.name.clone(),
            sealed_by: self.sealed_by.in_format(format, self.serializer.writes()),
            expires_at: extracted.expires_at,
            value: Serialized {
                bytes: extracted.value,
                format,
            },
        })
    }
}
