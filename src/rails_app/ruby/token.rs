//! [`Token`]: a piece of Ruby source.

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name, a constant or a keyword.
    Word,
    /// `name:`, the key of a pair.
    Label,
    /// `:name`.
    Symbol,
    /// A text in quotes without interpolation.
    Text,
    /// A text in double quotes with interpolations.
    Interpolated,
    /// A number.
    Number,
    /// Punctuation.
    Operator,
    /// The end of a line.
    Newline,
    /// A value of any other kind: a regular expression, `%w[]`, `@name`.
    Other,
}

/// A piece of the source: its kind and its position.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    pub(crate) line: u32,
    pub(super) start: u32,
    pub(super) end: u32,
}

impl Token {
    /// Returns the position in bytes.
    pub(crate) fn span(self) -> (usize, usize) {
        (self.start as usize, self.end as usize)
    }

    /// Returns the text as written in the source.
    pub(crate) fn text(self, source: &str) -> &str {
        let (start, end) = self.span();
        source.get(start..end).unwrap_or_default()
    }

    pub(crate) fn is(self, source: &str, kind: Kind, text: &str) -> bool {
        self.kind == kind && self.text(source) == text
    }
}
