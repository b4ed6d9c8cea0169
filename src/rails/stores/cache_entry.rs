//! [`CacheEntry`]: an entry of Rails' cache, in the form of any version.
//!
//! Sources: `active_support/cache.rb` and `cache/entry.rb` (Rails 6.1 to 8.1), `cache/coder.rb` and
//! `cache/serializer_with_fallback.rb` (7.1 and later).

use super::cache_form::CacheForm;
use super::zlib;
use crate::serializer::marshal::{self, Document, EntryContent};
use crate::serializer::value::Value;
use crate::serializer::{DumpError, DumpStyle, Format, Serialized};
use crate::session::data::SessionData;

/// The first bytes of an entry of 7.1 (`Coder::SIGNATURE`).
pub(super) const SIGNATURE_7_1: &[u8] = b"\x00\x11";
/// The first bytes of Marshal.
const MARSHAL: &[u8] = b"\x04\x08";
/// The type of a value that a serializer wrote (`Coder::OBJECT_DUMP_TYPE`).
const OBJECT: u8 = 1;
/// The bit of a type whose payload is compressed (`Coder::COMPRESSED_FLAG`).
const COMPRESSED: u8 = 0x80;

/// An entry of Rails' cache that holds a session.
pub(super) struct CacheEntry {
    pub(super) session: SessionData,
    pub(super) wrapping: Wrapping,
}

/// The parts of an entry around its session.
#[derive(Clone, Debug)]
pub(super) struct Wrapping {
    pub(super) form: CacheForm,
    /// The format of the value itself.
    pub(super) style: DumpStyle,
    pub(super) compress: zlib::When,
    /// True for Dalli, which stores Marshal of a String that holds the entry.
    pub(super) is_in_string: bool,
}

impl CacheEntry {
    /// Reads an entry; `None` if the bytes are not one, or it holds no Hash.
    pub(super) fn read(bytes: &[u8]) -> Option<Self> {
        if !bytes.starts_with(MARSHAL) {
            return Self::read_binary(bytes);
        }
        let document = Document::load(bytes).ok()?;
        if let Some(bytes) = document.string_bytes(document.root()) {
            let mut entry = Self::read_binary(bytes)?;
            entry.wrapping.is_in_string = true;
            return Some(entry);
        }
        let Some(object) = document.entry_object() else {
            return Self::of_document(document, CacheForm::Bare, false);
        };
        let expires_in = match document.number(object.expires_in) {
            None if !document.is_nil(object.expires_in) => return None,
            expires_in => expires_in,
        };
        let form = CacheForm::V6_1 {
            created_at: document.number(object.created_at)?,
            expires_in,
            version: document.value(object.version).ok()?,
        };
        if object.is_compressed {
            let value = zlib::inflate(document.string_bytes(object.value)?)?;
            return Self::of_document(Document::load(&value).ok()?, form, true);
        }
        Self::of_document(document.rooted_at(object.value), form, false)
    }

    /// Reads an entry of 7.0 or 7.1.
    fn read_binary(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0, 0x11, rest @ ..] => Self::read_7_1(rest),
            [0, rest @ ..] => Self::read_7_0(rest, false),
            [1, rest @ ..] => Self::read_7_0(&zlib::inflate(rest)?, true),
            _ => None,
        }
    }

    fn read_7_0(bytes: &[u8], is_compressed: bool) -> Option<Self> {
        let document = Document::load(bytes).ok()?;
        let (value, rest) = document.elements()?.split_first()?;
        let expires_at = match rest.first() {
            Some(end) if !document.is_nil(*end) => Some(document.number(*end)?),
            _ => None,
        };
        let version = match rest.get(1) {
            Some(version) => document.value(*version).ok()?,
            None => Value::Nil,
        };
        let form = CacheForm::V7_0 {
            expires_at,
            version,
        };
        let value = *value;
        Self::of_document(document.rooted_at(value), form, is_compressed)
    }

    fn read_7_1(bytes: &[u8]) -> Option<Self> {
        let (kind, rest) = bytes.split_first()?;
        let (expires_at, rest) = rest.split_first_chunk()?;
        let (length, rest) = rest.split_first_chunk()?;
        let (version, payload) = match i32::from_le_bytes(*length) {
            ..0 => (None, rest),
            length => {
                let (version, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
                (Some(version.to_vec()), rest)
            }
        };
        let form = CacheForm::V7_1 {
            expires_at: f64::from_le_bytes(*expires_at),
            version,
        };
        // Other types are bare texts.
        if kind & !COMPRESSED != OBJECT {
            return None;
        }
        let is_compressed = kind & COMPRESSED != 0;
        let bytes = if is_compressed {
            zlib::inflate(payload)?
        } else {
            payload.to_vec()
        };
        match Format::of(&bytes)? {
            Format::Marshal => Self::of_document(Document::load(&bytes).ok()?, form, is_compressed),
            format @ Format::MessagePack => Some(Self {
                wrapping: Wrapping::of(form, DumpStyle::keeping(&bytes), is_compressed),
                session: SessionData::of_payload(Serialized { bytes, format })?,
            }),
            Format::Json => None,
        }
    }

    fn of_document(document: Document, form: CacheForm, is_compressed: bool) -> Option<Self> {
        Some(Self {
            session: SessionData::of_document(document)?,
            wrapping: Wrapping::of(form, DumpStyle::stored(Format::Marshal), is_compressed),
        })
    }
}

