//! Evaluates the values at the start of an expression, and the methods that are called on them.

use std::time::Duration;

use zeroize::Zeroizing;

use super::super::file::normalized;
use super::expression::Scope;
use super::lexer;
use super::literal::{Literal, constant, single, split, unescape};
use super::token::{Kind, Token};

/// The most bytes of an interpolated text: the directory's path may stand in it often.
const MOST_OF_A_TEXT: usize = 64 * 1024;

/// The seconds of each unit (`Numeric#days` and the like). A month and a year are those of
/// `1.month.to_i` (`ActiveSupport::Duration`): a twelfth of 365.2425 days, and these days.
const UNITS: &[(&str, u64)] = &[
    ("second", 1),
    ("minute", 60),
    ("hour", 3600),
    ("day", 86_400),
    ("week", 604_800),
    ("fortnight", 1_209_600),
    ("month", 2_629_746),
    ("year", 31_556_952),
];

/// The version from which on `1.month.to_i` has these seconds; before, a month had 30 days.
const MEAN_MONTHS: (u16, u16, u16) = (5, 1, 0);

/// Questions that every String answers, so that they do not ask for an environment.
const OF_STRINGS: &[&str] = &[
    "acts_like",
    "ascii_only",
    "between",
    "blank",
    "casecmp",
    "duplicable",
    "empty",
    "end_with",
    "ends_with",
    "eql",
    "equal",
    "exclude",
    "frozen",
    "html_safe",
    "in",
    "include",
    "instance_of",
    "is_a",
    "is_utf8",
    "kind_of",
    "match",
    "nil",
    "present",
    "respond_to",
    "start_with",
    "starts_with",
    "tainted",
    "unicode_normalized",
    "untrusted",
    "valid_encoding",
];

