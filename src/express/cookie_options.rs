//! [`CookieOptions`]: the options `cookie` of express-session.

use std::time::Duration;

use serde_json::Value;
use time::OffsetDateTime;

use super::cookie_member::end_after;
use super::own_max_age::Asked;
use super::session_cookie::{priority_text, same_site_text};
use crate::settings::{Priority, SameSite};

/// The options `cookie` of express-session, for new sessions.
#[derive(Clone, Debug)]
pub(super) struct CookieOptions {
    pub(super) life: Life,
    pub(super) secure: Secure,
    pub(super) http_only: bool,
    pub(super) domain: Option<String>,
    pub(super) path: String,
    pub(super) same_site: OwnSameSite,
    pub(super) partitioned: Option<bool>,
    pub(super) priority: Option<Priority>,
}

/// The options `maxAge` and `expires`, of which the last one counts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Life {
    WithBrowser,
    MaxAge(Duration),
    Until(OffsetDateTime),
}

/// The option `secure`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Secure {
    Unset,
    Auto,
    Always(bool),
}

/// The option `sameSite`.
#[derive(Clone, Copy, Debug)]
pub(super) enum OwnSameSite {
    Unset,
    Auto,
    Always(SameSite),
}

impl Default for CookieOptions {
    /// Returns the defaults of express-session (`session/cookie.js`).
    fn default() -> Self {
        Self {
            life: Life::WithBrowser,
            secure: Secure::Unset,
            http_only: true,
            domain: None,
            path: "/".to_owned(),
            same_site: OwnSameSite::Unset,
            partitioned: None,
            priority: None,
        }
    }
}

impl CookieOptions {
    /// Returns `originalMaxAge` of a session that begins now, in milliseconds.
    #[expect(clippy::cast_precision_loss, reason = "numbers of JavaScript")]
    pub(super) fn max_age(&self, now: OffsetDateTime) -> Option<f64> {
        match self.life {
            Life::WithBrowser => None,
            Life::MaxAge(age) => Some(age.as_millis() as f64),
            Life::Until(end) => {
                let milliseconds = |time: OffsetDateTime| time.unix_timestamp_nanos() / 1_000_000;
                Some((milliseconds(end) - milliseconds(now)) as f64)
            }
        }
    }

    /// Returns the `cookie` of a session that begins now (`session/cookie.js`, `toJSON`), with what
    /// its request asked for.
    pub(super) fn begin(&self, asked: Asked, now: OffsetDateTime) -> String {
        let Self {
            http_only,
            domain,
            path,
            ..
        } = self;
        let text = |text: &str| Value::from(text).to_string();
        let null = || "null".to_owned();
        let max_age = asked.max_age_or(self.max_age(now));
        let end = max_age.and_then(|age| end_after(age, now));
        let secure = match self.secure {
            Secure::Unset => None,
            Secure::Auto => Some(asked.is_ssl),
            Secure::Always(secure) => Some(secure),
        };
        let same_site = match self.same_site {
            OwnSameSite::Unset => None,
            OwnSameSite::Auto if asked.is_ssl => Some(SameSite::None),
            OwnSameSite::Auto => Some(SameSite::Lax),
            OwnSameSite::Always(same_site) => Some(same_site),
        };
        let priority = self.priority.map(priority_text);
        let members = [
            (
                "originalMaxAge",
                Some(max_age.map_or_else(null, |age| age.to_string())),
            ),
            ("partitioned", self.partitioned.map(|it| it.to_string())),
            ("priority", priority.map(text)),
            ("expires", Some(end.map_or_else(null, |end| text(&end)))),
            ("secure", secure.map(|secure| secure.to_string())),
            ("httpOnly", Some(http_only.to_string())),
            ("domain", domain.as_deref().map(text)),
            ("path", Some(text(path))),
            ("sameSite", same_site.map(|it| text(same_site_text(it)))),
        ];
        let members = members
            .into_iter()
            .filter_map(|(name, value)| Some(format!("\"{name}\":{}", value?)));
        format!("{{{}}}", members.collect::<Vec<_>>().join(","))
    }
}
