//! [`WritePolicy`]: the choice of when a session is written.

/// Chooses when a session is written.
///
/// ```
/// use hardtack::{CookieStore, WritePolicy};
///
/// // Rust only looks at Rails' session.
/// let store = CookieStore::ephemeral("_shop_session")?.writes(WritePolicy::Never);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum WritePolicy {
    /// If the session changed, was opened by a rotation or in another serialization, or is due for
    /// renewal.
    #[default]
    WhenChanged,
    /// Also if the session was only read, as Rails does.
    WhenRead,
    /// Never: the sessions are read-only.
    Never,
}
