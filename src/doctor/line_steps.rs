//! Steps that join the lines and parts of a copied text.
//!
//! Each step returns `None` if it changes nothing.

use std::borrow::Cow;

use super::character_steps::replaced;

/// The longest text between two quoted parts that are joined, in bytes: an operator, a line break,
/// and the indentation of the next line.
const LONGEST_JOINT: usize = 80;

/// The shortest line that is taken for a part of a wrapped value, in bytes.
const SHORTEST_LINE: usize = 20;

/// Returns the length of the mark at the start of a line; 0 if there is none.
type MarkLength = fn(&[u8]) -> usize;

/// Removes the mark at the start of each line, if two lines or more have it: `> ` of a mail, `# ` of
/// a comment, `+` of a difference, or the number of the line.
pub(super) fn without_line_marks(text: &[u8]) -> Option<Vec<u8>> {
    let lines = || text.split_inclusive(|byte| *byte == b'\n');
    let count = |has: &dyn Fn(&[u8]) -> bool| {
        let written = lines().filter(|line| !line.trim_ascii().is_empty());
        written.fold((0, 0), |(all, marked), line| {
            (all + 1, marked + usize::from(has(line)))
        })
    };
    let marks: [(MarkLength, bool); 6] = [
        (quotes_of_mail, false),
        (|line| mark(line, b"#"), false),
        (|line| mark(line, b"//"), false),
        (|line| mark(line, b"*"), false),
        (|line| mark(line, b"+"), true),
        (line_number, true),
    ];
    let (length, _) = marks.into_iter().find(|(length, needs_all)| {
        let (all, marked) = count(&|line| length(line) > 0);
        marked >= 2 && (!needs_all || marked == all)
    })?;
    let mut out = Vec::with_capacity(text.len());
    for line in lines() {
        out.extend_from_slice(line.get(length(line)..).unwrap_or_default());
    }
    Some(out)
}

/// Returns the length of the marks `> ` and `| ` at the start of a line.
fn quotes_of_mail(line: &[u8]) -> usize {
    let marks = line
        .iter()
        .take_while(|byte| b">| \t".contains(byte))
        .count();
    let has_mark = line.iter().take(marks).any(|byte| b">|".contains(byte));
    if has_mark { marks } else { 0 }
}

fn mark(line: &[u8], mark: &[u8]) -> usize {
    let indent = line.len() - line.trim_ascii_start().len();
    let Some(after) = line.get(indent..).and_then(|line| line.strip_prefix(mark)) else {
        return 0;
    };
    let space = usize::from(after.first() == Some(&b' '));
    indent + mark.len() + space
}

/// Returns the length of a number and its sign at the start of a line: `12:`, `12|`, `12` and a tab.
fn line_number(line: &[u8]) -> usize {
    let indent = line.len() - line.trim_ascii_start().len();
    let rest = line.get(indent..).unwrap_or_default();
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    match rest.get(digits..) {
        Some([b':' | b'|' | b'\t', after @ ..]) if (1..=6).contains(&digits) => {
            indent + digits + 1 + usize::from(after.first() == Some(&b' '))
        }
        _ => 0,
    }
}

/// Joins quoted parts, as source code joins them: `"a" + "b"`, `'a' . 'b'`, `"a" \` and `"b"` on the
/// next line. A comma joins only at the end of a line, as in a list of parts.
pub(super) fn concatenated(text: &[u8]) -> Option<Vec<u8>> {
    replaced(text, |rest| {
        let [quote @ (b'"' | b'\'' | b'`'), after @ ..] = rest else {
            return None;
        };
        let joint = after.iter().take(LONGEST_JOINT);
        let joint = joint
            .take_while(|byte| b" \t\r\n+.&<>|~\\^_(),".contains(byte))
            .count();
        let between = after.get(..joint)?;
        let is_joint =
            !between.is_empty() && (!between.contains(&b',') || between.contains(&b'\n'));
        // A letter before the quote is a prefix of the literal: `b"`, `f"`, `@"`.
        let end = match after.get(joint..)? {
            [next, ..] if next == quote => joint + 1,
            [b'b' | b'f' | b'r' | b'u' | b'@' | b'$', next, ..] if next == quote => joint + 2,
            _ => return None,
        };
        is_joint.then_some((1 + end, Cow::Borrowed(&b""[..])))
    })
}