impl Wrapping {
    /// The wrapping of an entry that was read.
    fn of(form: CacheForm, style: DumpStyle, is_compressed: bool) -> Self {
        Self {
            form,
            style,
            compress: if is_compressed {
                zlib::When::Always
            } else {
                zlib::When::Never
            },
            is_in_string: false,
        }
    }

    /// Writes the entry of a session.
    pub(super) fn write(&self, session: &SessionData) -> Result<Vec<u8>, DumpError> {
        let value = session.dump(Vec::new(), self.style)?.bytes;
        let (entry, is_binary) = match &self.form {
            CacheForm::Bare => (value, false),
            CacheForm::V6_1 {
                created_at,
                expires_in,
                version,
            } => {
                let (document, compressed);
                let content = if let Some(zlib) = zlib::deflate(&value, self.compress) {
                    compressed = zlib;
                    EntryContent::Zlib(&compressed)
                } else {
                    document = Document::load_inside(&value)?;
                    EntryContent::Object(&document)
                };
                let entry = marshal::dump_entry_object(content, version, *created_at, *expires_in)?;
                (entry, false)
            }
            CacheForm::V7_0 {
                expires_at,
                version,
            } => {
                let document = Document::load_inside(&value)?;
                let packed = marshal::dump_packed_entry(&document, *expires_at, version)?;
                let entry = match zlib::deflate(&packed, self.compress) {
                    Some(zlib) => [&[1], &zlib[..]].concat(),
                    None => [&[0], &packed[..]].concat(),
                };
                (entry, true)
            }
            CacheForm::V7_1 {
                expires_at,
                version,
            } => (
                self.write_7_1(&value, *expires_at, version.as_deref()),
                true,
            ),
        };
        Ok(if is_binary && self.is_in_string {
            marshal::dump_binary(&entry)
        } else {
            entry
        })
    }

    fn write_7_1(&self, value: &[u8], expires_at: f64, version: Option<&[u8]>) -> Vec<u8> {
        let compressed = zlib::deflate(value, self.compress);
        let (kind, payload) = match &compressed {
            Some(zlib) => (OBJECT | COMPRESSED, &zlib[..]),
            None => (OBJECT, value),
        };
        let length = version.map_or(-1, |version| {
            i32::try_from(version.len()).unwrap_or(i32::MAX)
        });
        let mut entry = SIGNATURE_7_1.to_vec();
        entry.push(kind);
        entry.extend(expires_at.to_le_bytes());
        entry.extend(length.to_le_bytes());
        entry.extend(version.unwrap_or_default());
        entry.extend(payload);
        entry
    }
}

/// Returns an entry of 7.1 with another end, and all other bytes unchanged; `None` for other
/// entries.
pub(super) fn ending_7_1(entry: &[u8], expires_at: f64) -> Option<Vec<u8>> {
    let rest = entry.strip_prefix(SIGNATURE_7_1)?;
    let (kind, rest) = rest.split_first()?;
    let (_, rest) = rest.split_first_chunk::<8>()?;
    let end = expires_at.to_le_bytes();
    Some([SIGNATURE_7_1, &[*kind], &end, rest].concat())
}

/// Returns when an entry ends, in seconds since 1970; `None` if it tells no end.
pub(super) fn entry_end(entry: &[u8]) -> Option<f64> {
    if let Some([_, rest @ ..]) = entry.strip_prefix(SIGNATURE_7_1) {
        let (end, _) = rest.split_first_chunk()?;
        return Some(f64::from_le_bytes(*end)).filter(|end| *end >= 0.0);
    }
    CacheEntry::read(entry)?.wrapping.form.expires_at()
}
