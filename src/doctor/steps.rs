//! The table of steps that mend a copy, in the order in which they are applied.
//!
//! The steps of a text come before its cookies are looked for; those of a value come after. Each
//! step works on the result of the steps before it.

use super::encoding_steps::{decoded_once_more, joined_cookies};
use super::repair::Repair;
use super::{
    character_steps as characters, line_steps as lines, plain_text, value_steps as values,
};

/// A step: a pure function that mends a text in one way, or returns `None` if it changes nothing.
pub(super) struct Step<F> {
    pub(super) repair: Repair,
    pub(super) apply: F,
}

/// A step that mends a text with any number of cookies in it.
pub(super) type TextStep = Step<fn(&[u8]) -> Option<Vec<u8>>>;

/// A step that mends a value; it is given the name of the cookie.
pub(super) type ValueStep = Step<fn(&[u8], Option<&str>) -> Option<Vec<u8>>>;

const fn step<F>(repair: Repair, apply: F) -> Step<F> {
    Step { repair, apply }
}

pub(super) const TEXT_STEPS: [TextStep; 16] = [
    step(Repair::Utf16, characters::without_utf16),
    step(Repair::TerminalColours, characters::without_colours),
    step(
        Repair::QuotedPrintable,
        characters::without_quoted_printable,
    ),
    step(Repair::EscapedAsText, plain_text::unescaped),
    step(Repair::Markup, characters::without_markup),
    step(Repair::InvisibleCharacters, characters::without_invisible),
    step(Repair::SmartQuotes, characters::with_plain_quotes),
    step(Repair::Typography, characters::with_plain_forms),
    step(Repair::QuotedLines, lines::without_line_marks),
    step(Repair::Concatenated, lines::concatenated),
    step(Repair::ContinuedLines, lines::without_continuations),
    step(Repair::ShellEscapes, lines::without_shell_escapes),
    step(Repair::Dashes, characters::with_two_hyphens),
    step(Repair::LineBreaks, lines::unwrapped),
    step(Repair::SplitCookies, joined_cookies),
    step(Repair::EncodedOnceMore, decoded_once_more),
];

pub(super) const VALUE_STEPS: [ValueStep; 8] = [
    step(Repair::Quoted, |value, _| values::unquoted(value)),
    step(Repair::LineBreaks, |value, _| {
        values::without_line_breaks(value)
    }),
    step(Repair::Repeated, values::without_copies),
    step(Repair::SpacesForPlus, |value, _| values::with_plus(value)),
    step(Repair::SpacesInserted, |value, _| {
        values::without_spaces(value)
    }),
    step(Repair::UrlSafe, |value, _| {
        values::with_standard_alphabet(value)
    }),
    step(Repair::UpperCaseDigest, |value, _| {
        values::with_lower_digest(value)
    }),
    step(Repair::PaddingLost, |value, _| values::padded(value)),
];

/// A set of repairs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Repairs(u32);

impl Repairs {
    pub(super) const NONE: Self = Self(0);
    pub(super) const ALL: Self = Self(u32::MAX);

    pub(super) const fn with(self, repair: Repair) -> Self {
        Self(self.0 | 1 << repair as u32)
    }

    pub(super) const fn without(self, repair: Repair) -> Self {
        Self(self.0 & !(1 << repair as u32))
    }

    pub(super) const fn and(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    pub(super) const fn has(self, repair: Repair) -> bool {
        self.0 & (1 << repair as u32) != 0
    }

    /// Returns the repairs in the order in which reports list them.
    pub(super) fn list(self) -> Vec<Repair> {
        let all = Repair::ALL.iter().copied();
        all.filter(|repair| self.has(*repair)).collect()
    }
}
