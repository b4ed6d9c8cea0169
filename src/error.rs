//! The errors for two readers: [`InvalidMessage`] for the sender of a cookie, [`Error`] and
//! [`Refusal`] for the operator.

use std::error::Error as StdError;
use std::fmt;

use crate::shown::Shown;
use crate::store_error::StoreError;

/// The one error for the sender of a cookie that does not open. It does not reveal the reason
/// (`ActiveSupport::MessageEncryptor::InvalidMessage`).
///
/// The reason is for the operator: see [`Jar::explain`](crate::Jar::explain).
///
/// ```
/// assert_eq!(hardtack::InvalidMessage.to_string(), "invalid message");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InvalidMessage;

impl fmt::Display for InvalidMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("invalid message")
    }
}

impl std::error::Error for InvalidMessage {}

impl From<Refusal> for InvalidMessage {
    fn from(_: Refusal) -> Self {
        Self
    }
}

/// The reason why a cookie was not opened. It is for the operator and must never reach the sender.
///
/// Refusals are ordered by how far the cookie got. After several attempts (older secrets, former
/// names), hardtack reports the refusal of the attempt that got furthest. `Display` gives the short
/// name that the command line prints.
///
/// ```
/// use hardtack::Refusal;
///
/// assert_eq!(Refusal::WrongPurpose.to_string(), "wrong purpose");
/// assert!(Refusal::Invalid < Refusal::Expired);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Refusal {
    /// The cookie is longer than 16 KiB and was not examined.
    TooLarge,
    /// The cookie does not have the form of the jar's messages: parts are missing or cut off, or it
    /// is not base64.
    Malformed,
    /// The form is right, but no key fits: the secret, salt, digest or cipher differs, or the
    /// cookie was changed.
    Invalid,
    /// The right key sealed the cookie, but its expiry has passed.
    Expired,
    /// The right key sealed the cookie, but under another name.
    WrongPurpose,
    /// The right key sealed the cookie, but its value is broken, or in a format that the jar does
    /// not read.
    UnreadableValue,
}

impl Refusal {
    /// Returns the short name, which `Display` gives too.
    ///
    /// ```
    /// assert_eq!(hardtack::Refusal::TooLarge.name(), "too large");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TooLarge => "too large",
            Self::Malformed => "malformed",
            Self::Invalid => "invalid",
            Self::Expired => "expired",
            Self::WrongPurpose => "wrong purpose",
            Self::UnreadableValue => "unreadable value",
        }
    }

    /// Returns the likely causes, and how to mend them.
    ///
    /// ```
    /// assert!(hardtack::Refusal::Invalid.hint().contains("secret_key_base"));
    /// ```
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::TooLarge => {
                "browsers keep no cookie of more than 4096 bytes, so the sender made up this one of more than 16 KiB"
            }
            Self::Malformed => {
                "the value is cut off, still escaped, or not a message of this jar (encrypted and signed jars differ, and so do their ciphers)"
            }
            Self::Invalid => {
                "the cookie is forged, or was sealed with another secret_key_base, digest (SHA-1 up to Rails 6.1, SHA-256 from load_defaults 7.0 on) or salt; add a rotation for the settings it was sealed under"
            }
            Self::Expired => "the expiry that was sealed with the value has passed",
            Self::WrongPurpose => {
                "the cookie was sealed under another name; add a rotation with that cookie_name if the cookie was renamed"
            }
            Self::UnreadableValue => {
                "the value was written by another serializer (Marshal is read under Serializer::Hybrid and Serializer::Marshal, with the crate's feature `marshal`; MessagePack with the feature `message_pack`), or it is not a value at all"
            }
        }
    }
}

