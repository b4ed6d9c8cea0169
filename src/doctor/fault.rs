//! [`Fault`]: what is wrong with a value that was a message and that no step mends.

use super::cause::{Cause, CauseKind};
use super::form::DIGESTS;
use crate::shown::Shown;

/// The shortest value that is taken for a damaged message, in bytes.
const SHORTEST: usize = 16;

/// The shortest value without `--` that is taken for a message that was cut off, in bytes.
const SHORTEST_START: usize = 64;

/// The most bytes of a mark of elision that the report shows.
const LONGEST_MARK: usize = 24;

/// The words that stand, in brackets, in place of what was taken out.
const WORDS: [&str; 20] = [
    "confidential",
    "cookie",
    "cut",
    "elided",
    "filtered",
    "hidden",
    "mask",
    "obfuscated",
    "omitted",
    "private",
    "redacted",
    "removed",
    "sanitized",
    "scrubbed",
    "secret",
    "sensitive",
    "session",
    "snip",
    "truncated",
    "value",
];

/// The pairs of brackets around such a word.
const BRACKETS: [(u8, u8); 4] = [(b'[', b']'), (b'<', b'>'), (b'(', b')'), (b'{', b'}')];

/// A fault in the form of a value that was a message.
pub(super) enum Fault {
    /// A part, or the whole, was replaced by a mark.
    Elided(String),
    /// The end is missing.
    CutOff(String),
    /// A part is not base64.
    Damaged(String),
}

impl Fault {
    pub(super) fn cause(self) -> Cause {
        let (kind, what, text, action) = match self {
            Self::Elided(text) => (
                CauseKind::Elided,
                "elided",
                text,
                "copy it from the browser or from the request itself",
            ),
            Self::CutOff(text) => (
                CauseKind::CutOff,
                "cut off",
                text,
                "copy the whole cookie; if a program took it out, look whether it splits at `=`",
            ),
            Self::Damaged(text) => (CauseKind::Damaged, "damaged", text, "copy the whole cookie"),
        };
        Cause::new(kind, format!("{what}: {text}")).with_action(action)
    }

    /// Finds the fault of a value that looks like a damaged message; returns `None` if it does not
    /// look like a message. `copied` is the value as it was copied.
    pub(super) fn of(value: &[u8], copied: &[u8], name: Option<&str>) -> Option<Self> {
        let copied = copied.trim_ascii();
        if let Some(elided) = elided(copied) {
            return Some(Self::Elided(elided));
        }
        let text = std::str::from_utf8(value).ok()?;
        if text.len() < SHORTEST {
            return None;
        }
        if !text.bytes().all(is_of_message) {
            return foreign_character(text).map(Self::Damaged);
        }
        let parts: Vec<_> = text.splitn(4, "--").collect();
        let (first, last) = (parts.first()?.len(), parts.last()?.len());
        let count = parts.len();
        let ends_whole =
            last == 24 && count == 3 || DIGESTS.iter().any(|digest| last == 2 * digest);
        if count > 1 && (ends_whole || count > 3) {
            return Some(Self::Damaged(format!(
                "its end is whole, but a part before it is no base64 (the first has {first} \
                 characters): something was lost or changed in it"
            )));
        }
        let tells = match count {
            // Tokens of all kinds have one part: only the name tells that this was a session.
            1 if text.len() < SHORTEST_START || !name.is_some_and(is_name_of_session) => {
                return None;
            }
            1 => "it has no --, after which an encrypted message has 16 and 24 characters more, \
                  and a signed one 40 or more"
                .to_owned(),
            2 => format!(
                "it ends after {last} characters of its second part; an encrypted message has 16 \
                 there, -- and 24 more, and a signed one 40 or more"
            ),
            _ => format!("it ends after {last} of the 24 characters of its last part, the tag"),
        };
        let copied = copied.len();
        let round = matches!(copied, 255 | 256 | 1023 | 1024 | 2047 | 2048 | 4095 | 4096);
        let limit = if round {
            format!("; its {copied} bytes look like the limit of a column or a buffer")
        } else {
            String::new()
        };
        Some(Self::CutOff(format!("{tells}{limit}")))
    }
}

/// Checks for a name that Rails gives to its sessions: `_<app>_session`, `_session_id`.
fn is_name_of_session(name: &str) -> bool {
    name.starts_with('_') && (name.ends_with("_session") || name == "_session_id")
}

