//! [`Repair`]: mends a copied value until it has the form of a cookie.

use std::borrow::Cow;
use std::fmt;

use crate::http::escape::unescape;

use super::form::Form;

/// The most times that a value is unescaped. A value that was escaped more often was escaped in a
/// loop.
const ROUNDS: usize = 3;

/// A repair that a copied value needed before it had the form of a cookie.
///
/// Rails makes no repairs: if the cookie reaches the app in this form, the app reads `nil`.
///
/// ```
/// use hardtack::doctor::{Doctor, Repair};
///
/// let quoted = format!("\"{}--{}--{}\"", "A".repeat(40), "A".repeat(16), "AAAAAAAAAAAAAAAAAAAAAA==");
/// let diagnosis = Doctor::new().examine(&quoted);
/// assert_eq!(diagnosis.repairs, [Repair::Quoted]);
/// assert_eq!(Repair::Quoted.name(), "quoted");
/// assert!(Repair::Quoted.to_string().contains("quotes"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Repair {
    /// The value was escaped more than once: `%252B` stands for `%2B`.
    EscapedTwice,
    /// Characters were escaped as in JSON or HTML: `\u002B` or `&#43;` stands for `+`.
    EscapedAsText,
    /// Quotes or other punctuation surrounded the value.
    Quoted,
    /// The value had line breaks.
    LineBreaks,
    /// The value had spaces in place of base64's `+`.
    SpacesForPlus,
    /// The `=` that pad base64 were missing.
    PaddingLost,
    /// An earlier cookie of the same name was skipped.
    SecondOfName,
}

impl Repair {
    /// Returns the name that `--json` prints (example: at the type).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EscapedTwice => "escaped-twice",
            Self::EscapedAsText => "escaped-as-text",
            Self::Quoted => "quoted",
            Self::LineBreaks => "line-breaks",
            Self::SpacesForPlus => "spaces-for-plus",
            Self::PaddingLost => "padding-lost",
            Self::SecondOfName => "second-of-name",
        }
    }
}

impl fmt::Display for Repair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EscapedTwice => {
                "the value was escaped twice (%25 stands for %): whatever sets or forwards it \
                 escapes a value that is escaped already"
            }
            Self::EscapedAsText => {
                "characters of the value were escaped as in JSON or HTML (\\u002B or &#43; stands \
                 for +): Rack takes them for part of it"
            }
            Self::Quoted => {
                "quotes or other punctuation stood around the value: Rack takes them for part of it"
            }
            Self::LineBreaks => "line breaks stood in the value: Rails' base64 is strict",
            Self::SpacesForPlus => {
                "spaces stood in the value where base64 has +: it was unescaped once too often, \
                 or a + was sent that should have been %2B"
            }
            Self::PaddingLost => {
                "the = that end its base64 were lost: Rails' base64 is strict; something splits \
                 the cookie at = or cuts it"
            }
            Self::SecondOfName => {
                "two cookies of this name were sent, and Rails reads the first: remove the other \
                 (an older path or domain, or another app on a parent domain)"
            }
        })
    }
}

/// A mended value, its form, and the repairs that it took.
pub(super) struct Mended {
    pub(super) bytes: Vec<u8>,
    pub(super) form: Form,
    pub(super) repairs: Vec<Repair>,
}

/// Mends a value. Returns every reading that has a known form, the one with the fewest repairs
/// first; if there is none, the reading with all repairs. Each step runs once over the value.
pub(super) fn mend(value: &[u8], name: Option<&str>) -> Vec<Mended> {
    let mut found = Vec::new();
    let mut repairs = Vec::new();
    let mut value = Cow::Borrowed(value.trim_ascii());
    for round in 0..=ROUNDS {
        let tidied = tidy(&value, name, &repairs, &mut found);
        if !found.is_empty() || !value.contains(&b'%') || round == ROUNDS {
            if found.is_empty() {
                found.push(tidied);
            }
            return found;
        }
        if round == 1 {
            repairs.push(Repair::EscapedTwice);
        }
        let (whole, cut) = without_cut_escape(&value);
        let unescaped = unescape(whole).into_owned();
        if cut && !repairs.contains(&Repair::PaddingLost) {
            repairs.push(Repair::PaddingLost);
        }
        value = Cow::Owned(unescaped);
    }
    found
}

