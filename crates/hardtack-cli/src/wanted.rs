//! [`Wanted`]: which cookies of a log or a HAR file count.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use hardtack::Shown;
use hardtack::doctor::{CookieFormat, Doctor};
use memchr::memmem;

use crate::found::{Found, is_token};

/// Shorter values have no form: that of PHP's session id is the shortest.
const SHORTEST: usize = 22;

/// How many values are remembered, with whether they count.
const MOST_REMEMBERED: usize = 100_000;

/// Which cookies count.
pub(crate) struct Wanted {
    by: By,
    doctor: Doctor,
    /// Whether values have the form, by their hashes: most cookies come again and again.
    verdicts: HashMap<u64, bool>,
    hasher: RandomState,
}

enum By {
    Name(String),
    /// The form of a message of Rails.
    Rails,
    /// Any form that the doctor knows.
    Form,
}

impl Wanted {
    /// Those of a name, and values that stand alone and have the form of a Rails message.
    pub(crate) fn name(name: &str) -> Self {
        Self::by(By::Name(name.to_owned()))
    }

    pub(crate) fn rails() -> Self {
        Self::by(By::Rails)
    }

    pub(crate) fn any_form() -> Self {
        Self::by(By::Form)
    }

    fn by(by: By) -> Self {
        Self {
            by,
            doctor: Doctor::new(),
            verdicts: HashMap::new(),
            hasher: RandomState::new(),
        }
    }

    /// What the wanted cookies are, in words.
    pub(crate) fn in_words(&self) -> String {
        match &self.by {
            By::Name(name) => format!("cookie {:?}", Shown::new(name)),
            By::Rails => "cookie of Rails' form".to_owned(),
            By::Form => "cookie of a known form".to_owned(),
        }
    }

    /// Whether this one counts. One without a value never does: so a cookie is removed.
    pub(crate) fn admits(&mut self, found: &Found<'_>) -> bool {
        let Found { name, value, .. } = *found;
        match (&self.by, name) {
            (By::Name(wanted), Some(name)) => name == wanted && !value.is_empty(),
            (By::Form, Some(name)) => {
                self.has_form(Some(name), value, |format| format != CookieFormat::Unknown)
            }
            _ => is_message(value) && self.has_form(None, value, CookieFormat::is_rails),
        }
    }

    fn has_form(
        &mut self,
        name: Option<&str>,
        value: &[u8],
        is_it: impl Fn(CookieFormat) -> bool,
    ) -> bool {
        if value.len() < SHORTEST {
            return false;
        }
        let hash = self.hasher.hash_one((name, value));
        if let Some(is_it) = self.verdicts.get(&hash) {
            return *is_it;
        }
        let is_it = is_it(self.doctor.examine(text(name, value)).format);
        if self.verdicts.len() >= MOST_REMEMBERED {
            self.verdicts.clear();
        }
        self.verdicts.insert(hash, is_it);
        is_it
    }
}

/// A cookie as the doctor takes it.
pub(crate) fn text(name: Option<&str>, value: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    // Behind any other name it would not know the value for one.
    if let Some(name) = name.filter(|name| is_token(name.as_bytes())) {
        text.extend_from_slice(name.as_bytes());
        text.push(b'=');
    }
    text.extend_from_slice(value);
    text
}

/// Whether it may be a message: all have `--` in them.
fn is_message(value: &[u8]) -> bool {
    [&b"--"[..], b"%2D%2D", b"%2d%2d"]
        .iter()
        .any(|dashes| memmem::find(value, dashes).is_some())
}
