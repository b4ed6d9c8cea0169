//! Splits Ruby source into words, literals and operators, as far as is needed to tell code from
//! comments and texts. No Ruby is run.
//!
//! Follows Ruby's own rules (`doc/syntax/literals.rdoc`, `doc/syntax/comments.rdoc` of Ruby 3.1).

use super::token::{Kind, Token};

/// Operators of more than one character, longest first.
const OPERATORS: &[&str] = &[
    "**=", "<=>", "===", "...", "<<=", ">>=", "&&=", "||=", "**", "==", "!=", ">=", "<=", "&&",
    "||", "=~", "!~", "..", "::", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<", ">>", "->",
    "=>", "&.",
];

/// Words after which an expression starts.
const EXPRESSION_FOLLOWS: &[&str] = &[
    "and", "begin", "case", "do", "else", "elsif", "ensure", "if", "in", "not", "or", "rescue",
    "return", "then", "unless", "until", "when", "while", "class", "yield",
];

/// Reports something that starts on this line and does not end, or is nested too deeply.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unfinished {
    pub(crate) line: u32,
}

/// Returns the tokens of a source, which must be shorter than 4 GiB.
pub(crate) fn tokens(source: &str) -> Result<Vec<Token>, Unfinished> {
    let mut lexer = Lexer {
        source,
        at: 0,
        line: 1,
        spaced: false,
        tokens: Vec::new(),
        heredocs: Vec::new(),
    };
    lexer.run()?;
    Ok(lexer.tokens)
}

pub(super) struct Lexer<'a> {
    pub(super) source: &'a str,
    pub(super) at: usize,
    pub(super) line: u32,
    /// White space precedes the next token.
    pub(super) spaced: bool,
    pub(super) tokens: Vec<Token>,
    /// The here documents that start after this line: their end words, and `true` if the end may be
    /// indented.
    pub(super) heredocs: Vec<(&'a str, bool)>,
}

impl<'a> Lexer<'a> {
    fn run(&mut self) -> Result<(), Unfinished> {
        if !self.start_of_line()? {
            return Ok(());
        }
        while let Some(byte) = self.peek(0) {
            match byte {
                b'\n' => {
                    self.push(Kind::Newline, 1);
                    self.line += 1;
                    self.skip_heredocs()?;
                    if !self.start_of_line()? {
                        return Ok(());
                    }
                    continue;
                }
                b' ' | b'\t' | b'\r' | 0x0b | 0x0c => {
                    self.at += 1;
                    self.spaced = true;
                    continue;
                }
                b'\\' if self.rest().starts_with("\\\n") => self.continue_line(2),
                b'\\' if self.rest().starts_with("\\\r\n") => self.continue_line(3),
                b'#' => self.at += self.rest().find('\n').unwrap_or(self.rest().len()),
                _ => self.token(byte)?,
            }
            self.spaced = matches!(byte, b'\\' | b'#');
        }
        Ok(())
    }

    fn token(&mut self, byte: u8) -> Result<(), Unfinished> {
        match byte {
            b'"' | b'\'' => self.quoted(byte),
            b'`' => {
                let start = self.at;
                self.at += 1;
                self.skip_text(None, b'`', true, 0)?;
                self.push_from(Kind::Other, start);
                Ok(())
            }
            b':' => self.colon(),
            b'@' | b'$' => {
                let sigils = self.rest().bytes().take_while(|b| *b == byte).count();
                // `$!` and `$1`: one more character of any kind.
                let name = self.word_length(sigils).max(usize::from(byte == b'$'));
                self.push_checked(Kind::Other, sigils + name);
                Ok(())
            }
            b'0'..=b'9' => {
                self.number();
                Ok(())
            }
            _ if is_word(byte) => {
                self.word();
                Ok(())
            }
            b'/' if self.begins_value(|next| next != b'=') => {
                let start = self.at;
                self.at += 1;
                self.skip_text(None, b'/', true, 0)?;
                self.at += self.word_length(0); // the options of a regular expression
                self.push_from(Kind::Other, start);
                Ok(())
            }
            b'%' if self.begins_value(|_| true) && self.percent()? => Ok(()),
            b'<' if self.rest().starts_with("<<") && self.heredoc() => Ok(()),
            b'?' if self.begins_value(|_| true) && !self.peek(2).is_some_and(is_word) => {
                let length = self.rest().chars().nth(1).map_or(0, char::len_utf8);
                self.push(Kind::Other, 1 + length);
                Ok(())
            }
            _ => {
                let rest = self.rest();
                let known = OPERATORS.iter().find(|known| rest.starts_with(**known));
                let length = known.map_or_else(
                    || rest.chars().next().map_or(1, char::len_utf8),
                    |known| known.len(),
                );
                self.push(Kind::Operator, length);
                Ok(())
            }
        }
    }

