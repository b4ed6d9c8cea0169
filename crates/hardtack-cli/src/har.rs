//! Finds the cookies of a HAR file, as browsers export it (HAR 1.2,
//! <http://www.softwareishard.com/blog/har-12-spec/>).
//!
//! The file is read once, from start to end, and only the cookies of one message are kept.

use std::fmt;
use std::io::BufRead;
use std::mem;

use hardtack::CookieHeader;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::bounded_json::BoundedJson;
use crate::found::{Found, Place, Troubles};
use crate::lines::Stop;

/// The most headers, and the most cookies, that are read of one message.
const MOST: usize = 1000;

/// Finds the cookies of every entry, and returns the number of entries.
pub(crate) fn read(
    input: impl BufRead,
    troubles: &mut Troubles,
    visit: &mut dyn FnMut(Found<'_>) -> Result<(), Stop>,
) -> Result<u64, Stop> {
    let mut har = Har {
        troubles,
        visit,
        level: Level::File,
        stop: None,
        has_entries: false,
        entries: 0,
        odd: None,
        is_response: false,
        headers: Vec::new(),
        cookies: Vec::new(),
        pair: Pair::default(),
    };
    let mut json = serde_json::Deserializer::from_reader(BoundedJson::new(input));
    let done = har.deserialize(&mut json);
    match (har.stop, done) {
        (Some(stop), _) => Err(stop),
        (None, Ok(())) if har.has_entries => Ok(har.entries),
        (None, Ok(())) => Err(troubles.no_har("it has no log.entries")),
        (None, Err(error)) if har.has_entries => {
            let trouble = format!("the file is broken ({error}) and is read up to here");
            har.troubles.tell(Place::Entry(har.entries), &trouble);
            Ok(har.entries)
        }
        (None, Err(error)) => Err(troubles.no_har(&error.to_string())),
    }
}

/// The current level of the file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Level {
    File,
    Log,
    Entries,
    Entry,
    Request,
    Response,
    Cookies,
    Cookie,
    Headers,
    Header,
    Name,
    Value,
}

impl Level {
    /// Returns the level under a key, `None` for a key that is not read.
    fn under(self, key: &str) -> Option<Self> {
        Some(match (self, key) {
            (Self::File, "log") => Self::Log,
            (Self::Log, "entries") => Self::Entries,
            (Self::Entry, "request") => Self::Request,
            (Self::Entry, "response") => Self::Response,
            (Self::Request | Self::Response, "cookies") => Self::Cookies,
            (Self::Request | Self::Response, "headers") => Self::Headers,
            (Self::Cookie | Self::Header, "name") => Self::Name,
            (Self::Cookie | Self::Header, "value") => Self::Value,
            _ => return None,
        })
    }

    /// Returns the level of an array's items.
    fn item(self) -> Option<Self> {
        Some(match self {
            Self::Entries => Self::Entry,
            Self::Cookies => Self::Cookie,
            Self::Headers => Self::Header,
            _ => return None,
        })
    }
}

/// A header, or a cookie as the browser parsed it.
#[derive(Default)]
struct Pair {
    name: String,
    value: String,
}

/// The state of a reading. serde passes it the value at each level.
struct Har<'a> {
    troubles: &'a mut Troubles,
    visit: &'a mut dyn FnMut(Found<'_>) -> Result<(), Stop>,
    level: Level,
    /// The reason for stopping early.
    stop: Option<Stop>,
    has_entries: bool,
    entries: u64,
    /// The last entry that is not valid HAR.
    odd: Option<u64>,
    is_response: bool,
    /// The `Cookie` or `Set-Cookie` headers of the message.
    headers: Vec<Pair>,
    /// The cookies of the message as the browser parsed them.
    cookies: Vec<Pair>,
    /// The current header or cookie.
    pair: Pair,
}