impl Refusal {
    /// Returns the first attempt that succeeds, else the refusal of the attempt that got furthest;
    /// `None` if there was no attempt. Attempts after the first success are not made.
    pub(crate) fn first_opened<T>(
        attempts: impl IntoIterator<Item = Result<T, Self>>,
    ) -> Option<Result<T, Self>> {
        let mut furthest = None;
        for attempt in attempts {
            match attempt {
                Ok(opened) => return Some(Ok(opened)),
                Err(refusal) => furthest = furthest.max(Some(refusal)),
            }
        }
        furthest.map(Err)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl std::error::Error for Refusal {}

/// An error in a setting, a secret or a value to be written, or a failure of the store: for the
/// operator.
///
/// Each kind of error that a caller can act on has a variant. For example, a caller can shorten a
/// session that is too long, or retry a store that is down. Later versions may add variants and
/// fields.
///
/// An error holds names and types, and never a value of a session. `Display` is one line without
/// control characters for any name: see [`Shown`].
///
/// ```
/// let error = hardtack::SecretKeyBase::new("secret").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the secret has 6 characters and needs at least 30: use the app's secret_key_base \
///      (`rails secret` makes 128), or SecretKeyBase::allow_short if it really is that short",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The secret is empty, or only white space.
    BlankSecret,
    /// The secret is shorter than any version of Rails allowed.
    #[non_exhaustive]
    ShortSecret {
        /// The number of characters that the secret has.
        characters: usize,
        /// The minimum number of characters.
        least: usize,
    },
    /// The key's length does not fit the cipher.
    #[non_exhaustive]
    KeyLength {
        /// The number of bytes that the key has.
        given: usize,
        /// The number of bytes that the cipher takes.
        wanted: usize,
    },
    /// The key of a Laravel app does not have the length that the cipher takes.
    #[non_exhaustive]
    AppKeyLength {
        /// The number of bytes that the key has.
        given: usize,
        /// The number of bytes that the cipher takes.
        wanted: usize,
    },
    /// The secret is shorter than rack-session takes.
    #[non_exhaustive]
    ShortRackSecret {
        /// The number of bytes that the secret has.
        bytes: usize,
        /// The minimum number of bytes.
        least: usize,
    },
    /// The password is shorter than iron-session takes.
    #[non_exhaustive]
    ShortIronPassword {
        /// The number of characters that the password has, as JavaScript counts them.
        characters: usize,
        /// The minimum number of characters.
        least: usize,
    },
    /// The operating system failed to give random bytes.
    NoRandomness,
    /// The setting has no value of this name.
    #[non_exhaustive]
    UnknownSetting {
        /// The setting.
        what: &'static str,
        /// The name that was given.
        given: String,
        /// The names that exist.
        known: Vec<&'static str>,
    },
    /// The jar writes a format whose feature is off: every write would fail.
    #[non_exhaustive]
    SerializerNotBuiltIn {
        /// The jar's serializer.
        serializer: &'static str,
        /// The feature of hardtack that builds the format in.
        feature: &'static str,
    },
    /// The value cannot be written in the jar's format.
    #[non_exhaustive]
    UnwritableValue {
        /// The reason.
        reason: String,
    },
    /// The value is not of the type that was asked for.
    #[non_exhaustive]
    UnexpectedValue {
        /// The key of the session's entry; empty for a value outside a session.
        key: String,
        /// The types that were found and asked for.
        reason: String,
    },
    /// A value of a session cannot be read, while the others can: it is malformed, or an object of a
    /// class that hardtack does not know in that form.
    #[non_exhaustive]
    UnreadableValue {
        /// The key of the session's entry.
        key: String,
        /// The reason.
        reason: &'static str,
    },
    /// The cookie's name is not a token (RFC 6265 section 4.1.1).
    #[non_exhaustive]
    CookieName {
        /// The name as given.
        name: String,
        /// The first character that a name may not contain; `None` if the name is empty.
        found: Option<char>,
    },
    /// An attribute has a value that browsers would cut, ignore or misread.
    #[non_exhaustive]
    CookieAttribute {
        /// The cookie's name.
        name: String,
        /// The attribute: `"path"`, `"domain"` or `"expires"`.
        attribute: &'static str,
        /// The attribute's value as given.
        value: String,
        /// The fault of the value, and the remedy.
        reason: &'static str,
    },
    /// Two attributes contradict each other: browsers drop such a cookie silently.
    #[non_exhaustive]
    CookieConflict {
        /// The cookie's name.
        name: String,
        /// The rule that is broken, and the remedy.
        reason: &'static str,
    },
    /// The expiry is after the year 9999: dates in cookies have a four-digit year.
    ExpiryOutOfRange,
    /// The cookie is longer than 4096 bytes, counted by the rule of
    /// [`SizeLimit`](crate::settings::SizeLimit).
    CookieOverflow(CookieOverflow),
    /// The session cannot be changed: its store is read-only (`WritePolicy::Never`).
    ReadOnlySession,
    /// The session or a cookie was changed too late: the response headers are already decided.
    CommittedSession,
    /// The session store failed: the session could not be loaded, or it is unknown whether its
    /// changes were saved. The store may have carried out an operation whose answer was lost.
    Store(StoreError),
    /// The store's entry under the session's id is not a session of this format. The entry is
    /// neither overwritten nor deleted.
    #[non_exhaustive]
    UnreadableSession {
        /// The name of the session's cookie.
        name: String,
        /// The reason, if the format gives one.
        reason: Option<&'static str>,
    },
    /// The changes were not saved: other requests kept writing the session for a second, or this
    /// one waited a second for its turn to save.
    #[non_exhaustive]
    BusySession {
        /// The name of the session's cookie.
        name: String,
    },
    /// The session was not loaded: another request held its lock for too long
    /// ([`SessionLock::wait`](crate::stores::SessionLock::wait)).
    #[non_exhaustive]
    LockedSession {
        /// The name of the session's cookie.
        name: String,
    },
    /// The key was not updated: the closure of [`Session::update_key`](crate::Session::update_key)
    /// could not run, or could not run again on a newer value. If it failed at the end of the
    /// request, no change of the request was saved.
    #[non_exhaustive]
    FailedUpdate {
        /// The key of the session's entry.
        key: String,
        /// The reason.
        reason: &'static str,
    },
    /// A new session was not saved: the store already had an entry under each of three new ids.
    /// None of them was overwritten.
    #[non_exhaustive]
    TakenIds {
        /// The name of the session's cookie.
        name: String,
    },
    /// A store keeps the session, and `Session::commit` cannot write to it.
    NeedsStore,
    /// A cookie or message does not open: the one error for its sender.
    InvalidMessage,
    /// The app read or wrote a sealed cookie, but has no [`Keyring`](crate::Keyring).
    NoKeyring,
    /// The app asked for the login of Rails' own authentication, but has no store of logins.
    NoLogins,
}

impl fmt::Display for Error {
    #[expect(clippy::too_many_lines, reason = "an arm for each variant")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BlankSecret => f.write_str(
                "the secret is blank: set SECRET_KEY_BASE, or name a file that holds the secret",
            ),
            Self::ShortSecret { characters, least } => write!(
                f,
                "the secret has {characters} characters and needs at least {least}: use the app's \
                 secret_key_base (`rails secret` makes 128), or SecretKeyBase::allow_short if it \
                 really is that short"
            ),
            Self::KeyLength { given, wanted } => write!(
                f,
                "the key has {given} bytes, but the cipher takes {wanted}: derive it with \
                 KeyGenerator::generate_key(salt, {wanted})"
            ),
            Self::AppKeyLength { given, wanted } => write!(
                f,
                "the key has {given} bytes, but the cipher takes {wanted}: give the Laravel app's \
                 APP_KEY with its `base64:`, and the `cipher` of its config/app.php"
            ),
            Self::ShortRackSecret { bytes, least } => write!(
                f,
                "the secret has {bytes} bytes, and rack-session takes at least {least}: give one of \
                 the Ruby app's `secrets`, or the version of Rack that signs with a shorter one"
            ),
            Self::ShortIronPassword { characters, least } => write!(
                f,
                "the password has {characters} characters, and iron-session takes at least {least}: \
                 give the Node app's `password`"
            ),
            Self::NoRandomness => f.write_str(
                "the operating system gives no random bytes; check that the process may read them",
            ),
            Self::UnknownSetting { what, given, known } => {
                write!(
                    f,
                    "unknown {what} {:?}; use one of: ",
                    Shown::new(given)
                )?;
                list(f, known)
            }
            Self::SerializerNotBuiltIn {
                serializer,
                feature,
            } => write!(
                f,
                "the serializer is {serializer}, which is not built in: turn on hardtack's feature \
                 `{feature}`, or set the serializer that the app's cookies_serializer names"
            ),
            Self::UnwritableValue { reason } => write!(
                f,
                "the value cannot be written: {}",
                Shown::new(reason).whole()
            ),
            Self::UnexpectedValue { key, reason } => {
                f.write_str("the value ")?;
                if !key.is_empty() {
                    write!(f, "of {:?} ", Shown::new(key))?;
                }
                write!(f, "is of another type: {}", Shown::new(reason).whole())
            }
            Self::UnreadableValue { key, reason } if key.is_empty() => {
                write!(f, "the value cannot be read: {reason}")
            }
            Self::UnreadableValue { key, reason } => write!(
                f,
                "the value of {:?} cannot be read: {reason}; the session keeps it unchanged \
                 until it is set or removed",
                Shown::new(key)
            ),
            Self::CookieName { found: None, .. } => {
                f.write_str("the cookie's name is empty; give it one, such as _shop_session")
            }
            Self::CookieName {
                name,
                found: Some(found),
            } => write!(
                f,
                "cookie name {:?}: {found:?} is not allowed in a name (RFC 6265); use ASCII letters, digits and !#$%&'*+-.^_`|~",
                Shown::new(name)
            ),
            Self::CookieAttribute {
                name,
                attribute,
                value,
                reason,
            } => {
                let (name, value) = (Shown::new(name), Shown::new(value));
                write!(f, "cookie {name:?}: {attribute} {value:?}: {reason}")
            }
            Self::CookieConflict { name, reason } => {
                write!(f, "cookie {:?}: {reason}", Shown::new(name))
            }
            Self::ExpiryOutOfRange => {
                f.write_str("the expiry is after the year 9999; set one with a four-digit year")
            }
            Self::CookieOverflow(overflow) => overflow.fmt(f),
            Self::Store(error) => write!(
                f,
                "the session store failed: {}; check that it runs and can be reached",
                Shown::new(&error.to_string())
            ),
            Self::UnreadableSession { name, reason } => {
                let name = Shown::new(name);
                write!(
                    f,
                    "the store's entry for the cookie {name} is not a session of this format"
                )?;
                if let Some(reason) = reason {
                    write!(f, " ({reason})")?;
                }
                f.write_str("; check the format and its serializer")
            }
            Self::BusySession { name } => write!(
                f,
                "the changes to the session of the cookie {} were not saved: other requests wrote it for a second; send the request again",
                Shown::new(name)
            ),
            Self::LockedSession { name } => write!(
                f,
                "the session of the cookie {} was not loaded: another request held its lock for too long; send the request again, or raise `SessionLock::wait`",
                Shown::new(name)
            ),
            Self::FailedUpdate { key, reason } => write!(
                f,
                "the session's {:?} was not updated: {reason}; give update_key a closure that only computes the new value",
                Shown::new(key)
            ),
            Self::TakenIds { name } => write!(
                f,
                "the new session of the cookie {} was not saved: the store already had an entry under each of three new ids; check that the store answers a save of a missing key with Done, and that the system's random bytes differ",
                Shown::new(name)
            ),
            Self::InvalidMessage => InvalidMessage.fmt(f),
            Self::NeedsStore => f.write_str(
                "this session is kept in a store; await LazySession::commit instead of Session::commit",
            ),
            Self::NoKeyring => f.write_str(
                "the app has no keyring for sealed cookies; set one with ServerSessions::keyring",
            ),
            Self::NoLogins => f.write_str(
                "the app has no store of logins; set one with CookieStore::logins or ServerSessions::logins",
            ),
            Self::ReadOnlySession => f.write_str(
                "the session was not changed: its store is read-only (WritePolicy::Never); change it in the app that writes it, or set another policy",
            ),
            Self::CommittedSession => f.write_str(
                "the session or cookie was not changed: the response headers have already been sent; change it before the handler returns, not while the body is streamed",
            ),
        }
    }
}

