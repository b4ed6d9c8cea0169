//! [`SessionData`]: the inside of a session.

use std::borrow::Cow;
use std::fmt;

use rand::TryRng;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::changes::{Change, Changes, Edit};
use crate::cookie::attributes::Attributes;
use crate::cookie::duplicates::Duplicates;
use crate::cookie::header::CookieHeader;
use crate::cookie::jar::Jar;
use crate::cookie::set_cookie::SetCookie;
use crate::error::{Error, InvalidMessage, Refusal};
use crate::message::opened::Opened;
use crate::serializer::Unfit;
use crate::serializer::entries::Entries;
use crate::serializer::value::Value;
use crate::serializer::{DumpStyle, Key, Part, Serialized, to_value};

/// The key under which Rails keeps a session's id.
const SESSION_ID: &str = "session_id";

/// The key under which every version of Rails keeps the secret of a session's authenticity tokens.
pub(super) const CSRF_TOKEN: &str = "_csrf_token";

/// What is in a session: text keys, and values of any kind.
///
/// It keeps what it was read from, and beside it only what was changed since. So a value is
/// decoded when somebody asks for it, and one that nobody changed goes back as it came: key order,
/// integers of any size, floats, escapes.
///
/// ```
/// use hardtack::{Attributes, CookieHeader, Jar, RailsVersion, SecretKeyBase, SessionData};
///
/// let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
///
/// let mut session = SessionData::new();
/// session.insert("user_id", &42)?;
/// let cookie = session.write(&jar, "_shop_session", &Attributes::new().http_only(true))?;
///
/// let header = format!("_shop_session={}", cookie.escaped_value());
/// let session = SessionData::read(&jar, "_shop_session", &CookieHeader::new(&header))?.unwrap();
/// assert_eq!(session.value().get::<u32>("user_id")?, Some(42));
/// assert_eq!(session.value().session_id().unwrap().len(), 32);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Default)]
pub struct SessionData {
    read: Entries,
    pub(super) changes: Changes,
}

