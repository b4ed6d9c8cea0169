//! Two errors for two readers: [`InvalidMessage`] for whoever sent a cookie, [`Error`] and
//! [`Refusal`] for the operator.

use std::error::Error as StdError;
use std::fmt;

use crate::shown::Shown;
use crate::store_error::StoreError;

/// The one answer to whoever sent a cookie that does not open: it says nothing of the reason
/// (`ActiveSupport::MessageEncryptor::InvalidMessage`).
///
/// What is wrong with a cookie is for the operator: see [`Jar::explain`](crate::Jar::explain).
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

/// Why a cookie was not opened, for the operator: never to be shown to whoever sent it.
///
/// Ordered by how far the cookie got; of several attempts (older secrets, names) the one that got
/// furthest is told. `Display` gives the short name that the command line prints.
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
    /// Longer than 16 KiB: not looked at.
    TooLarge,
    /// Not of the form that the jar's messages have: parts missing or cut off, or no base64.
    Malformed,
    /// Of the right form, but no key fits: another secret, salt, digest or cipher, or it was
    /// tampered with.
    Invalid,
    /// Sealed by the right key, but past its expiry.
    Expired,
    /// Sealed by the right key, but for a cookie of another name.
    WrongPurpose,
    /// Sealed by the right key, but in a serialization that the jar does not read, or broken.
    UnreadableValue,
}

impl Refusal {
    /// The short name, which `Display` gives too.
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

    /// What may be the cause, and how to mend it.
    ///
    /// ```
    /// assert!(hardtack::Refusal::Invalid.hint().contains("secret_key_base"));
    /// ```
    #[must_use]
    pub const fn hint(self) -> &'static str {
        match self {
            Self::TooLarge => {
                "no browser keeps a cookie of more than 4096 bytes; whoever sends more than 16 KiB made it up"
            }
            Self::Malformed => {
                "the value is cut off, still escaped, or no message of this jar (encrypted and signed jars differ, and so do their ciphers)"
            }
            Self::Invalid => {
                "another secret_key_base, another digest (SHA-1 up to Rails 6.1, SHA-256 from load_defaults 7.0 on), another salt, or a forged cookie; add a rotation for the settings it was sealed under"
            }
            Self::Expired => "the expiry that was sealed with the value has passed",
            Self::WrongPurpose => {
                "it was sealed under another cookie's name; add a rotation with that cookie_name if the cookie was renamed"
            }
            Self::UnreadableValue => {
                "the value was written by another serializer (Marshal is read under Serializer::Hybrid and Serializer::Marshal, with the crate's feature `marshal`; MessagePack with the feature `message_pack`), or it is no value at all"
            }
        }
    }
}

