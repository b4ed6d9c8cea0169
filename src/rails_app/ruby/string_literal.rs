//! Lexes Ruby's texts: quotes, percent literals, here documents, and the code interpolated in them.

use super::lexer::{Lexer, Unfinished, is_word};
use super::token::Kind;

/// The depth to which texts may nest in each other's `#{}`.
const MAX_DEPTH: usize = 32;

impl Lexer<'_> {
    pub(super) fn quoted(&mut self, quote: u8) -> Result<(), Unfinished> {
        let start = self.at;
        self.at += 1;
        let has_code = self.skip_text(None, quote, quote == b'"', 0)?;
        let is_label = self.peek(0) == Some(b':')
            && self.peek(1).is_some_and(|byte| byte.is_ascii_whitespace())
            && !self.last_is("?");
        let kind = if has_code {
            Kind::Interpolated
        } else {
            Kind::Text
        };
        self.push_from(kind, start);
        if is_label {
            // `"name": value` is the same as `"name" => value` here.
            self.push(Kind::Operator, 1);
        }
        Ok(())
    }

    /// Skips past the end of a text; returns `true` if it contains an interpolation.
    pub(super) fn skip_text(
        &mut self,
        open: Option<u8>,
        close: u8,
        interpolates: bool,
        depth: usize,
    ) -> Result<bool, Unfinished> {
        let begun = Unfinished { line: self.line };
        if depth > MAX_DEPTH {
            return Err(begun);
        }
        let mut nested = 0_usize;
        let mut has_code = false;
        loop {
            let Some(byte) = self.peek(0) else {
                return Err(begun);
            };
            self.at += 1;
            match byte {
                b'\n' => self.line += 1,
                b'\\' => {
                    if self.peek(0) == Some(b'\n') {
                        self.line += 1;
                    }
                    self.at += 1;
                }
                b'#' if interpolates && self.peek(0) == Some(b'{') => {
                    has_code = true;
                    self.at += 1;
                    self.skip_interpolation(depth)?;
                }
                // `"#@name"` and `"#$name"`.
                b'#' if interpolates && matches!(self.peek(0), Some(b'@' | b'$')) => {
                    has_code = true;
                }
                _ if Some(byte) == open => nested += 1,
                _ if byte == close && nested > 0 => nested -= 1,
                _ if byte == close => return Ok(has_code),
                _ => {}
            }
        }
    }

    fn skip_interpolation(&mut self, depth: usize) -> Result<(), Unfinished> {
        let begun = Unfinished { line: self.line };
        let mut braces = 1_usize;
        while braces > 0 {
            let Some(byte) = self.peek(0) else {
                return Err(begun);
            };
            self.at += 1;
            match byte {
                b'\n' => self.line += 1,
                b'{' => braces += 1,
                b'}' => braces -= 1,
                b'"' | b'`' | b'\'' => {
                    self.skip_text(None, byte, byte != b'\'', depth + 1)?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Lexes a percent literal (`%w[a b]`, `%(text)`); returns `false` if there is none.
    pub(super) fn percent(&mut self) -> Result<bool, Unfinished> {
        let named = self
            .peek(1)
            .is_some_and(|byte| b"qQwWiIrsx".contains(&byte));
        let open = self.peek(1 + usize::from(named));
        let Some(open) = open.filter(u8::is_ascii_punctuation) else {
            return Ok(false);
        };
        let interpolates = !named || self.peek(1).is_some_and(|byte| b"QWIrx".contains(&byte));
        let close = match open {
            b'(' => b')',
            b'[' => b']',
            b'{' => b'}',
            b'<' => b'>',
            other => other,
        };
        let start = self.at;
        self.at += 2 + usize::from(named);
        let nests = (open != close).then_some(open);
        self.skip_text(nests, close, interpolates, 0)?;
        self.push_from(Kind::Other, start);
        Ok(true)
    }

    /// Lexes the start of a here document (`<<~END`), whose text starts on the next line; returns
    /// `false` if there is none.
    pub(super) fn heredoc(&mut self) -> bool {
        let after_name = self
            .tokens
            .last()
            .is_some_and(|last| last.kind == Kind::Word);
        if self.after_value() && !(after_name && self.spaced) {
            return false;
        }
        let rest = self.rest().strip_prefix("<<").unwrap_or_default();
        let marked = rest.strip_prefix(['~', '-']);
        let name = marked.unwrap_or(rest);
        let (name, quotes) = match name.bytes().next() {
            Some(quote @ (b'"' | b'\'' | b'`')) => {
                let name = name.get(1..).unwrap_or_default();
                let Some(end) = name.bytes().position(|byte| byte == quote || byte == b'\n') else {
                    return false;
                };
                (name.get(..end).unwrap_or_default(), 2)
            }
            Some(byte) if is_word(byte) && !byte.is_ascii_digit() => {
                let end = name.bytes().take_while(|byte| is_word(*byte)).count();
                (name.get(..end).unwrap_or_default(), 0)
            }
            _ => return false,
        };
        self.heredocs.push((name, marked.is_some()));
        let length = 2 + usize::from(marked.is_some()) + name.len() + quotes;
        self.push_checked(Kind::Other, length);
        true
    }

    pub(super) fn skip_heredocs(&mut self) -> Result<(), Unfinished> {
        for (end, indented) in std::mem::take(&mut self.heredocs) {
            let begun = self.line;
            loop {
                let line = self.skip_line().ok_or(Unfinished { line: begun })?;
                let line = if indented { line.trim_start() } else { line };
                if line == end {
                    break;
                }
            }
        }
        Ok(())
    }
}