impl SessionData {
    /// A session with nothing in it.
    ///
    /// ```
    /// # use hardtack::SessionData;
    /// let session = SessionData::new();
    /// assert!(session.is_empty() && !session.is_changed());
    /// ```
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Reads the session from a request's `Cookie` header; `None` where there is no such cookie.
    ///
    /// ```
    /// # use hardtack::{Attributes, CookieHeader, Jar, RailsVersion, SecretKeyBase, SessionData};
    /// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// # let mut session = SessionData::new();
    /// # session.insert("locale", "fr")?;
    /// # let cookie = session.write(&jar, "_shop_session", &Attributes::new())?;
    /// let text = format!("_shop_session={}", cookie.escaped_value());
    /// let session = SessionData::read(&jar, "_shop_session", &CookieHeader::new(&text))?.unwrap();
    /// assert_eq!(session.value().get::<String>("locale")?.as_deref(), Some("fr"));
    ///
    /// assert!(SessionData::read(&jar, "_shop_session", &CookieHeader::new("a=b"))?.is_none());
    /// let forged = CookieHeader::new("_shop_session=AAAA--AAAA--AAAA");
    /// assert!(SessionData::read(&jar, "_shop_session", &forged).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMessage`], and nothing else, where the cookie does not open or holds no map.
    pub fn read(
        jar: &Jar,
        name: &str,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Opened<Self>>, InvalidMessage> {
        Ok(Self::explain(jar, name, header)?)
    }

    /// Reads the session from its cookie's value, no longer escaped.
    ///
    /// ```
    /// # use hardtack::{Jar, RailsVersion, SecretKeyBase, SessionData};
    /// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// assert!(SessionData::read_value(&jar, "_shop_session", "AAAA--AAAA--AAAA").is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`InvalidMessage`], and nothing else, where the cookie does not open or holds no map.
    pub fn read_value(
        jar: &Jar,
        name: &str,
        value: impl AsRef<[u8]>,
    ) -> Result<Opened<Self>, InvalidMessage> {
        Ok(Self::load(jar.open_as(name, name, value.as_ref())?)?)
    }

    /// Reads the session from a request's `Cookie` header, as [`read`](Self::read) does, and says
    /// why it does not open: for the operator, never for whoever sent it.
    ///
    /// ```
    /// # use hardtack::{CookieHeader, Jar, RailsVersion, Refusal, SecretKeyBase, SessionData};
    /// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// let header = CookieHeader::new("_shop_session=AAAA--AAAA--AAAA");
    /// let refused = SessionData::explain(&jar, "_shop_session", &header).err();
    /// assert_eq!(refused, Some(Refusal::Malformed));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The [`Refusal`] of the attempt that got furthest; [`Refusal::UnreadableValue`] also where
    /// the cookie holds no map.
    pub fn explain(
        jar: &Jar,
        name: &str,
        header: &CookieHeader<'_>,
    ) -> Result<Option<Opened<Self>>, Refusal> {
        jar.find(name, header, Duplicates::First, Self::load)
            .transpose()
    }

    pub(super) fn load(opened: Opened<Serialized>) -> Result<Opened<Self>, Refusal> {
        opened.try_map(|payload| {
            let read = Entries::load(payload)
                .ok()
                .flatten()
                .ok_or(Refusal::UnreadableValue)?;
            Ok(Self {
                read,
                ..Self::default()
            })
        })
    }

    /// The session in a serialized value; `None` where it cannot be read or is no map.
    #[cfg(feature = "doctor")]
    pub(crate) fn of_payload(payload: Serialized) -> Option<Self> {
        let read = Entries::load(payload).ok().flatten()?;
        Some(Self {
            read,
            ..Self::default()
        })
    }

    /// Writes the session through a jar, as a cookie of this name.
    ///
    /// A `session_id` is added where there is none, since Rails takes a session without one for
    /// empty; keys whose value is nil are left out, as in Rails.
    ///
    /// ```
    /// # use hardtack::{Attributes, Error, Jar, RailsVersion, SecretKeyBase, SessionData};
    /// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// let mut session = SessionData::new();
    /// session.insert("return_to", "/orders")?;
    /// session.insert("coupon", &None::<String>)?;
    /// let cookie = session.write(&jar, "_shop_session", &Attributes::new().http_only(true))?;
    /// let session = SessionData::read_value(&jar, "_shop_session", cookie.value())?.into_value();
    /// assert_eq!(session.keys(), ["return_to", "session_id"]);
    ///
    /// let refused = session.clone().write(&jar, "shop session", &Attributes::new());
    /// assert!(matches!(refused, Err(Error::CookieName { .. })));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Jar::write`].
    pub fn write(
        &mut self,
        jar: &Jar,
        name: &str,
        attributes: &Attributes,
    ) -> Result<SetCookie, Error> {
        self.ensure_session_id()?;
        jar.dump_and_seal(name, attributes, |room, style| {
            match self.dump_if_set(room, style) {
                Ok(payload) => Ok(payload),
                Err(room) => self.read.dump(room, self.parts(), style),
            }
        })
    }

    /// Reads the value of a key as a type; `None` where there is no such key, or nil in it.
    ///
    /// ```
    /// # use hardtack::SessionData;
    /// let mut session = SessionData::new();
    /// session.insert("user_id", &42)?;
    /// assert_eq!(session.get::<u32>("user_id")?, Some(42));
    /// assert_eq!(session.get::<u32>("cart")?, None);
    /// assert!(session.get::<Vec<String>>("user_id").is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] where it is not of that type, [`Error::UnreadableValue`] where it
    /// cannot be read at all: it goes back as it came, unless it is set or removed.
    pub fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, Error> {
        match self.place(key) {
            None | Some(Place::Changed(Value::Nil)) => Ok(None),
            Some(Place::Read(entry)) if self.read.is_nil(entry) => Ok(None),
            Some(Place::Read(entry)) => {
                let value = self.read.get(entry);
                value.map(Some).map_err(|unfit| unfit.at(key))
            }
            Some(Place::Changed(value)) => from_value(key, value).map(Some),
        }
    }

    /// Sets the value of a key: a new key comes last, one that is there keeps its place, as in
    /// Ruby's Hash.
    ///
    /// ```
    /// # use hardtack::{Error, SessionData};
    /// # use std::time::{Duration, SystemTime};
    /// let mut session = SessionData::new();
    /// session.insert("cart", &[("tea", 2), ("milk", 1)])?;
    /// session.insert("cart", &[("tea", 3)])?;
    /// assert_eq!(session.get::<Vec<(String, u8)>>("cart")?.unwrap(), [("tea".to_owned(), 3)]);
    ///
    /// let before_1970 = SystemTime::UNIX_EPOCH - Duration::from_secs(1); // serde refuses it
    /// assert!(matches!(session.insert("at", &before_1970), Err(Error::UnwritableValue { .. })));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnwritableValue`] where the value is none that a session can hold.
    pub fn insert<T: Serialize + ?Sized>(
        &mut self,
        key: impl Into<String>,
        value: &T,
    ) -> Result<(), Error> {
        self.insert_value(key, to_value(value)?);
        Ok(())
    }

    pub(super) fn insert_value(&mut self, key: impl Into<String>, value: Value) {
        self.changes.set(key.into().into_boxed_str(), value);
    }

    /// Removes a key. Says whether it was there.
    ///
    /// ```
    /// # use hardtack::SessionData;
    /// let mut session = SessionData::new();
    /// session.insert("user_id", &42)?;
    /// assert!(session.remove("user_id"));
    /// assert!(!session.remove("user_id"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn remove(&mut self, key: &str) -> bool {
        let found = self.contains_key(key);
        if found {
            self.changes.remove(key);
        }
        found
    }

