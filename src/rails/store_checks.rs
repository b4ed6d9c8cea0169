//! [`CookieStore::check`] and [`CookieStore::check_secrets`]: mistakes that need not wait for the
//! first request.

use std::collections::BTreeMap;

use super::cookie_store::CookieStore;
use super::keyring::Keyring;
use crate::error::Error;
use crate::session::events;
use crate::weak_secret::WeakSecret;

impl CookieStore {
    /// Checks that sessions and cookies can be written: the name, the attributes and the expiry,
    /// and that the serializers of all three jars are built in. Call it when the program starts, so
    /// that a mistake does not wait for the first request.
    ///
    /// A rotation whose cookies this build cannot read (in Marshal, say, without the feature
    /// `marshal`) is no error: an event tells of it (feature `tracing`).
    ///
    /// ```
    /// use hardtack::CookieStore;
    ///
    /// assert!(CookieStore::ephemeral("_shop_session")?.check().is_ok());
    /// assert!(CookieStore::ephemeral("shop session")?.check().is_err());
    ///
    /// let marshal = CookieStore::ephemeral("_shop_session")?;
    /// assert_eq!(marshal.check().is_ok(), cfg!(feature = "marshal"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`CookieAttributes::check`](crate::CookieAttributes::check); [`Error::ExpiryOutOfRange`] for an expiry
    /// or a lifetime beyond the year 9999, [`Error::CookieAttribute`] for one of no time at all, and
    /// [`Error::SerializerNotBuiltIn`] for a jar that writes a format whose feature is off.
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
        // One event for each feature: turning it on mends all of them.
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

    /// Whether none of its jars' secrets, those of the rotations included, is one that others know
    /// or can find: see [`SecretKeyBase::check`](crate::SecretKeyBase::check). Call it when the
    /// program starts, where it is to serve others. [`check`](Self::check) does not, since tests and
    /// development run with such secrets on purpose.
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
    /// The first of them that is weak, and why.
    pub fn check_secrets(&self) -> Result<(), WeakSecret> {
        let jars = self.keyring();
        [&jars.session, &jars.encrypted, &jars.signed]
            .into_iter()
            .try_for_each(|jar| jar.check_secrets())
    }
}
