//! [`Scope`]: evaluates the expressions that need no Ruby: literals, `Rails.env`, `Rails.root`, and
//! operators between them.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::super::glob::Glob;
use super::super::runtime::Runtime;
use super::literal::{Argument, Literal, single, split};
use super::token::{Kind, Token};

/// The depth to which expressions may nest.
const MAX_DEPTH: usize = 16;

/// The file in which an expression stands.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(super) source: &'a str,
    pub(super) file: &'a Path,
    pub(super) runtime: &'a Runtime,
    pub(super) depth: usize,
}

impl<'a> Scope<'a> {
    /// Creates the scope of a file, which has this absolute path.
    pub(crate) const fn new(source: &'a str, file: &'a Path, runtime: &'a Runtime) -> Self {
        Self {
            source,
            file,
            runtime,
            depth: 0,
        }
    }

    pub(crate) const fn source(&self) -> &'a str {
        self.source
    }

    pub(crate) const fn runtime(&self) -> &'a Runtime {
        self.runtime
    }

    /// Returns the folder of the file.
    pub(crate) fn folder(&self) -> &'a Path {
        self.file.parent().unwrap_or(self.file)
    }

    /// Evaluates an expression; `None` if only Ruby can.
    pub(crate) fn literal(&self, tokens: &[Token]) -> Option<Literal> {
        let inner = Self {
            depth: self.depth + 1,
            ..*self
        };
        if inner.depth > MAX_DEPTH {
            return None;
        }
        inner.operation(tokens)
    }

    /// Evaluates a condition; `None` if only Ruby can.
    pub(crate) fn truth(&self, tokens: &[Token]) -> Option<bool> {
        match self.literal(tokens)? {
            Literal::Nil => Some(false),
            Literal::Bool(is_true) => Some(is_true),
            // Whether the variable is set is not known.
            Literal::Variable { .. } => None,
            _ => Some(true),
        }
    }

    /// Reads `Dir["pattern"]` or `Dir.glob("pattern")` at the start, with or without `.sort`. Returns
    /// the pattern, if it is known, and the tokens after it.
    pub(in crate::rails_app) fn files<'t>(
        &self,
        tokens: &'t [Token],
    ) -> Option<(Option<Glob>, &'t [Token])> {
        let (arguments, mut rest) = match tokens {
            [dir, rest @ ..] if dir.text(self.source) == "Dir" => match rest {
                [dot, glob, rest @ ..] if self.is(dot, ".") && glob.text(self.source) == "glob" => {
                    self.brackets(rest, "(")?
                }
                _ => self.brackets(rest, "[")?,
            },
            _ => return None,
        };
        let mut is_sorted = false;
        if let [dot, sort, after @ ..] = rest
            && self.is(dot, ".")
            && sort.text(self.source) == "sort"
        {
            is_sorted = true;
            rest = after;
        }
        let pattern = self.path(arguments);
        let glob = pattern.and_then(|path| {
            let pattern = path.to_str()?.to_owned();
            Some(Glob { pattern, is_sorted })
        });
        Some((glob, rest))
    }

    /// Evaluates an expression that names a file.
    pub(crate) fn path(&self, tokens: &[Token]) -> Option<PathBuf> {
        match self.literal(tokens)? {
            Literal::Path(path) => Some(path),
            Literal::Text(text) => Some(PathBuf::from(text.as_str())),
            _ => None,
        }
    }

    /// Returns the arguments of a call, with or without parentheses around them.
    pub(crate) fn arguments(&self, tokens: &[Token]) -> Vec<Argument> {
        let tokens = self.without_parentheses(tokens).unwrap_or(tokens);
        let mut arguments = Vec::new();
        for part in split(self.source, tokens) {
            match part {
                [open, inner @ .., close] if self.is(open, "{") && self.is(close, "}") => {
                    let inner = split(self.source, inner).into_iter();
                    arguments.extend(inner.map(|part| self.argument(part)));
                }
                _ => arguments.push(self.argument(part)),
            }
        }
        arguments
    }

    /// Returns the pairs of a Hash; `None` if some of it is no plain pair.
    pub(super) fn pairs(&self, tokens: &[Token]) -> Option<Vec<(String, Option<Literal>)>> {
        let pairs = split(self.source, tokens).into_iter();
        let pairs = pairs.map(|pair| match self.argument(pair) {
            Argument::Named(name, value) => Some((name, value)),
            _ => None,
        });
        pairs.collect()
    }

    fn argument(&self, tokens: &[Token]) -> Argument {
        match tokens {
            [star, ..] if ["*", "**", "&"].iter().any(|spread| self.is(star, spread)) => {
                Argument::Spread
            }
            [label, value @ ..] if label.kind == Kind::Label => {
                let name = label.text(self.source).trim_end_matches(':').to_owned();
                Argument::Named(name, self.literal(value))
            }
            [key, arrow, value @ ..] if self.is(arrow, "=>") || self.is(arrow, ":") => {
                match single(self.source, *key) {
                    Some(Literal::Symbol(name)) => Argument::Named(name, self.literal(value)),
                    Some(Literal::Text(name)) => {
                        Argument::Named(name.to_string(), self.literal(value))
                    }
                    _ => Argument::Positional(None),
                }
            }
            _ => Argument::Positional(self.literal(tokens)),
        }
    }

    pub(super) fn is(&self, token: &Token, operator: &str) -> bool {
        token.is(self.source, Kind::Operator, operator)
    }

    /// Returns the tokens inside parentheses that enclose all of these.
    fn without_parentheses<'t>(&self, tokens: &'t [Token]) -> Option<&'t [Token]> {
        let [open, inner @ .., close] = tokens else {
            return None;
        };
        let encloses = self.is(open, "(") && self.is(close, ")");
        (encloses && self.closing(tokens) == Some(tokens.len() - 1)).then_some(inner)
    }

    /// Returns the place of the bracket that closes the one at the start.
    fn closing(&self, tokens: &[Token]) -> Option<usize> {
        let mut depth = 0_usize;
        tokens.iter().position(|token| {
            if token.kind == Kind::Operator {
                match token.text(self.source) {
                    "(" | "[" | "{" => depth += 1,
                    ")" | "]" | "}" => depth = depth.saturating_sub(1),
                    _ => {}
                }
            }
            depth == 0
        })
    }

    /// Splits tokens at the first of these operators that is not inside brackets.
    fn split_at<'t>(
        &self,
        tokens: &'t [Token],
        operators: &[&str],
    ) -> Option<(&'t [Token], &'a str, &'t [Token])> {
        let mut depth = 0_usize;
        let place = tokens.iter().position(|token| {
            if token.kind != Kind::Operator {
                return false;
            }
            match token.text(self.source) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => depth = depth.saturating_sub(1),
                operator => return depth == 0 && operators.contains(&operator),
            }
            false
        })?;
        let operator = tokens.get(place)?.text(self.source);
        Some((tokens.get(..place)?, operator, tokens.get(place + 1..)?))
    }

    /// Evaluates operators, the ones that bind least first.
    fn operation(&self, tokens: &[Token]) -> Option<Literal> {
        if let Some(inner) = self.without_parentheses(tokens) {
            return self.literal(inner);
        }
        if let Some((condition, _, branches)) = self.split_at(tokens, &["?"]) {
            let (then, _, otherwise) = self.split_at(branches, &[":"])?;
            let chosen = if self.truth(condition)? {
                then
            } else {
                otherwise
            };
            return self.literal(chosen);
        }
        for operator in ["||", "&&"] {
            if let Some((left, _, right)) = self.split_at(tokens, &[operator]) {
                let decides = self.truth(left)? == (operator == "||");
                return self.literal(if decides { left } else { right });
            }
        }
        if let [not, operand @ ..] = tokens
            && self.is(not, "!")
            && self.split_at(operand, &["==", "!="]).is_none()
        {
            return Some(Literal::Bool(!self.truth(operand)?));
        }
        if let Some((left, operator, right)) = self.split_at(tokens, &["==", "!="]) {
            let equal = match (self.literal(left)?, self.literal(right)?) {
                (Literal::Text(left), Literal::Text(right)) => left == right,
                (Literal::Symbol(left), Literal::Symbol(right)) => left == right,
                // A String never equals a Symbol.
                (Literal::Text(_), Literal::Symbol(_)) | (Literal::Symbol(_), Literal::Text(_)) => {
                    false
                }
                _ => return None,
            };
            return Some(Literal::Bool(equal == (operator == "==")));
        }
        if let Some((left, operator, right)) = self.split_at(tokens, &["+", "*"]) {
            return match (self.literal(left)?, operator, self.literal(right)?) {
                (Literal::Text(left), "+", Literal::Text(right)) => Some(Literal::Text(
                    Zeroizing::new(format!("{}{}", *left, *right)),
                )),
                (Literal::Number(left), "*", Literal::Number(right)) => {
                    let product = left.parse::<u64>().ok()?;
                    let product = product.checked_mul(right.parse().ok()?)?;
                    Some(Literal::Number(product.to_string()))
                }
                _ => None,
            };
        }
        self.chain(tokens)
    }

    /// Evaluates a value and the methods that are called on it.
    fn chain(&self, tokens: &[Token]) -> Option<Literal> {
        let (mut value, mut rest) = self.receiver(tokens)?;
        while let [dot, method, after @ ..] = rest {
            if !self.is(dot, ".") || method.kind != Kind::Word {
                return None;
            }
            let (arguments, after) = self.brackets(after, "(").unwrap_or((&[], after));
            value = self.call(value, method.text(self.source), arguments)?;
            rest = after;
        }
        rest.is_empty().then_some(value)
    }

    /// Returns the tokens inside brackets at the start, and those after them.
    pub(super) fn brackets<'t>(
        &self,
        tokens: &'t [Token],
        open: &str,
    ) -> Option<(&'t [Token], &'t [Token])> {
        if !self.is(tokens.first()?, open) {
            return None;
        }
        let end = self.closing(tokens)?;
        Some((tokens.get(1..end)?, tokens.get(end + 1..)?))
    }
}
