//! What stands in a cookie: values, and the formats in which Rails writes them.

pub(crate) mod entries;
#[cfg(test)]
mod entries_tests;
pub(crate) mod json;
#[cfg(feature = "marshal")]
pub(crate) mod marshal;
#[cfg(feature = "message_pack")]
pub(crate) mod message_pack;
#[cfg(test)]
mod tests;
pub(crate) mod value;

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::settings::{Serializer, Settings};

use entries::Entries;
use json::write::{JsonStyle, NO_TEXT};

/// Room for most sessions, in bytes: one that grows from nothing is moved eight times.
const USUAL_SIZE: usize = 1024;

/// Why bytes are no value of their format: for the operator, never for the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LoadError {
    /// What is wrong, as a short noun phrase ("nesting deeper than 100 levels").
    pub(crate) reason: &'static str,
    /// Where, in bytes from the start.
    pub(crate) offset: usize,
}

/// Why a value is not to be had as the type that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unfit {
    /// It is none.
    Unreadable(LoadError),
    /// In words that tell nothing of it.
    OfAnotherType(String),
}

impl Unfit {
    /// That the value of a type that was asked for is another one.
    pub(crate) fn of<T>(value: &value::Value) -> Self {
        Self::OfAnotherType(json::read::unexpected::<T>(value))
    }

    /// The error of the key whose value it is.
    pub(crate) fn at(self, key: &str) -> Error {
        let key = key.to_owned();
        match self {
            Self::Unreadable(LoadError { reason, .. }) => Error::UnreadableValue { key, reason },
            Self::OfAnotherType(reason) => Error::UnexpectedValue { key, reason },
        }
    }
}

/// Why a value cannot be written in a format, in words that tell nothing of the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct DumpError(pub(crate) String);

impl DumpError {
    pub(crate) fn too_deep(levels: usize) -> Self {
        Self(format!("nesting deeper than {levels} levels"))
    }
}

impl fmt::Display for DumpError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for DumpError {}

impl serde::ser::Error for DumpError {
    /// What a type's own `Serialize` says may hold the value.
    fn custom<T: fmt::Display>(message: T) -> Self {
        // [`Value`](value::Value)'s own, which any serializer may be told.
        if message.to_string() == NO_TEXT {
            return Self(NO_TEXT.to_owned());
        }
        let refused = "its own Serialize refuses it, and what that says may hold the value";
        Self(refused.to_owned())
    }
}

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
    #[cfg(feature = "message_pack")]
    pub(crate) message_pack: message_pack::Style,
}

impl DumpStyle {
    /// As an app of these settings writes.
    pub(crate) fn of(settings: &Settings) -> Self {
        Self {
            format: settings.serializer.writes(),
            json: JsonStyle {
                escape_js_separators: settings.escape_js_separators,
            },
            #[cfg(feature = "message_pack")]
            message_pack: message_pack::Style {
                ip_addr: settings.ip_addr,
                safe_buffer: settings.safe_buffer,
            },
        }
    }

    /// Returns the same in another format.
    pub(crate) fn in_format(self, format: Format) -> Self {
        Self { format, ..self }
    }
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

    pub(crate) fn end(self) -> usize {
        self.end as usize
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
    fn not_built_in(self) -> LoadError {
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

/// A value as it stands in a cookie: serialized, and not read.
///
/// What [`Jar::open`](crate::Jar::open) gives, to be sealed anew as it is by
/// [`Jar::write_serialized`](crate::Jar::write_serialized). `Debug` shows no more than its length.
///
/// ```
/// # use hardtack::{Attributes, Jar, RailsVersion, SecretKeyBase};
/// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
/// let cookie = jar.write("discount", &45, &Attributes::new())?;
/// let opened = jar.open("discount", cookie.value())?;
/// assert_eq!(opened.value().as_bytes(), b"45");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Serialized {
    pub(crate) bytes: Vec<u8>,
    pub(crate) format: Format,
}

impl fmt::Debug for Serialized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Serialized({:?}, {} bytes)",
            self.format,
            self.bytes.len()
        )
    }
}

