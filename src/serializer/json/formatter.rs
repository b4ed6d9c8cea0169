//! `serde_json`'s serializer, made to write as Rails does.

use std::io;

use serde_json::ser::{CharEscape, Formatter};

use super::escape::{JsonStyle, escape};
use super::scan::{MAX_DEPTH, Scanner};
use crate::serializer::value::{ruby_float, ruby_float_of_single};

/// Any `T: Serialize` in Rails' style, written straight into a Vec.
#[derive(Debug)]
pub(crate) struct RailsFormatter {
    style: JsonStyle,
    depth: u32,
    /// What is put together before it goes to the writer; kept for its room.
    piece: Vec<u8>,
}

impl RailsFormatter {
    pub(crate) fn new(style: JsonStyle) -> Self {
        Self {
            style,
            depth: 0,
            piece: Vec::new(),
        }
    }

    fn enter(&mut self) -> io::Result<()> {
        if self.depth == MAX_DEPTH {
            let message = format!("nesting deeper than {MAX_DEPTH} levels");
            return Err(io::Error::other(message));
        }
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) {
        self.depth = self.depth.saturating_sub(1);
    }
}

impl Formatter for RailsFormatter {
    fn write_f32<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f32) -> io::Result<()> {
        self.piece.clear();
        ruby_float_of_single(&mut self.piece, value);
        writer.write_all(&self.piece)
    }

    fn write_f64<W: ?Sized + io::Write>(&mut self, writer: &mut W, value: f64) -> io::Result<()> {
        self.piece.clear();
        ruby_float(&mut self.piece, value);
        writer.write_all(&self.piece)
    }

    /// `serde_json` calls this for the runs between what RFC 8259 wants escaped.
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        self.piece.clear();
        escape(&mut self.piece, fragment, self.style.escapes());
        writer.write_all(&self.piece)
    }

    /// In `serde_json` the short forms are Rails' too, and `/` is never escaped.
    fn write_char_escape<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        character: CharEscape,
    ) -> io::Result<()> {
        serde_json::ser::CompactFormatter.write_char_escape(writer, character)
    }

    /// A `RawValue`. Its white space stays, its strings get Rails' escapes, and its nesting counts.
    fn write_raw_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        Scanner::new(fragment.as_bytes())
            .value(self.depth)
            .map_err(|error| io::Error::other(error.reason))?;
        self.piece.clear();
        escape(&mut self.piece, fragment, self.style.escapes_in_raw_json());
        writer.write_all(&self.piece)
    }

    fn begin_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"[")
    }

    fn end_array<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.leave();
        writer.write_all(b"]")
    }

    fn begin_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.enter()?;
        writer.write_all(b"{")
    }

    fn end_object<W: ?Sized + io::Write>(&mut self, writer: &mut W) -> io::Result<()> {
        self.leave();
        writer.write_all(b"}")
    }
}
