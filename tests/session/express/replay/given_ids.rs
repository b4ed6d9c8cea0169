//! The format of Express, with the ids that Express made.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hardtack::express::ExpressSession;
use hardtack::stores::{ReadEntry, SessionFormat, Touch};
use hardtack::{CookieAttributes, CookieHeader, Error, RequestOrigin, SessionData};
use time::OffsetDateTime;

/// A format whose new ids are given.
#[derive(Clone)]
pub(super) struct GivenIds {
    pub(super) format: ExpressSession,
    pub(super) ids: Arc<Mutex<VecDeque<String>>>,
}

impl SessionFormat for GivenIds {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        self.format.id_of_cookie(value)
    }

    fn cookie_value<'h>(&self, header: &CookieHeader<'h>, name: &str) -> Option<Cow<'h, [u8]>> {
        self.format.cookie_value(header, name)
    }

    fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        self.format.cookie_of_id(id)
    }

    fn new_id(&self) -> Result<String, Error> {
        match self.ids.lock().unwrap().pop_front() {
            Some(id) => Ok(id),
            None => self.format.new_id(),
        }
    }

    fn keys(&self, id: &str) -> Vec<String> {
        self.format.keys(id)
    }

    fn time_to_live(&self) -> Option<Duration> {
        self.format.time_to_live()
    }

    fn session_time_to_live(
        &self,
        session: &SessionData,
        entry: Option<&Bytes>,
        now: OffsetDateTime,
    ) -> Option<Duration> {
        self.format.session_time_to_live(session, entry, now)
    }

    fn begin_for(&self, session: &mut SessionData, origin: &RequestOrigin) {
        self.format.begin_for(session, origin);
    }

    fn cookie(
        &self,
        session: &SessionData,
        entry: Option<&Bytes>,
        attributes: &CookieAttributes,
        now: OffsetDateTime,
    ) -> Option<CookieAttributes> {
        self.format.cookie(session, entry, attributes, now)
    }

    fn sets_cookie_again(
        &self,
        session: &SessionData,
        entry: &Bytes,
        is_changed: bool,
    ) -> Option<bool> {
        self.format.sets_cookie_again(session, entry, is_changed)
    }

    fn is_changed(&self, session: &SessionData, entry: &Bytes) -> bool {
        self.format.is_changed(session, entry)
    }

    fn keeps_empty(&self, is_new: bool) -> bool {
        self.format.keeps_empty(is_new)
    }

    fn read(&self, bytes: &Bytes, now: OffsetDateTime) -> ReadEntry {
        self.format.read(bytes, now)
    }

    fn write(
        &self,
        session: &SessionData,
        previous: Option<&Bytes>,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        self.format.write(session, previous, ttl, now)
    }

    fn is_touch_due(&self, previous: &Bytes, ttl: Option<Duration>, now: OffsetDateTime) -> bool {
        self.format.is_touch_due(previous, ttl, now)
    }

    fn touch(
        &self,
        session: &SessionData,
        previous: &Bytes,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Touch {
        self.format.touch(session, previous, ttl, now)
    }
}
