//! [`Found`]: a cookie in a log or a HAR file, where it stands, and what is wrong there.

use std::fmt;
use std::io;

use hardtack::observe::Shown;

use crate::lines::Stop;
use crate::output::complain;

/// How many troubles are told one by one.
const MOST_TOLD: u64 = 20;

/// A cookie as it stands there.
pub(crate) struct Found<'a> {
    pub(crate) place: Place,
    /// None for a value that stands alone, as nginx' `$cookie_NAME` writes it.
    pub(crate) name: Option<&'a str>,
    pub(crate) value: &'a [u8],
}

/// Where a cookie stands, counted from 1.
#[derive(Clone, Copy)]
pub(crate) enum Place {
    Line(u64),
    Entry(u64),
    Request(u64),
    Response(u64),
}

impl Place {
    /// As members of a JSON object.
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

/// The troubles of a reading, which are told as they come.
pub(crate) struct Troubles {
    source: String,
    count: u64,
}

impl Troubles {
    pub(crate) fn of(source: String) -> Self {
        Self { source, count: 0 }
    }

    /// Tells what is wrong with a place, which is skipped for it.
    pub(crate) fn tell(&mut self, place: Place, trouble: &str) {
        self.count += 1;
        if self.count <= MOST_TOLD {
            complain(&format!("{} {place}: {trouble}", self.source));
        }
    }

    /// Tells of those that were not told, and gives the number of all.
    pub(crate) fn conclude(self) -> u64 {
        if let Some(more @ 1..) = self.count.checked_sub(MOST_TOLD) {
            complain(&format!("{}: {more} more like these", self.source));
        }
        self.count
    }

    /// The source cannot be read.
    pub(crate) fn broken(&self, error: &io::Error) -> Stop {
        Stop::Broken(format!("{}: {error}", self.source))
    }

    /// The source is something else.
    pub(crate) fn no_har(&self, why: &str) -> Stop {
        Stop::Broken(format!("{} is no HAR file: {why}", self.source))
    }
}

/// Whether it may be a cookie's name: a token (RFC 9110 section 5.6.2).
pub(crate) fn is_token(name: &[u8]) -> bool {
    let is_token = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !name.is_empty() && name.iter().all(is_token)
}

/// A name in a table, where there is one.
pub(crate) fn shown(name: Option<&str>) -> String {
    const LONGEST: usize = 40;
    name.map_or_else(
        || "-".to_owned(),
        |name| Shown::new(name).at_most(LONGEST).to_string(),
    )
}
