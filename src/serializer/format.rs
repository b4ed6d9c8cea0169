//! [`Format`]: the format of serialized bytes, and the formats that each serializer reads.

use super::load_error::LoadError;
use crate::settings::Serializer;

/// The format of serialized bytes, recognised by the first of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Marshal,
    MessagePack,
}

impl Format {
    /// Returns the feature that reads and writes the format, if it is off.
    pub(crate) const fn missing_feature(self) -> Option<&'static str> {
        match self {
            Self::Marshal if !cfg!(feature = "marshal") => Some("marshal"),
            Self::MessagePack if !cfg!(feature = "message_pack") => Some("message_pack"),
            Self::Json | Self::Marshal | Self::MessagePack => None,
        }
    }

    /// Returns the error for a format whose feature is off.
    #[cfg(not(all(feature = "marshal", feature = "message_pack")))]
    pub(super) fn not_built_in(self) -> LoadError {
        let reason = match self {
            Self::Json => "JSON is not built in",
            Self::Marshal => "Marshal is not built in: turn on the feature `marshal`",
            Self::MessagePack => "MessagePack is not built in: turn on the feature `message_pack`",
        };
        LoadError { reason, offset: 0 }
    }

    /// Returns the serializer that writes the format.
    pub(crate) const fn serializer(self) -> Serializer {
        match self {
            Self::Json => Serializer::Json,
            Self::Marshal => Serializer::Marshal,
            Self::MessagePack => Serializer::MessagePack,
        }
    }

    /// Recognises the format of bytes, as `ActiveSupport::Messages::SerializerWithFallback` does
    /// (Rails 7.1).
    pub(crate) fn of(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0x04, 0x08, ..] => Some(Self::Marshal),
            [0xcc, 0x80, ..] => Some(Self::MessagePack),
            [b'{' | b'[' | b'"' | b'0'..=b'9', ..] | [b'-', b'0'..=b'9', ..] => Some(Self::Json),
            _ if [&b"true"[..], b"false", b"null"]
                .iter()
                .any(|word| bytes.starts_with(word)) =>
            {
                Some(Self::Json)
            }
            _ => None,
        }
    }
}

impl Serializer {
    /// Returns the format that the serializer writes.
    pub(crate) fn writes(self) -> Format {
        match self {
            Self::Json | Self::Hybrid => Format::Json,
            Self::Marshal => Format::Marshal,
            Self::MessagePack | Self::MessagePackAllowMarshal => Format::MessagePack,
        }
    }

    /// Returns the formats of the cookies that an app with this setting has, beginning with the one
    /// that it writes. The serializer reads other formats too, which an app has only after a change
    /// of the setting.
    pub(crate) const fn formats(self) -> &'static [Format] {
        match self {
            Self::Json => &[Format::Json],
            Self::Hybrid => &[Format::Json, Format::Marshal],
            Self::Marshal => &[Format::Marshal],
            Self::MessagePack => &[Format::MessagePack],
            Self::MessagePackAllowMarshal => &[Format::MessagePack, Format::Marshal],
        }
    }

    /// Returns true if the serializer reads this format. The rule is that of the newest Rails for
    /// every version: reading a format that an older Rails refuses harms nobody, since only the
    /// key's holder can have written it.
    pub(crate) fn reads(self, format: Format) -> bool {
        match format {
            Format::Json | Format::MessagePack => true,
            Format::Marshal => !matches!(self, Self::Json | Self::MessagePack),
        }
    }

    /// Returns the format of bytes that this serializer is to read.
    pub(crate) fn format_of(self, bytes: &[u8]) -> Result<Format, LoadError> {
        let refused = |reason| LoadError { reason, offset: 0 };
        match Format::of(bytes) {
            Some(format) if self.reads(format) => Ok(format),
            Some(_) => Err(refused("a format that the serializer does not read")),
            // `:json` gives all other text to the parser (it may start with a space).
            None if self == Self::Json => Ok(Format::Json),
            None => Err(refused("not JSON, Marshal or MessagePack")),
        }
    }
}
