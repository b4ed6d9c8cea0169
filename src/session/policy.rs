//! [`Policy`]: when a session is written, how long it lives, and which cookie carries it.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::conflict_policy::ConflictPolicy;
use super::data::SessionData;
use super::events::{Event, Events};
use super::observer::{Observer, Outcome};
use super::origin::RequestOrigin;
use super::provenance::Provenance;
use super::running_commit::Spawn;
use super::session_lock::SessionLock;
use super::store_operation::Lookup;
use super::write_policy::WritePolicy;
use crate::clock::Clock;
use crate::error::{Error, Refusal};
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::CookieHeader;
use crate::http::duplicate_policy::DuplicatePolicy;
use crate::http::forwarded::Forwarded;
use crate::message::opened::Opened;

/// The session's key of its own expiry: its life after each write, in seconds.
pub(crate) const EXPIRE_AFTER: &str = "_expire_after";

/// The session's key of the time at which it began, in seconds since 1970.
const BEGAN_AT: &str = "_began_at";

/// The divisor of a rolling expiry: a renewal is due when a tenth of it has passed.
const RENEWALS: u32 = 10;

/// The end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Expiry {
    WithBrowser,
    /// This long after it was last written.
    Rolling(Duration),
    /// This long after it was first written.
    Fixed(Duration),
}

/// The rules of an app's sessions, regardless of their place.
#[derive(Clone)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a setting of its own, and none excludes another"
)]
pub(crate) struct Policy {
    /// The name of the session's cookie.
    pub(crate) name: String,
    pub(crate) attributes: CookieAttributes,
    pub(crate) former_attributes: Option<CookieAttributes>,
    pub(crate) expiry: Expiry,
    pub(crate) lifetime: Option<Duration>,
    /// True if a store keeps the sessions: no cookie seals their end, so they record when they
    /// began.
    pub(crate) on_server: bool,
    pub(crate) conflicts: ConflictPolicy,
    pub(crate) lock: Option<SessionLock>,
    /// The time for which a store remembers that a session was ended.
    pub(crate) logout_mark: Option<Duration>,
    /// Finishes the commits whose requests have ended before them.
    pub(crate) spawn: Option<Spawn>,
    pub(crate) writes: WritePolicy,
    pub(crate) writes_on_server_error: bool,
    pub(crate) duplicates: DuplicatePolicy,
    pub(crate) cache_headers: bool,
    pub(crate) assume_ssl: bool,
    /// The number of trusted proxies in front.
    pub(crate) trusted_hops: usize,
    /// True if a cookie is bound to the session's id, and so the id that came is kept.
    pub(crate) remembers_id: bool,
    pub(crate) clock: Clock,
    pub(crate) events: Arc<Events>,
    pub(crate) observer: Option<Arc<dyn Observer>>,
}

impl Policy {
    /// Creates the error for an entry of the store that is not a session of the format.
    pub(super) fn unreadable_session(&self, reason: Option<&'static str>) -> Error {
        Error::UnreadableSession {
            name: self.name.clone(),
            reason,
        }
    }

    pub(crate) fn new(name: String) -> Self {
        Self {
            name,
            attributes: CookieAttributes::new().http_only(true),
            former_attributes: None,
            expiry: Expiry::WithBrowser,
            lifetime: None,
            on_server: false,
            conflicts: ConflictPolicy::Merge,
            lock: None,
            logout_mark: None,
            spawn: None,
            writes: WritePolicy::WhenChanged,
            writes_on_server_error: false,
            duplicates: DuplicatePolicy::First,
            cache_headers: true,
            assume_ssl: false,
            trusted_hops: 0,
            remembers_id: false,
            clock: Clock::System,
            events: Arc::default(),
            observer: None,
        }
    }

    /// Returns the scheme and host of a request, from its headers.
    pub(crate) fn origin<'h, H>(&self, is_tls: bool, header: impl Fn(&str) -> H) -> RequestOrigin
    where
        H: IntoIterator<Item = &'h [u8], IntoIter: DoubleEndedIterator>,
    {
        let forwarded = Forwarded::read(self.trusted_hops, &header);
        let is_ssl = self.assume_ssl || forwarded.is_ssl.unwrap_or(is_tls);
        let own = || std::str::from_utf8(header("host").into_iter().next()?).ok();
        RequestOrigin::new(is_ssl, forwarded.host.as_deref().or_else(own))
    }

    /// Checks the expiry and the cookie's attributes, the former attributes too.
    pub(crate) fn check(
        &self,
        check: impl Fn(&CookieAttributes) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let expiry = match self.expiry {
            Expiry::WithBrowser => None,
            Expiry::Rolling(duration) | Expiry::Fixed(duration) => Some(duration),
        };
        for duration in [expiry, self.lifetime].into_iter().flatten() {
            check_expiry(&self.name, duration, self.now())?;
        }
        // Any host will do: it does not decide whether the attributes are valid.
        let all = [Some(&self.attributes), self.former_attributes.as_ref()];
        let mut all = all.into_iter().flatten();
        all.try_for_each(|attributes| check(&attributes.for_host("localhost")))
    }

