//! [`Block`]: a block that was opened and is not closed yet.

use super::super::glob::Glob;

/// A block that was opened and is not closed yet.
pub(super) enum Block {
    /// `module Shop`.
    Module(String),
    /// `class Application < Rails::Application`.
    Application,
    /// `Rails.application.configure do`, or Rails 2.3's `Rails::Initializer.run do |config|`.
    Configure,
    /// `config.after_initialize do`, with its line.
    AfterInitialize(u32),
    /// `config.action_dispatch.tap do |name|`, with the path that the name refers to.
    Tap(String, Vec<String>),
    /// `Dir["..."].each do |name|`, with the pattern if it is known.
    Files {
        name: String,
        pattern: Option<Glob>,
        line: u32,
    },
    /// `if`, `unless` or `case`.
    Branches(Branches),
    /// Any other block: its first word, and its line.
    Other(String, u32),
}

/// The branches of an `if`, `unless` or `case`: which one runs, as far as that is known.
pub(super) struct Branches {
    word: String,
    line: u32,
    /// The text that a `case` compares, if it is known.
    pub(super) subject: Option<String>,
    /// The present branch runs.
    now: Option<bool>,
    /// The present branch or one before it runs.
    taken: Option<bool>,
}

/// Tells whether a statement runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Runs,
    /// It may run, or may have another meaning, for this reason.
    Unknown(String),
    Never,
}

impl Branches {
    /// Creates the first branch, which runs if `runs`.
    pub(super) fn new(word: &str, line: u32, runs: Option<bool>) -> Self {
        Self {
            word: word.to_owned(),
            line,
            subject: None,
            now: runs,
            taken: runs,
        }
    }

    /// Creates the branches of a `case`, none of which has begun.
    pub(super) fn case(line: u32, subject: Option<String>) -> Self {
        Self {
            subject,
            ..Self::new("case", line, Some(false))
        }
    }

    /// Begins the branch of an `elsif` or `when` with this condition, or of an `else`.
    pub(super) fn next(&mut self, condition: Option<bool>) {
        self.now = match (self.taken, condition) {
            (Some(true), _) | (_, Some(false)) => Some(false),
            (Some(false), condition) => condition,
            (None, _) => None,
        };
        self.taken = match (self.taken, self.now) {
            (Some(true), _) | (_, Some(true)) => Some(true),
            (Some(false), Some(false)) => Some(false),
            _ => None,
        };
    }
}

impl Block {
    /// Tells whether the statements in the block run.
    pub(super) fn reach(&self) -> Reach {
        let inside =
            |word: &str, line: u32| Reach::Unknown(format!("it is inside `{word}` (line {line})"));
        match self {
            Self::Other(word, line) => inside(word, *line),
            Self::Files { line, .. } => inside("do", *line),
            Self::Branches(branches) => match branches.now {
                Some(true) => Reach::Runs,
                Some(false) => Reach::Never,
                None => inside(&branches.word, branches.line),
            },
            _ => Reach::Runs,
        }
    }
}

impl Reach {
    /// Combines the reach of a statement by itself with that of what is around it.
    pub(crate) fn within(self, outer: Self) -> Self {
        match (outer, self) {
            (Self::Never, _) | (_, Self::Never) => Self::Never,
            (Self::Runs, own) => own,
            (unknown, _) => unknown,
        }
    }
}