impl From<InvalidMessage> for Error {
    fn from(_: InvalidMessage) -> Self {
        Self::InvalidMessage
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::CookieOverflow(overflow) => Some(overflow),
            Self::Store(error) => Some(error),
            Self::InvalidMessage => Some(&InvalidMessage),
            _ => None,
        }
    }
}

/// The error for a cookie that is too long, with the bytes that each key takes
/// (`ActionDispatch::Cookies::CookieOverflow`, with more detail).
///
/// `Display` names the ten largest keys, each as [`Shown`] shows it, and counts the others;
/// [`entries`](Self::entries) has all.
///
/// ```
/// use hardtack::{Error, Jar, SessionData};
///
/// let jar = Jar::ephemeral()?;
/// let mut session = SessionData::new();
/// session.insert("user_id", 42)?;
/// session.insert("cart", "x".repeat(5000))?;
/// let refused = session.write(&jar, "_shop_session", None).unwrap_err();
/// let Error::CookieOverflow(overflow) = refused else { panic!() };
/// assert_eq!(overflow.limit, 4096);
/// assert!(overflow.size > 5000);
/// assert_eq!(overflow.entries[0].0, "cart"); // the largest key comes first
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookieOverflow {
    /// The cookie's name.
    pub name: String,
    /// The bytes that count: by default the name and the value as they are sent.
    pub size: usize,
    /// The largest number of bytes that may count.
    pub limit: usize,
    /// The serialized bytes of each top-level key, largest first; empty if the value has no keys.
    pub entries: Vec<(String, usize)>,
}

impl StdError for CookieOverflow {}

impl fmt::Display for CookieOverflow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            size,
            limit,
            entries,
        } = self;
        write!(
            f,
            "the cookie {} takes {size} bytes, but may take at most {limit}",
            Shown::new(name)
        )?;
        for (index, (key, bytes)) in entries.iter().take(MOST_KEYS).enumerate() {
            let start = if index == 0 {
                "; bytes of its values before sealing: "
            } else {
                ", "
            };
            write!(f, "{start}{} {bytes}", Shown::new(key))?;
        }
        match entries.len().checked_sub(MOST_KEYS) {
            Some(more @ 1..) => write!(f, " and {more} more"),
            _ => Ok(()),
        }
    }
}

/// The number of keys that an overflow names at most.
const MOST_KEYS: usize = 10;

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
    }
    Ok(())
}