impl Refusal {
    /// Returns the first attempt that succeeds, else the refusal of the one that got furthest;
    /// `None` where there was no attempt. Later attempts are not made.
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

/// What is wrong with a setting, a secret or a value that is to be written: for the operator.
///
/// There is a variant for each kind that a caller can act on: a session that is too long is made
/// smaller, a store that is down is tried again. Variants and their fields may be added.
///
/// It holds names and types, and no value of a session. `Display` is one line without control
/// characters, whatever the names are: see [`Shown`].
///
/// ```
/// let error = hardtack::SecretKeyBase::new("secret").unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the secret has 6 characters, and 30 are the least: use the app's secret_key_base \
///      (`rails secret` makes 128), or SecretKeyBase::allow_short if it really is that short",
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The secret is empty or only white space.
    BlankSecret,
    /// The secret is shorter than Rails ever allowed.
    #[non_exhaustive]
    ShortSecret {
        /// The characters that it has.
        characters: usize,
        /// The characters that it should have.
        least: usize,
    },
    /// A key of another length than its cipher takes.
    #[non_exhaustive]
    KeyLength {
        /// The bytes that it has.
        given: usize,
        /// The bytes that it should have.
        wanted: usize,
    },
    /// The operating system gives no random bytes.
    NoRandomness,
    /// A name of a setting's value that does not exist.
    #[non_exhaustive]
    UnknownSetting {
        /// The setting.
        what: &'static str,
        /// The name that was given.
        given: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// A jar writes a format whose feature is off, so that every write would fail.
    #[non_exhaustive]
    SerializerNotBuiltIn {
        /// The setting of the jar.
        serializer: &'static str,
        /// The feature of hardtack that builds it in.
        feature: &'static str,
    },
    /// A value that cannot be written in the jar's serialization.
    #[non_exhaustive]
    UnwritableValue {
        /// What is wrong with it.
        reason: String,
    },
    /// A value that is not of the type that was asked for.
    #[non_exhaustive]
    UnexpectedValue {
        /// The entry's key, where it is one of a session.
        key: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A value of a session that cannot be read, while others can: it is malformed, or of a class
    /// that hardtack does not know so.
    #[non_exhaustive]
    UnreadableValue {
        /// The entry's key.
        key: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The cookie's name is no token (RFC 6265 section 4.1.1).
    #[non_exhaustive]
    CookieName {
        /// The name as given.
        name: String,
        /// The first character that may not stand there; none where the name is empty.
        found: Option<char>,
    },
    /// An attribute has a value that browsers would cut, ignore or misread.
    #[non_exhaustive]
    CookieAttribute {
        /// The cookie.
        name: String,
        /// The attribute: `"path"`, `"domain"` or `"expires"`.
        attribute: &'static str,
        /// Its value as given.
        value: String,
        /// What is wrong with it and how to mend it.
        reason: &'static str,
    },
    /// Attributes that do not go together: browsers drop such a cookie without a word.
    #[non_exhaustive]
    CookieConflict {
        /// The cookie.
        name: String,
        /// The rule that is broken and how to mend it.
        reason: &'static str,
    },
    /// An expiry that no date of four digits' year can say.
    ExpiryOutOfRange,
    /// The cookie is longer than 4096 bytes, as far as the limit's rule counts.
    CookieOverflow(CookieOverflow),
    /// The session was to be changed, and its store is read-only (`WritePolicy::Never`).
    ReadOnlySession,
    /// The session or a cookie was to be changed after the response's cookies were decided.
    CommittedSession,
    /// The store of the sessions did not do its work: no session is known, and none was changed that
    /// one could count on.
    Store(StoreError),
    /// A store holds something under the session's id that is no session of its format. It is
    /// neither overwritten nor deleted.
    #[non_exhaustive]
    UnreadableSession {
        /// The name of the session's cookie.
        name: String,
    },
    /// Other requests wrote the session again and again, so that this one's changes found no place.
    #[non_exhaustive]
    BusySession {
        /// The name of the session's cookie.
        name: String,
    },
    /// A session that a store keeps was to be committed without it.
    NeedsStore,
    /// A cookie or message does not open: the one answer to whoever sent it.
    InvalidMessage,
    /// A sealed cookie was asked for, and the app has no jars of Rails.
    NoKeyring,
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
                "the secret has {characters} characters, and {least} are the least: use the app's \
                 secret_key_base (`rails secret` makes 128), or SecretKeyBase::allow_short if it \
                 really is that short"
            ),
            Self::KeyLength { given, wanted } => write!(
                f,
                "the key has {given} bytes, and the cipher takes {wanted}: derive it with \
                 KeyGenerator::generate_key(salt, {wanted})"
            ),
            Self::NoRandomness => f.write_str("the operating system gives no random bytes"),
            Self::UnknownSetting { what, given, known } => {
                write!(
                    f,
                    "there is no {what} {:?}; there are: ",
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
            Self::UnreadableValue { key, reason } => write!(
                f,
                "the value of {:?} cannot be read: {reason}; it stays as it is until it is set \
                 or removed",
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
                "cookie name {:?}: {found:?} may not stand in a name (RFC 6265); use ASCII letters, digits and !#$%&'*+-.^_`|~",
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
            Self::ExpiryOutOfRange => f.write_str("the expiry is beyond the year 9999"),
            Self::CookieOverflow(overflow) => overflow.fmt(f),
            Self::Store(error) => write!(
                f,
                "the store of the sessions failed: {}; look whether it runs and can be reached",
                Shown::new(&error.to_string())
            ),
            Self::UnreadableSession { name } => write!(
                f,
                "what the store holds for the cookie {} is no session of this format; check the format and its serializer",
                Shown::new(name)
            ),
            Self::BusySession { name } => write!(
                f,
                "the session of the cookie {} was written by others for a second, and the changes of this request were not",
                Shown::new(name)
            ),
            Self::InvalidMessage => InvalidMessage.fmt(f),
            Self::NeedsStore => f.write_str(
                "a store keeps this session; await LazySession::commit in place of Session::commit",
            ),
            Self::NoKeyring => f.write_str(
                "the app has no jars for sealed cookies; give them to ServerSessions::keyring",
            ),
            Self::ReadOnlySession => f.write_str(
                "the session was not changed: its store is read-only (WritePolicy::Never); change it where it is written",
            ),
            Self::CommittedSession => f.write_str(
                "the session or cookie was not changed: the response headers are sent already; change it before the handler returns, not while the body is streamed",
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

/// A cookie that is too long, and what takes the room
/// (`ActionDispatch::Cookies::CookieOverflow`, with more to say).
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
/// assert_eq!(overflow.entries[0].0, "cart"); // what takes most comes first
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct CookieOverflow {
    /// The cookie's name.
    pub name: String,
    /// The bytes that count: by default name and value as they are sent.
    pub size: usize,
    /// The most bytes that may count.
    pub limit: usize,
    /// The serialized bytes of each top-level key, largest first; empty where the value has none.
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
            "the cookie {} takes {size} bytes, and {limit} are the most",
            Shown::new(name)
        )?;
        for (index, (key, bytes)) in entries.iter().take(MOST_KEYS).enumerate() {
            let start = if index == 0 {
                "; its values, before they are sealed: "
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

/// The most keys that an overflow names.
const MOST_KEYS: usize = 10;

fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: &[T]) -> fmt::Result {
    for (index, item) in items.iter().enumerate() {
        write!(f, "{}{item}", if index == 0 { "" } else { ", " })?;
    }
    Ok(())
}
