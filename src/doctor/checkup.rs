//! [`SessionCheck`]: checks the entries of a session that belong to Rails.

use crate::load_defaults::LoadDefaults;
use crate::rails::csrf::AuthenticityTokens;
use crate::rails::flash_hash::FlashHash;
use crate::serializer::Serialized;
use crate::serializer::value::Value;
use crate::session::data::SessionData;

/// The state of an entry that Rails keeps in a session. Example: at [`SessionCheck`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// The session has no such entry.
    Absent,
    /// The entry has the form that Rails writes.
    Sane,
    /// The entry has another form.
    Odd,
}

/// The state of a session's id, flash and CSRF token, each compared with the form that Rails
/// writes.
///
/// ```
/// use hardtack::doctor::{Check, Doctor};
/// use hardtack::{Jar, LoadDefaults, SecretKeyBase, SessionData};
///
/// let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?;
/// let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
/// let mut session = SessionData::new();
/// session.insert("_csrf_token", "too short")?;
/// let cookie = session.write(&jar, "_shop_session", None)?;
///
/// let diagnosis = Doctor::new().secret("SECRET_KEY_BASE", &secret).examine(cookie.value());
/// let check = diagnosis.session().unwrap();
/// assert_eq!((check.session_id, check.flash, check.csrf_token), (Check::Sane, Check::Absent, Check::Odd));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct SessionCheck {
    /// `session_id` has 32 hexadecimal digits if Rails made it. Rails reads a session with any other
    /// id too, and treats a session without one as empty.
    pub session_id: Check,
    /// `flash` must have the form that some version of Rails writes.
    pub flash: Check,
    /// Is `true` if the flash holds a message to show.
    pub flash_waits: bool,
    /// `_csrf_token` must be base64 of 32 bytes.
    pub csrf_token: Check,
}

impl SessionCheck {
    /// Checks a cookie's value. Returns `None` if the value is no session.
    ///
    /// A map is a session if the cookie's name ends with `_session`, or if the map has one of the
    /// keys that Rails or Warden keeps in sessions.
    pub(super) fn of(payload: &Serialized, name: Option<&str>) -> Option<Self> {
        let session = SessionData::of_payload(payload.clone())?;
        let is_session = name.is_some_and(|name| name.ends_with("_session"))
            || session.keys().iter().any(|key| {
                matches!(&**key, "session_id" | "_csrf_token" | "flash")
                    || key.starts_with("warden.")
            });
        is_session.then(|| Self {
            session_id: text(&session, "session_id", |id| {
                id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())
            }),
            flash: flash(&session),
            flash_waits: !FlashHash::load(&session).is_empty(),
            csrf_token: text(&session, "_csrf_token", |token| {
                AuthenticityTokens::parse(token, LoadDefaults::NEWEST).is_some()
            }),
        })
    }
}

fn text(session: &SessionData, key: &str, is_sane: impl Fn(&str) -> bool) -> Check {
    match session.get::<Value>(key) {
        Ok(None | Some(Value::Nil | Value::Bool(false))) => Check::Absent,
        Ok(Some(value)) if value.as_str().is_some_and(is_sane) => Check::Sane,
        _ => Check::Odd,
    }
}

/// Checks the flash: a Hash with `flashes` (Rails 4.0 and later), or an object or Hash of the class
/// `FlashHash`.
fn flash(session: &SessionData) -> Check {
    match session.get::<Value>("flash") {
        Ok(None) => Check::Absent,
        Ok(Some(Value::Object(_))) => Check::Sane,
        Ok(Some(hash)) if hash.get("flashes").is_some() => Check::Sane,
        _ => Check::Odd,
    }
}
