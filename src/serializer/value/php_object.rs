//! [`PhpObject`]: an object of PHP, kept under its class's name.

use std::collections::HashSet;

use super::Value;

/// An object of PHP: its class's name, and its parts as PHP serializes them. It is never
/// instantiated.
///
/// ```
/// use hardtack::php;
/// use hardtack::value::{PhpObject, Value};
///
/// let cart = b"O:4:\"Cart\":2:{s:5:\"items\";i:3;s:8:\"\0Cart\0id\";i:7;}";
/// let value: Value = php::unserialize(cart)?;
/// let Value::Php(object) = &value else { panic!() };
/// assert_eq!(object.class(), "Cart");
/// assert_eq!(object.property("id"), Some(&Value::Integer(7))); // private
/// assert_eq!(value.to_string(), r#"{"items":3,"id":7}"#);
/// assert_eq!(php::serialize(&value)?, cart);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Hash)]
#[non_exhaustive]
pub enum PhpObject {
    /// An object (`O:`).
    Instance {
        /// The class's name, with its namespace: `App\Models\Post`.
        class: String,
        /// The properties in order. The name of a public one is plain; that of a protected one
        /// begins with `"\0*\0"`, that of a private one with `"\0Class\0"`.
        properties: Vec<(String, Value)>,
    },
    /// A case of an enum (`E:`, PHP 8.1 and later).
    Case {
        /// The enum's name, with its namespace.
        class: String,
        /// The case's name; PHP does not serialize the value of a backed enum.
        case: String,
    },
    /// An object that its own class serialized (`C:`, the interface `Serializable`).
    Custom {
        /// The class's name, with its namespace.
        class: String,
        /// The bytes that the class returned.
        data: Vec<u8>,
    },
}

impl PhpObject {
    /// Returns the class's name (example: at [`PhpObject`]).
    #[must_use]
    pub fn class(&self) -> &str {
        match self {
            Self::Instance { class, .. }
            | Self::Case { class, .. }
            | Self::Custom { class, .. } => class,
        }
    }

    /// Returns the value of a property of any visibility: the first of this name (example: at
    /// [`PhpObject`]).
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Value> {
        let Self::Instance { properties, .. } = self else {
            return None;
        };
        let mut properties = properties.iter();
        let found = properties.find(|(full, _)| plain_name(full) == name);
        found.map(|(_, value)| value)
    }
}

/// Returns the name of a property without the part that tells its visibility
/// (`zend_unmangle_property_name_ex` in `Zend/zend_compile.c`).
fn plain_name(full: &str) -> &str {
    let rest = full.strip_prefix('\0');
    let plain = rest.and_then(|rest| rest.split_once('\0'));
    plain.map_or(full, |(_, plain)| plain)
}

/// Returns the properties by their plain names. If a parent class has a private property of the
/// same name, the second one keeps its full name.
pub(crate) fn plain_properties<'a, T>(
    properties: impl Iterator<Item = (&'a str, T)>,
) -> Vec<(&'a str, T)> {
    let mut taken = HashSet::new();
    let mut name = |full: &'a str| {
        let plain = plain_name(full);
        if taken.insert(plain) { plain } else { full }
    };
    properties
        .map(|(full, value)| (name(full), value))
        .collect()
}