fn is_of_message(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_')
}

/// Describes the first character that is in no message, if the value is like one otherwise: it has
/// the `--` of a message, and an end of the length that a message has.
fn foreign_character(text: &str) -> Option<String> {
    let ends = |last: &str| {
        let last = last.len();
        (20..=26).contains(&last) || DIGESTS.iter().any(|digest| last == 2 * digest)
    };
    // The value is judged once it is unescaped.
    let mut escapes = text.split('%').skip(1);
    if escapes.any(|digits| digits.bytes().take_while(u8::is_ascii_hexdigit).count() >= 2) {
        return None;
    }
    let (_, last) = text.rsplit_once("--")?;
    let foreign = text
        .chars()
        .filter(|character| u8::try_from(*character).map_or(true, |byte| !is_of_message(byte)));
    let has_spaces = text.contains(|character: char| character.is_ascii_whitespace());
    if !ends(last) || has_spaces || 10 * foreign.count() > text.len() {
        return None;
    }
    let (place, character) = text.chars().enumerate().find(|(_, character)| {
        u8::try_from(*character).map_or(true, |byte| !is_of_message(byte))
    })?;
    Some(format!(
        "its character {} is {:?}, which no message of Rails has: something was lost or changed \
         there",
        place + 1,
        Shown::new(character.encode_utf8(&mut [0; 4]))
    ))
}

/// Describes the mark that stands in place of a part of the value, or of all of it.
fn elided(value: &[u8]) -> Option<String> {
    let (start, length) = mark(value)?;
    let mark = value.get(start..start + length)?;
    let mark = Shown::new(mark).at_most(LONGEST_MARK).to_string();
    let advice = "copy it whole, from where nothing is taken out of it";
    Some(if start == 0 && length == value.len() {
        format!("{mark} stands in place of the value: a log's filter or a tool hid it; {advice}")
    } else if start + length == value.len() {
        format!("after its first {start} bytes, {mark} stands in place of the rest; {advice}")
    } else {
        format!(
            "behind its first {start} bytes, {mark} stands in place of what was there; {advice}"
        )
    })
}

/// Finds a mark of elision: its place and its length.
fn mark(value: &[u8]) -> Option<(usize, usize)> {
    const SIGNS: [&str; 9] = [
        "[...]",
        "(...)",
        "<...>",
        "[\u{2026}]",
        "(\u{2026})",
        "...",
        "\u{2026}",
        "\u{22EF}",
        "\u{2025}",
    ];
    let sign = SIGNS
        .iter()
        .find_map(|sign| Some((memchr::memmem::find(value, sign.as_bytes())?, sign.len())));
    sign.or_else(|| bracketed(value))
        .or_else(|| run_of_masks(value))
}

/// Finds a word in brackets that says that something was taken out: `[FILTERED]`.
fn bracketed(value: &[u8]) -> Option<(usize, usize)> {
    BRACKETS.iter().find_map(|(open, close)| {
        let start = memchr::memchr(*open, value)?;
        let inside = value.get(start + 1..)?;
        let end = inside.iter().take(2 * LONGEST_MARK);
        let end = end.clone().position(|byte| byte == close)?;
        let word = inside.get(..end)?.to_ascii_lowercase();
        let is_words = |byte: &u8| byte.is_ascii_alphanumeric() || b" _-.".contains(byte);
        if !word.iter().all(is_words) {
            return None;
        }
        WORDS
            .iter()
            .any(|known| memchr::memmem::find(&word, known.as_bytes()).is_some())
            .then_some((start, end + 2))
    })
}

/// Finds a run of signs that mask what was there: `****`; or a value of nothing but `x`.
fn run_of_masks(value: &[u8]) -> Option<(usize, usize)> {
    const MASKS: [&str; 5] = ["*", "\u{2022}", "\u{25CF}", "\u{2588}", "#"];
    let run = MASKS.iter().find_map(|mask| {
        let start = memchr::memmem::find(value, mask.repeat(3).as_bytes())?;
        let signs = value.get(start..)?.chunks(mask.len());
        let count = signs.take_while(|sign| *sign == mask.as_bytes()).count();
        Some((start, count * mask.len()))
    });
    let is_x = value.len() >= 3 && value.iter().all(|byte| matches!(byte, b'x' | b'X'));
    run.or(is_x.then_some((0, value.len())))
}
