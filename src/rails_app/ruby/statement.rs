//! Finds a source's statements in order, and the blocks around each: a statement is plain only if
//! it runs exactly once and without a condition.

use super::super::glob::Glob;
use super::block::{Block, Branches};
use super::expression::Scope;
use super::literal::constant;
use super::token::{Kind, Token};

pub(crate) use super::block::Reach;

/// Words that make the code before them conditional.
pub(crate) const MODIFIERS: &[&str] = &["if", "unless", "while", "until", "rescue", "and", "or"];

/// Operators after which a statement continues on the next line.
const GOES_ON: &[&str] = &[
    ",", ".", "&.", "::", "=", "||=", "&&=", "+=", "||", "&&", "+", "-", "*", "=>", "?", ":", "!",
    "==", "(", "[", "{", "<<", "->", "<",
];

/// The depth to which blocks are told apart, and the most local variables that are remembered: the
/// work for a statement grows with both.
const MOST: usize = 200;

/// A statement, without the newlines in it.
pub(crate) struct Statement {
    pub(crate) tokens: Vec<Token>,
    pub(crate) reach: Reach,
    /// It only opens, divides or closes a block that is itself plain.
    pub(crate) opens_plainly: bool,
    /// The line of the `after_initialize` around it.
    pub(crate) late: Option<u32>,
}

