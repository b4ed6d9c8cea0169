//! [`SessionCheck`]: whether what Rails keeps in a session is sane.

use crate::load_defaults::LoadDefaults;
use crate::rails::csrf::AuthenticityTokens;
use crate::rails::flash_hash::FlashHash;
use crate::serializer::Serialized;
use crate::serializer::value::Value;
use crate::session::data::SessionData;

/// How one of a session's own keys is found. Example: at [`SessionCheck`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Check {
    /// It is not there.
    Absent,
    /// It is as Rails writes it.
    Sane,
    /// It is something else.
    Odd,
}

/// Whether what Rails keeps in a session is sane: its id, its flash and its CSRF token.
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
    /// `session_id`: 32 hexadecimal digits. Without one Rails takes the session for empty.
    pub session_id: Check,
    /// `flash`: what it holds in any version of Rails.
    pub flash: Check,
    /// Whether the flash has anything to show.
    pub flash_waits: bool,
    /// `_csrf_token`: base64 of 32 bytes.
    pub csrf_token: Check,
}

impl SessionCheck {
    /// Looks at a value; `None` where it is no session.
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
        Ok(None) => Check::Absent,
        Ok(Some(value)) if value.as_str().is_some_and(is_sane) => Check::Sane,
        _ => Check::Odd,
    }
}

/// A Hash with `flashes` (4.0 and later), or an object or Hash of the class `FlashHash`.
fn flash(session: &SessionData) -> Check {
    match session.get::<Value>("flash") {
        Ok(None) => Check::Absent,
        Ok(Some(Value::Object(_))) => Check::Sane,
        Ok(Some(hash)) if hash.get("flashes").is_some() => Check::Sane,
        _ => Check::Odd,
    }
}