    pub(crate) fn now(&self) -> OffsetDateTime {
        self.clock.now()
    }

    /// Tells the observer and the log how the session's cookie opened, if one was sent.
    pub(crate) fn heard(&self, outcome: Option<Outcome>) {
        if let Some(outcome) = outcome {
            self.heard_of(&self.name, outcome, Event::Refused);
        }
    }

    /// Tells the observer and the log how another cookie of a request opened.
    pub(crate) fn heard_of_cookie(&self, cookie: &str, outcome: Outcome) {
        self.heard_of(cookie, outcome, |refusal| {
            Event::CookieRefused(cookie, refusal)
        });
    }

    fn heard_of<'a>(
        &self,
        cookie: &str,
        outcome: Outcome,
        event: impl FnOnce(Refusal) -> Event<'a>,
    ) {
        // The event comes first: an observer may panic.
        if let Err(refusal) = outcome {
            self.tell(event(refusal));
        }
        match (&self.observer, outcome) {
            (None, _) => {}
            (Some(observer), Ok(how)) => observer.opened(cookie, &how),
            (Some(observer), Err(refusal)) => observer.refused(cookie, refusal),
        }
    }

    /// Tells the observer whether the store has the session of a cookie's id.
    pub(crate) fn looked_up(&self, name: &str, lookup: Lookup) {
        if let Some(observer) = &self.observer {
            observer.looked_up(name, lookup);
        }
    }

    pub(crate) fn tell(&self, event: Event<'_>) {
        self.events.tell(&self.name, event, self.now());
    }

    /// Returns the attributes of the cookie for the host of a request.
    pub(crate) fn attributes_for(&self, origin: &RequestOrigin) -> CookieAttributes {
        for_origin(&self.attributes, origin)
    }

    /// Returns the former attributes of the cookie for the host of a request.
    pub(crate) fn former_attributes_for(&self, origin: &RequestOrigin) -> Option<CookieAttributes> {
        let former = self.former_attributes.as_ref()?;
        Some(for_origin(former, origin))
    }

    /// Checks whether a response of this status may write the session.
    pub(crate) fn may_write(&self, status: u16) -> bool {
        self.writes != WritePolicy::Never && (status < 500 || self.writes_on_server_error)
    }

    /// Returns the time at which a session ends regardless of renewals; `None` if its lifetime is
    /// unlimited or its beginning unknown.
    pub(crate) fn ends_at(&self, data: &SessionData) -> Option<OffsetDateTime> {
        let lifetime = self.lifetime(data)?;
        let began_at = data.get::<i64>(BEGAN_AT).ok()??;
        after(
            OffsetDateTime::from_unix_timestamp(began_at).ok()?,
            lifetime,
        )
    }

    /// Returns what a session's own expiry is written as: whole seconds, as in the header.
    pub(crate) fn own_expiry(&self, duration: Duration) -> Result<u64, Error> {
        check_expiry(&self.name, duration, self.now())?;
        // A begun second counts, so that no expiry becomes zero.
        Ok(duration.as_secs() + u64::from(duration.subsec_nanos() > 0))
    }

    /// Checks whether this request set, removed or cleared the session's own expiry.
    pub(crate) fn changes_expiry(data: &SessionData) -> bool {
        data.is_key_changed(EXPIRE_AFTER)
    }

    /// Returns the end of a session: its own expiry takes precedence over the policy's.
    fn expiry(&self, data: &SessionData) -> Expiry {
        let own = data.get::<u64>(EXPIRE_AFTER).ok().flatten();
        let own = own.map(Duration::from_secs);
        // Another program may have written an invalid duration there.
        let own = own.filter(|own| check_expiry(&self.name, *own, self.now()).is_ok());
        own.map_or(self.expiry, Expiry::Rolling)
    }

    /// Returns the maximum lifetime of a session.
    fn lifetime(&self, data: &SessionData) -> Option<Duration> {
        // Few policies are fixed, so the session's own expiry is rarely looked up.
        let is_fixed = self.on_server && matches!(self.expiry, Expiry::Fixed(_));
        let fixed = match is_fixed.then(|| self.expiry(data)) {
            Some(Expiry::Fixed(duration)) => Some(duration),
            _ => None,
        };
        self.lifetime.into_iter().chain(fixed).min()
    }

    /// Returns how long a store keeps a session that is written now; `None` if there is no limit.
    pub(crate) fn time_to_live(&self, data: &SessionData) -> Option<Duration> {
        let rolling = match self.expiry(data) {
            Expiry::WithBrowser => None,
            Expiry::Rolling(duration) | Expiry::Fixed(duration) => Some(duration),
        };
        let left = |end: OffsetDateTime| (end - self.now()).try_into().unwrap_or_default();
        let left = self.ends_at(data).map(left).or(self.lifetime);
        // Stores take whole seconds, and refuse zero.
        let least = Duration::from_secs(1);
        rolling
            .into_iter()
            .chain(left)
            .min()
            .map(|ttl| ttl.max(least))
    }

    /// Checks whether a session that nobody changed is still written.
    pub(crate) fn writes_unchanged(&self, data: &SessionData) -> bool {
        self.writes == WritePolicy::WhenRead || self.lacks_beginning(data)
    }

    /// Checks whether a session has outlived its absolute lifetime.
    pub(crate) fn has_ended(&self, data: &SessionData) -> bool {
        self.ends_at(data)
            .is_some_and(|ends_at| ends_at <= self.now())
    }

    /// Returns an opened session, unless it has outlived its absolute lifetime.
    pub(crate) fn unless_ended(
        &self,
        opened: Opened<SessionData>,
    ) -> Result<Opened<SessionData>, Refusal> {
        if self.has_ended(opened.value()) {
            return Err(Refusal::Expired);
        }
        Ok(opened)
    }

    fn lacks_beginning(&self, data: &SessionData) -> bool {
        self.lifetime(data).is_some() && self.ends_at(data).is_none()
    }

    /// Records the time at which a session began, if its lifetime is limited.
    pub(crate) fn begin(
        &self,
        data: &mut SessionData,
        provenance: Provenance,
        now: OffsetDateTime,
    ) -> Result<(), Error> {
        if self.lacks_beginning(data) {
            let began_at = match (self.expiry, provenance) {
                // The session moves from a cookie that sealed its end.
                (Expiry::Fixed(duration), Provenance::Opened { expires_at, .. }) => {
                    expires_at.and_then(|end| end.checked_sub(duration.try_into().ok()?))
                }
                _ => None,
            };
            let began_at = began_at.map_or(now, |began_at| began_at.min(now));
            data.insert(BEGAN_AT, began_at.unix_timestamp())?;
        }
        Ok(())
    }

    /// Checks whether there is any reason to write a session, other than its expiry.
    pub(crate) fn is_due(
        &self,
        data: &SessionData,
        provenance: Provenance,
        header: &CookieHeader<'_>,
    ) -> bool {
        if data.is_changed() {
            return true;
        }
        let Provenance::Opened { is_stale, .. } = provenance else {
            return false;
        };
        let came_twice = || {
            let of_name = |(name, _): &(&[u8], _)| *name == self.name.as_bytes();
            self.former_attributes.is_some() && header.iter().filter(of_name).count() > 1
        };
        is_stale
            || self.writes == WritePolicy::WhenRead
            || self.lacks_beginning(data)
            || came_twice()
    }

    /// Checks whether the rolling expiry of a session is due for renewal.
    pub(crate) fn is_due_for_renewal(
        &self,
        data: &SessionData,
        provenance: Provenance,
    ) -> Result<bool, Error> {
        let (Expiry::Rolling(duration), Provenance::Opened { expires_at, .. }) =
            (self.expiry(data), provenance)
        else {
            return Ok(false);
        };
        let Some(before) = expires_at else {
            return Ok(true);
        };
        // An expiry much later than due was sealed while sessions lasted longer.
        let after = self.expires_at(data, provenance, self.now())?;
        Ok(after.is_some_and(|after| (after - before).abs() >= duration / RENEWALS))
    }

    /// Returns the expiry of a cookie that is written now; `None` if it ends with the browser.
    pub(crate) fn expires_at(
        &self,
        data: &SessionData,
        provenance: Provenance,
        now: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, Error> {
        let sealed = match provenance {
            // The seal may be of the session's own expiry, which this request took away.
            Provenance::Opened { .. } if Self::changes_expiry(data) => None,
            Provenance::Opened { expires_at, .. } => expires_at,
            Provenance::New | Provenance::Unasked | Provenance::Refused(_) => None,
        };
        let expires_at = match (self.expiry(data), sealed) {
            // An expiry that Rails sealed is kept.
            (Expiry::WithBrowser | Expiry::Fixed(_), Some(sealed)) => sealed,
            (Expiry::WithBrowser, None) => return Ok(None),
            (Expiry::Rolling(duration), _) | (Expiry::Fixed(duration), None) => {
                after(now, duration).ok_or(Error::ExpiryOutOfRange)?
            }
        };
        let ends_at = self.ends_at(data);
        Ok(Some(ends_at.map_or(expires_at, |end| end.min(expires_at))))
    }
}

fn after(time: OffsetDateTime, duration: Duration) -> Option<OffsetDateTime> {
    time.checked_add(duration.try_into().ok()?)
}

/// Checks that a session of this duration ends by the year 9999, and not immediately.
fn check_expiry(name: &str, duration: Duration, now: OffsetDateTime) -> Result<(), Error> {
    if duration.is_zero() {
        return Err(Error::CookieAttribute {
            name: name.to_owned(),
            attribute: "expires",
            value: "0 s".to_owned(),
            reason: "a session of zero seconds ends at once; leave the expiry out for a session that ends with the browser",
        });
    }
    after(now, duration)
        .map(|_| ())
        .ok_or(Error::ExpiryOutOfRange)
}

fn for_origin(attributes: &CookieAttributes, origin: &RequestOrigin) -> CookieAttributes {
    attributes.for_host(origin.host().unwrap_or_default())
}
