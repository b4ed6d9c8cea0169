//! [`Literal`]: a value that can be read without running Ruby, and the tokens of the plain ones.

use std::path::PathBuf;
use std::time::Duration;

use zeroize::Zeroizing;

use super::token::{Kind, Token};

/// A value that can be read without running Ruby.
#[derive(Clone)]
pub(crate) enum Literal {
    Nil,
    Bool(bool),
    /// The digits as written, without `_`: `7.1` may be a version.
    Number(String),
    Symbol(String),
    Text(Zeroizing<String>),
    Texts(Vec<String>),
    /// An Array with other items than texts.
    List(Vec<Option<Literal>>),
    /// A Hash whose keys are Symbols or texts.
    Pairs(Vec<(String, Option<Literal>)>),
    /// A constant, without a leading `::`.
    Constant(String),
    /// `14.days`.
    Duration {
        length: Duration,
        /// Months or years, of the mean length.
        is_mean: bool,
    },
    /// `Rails.root.join("config")`: a path, which is no text.
    Path(PathBuf),
    /// `ENV["NAME"]` or `ENV.fetch("NAME")`.
    Variable {
        name: String,
        required: bool,
    },
}

/// An argument of a call.
pub(crate) enum Argument {
    Positional(Option<Literal>),
    Named(String, Option<Literal>),
    /// `*list`, `**options`, `&block`.
    Spread,
}

/// Parses a token as a literal.
pub(super) fn single(source: &str, token: Token) -> Option<Literal> {
    let text = token.text(source);
    match (token.kind, text) {
        (Kind::Word, "nil") => Some(Literal::Nil),
        (Kind::Word, "true") => Some(Literal::Bool(true)),
        (Kind::Word, "false") => Some(Literal::Bool(false)),
        (Kind::Symbol, _) => text
            .strip_prefix(':')
            .map(|name| Literal::Symbol(name.to_owned())),
        (Kind::Number, _) => Some(Literal::Number(digits(text))),
        (Kind::Text, _) => decode(text).map(Literal::Text),
        (Kind::Other, _) => words(text).map(Literal::Texts),
        _ => constant(source, &[token]).map(Literal::Constant),
    }
}

/// Returns the words of `%w[one two]`.
fn words(text: &str) -> Option<Vec<String>> {
    let inner = text.strip_prefix("%w")?.get(1..)?;
    let inner = inner.get(..inner.len().checked_sub(1)?)?;
    let plain = !inner.contains('\\');
    plain.then(|| inner.split_whitespace().map(str::to_owned).collect())
}

pub(super) fn digits(number: &str) -> String {
    number.replace('_', "")
}

/// Parses tokens that are exactly a constant such as `A::B`.
pub(super) fn constant(source: &str, tokens: &[Token]) -> Option<String> {
    let colons = |token: &&Token| token.is(source, Kind::Operator, "::");
    let tokens = match tokens {
        [first, rest @ ..] if colons(&first) => rest,
        all => all,
    };
    let mut path = String::new();
    for (index, token) in tokens.iter().enumerate() {
        if index % 2 == 1 {
            if !colons(&token) {
                return None;
            }
            path.push_str("::");
            continue;
        }
        let name = token.text(source);
        if token.kind != Kind::Word || !name.starts_with(|first: char| first.is_ascii_uppercase()) {
            return None;
        }
        path.push_str(name);
    }
    (tokens.len() % 2 == 1).then_some(path)
}

/// Returns the contents of a text in quotes, without interpolation.
fn decode(quoted: &str) -> Option<Zeroizing<String>> {
    let quote = quoted.chars().next()?;
    let inner = quoted.strip_prefix(quote)?.strip_suffix(quote)?;
    unescape(inner, quote)
}

/// Replaces the escapes in a part of a text in quotes.
pub(super) fn unescape(inner: &str, quote: char) -> Option<Zeroizing<String>> {
    let mut text = Zeroizing::new(String::with_capacity(inner.len()));
    let mut characters = inner.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        let escaped = characters.next()?;
        if quote == '\'' {
            if !matches!(escaped, '\'' | '\\') {
                text.push('\\');
            }
            text.push(escaped);
            continue;
        }
        text.push(match escaped {
            'n' => '\n',
            't' => '\t',
            's' => ' ',
            'r' => '\r',
            'e' => '\u{1b}',
            // Octal, hexadecimal, control and Unicode escapes, and a continued line: not plain.
            '0'..='9' | 'x' | 'u' | 'c' | 'C' | 'M' | 'a' | 'b' | 'f' | 'v' | '\n' => return None,
            other => other,
        });
    }
    Some(text)
}

/// Splits tokens at commas that are not inside brackets.
pub(crate) fn split<'t>(source: &str, tokens: &'t [Token]) -> Vec<&'t [Token]> {
    let mut depth = 0_i32;
    let parts = tokens.split(|token| {
        if token.kind == Kind::Operator {
            match token.text(source) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth -= 1,
                "," => return depth == 0,
                _ => {}
            }
        }
        false
    });
    // A list may end with a comma.
    parts.filter(|part| !part.is_empty()).collect()
}
