//! Finds a source's statements in order, and the blocks around each: a statement is plain only if
//! it runs exactly once and without a condition.

use super::literal::constant;
use super::token::{Kind, Token};

/// Words that make the code before them conditional.
const MODIFIERS: &[&str] = &["if", "unless", "while", "until", "rescue", "and", "or"];

/// Operators after which a statement continues on the next line.
const GOES_ON: &[&str] = &[
    ",", ".", "&.", "::", "=", "||=", "&&=", "+=", "||", "&&", "+", "-", "*", "=>", "?", ":", "!",
    "==", "(", "[", "{", "<<", "->", "<",
];

/// A block that was opened and is not closed yet.
enum Frame {
    /// `module Shop`.
    Module(String),
    /// `class Application < Rails::Application`.
    Application,
    /// `Rails.application.configure do`.
    Configure,
    /// `config.action_dispatch.tap do |name|`, with the path that the name refers to.
    Tap(String, Vec<String>),
    /// Any other block: its first word, and its line.
    Other(String, u32),
}

/// A statement, without the newlines in it.
pub(crate) struct Statement {
    pub(crate) tokens: Vec<Token>,
    /// The reason why it may not run, or may have another meaning.
    pub(crate) hidden: Option<String>,
    /// It only opens a block that is itself plain.
    pub(crate) opens_plainly: bool,
}

/// Iterates over a source's statements.
pub(crate) struct Walk<'a> {
    source: &'a str,
    tokens: &'a [Token],
    at: usize,
    frames: Vec<Frame>,
    /// Local variables that refer to a path below `config`.
    locals: Vec<(String, Vec<String>)>,
    /// The line of a `return`, after which a statement may not run.
    returned: Option<u32>,
    /// The application's class with its modules, if it is defined here.
    pub(crate) application: Option<String>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(source: &'a str, tokens: &'a [Token]) -> Self {
        Self {
            source,
            tokens,
            at: 0,
            frames: Vec::new(),
            locals: Vec::new(),
            returned: None,
            application: None,
        }
    }

    /// Returns the next statement. The blocks that it opens and closes count from the following one
    /// on.
    pub(crate) fn next(&mut self) -> Option<Statement> {
        let tokens = self.take()?;
        let mut hidden = self.hidden();
        let modifier = tokens
            .iter()
            .zip(std::iter::once(None).chain(tokens.iter().map(Some)));
        let modifier = modifier.skip(1).find_map(|(token, before)| {
            let word = self.keyword(*token, before.copied())?;
            MODIFIERS.contains(&word).then(|| word.to_owned())
        });
        hidden = hidden.or_else(|| modifier.map(|word| format!("it has a condition (`{word}`)")));
        if let [first, ..] = tokens.as_slice()
            && ["return", "next", "break"].contains(&first.text(self.source))
            && self
                .frames
                .iter()
                .all(|frame| !matches!(frame, Frame::Other(..)))
        {
            self.returned = self.returned.or(Some(first.line));
        }
        let frame = self.plain_frame(&tokens);
        let opens_plainly = frame.is_some();
        if let Some(frame) = frame {
            self.frames.push(frame);
        } else {
            self.follow(&tokens);
            self.remember_local(&tokens);
        }
        Some(Statement {
            tokens,
            hidden,
            opens_plainly,
        })
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
            let taps = self.frames.iter().rev().filter_map(|frame| match frame {
                Frame::Tap(name, path) => Some((name, path)),
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
            _ => {
                // Shop::Application.config
                let dot = words.iter().position(|word| *word == ".")?;
                let class = constant(source, tokens.get(..dot)?)?;
                let is_config = words.get(dot + 1) == Some(&"config");
                (is_config && is_application(&class)).then(|| (Vec::new(), rest(dot + 2)))
            }
        }
    }

    /// Returns the reason why the next statement may not run, or may have another meaning.
    fn hidden(&self) -> Option<String> {
        let other = self.frames.iter().find_map(|frame| match frame {
            Frame::Other(word, line) => Some(format!("it is inside `{word}` (line {line})")),
            _ => None,
        });
        other.or_else(|| {
            self.returned
                .map(|line| format!("it follows a `return` (line {line})"))
        })
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

    /// Returns the frame that a statement opens, if it does nothing else and is plain.
    fn plain_frame(&mut self, tokens: &[Token]) -> Option<Frame> {
        let source = self.source;
        match tokens {
            [module, name @ ..] if module.is(source, Kind::Word, "module") => {
                constant(source, name).map(Frame::Module)
            }
            [class, rest @ ..] if class.is(source, Kind::Word, "class") => {
                let less = rest
                    .iter()
                    .position(|token| token.is(source, Kind::Operator, "<"))?;
                let (name, parent) = rest.split_at_checked(less)?;
                if constant(source, parent.get(1..)?)? != "Rails::Application" {
                    return None;
                }
                let mut path: Vec<_> = self
                    .frames
                    .iter()
                    .filter_map(|frame| match frame {
                        Frame::Module(name) => Some(name.clone()),
                        _ => None,
                    })
                    .collect();
                path.push(constant(source, name)?);
                if self.hidden().is_none() {
                    self.application.get_or_insert(path.join("::"));
                }
                Some(Frame::Application)
            }
            [before @ .., d] if d.is(source, Kind::Word, "do") => {
                let [receiver @ .., dot, configure] = before else {
                    return None;
                };
                let plain = dot.is(source, Kind::Operator, ".")
                    && configure.is(source, Kind::Word, "configure")
                    && self.is_application(receiver);
                plain.then_some(Frame::Configure)
            }
            [before @ .., d, open, name, close]
                if d.is(source, Kind::Word, "do")
                    && open.is(source, Kind::Operator, "|")
                    && close.is(source, Kind::Operator, "|") =>
            {
                let (mut path, rest) = self.path(before)?;
                (rest.is_empty() && path.pop().as_deref() == Some("tap"))
                    .then(|| Frame::Tap(name.text(source).to_owned(), path))
            }
            _ => None,
        }
    }

    /// Checks for the application itself: `Rails.application`, `Shop::Application`.
    fn is_application(&self, tokens: &[Token]) -> bool {
        let words: Vec<_> = tokens.iter().map(|token| token.text(self.source)).collect();
        words == ["Rails", ".", "application"]
            || constant(self.source, tokens).is_some_and(|class| is_application(&class))
    }

    /// Opens and closes the blocks that a statement opens and closes.
    fn follow(&mut self, tokens: &[Token]) {
        let mut loops = 0_usize;
        let mut before = None;
        for (index, token) in tokens.iter().enumerate() {
            let word = self.keyword(*token, before);
            let begins_value = before.is_none_or(|before: Token| {
                let text = before.text(self.source);
                match before.kind {
                    Kind::Operator => ![")", "]", "}"].contains(&text),
                    Kind::Word => {
                        ["then", "else", "do", "and", "or", "not", "begin"].contains(&text)
                    }
                    Kind::Label => true,
                    _ => false,
                }
            });
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
                    self.frames.pop();
                    false
                }
                _ => false,
            };
            if opens {
                let word = word.unwrap_or_default();
                let frame = Frame::Other(word.to_owned(), token.line);
                self.frames.push(frame);
            }
            before = Some(*token);
        }
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
            && let Some((path, [])) = self.path(value)
            && self.hidden().is_none()
        {
            self.locals.push((name.text(self.source).to_owned(), path));
        }
    }
}

/// Checks for a class such as `Shop::Application`.
fn is_application(class: &str) -> bool {
    class == "Application" || class.ends_with("::Application")
}
