//! Lines of any length, of which no more than the start is kept.

use std::io::{self, BufRead, ErrorKind};

/// The longest line in bytes of which all is kept: a server's headers are far shorter, and so is
/// what fits in a cookie.
pub(crate) const LONGEST_LINE: usize = 1024 * 1024;

/// Reads a line with its end, of which it keeps the start, and gives its length.
pub(crate) fn read_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<u64> {
    let mut length = 0;
    loop {
        let some = match input.fill_buf() {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            some => some?,
        };
        let end = memchr::memchr(b'\n', some);
        let taken = end.map_or(some.len(), |end| end + 1);
        let kept = taken.min(LONGEST_LINE - line.len());
        line.extend_from_slice(some.get(..kept).unwrap_or_default());
        length += taken as u64;
        input.consume(taken);
        if end.is_some() || taken == 0 {
            return Ok(length);
        }
    }
}