/// Joins each line that ends with a sign of continuation to the next: `\` of a shell, the backtick
/// of PowerShell, `^` of Windows' cmd, and the signs that editors show for a line break.
pub(super) fn without_continuations(text: &[u8]) -> Option<Vec<u8>> {
    const SIGNS: [&[u8]; 7] = [
        b"\\",
        b"`",
        b"^",
        "\u{21B5}".as_bytes(),
        "\u{23CE}".as_bytes(),
        "\u{21A9}".as_bytes(),
        "\u{AC}".as_bytes(),
    ];
    let mut out = Vec::with_capacity(text.len());
    let mut is_joined = false;
    let mut is_changed = false;
    let mut next = 0;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        next += line.len();
        let line = if is_joined {
            line.trim_ascii_start()
        } else {
            line
        };
        let end = line.trim_ascii_end();
        // A word processor or a PDF hyphenates; but `--` may be at the end of a line too.
        let hyphenated = end.strip_suffix(b"-").filter(|_| {
            let is_dash = |byte: &&u8| **byte == b'-';
            let after = text.get(next..).unwrap_or_default().trim_ascii_start();
            let before = end.iter().rev().take_while(is_dash).count();
            match (before, after.iter().take_while(is_dash).count()) {
                (1, after) => after != 1,
                (2, after) => after == 1,
                (before, _) => before == 3,
            }
        });
        let head = SIGNS.iter().find_map(|sign| end.strip_suffix(*sign));
        let head = head.or(hyphenated);
        let head = head.filter(|_| line.ends_with(b"\n"));
        is_joined = head.is_some();
        is_changed |= is_joined;
        out.extend_from_slice(head.map_or(line, <[u8]>::trim_ascii_end));
    }
    is_changed.then_some(out)
}

/// Removes the escapes of a shell or of Markdown: `^` of Windows' cmd before any character, and `\`
/// before punctuation.
pub(super) fn without_shell_escapes(text: &[u8]) -> Option<Vec<u8>> {
    memchr::memchr2(b'^', b'\\', text)?;
    replaced(text, |rest| match rest {
        [b'^', next @ (b'\n' | b'\r'), ..] | [b'\\', next, ..] if !next.is_ascii_punctuation() => {
            None
        }
        [b'^' | b'\\', next, ..] => Some((2, Cow::Owned(vec![*next]))),
        _ => None,
    })
}

/// Joins the lines of a value that was wrapped amid other text: lines of one width, and a shorter
/// one that ends them.
pub(super) fn unwrapped(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut is_changed = false;
    // The width of the lines that are being joined.
    let mut width = None;
    let mut lines = text
        .split(|byte| *byte == b'\n')
        .map(<[u8]>::trim_ascii_end)
        .peekable();
    while let Some(line) = lines.next() {
        let trimmed = line.trim_ascii_start();
        out.extend_from_slice(if width.is_some() { trimmed } else { line });
        let last = line
            .iter()
            .rev()
            .take_while(|byte| is_of_value(**byte))
            .count();
        let is_full = width.is_none_or(|width| line.len() >= width);
        let goes_on = last >= SHORTEST_LINE
            && is_full
            && lines.peek().is_some_and(|next| {
                let next = next.trim_ascii();
                !next.is_empty() && next.iter().all(|byte| is_of_value(*byte) || *byte == b'"')
            });
        width = goes_on.then(|| width.unwrap_or(line.len()));
        is_changed |= goes_on;
        if !goes_on && lines.peek().is_some() {
            out.push(b'\n');
        }
    }
    is_changed.then_some(out)
}

/// Checks for a character of a sealed value, escaped or not.
fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/=%-_".contains(&byte)
}
