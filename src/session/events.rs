//! The events of sessions and cookies for the operator: `tracing` events with the target
//! `hardtack`.
//!
//! Any client can send junk. So at most one event of each kind is sent in ten seconds, with the
//! number of events that were held back. No event holds a value, a cookie or a secret. Names are
//! escaped: an event is a single line of at most a few kilobytes.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use time::OffsetDateTime;

use crate::error::{Error, Refusal};

/// The time between two events of a kind, in milliseconds.
const SILENCE: i64 = 10_000;

/// An event about the session's cookie, or another one.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    /// The session's cookie did not open.
    Refused(Refusal),
    /// This cookie, other than the session's, did not open.
    CookieRefused(&'a str, Refusal),
    /// This cookie was opened by a rotation, and could not be written again.
    NotRewritten(
        &'a str,
        #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))]
        &'a Error,
    ),
    /// This `Secure` cookie was not set, because the request came over plain HTTP.
    NotOverHttp(&'a str),
    /// This cookie is set by a response that shared caches may keep.
    InSharedCaches(&'a str),
    /// The request has more cookies than are looked at.
    TooManyCookies,
    /// The handler set this cookie, and the session's took its place.
    SessionsCookieSet(&'a str),
    /// The session could not move to the app's place of sessions.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))]
    NotMoved(&'a Error),
    /// The session could not be written.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))]
    Failed(&'a Error),
    /// A save replaced this many keys that another request had changed since the session was
    /// loaded.
    Conflicted(
        &'a str,
        #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))] usize,
    ),
    /// This many keys have their values from before a save again.
    Reverted(
        &'a str,
        #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))] usize,
    ),
    /// The session could not be loaded from its store.
    NotLoaded(&'a Error),
    /// The store could not remember that the session was ended.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))]
    NotMarked(&'a Error),
    /// The lock of the session could not be released.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))]
    NotUnlocked(&'a Error),
    /// The row of the login in this cookie could not be looked up.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))]
    LoginNotFound(&'a str, &'a Error),
    /// The row of a login could not be written or deleted.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))]
    LoginNotChanged(&'a str, &'a Error),
    /// A handler answered with this error.
    #[cfg_attr(
        not(any(feature = "axum", feature = "actix-web")),
        allow(dead_code, reason = "no framework turns an error into a response")
    )]
    RequestFailed(&'a Error),
}

/// The limits, one for each kind of event.
#[derive(Debug, Default)]
pub(crate) struct Events([Limit; 29]);

impl Events {
    /// Sends an event, unless one of its kind was sent less than ten seconds ago.
    pub(crate) fn tell(&self, cookie: &str, event: Event<'_>, now: OffsetDateTime) {
        let (kind, cookie) = match event {
            Event::NotOverHttp(cookie) => (0, cookie),
            // A client that fills its cart beyond 4096 bytes hides no store that fails.
            Event::Failed(Error::Store(_)) => (22, cookie),
            Event::Failed(_) => (1, cookie),
            Event::InSharedCaches(cookie) => (2, cookie),
            Event::NotRewritten(cookie, _) => (3, cookie),
            Event::TooManyCookies => (4, cookie),
            Event::SessionsCookieSet(cookie) => (5, cookie),
            Event::Refused(refusal) => (6 + refusal as usize, cookie),
            Event::CookieRefused(cookie, refusal) => (12 + refusal as usize, cookie),
            Event::RequestFailed(_) => (18, cookie),
            // A store that fails hides no entry that cannot be read.
            Event::NotLoaded(Error::Store(_)) => (19, cookie),
            Event::NotLoaded(_) => (20, cookie),
            Event::NotMoved(_) => (21, cookie),
            Event::LoginNotFound(cookie, _) => (23, cookie),
            Event::LoginNotChanged(cookie, _) => (24, cookie),
            Event::Conflicted(cookie, _) => (25, cookie),
            Event::Reverted(cookie, _) => (26, cookie),
            Event::NotUnlocked(_) => (27, cookie),
            Event::NotMarked(_) => (28, cookie),
        };
        let untold = self.0.get(kind).and_then(|limit| limit.pass(now));
        if let Some(untold) = untold {
            send(cookie, event, untold);
        }
    }
}

/// Limits the events of a kind to one in ten seconds.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    /// The earliest time of the next event, in milliseconds since 1970.
    next: AtomicI64,
    untold: AtomicU64,
}

impl Limit {
    /// Returns the number of events held back so far if an event may be sent now, and `None`
    /// otherwise.
    pub(crate) fn pass(&self, now: OffsetDateTime) -> Option<u64> {
        let now = now.unix_timestamp().saturating_mul(1000) + i64::from(now.millisecond());
        let next = self.next.load(Relaxed);
        // A clock that was set back does not extend the silence.
        let is_silent = now < next && next - now <= SILENCE;
        let until = now.saturating_add(SILENCE);
        if is_silent
            || self
                .next
                .compare_exchange(next, until, Relaxed, Relaxed)
                .is_err()
        {
            self.untold.fetch_add(1, Relaxed);
            return None;
        }
        Some(self.untold.swap(0, Relaxed))
    }
}

/// Limits events that belong to no sessions, and so have no clock: the first ten are sent, and then
/// the twentieth, the fortieth and so on.
#[cfg(any(feature = "axum", feature = "actix-web"))]
#[derive(Debug, Default)]
pub(crate) struct CountedLimit(AtomicU64);

#[cfg(any(feature = "axum", feature = "actix-web"))]
impl CountedLimit {
    pub(crate) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Returns the number of events so far if this one may be sent, and `None` otherwise.
    pub(crate) fn pass(&self) -> Option<u64> {
        let count = self.0.fetch_add(1, Relaxed).saturating_add(1);
        let is_sent = count <= 10 || (count.is_multiple_of(10) && (count / 10).is_power_of_two());
        is_sent.then_some(count)
    }
}

#[cfg(feature = "tracing")]
#[expect(clippy::too_many_lines, reason = "a table of events")]
fn send(cookie: &str, event: Event<'_>, untold: u64) {
    use tracing::{debug, error, info, warn};

    use crate::shown::Shown;

    // Log the name as a text, which formatters quote: a name cannot forge another field.
    let cookie = Shown::new(cookie).to_string();
    match event {
        Event::Refused(refusal) => warn!(
            target: "hardtack",
            cookie,
            reason = %refusal,
            hint = refusal.hint(),
            untold,
            "a session cookie was refused; the request gets an empty session"
        ),
        Event::CookieRefused(_, refusal) => warn!(
            target: "hardtack",
            cookie,
            reason = %refusal,
            hint = refusal.hint(),
            untold,
            "a cookie was refused; it is treated as absent"
        ),
        Event::NotRewritten(_, reason) => warn!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a cookie opened by a rotation could not be written again; keep the rotation, since the browser keeps the old cookie"
        ),
        Event::NotOverHttp(_) => warn!(
            target: "hardtack",
            cookie,
            untold,
            "a Secure cookie was not set over plain HTTP; if a proxy ends TLS, see Sessions::trusted_hops and assume_ssl"
        ),
        Event::InSharedCaches(_) => warn!(
            target: "hardtack",
            cookie,
            untold,
            "a response sets a cookie, and its Cache-Control lets shared caches give it to other users; remove public and s-maxage, or set no cookie there"
        ),
        Event::TooManyCookies => warn!(
            target: "hardtack",
            cookie,
            untold,
            "a request has more than 1024 cookies; the cookies after them are ignored"
        ),
        Event::SessionsCookieSet(_) => warn!(
            target: "hardtack",
            cookie,
            untold,
            "a handler set a cookie with the name of the session's; it was dropped for the session's own, so change the session instead"
        ),
        Event::NotMoved(reason) => warn!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a session does not fit its new place, and stays in the older one; keep that one until such sessions have ended"
        ),
        Event::Conflicted(_, keys) => debug!(
            target: "hardtack",
            cookie,
            keys,
            untold,
            "two requests changed the same keys of a session; the later save counts"
        ),
        Event::Reverted(_, keys) => info!(
            target: "hardtack",
            cookie,
            keys,
            untold,
            "keys of a session that this process saved have their former values again; another program overwrote the session, or changed them back"
        ),
        Event::Failed(reason) => error!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a session could not be written"
        ),
        Event::NotLoaded(reason) => error!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a session could not be loaded; its request got an error"
        ),
        Event::NotMarked(reason) => warn!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a session was ended, and its mark could not be written; another program may write it again"
        ),
        Event::NotUnlocked(reason) => warn!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "the lock of a session could not be released; it ends by itself"
        ),
        Event::LoginNotFound(_, reason) => error!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a login could not be looked up; its request got an error"
        ),
        Event::LoginNotChanged(_, reason) => error!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a login could not be written or deleted; its request got an error"
        ),
        Event::RequestFailed(reason) => error!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a request failed; the client gets an empty response"
        ),
    }
}

