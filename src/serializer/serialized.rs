//! [`Serialized`]: the value of a cookie in its serialized form.

use std::borrow::Cow;
use std::fmt;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::dump_error::DumpError;
use super::dump_style::DumpStyle;
use super::format::Format;
use super::json;
use super::load_error::{LoadError, text};
#[cfg(feature = "marshal")]
use super::marshal;
#[cfg(feature = "message_pack")]
use super::message_pack;
#[cfg(any(feature = "marshal", feature = "message_pack"))]
use super::to_value::to_value;
use super::unfit::Unfit;
use super::value::Value;

/// Room for most sessions, in bytes: a Vec that grows from nothing is moved eight times.
const USUAL_SIZE: usize = 1024;

/// The value of a cookie in its serialized form, as it was sealed.
///
/// [`Jar::open`](crate::Jar::open) returns it, and
/// [`Jar::write_serialized`](crate::Jar::write_serialized) seals it again unchanged. `Debug` shows
/// only its length.
///
/// ```
/// use hardtack::Jar;
///
/// let jar = Jar::ephemeral()?;
/// let cookie = jar.write("discount", 45, None)?;
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
    /// Returns the bytes that were sealed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Checks that the value can be read. For a map that means that its entries are found: see
    /// [`Entries::load`](super::entries::Entries::load).
    pub(crate) fn check(&self) -> Result<(), LoadError> {
        let is_map = match self.format {
            Format::Json => json::index_entry::index(text(&self.bytes)?)?.is_some(),
            // Reading the whole stream is the only check.
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
        self.load::<Value>().map(|_| ())
    }

    /// Returns the value in another format; unchanged if the app reads its present one.
    pub(crate) fn converted(&self, style: DumpStyle) -> Result<Cow<'_, Self>, DumpError> {
        #[cfg(feature = "message_pack")]
        let as_it_is = self.format != Format::MessagePack || style.message_pack.keeps(&self.bytes);
        #[cfg(not(feature = "message_pack"))]
        let as_it_is = true;
        if self.format == style.format && as_it_is {
            return Ok(Cow::Borrowed(self));
        }
        let value: Value = self.load()?;
        Self::dump(&value, style).map(Cow::Owned)
    }

    /// Serializes a value.
    pub(crate) fn dump<T: Serialize + ?Sized>(
        value: &T,
        style: DumpStyle,
    ) -> Result<Self, DumpError> {
        Self::dump_into(Vec::new(), value, style)
    }

    /// Serializes a value; JSON is written into `room`, which is emptied first.
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
                json::write::serialize(&mut bytes, value, style.json, 0)?;
                bytes
            }
            #[cfg(feature = "marshal")]
            Format::Marshal => marshal::dump_value(&to_value(value)?)?,
            #[cfg(feature = "message_pack")]
            Format::MessagePack => style.message_pack.dump(&to_value(value)?)?,
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

    /// Reads the whole value, and distinguishes a value of another type from one that cannot be
    /// read.
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

    /// Checks that the value is nil, and nothing else.
    pub(crate) fn is_nil(&self) -> bool {
        match self.format {
            Format::Json => self.bytes.trim_ascii() == b"null",
            Format::Marshal => self.bytes.starts_with(b"\x04\x080"),
            Format::MessagePack => self.bytes == [0xcc, 0x80, 0xc0],
        }
    }
}
