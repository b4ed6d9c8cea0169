//! Recognizes the statements that only open or divide a block, and says what the block is.

use super::block::{Block, Branches, Reach};
use super::literal::{Literal, constant};
use super::statement::{Walk, is_application};
use super::token::{Kind, Token};

impl Walk<'_> {
    /// Begins the next branch of an `if` or `case` if the statement does that. Returns `false` if it
    /// has a condition that only Ruby can evaluate.
    pub(super) fn divide(&mut self, tokens: &[Token]) -> Option<bool> {
        let (scope, source) = (self.scope, self.source);
        let [word, condition @ ..] = tokens else {
            return None;
        };
        let Some(Block::Branches(branches)) = self.blocks.last_mut() else {
            return None;
        };
        if word.kind != Kind::Word || self.deeper > 0 {
            return None;
        }
        let condition = without_then(source, condition);
        let condition = match (word.text(source), &branches.subject) {
            ("else", _) if condition.is_empty() => Some(true),
            ("elsif", _) => scope.truth(condition),
            ("when", Some(subject)) => {
                let mut is_any = Some(false);
                for argument in condition.split(|token| token.text(source) == ",") {
                    is_any = match (is_any, scope.literal(argument)) {
                        (Some(is_any), Some(Literal::Text(text))) => {
                            Some(is_any || *text == *subject)
                        }
                        _ => None,
                    };
                }
                is_any
            }
            // The patterns after `in` are not read.
            ("when", None) | ("in", _) => None,
            _ => return None,
        };
        branches.next(condition);
        Some(condition.is_some())
    }

    /// Returns the block that a statement opens, if it does nothing else and is plain.
    pub(super) fn plain_block(&mut self, tokens: &[Token]) -> Option<Block> {
        let source = self.source;
        match tokens {
            [module, name @ ..] if module.is(source, Kind::Word, "module") => {
                constant(source, name).map(Block::Module)
            }
            [class, rest @ ..] if class.is(source, Kind::Word, "class") => {
                let less = rest
                    .iter()
                    .position(|token| token.is(source, Kind::Operator, "<"))?;
                let (name, parent) = rest.split_at_checked(less)?;
                if constant(source, parent.get(1..)?)? != "Rails::Application" {
                    return None;
                }
                let modules = self.blocks.iter().filter_map(|block| match block {
                    Block::Module(name) => Some(name.clone()),
                    _ => None,
                });
                let mut path: Vec<_> = modules.collect();
                path.push(constant(source, name)?);
                if self.reach() == Reach::Runs {
                    self.application.get_or_insert(path.join("::"));
                }
                Some(Block::Application)
            }
            [word, condition @ ..]
                if word.kind == Kind::Word && ["if", "unless"].contains(&word.text(source)) =>
            {
                let word_text = word.text(source);
                let is_true = self.scope.truth(without_then(source, condition))?;
                let runs = is_true == (word_text == "if");
                Some(Block::Branches(Branches::new(
                    word_text,
                    word.line,
                    Some(runs),
                )))
            }
            [case, subject @ ..] if case.is(source, Kind::Word, "case") => {
                match self.scope.literal(subject)? {
                    Literal::Text(text) => {
                        let subject = Some(text.to_string());
                        Some(Block::Branches(Branches::case(case.line, subject)))
                    }
                    _ => None,
                }
            }
            [before @ .., d] if d.is(source, Kind::Word, "do") => {
                if let Some((path, [])) = self.path(before)
                    && path == ["after_initialize"]
                {
                    return Some(Block::AfterInitialize(d.line));
                }
                let [receiver @ .., dot, configure] = before else {
                    return None;
                };
                let plain = dot.is(source, Kind::Operator, ".")
                    && configure.is(source, Kind::Word, "configure")
                    && self.is_application(receiver);
                plain.then_some(Block::Configure)
            }
            [before @ .., d, open, name, close]
                if d.is(source, Kind::Word, "do")
                    && open.is(source, Kind::Operator, "|")
                    && close.is(source, Kind::Operator, "|") =>
            {
                self.block_with_name(before, *name, d.line)
            }
            _ => None,
        }
    }

    /// Returns the plain block that these tokens open with `do |name|`.
    fn block_with_name(&self, before: &[Token], name: Token, line: u32) -> Option<Block> {
        let name = name.text(self.source).to_owned();
        let words: Vec<_> = before.iter().map(|token| token.text(self.source)).collect();
        if words == ["Rails", "::", "Initializer", ".", "run"] && name == "config" {
            return Some(Block::Configure);
        }
        if words.first() == Some(&"Dir") {
            let (pattern, rest) = self.scope.files(before)?;
            let each = rest.iter().map(|token| token.text(self.source));
            let is_each = each.eq([".", "each"]);
            return (is_each || rest.is_empty()).then_some(Block::Files {
                name,
                pattern,
                line,
            });
        }
        let (mut path, rest) = self.path(before)?;
        if rest.is_empty() && path == ["after_initialize"] {
            return Some(Block::AfterInitialize(line));
        }
        (rest.is_empty() && path.pop().as_deref() == Some("tap")).then_some(Block::Tap(name, path))
    }

    /// Checks for the application itself: `Rails.application`, `Shop::Application`.
    fn is_application(&self, tokens: &[Token]) -> bool {
        let words: Vec<_> = tokens.iter().map(|token| token.text(self.source)).collect();
        words == ["Rails", ".", "application"]
            || constant(self.source, tokens).is_some_and(|class| is_application(&class))
    }
}

/// Removes the `then` after a condition.
fn without_then<'t>(source: &str, condition: &'t [Token]) -> &'t [Token] {
    match condition {
        [condition @ .., then] if then.is(source, Kind::Word, "then") => condition,
        all => all,
    }
}
