//! Parses plain values on the right of an assignment or among arguments.

use std::time::Duration;

use zeroize::Zeroizing;

use super::token::{Kind, Token};

/// A value that can be read without running Ruby.
pub(crate) enum Literal {
    Nil,
    Bool(bool),
    /// The digits as written, without `_`: `7.1` may be a version.
    Number(String),
    Symbol(String),
    Text(Zeroizing<String>),
    Texts(Vec<String>),
    /// A constant, without a leading `::`.
    Constant(String),
    /// `14.days`.
    Duration(Duration),
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

/// The seconds of the units that always have the same length (`Numeric#days` and the like). Months
/// and years depend on the calendar.
const UNITS: &[(&str, u64)] = &[
    ("second", 1),
    ("minute", 60),
    ("hour", 3600),
    ("day", 86_400),
    ("week", 604_800),
    ("fortnight", 1_209_600),
];

/// Parses tokens as a literal; `None` if they are not one.
pub(crate) fn literal(source: &str, tokens: &[Token]) -> Option<Literal> {
    let text = |token: &Token| token.text(source);
    let is = |token: &Token, operator: &str| token.is(source, Kind::Operator, operator);
    match tokens {
        [one] => single(source, *one),
        [one, dot, freeze] if is(dot, ".") && text(freeze) == "freeze" => {
            Some(single(source, *one)?).filter(|value| matches!(value, Literal::Text(_)))
        }
        [number, dot, unit] if number.kind == Kind::Number && is(dot, ".") => {
            let seconds = UNITS.iter().find_map(|(name, seconds)| {
                let unit = text(unit);
                (unit.strip_suffix('s').unwrap_or(unit) == *name).then_some(*seconds)
            })?;
            let number: u64 = digits(text(number)).parse().ok()?;
            Some(Literal::Duration(Duration::from_secs(
                number.checked_mul(seconds)?,
            )))
        }
        [env, open, name, close] if text(env) == "ENV" && is(open, "[") && is(close, "]") => {
            variable(source, *name, false)
        }
        [env, dot, fetch, open, name, close]
            if text(env) == "ENV"
                && is(dot, ".")
                && text(fetch) == "fetch"
                && is(open, "(")
                && is(close, ")") =>
        {
            variable(source, *name, true)
        }
        [open, items @ .., close] if is(open, "[") && is(close, "]") => {
            let items = split(source, items).into_iter().map(|item| match item {
                [item] if item.kind == Kind::Text => {
                    decode(text(item)).map(|text| text.to_string())
                }
                _ => None,
            });
            items.collect::<Option<_>>().map(Literal::Texts)
        }
        _ => constant(source, tokens).map(Literal::Constant),
    }
}

fn single(source: &str, token: Token) -> Option<Literal> {
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
        _ => constant(source, &[token]).map(Literal::Constant),
    }
}

fn digits(number: &str) -> String {
    number.replace('_', "")
}

fn variable(source: &str, name: Token, required: bool) -> Option<Literal> {
    match single(source, name)? {
        Literal::Text(name) => Some(Literal::Variable {
            name: name.to_string(),
            required,
        }),
        _ => None,
    }
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

/// Returns the contents of a text in quotes.
fn decode(quoted: &str) -> Option<Zeroizing<String>> {
    let quote = quoted.chars().next()?;
    let inner = quoted.strip_prefix(quote)?.strip_suffix(quote)?;
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

/// Returns the arguments of a call, with or without parentheses around them.
pub(crate) fn arguments(source: &str, tokens: &[Token]) -> Vec<Argument> {
    let is = |token: &Token, operator: &str| token.is(source, Kind::Operator, operator);
    let tokens = match tokens {
        [open, inner @ .., close] if is(open, "(") && is(close, ")") => inner,
        all => all,
    };
    let mut arguments = Vec::new();
    for part in split(source, tokens) {
        match part {
            [open, inner @ .., close] if is(open, "{") && is(close, "}") => {
                arguments.extend(
                    split(source, inner)
                        .into_iter()
                        .map(|part| argument(source, part)),
                );
            }
            _ => arguments.push(argument(source, part)),
        }
    }
    arguments
}

fn argument(source: &str, tokens: &[Token]) -> Argument {
    let is = |token: &Token, operator: &str| token.is(source, Kind::Operator, operator);
    match tokens {
        [star, ..] if ["*", "**", "&"].iter().any(|star_| is(star, star_)) => Argument::Spread,
        [label, value @ ..] if label.kind == Kind::Label => {
            let name = label.text(source).trim_end_matches(':').to_owned();
            Argument::Named(name, literal(source, value))
        }
        [key, arrow, value @ ..] if is(arrow, "=>") || is(arrow, ":") => {
            match single(source, *key) {
                Some(Literal::Symbol(name)) => Argument::Named(name, literal(source, value)),
                Some(Literal::Text(name)) => {
                    Argument::Named(name.to_string(), literal(source, value))
                }
                _ => Argument::Positional(None),
            }
        }
        _ => Argument::Positional(literal(source, tokens)),
    }
}

/// Splits tokens at commas that are not inside brackets.
fn split<'t>(source: &str, tokens: &'t [Token]) -> Vec<&'t [Token]> {
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
