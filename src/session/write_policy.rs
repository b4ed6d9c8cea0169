//! [`WritePolicy`]: when a session is written.

/// When a session is written.
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
    /// Where it changed, was opened by a rotation or in another serialization, or is due for
    /// renewal.
    #[default]
    WhenChanged,
    /// As Rails does: also where it was merely read.
    WhenRead,
    /// Never: a read-only store.
    Never,
}