impl<'a> Scope<'a> {
    /// Evaluates the value at the start, and returns it with the tokens after it.
    pub(super) fn receiver<'t>(&self, tokens: &'t [Token]) -> Option<(Literal, &'t [Token])> {
        let words = tokens.iter().take(5).map(|token| token.text(self.source));
        let words: Vec<_> = words.collect();
        let after = |count| tokens.get(count..).unwrap_or_default();
        let text = |text: &str| Literal::Text(Zeroizing::new(text.to_owned()));
        match words.as_slice() {
            ["Rails", ".", "env", ".", question] if environment(question).is_some() => {
                let name = environment(question)?;
                let answer = self.runtime.is_environment(name)?;
                return Some((Literal::Bool(answer), after(5)));
            }
            ["Rails", ".", "env", ..] => {
                return Some((text(&self.runtime.environment), after(3)));
            }
            ["Rails", ".", "root", ..] => {
                return Some((Literal::Path(self.runtime.root.clone()), after(3)));
            }
            ["__dir__", ..] => return Some((text(self.folder().to_str()?), after(1))),
            ["__FILE__", ..] => return Some((text(self.file.to_str()?), after(1))),
            ["ENV", "[", ..] => {
                let (name, after) = self.brackets(after(1), "[")?;
                return Some((self.variable(name, false)?, after));
            }
            ["ENV", ".", "fetch", ..] => {
                let (name, after) = self.brackets(after(3), "(")?;
                return Some((self.variable(name, true)?, after));
            }
            ["File", ".", method, "(", ..] => {
                let (arguments, after) = self.brackets(after(3), "(")?;
                return Some((self.file_method(method, arguments)?, after));
            }
            ["[", ..] => {
                let (items, after) = self.brackets(tokens, "[")?;
                let items = split(self.source, items).into_iter();
                let items: Vec<_> = items.map(|item| self.literal(item)).collect();
                let texts = items.iter().map(|item| match item {
                    Some(Literal::Text(text)) => Some(text.to_string()),
                    _ => None,
                });
                let list = match texts.collect::<Option<_>>() {
                    Some(texts) => Literal::Texts(texts),
                    None => Literal::List(items),
                };
                return Some((list, after));
            }
            ["{", ..] => {
                let (pairs, after) = self.brackets(tokens, "{")?;
                return Some((Literal::Pairs(self.pairs(pairs)?), after));
            }
            _ => {}
        }
        let first = tokens.first()?;
        if first.kind == Kind::Interpolated {
            let text = self.interpolated(first.text(self.source))?;
            return Some((Literal::Text(text), after(1)));
        }
        let dot = tokens.iter().position(|token| self.is(token, "."));
        let constant = constant(self.source, tokens.get(..dot.unwrap_or(tokens.len()))?);
        match constant {
            Some(class) if dot.is_none() => Some((Literal::Constant(class), &[])),
            Some(_) => None,
            None => Some((single(self.source, *first)?, after(1))),
        }
    }

    fn variable(&self, name: &[Token], required: bool) -> Option<Literal> {
        let [name] = name else {
            return None;
        };
        match single(self.source, *name)? {
            Literal::Text(name) => Some(Literal::Variable {
                name: name.to_string(),
                required,
            }),
            _ => None,
        }
    }

    /// Evaluates `File.join` and the other methods that only build paths.
    fn file_method(&self, method: &str, arguments: &[Token]) -> Option<Literal> {
        let paths = split(self.source, arguments).into_iter();
        let paths: Vec<_> = paths.map(|path| self.path(path)).collect::<Option<_>>()?;
        let path = match (method, paths.as_slice()) {
            ("join", [first, others @ ..]) => others.iter().fold(first.clone(), |path, next| {
                // Unlike `Pathname#join`, an absolute path is appended too.
                path.join(next.strip_prefix("/").unwrap_or(next))
            }),
            ("dirname", [path]) => path.parent()?.to_owned(),
            ("expand_path", [path]) if path.is_absolute() => normalized(path),
            ("expand_path", [path, from]) => normalized(&from.join(path)),
            _ => return None,
        };
        let text = path.to_str()?.to_owned();
        Some(Literal::Text(Zeroizing::new(text)))
    }

    /// Calls a method of a value.
    pub(super) fn call(
        &self,
        value: Literal,
        method: &str,
        arguments: &[Token],
    ) -> Option<Literal> {
        if let (Literal::Path(path), "join") = (&value, method) {
            let parts = split(self.source, arguments).into_iter();
            let parts: Vec<_> = parts.map(|part| self.path(part)).collect::<Option<_>>()?;
            let path = parts
                .iter()
                .fold(path.clone(), |path, part| path.join(part));
            return Some(Literal::Path(normalized(&path)));
        }
        match (value, method, arguments) {
            (Literal::Text(text), "freeze" | "to_s" | "dup", []) => Some(Literal::Text(text)),
            (Literal::Text(text), "to_sym", []) => Some(Literal::Symbol(text.to_string())),
            (Literal::Path(path), "to_s" | "to_path", []) => {
                let text = path.to_str()?.to_owned();
                Some(Literal::Text(Zeroizing::new(text)))
            }
            (Literal::Text(text), "in?", list) => match self.literal(list)? {
                Literal::Texts(list) => Some(Literal::Bool(list.contains(&text))),
                _ => None,
            },
            (Literal::Texts(list), "include?", item) => match self.literal(item)? {
                Literal::Text(item) => Some(Literal::Bool(list.contains(&item))),
                _ => None,
            },
            (Literal::Texts(list), "freeze", []) => Some(Literal::Texts(list)),
            (Literal::Number(number), unit, []) => {
                let unit = unit.strip_suffix('s').unwrap_or(unit);
                let (_, seconds) = UNITS.iter().find(|(name, _)| *name == unit)?;
                let seconds = number.parse::<u64>().ok()?.checked_mul(*seconds)?;
                Some(Literal::Duration {
                    length: Duration::from_secs(seconds),
                    is_mean: ["month", "year"].contains(&unit),
                })
            }
            (Literal::Duration { length, is_mean }, "to_i", []) => {
                let rails = self.runtime.rails;
                let known = !is_mean || rails.is_some_and(|rails| rails >= MEAN_MONTHS);
                known.then(|| Literal::Number(length.as_secs().to_string()))
            }
            _ => None,
        }
    }

    /// Returns the contents of a text in double quotes with `#{}` in it.
    fn interpolated(&self, quoted: &'a str) -> Option<Zeroizing<String>> {
        let mut rest = quoted.strip_prefix('"')?.strip_suffix('"')?;
        let mut text = Zeroizing::new(String::with_capacity(quoted.len() + 64));
        while let Some(place) = interpolation(rest) {
            let (before, code) = rest.split_at_checked(place)?;
            text.push_str(&unescape(before, '"')?);
            let code = code.strip_prefix("#{")?;
            // Code with a brace or a text in it is not looked into.
            let (code, after) = code.split_once('}')?;
            if code.contains(['{', '"', '\'']) {
                return None;
            }
            let tokens = lexer::tokens(code).ok()?;
            let inner = Self {
                source: code,
                ..*self
            };
            match inner.literal(&tokens)? {
                Literal::Text(value) => text.push_str(&value),
                Literal::Symbol(value) | Literal::Number(value) => text.push_str(&value),
                Literal::Path(path) => text.push_str(path.to_str()?),
                _ => return None,
            }
            if text.len() > MOST_OF_A_TEXT {
                return None;
            }
            rest = after;
        }
        text.push_str(&unescape(rest, '"')?);
        Some(text)
    }
}

/// Returns the environment that a method of `Rails.env` asks for.
fn environment(question: &str) -> Option<&str> {
    let name = question.strip_suffix('?')?;
    (!OF_STRINGS.contains(&name)).then_some(name)
}

/// Returns the place of the first interpolation in the inside of a text.
fn interpolation(text: &str) -> Option<usize> {
    let mut escaped = false;
    let mut bytes = text.bytes().zip(text.bytes().skip(1)).enumerate();
    bytes.find_map(|(place, (byte, next))| {
        let starts = !escaped && byte == b'#' && b"{@$".contains(&next);
        escaped = !escaped && byte == b'\\';
        starts.then_some(place)
    })
}
