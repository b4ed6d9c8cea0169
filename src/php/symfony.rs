//! [`SymfonySession`]: the attributes of a session of Symfony.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::serializer::to_value;
use crate::serializer::value::Value;
use crate::session::data::from_value;
use crate::session::handle::Session;

/// The key of the attributes (`Attribute/AttributeBag.php` of symfony/http-foundation).
const ATTRIBUTES: &str = "_sf2_attributes";

/// The key of the times (`Storage/MetadataBag.php`).
const META: &str = "_sf2_meta";

/// The attributes of a session of Symfony, which stand in an array of their own
/// (`$session->get('user_id')` of symfony/http-foundation). A handle that is cheap to clone.
///
/// Symfony keeps its sessions by PHP itself: read them with
/// [`PhpSessions`](crate::php::PhpSessions).
///
/// ```
/// use hardtack::Session;
/// use serde_json::json;
///
/// let session = Session::ephemeral()?;
/// session.insert("_sf2_attributes", json!({ "user_id": 42, "locale": "de" }))?;
/// session.insert("_sf2_meta", json!({ "u": 1796026523, "c": 1796026000, "l": 0 }))?;
///
/// let symfony = session.symfony();
/// assert_eq!(symfony.get::<u32>("user_id")?, Some(42));
/// symfony.insert("locale", "fr")?;
/// assert_eq!(symfony.get::<String>("locale")?.as_deref(), Some("fr"));
/// symfony.remove("locale")?;
/// assert_eq!(symfony.get::<String>("locale")?, None);
/// assert_eq!(symfony.meta()?.unwrap().created, 1796026000);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct SymfonySession(Session);

/// The times of a session of Symfony, in seconds since 1970 (example: at [`SymfonySession`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct SymfonyMeta {
    /// The time at which the session began.
    #[serde(rename = "c")]
    pub created: i64,
    /// The time of the last request that Symfony handled.
    #[serde(rename = "u")]
    pub updated: i64,
    /// The life of the session's cookie in seconds; 0 if it ends with the browser.
    #[serde(rename = "l")]
    pub lifetime: i64,
}

impl Session {
    /// Returns the attributes of a session of Symfony (example: at
    /// [`SymfonySession`](crate::php::SymfonySession)).
    #[must_use]
    pub fn symfony(&self) -> SymfonySession {
        SymfonySession(self.clone())
    }
}

impl SymfonySession {
    /// Returns an attribute as a type; `None` if it is missing or null (example: at
    /// [`SymfonySession`]).
    ///
    /// # Errors
    /// The errors of [`Session::get`]. The attributes are read as a whole: references that go round
    /// in a circle make each of them unreadable.
    pub fn get<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, Error> {
        let attributes: Option<Value> = self.0.get(ATTRIBUTES)?;
        let value = attributes.as_ref().and_then(|all| all.get(name));
        let value = value.filter(|value| !value.is_nil());
        value.map(|value| from_value(name, value)).transpose()
    }

    /// Sets an attribute (example: at [`SymfonySession`]).
    ///
    /// All attributes are written anew: references between them and to the rest of the session are
    /// not kept, and an object that stands in several places becomes several objects.
    ///
    /// # Errors
    /// The errors of [`Session::update_key`].
    pub fn insert(&self, name: impl Into<String>, value: impl Serialize) -> Result<(), Error> {
        self.set(name.into(), Some(to_value(&value)?))
    }

    /// Removes an attribute (example: at [`SymfonySession`]). It writes the others as
    /// [`insert`](Self::insert) does.
    ///
    /// # Errors
    /// The errors of [`Session::update_key`].
    pub fn remove(&self, name: &str) -> Result<(), Error> {
        self.set(name.to_owned(), None)
    }

    fn set(&self, name: String, value: Option<Value>) -> Result<(), Error> {
        self.0.update_key(ATTRIBUTES, move |all: Option<Value>| {
            let mut pairs = pairs(all);
            let place = pairs.iter().position(|(key, _)| is_key(key, &name));
            match (place, value.clone()) {
                (Some(place), Some(value)) => {
                    if let Some((_, old)) = pairs.get_mut(place) {
                        *old = value;
                    }
                }
                (Some(place), None) => {
                    pairs.remove(place);
                }
                (None, Some(value)) => pairs.push((Value::from(&*name), value)),
                (None, None) => {}
            }
            Value::Hash(pairs)
        })
    }

    /// Returns the times of the session; `None` if Symfony did not begin it (example: at
    /// [`SymfonySession`]).
    ///
    /// # Errors
    /// The errors of [`Session::get`].
    pub fn meta(&self) -> Result<Option<SymfonyMeta>, Error> {
        self.0.get(META)
    }
}

/// Returns the keys and values of an array, in order; none of another value.
fn pairs(array: Option<Value>) -> Vec<(Value, Value)> {
    match array {
        Some(Value::Hash(pairs)) => pairs,
        Some(Value::Array(items)) => {
            let key = |place: usize| Value::Integer(i64::try_from(place).unwrap_or(i64::MAX));
            let items = items.into_iter().enumerate();
            items.map(|(place, item)| (key(place), item)).collect()
        }
        _ => Vec::new(),
    }
}

/// Compares a key with a text, which PHP turns into a number if it is one.
fn is_key(key: &Value, name: &str) -> bool {
    match key {
        Value::Integer(number) => number.to_string() == name,
        key => key.as_str() == Some(name),
    }
}
