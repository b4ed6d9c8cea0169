//! [`BoundedJson`]: a JSON text of any length that is read in bounded memory.

use std::io::{self, BufRead, Bytes, Read};

/// The longest string in bytes; the rest is cut off. No cookie is as long, but bodies of responses
/// are.
const LONGEST_STRING: usize = 64 * 1024;

/// The longest number in bytes.
const LONGEST_NUMBER: usize = 1024;

/// The deepest nesting. HAR has 8 levels of its own, and tools add more.
const DEEPEST: usize = 128;

/// Passes a JSON text on with its long strings cut. Fails if the text is nested too deeply or has a
/// number that is too long, because a parser would have to keep them.
pub(crate) struct BoundedJson<R> {
    bytes: Bytes<R>,
    state: State,
    depth: usize,
}

#[derive(Clone, Copy)]
enum State {
    /// Outside strings, after this many bytes of a number or a name.
    Bare(usize),
    /// In a string, after this many bytes of it, with this many bytes of an escape to come.
    String(usize, u8),
    /// In the part of a string that is cut off.
    LeftOut { is_escaped: bool },
}

impl<R: BufRead> BoundedJson<R> {
    pub(crate) fn new(inner: R) -> Self {
        Self {
            bytes: inner.bytes(),
            state: State::Bare(0),
            depth: 0,
        }
    }

    /// Takes a byte, and returns true if it is passed on.
    fn passes(&mut self, byte: u8) -> io::Result<bool> {
        // The cut is between characters: a byte that continues a UTF-8 character is passed on.
        let is_boundary = byte & 0xC0 != 0x80;
        self.state = match (self.state, byte) {
            (State::Bare(_), b'"') => State::String(0, 0),
            (State::Bare(_), b'[' | b'{') => {
                self.depth += 1;
                if self.depth > DEEPEST {
                    return Err(refused(format!("nested deeper than {DEEPEST} levels")));
                }
                State::Bare(0)
            }
            (State::Bare(_), b']' | b'}') => {
                self.depth = self.depth.saturating_sub(1);
                State::Bare(0)
            }
            (State::Bare(_), b',' | b':' | b' ' | b'\t' | b'\r' | b'\n')
            | (State::String(_, 0) | State::LeftOut { is_escaped: false }, b'"') => State::Bare(0),
            (State::Bare(LONGEST_NUMBER..), _) => {
                return Err(refused(format!(
                    "a number of more than {LONGEST_NUMBER} bytes"
                )));
            }
            (State::Bare(length), _) => State::Bare(length + 1),
            (State::String(LONGEST_STRING.., 0), _) if is_boundary => State::LeftOut {
                is_escaped: byte == b'\\',
            },
            (State::String(length, 0), b'\\') => State::String(length + 1, 1),
            // \uXXXX (RFC 8259 section 7).
            (State::String(length, 1), b'u') => State::String(length + 1, 4),
            (State::String(length, left), _) => State::String(length + 1, left.saturating_sub(1)),
            (State::LeftOut { is_escaped }, _) => State::LeftOut {
                is_escaped: !is_escaped && byte == b'\\',
            },
        };
        Ok(!matches!(self.state, State::LeftOut { .. }))
    }
}

/// Reads byte by byte, as `serde_json` does.
impl<R: BufRead> Read for BoundedJson<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Some(place) = buffer.first_mut() else {
            return Ok(0);
        };
        while let Some(byte) = self.bytes.next() {
            *place = byte?;
            if self.passes(*place)? {
                return Ok(1);
            }
        }
        Ok(0)
    }
}

fn refused(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(text: &str) -> io::Result<String> {
        let mut out = String::new();
        BoundedJson::new(text.as_bytes()).read_to_string(&mut out)?;
        Ok(out)
    }

    #[test]
    fn long_strings_are_cut_between_characters() {
        let long = "a".repeat(LONGEST_STRING);
        let most = "a".repeat(LONGEST_STRING - 1);
        let cases = [
            ("{\"a\": [1, \"b\\\"c\", -1.5e3, null]}".to_owned(), None),
            (format!("[\"{long}\", 1]"), None),
            (
                format!("[\"{long}b\\\"c\\\\\", 1]"),
                Some(format!("[\"{long}\", 1]")),
            ),
            (
                format!("\"{most}\u{e9}\u{e9}\""),
                Some(format!("\"{most}\u{e9}\"")),
            ),
            (
                format!("\"{most}\\u00e9\\u00e9\""),
                Some(format!("\"{most}\\u00e9\"")),
            ),
            (format!("\"{most}\\nb\""), Some(format!("\"{most}\\n\""))),
        ];
        let mut ran = 0;
        for (text, expected) in cases {
            assert_eq!(passed(&text).unwrap(), expected.unwrap_or(text));
            ran += 1;
        }
        assert_eq!(ran, 6);
    }

    #[test]
    fn what_a_parser_would_have_to_keep_is_refused() {
        let cases = [
            ("[".repeat(DEEPEST), None),
            (
                "[".repeat(DEEPEST + 1),
                Some("nested deeper than 128 levels"),
            ),
            ("[]".repeat(1000), None),
            ("\"[[\"".repeat(1000), None),
            ("1".repeat(LONGEST_NUMBER), None),
            (
                "1".repeat(LONGEST_NUMBER + 1),
                Some("a number of more than 1024 bytes"),
            ),
        ];
        let mut ran = 0;
        for (text, refused) in cases {
            let error = passed(&text).err().map(|error| error.to_string());
            assert_eq!(error.as_deref(), refused);
            ran += 1;
        }
        assert_eq!(ran, 6);
    }
}
