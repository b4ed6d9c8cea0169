//! [`Variants`]: a copied text, and what it becomes step by step.

use std::borrow::Cow;
use std::cell::OnceCell;
use std::ops::ControlFlow;

use crate::http::escape::unescape;

use super::form::Form;
use super::pasted::{Found, Pasted, amid, cookies};
use super::repair::Repair;
use super::steps::{Repairs, TEXT_STEPS, VALUE_STEPS};
use super::value_steps::{without_bad_escapes, without_cut_escape, without_line_breaks};

/// The most times that a value is unescaped. A value that was escaped more often was escaped in a
/// loop.
const ROUNDS: usize = 3;

/// A reading of a value: its bytes, their form, and the repairs that it took.
#[derive(Clone)]
pub(super) struct Reading {
    pub(super) bytes: Vec<u8>,
    pub(super) form: Form,
    pub(super) repairs: Repairs,
    /// Is `true` if the value was found amid other text.
    pub(super) is_amid: bool,
}

/// A copied text, as it is and after each of the steps that change it.
pub(super) struct Variants<'t> {
    text: &'t [u8],
    /// In a URL a message is a segment of the path, or the value of a parameter.
    segments: Vec<u8>,
    mended: OnceCell<Vec<(Repairs, Vec<u8>)>>,
}

impl<'t> Variants<'t> {
    pub(super) fn of(text: &'t [u8]) -> Self {
        Self {
            text,
            segments: segments(text),
            mended: OnceCell::new(),
        }
    }

    /// Returns the cookies of the text as it is.
    pub(super) fn as_it_is(&self, wanted: Option<&str>) -> Found<'t> {
        cookies(self.text, wanted)
    }

    /// Visits every reading of every cookie, those with the fewest steps first, until the visitor
    /// breaks. `is_of` chooses the cookies.
    ///
    /// The work is bounded: each step works on the text once, and each of the at most 32 cookies of
    /// a text is mended by each step at most eight times.
    pub(super) fn visit<'v, T>(
        &'v self,
        wanted: Option<&str>,
        is_of: impl Fn(&Pasted<'_>) -> bool,
        visit: &mut dyn FnMut(Pasted<'v>, Reading) -> ControlFlow<T>,
    ) -> ControlFlow<T> {
        let mut one = |cookie: Pasted<'v>, repairs: Repairs, is_amid: bool| {
            if !is_of(&cookie) {
                return ControlFlow::Continue(());
            }
            readings(&cookie, Repairs::ALL, &mut |mut mended: Reading| {
                // Amid other text, much looks like another framework's cookie.
                if is_amid && !mended.form.format().is_rails() {
                    return ControlFlow::Continue(());
                }
                mended.repairs = mended.repairs.and(repairs);
                mended.is_amid = is_amid;
                visit(cookie, mended)
            })
        };
        let mut of_text = |text: &'v [u8], repairs: Repairs, has_cookies: bool| {
            if has_cookies {
                for cookie in cookies(text, wanted).cookies {
                    one(cookie, repairs, false)?;
                }
            }
            amid(text).try_for_each(|cookie| one(cookie, repairs, true))
        };
        of_text(self.text, Repairs::NONE, true)?;
        of_text(&self.segments, Repairs::NONE, false)?;
        let mended = self.mended.get_or_init(|| mended(self.text));
        mended
            .iter()
            .try_for_each(|(repairs, text)| of_text(text, *repairs, true))
    }

    /// Returns the repairs that are needed for a reading: of those that it took, each is dropped
    /// without which the same message is read.
    pub(super) fn needed(&self, cookie: &Pasted<'_>, reading: &Reading) -> Vec<Repair> {
        let mut needed = reading.repairs;
        for repair in needed.list() {
            if repair != Repair::SecondOfName && self.reads(reading, needed.without(repair)) {
                needed = needed.without(repair);
            }
        }
        // In a header all belongs to the value. Elsewhere a sign that only ends it belongs to the
        // text: the quote after the last cookie of a log's line.
        let begins = cookie.value.trim_ascii_start().first();
        let is_bare = !cookie.in_header && begins.is_some_and(|byte| is_of_value(*byte));
        let is_report = |repair: &Repair| {
            !(self.is_of_container(*repair) || is_bare && *repair == Repair::Quoted)
        };
        needed.list().into_iter().filter(is_report).collect()
    }

    /// Returns `true` if a cookie is read as the same message with no other steps than `allowed`.
    fn reads(&self, reading: &Reading, allowed: Repairs) -> bool {
        let text = TEXT_STEPS
            .iter()
            .filter(|step| allowed.has(step.repair))
            .fold(Cow::Borrowed(self.text), |text, step| {
                (step.apply)(&text).map_or(text, Cow::Owned)
            });
        let is_read = |cookie: &Pasted<'_>| {
            readings(cookie, allowed, &mut |other| {
                if other.bytes == reading.bytes {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            })
            .is_break()
        };
        let found = cookies(&text, None).cookies;
        // What stands around the value of a header belongs to it, though the value alone is found
        // amid the text.
        found.iter().any(is_read) || reading.is_amid && amid(&text).any(|cookie| is_read(&cookie))
    }

    /// Returns `true` if a repair undoes what the form of the text asks for, such as the escapes of
    /// JSON: it says nothing about the cookie.
    fn is_of_container(&self, repair: Repair) -> bool {
        let has = |sign: &[u8]| memchr::memmem::find(self.text, sign).is_some();
        match repair {
            Repair::EscapedAsText => is_json(self.text) || (has(b"</") && has(b">")),
            Repair::ShellEscapes => has(b"curl ") || has(b"curl.exe "),
            _ => false,
        }
    }
}

