//! [`attributes_of`]: the attributes of a cookie, from the member `cookie` of a stored session.

use serde_json::Value;
use time::{Duration, OffsetDateTime};

use crate::http::cookie_attributes::CookieAttributes;
use crate::settings::{Priority, SameSite};

/// Returns the attributes that the text of a member `cookie` gives to the session's cookie
/// (`session/cookie.js`, `data`); those that it leaves out are the app's. The cookie ends
/// `max_age` milliseconds after now, or with the browser.
pub(super) fn attributes_of(
    cookie: &str,
    max_age: Option<f64>,
    app: &CookieAttributes,
    now: OffsetDateTime,
) -> CookieAttributes {
    let mut own = app.clone();
    let Ok(Value::Object(members)) = serde_json::from_str(cookie) else {
        return own;
    };
    for (name, value) in members {
        own = match (&*name, value) {
            ("secure", Value::Bool(secure)) => own.secure(secure),
            ("httpOnly", Value::Bool(http_only)) => own.http_only(http_only),
            ("partitioned", Value::Bool(partitioned)) => own.partitioned(partitioned),
            ("path", Value::String(path)) => own.path(path),
            ("domain", Value::String(domain)) => own.domain(domain),
            ("priority", Value::String(priority)) => match priority_of(&priority) {
                Some(priority) => own.priority(priority),
                None => own,
            },
            // `true` is Strict.
            ("sameSite", Value::Bool(true)) => own.same_site(Some(SameSite::Strict)),
            ("sameSite", Value::Bool(false)) => own.same_site(None),
            ("sameSite", Value::String(same_site)) => match same_site_of(&same_site) {
                Some(same_site) => own.same_site(Some(same_site)),
                None => own,
            },
            _ => own,
        };
    }
    match max_age.and_then(|milliseconds| end(milliseconds, now)) {
        Some(end) => own.expires(end),
        None => own,
    }
}

/// Returns the time that is this long after now, if `Set-Cookie` can tell it.
fn end(milliseconds: f64, now: OffsetDateTime) -> Option<OffsetDateTime> {
    if milliseconds.abs() > 1e15 {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "less than an `i64`")]
    let end = now.checked_add(Duration::milliseconds(milliseconds as i64))?;
    (0..=9999).contains(&end.year()).then_some(end)
}

// The case does not matter (`cookie/index.js`, `serialize`).
fn same_site_of(text: &str) -> Option<SameSite> {
    let all = [SameSite::Strict, SameSite::Lax, SameSite::None];
    all.into_iter()
        .find(|same_site| same_site_text(*same_site).eq_ignore_ascii_case(text))
}

fn priority_of(text: &str) -> Option<Priority> {
    let all = [Priority::Low, Priority::Medium, Priority::High];
    all.into_iter()
        .find(|priority| priority_text(*priority).eq_ignore_ascii_case(text))
}

/// Returns a `SameSite` as Express' apps write it in their options.
pub(super) fn same_site_text(same_site: SameSite) -> &'static str {
    match same_site {
        SameSite::Strict => "strict",
        SameSite::Lax => "lax",
        SameSite::None => "none",
    }
}

/// Returns a `Priority` as Express' apps write it in their options.
pub(super) fn priority_text(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Medium => "medium",
        Priority::High => "high",
    }
}