/// Iterates over a source's statements.
pub(crate) struct Walk<'a> {
    pub(super) scope: Scope<'a>,
    pub(super) source: &'a str,
    tokens: &'a [Token],
    at: usize,
    pub(super) blocks: Vec<Block>,
    /// The number of open blocks beyond the deepest that is told apart.
    pub(super) deeper: usize,
    /// Local variables that refer to a path below `config`.
    locals: Vec<(String, Vec<String>)>,
    /// The statements after a `return` may not run, or never do.
    returned: Reach,
    /// The application's class with its modules, if it is defined here.
    pub(crate) application: Option<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(tokens: &'a [Token], scope: Scope<'a>) -> Self {
        Self {
            scope,
            source: scope.source(),
            tokens,
            at: 0,
            blocks: Vec::new(),
            deeper: 0,
            locals: Vec::new(),
            returned: Reach::Runs,
            application: None,
        }
    }

    /// Returns the scope in which expressions are evaluated.
    pub(crate) const fn scope(&self) -> Scope<'a> {
        self.scope
    }

    /// Returns the next statement. The blocks that it opens and closes count from the following one
    /// on. A condition after the statement is evaluated and removed.
    pub(crate) fn next(&mut self) -> Option<Statement> {
        let mut tokens = self.take()?;
        let late = self.late();
        if let Some(is_plain) = self.divide(&tokens) {
            let reach = self.reach();
            if !is_plain {
                self.follow(&tokens);
            }
            return Some(Statement {
                tokens,
                reach,
                opens_plainly: is_plain,
                late,
            });
        }
        let (condition, length) = self.condition_after(&tokens);
        let reach = condition.within(self.reach());
        let block = self.plain_block(&tokens);
        let opens_plainly = block.is_some();
        if let Some(block) = block {
            self.open(block);
        } else {
            self.note_return(&tokens, &reach);
            self.follow(&tokens);
            tokens.truncate(length);
            if reach == Reach::Runs {
                self.remember_local(&tokens);
            }
        }
        Some(Statement {
            tokens,
            reach,
            opens_plainly,
            late,
        })
    }

    /// Returns the reach that the conditions in a statement leave it, and the number of tokens
    /// before a condition that could be evaluated.
    fn condition_after(&self, tokens: &[Token]) -> (Reach, usize) {
        let pairs = tokens
            .iter()
            .zip(std::iter::once(None).chain(tokens.iter().map(Some)));
        let mut conditions = pairs
            .enumerate()
            .skip(1)
            .filter_map(|(at, (token, before))| {
                let word = self.keyword(*token, before.copied())?;
                let follows = !self.begins_value(before.copied());
                MODIFIERS.contains(&word).then_some((at, word, follows))
            });
        let whole = tokens.len();
        let Some((at, word, follows)) = conditions.next() else {
            return (Reach::Runs, whole);
        };
        let unknown = || {
            (
                Reach::Unknown(format!("it has a condition (`{word}`)")),
                whole,
            )
        };
        if !follows || !["if", "unless"].contains(&word) || conditions.next().is_some() {
            return unknown();
        }
        let condition = tokens.get(at + 1..).unwrap_or_default();
        match self.scope.truth(condition) {
            Some(is_true) if is_true == (word == "if") => (Reach::Runs, at),
            Some(_) => (Reach::Never, at),
            None => unknown(),
        }
    }

    /// Remembers that what follows a `return` may not run.
    fn note_return(&mut self, tokens: &[Token], reach: &Reach) {
        let [first, ..] = tokens else {
            return;
        };
        let word = first.text(self.source);
        let begins = first.kind == Kind::Word && ["return", "next", "break"].contains(&word);
        // `condition and return`
        let mut pairs = tokens.iter().zip(tokens.iter().skip(1));
        let follows = pairs.any(|(before, token)| {
            token.is(self.source, Kind::Word, "return")
                && ["and", "or", "&&", "||"].contains(&before.text(self.source))
        });
        let word = if follows { "return" } else { word };
        let in_other = |block: &Block| match block {
            // A `return` leaves a method or a block alone.
            Block::Other(opened, _) if word == "return" => ["def", "do"].contains(&&**opened),
            Block::Other(..) | Block::Files { .. } => true,
            _ => false,
        };
        if !(begins || follows) || *reach == Reach::Never || self.blocks.iter().any(in_other) {
            return;
        }
        // Only the end of the file is certain to be reached; `next` leaves its block alone.
        let is_branch = |block: &Block| matches!(block, Block::Branches(_));
        let leaves_file = word == "return" && self.blocks.iter().all(is_branch);
        let after = if *reach == Reach::Runs && leaves_file && !follows {
            Reach::Never
        } else {
            Reach::Unknown(format!("it follows a `return` (line {})", first.line))
        };
        self.returned = after.within(self.returned.clone());
    }

    /// Returns the path below the app's configuration with which a statement starts, and the rest
    /// of the statement: `config.action_dispatch.signed_cookie_salt = ""` has a path of two words.
    pub(crate) fn path<'t>(&self, tokens: &'t [Token]) -> Option<(Vec<String>, &'t [Token])> {
        let (mut path, mut rest) = self.root(tokens)?;
        while let [dot, word, after @ ..] = rest {
            let is_dot = dot.kind == Kind::Operator && [".", "&."].contains(&dot.text(self.source));
            if !is_dot || word.kind != Kind::Word {
                break;
            }
            path.push(word.text(self.source).to_owned());
            rest = after;
        }
        Some((path, rest))
    }

    /// Parses an expression for the configuration: `config`, `Rails.application.config`, and names
    /// for it.
    fn root<'t>(&self, tokens: &'t [Token]) -> Option<(Vec<String>, &'t [Token])> {
        let source = self.source;
        let words: Vec<_> = tokens
            .iter()
            .take(8)
            .map(|token| token.text(source))
            .collect();
        let rest = |from| tokens.get(from..).unwrap_or_default();
        if let [first, ..] = words.as_slice() {
            let taps = self.blocks.iter().rev().filter_map(|block| match block {
                Block::Tap(name, path) => Some((name, path)),
                _ => None,
            });
            let locals = self.locals.iter().rev().map(|(name, path)| (name, path));
            if let Some((_, path)) = taps.chain(locals).find(|(name, _)| name == first) {
                return Some((path.clone(), rest(1)));
            }
        }
        match words.as_slice() {
            ["config", ..] => Some((Vec::new(), rest(1))),
            ["Rails", ".", "application" | "app", ".", "config", ..] => Some((Vec::new(), rest(5))),
            ["Rails", ".", "configuration", ..] => Some((Vec::new(), rest(3))),
            // Rails 2.3
            ["ActionController", "::", "Base", ".", ..] => {
                Some((vec!["action_controller".to_owned()], rest(3)))
            }
            _ => {
                // Shop::Application.config
                let dot = words.iter().position(|word| *word == ".")?;
                let class = constant(source, tokens.get(..dot)?)?;
                let is_config = words.get(dot + 1) == Some(&"config");
                (is_config && is_application(&class)).then(|| (Vec::new(), rest(dot + 2)))
            }
        }
    }

    /// Tells whether the next statement runs.
    pub(super) fn reach(&self) -> Reach {
        let blocks = self.blocks.iter().rev().map(Block::reach);
        let around = blocks.fold(Reach::Runs, Reach::within);
        self.returned.clone().within(around)
    }

    /// Returns the line of the `after_initialize` around the next statement.
    pub(crate) fn late(&self) -> Option<u32> {
        self.blocks.iter().find_map(|block| match block {
            Block::AfterInitialize(line) => Some(*line),
            _ => None,
        })
    }

    /// Returns the pattern of the files whose names this variable has, one after the other, in the
    /// block around the next statement; and the reach of that block.
    pub(in crate::rails_app) fn files_named(
        &self,
        variable: &str,
    ) -> Option<(Option<&Glob>, Reach)> {
        let (last, around) = self.blocks.split_last()?;
        let Block::Files { name, pattern, .. } = last else {
            return None;
        };
        let blocks = around.iter().rev().map(Block::reach);
        let reach = blocks.fold(Reach::Runs, Reach::within);
        let reach = self.returned.clone().within(reach);
        (name == variable).then_some((pattern.as_ref(), reach))
    }

    /// Returns the tokens up to the end of the statement.
    fn take(&mut self) -> Option<Vec<Token>> {
        let mut depth = 0_usize;
        let mut statement: Vec<Token> = Vec::new();
        while let Some(token) = self.tokens.get(self.at) {
            self.at += 1;
            let text = token.text(self.source);
            match (token.kind, text) {
                (Kind::Newline, _) if depth > 0 => continue,
                (Kind::Newline, _) => {
                    // Empty lines and comments do not end a statement that continues.
                    let rest = self.tokens.get(self.at..).unwrap_or_default();
                    let newlines = rest.iter().take_while(|token| token.kind == Kind::Newline);
                    self.at += newlines.count();
                    if statement.is_empty() || self.goes_on(&statement) {
                        continue;
                    }
                    return Some(statement);
                }
                (Kind::Operator, ";") if depth == 0 => {
                    if statement.is_empty() {
                        continue;
                    }
                    return Some(statement);
                }
                (Kind::Operator, "(" | "[" | "{") => depth += 1,
                (Kind::Operator, ")" | "]" | "}") => depth = depth.saturating_sub(1),
                _ => {}
            }
            statement.push(*token);
            // What follows it is a statement of its own.
            if let [only] = statement.as_slice()
                && only.is(self.source, Kind::Word, "else")
            {
                return Some(statement);
            }
        }
        (!statement.is_empty()).then_some(statement)
    }

    fn goes_on(&self, statement: &[Token]) -> bool {
        let Some(last) = statement.last() else {
            return false;
        };
        let ends_open = last.kind == Kind::Label
            || last.kind == Kind::Operator && GOES_ON.contains(&last.text(self.source))
            || last.kind == Kind::Word && ["and", "or", "not"].contains(&last.text(self.source));
        let continued = self.tokens.get(self.at).is_some_and(|next| {
            next.kind == Kind::Operator && [".", "&."].contains(&next.text(self.source))
        });
        ends_open || continued
    }

    /// Opens and closes the blocks that a statement opens and closes.
    fn follow(&mut self, tokens: &[Token]) {
        let mut loops = 0_usize;
        let mut before = None;
        for (index, token) in tokens.iter().enumerate() {
            let word = self.keyword(*token, before);
            let begins_value = self.begins_value(before);
            let opens = match word {
                Some("def") => !self.is_endless(tokens.get(index + 1..).unwrap_or_default()),
                Some("if" | "unless") => begins_value,
                Some("while" | "until" | "for") => {
                    loops += usize::from(begins_value);
                    begins_value
                }
                // `while condition do` opens once.
                Some("do") if loops > 0 => {
                    loops -= 1;
                    false
                }
                Some("class" | "module" | "begin" | "case" | "do") => true,
                Some("end") => {
                    self.close();
                    false
                }
                _ => false,
            };
            if opens {
                let word = word.unwrap_or_default();
                self.open(match word {
                    "if" | "unless" if index == 0 => {
                        Block::Branches(Branches::new(word, token.line, None))
                    }
                    "case" if index == 0 => Block::Branches(Branches::case(token.line, None)),
                    _ => Block::Other(word.to_owned(), token.line),
                });
            }
            before = Some(*token);
        }
    }

    fn open(&mut self, block: Block) {
        if self.blocks.len() < MOST {
            self.blocks.push(block);
            return;
        }
        self.deeper += 1;
        if self.returned == Reach::Runs {
            self.returned = Reach::Unknown("blocks before it nest too deeply".to_owned());
        }
    }

    fn close(&mut self) {
        match self.deeper.checked_sub(1) {
            Some(deeper) => self.deeper = deeper,
            None => drop(self.blocks.pop()),
        }
    }

    /// Checks that the token after this one begins a value, so that an `if` there is no modifier.
    fn begins_value(&self, before: Option<Token>) -> bool {
        before.is_none_or(|before| {
            let text = before.text(self.source);
            match before.kind {
                Kind::Operator => ![")", "]", "}"].contains(&text),
                Kind::Word => ["then", "else", "do", "and", "or", "not", "begin"].contains(&text),
                Kind::Label => true,
                _ => false,
            }
        })
    }

    /// Checks for a method definition without an `end`: `def name(..) = value`.
    fn is_endless(&self, tokens: &[Token]) -> bool {
        let mut depth = 0_usize;
        for token in tokens {
            match token.text(self.source) {
                "(" => depth += 1,
                ")" => depth = depth.saturating_sub(1),
                "=" if depth == 0 && token.kind == Kind::Operator => return true,
                _ => {}
            }
        }
        false
    }

    /// Returns the keyword of a token; a method with that name is not one (`self.class`).
    fn keyword(&self, token: Token, before: Option<Token>) -> Option<&'a str> {
        let is_method = before.is_some_and(|before| {
            before.kind == Kind::Operator && [".", "&.", "::"].contains(&before.text(self.source))
                || before.is(self.source, Kind::Word, "def")
        });
        (token.kind == Kind::Word && !is_method).then(|| token.text(self.source))
    }

    /// Remembers a local variable such as `config = Rails.application.config`.
    fn remember_local(&mut self, tokens: &[Token]) {
        if let [name, equals, value @ ..] = tokens
            && name.kind == Kind::Word
            && equals.is(self.source, Kind::Operator, "=")
            && self.locals.len() < MOST
            && let Some((path, [])) = self.path(value)
        {
            self.locals.push((name.text(self.source).to_owned(), path));
        }
    }
}

/// Checks for a class such as `Shop::Application`.
pub(super) fn is_application(class: &str) -> bool {
    class == "Application" || class.ends_with("::Application")
}
