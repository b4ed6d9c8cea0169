//! [`WritePolicy`]: when a session is written.

/// When a session is written.
///
/// ```
/// use hardtack::{CookieStore, LoadDefaults, SecretKeyBase, WritePolicy};
///
/// # let secret = SecretKeyBase::generate()?;
/// // Rust only looks at Rails' session.
/// let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session").writes(WritePolicy::Never);
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
