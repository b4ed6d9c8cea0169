//! Where a JSON value ends (RFC 8259), checked on the way, without making anything of it.
//!
//! No recursion: the open containers are bits of one integer, so that depth costs no stack.

use crate::serializer::LoadError;

/// The deepest nesting that Ruby's parser takes (`JSON.parse`, `max_nesting`).
pub(crate) const MAX_DEPTH: u32 = 100;

/// A place in a JSON text, moving forward only.
pub(crate) struct Scanner<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) fn new(text: &'a [u8]) -> Self {
        Self { text, at: 0 }
    }

    /// How far it has come, in bytes.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    pub(crate) fn error(&self, reason: &'static str) -> LoadError {
        LoadError {
            reason,
            offset: self.at,
        }
    }

    /// The next byte that is no white space, without taking it.
    pub(crate) fn peek(&mut self) -> Option<u8> {
        while let Some(&byte) = self.text.get(self.at) {
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
            self.at += 1;
        }
        None
    }

    /// Takes this byte, if it is the next one after white space.
    pub(crate) fn take(&mut self, wanted: u8) -> bool {
        let found = self.peek() == Some(wanted);
        self.at += usize::from(found);
        found
    }

    /// Passes over a string whose quote is next. Says whether it holds an escape.
    pub(crate) fn string(&mut self) -> Result<bool, LoadError> {
        if !self.take(b'"') {
            return Err(self.error("a string was expected"));
        }
        let mut escaped = false;
        loop {
            self.at += plain_length(self.text.get(self.at..).unwrap_or_default());
            match self.text.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(escaped);
                }
                Some(b'\\') => {
                    escaped = true;
                    self.at += 1;
                    self.escape()?;
                }
                Some(_) => return Err(self.error("a control character in a string")),
                None => return Err(self.error("a string without an end")),
            }
        }
    }

    fn escape(&mut self) -> Result<(), LoadError> {
        match self.text.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 1,
            Some(b'u') => match self.code_unit(self.at)? {
                // The first half of a pair, which the second must follow (RFC 8259 section 7).
                0xD800..0xDC00 => {
                    let second = self.text.get(self.at + 5..self.at + 7) == Some(b"\\u");
                    if !second || !(0xDC00..0xE000).contains(&self.code_unit(self.at + 6)?) {
                        return Err(self.error("half a surrogate pair"));
                    }
                    self.at += 11;
                }
                0xDC00..0xE000 => return Err(self.error("half a surrogate pair")),
                _ => self.at += 5,
            },
            _ => return Err(self.error("an unknown escape")),
        }
        Ok(())
    }

    /// The four hexadecimal digits after the `u` that stands at `at`.
    fn code_unit(&self, at: usize) -> Result<u16, LoadError> {
        let digits = self.text.get(at + 1..at + 5).unwrap_or_default();
        let unit = digits.iter().try_fold(0, |unit, digit| {
            let value = char::from(*digit).to_digit(16)?;
            Some(unit << 4 | u16::try_from(value).ok()?)
        });
        unit.filter(|_| digits.len() == 4)
            .ok_or_else(|| self.error("an escape without four hexadecimal digits"))
    }

    /// Passes over a number, `true`, `false` or `null`.
    fn scalar(&mut self) -> Result<(), LoadError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        for word in [&b"true"[..], b"false", b"null"] {
            if rest.starts_with(word) {
                self.at += word.len();
                return Ok(());
            }
        }
        self.at += usize::from(self.text.get(self.at) == Some(&b'-'));
        if self.text.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.text.get(self.at) == Some(&b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.text.get(self.at), Some(b'e' | b'E')) {
            self.at += 1;
            self.at += usize::from(matches!(self.text.get(self.at), Some(b'+' | b'-')));
            self.digits()?;
        }
        Ok(())
    }

    /// Passes over one digit or more.
    fn digits(&mut self) -> Result<(), LoadError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count == 0 {
            return Err(self.error("no JSON value"));
        }
        self.at += count;
        Ok(())
    }

    /// Passes over one value of any kind that stands `outer` containers deep.
    pub(crate) fn value(&mut self, outer: u32) -> Result<(), LoadError> {
        // One bit for each open container, the innermost lowest: 1 is an object.
        let mut objects: u128 = 0;
        let mut depth = 0;
        loop {
            match self.peek() {
                Some(open @ (b'{' | b'[')) => {
                    if outer + depth >= MAX_DEPTH {
                        return Err(self.error("nesting deeper than 100 levels"));
                    }
                    self.at += 1;
                    depth += 1;
                    objects = objects << 1 | u128::from(open == b'{');
                    if self.take(if open == b'{' { b'}' } else { b']' }) {
                        depth -= 1;
                        objects >>= 1;
                    } else {
                        if open == b'{' {
                            self.key()?;
                        }
                        continue;
                    }
                }
                Some(b'"') => {
                    self.string()?;
                }
                _ => self.scalar()?,
            }
            // A value has ended: what follows it, in what stands around it?
            loop {
                if depth == 0 {
                    return Ok(());
                }
                let in_object = objects & 1 == 1;
                if self.take(b',') {
                    if in_object {
                        self.key()?;
                    }
                    break;
                }
                if !self.take(if in_object { b'}' } else { b']' }) {
                    return Err(self.error("a comma or a closing bracket was expected"));
                }
                depth -= 1;
                objects >>= 1;
            }
        }
    }

    /// Passes over a key and its colon. Says whether the key holds an escape.
    pub(crate) fn key(&mut self) -> Result<bool, LoadError> {
        self.peek();
        let escaped = self.string()?;
        if !self.take(b':') {
            return Err(self.error("a colon was expected"));
        }
        Ok(escaped)
    }

    /// Nothing but white space may be left.
    pub(crate) fn end(&mut self) -> Result<(), LoadError> {
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("something after the value")),
        }
    }
}

/// How many bytes pass before a quote, a backslash or a control character: eight at a time.
fn plain_length(text: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    const QUOTES: u64 = ONES * b'"' as u64;
    const BACKSLASHES: u64 = ONES * b'\\' as u64;
    // The high bit of each byte that is zero, or below 0x20 (and, above the first such, perhaps of
    // others: only the lowest bit is relied on).
    let zero = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let (words, rest) = text.as_chunks::<8>();
    for (index, word) in words.iter().enumerate() {
        let word = u64::from_le_bytes(*word);
        let control = word.wrapping_sub(ONES * 0x20) & !word & HIGHS;
        let found = zero(word ^ QUOTES) | zero(word ^ BACKSLASHES) | control;
        if found != 0 {
            return index * 8 + (found.trailing_zeros() / 8) as usize;
        }
    }
    let special = |byte: &u8| matches!(byte, b'"' | b'\\' | 0..0x20);
    text.len() - rest.len() + rest.iter().position(special).unwrap_or(rest.len())
}
