//! [`ConnectFlash`]: the messages of the Node package connect-flash.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::serializer::to_value;
use crate::serializer::unexpected as of_another_type;
use crate::serializer::value::Value;
use crate::session::data::SessionData;

/// The key under which connect-flash keeps its messages.
const FLASH: &str = "flash";

/// The messages of connect-flash: `session.flash`, an object with a list of messages for each type.
/// A message stays until it is read, and reading removes it.
///
/// ```
/// use hardtack::SessionData;
/// use hardtack::express::ConnectFlash;
///
/// let mut session = SessionData::new();
/// ConnectFlash::add(&mut session, "info", "saved")?;
/// ConnectFlash::add(&mut session, "info", "sent")?;
///
/// // In another request.
/// assert_eq!(ConnectFlash::take::<String>(&mut session, "info")?, ["saved", "sent"]);
/// assert!(ConnectFlash::take::<String>(&mut session, "info")?.is_empty());
/// # Ok::<(), hardtack::Error>(())
/// ```
///
/// In a handler: `session.update(|data| ConnectFlash::add(data, "info", "saved"))`. In JavaScript
/// also reading a type that has no messages writes an empty object into the session; here it
/// changes nothing.
///
/// # Errors
/// Every method returns [`Error::UnexpectedValue`] if connect-flash did not write the value, and
/// [`Error::UnreadableValue`] if it cannot be read.
#[derive(Clone, Copy, Debug)]
pub struct ConnectFlash;

impl ConnectFlash {
    /// Adds a message of this type, and returns how many there are (`req.flash(type, message)`;
    /// example: at the type). Format the message before.
    ///
    /// # Errors
    /// The errors listed at the type, and [`Error::UnwritableValue`] if a session cannot hold the
    /// message.
    pub fn add(
        session: &mut SessionData,
        kind: &str,
        message: impl Serialize,
    ) -> Result<usize, Error> {
        let message = to_value(&message)?;
        let mut types = types(session)?.unwrap_or_default();
        let place = types.iter().position(|(key, _)| key.as_str() == Some(kind));
        let count = match place.and_then(|place| types.get_mut(place)) {
            Some((_, messages)) if is_false(messages) => {
                *messages = Value::Array(vec![message]);
                1
            }
            Some((_, Value::Array(messages))) => {
                messages.push(message);
                messages.len()
            }
            Some((_, other)) => return Err(unexpected::<Vec<Value>>(kind, other)),
            None => {
                types.push((Value::from(kind), Value::Array(vec![message])));
                1
            }
        };
        session.insert(FLASH, Value::Hash(types))?;
        Ok(count)
    }

    /// Removes and returns the messages of a type, in order (`req.flash(type)`; example: at the
    /// type).
    ///
    /// # Errors
    /// The errors listed at the type; also if a message is not of the type `T`. The messages then
    /// stay.
    pub fn take<T: DeserializeOwned>(
        session: &mut SessionData,
        kind: &str,
    ) -> Result<Vec<T>, Error> {
        let mut types = types(session)?.unwrap_or_default();
        let place = types.iter().position(|(key, _)| key.as_str() == Some(kind));
        let Some(place) = place else {
            return Ok(Vec::new());
        };
        let (_, messages) = types.remove(place);
        let taken = messages_of(kind, &messages)?;
        session.insert(FLASH, Value::Hash(types))?;
        Ok(taken)
    }

    /// Removes and returns all messages, by their types in order (`req.flash()`).
    ///
    /// ```
    /// use hardtack::SessionData;
    /// use hardtack::express::ConnectFlash;
    ///
    /// let json = r#"{"flash":{"info":["saved"],"error":["full"]}}"#;
    /// let mut session = SessionData::from_json(json).unwrap();
    /// let all = ConnectFlash::take_all::<String>(&mut session)?;
    /// assert_eq!(all[1], ("error".to_owned(), vec!["full".to_owned()]));
    /// assert_eq!(session.to_json()?, br#"{"flash":{}}"#);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`take`](Self::take).
    pub fn take_all<T: DeserializeOwned>(
        session: &mut SessionData,
    ) -> Result<Vec<(String, Vec<T>)>, Error> {
        let types = types(session)?.unwrap_or_default();
        if types.is_empty() {
            return Ok(Vec::new());
        }
        let mut all = Vec::with_capacity(types.len());
        for (kind, messages) in &types {
            let kind = kind.as_str().unwrap_or_default();
            all.push((kind.to_owned(), messages_of(kind, messages)?));
        }
        session.insert(FLASH, Value::Hash(Vec::new()))?;
        Ok(all)
    }
}

/// Returns the lists of messages by their types; `None` if there are none.
fn types(session: &SessionData) -> Result<Option<Vec<(Value, Value)>>, Error> {
    match session.get::<Value>(FLASH)? {
        Some(Value::Hash(types)) => Ok(Some(types)),
        Some(other) if !is_false(&other) => Err(Error::UnexpectedValue {
            key: FLASH.to_owned(),
            reason: of_another_type::<Vec<(String, Value)>>(&other),
        }),
        _ => Ok(None),
    }
}

fn messages_of<T: DeserializeOwned>(kind: &str, messages: &Value) -> Result<Vec<T>, Error> {
    if is_false(messages) {
        return Ok(Vec::new());
    }
    Vec::<T>::deserialize(messages).map_err(|_| unexpected::<Vec<T>>(kind, messages))
}

fn unexpected<T>(kind: &str, value: &Value) -> Error {
    Error::UnexpectedValue {
        key: format!("{FLASH}.{kind}"),
        reason: of_another_type::<T>(value),
    }
}

/// Checks for what JavaScript takes for false.
fn is_false(value: &Value) -> bool {
    match value {
        Value::Nil | Value::Bool(false) | Value::Integer(0) => true,
        Value::Float(number) => *number == 0.0,
        value => value.as_str() == Some(""),
    }
}
