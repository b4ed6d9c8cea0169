//! PHP's `serialize()` and `unserialize()` of single values.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::Error;
use crate::serializer::php::{PhpDocument, dump_single};
use crate::serializer::{Unfit, to_value};

/// Writes a value as PHP's `serialize()` does, with floats of `serialize_precision` -1.
///
/// Maps and structs are arrays, and so are sequences. A text key that is an integer in PHP becomes
/// one, as in PHP.
///
/// ```
/// use hardtack::php;
///
/// assert_eq!(php::serialize(&("Zoë", 1.0, None::<u8>))?, r#"a:3:{i:0;s:4:"Zoë";i:1;d:1;i:2;N;}"#.as_bytes());
/// assert_eq!(php::serialize(&[("a", 1), ("7", 2)].map(|(_, n)| n))?, b"a:2:{i:0;i:1;i:1;i:2;}");
/// assert!(php::serialize(&u64::MAX).is_err()); // PHP's integers are signed
/// # Ok::<(), hardtack::Error>(())
/// ```
///
/// # Errors
/// [`Error::UnwritableValue`] if the value has no form in PHP.
pub fn serialize<T: Serialize + ?Sized>(value: &T) -> Result<Vec<u8>, Error> {
    Ok(dump_single(&to_value(value)?)?)
}

/// Reads a value that PHP's `serialize()` wrote, as a type ([how types
/// correspond](crate::php#values)).
///
/// The bytes must hold one value and nothing else.
///
/// ```
/// use hardtack::php;
/// use hardtack::value::Value;
///
/// let bytes = br#"a:2:{s:2:"id";i:42;s:4:"tags";a:0:{}}"#;
/// #[derive(serde::Deserialize)]
/// struct User { id: u32, tags: Vec<String> }
/// let user: User = php::unserialize(bytes)?;
/// assert_eq!((user.id, user.tags.len()), (42, 0));
/// let value: Value = php::unserialize(bytes)?;
/// assert_eq!(value.to_string(), r#"{"id":42,"tags":[]}"#);
///
/// assert!(php::unserialize::<Value>(b"a:99999999:{}").is_err());
/// # Ok::<(), hardtack::Error>(())
/// ```
///
/// # Errors
/// [`Error::UnreadableValue`] if the bytes are not such a value, and [`Error::UnexpectedValue`] if
/// it does not fit the type; both without a key.
pub fn unserialize<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    let document = PhpDocument::load_single(bytes).map_err(Unfit::Unreadable);
    let value = document.and_then(|document| document.get(0));
    value.map_err(|unfit| unfit.at(""))
}