/// Separates the segments of URLs by blanks; a message in a URL has no `/` of its own.
fn segments(text: &[u8]) -> Vec<u8> {
    if memchr::memmem::find(text, b"/").is_none() {
        return Vec::new();
    }
    let blank = |byte: &u8| match byte {
        b'/' | b'?' | b'&' => b' ',
        byte => *byte,
    };
    text.iter().map(blank).collect()
}

/// Returns `true` for a character that a sealed value begins with, escaped or not.
fn is_of_value(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"+/%".contains(&byte)
}

/// Returns `true` if a text is an object or an array of JSON.
fn is_json(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    matches!(text.first(), Some(b'{' | b'['))
        && serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()
}

/// Applies one step after another to a text. Returns what it becomes with each that changes it.
fn mended(text: &[u8]) -> Vec<(Repairs, Vec<u8>)> {
    let mut mended: Vec<(Repairs, Vec<u8>)> = Vec::new();
    for step in TEXT_STEPS {
        let (repairs, text) = match mended.last() {
            Some((repairs, text)) => (*repairs, &text[..]),
            None => (Repairs::NONE, text),
        };
        if let Some(next) = (step.apply)(text) {
            mended.push((repairs.with(step.repair), next));
        }
    }
    mended
}

/// Visits the readings of a value: unescaped up to three times, and mended by one step after
/// another. Of the steps only `allowed` are applied.
fn readings<T>(
    cookie: &Pasted<'_>,
    allowed: Repairs,
    visit: &mut dyn FnMut(Reading) -> ControlFlow<T>,
) -> ControlFlow<T> {
    let name = cookie.name;
    let second = if cookie.is_second {
        Repairs::NONE.with(Repair::SecondOfName)
    } else {
        Repairs::NONE
    };
    let mut value = Cow::Borrowed(cookie.value.trim_ascii());
    let mut repairs = second;
    // Spaces that `+` is unescaped to were not inserted: without them another value may look whole.
    let allowed = if value.contains(&b' ') || !value.contains(&b'+') {
        allowed
    } else {
        allowed.without(Repair::SpacesInserted)
    };
    // A value that was copied from a tool may be unescaped already.
    if !cookie.in_header {
        tidied(&value, name, repairs, allowed, visit)?;
    }
    for round in 1..=ROUNDS {
        // A line may break inside of an escape.
        if allowed.has(Repair::LineBreaks)
            && let Some(joined) = without_line_breaks(&value)
        {
            value = Cow::Owned(joined);
            repairs = repairs.with(Repair::LineBreaks);
        }
        let is_escaped = value.contains(&b'%');
        if !(is_escaped || cookie.in_header && round == 1) {
            break;
        }
        if round > 1 {
            if !allowed.has(Repair::EscapedTwice) {
                break;
            }
            repairs = repairs.with(Repair::EscapedTwice);
        }
        for (repair, step) in [
            (Repair::BadEscape, without_bad_escapes as fn(&[u8]) -> _),
            (Repair::PaddingLost, without_cut_escape),
        ] {
            if allowed.has(repair)
                && let Some(whole) = step(&value)
            {
                value = Cow::Owned(whole);
                repairs = repairs.with(repair);
            }
        }
        value = Cow::Owned(unescape(&value).into_owned());
        tidied(&value, name, repairs, allowed, visit)?;
    }
    ControlFlow::Continue(())
}

/// Visits a value as it is, and after each step that changes it. Spaces are taken for `+`, and then
/// for nothing.
fn tidied<T>(
    value: &[u8],
    name: Option<&str>,
    before: Repairs,
    allowed: Repairs,
    visit: &mut dyn FnMut(Reading) -> ControlFlow<T>,
) -> ControlFlow<T> {
    let mut visit = |bytes: &[u8], repairs| {
        visit(Reading {
            form: Form::of(bytes, name),
            bytes: bytes.to_vec(),
            repairs,
            is_amid: false,
        })
    };
    visit(value, before)?;
    for [left_out, chosen] in [
        [Repair::SpacesInserted, Repair::SpacesForPlus],
        [Repair::SpacesForPlus, Repair::SpacesInserted],
    ] {
        let mut value = Cow::Borrowed(value);
        let mut repairs = before;
        for step in VALUE_STEPS {
            if step.repair == left_out || !allowed.has(step.repair) {
                continue;
            }
            if let Some(next) = (step.apply)(&value, name) {
                value = Cow::Owned(next);
                repairs = repairs.with(step.repair);
                visit(&value, repairs)?;
            }
        }
        if !repairs.has(chosen) {
            break;
        }
    }
    ControlFlow::Continue(())
}
