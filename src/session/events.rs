//! What the operator hears of a store's sessions, as `tracing` events of the target `hardtack`.
//!
//! Anybody can send junk. So of each kind one event is told in ten seconds, with the number of
//! those that were not. None holds a value, a cookie or a secret, and names are escaped: one event
//! is one line, and no longer than a few kilobytes.

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering::Relaxed};

use time::OffsetDateTime;

use crate::error::{Error, Refusal};

/// How long nothing more is told of a kind, in milliseconds.
const SILENCE: i64 = 10_000;

/// What there is to tell of the session's cookie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event<'a> {
    /// It did not open.
    Refused(Refusal),
    /// This cookie, another than the session's, did not open.
    CookieRefused(&'a str, Refusal),
    /// This cookie, which a rotation opened, could not be written again.
    NotRewritten(
        &'a str,
        #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))]
        &'a Error,
    ),
    /// This cookie was to be set, and is `Secure`, over plain HTTP.
    NotOverHttp(&'a str),
    /// This cookie is set by a response that shared caches may keep.
    InSharedCaches(&'a str),
    /// It could not be written.
    #[cfg_attr(not(feature = "tracing"), allow(dead_code, reason = "nobody is told"))]
    Failed(&'a Error),
}

/// The limits, one of each kind.
#[derive(Debug, Default)]
pub(crate) struct Events([Limit; 16]);

impl Events {
    /// Tells an event, unless one of its kind was told just now.
    pub(crate) fn tell(&self, cookie: &str, event: Event<'_>, now: OffsetDateTime) {
        let (kind, cookie) = match event {
            Event::NotOverHttp(cookie) => (0, cookie),
            Event::Failed(_) => (1, cookie),
            Event::InSharedCaches(cookie) => (2, cookie),
            Event::NotRewritten(cookie, _) => (3, cookie),
            Event::Refused(refusal) => (4 + refusal as usize, cookie),
            Event::CookieRefused(cookie, refusal) => (10 + refusal as usize, cookie),
        };
        let untold = self.0.get(kind).and_then(|limit| limit.pass(now));
        if let Some(untold) = untold {
            send(cookie, event, untold);
        }
    }
}

/// Of events of one kind: one in ten seconds.
#[derive(Debug, Default)]
pub(crate) struct Limit {
    /// From when on the next one may be told, in milliseconds since 1970.
    next: AtomicI64,
    untold: AtomicU64,
}

impl Limit {
    /// Whether one may be told now, and how many were not told before it.
    pub(crate) fn pass(&self, now: OffsetDateTime) -> Option<u64> {
        let now = now.unix_timestamp().saturating_mul(1000) + i64::from(now.millisecond());
        let next = self.next.load(Relaxed);
        // A clock that was set back does not silence it for longer.
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

#[cfg(feature = "tracing")]
fn send(cookie: &str, event: Event<'_>, untold: u64) {
    use tracing::{error, warn};

    use crate::shown::Shown;

    // As a text, which formatters quote, so that no name forges a field beside it.
    let cookie = Shown::new(cookie).to_string();
    match event {
        Event::Refused(refusal) => warn!(
            target: "hardtack",
            cookie,
            reason = %refusal,
            hint = refusal.hint(),
            untold,
            "a session's cookie was refused"
        ),
        Event::CookieRefused(_, refusal) => warn!(
            target: "hardtack",
            cookie,
            reason = %refusal,
            hint = refusal.hint(),
            untold,
            "a cookie was refused"
        ),
        Event::NotRewritten(_, reason) => warn!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a cookie that a rotation opened could not be written again; the browser keeps the old one"
        ),
        Event::NotOverHttp(_) => warn!(
            target: "hardtack",
            cookie,
            untold,
            "a cookie was not set over plain HTTP, since it is secure; where a proxy ends TLS, see CookieStore::trust_proxy and assume_ssl"
        ),
        Event::InSharedCaches(_) => warn!(
            target: "hardtack",
            cookie,
            untold,
            "a response sets a cookie, and its Cache-Control lets shared caches give it to other users; leave out public and s-maxage, or set no cookie there"
        ),
        Event::Failed(reason) => error!(
            target: "hardtack",
            cookie,
            %reason,
            untold,
            "a session could not be written"
        ),
    }
}

#[cfg(not(feature = "tracing"))]
fn send(_cookie: &str, _event: Event<'_>, _untold: u64) {}

/// Tells, when the program starts, that cookies of these settings cannot be read.
#[cfg(feature = "tracing")]
pub(crate) fn tell_unreadable(cookie: &str, feature: &str, settings: &str) {
    tracing::warn!(
        target: "hardtack",
        cookie,
        feature,
        settings,
        "cookies of these settings cannot be read, since a feature of hardtack is off; turn it on, or give the settings the serializer that their cookies have"
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
            // Set back by 16 seconds, which is more than it is ever silent.
            Some(0),
            None,
            Some(1),
        ];
        assert_eq!(passed, expected);
    }
}
