//! [`PhpHandler`]: the way in which PHP joins a session's values.

/// The way in which PHP joins a session's keys and values (`session.serialize_handler`).
///
/// The extensions igbinary and msgpack bring handlers of their own, which hardtack does not read.
///
/// ```
/// use hardtack::php::PhpHandler;
///
/// assert_eq!(PhpHandler::default().name(), "php");
/// let names: Vec<_> = PhpHandler::ALL.iter().map(|handler| handler.name()).collect();
/// assert_eq!(names, ["php", "php_binary", "php_serialize"]);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PhpHandler {
    /// `php`, PHP's default: `user_id|i:42;`. A key cannot hold `|`, and is no integer.
    #[default]
    Php,
    /// `php_binary`: a byte with the key's length before the key. A key has at most 127 bytes, and
    /// is no integer.
    PhpBinary,
    /// `php_serialize`: one serialized array, with keys of any kind.
    PhpSerialize,
}

impl PhpHandler {
    /// All handlers.
    pub const ALL: &'static [Self] = &[Self::Php, Self::PhpBinary, Self::PhpSerialize];

    /// Returns the value of `session.serialize_handler` (example: at [`PhpHandler`]).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Php => "php",
            Self::PhpBinary => "php_binary",
            Self::PhpSerialize => "php_serialize",
        }
    }
}
