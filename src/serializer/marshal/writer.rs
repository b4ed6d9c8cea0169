//! [`Writer`]: Marshal bytes as `w_object` in Ruby's `marshal.c` writes them.
//!
//! Links are positional, so even an unchanged object is written anew, with its number among its new
//! neighbours.

use std::collections::HashMap;

use super::VERSION;
use super::document::{Document, NodeId};

/// The number of a node that is not written yet.
pub(super) const UNNUMBERED: u32 = u32::MAX;

pub(super) struct Writer<'a> {
    pub(super) bytes: Vec<u8>,
    pub(super) document: Option<&'a Document>,
    /// The number in the output of each node of the document.
    pub(super) numbers: Vec<u32>,
    /// The number of objects in the output.
    objects: u32,
    /// The Symbols of the output, by text and encoding (empty for ASCII).
    symbols: HashMap<(&'a [u8], &'a [u8]), u32>,
    /// The Strings that Ruby itself keeps once and therefore links: names of encodings and of
    /// zones.
    interned: HashMap<(u8, &'a str), u32>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(document: Option<&'a Document>) -> Self {
        Self {
            bytes: VERSION.to_vec(),
            document,
            numbers: vec![UNNUMBERED; document.map_or(0, |document| document.nodes.len())],
            objects: 0,
            symbols: HashMap::new(),
            interned: HashMap::new(),
        }
    }

    /// Writes a Symbol of valid text.
    pub(super) fn symbol(&mut self, text: &'a str) {
        let encoding: &[u8] = if text.is_ascii() { b"" } else { b"UTF-8" };
        let has_ivars = !encoding.is_empty();
        if self.new_symbol(text.as_bytes(), encoding, has_ivars) && has_ivars {
            self.encoding_ivars("UTF-8", 0);
        }
    }

    /// Writes a Symbol, or a link if it was written before. Returns true if its ivars must follow.
    pub(super) fn new_symbol(
        &mut self,
        text: &'a [u8],
        encoding: &'a [u8],
        has_ivars: bool,
    ) -> bool {
        let encoding = if text.is_ascii() { b"" } else { encoding };
        let next = u32::try_from(self.symbols.len()).unwrap_or(u32::MAX);
        let index = *self.symbols.entry((text, encoding)).or_insert(next);
        if index != next {
            self.byte(b';');
            self.long(i64::from(index));
            return false;
        }
        if has_ivars {
            self.byte(b'I');
        }
        self.byte(b':');
        self.text(text);
        true
    }

    /// Writes `[I] [e, C ...] " bytes [ivars]`, in the encoding of this name.
    pub(super) fn string(&mut self, bytes: &[u8], encoding: &'a str, wrappers: &[(u8, &'a str)]) {
        self.begin(encoding != BINARY, wrappers);
        self.count_object();
        self.byte(b'"');
        self.text(bytes);
        if encoding != BINARY {
            self.encoding_ivars(encoding, 0);
        }
    }

    /// Writes the number of instance variables that follow, and the one for the encoding
    /// (`w_encoding`).
    pub(super) fn encoding_ivars(&mut self, encoding: &'a str, others: usize) {
        self.length(1 + others);
        match encoding {
            "UTF-8" | "US-ASCII" => {
                self.symbol("E");
                self.bool(encoding == "UTF-8");
            }
            _ => {
                self.symbol("encoding");
                self.interned(b'"', encoding);
            }
        }
    }

    /// Writes a String that Ruby keeps once: without an encoding (`"`), or in US-ASCII (`I`).
    pub(super) fn interned(&mut self, kind: u8, text: &'a str) {
        if let Some(&number) = self.interned.get(&(kind, text)) {
            self.byte(b'@');
            return self.long(i64::from(number));
        }
        self.interned.insert((kind, text), self.objects);
        self.string(
            text.as_bytes(),
            if kind == b'I' { "US-ASCII" } else { BINARY },
            &[],
        );
    }

    pub(super) fn begin(&mut self, has_ivars: bool, wrappers: &[(u8, &'a str)]) {
        if has_ivars {
            self.byte(b'I');
        }
        for &(tag, name) in wrappers {
            self.byte(tag);
            self.symbol(name);
        }
    }

    pub(super) fn magnitude(&mut self, negative: bool, magnitude: &[u8]) {
        self.byte(b'l');
        self.byte(if negative { b'-' } else { b'+' });
        self.length(magnitude.len().div_ceil(2));
        self.bytes.extend_from_slice(magnitude);
        if !magnitude.len().is_multiple_of(2) {
            self.byte(0);
        }
    }

    pub(super) fn remember(&mut self, id: NodeId) {
        if let Some(number) = id
            .node_index()
            .and_then(|index| self.numbers.get_mut(index))
        {
            *number = self.objects;
        }
        self.count_object();
    }

    /// Counts one more object for the links that follow.
    pub(super) fn count_object(&mut self) {
        self.objects += 1;
    }

    pub(super) fn bool(&mut self, flag: bool) {
        self.byte(if flag { b'T' } else { b'F' });
    }

    pub(super) fn byte(&mut self, byte: u8) {
        self.bytes.push(byte);
    }

    pub(super) fn text(&mut self, bytes: &[u8]) {
        self.length(bytes.len());
        self.bytes.extend_from_slice(bytes);
    }

    pub(super) fn length(&mut self, length: usize) {
        self.long(i64::try_from(length).unwrap_or(i64::MAX));
    }

    /// Writes an integer in the format's own form (`w_long`).
    pub(super) fn long(&mut self, number: i64) {
        self.bytes.extend(long(number));
    }
}

/// The name of the encoding that has no ivar.
pub(super) const BINARY: &str = "ASCII-8BIT";

/// Returns an integer as `w_long` writes it: one byte if it fits, otherwise a count of bytes and
/// the bytes, little-endian.
pub(super) fn long(number: i64) -> Vec<u8> {
    let small = match number {
        0 => Some(0),
        1..=122 => Some(number + 5),
        -123..=-1 => Some(number - 5),
        _ => None,
    };
    if let Some(small) = small.and_then(|small| i8::try_from(small).ok()) {
        return vec![small.cast_unsigned()];
    }
    let rest = if number < 0 { -1 } else { 0 };
    let width = (1..=4_i8)
        .find(|width| number >> (8 * width) == rest)
        .unwrap_or(4);
    let sign = if number < 0 { -width } else { width };
    let bytes = number
        .to_le_bytes()
        .into_iter()
        .take(usize::from(width.unsigned_abs()));
    std::iter::once(sign.cast_unsigned()).chain(bytes).collect()
}