    pub(super) fn rest(&self) -> &'a str {
        self.source.get(self.at..).unwrap_or_default()
    }

    pub(super) fn peek(&self, ahead: usize) -> Option<u8> {
        self.source.as_bytes().get(self.at + ahead).copied()
    }

    pub(super) fn push(&mut self, kind: Kind, length: usize) {
        let start = self.at;
        self.at += length;
        self.push_from(kind, start);
    }

    /// Pushes a token that ends at the source's end at the latest, and never inside a character.
    pub(super) fn push_checked(&mut self, kind: Kind, length: usize) {
        let mut end = (self.at + length).min(self.source.len());
        while !self.source.is_char_boundary(end) {
            end += 1;
        }
        self.push(kind, end - self.at);
    }

    pub(super) fn push_from(&mut self, kind: Kind, start: usize) {
        let place = |place: usize| u32::try_from(place).unwrap_or(u32::MAX);
        let newlines = self.source.get(start..self.at).unwrap_or_default();
        let newlines = newlines.bytes().filter(|byte| *byte == b'\n').count();
        let own = if kind == Kind::Newline { 0 } else { newlines };
        self.tokens.push(Token {
            kind,
            // The line where it starts; the line counter may have moved on to the line where it ends.
            line: self.line.saturating_sub(place(own)),
            start: place(start),
            end: place(self.at),
        });
        self.spaced = false;
    }

    fn continue_line(&mut self, length: usize) {
        self.at += length;
        self.line += 1;
    }

    /// Skips `=begin` to `=end`; returns `false` at `__END__`, after which there is no code.
    fn start_of_line(&mut self) -> Result<bool, Unfinished> {
        loop {
            let rest = self.rest();
            let line = rest.lines().next().unwrap_or_default();
            if line == "__END__" {
                return Ok(false);
            }
            if !is_block_comment(line, "=begin") {
                return Ok(true);
            }
            let begun = self.line;
            loop {
                let line = self.skip_line().ok_or(Unfinished { line: begun })?;
                if is_block_comment(line, "=end") {
                    break;
                }
            }
        }
    }

    /// Skips the line that starts here, and returns it.
    pub(super) fn skip_line(&mut self) -> Option<&'a str> {
        let rest = self.rest();
        if rest.is_empty() {
            return None;
        }
        let length = rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.at += length;
        self.line += 1;
        rest.get(..length)
            .map(|line| line.trim_end_matches(['\n', '\r']))
    }

    /// Checks that the last token ends an expression.
    pub(super) fn after_value(&self) -> bool {
        let Some(last) = self.tokens.last() else {
            return false;
        };
        let text = last.text(self.source);
        match last.kind {
            Kind::Word => !EXPRESSION_FOLLOWS.contains(&text),
            Kind::Symbol | Kind::Text | Kind::Interpolated | Kind::Number | Kind::Other => true,
            Kind::Operator => matches!(text, ")" | "]" | "}"),
            Kind::Label | Kind::Newline => false,
        }
    }

    /// Checks that a character that may be an operator or start a value starts one: it does not
    /// follow a value, or it follows a name as in `puts /x/`.
    fn begins_value(&self, next: fn(u8) -> bool) -> bool {
        let after_name = self
            .tokens
            .last()
            .is_some_and(|last| last.kind == Kind::Word);
        let close = self.peek(1).filter(|byte| !byte.is_ascii_whitespace());
        !self.after_value() || after_name && self.spaced && close.is_some_and(next)
    }

    fn colon(&mut self) -> Result<(), Unfinished> {
        let next = self.peek(1);
        if let Some(quote @ (b'"' | b'\'')) = next
            && !self.last_is("?")
        {
            let start = self.at;
            self.at += 2;
            self.skip_text(None, quote, quote == b'"', 0)?;
            self.push_from(Kind::Other, start);
        } else if next.is_some_and(|byte| is_word(byte) && !byte.is_ascii_digit()) {
            let mut length = 1 + self.word_length(1);
            match (self.peek(length), self.peek(length + 1)) {
                (Some(b'?' | b'!'), next) if next != Some(b'=') => length += 1,
                (Some(b'='), next) if !matches!(next, Some(b'=' | b'~' | b'>')) => length += 1,
                _ => {}
            }
            self.push(Kind::Symbol, length);
        } else {
            self.push(Kind::Operator, if next == Some(b':') { 2 } else { 1 });
        }
        Ok(())
    }

    fn number(&mut self) {
        let mut length = self.word_length(0);
        if self.peek(length) == Some(b'.')
            && self
                .peek(length + 1)
                .is_some_and(|byte| byte.is_ascii_digit())
        {
            length += 1;
            length += self.word_length(length);
        }
        self.push(Kind::Number, length);
    }

    fn word(&mut self) {
        let mut length = self.word_length(0);
        if matches!(self.peek(length), Some(b'?' | b'!'))
            && (self.peek(length + 1) != Some(b'=') || self.peek(length + 2) == Some(b'='))
        {
            length += 1;
        }
        let is_label = self.peek(length) == Some(b':')
            && self.peek(length + 1) != Some(b':')
            && !self.last_is("?")
            && !self.last_is(".");
        if is_label {
            self.push(Kind::Label, length + 1);
        } else {
            self.push(Kind::Word, length);
        }
    }

    pub(super) fn last_is(&self, operator: &str) -> bool {
        let last = self.tokens.last();
        last.is_some_and(|last| last.is(self.source, Kind::Operator, operator))
    }

    /// Returns the number of bytes from there on that belong to a word.
    pub(super) fn word_length(&self, from: usize) -> usize {
        let bytes = self.source.as_bytes().get(self.at + from..);
        let bytes = bytes.unwrap_or_default().iter();
        bytes.take_while(|byte| is_word(**byte)).count()
    }
}

pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || !byte.is_ascii()
}

fn is_block_comment(line: &str, word: &str) -> bool {
    let rest = line.strip_prefix(word);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r']))
}
