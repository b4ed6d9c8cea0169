//! The 4096-byte limit: the bytes of a cookie that each rule counts.

use crate::settings::{RailsLimit, Settings, SizeLimit};

/// The most bytes of a cookie (`ActionDispatch::Cookies::MAX_COOKIE_SIZE`; RFC 6265 section 6.1).
const MAX_COOKIE_SIZE: usize = 4096;

/// The most bytes of a value, as sent, that is opened: four times what a browser keeps. A longer
/// value is refused before any work.
pub(crate) const MAX_READ_SIZE: usize = 16 * 1024;

/// A cookie's size under a rule, and the rule's limit.
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

/// Returns the size of a cookie as browsers count it, of its name and its escaped value.
pub(crate) fn size_in_browsers(name: usize, escaped: usize) -> Size {
    Size {
        counted: name + escaped,
        limit: MAX_COOKIE_SIZE,
    }
}

/// Returns the size of a cookie with these lengths in bytes: its name, its value, and its escaped
/// value. `None` if there is no limit.
pub(crate) fn size(settings: &Settings, name: usize, value: usize, escaped: usize) -> Option<Size> {
    let counted = match (settings.limit, settings.rails_limit) {
        (SizeLimit::None, _) => return None,
        (SizeLimit::Strict, _) => return Some(size_in_browsers(name, escaped)),
        (SizeLimit::Rails, RailsLimit::Value) => value,
        (SizeLimit::Rails, RailsLimit::NameAndValue) => name + value,
    };
    Some(Size {
        counted,
        limit: MAX_COOKIE_SIZE,
    })
}