#[cfg(not(feature = "tracing"))]
fn send(_cookie: &str, _event: Event<'_>, _untold: u64) {}

/// Warns, when the program starts, that cookies with these settings cannot be read.
#[cfg(feature = "tracing")]
pub(crate) fn tell_unreadable(cookie: &str, feature: &str, settings: &str) {
    tracing::warn!(
        target: "hardtack",
        cookie,
        feature,
        settings,
        "cookies with these settings cannot be read, because a feature of hardtack is off; turn the feature on, or set the serializer that the cookies use"
    );
}

#[cfg(not(feature = "tracing"))]
pub(crate) fn tell_unreadable(_cookie: &str, _feature: &str, _settings: &str) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_in_ten_seconds_and_the_number_of_the_others() {
        let limit = Limit::default();
        let at = |second: i64| OffsetDateTime::UNIX_EPOCH + time::Duration::seconds(100 + second);
        let passed = [0, 1, 9, 10, 11, 21, 5, 6, -60].map(|second| limit.pass(at(second)));
        let expected = [
            Some(0),
            None,
            None,
            Some(2),
            None,
            Some(1),
            // Set back by 16 seconds, which is longer than any silence.
            Some(0),
            None,
            Some(1),
        ];
        assert_eq!(passed, expected);
    }
}