/// A step that mends a value in one way.
type Step = fn(&[u8]) -> Vec<u8>;

/// Mends an unescaped value. Adds the readings that have a known form to `found`, and returns the
/// reading with all repairs.
fn tidy(value: &[u8], name: Option<&str>, before: &[Repair], found: &mut Vec<Mended>) -> Mended {
    let mut repairs = before.to_vec();
    let mut value = value.to_vec();
    let steps: [(Repair, Step); 3] = [
        (Repair::Quoted, unquoted),
        (Repair::LineBreaks, without_line_breaks),
        (Repair::SpacesForPlus, with_plus),
    ];
    let mut note = |value: &[u8], repairs: &[Repair]| {
        let form = Form::of(value, name);
        if form.is_known() {
            found.push(Mended {
                bytes: value.to_vec(),
                form,
                repairs: repairs.to_vec(),
            });
        }
        form.is_known()
    };
    let mut known = note(&value, &repairs);
    for (repair, step) in steps {
        let stepped = if known { Vec::new() } else { step(&value) };
        if known || stepped == value {
            continue;
        }
        value = stepped;
        if !repairs.contains(&repair) {
            repairs.push(repair);
        }
        known = note(&value, &repairs);
    }
    // Rails reads the base64 of a signed message without padding too, but signs it with padding.
    let padded = padded(&value);
    if padded != value {
        let mut repairs = repairs.clone();
        if !repairs.contains(&Repair::PaddingLost) {
            repairs.push(Repair::PaddingLost);
        }
        note(&padded, &repairs);
    }
    Mended {
        form: Form::of(&value, name),
        bytes: value,
        repairs,
    }
}

/// Removes an escape that is cut off at the end. Returns `true` if there was one.
fn without_cut_escape(value: &[u8]) -> (&[u8], bool) {
    let start = value.len().saturating_sub(2);
    let place = value
        .iter()
        .skip(start)
        .position(|byte| *byte == b'%')
        .map(|place| start + place);
    match place.and_then(|place| value.get(..place)) {
        Some(whole) => (whole, true),
        None => (value, false),
    }
}

fn unquoted(value: &[u8]) -> Vec<u8> {
    let stays = |byte: &u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_' | b'.')
    };
    let start = value.iter().position(stays).unwrap_or(value.len());
    let end = value.iter().rposition(stays).map_or(start, |end| end + 1);
    value.get(start..end).unwrap_or_default().to_vec()
}

/// Removes line breaks, and the white space at the ends of the lines.
fn without_line_breaks(value: &[u8]) -> Vec<u8> {
    if memchr::memchr2(b'\n', b'\r', value).is_none() {
        return value.to_vec();
    }
    value
        .split(|byte| matches!(byte, b'\n' | b'\r'))
        .flat_map(<[u8]>::trim_ascii)
        .copied()
        .collect()
}

fn with_plus(value: &[u8]) -> Vec<u8> {
    let plus = |byte: &u8| if *byte == b' ' { b'+' } else { *byte };
    value.iter().map(plus).collect()
}

/// Pads each part with the `=` that its length needs.
fn padded(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len() + 8);
    let mut start = 0;
    let ends = memchr::memmem::find_iter(value, b"--").chain([value.len()]);
    for end in ends {
        let part = value.get(start..end).unwrap_or_default();
        if start > 0 {
            out.extend_from_slice(b"--");
        }
        out.extend_from_slice(part);
        if matches!(part.len() % 4, 2 | 3) {
            out.resize(out.len() + 4 - part.len() % 4, b'=');
        }
        start = end + 2;
    }
    out
}
