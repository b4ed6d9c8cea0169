//! The member `cookie` of a stored session: apart from the session's own members, and touched as
//! Express does.

use time::{Duration, OffsetDateTime};

use super::own_max_age::Asked;
use crate::serializer::json::index_entry::{IndexEntry, index, key_text};

/// A stored session: its `cookie`, and the text of the other members.
pub(super) struct Stored<'a> {
    cookie: &'a str,
    cookie_entries: Vec<IndexEntry>,
    /// The keys before `cookie`. JavaScript moves integers to the front of an object.
    before: Vec<String>,
    text: &'a str,
    /// The place of the member `cookie`, with the comma that separates it.
    member: std::ops::Range<usize>,
}

impl<'a> Stored<'a> {
    /// Splits a stored session. Returns `None` if Express did not write it: it must be an object
    /// with one member `cookie`, which is an object too.
    pub(super) fn split(bytes: &'a [u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let entries = index(text).ok()??;
        let is_cookie = |entry: &IndexEntry| key_text(text, *entry) == "cookie";
        let at = entries.iter().position(is_cookie)?;
        let entry = entries.get(at)?;
        let next = entries.get(at + 1);
        if entries.iter().skip(at + 1).any(is_cookie) {
            return None;
        }
        let cookie = entry.value.of(text);
        let last = at.checked_sub(1).and_then(|last| entries.get(last));
        let member = match (next, last) {
            (Some(next), _) => entry.key.span.start()..next.key.span.start(),
            (None, Some(last)) => last.value.end()..entry.value.end(),
            (None, None) => entry.key.span.start()..entry.value.end(),
        };
        let before = entries.iter().take(at);
        Some(Self {
            cookie,
            cookie_entries: index(cookie).ok()??,
            before: before
                .map(|entry| key_text(text, *entry).into_owned())
                .collect(),
            text,
            member,
        })
    }

    /// Returns the session without its `cookie`.
    pub(super) fn rest(&self) -> Option<String> {
        let Self { text, member, .. } = self;
        Some([text.get(..member.start)?, text.get(member.end..)?].concat())
    }

    /// Returns `originalMaxAge` in milliseconds, if it is a number.
    pub(super) fn original_max_age(&self) -> Option<f64> {
        let value = self.value("originalMaxAge")?;
        // serde_json's number: `inf` is none.
        serde_json::from_str(value).ok()
    }

    fn value(&self, key: &str) -> Option<&'a str> {
        let mut entries = self.cookie_entries.iter();
        // Of two members of a name, JavaScript takes the last.
        let entry = entries.rfind(|entry| key_text(self.cookie, **entry) == key)?;
        Some(entry.value.of(self.cookie))
    }

    /// Checks whether the touched `cookie` has an `expires` that is not null: `false` is none.
    pub(super) fn has_end(&self, asked: Asked) -> bool {
        match asked.max_age_text() {
            Some(text) => text != "null",
            None => self
                .value("originalMaxAge")
                .is_some_and(|text| text != "null"),
        }
    }

    /// Returns the `cookie` as Express touches it, with the `originalMaxAge` that the request set:
    /// `expires` is `originalMaxAge` from now, or `originalMaxAge` itself if that is not a number
    /// (`session/cookie.js`, `set maxAge`).
    pub(super) fn touched(&self, asked: Asked, now: OffsetDateTime) -> String {
        let own = asked.max_age_text();
        let max_age = own.as_deref().or_else(|| self.value("originalMaxAge"));
        let expires = match asked.max_age_or(self.original_max_age()) {
            Some(milliseconds) => end_after(milliseconds, now).map(|end| quoted(&end)),
            None => max_age.map(str::to_owned),
        };
        let mut touched = String::with_capacity(self.cookie.len() + 32);
        let mut copied = 0;
        for entry in &self.cookie_entries {
            let new = match &*key_text(self.cookie, *entry) {
                "originalMaxAge" => max_age,
                "expires" => expires.as_deref(),
                _ => None,
            };
            if let Some(new) = new {
                touched += self
                    .cookie
                    .get(copied..entry.value.start())
                    .unwrap_or_default();
                touched += new;
                copied = entry.value.end();
            }
        }
        touched += self.cookie.get(copied..).unwrap_or_default();
        touched
    }

    /// Returns the keys that stand before `cookie`.
    pub(super) fn keys_before(&self) -> &[String] {
        &self.before
    }
}

/// Puts the member `cookie` into the JSON object of a session's own members: behind those at the
/// front that stood before it, if any.
pub(super) fn join(rest: &str, cookie: &str, before: &[String]) -> Option<String> {
    let member = format!("\"cookie\":{cookie}");
    let entries = if before.is_empty() {
        Vec::new()
    } else {
        index(rest).ok()??
    };
    let stays = |entry: &&IndexEntry| before.contains(&key_text(rest, **entry).into_owned());
    if let Some(last) = entries.iter().take_while(stays).last() {
        let (front, back) = (rest.get(..last.value.end())?, rest.get(last.value.end()..)?);
        return Some(format!("{front},{member}{back}"));
    }
    let members = rest.strip_prefix('{')?;
    let comma = if members == "}" { "" } else { "," };
    Some(format!("{{{member}{comma}{members}"))
}

/// Returns the time that is this long after now, as JavaScript writes a Date in JSON; `None`
/// outside of the years 0 to 9999, which it writes in another form.
pub(super) fn end_after(milliseconds: f64, now: OffsetDateTime) -> Option<String> {
    let now = now.unix_timestamp_nanos() / 1_000_000;
    // Far less than an `i64`, if it is to be within the years below.
    if milliseconds.abs() > 1e15 {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "JavaScript adds doubles, and a Date cuts what is left of a millisecond"
    )]
    let end = (now as f64 + milliseconds) as i64;
    let end = OffsetDateTime::UNIX_EPOCH.checked_add(Duration::milliseconds(end))?;
    if !(0..=9999).contains(&end.year()) {
        return None;
    }
    let (date, time) = (end.date(), end.time());
    Some(format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second(),
        time.millisecond(),
    ))
}

/// Returns a text without special characters as JSON.
fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}
