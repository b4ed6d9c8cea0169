//! [`ExpressMember`]: the member `cookie` of a session of Express, in words.

use std::fmt;

use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::{ReadEntry, SessionFormat, StoredSession, StoredSessionFormat};
use hardtack::value::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The settings of a session in its member `cookie`.
pub(crate) struct ExpressMember {
    /// `originalMaxAge` in milliseconds; `None` for a session that ends with the browser.
    max_age: Option<Value>,
    /// `expires` as it stands there.
    expires: Option<String>,
    /// `expires` has passed.
    is_stale: bool,
}

impl ExpressMember {
    /// Reads the member; `None` if the session is not of Express.
    pub(crate) fn of(stored: &StoredSession) -> Option<Self> {
        if stored.format() != StoredSessionFormat::Express {
            return None;
        }
        let cookie = stored.session().get::<Value>("cookie").ok().flatten()?;
        let expires = cookie.get("expires").and_then(Value::as_str);
        let end = expires.and_then(|text| OffsetDateTime::parse(text, &Rfc3339).ok());
        let max_age = cookie.get("originalMaxAge").filter(|age| {
            let is_finite = |age: &Value| matches!(age, Value::Float(age) if age.is_finite());
            matches!(age, Value::Integer(_)) || is_finite(age)
        });
        Some(Self {
            max_age: max_age.cloned(),
            expires: expires.map(str::to_owned),
            is_stale: end.is_some_and(|end| end <= OffsetDateTime::now_utc()),
        })
    }

    /// Writes the start of a JSON object.
    pub(crate) fn json(&self) -> String {
        let expires = serde_json::Value::from(self.expires.as_deref());
        let max_age = self.max_age.as_ref().unwrap_or(&Value::Nil);
        format!(
            "\"max_age_ms\":{max_age},\"expires\":{expires},\"is_stale\":{},",
            self.is_stale
        )
    }
}

impl fmt::Display for ExpressMember {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.max_age {
            Some(milliseconds) => write!(
                f,
                "cookie: the session lives for {milliseconds} ms after each request \
                 (originalMaxAge)"
            )?,
            None => f.write_str(
                "cookie: the browser ends the session, and the store by its own ttl (no \
                 originalMaxAge)",
            )?,
        }
        match &self.expires {
            Some(expires) if self.is_stale => write!(
                f,
                "; its expires, {expires}, has passed, which says nothing: connect-redis and the SQL \
                 stores leave it as it is when a request only reads, and the store's time counts"
            ),
            Some(expires) => write!(f, "; its expires is {expires}, and the store's time counts"),
            None => Ok(()),
        }
    }
}

/// Returns the reason why bytes of a store of Express cannot be read, if the package kruptein
/// encrypted them.
pub(crate) fn encrypted(bytes: &[u8]) -> Option<&'static str> {
    // Reading verifies no cookie, so any secret will do.
    let signature = CookieSignature::new("no secret").ok()?;
    let format = ExpressSession::connect_redis(signature);
    match format.read(&bytes.to_vec().into(), OffsetDateTime::now_utc()) {
        ReadEntry::Foreign(reason) => Some(reason),
        _ => None,
    }
}
