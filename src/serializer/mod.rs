//! What stands in a cookie: values, and the formats in which Rails writes them.

pub(crate) mod entries;
pub(crate) mod json;
pub(crate) mod value;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::settings::Serializer;

use json::index::{index, key_text};
use json::write::JsonStyle;

/// Why bytes are no value of their format: for the operator, never for the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoadError {
    /// What is wrong, as a short noun phrase ("nesting deeper than 100 levels").
    pub(crate) reason: &'static str,
    /// Where, in bytes from the start.
    pub(crate) offset: usize,
}

/// Why a value cannot be written in a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DumpError(pub(crate) String);

impl From<LoadError> for DumpError {
    fn from(error: LoadError) -> Self {
        Self(format!("{} (at byte {})", error.reason, error.offset))
    }
}

impl From<DumpError> for Error {
    fn from(DumpError(reason): DumpError) -> Self {
        Self::UnwritableValue { reason }
    }
}

/// In which format, and how, a value is written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DumpStyle {
    pub(crate) format: Format,
    pub(crate) json: JsonStyle,
}

/// A stretch of a text, in bytes. Half the size of a `Range<usize>`: no cookie reaches 4 GiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    end: u32,
}

impl Span {
    pub(crate) fn new(start: usize, end: usize) -> Self {
        let short = |at| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            start: short(start),
            end: short(end),
        }
    }

    pub(crate) fn start(self) -> usize {
        self.start as usize
    }

    pub(crate) fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// The stretch of this text; empty where it is out of bounds.
    pub(crate) fn of(self, text: &str) -> &str {
        text.get(self.start as usize..self.end as usize)
            .unwrap_or_default()
    }
}

/// A format, told by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    Marshal,
    MessagePack,
}

impl Format {
    /// The answer where the feature that reads and writes it is off.
    fn not_built_in(self) -> LoadError {
        let reason = match self {
            Self::Json => "JSON is not built in",
            Self::Marshal => "Marshal is not built in: turn on the feature `marshal`",
            Self::MessagePack => "MessagePack is not built in: turn on the feature `message_pack`",
        };
        LoadError { reason, offset: 0 }
    }

    /// `ActiveSupport::Messages::SerializerWithFallback` (Rails 7.1): what bytes look like.
    fn of(bytes: &[u8]) -> Option<Self> {
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
        }
    }

    /// Whether it reads this format. The rule is that of the newest Rails, whatever the version:
    /// to read what an older one refuses harms nobody, since only the key's holder wrote it.
    fn reads(self, format: Format) -> bool {
        match format {
            Format::Json | Format::MessagePack => true,
            Format::Marshal => self != Self::Json,
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

/// A serialized value and its format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payload {
    pub(crate) bytes: Vec<u8>,
    pub(crate) format: Format,
}

impl Payload {
    /// Serializes a value.
    pub(crate) fn dump<T: Serialize + ?Sized>(
        value: &T,
        style: DumpStyle,
    ) -> Result<Self, DumpError> {
        let mut bytes = Vec::new();
        match style.format {
            Format::Json => json::write::serialize(&mut bytes, value, style.json)?,
            Format::Marshal | Format::MessagePack => {
                return Err(style.format.not_built_in().into());
            }
        }
        Ok(Self {
            bytes,
            format: style.format,
        })
    }

    /// Reads the whole value.
    pub(crate) fn load<T: DeserializeOwned>(&self) -> Result<T, LoadError> {
        match self.format {
            Format::Json => serde_json::from_str(text(&self.bytes)?).map_err(|error| LoadError {
                reason: "JSON of another type than was asked for, or none",
                offset: error.column(),
            }),
            Format::Marshal | Format::MessagePack => Err(self.format.not_built_in()),
        }
    }

    /// The bytes that each top-level entry takes, largest first; empty where there are none.
    pub(crate) fn entry_sizes(&self) -> Vec<(String, usize)> {
        let mut sizes = match self.format {
            Format::Json => json_entry_sizes(&self.bytes),
            Format::Marshal | Format::MessagePack => Vec::new(),
        };
        sizes.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
        sizes
    }
}

/// The bytes as text.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, LoadError> {
    std::str::from_utf8(bytes).map_err(|error| LoadError {
        reason: "no UTF-8",
        offset: error.valid_up_to(),
    })
}

fn json_entry_sizes(bytes: &[u8]) -> Vec<(String, usize)> {
    let Ok(text) = text(bytes) else {
        return Vec::new();
    };
    let Ok(Some(entries)) = index(text) else {
        return Vec::new();
    };
    // Key, colon, value, and the comma or bracket after it.
    let size = |entry: &json::index::IndexEntry| entry.key.len() + entry.value.len() + 2;
    entries
        .iter()
        .filter_map(|entry| Some((key_text(text, *entry).ok()?.into_owned(), size(entry))))
        .collect()
}
