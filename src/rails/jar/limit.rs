//! The 4096-byte limit: what counts against it, by rule.

use crate::settings::{RailsLimit, Settings, SizeLimit};

/// The most bytes of a cookie (`ActionDispatch::Cookies::MAX_COOKIE_SIZE`; RFC 6265 section 6.1).
const MAX_COOKIE_SIZE: usize = 4096;

/// The longest value that is looked at in bytes, as sent: four times what a browser keeps.
/// Whatever is longer is refused before any work.
pub(crate) const MAX_READ_SIZE: usize = 16 * 1024;

/// What a cookie counts under a rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) counted: usize,
    pub(crate) limit: usize,
}

impl Size {
    pub(crate) fn fits(self) -> bool {
        self.counted <= self.limit
    }
}

/// What a cookie of these lengths in bytes counts: its name, its value, and its value escaped.
/// `None` where there is no limit.
pub(crate) fn size(settings: &Settings, name: usize, value: usize, escaped: usize) -> Option<Size> {
    let counted = match (settings.limit, settings.rails_limit) {
        (SizeLimit::None, _) => return None,
        (SizeLimit::Strict, _) => name + escaped,
        (SizeLimit::Rails, RailsLimit::Value) => value,
        (SizeLimit::Rails, RailsLimit::NameAndValue) => name + value,
    };
    Some(Size {
        counted,
        limit: MAX_COOKIE_SIZE,
    })
}
