//! [`Format`]: what a value is written in, and which formats each serializer reads.

use super::load_error::LoadError;
use crate::settings::Serializer;

/// A format, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Marshal,
    MessagePack,
}

impl Format {
    /// The feature that reads and writes it, where that is off.
    pub(crate) const fn missing_feature(self) -> Option<&'static str> {
        match self {
            Self::Marshal if !cfg!(feature = "marshal") => Some("marshal"),
            Self::MessagePack if !cfg!(feature = "message_pack") => Some("message_pack"),
            Self::Json | Self::Marshal | Self::MessagePack => None,
        }
    }

    /// The answer where the feature that reads and writes it is off.
    #[cfg(not(all(feature = "marshal", feature = "message_pack")))]
    pub(super) fn not_built_in(self) -> LoadError {
        let reason = match self {
            Self::Json => "JSON is not built in",
            Self::Marshal => "Marshal is not built in: turn on the feature `marshal`",
            Self::MessagePack => "MessagePack is not built in: turn on the feature `message_pack`",
        };
        LoadError { reason, offset: 0 }
    }

    /// The serializer that writes it.
    pub(crate) const fn serializer(self) -> Serializer {
        match self {
            Self::Json => Serializer::Json,
            Self::Marshal => Serializer::Marshal,
            Self::MessagePack => Serializer::MessagePack,
        }
    }

    /// `ActiveSupport::Messages::SerializerWithFallback` (Rails 7.1): what bytes look like.
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
    /// What it writes.
    pub(crate) fn writes(self) -> Format {
        match self {
            Self::Json | Self::Hybrid => Format::Json,
            Self::Marshal => Format::Marshal,
            Self::MessagePack | Self::MessagePackAllowMarshal => Format::MessagePack,
        }
    }

    /// The formats of the cookies that an app with this setting has, the one it writes first. It
    /// reads others too, which an app has only after another setting.
    pub(crate) const fn formats(self) -> &'static [Format] {
        match self {
            Self::Json => &[Format::Json],
            Self::Hybrid => &[Format::Json, Format::Marshal],
            Self::Marshal => &[Format::Marshal],
            Self::MessagePack => &[Format::MessagePack],
            Self::MessagePackAllowMarshal => &[Format::MessagePack, Format::Marshal],
        }
    }

    /// Whether it reads this format. The rule is that of the newest Rails, whatever the version:
    /// to read what an older one refuses harms nobody, since only the key's holder wrote it.
    pub(crate) fn reads(self, format: Format) -> bool {
        match format {
            Format::Json | Format::MessagePack => true,
            Format::Marshal => !matches!(self, Self::Json | Self::MessagePack),
        }
    }

    /// The format of bytes that this serializer is to read.
    pub(crate) fn format_of(self, bytes: &[u8]) -> Result<Format, LoadError> {
        let refused = |reason| LoadError { reason, offset: 0 };
        match Format::of(bytes) {
            Some(format) if self.reads(format) => Ok(format),
            Some(_) => Err(refused("a format that the serializer does not allow")),
            // `:json` hands everything else to the parser (it may start with a space).
            None if self == Self::Json => Ok(Format::Json),
            None => Err(refused("no known format")),
        }
    }
}
