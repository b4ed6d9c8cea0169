//! Reads Ruby source without running it: finds its statements, and those of them that are plain.

mod block;
pub(super) mod expression;
mod lexer;
pub(super) mod literal;
mod opening;
pub(super) mod receiver;
pub(super) mod statement;
mod string_literal;
pub(super) mod token;

use std::path::Path;

use zeroize::Zeroizing;

use super::runtime::Runtime;
use expression::Scope;
use lexer::Unfinished;
use statement::Walk;
use token::{Kind, Token};

/// The number of characters from which on a text may be a secret, and is not shown.
const MAYBE_SECRET: usize = 30;

/// The number of characters of a statement that are shown.
const SHOWN: usize = 120;

/// A source with its tokens.
pub(super) struct Source {
    text: Zeroizing<String>,
    tokens: Vec<Token>,
}

impl Source {
    pub(super) fn parse(text: Zeroizing<String>) -> Result<Self, Unfinished> {
        let tokens = lexer::tokens(&text)?;
        Ok(Self { text, tokens })
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the statements of the file, which has this absolute path.
    pub(super) fn walk<'a>(&'a self, file: &'a Path, runtime: &'a Runtime) -> Walk<'a> {
        Walk::new(&self.tokens, Scope::new(&self.text, file, runtime))
    }

    /// Returns the first line of a statement for messages, without texts that are or may be
    /// secrets.
    pub(super) fn excerpt(&self, tokens: &[Token], secret: bool) -> String {
        let Some(first) = tokens.first() else {
            return String::new();
        };
        let mut excerpt = String::new();
        let mut from = first.span().0;
        for token in tokens.iter().take_while(|token| token.line == first.line) {
            let (start, end) = token.span();
            excerpt.push_str(self.text.get(from..start).unwrap_or_default());
            from = end;
            let text = token.text(&self.text);
            let hides = matches!(token.kind, Kind::Text | Kind::Interpolated | Kind::Other)
                && (secret || text.chars().count() >= MAYBE_SECRET);
            excerpt.push_str(if hides { "\"...\"" } else { text });
        }
        if excerpt.chars().count() > SHOWN {
            excerpt = excerpt.chars().take(SHOWN).collect();
            excerpt.push_str("...");
        }
        excerpt
    }
}
