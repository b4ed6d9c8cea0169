//! Takes in a copied text: finds the cookie that opens, or the one that the report is about.

use std::collections::HashSet;
use std::ops::ControlFlow;

use super::Doctor;
use super::cause::{Cause, CauseKind};
use super::fault::Fault;
use super::form::Form;
use super::pasted::{Found, Pasted};
use super::repair::Repair;
use super::trial::{self, Fit};
use super::unlikely;
use super::variants::{Reading, Variants};
use crate::http::limit::MAX_READ_SIZE;
use crate::shown::Shown;

/// The most readings of a text for which unlikely keys are tried.
const MOST_UNLIKELY: usize = 4;

/// The most names of cookies that a cause lists.
const MOST_NAMES: usize = 10;

/// A mended value, its form, and the repairs that it took.
pub(super) struct Mended {
    pub(super) bytes: Vec<u8>,
    pub(super) form: Form,
    pub(super) repairs: Vec<Repair>,
}

/// A copied cookie, in the reading that counts.
pub(super) struct Copied<'v> {
    pub(super) cookie: Pasted<'v>,
    pub(super) mended: Mended,
}

/// The result of a search.
pub(super) enum Search<'v> {
    Opened(Copied<'v>, Fit),
    /// The cookie that the report is about.
    Unopened(Copied<'v>),
    /// There is no cookie. One may be too large.
    Nothing {
        is_large: bool,
    },
}

impl Doctor {
    /// Tries every reading of every cookie until one opens: first of those with the name that the
    /// app reads, then of all others.
    pub(super) fn search<'v>(&self, variants: &'v Variants<'_>) -> Search<'v> {
        let wanted = self.cookie_name.as_deref();
        let mut is_large = false;
        let mut tried = HashSet::new();
        let mut best: Option<(u8, Pasted<'v>, Reading)> = None;
        let mut whole: Vec<(Pasted<'v>, Reading)> = Vec::new();
        let is_wanted = |cookie: &Pasted<'_>| wanted.is_some() && cookie.name == wanted;
        let mut visit = |cookie: Pasted<'v>, reading: Reading| {
            if cookie.value.len() > MAX_READ_SIZE {
                is_large = true;
                return ControlFlow::Continue(());
            }
            // A whole cookie of the wanted name is what is asked about, and not another one that
            // happens to open.
            let is_other = !reading.is_amid
                && !is_wanted(&cookie)
                && whole.iter().any(|(cookie, _)| is_wanted(cookie));
            if is_other {
                return ControlFlow::Continue(());
            }
            if reading.form.format().is_rails() && tried.insert(reading.bytes.clone()) {
                let fit = trial::open(self.keys(), &reading.form, &reading.bytes);
                if let Some(fit) = fit {
                    return ControlFlow::Break((cookie, reading, fit));
                }
                if whole.len() < MOST_UNLIKELY {
                    whole.push((cookie, reading.clone()));
                }
            }
            // Of one cookie the first known form counts: more steps make anything of it.
            let is_same = |(_, other, known): &(u8, Pasted<'_>, Reading)| {
                !matches!(known.form, Form::Unknown)
                    && other.name == cookie.name
                    && (cookie.name.is_some() || std::ptr::eq(other.value, cookie.value))
            };
            if best.as_ref().is_some_and(is_same) {
                return ControlFlow::Continue(());
            }
            let rank = self.rank(&cookie, &reading);
            if best.as_ref().is_none_or(|(other, ..)| rank > *other) {
                best = Some((rank, cookie, reading));
            }
            ControlFlow::Continue(())
        };
        let found = variants.as_it_is(wanted).cookies;
        let has_wanted = found.first().is_some_and(is_wanted);
        let mut search = ControlFlow::Continue(());
        if has_wanted {
            search = variants.visit(wanted, is_wanted, &mut visit);
        }
        if search.is_continue() {
            let is_left = |cookie: &Pasted<'_>| !has_wanted || !is_wanted(cookie);
            search = variants.visit(wanted, is_left, &mut visit);
        }
        let copied = |cookie: Pasted<'v>, reading: Reading| {
            let mut repairs = variants.needed(&cookie, &reading);
            if let Form::Signed { .. } = reading.form
                && reading.bytes.contains(&b'\n')
            {
                repairs.push(Repair::RackLineFeeds);
            }
            if cookie.name.is_some_and(|name| name.starts_with("[\"")) {
                repairs.push(Repair::BracketedName);
            }
            Copied {
                cookie,
                mended: Mended {
                    bytes: reading.bytes,
                    form: reading.form,
                    repairs,
                },
            }
        };
        if search.is_continue() {
            for (cookie, reading) in whole {
                let (form, bytes) = (&reading.form, &reading.bytes);
                let fit = unlikely::open(self.keys(), form, bytes, self.tries_rounds);
                if let Some(fit) = fit {
                    return Search::Opened(copied(cookie, reading), fit);
                }
            }
        }
        match (search, best) {
            (ControlFlow::Break((cookie, reading, fit)), _) => {
                Search::Opened(copied(cookie, reading), fit)
            }
            (_, Some((_, cookie, reading))) => Search::Unopened(copied(cookie, reading)),
            (_, None) => Search::Nothing { is_large },
        }
    }

    /// Ranks a cookie that does not open: the report is about the cookie of the highest rank.
    fn rank(&self, cookie: &Pasted<'_>, reading: &Reading) -> u8 {
        let is_wanted = self.cookie_name.is_some() && cookie.name == self.cookie_name.as_deref();
        let is_whole = reading.form.format().is_rails();
        let is_known = !matches!(reading.form, Form::Unknown);
        let is_damaged =
            !is_known && Fault::of(&reading.bytes, cookie.value, cookie.name).is_some();
        // cookie-session and Koa send the signature of a cookie as a second cookie, `<name>.sig`.
        let is_signature = cookie
            .name
            .is_some_and(|name| name.strip_suffix(".sig").is_some());
        8 * u8::from(is_wanted)
            + 4 * u8::from(is_whole)
            + 3 * u8::from(is_damaged)
            + 2 * u8::from(is_known && !is_whole && !is_signature)
            + u8::from(!reading.bytes.is_empty())
    }

    /// Returns the cause that the cookie which the app reads is empty or not there; `None` if it is
    /// there, or if the copy may be that cookie.
    pub(super) fn absence(&self, found: &Found<'_>, copy: Option<&Copied<'_>>) -> Option<Cause> {
        let wanted = self.cookie_name.as_deref()?;
        let name = Shown::new(wanted);
        if copy.is_some_and(|copy| copy.cookie.name.is_none_or(|name| name == wanted)) {
            return None;
        }
        if found.empty.iter().any(|(empty, _)| *empty == wanted) {
            return Some(Cause::new(
                CauseKind::NoCookie,
                format!(
                    "the cookie {name} is there and has no value: it is empty, as a deleted cookie \
                     is"
                ),
            ));
        }
        let names = found.cookies.iter().filter_map(|cookie| cookie.name);
        let mut names: Vec<_> = names.map(|name| Shown::new(name).to_string()).collect();
        if names.is_empty() {
            return None;
        }
        let more = names.len().saturating_sub(MOST_NAMES);
        names.truncate(MOST_NAMES);
        if more > 0 {
            names.push(format!("and {more} more"));
        }
        Some(Cause::new(
            CauseKind::NoCookie,
            format!(
                "there is no cookie {name} in it, which the app reads, only: {}. Is it sent for \
                 this domain, path and scheme?",
                names.join(", ")
            ),
        ))
    }
}
