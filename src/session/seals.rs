//! [`CookieStore::seals`]: how many cookies were sealed under the session's key.

use super::store::CookieStore;

impl CookieStore {
    /// How many cookies this process has sealed under the session's key, of the 2^32 that an
    /// AES-GCM key is good for: [`Jar::seals`](crate::Jar::seals) of the session's jar as it is
    /// now. `cookies.encrypted` has the same key, and is in the number.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use hardtack::{CookieStore, RailsVersion, RequestOrigin, SecretKeyBase, Session};
    /// # let secret = SecretKeyBase::generate()?;
    /// let store = Arc::new(CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session"));
    /// let session = Session::open(&store, "", RequestOrigin::default());
    /// session.insert("user_id", &42)?;
    /// session.commit(200)?;
    /// assert_eq!(store.seals(), Some(1));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn seals(&self) -> Option<u64> {
        self.jars().session().seals()
    }

    /// Counts on from this number, where that is more than what was counted: see
    /// [`Jar::raise_seals`](crate::Jar::raise_seals).
    ///
    /// ```
    /// # use hardtack::{CookieStore, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// # let sealed_before_the_restart = 1_000_000;
    /// let store = CookieStore::new(&secret, RailsVersion::V7_1, "_shop_session");
    /// store.raise_seals(sealed_before_the_restart);
    /// assert_eq!(store.seals(), Some(1_000_000));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn raise_seals(&self, to: u64) {
        self.jars().session().raise_seals(to);
    }
}