    /// Removes a key and returns its value as a type; `None` where there is no such key, or nil in
    /// it.
    ///
    /// ```
    /// # use hardtack::SessionData;
    /// let mut session = SessionData::new();
    /// session.insert("return_to", "/orders")?;
    /// assert!(session.take::<u32>("return_to").is_err()); // and it stays
    /// assert_eq!(session.take::<String>("return_to")?.as_deref(), Some("/orders"));
    /// assert_eq!(session.take::<String>("return_to")?, None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::UnexpectedValue`] where it is not of that type; then it stays where it is.
    pub fn take<T: DeserializeOwned>(&mut self, key: &str) -> Result<Option<T>, Error> {
        let value = self.get(key)?;
        self.remove(key);
        Ok(value)
    }

    /// Removes every key, `session_id` too: the next [`write`](Self::write) makes a new one.
    ///
    /// ```
    /// # use hardtack::SessionData;
    /// let mut session = SessionData::new();
    /// session.insert("user_id", &42)?;
    /// session.clear();
    /// assert!(session.is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn clear(&mut self) {
        self.read = Entries::default();
        self.changes.clear();
    }

    /// Whether there is this key, be it nil.
    ///
    /// ```
    /// # use hardtack::SessionData;
    /// let mut session = SessionData::new();
    /// session.insert("referrer", &())?;
    /// assert!(session.contains_key("referrer")); // nil, until the session is written
    /// assert!(!session.contains_key("user_id"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.place(key).is_some()
    }

    /// The keys, in the order in which they were written first.
    ///
    /// ```
    /// # use hardtack::SessionData;
    /// let mut session = SessionData::new();
    /// session.insert("b", &1)?;
    /// session.insert("a", &2)?;
    /// assert_eq!(session.keys(), ["b", "a"]);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn keys(&self) -> Vec<Cow<'_, str>> {
        let key = |(key, _)| match key {
            Key::Read(entry) => self.read.key(entry),
            Key::New(key) => Cow::Borrowed(key),
        };
        self.all().map(key).collect()
    }

    /// Whether there is no key at all.
    ///
    /// ```
    /// # use hardtack::SessionData;
    /// let mut session = SessionData::new();
    /// assert!(session.is_empty());
    /// session.insert("step", &1)?;
    /// assert!(!session.is_empty());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all().next().is_none()
    }

    /// Whether anything was set, removed or cleared since it was read or made, and so whether it
    /// has to be written. Setting a key to the value that it has counts too.
    ///
    /// ```
    /// # use hardtack::SessionData;
    /// let mut session = SessionData::new();
    /// session.remove("user_id"); // was not there
    /// assert!(!session.is_changed());
    /// session.insert("user_id", &42)?;
    /// assert!(session.is_changed());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn is_changed(&self) -> bool {
        self.changes.revision() > 0
    }

    /// The session's id: 32 hexadecimal digits in a session that Rails made. `None` where it has
    /// none yet.
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, SecretKeyBase, SessionData};
    /// # let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// let mut session = SessionData::new();
    /// assert_eq!(session.session_id(), None);
    /// session.write(&jar, "_shop_session", &Attributes::new())?; // which gives it one
    /// assert_eq!(session.session_id().unwrap().len(), 32);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn session_id(&self) -> Option<String> {
        self.get(SESSION_ID).ok().flatten()
    }

    /// Gives the session an id, where it has none.
    pub(super) fn ensure_session_id(&mut self) -> Result<(), Error> {
        let is_there = match self.place(SESSION_ID) {
            Some(Place::Read(entry)) => self.read.is_string(entry),
            Some(Place::Changed(Value::String(_))) => true,
            Some(Place::Changed(_)) | None => self.session_id().is_some(),
        };
        if !is_there {
            self.insert(SESSION_ID, &generate_session_id()?)?;
        }
        Ok(())
    }

    /// Takes another's id, where it has none.
    pub(super) fn adopt_session_id(&mut self, other: &Self) -> Result<(), Error> {
        match other.session_id() {
            Some(id) if self.session_id().is_none() => self.insert(SESSION_ID, &id),
            _ => Ok(()),
        }
    }

    /// Returns the session's id; one that is to be written, and has none, gets it.
    pub(super) fn id_to_write(&mut self) -> Result<Option<String>, Error> {
        if self.is_changed() && !self.is_empty() {
            self.ensure_session_id()?;
        }
        Ok(self.session_id())
    }

    /// Removes what somebody may have planted before a login: the id, so that the session gets
    /// another when it is written, and the secret of the authenticity tokens.
    pub(super) fn renew(&mut self) {
        self.remove(SESSION_ID);
        self.remove(CSRF_TOKEN);
        self.changes.touch();
    }

    /// Where the value of a key is to be found.
    fn place(&self, key: &str) -> Option<Place<'_>> {
        match self.changes.get(key) {
            Some(Change::Set(value) | Change::SetAnew(value)) => Some(Place::Changed(value)),
            Some(Change::Removed) => None,
            None => self.read.find(key).map(Place::Read),
        }
    }

    /// Every entry: those that were read at their old places, then the new ones.
    fn all(&self) -> impl Iterator<Item = (Key<'_, usize>, Part<'_, usize>)> {
        let new = self
            .changes
            .iter()
            .filter_map(|Edit { key, change, .. }| match change {
                Change::Set(value) if self.read.find(key).is_none() => {
                    Some((Key::New(key), Part::Changed(value)))
                }
                Change::SetAnew(value) => Some((Key::New(key), Part::Changed(value))),
                _ => None,
            });
        let old = self.read.unique().filter_map(|entry| {
            let changed = |edit: &&Edit| self.read.has_key(entry, &edit.key);
            match self.changes.iter().find(changed).map(|edit| &edit.change) {
                None => Some((Key::Read(entry), Part::Read(entry))),
                Some(Change::Set(value)) => Some((Key::Read(entry), Part::Changed(value))),
                Some(Change::SetAnew(_) | Change::Removed) => None,
            }
        });
        old.chain(new)
    }

    /// The short way where all that was changed was set, as it mostly is. The room comes back
    /// where it was not, or cannot be written so.
    fn dump_if_set(&self, room: Vec<u8>, style: DumpStyle) -> Result<Serialized, Vec<u8>> {
        let is_set = |edit: &Edit| match &edit.change {
            Change::Set(value) => *value != Value::Nil,
            Change::SetAnew(_) | Change::Removed => false,
        };
        if !self.changes.iter().all(is_set) {
            return Err(room);
        }
        let sets = self
            .changes
            .iter()
            .filter_map(|Edit { key, change, .. }| match change {
                Change::Set(value) => Some((&**key, value)),
                Change::SetAnew(_) | Change::Removed => None,
            });
        self.read.dump_with(room, sets, style)
    }

    /// What is written: every entry but those that are nil, as Rack leaves them out
    /// (`Rack::Session::Abstract::Persisted#commit_session`, 2.2).
    fn parts(&self) -> impl Iterator<Item = (Key<'_, usize>, Part<'_, usize>)> {
        self.all().filter(|(_, part)| match part {
            Part::Read(entry) => !self.read.is_nil(*entry),
            Part::Changed(value) => **value != Value::Nil,
        })
    }
}

/// The value of a key as a type.
pub(super) fn from_value<T: DeserializeOwned>(key: &str, value: &Value) -> Result<T, Error> {
    T::deserialize(value).map_err(|_| Unfit::of::<T>(value).at(key))
}

enum Place<'a> {
    Read(usize),
    Changed(&'a Value),
}

/// As `SecureRandom.hex(16)` (`Rack::Session::Abstract::ID#generate_sid`).
fn generate_session_id() -> Result<String, Error> {
    let mut random = [0; 16];
    rand::rngs::SysRng
        .try_fill_bytes(&mut random)
        .map_err(|_| Error::NoRandomness)?;
    Ok(format!("{:032x}", u128::from_be_bytes(random)))
}

impl fmt::Debug for SessionData {
    /// The keys alone: values may be personal, or secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionData")
            .field("keys", &self.keys())
            .field("is_changed", &self.is_changed())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "data_tests.rs"]
mod tests;