impl Har<'_> {
    fn place(&self) -> Place {
        if self.is_response {
            Place::Response(self.entries)
        } else {
            Place::Request(self.entries)
        }
    }

    fn enter(&mut self, level: Level) {
        match level {
            Level::Entries => self.has_entries = true,
            Level::Entry => self.entries += 1,
            Level::Request | Level::Response => {
                self.is_response = level == Level::Response;
                self.headers.clear();
                self.cookies.clear();
            }
            Level::Cookie | Level::Header => self.pair = Pair::default(),
            _ => {}
        }
    }

    fn leave(&mut self, level: Level) -> Result<(), Stop> {
        let (pairs, field) = match (level, self.is_response) {
            (Level::Request | Level::Response, _) => return self.visit_message(),
            (Level::Cookie, _) => (&mut self.cookies, None),
            (Level::Header, true) => (&mut self.headers, Some("set-cookie")),
            (Level::Header, false) => (&mut self.headers, Some("cookie")),
            _ => return Ok(()),
        };
        if pairs.len() >= MOST {
            let trouble =
                format!("the message has more than {MOST} headers or cookies; the rest is skipped");
            self.troubles.tell(self.place(), &trouble);
        } else if field.is_none_or(|field| self.pair.name.eq_ignore_ascii_case(field)) {
            pairs.push(mem::take(&mut self.pair));
        }
        Ok(())
    }

    /// Visits the cookies of a message: those of its headers, as they were sent, or without headers
    /// those that the browser parsed.
    fn visit_message(&mut self) -> Result<(), Stop> {
        let place = self.place();
        // Chrome joins several Set-Cookie with line feeds.
        for line in self.headers.iter().flat_map(|header| header.value.lines()) {
            // Attributes follow the cookie of a Set-Cookie.
            let most = if self.is_response { 1 } else { usize::MAX };
            for (name, value) in CookieHeader::new(line).iter().take(most) {
                if let (Ok(name), Some(value)) = (std::str::from_utf8(name), value) {
                    let name = Some(name.trim_ascii());
                    (self.visit)(Found { place, name, value })?;
                }
            }
        }
        if self.headers.is_empty() {
            for Pair { name, value } in &self.cookies {
                let (name, value) = (Some(name.as_str()), value.as_bytes());
                (self.visit)(Found { place, name, value })?;
            }
        }
        Ok(())
    }

    /// Reports a value that is not the object or array of HAR.
    fn odd(&mut self) {
        if self.level == Level::Entry {
            self.enter(self.level);
        }
        let has_none = matches!(
            self.level,
            Level::File | Level::Log | Level::Name | Level::Value
        );
        // One report for each entry.
        if !has_none && self.odd.replace(self.entries) != Some(self.entries) {
            self.troubles.tell(
                Place::Entry(self.entries),
                "the entry is not valid HAR; the invalid part is skipped",
            );
        }
    }
}

impl<'de> DeserializeSeed<'de> for &mut Har<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

/// Reports scalars: HAR has none at a level that is read.
macro_rules! odd {
    ($($visit:ident: $scalar:ty),*) => {
        $(fn $visit<E>(self, _: $scalar) -> Result<(), E> {
            self.odd();
            Ok(())
        })*
    };
}

impl<'de> Visitor<'de> for &mut Har<'_> {
    type Value = ();

    odd!(visit_bool: bool, visit_u64: u64, visit_i64: i64, visit_f64: f64);

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a HAR file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let level = self.level;
        if level.item().is_some() {
            self.odd();
        }
        self.enter(level);
        while let Some(key) = map.next_key::<String>()? {
            if let Some(under) = level.under(&key) {
                self.level = under;
                map.next_value_seed(&mut *self)?;
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        self.leave(level).map_err(|stop| {
            self.stop = Some(stop);
            A::Error::custom("stopped")
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Some(item) = self.level.item() else {
            self.odd();
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        self.enter(self.level);
        self.level = item;
        while seq.next_element_seed(&mut *self)?.is_some() {
            self.level = item;
        }
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        match self.level {
            Level::Name => text.clone_into(&mut self.pair.name),
            Level::Value => text.clone_into(&mut self.pair.value),
            _ => self.odd(),
        }
        Ok(())
    }

    /// Takes null as absent: some tools write it for what they lack.
    fn visit_unit<E>(self) -> Result<(), E> {
        if self.level == Level::Entry {
            self.odd();
        }
        Ok(())
    }
}
