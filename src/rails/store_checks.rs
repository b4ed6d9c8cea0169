//! [`CookieStore::check`] and [`CookieStore::check_secrets`]: find mistakes in the settings before
//! the first request.

use std::collections::BTreeMap;

use super::cookie_store::CookieStore;
use super::keyring::Keyring;
use crate::error::Error;
use crate::session::events;
use crate::weak_secret::WeakSecret;

impl CookieStore {
    /// Checks that sessions and cookies can be written: the name, the attributes, the expiry, and
    /// that the serializers of all three jars are built in. Call it when the program starts, so
    /// that a mistake shows then and not at the first request.
    ///
    /// A rotation whose cookies this build cannot read (Marshal, for example, without the feature
    /// `marshal`) is not an error. It is reported as an event (feature `tracing`).
    ///
    /// ```
    /// use hardtack::{CookieStore, LoadDefaults, SecretKeyBase};
    ///
    /// assert!(CookieStore::ephemeral("_shop_session")?.check().is_ok());
    /// assert!(CookieStore::ephemeral("shop session")?.check().is_err());
    ///
    /// // Rails 6.1 writes Marshal unless an app sets the serializer.
    /// let secret = SecretKeyBase::generate()?;
    /// let marshal = CookieStore::new(&secret, LoadDefaults::V6_1, "_shop_session");
    /// assert_eq!(marshal.check().is_ok(), cfg!(feature = "marshal"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`CookieAttributes::check`](crate::CookieAttributes::check);
    /// [`Error::ExpiryOutOfRange`] if an expiry or a lifetime is beyond the year 9999;
    /// [`Error::CookieAttribute`] if an expiry or a lifetime is zero;
    /// [`Error::SerializerNotBuiltIn`] if a jar writes a format whose feature is off.
    pub fn check(&self) -> Result<(), Error> {
        let jars = self.keyring();
        self.policy
            .check(|attributes| jars.session.delete(self.name(), attributes).map(|_| ()))?;
        self.check_serializers(&jars)
    }

    fn check_serializers(&self, jars: &Keyring) -> Result<(), Error> {
        let jars = [
            ("session", &jars.session),
            ("encrypted", &jars.encrypted),
            ("signed", &jars.signed),
        ];
        for (_, jar) in jars {
            jar.check_serializer()?;
        }
        // One event for each feature: turning the feature on mends all of its rotations.
        let mut unreadable = BTreeMap::<_, Vec<String>>::new();
        for (kind, jar) in jars {
            for (feature, settings) in jar.unreadable() {
                let settings = format!("{kind}: {settings}");
                unreadable.entry(feature).or_default().push(settings);
            }
        }
        for (feature, settings) in unreadable {
            events::tell_unreadable(self.name(), feature, &settings.join(", "));
        }
        Ok(())
    }

    /// Checks that no secret of its jars, the rotations' secrets included, is published, repeated
    /// or short: see [`SecretKeyBase::check`](crate::SecretKeyBase::check). Call it when a program
    /// that serves others starts. [`check`](Self::check) leaves secrets out, since tests and
    /// development use weak secrets on purpose.
    ///
    /// ```
    /// use hardtack::{CookieStore, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let is_production = true; // as the app knows it
    /// let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session");
    /// store.check()?;
    /// if is_production {
    ///     store.check_secrets()?;
    /// }
    ///
    /// let copied = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33")?; // Rails' own tests have it
    /// let store = CookieStore::new(&copied, LoadDefaults::V7_1, "_shop_session");
    /// assert_eq!(store.check_secrets().unwrap_err().name(), "published");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The first weak secret, as a [`WeakSecret`] that says why.
    pub fn check_secrets(&self) -> Result<(), WeakSecret> {
        let jars = self.keyring();
        [&jars.session, &jars.encrypted, &jars.signed]
            .into_iter()
            .try_for_each(|jar| jar.check_secrets())
    }
}
