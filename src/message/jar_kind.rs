//! [`JarKind`]: which of Rails' two jars.

use std::fmt;

/// One of Rails' two jars of sealed cookies.
///
/// ```
/// assert_eq!(hardtack::message::JarKind::Encrypted.name(), "encrypted");
/// assert_eq!(hardtack::message::JarKind::Signed.to_string(), "signed");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum JarKind {
    /// `cookies.encrypted`, and from Rails 4.0 on the session.
    Encrypted,
    /// `cookies.signed`, and up to Rails 3.2 the session.
    Signed,
}

impl JarKind {
    /// The name, as Rails has it (example: at the type).
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
