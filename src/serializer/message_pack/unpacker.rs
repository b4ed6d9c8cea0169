//! [`Unpacker`]: reads MessagePack values from borrowed bytes, within bounds.
//!
//! `rmp` is not used: its functions read from `io::Read`. This reader needs borrowed text, the
//! position of every error, sub-readers for the payload of an extension, and a check of each
//! declared length before anything is allocated for it. Of `rmp` only the list of markers would be
//! left.
//!
//! Sources: the MessagePack specification; `ext/msgpack/unpacker.c` of the msgpack gem.

use super::super::{LoadError, Span};
use super::marker;
use super::room::Room;

const TOO_DEEP: &str = "nesting deeper than 128 levels";

/// A reader at a place in a message. Positions are those of the whole message, also within the
/// payload of an extension, so that an error names the place.
#[derive(Clone, Copy)]
pub(super) struct Unpacker<'a> {
    source: &'a [u8],
    at: usize,
}

/// The first bytes of a value, without the values that it contains.
#[derive(Clone, Copy)]
pub(super) enum Head<'a> {
    Nil,
    Bool(bool),
    Integer(i64),
    /// An unsigned integer beyond `i64::MAX`.
    Unsigned(u64),
    Float(f64),
    Str(&'a [u8]),
    Bin(&'a [u8]),
    /// The number of elements that follow.
    Array(usize),
    /// The number of pairs that follow.
    Map(usize),
    /// The type, and a reader of the payload alone.
    Extension(i8, Unpacker<'a>),
}

impl<'a> Unpacker<'a> {
    pub(super) fn new(source: &'a [u8]) -> Self {
        Self { source, at: 0 }
    }

    /// Creates a reader of a span of a message.
    pub(super) fn within(source: &'a [u8], span: Span) -> Option<Self> {
        (span.start() <= span.end()).then_some(())?;
        let source = source.get(..span.end())?;
        let at = span.start();
        Some(Self { source, at })
    }

    /// Returns this reader at the start of an extension's payload that it has read.
    pub(super) fn back_to(self, payload: Self) -> Self {
        Self {
            at: payload.at,
            ..self
        }
    }

    pub(super) fn at(&self) -> usize {
        self.at
    }

    pub(super) fn error(&self, reason: &'static str) -> LoadError {
        LoadError {
            reason,
            offset: self.at,
        }
    }

    /// Checks that no bytes are left.
    pub(super) fn finish(&self) -> Result<(), LoadError> {
        if self.at == self.source.len() {
            Ok(())
        } else {
            Err(self.error("bytes after the end of a MessagePack value"))
        }
    }

    /// Returns the bytes that are left.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.source.get(self.at..).unwrap_or_default()
    }

    pub(super) fn take(&mut self, length: usize) -> Result<&'a [u8], LoadError> {
        match self.rest().get(..length) {
            Some(bytes) => {
                self.at += length;
                Ok(bytes)
            }
            None => Err(self.error("end of input within a MessagePack value")),
        }
    }

    fn number<const N: usize>(&mut self) -> Result<[u8; N], LoadError> {
        match self.rest().first_chunk() {
            Some(bytes) => {
                self.at += N;
                Ok(*bytes)
            }
            None => Err(self.error("end of input within a MessagePack value")),
        }
    }

    fn length_8(&mut self) -> Result<usize, LoadError> {
        Ok(u8::from_be_bytes(self.number()?).into())
    }

    fn length_16(&mut self) -> Result<usize, LoadError> {
        Ok(u16::from_be_bytes(self.number()?).into())
    }

    fn length_32(&mut self) -> Result<usize, LoadError> {
        let length = u32::from_be_bytes(self.number()?);
        usize::try_from(length).map_err(|_| self.error("length beyond this machine's memory"))
    }

    /// Reads a value's first bytes, and all of it unless it contains other values.
    pub(super) fn head(&mut self) -> Result<Head<'a>, LoadError> {
        let [first] = self.number()?;
        Ok(match first {
            ..marker::FIXMAP => Head::Integer(first.into()),
            marker::FIXMAP..marker::FIXARRAY => Head::Map((first & 0x0f).into()),
            marker::FIXARRAY..marker::FIXSTR => Head::Array((first & 0x0f).into()),
            marker::FIXSTR..marker::NIL => Head::Str(self.take((first & 0x1f).into())?),
            // Negative fixint: the marker is the number.
            0xe0.. => Head::Integer(first.cast_signed().into()),
            _ => self.long_head(first)?,
        })
    }

    fn long_head(&mut self, first: u8) -> Result<Head<'a>, LoadError> {
        Ok(match first {
            marker::NIL => Head::Nil,
            marker::FALSE => Head::Bool(false),
            marker::TRUE => Head::Bool(true),
            marker::BIN_8 | marker::STR_8 => self.bytes(first, Self::length_8)?,
            marker::BIN_16 | marker::STR_16 => self.bytes(first, Self::length_16)?,
            marker::BIN_32 | marker::STR_32 => self.bytes(first, Self::length_32)?,
            marker::EXT_8 => self.extension(Self::length_8)?,
            marker::EXT_16 => self.extension(Self::length_16)?,
            marker::EXT_32 => self.extension(Self::length_32)?,
            marker::FIXEXT_1 => self.extension(|_| Ok(1))?,
            marker::FIXEXT_2 => self.extension(|_| Ok(2))?,
            marker::FIXEXT_4 => self.extension(|_| Ok(4))?,
            marker::FIXEXT_8 => self.extension(|_| Ok(8))?,
            marker::FIXEXT_16 => self.extension(|_| Ok(16))?,
            marker::FLOAT_32 => Head::Float(f32::from_be_bytes(self.number()?).into()),
            marker::FLOAT_64 => Head::Float(f64::from_be_bytes(self.number()?)),
            marker::UINT_8 => Head::Integer(u8::from_be_bytes(self.number()?).into()),
            marker::UINT_16 => Head::Integer(u16::from_be_bytes(self.number()?).into()),
            marker::UINT_32 => Head::Integer(u32::from_be_bytes(self.number()?).into()),
            marker::UINT_64 => {
                let number = u64::from_be_bytes(self.number()?);
                i64::try_from(number).map_or(Head::Unsigned(number), Head::Integer)
            }
            marker::INT_8 => Head::Integer(i8::from_be_bytes(self.number()?).into()),
            marker::INT_16 => Head::Integer(i16::from_be_bytes(self.number()?).into()),
            marker::INT_32 => Head::Integer(i32::from_be_bytes(self.number()?).into()),
            marker::INT_64 => Head::Integer(i64::from_be_bytes(self.number()?)),
            marker::ARRAY_16 => Head::Array(self.length_16()?),
            marker::ARRAY_32 => Head::Array(self.length_32()?),
            marker::MAP_16 => Head::Map(self.length_16()?),
            marker::MAP_32 => Head::Map(self.length_32()?),
            _ => return Err(self.error("invalid first byte of a MessagePack value (C1)")),
        })
    }

    fn bytes(
        &mut self,
        first: u8,
        length: fn(&mut Self) -> Result<usize, LoadError>,
    ) -> Result<Head<'a>, LoadError> {
        let length = length(self)?;
        let bytes = self.take(length)?;
        let binary = matches!(first, marker::BIN_8 | marker::BIN_16 | marker::BIN_32);
        Ok(if binary {
            Head::Bin(bytes)
        } else {
            Head::Str(bytes)
        })
    }

    fn extension(
        &mut self,
        length: fn(&mut Self) -> Result<usize, LoadError>,
    ) -> Result<Head<'a>, LoadError> {
        let length = length(self)?;
        let kind = i8::from_be_bytes(self.number()?);
        let start = self.at;
        self.take(length)?;
        let source = self.source.get(..self.at).unwrap_or_default();
        Ok(Head::Extension(kind, Self { source, at: start }))
    }

    /// Opens a container of `count` values, none of them read yet.
    pub(super) fn open(&self, count: usize, room: Room) -> Result<Room, LoadError> {
        if !room.fits(count, self.rest().len()) {
            return Err(self.error("more elements declared than bytes are left"));
        }
        room.nested().ok_or_else(|| self.error(TOO_DEEP))
    }

    /// Checks, after an extension, that its payload took no bytes that other values need: inside
    /// the payload nothing is counted as owed.
    pub(super) fn keep_owed(&self, room: Room) -> Result<(), LoadError> {
        if room.fits(0, self.rest().len()) {
            Ok(())
        } else {
            Err(self.error("more elements declared than bytes are left"))
        }
    }

    /// Opens an extension whose payload consists of values.
    pub(super) fn open_payload(&self, levels: usize) -> Result<Room, LoadError> {
        let room = Room::in_payload(levels);
        room.nested().ok_or_else(|| self.error(TOO_DEEP))
    }

    /// Passes over one value. Lengths, counts and nesting are checked; texts and the payloads of
    /// extensions, whose lengths are given, are not.
    pub(super) fn skip(&mut self, room: Room) -> Result<(), LoadError> {
        match self.head() {
            Ok(Head::Array(count)) => self.skip_values(count, room),
            Ok(Head::Map(count)) => self.skip_values(count.saturating_mul(2), room),
            Ok(Head::Extension(..)) => self.keep_owed(room),
            Ok(_) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Passes over the values in a container whose first bytes were read.
    fn skip_values(&mut self, count: usize, room: Room) -> Result<(), LoadError> {
        if count == 0 {
            return Ok(());
        }
        let room = self.open(count, room)?;
        for left in (0..count).rev() {
            self.skip(room.owing(left))?;
        }
        Ok(())
    }
}

/// Creates a reader that starts after the signature.
pub(super) fn message(source: &[u8]) -> Result<Unpacker<'_>, LoadError> {
    let mut reader = Unpacker::new(source);
    if source.starts_with(&marker::SIGNATURE) {
        reader.take(marker::SIGNATURE.len())?;
        Ok(reader)
    } else {
        Err(reader.error("missing MessagePack signature (CC 80)"))
    }
}