impl Serialized {
    /// The bytes that were sealed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether it can be read at all. A map can where its entries are found: see [`Entries::load`].
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        let is_map = match self.format {
            Format::Json => json::index::index(text(&self.bytes)?)?.is_some(),
            // Found out while it is read, as a whole.
            #[cfg(feature = "marshal")]
            Format::Marshal => return marshal::Document::load(&self.bytes).map(|_| ()),
            #[cfg(feature = "message_pack")]
            Format::MessagePack => message_pack::index(&self.bytes)?.is_some(),
            #[cfg(not(all(feature = "marshal", feature = "message_pack")))]
            format => return Err(format.not_built_in()),
        };
        if is_map {
            return Ok(());
        }
        self.load::<value::Value>().map(|_| ())
    }

    /// The same value in another format; as it is in its own, if the app reads it so.
    pub(crate) fn converted(&self, style: DumpStyle) -> Result<Cow<'_, Self>, DumpError> {
        #[cfg(feature = "message_pack")]
        let as_it_is = self.format != Format::MessagePack || style.message_pack.keeps(&self.bytes);
        #[cfg(not(feature = "message_pack"))]
        let as_it_is = true;
        if self.format == style.format && as_it_is {
            return Ok(Cow::Borrowed(self));
        }
        let value: value::Value = self.load()?;
        Self::dump(&value, style).map(Cow::Owned)
    }

    /// Serializes a value.
    pub(crate) fn dump<T: Serialize + ?Sized>(
        value: &T,
        style: DumpStyle,
    ) -> Result<Self, DumpError> {
        Self::dump_into(Vec::new(), value, style)
    }

    /// The same; JSON in the room that is given, in place of what was in it.
    pub(crate) fn dump_into<T: Serialize + ?Sized>(
        room: Vec<u8>,
        value: &T,
        style: DumpStyle,
    ) -> Result<Self, DumpError> {
        let bytes = match style.format {
            Format::Json => {
                let mut bytes = room;
                bytes.clear();
                bytes.reserve(USUAL_SIZE);
                json::write::serialize(&mut bytes, value, style.json)?;
                bytes
            }
            #[cfg(feature = "marshal")]
            Format::Marshal => marshal::dump_value(&value::to_value(value)?)?,
            #[cfg(feature = "message_pack")]
            Format::MessagePack => style.message_pack.dump(&value::to_value(value)?)?,
            #[cfg(not(all(feature = "marshal", feature = "message_pack")))]
            format => return Err(format.not_built_in().into()),
        };
        Ok(Self {
            bytes,
            format: style.format,
        })
    }

    /// Reads the whole value.
    pub(crate) fn load<T: DeserializeOwned>(&self) -> Result<T, LoadError> {
        self.load_as().map_err(|unfit| match unfit {
            Unfit::Unreadable(error) => error,
            Unfit::OfAnotherType(_) => LoadError {
                reason: "a value of another type",
                offset: 0,
            },
        })
    }

    /// Reads the whole value, and tells a value of another type from one that cannot be read.
    pub(crate) fn load_as<T: DeserializeOwned>(&self) -> Result<T, Unfit> {
        #[cfg(any(feature = "marshal", feature = "message_pack"))]
        let of_type = |value: Result<_, LoadError>| {
            let value = value.map_err(Unfit::Unreadable)?;
            T::deserialize(&value).map_err(|_| Unfit::of::<T>(&value))
        };
        match self.format {
            Format::Json => json::read::load(text(&self.bytes).map_err(Unfit::Unreadable)?),
            #[cfg(feature = "marshal")]
            Format::Marshal => of_type(
                marshal::Document::load(&self.bytes)
                    .and_then(|document| document.value(document.root())),
            ),
            #[cfg(feature = "message_pack")]
            Format::MessagePack => of_type(message_pack::load(&self.bytes)),
            #[cfg(not(all(feature = "marshal", feature = "message_pack")))]
            format => Err(Unfit::Unreadable(format.not_built_in())),
        }
    }

    /// Returns the keys of the top-level entries that cannot be read, and why.
    #[cfg(feature = "doctor")]
    pub(crate) fn unreadable_entries(&self) -> Vec<(String, &'static str)> {
        let entries = Entries::load(self.clone()).ok().flatten();
        let unreadable = entries.iter().flat_map(Entries::unreadable);
        unreadable
            .map(|(key, error)| (key.into_owned(), error.reason))
            .collect()
    }

    /// Checks that the value is nil, and nothing else.
    pub(crate) fn is_nil(&self) -> bool {
        match self.format {
            Format::Json => self.bytes.trim_ascii() == b"null",
            Format::Marshal => self.bytes.starts_with(b"\x04\x080"),
            Format::MessagePack => self.bytes == [0xcc, 0x80, 0xc0],
        }
    }

    /// The bytes that each top-level entry takes, largest first; empty where there are none.
    pub(crate) fn entry_sizes(&self) -> Vec<(String, usize)> {
        let entries = Entries::load(self.clone()).ok().flatten();
        entries.map(|entries| entries.sizes()).unwrap_or_default()
    }
}

/// The bytes as text.
pub(crate) fn text(bytes: &[u8]) -> Result<&str, LoadError> {
    std::str::from_utf8(bytes).map_err(|error| LoadError {
        reason: "no UTF-8",
        offset: error.valid_up_to(),
    })
}
