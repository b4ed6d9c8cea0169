//! The cookies of a HAR file, as browsers export it (HAR 1.2,
//! <http://www.softwareishard.com/blog/har-12-spec/>).
//!
//! It is read once, from start to end, and nothing is kept but the cookies of one message.

use std::fmt;
use std::io::BufRead;

use hardtack::CookieHeader;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

use crate::bounded_json::BoundedJson;
use crate::found::{Found, Place, Troubles};
use crate::lines::Stop;

/// The most headers, and the most cookies, of one message that are looked at.
const MOST: usize = 1000;

/// Finds the cookies of every entry, and gives the number of entries.
pub(crate) fn read(
    input: impl BufRead,
    troubles: &mut Troubles,
    visit: &mut dyn FnMut(Found<'_>) -> Result<(), Stop>,
) -> Result<u64, Stop> {
    let mut state = State {
        troubles,
        visit,
        stop: None,
        has_entries: false,
        entries: 0,
        odd: None,
        is_response: false,
        headers: Vec::new(),
        cookies: Vec::new(),
        name: String::new(),
        value: String::new(),
    };
    let mut json = serde_json::Deserializer::from_reader(BoundedJson::new(input));
    let done = Part {
        level: Level::File,
        state: &mut state,
    }
    .deserialize(&mut json);
    let State {
        troubles,
        stop,
        has_entries,
        entries,
        ..
    } = state;
    match (stop, done) {
        (Some(stop), _) => Err(stop),
        (None, Ok(())) if has_entries => Ok(entries),
        (None, Ok(())) => Err(troubles.no_har("it has no log.entries")),
        (None, Err(error)) if has_entries => {
            let trouble = format!("the file is broken ({error}); it is read up to there");
            troubles.tell(Place::Entry(entries), &trouble);
            Ok(entries)
        }
        (None, Err(error)) => Err(troubles.no_har(&error.to_string())),
    }
}

/// Where in the file we are.
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
    /// What stands under a key; none where it is of no interest.
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

    /// What an array holds.
    fn item(self) -> Option<Self> {
        Some(match self {
            Self::Entries => Self::Entry,
            Self::Cookies => Self::Cookie,
            Self::Headers => Self::Header,
            _ => return None,
        })
    }
}

struct State<'a> {
    troubles: &'a mut Troubles,
    visit: &'a mut dyn FnMut(Found<'_>) -> Result<(), Stop>,
    /// Why the reading ended early.
    stop: Option<Stop>,
    has_entries: bool,
    entries: u64,
    /// The last entry that was not as it should be.
    odd: Option<u64>,
    is_response: bool,
    /// The values of the message's `Cookie` or `Set-Cookie` headers.
    headers: Vec<String>,
    /// Its cookies as the browser read them.
    cookies: Vec<(String, String)>,
    /// Of the header or cookie at hand.
    name: String,
    value: String,
}

impl State<'_> {
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
            Level::Cookie | Level::Header => {
                self.name.clear();
                self.value.clear();
            }
            _ => {}
        }
    }

    fn leave(&mut self, level: Level) -> Result<(), Stop> {
        match level {
            Level::Request | Level::Response => return self.visit_message(),
            Level::Cookie if self.cookies.len() < MOST => {
                let pair = (self.name.clone(), self.value.clone());
                self.cookies.push(pair);
            }
            Level::Header if self.headers.len() < MOST => {
                let field = if self.is_response {
                    "set-cookie"
                } else {
                    "cookie"
                };
                if self.name.eq_ignore_ascii_case(field) {
                    self.headers.push(self.value.clone());
                }
            }
            Level::Cookie | Level::Header => {
                let trouble = format!("more than {MOST} headers or cookies; the rest is left out");
                self.troubles.tell(self.place(), &trouble);
            }
            _ => {}
        }
        Ok(())
    }

    /// The cookies of a message: of its headers, which hold them as they were sent; else as the
    /// browser read them.
    fn visit_message(&mut self) -> Result<(), Stop> {
        let place = self.place();
        for header in &self.headers {
            // Chrome joins several Set-Cookie with line feeds.
            for line in header.lines() {
                // Attributes follow the cookie of a Set-Cookie.
                let most = if self.is_response { 1 } else { usize::MAX };
                for (name, value) in CookieHeader::new(line).iter().take(most) {
                    if let (Ok(name), Some(value)) = (std::str::from_utf8(name), value) {
                        let name = Some(name.trim_ascii());
                        (self.visit)(Found { place, name, value })?;
                    }
                }
            }
        }
        if self.headers.is_empty() {
            for (name, value) in &self.cookies {
                let name = Some(name.as_str());
                let value = value.as_bytes();
                (self.visit)(Found { place, name, value })?;
            }
        }
        Ok(())
    }

    fn text(&mut self, level: Level, text: &str) {
        let own = match level {
            Level::Name => &mut self.name,
            Level::Value => &mut self.value,
            _ => return self.odd(level),
        };
        text.clone_into(own);
    }

    /// Something else stands where HAR has an object or an array.
    fn odd(&mut self, level: Level) {
        if level == Level::Entry {
            self.enter(level);
        }
        // Told once of each entry.
        if self.odd == Some(self.entries) {
            return;
        }
        if !matches!(level, Level::File | Level::Log | Level::Name | Level::Value) {
            self.odd = Some(self.entries);
            self.troubles.tell(
                Place::Entry(self.entries),
                "it is not as HAR has it; what is odd is left out",
            );
        }
    }
}

/// A part of the file, which is read into the state.
struct Part<'s, 'a> {
    level: Level,
    state: &'s mut State<'a>,
}

impl<'de> DeserializeSeed<'de> for Part<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a part of a HAR file")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { level, state } = self;
        if level.item().is_some() {
            state.odd(level);
        }
        state.enter(level);
        while let Some(key) = map.next_key::<String>()? {
            match level.under(&key) {
                Some(level) => map.next_value_seed(Part {
                    level,
                    state: &mut *state,
                })?,
                None => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        state.leave(level).map_err(|stop| {
            state.stop = Some(stop);
            A::Error::custom("stopped")
        })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        let Self { level, state } = self;
        let Some(item) = level.item() else {
            state.odd(level);
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        state.enter(level);
        while seq
            .next_element_seed(Part {
                level: item,
                state: &mut *state,
            })?
            .is_some()
        {}
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.state.text(self.level, text);
        Ok(())
    }

    /// null: nothing is there, which some tools write for what they lack.
    fn visit_unit<E>(self) -> Result<(), E> {
        if self.level == Level::Entry {
            self.state.odd(self.level);
        }
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        self.state.odd(self.level);
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        self.state.odd(self.level);
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        self.state.odd(self.level);
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        self.state.odd(self.level);
        Ok(())
    }
}
