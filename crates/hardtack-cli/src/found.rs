//! [`Found`]: a cookie in a log or a HAR file, its place, and what is wrong there.

use std::fmt;
use std::io;

use hardtack::observe::Shown;

use crate::lines::Stop;
use crate::output::error;

/// The most troubles that are printed one by one.
const MOST_TOLD: u64 = 20;

/// A cookie as the source has it.
pub(crate) struct Found<'a> {
    pub(crate) place: Place,
    /// `None` for a value without a name, as nginx' `$cookie_NAME` writes it.
    pub(crate) name: Option<&'a str>,
    pub(crate) value: &'a [u8],
}

/// The place of a cookie, counted from 1.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Line(u64),
    Entry(u64),
    Request(u64),
    Response(u64),
}

impl Place {
    /// Returns the place as members of a JSON object.
    pub(crate) fn json(self) -> String {
        match self {
            Self::Line(number) => format!("\"line\":{number}"),
            Self::Entry(number) => format!("\"entry\":{number}"),
            Self::Request(number) => format!("\"entry\":{number},\"in\":\"request\""),
            Self::Response(number) => format!("\"entry\":{number},\"in\":\"response\""),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(number) => write!(f, "line {number}"),
            Self::Entry(number) => write!(f, "entry {number}"),
            Self::Request(number) => write!(f, "entry {number} request"),
            Self::Response(number) => write!(f, "entry {number} response"),
        }
    }
}

/// The troubles of a reading. Each is printed as it occurs.
pub(crate) struct Troubles {
    source: String,
    count: u64,
}

impl Troubles {
    pub(crate) fn of(source: String) -> Self {
        Self { source, count: 0 }
    }

    /// Prints what is wrong with a place that is skipped.
    pub(crate) fn tell(&mut self, place: Place, trouble: &str) {
        self.count += 1;
        if self.count <= MOST_TOLD {
            error(&format!("{} {place}: {trouble}", self.source));
        }
    }

    /// Prints how many troubles were not printed, and returns the number of all.
    pub(crate) fn conclude(self) -> u64 {
        if let Some(more @ 1..) = self.count.checked_sub(MOST_TOLD) {
            error(&format!("{}: {more} more like these", self.source));
        }
        self.count
    }

    /// Returns the failure of a source that cannot be read.
    pub(crate) fn broken(&self, cause: &io::Error) -> Stop {
        Stop::Broken(format!("{}: {cause}", self.source))
    }

    /// Returns the failure of a source that is not a HAR file.
    pub(crate) fn no_har(&self, why: &str) -> Stop {
        Stop::Broken(format!("{} is not a HAR file: {why}", self.source))
    }
}

/// Checks that a text may be a cookie's name: a token (RFC 9110 section 5.6.2).
pub(crate) fn is_token(name: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_token)
}

/// Returns a name for a table, `-` if there is none.
pub(crate) fn shown(name: Option<&str>) -> String {
    const LONGEST: usize = 40;
    name.map_or_else(
        || "-".to_owned(),
        |name| Shown::new(name).at_most(LONGEST).to_string(),
    )
}
