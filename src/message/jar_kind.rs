//! [`JarKind`]: names Rails' two jars.

use std::fmt;

/// The kind of a jar of sealed cookies: encrypted or signed.
///
/// ```
/// assert_eq!(hardtack::message::JarKind::Encrypted.name(), "encrypted");
/// assert_eq!(hardtack::message::JarKind::Signed.to_string(), "signed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JarKind {
    /// `cookies.encrypted`; from Rails 4.0 on the session is in it too.
    Encrypted,
    /// `cookies.signed`; up to Rails 3.2 the session is in it too.
    Signed,
}

impl JarKind {
    /// Returns the jar's name in Rails (example: at the type).
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Encrypted => "encrypted",
            Self::Signed => "signed",
        }
    }
}

impl fmt::Display for JarKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
