//! [`Distinct`]: the wanted cookies of a log or a HAR file, each counted once.

use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher, RandomState};

use hardtack::doctor::{CauseKind, CookieFormat, Doctor};
use hardtack::observe::Shown;
use memchr::memmem;

use crate::found::{Found, is_token};

/// The most distinct cookies that are remembered.
pub(crate) const MOST: usize = 100_000;

/// The shortest value that has a form: PHP's session id.
const SHORTEST: usize = 22;

/// The cookies that are wanted.
pub(crate) enum Wanted {
    /// Cookies of a name, and values without a name that have the form of a Rails message.
    Name(String),
    /// Cookies of the form of a Rails message.
    Rails,
    /// Cookies of any form that the doctor knows.
    Form,
}

/// The cookies so far. Each is kept as two hashes, and its value is not kept.
pub(crate) struct Distinct {
    wanted: Wanted,
    most: usize,
    places: HashMap<(u64, u64), usize>,
    /// Some unwanted cookies: most cookies occur again and again.
    others: HashSet<(u64, u64)>,
    hashers: (RandomState, RandomState),
    doctor: Doctor,
    /// The number of cookies whose values a log's filter hid, and that have not the wanted name.
    pub(crate) hidden: u64,
}

/// The relation of a cookie to those before it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    First,
    /// The cookie occurred before; it was the first one of this number.
    Again(usize),
    /// The cookie is new, and no more cookies are remembered.
    Full,
    /// The cookie is not wanted.
    Unwanted,
}

impl Distinct {
    pub(crate) fn new(wanted: Wanted, most: usize) -> Self {
        Self {
            wanted,
            most,
            places: HashMap::new(),
            others: HashSet::new(),
            hashers: (RandomState::new(), RandomState::new()),
            doctor: Doctor::new(),
            hidden: 0,
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    /// Describes the wanted cookies.
    pub(crate) fn in_words(&self) -> String {
        match &self.wanted {
            Wanted::Name(name) => format!("cookie {:?}", Shown::new(name)),
            Wanted::Rails => "cookie of Rails' form".to_owned(),
            Wanted::Form => "cookie of a known form".to_owned(),
        }
    }

    pub(crate) fn meet(&mut self, found: &Found<'_>) -> Meeting {
        let Found { name, value, .. } = *found;
        let has_wanted_name = match (&self.wanted, name) {
            // A cookie without a value is never wanted: a response removes a cookie so.
            (Wanted::Name(wanted), Some(name)) if name != wanted || value.is_empty() => {
                self.hidden += u64::from(is_header(name) && self.is_hidden(value));
                return Meeting::Unwanted;
            }
            (Wanted::Name(_), Some(_)) => true,
            (_, Some(name))
                if (is_header(name) || name.contains("session")) && self.is_hidden(value) =>
            {
                self.hidden += 1;
                return Meeting::Unwanted;
            }
            _ => false,
        };
        let (one, other) = &self.hashers;
        let key = (one.hash_one((name, value)), other.hash_one((name, value)));
        if let Some(place) = self.places.get(&key) {
            return Meeting::Again(*place);
        }
        if !has_wanted_name && (self.others.contains(&key) || !self.has_form(name, value)) {
            if self.others.len() >= MOST {
                self.others.clear();
            }
            self.others.insert(key);
            return Meeting::Unwanted;
        }
        let place = self.places.len();
        if place >= self.most {
            return Meeting::Full;
        }
        self.places.insert(key, place);
        Meeting::First
    }

    /// Checks that a cookie has a wanted form.
    fn has_form(&self, name: Option<&str>, value: &[u8]) -> bool {
        let format = |name| self.doctor.examine(text(name, value)).format;
        if value.len() < SHORTEST {
            return false;
        }
        match (&self.wanted, name) {
            (Wanted::Form, Some(_)) => format(name) != CookieFormat::Unknown,
            _ => is_message(value) && format(None).is_rails(),
        }
    }

    /// Checks for a mark in place of a value, such as `[FILTERED]`.
    fn is_hidden(&self, value: &[u8]) -> bool {
        value.len() < 2 * SHORTEST
            && self
                .doctor
                .examine(value)
                .causes
                .iter()
                .any(|cause| cause.kind() == CauseKind::Elided)
    }

    /// Remembers no more cookies.
    pub(crate) fn close(&mut self) {
        self.most = self.places.len();
    }
}

/// Checks for the name of a header or a field that holds cookies.
fn is_header(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    name.ends_with("cookie") || name.ends_with("cookies")
}

/// Returns a cookie in the form that the doctor takes.
pub(crate) fn text(name: Option<&str>, value: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    if let Some(name) = name.filter(|name| name.starts_with("[\"")) {
        // Only in a header does the doctor take `["` for the start of a name.
        text.extend_from_slice(b"Cookie: ");
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
        text.extend_from_slice(value);
        return text;
    }
    // After another name the doctor would not recognize the value.
    if let Some(name) = name.filter(|name| is_token(name.as_bytes())) {
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
    }
    text.extend_from_slice(value);
    text
}

/// Checks that a value may be a message: every message has `--`.
fn is_message(value: &[u8]) -> bool {
    [&b"--"[..], b"%2D%2D", b"%2d%2d"]
        .iter()
        .any(|dashes| memmem::find(value, dashes).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::found::Place;

    #[test]
    fn memory_is_bounded_and_what_was_met_stays_known() {
        let wanted = || Wanted::Name("a".to_owned());
        let meet = |distinct: &mut Distinct, name, value: &str| {
            distinct.meet(&Found {
                place: Place::Line(1),
                name,
                value: value.as_bytes(),
            })
        };
        let message = format!("{}--{}--{}", "A".repeat(8), "A".repeat(16), "A".repeat(22));
        let mut distinct = Distinct::new(wanted(), 3);
        assert_eq!(meet(&mut distinct, Some("a"), "1"), Meeting::First);
        assert_eq!(meet(&mut distinct, Some("a"), "1"), Meeting::Again(0));
        assert_eq!(meet(&mut distinct, Some("b"), &message), Meeting::Unwanted);
        assert_eq!(meet(&mut distinct, Some("a"), ""), Meeting::Unwanted);
        assert_eq!(meet(&mut distinct, None, "1"), Meeting::Unwanted);
        assert_eq!(meet(&mut distinct, Some("a"), &message), Meeting::First);
        assert_eq!(meet(&mut distinct, None, &message), Meeting::First);
        assert_eq!(meet(&mut distinct, Some("a"), "2"), Meeting::Full);
        assert_eq!(meet(&mut distinct, None, &message), Meeting::Again(2));
        assert_eq!(distinct.len(), 3);

        let mut distinct = Distinct::new(wanted(), 3);
        assert_eq!(meet(&mut distinct, Some("a"), "1"), Meeting::First);
        distinct.close();
        assert_eq!(meet(&mut distinct, Some("a"), "2"), Meeting::Full);
    }
}
