//! [`Keyring`]: the jars of an app.

use std::sync::Arc;

use crate::clock::Clock;
use crate::rails::jar::Jar;
use crate::rails::jar::rotation::Rotation;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{SecretKind, Settings};

/// The jars of an app: the session's, `cookies.encrypted` and `cookies.signed`.
///
/// ```
/// use hardtack::{CookieStore, Keyring, LoadDefaults, Rotation, SecretKeyBase};
///
/// # let (secret, new_secret) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
/// let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session");
///
/// // The secret changes while the server runs: cookies sealed with the old secret still open.
/// let jars = Keyring::new(&new_secret, LoadDefaults::V7_1)
///     .rotation(Rotation::encrypted(&secret, LoadDefaults::V7_1))
///     .signed_rotation(Rotation::signed(&secret, LoadDefaults::V7_1));
/// store.replace_keyring(jars);
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Keyring {
    pub(super) session: Arc<Jar>,
    pub(super) encrypted: Arc<Jar>,
    pub(super) signed: Arc<Jar>,
}

impl Keyring {
    /// Creates the jars of an app with these settings. The session is in the encrypted jar, or in
    /// the signed one if the app has only a `secret_token` (up to Rails 3.2).
    ///
    /// Derives four keys under settings of 5.2 or later, which takes about 0.3 ms each.
    ///
    /// ```
    /// use hardtack::{Keyring, LoadDefaults, SecretKeyBase};
    ///
    /// let secret_token = SecretKeyBase::generate()?;
    /// let jars = Keyring::new(&secret_token, LoadDefaults::V3_2);
    /// let cookie = jars.signed().write("seen", 7, None);
    /// # #[cfg(feature = "marshal")]
    /// assert_eq!(*jars.session().read_value::<u8>("seen", cookie?.value())?.value(), 7);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn new(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        let encrypted = Arc::new(Jar::encrypted(secret, settings.clone()));
        let signed = Arc::new(Jar::signed(secret, settings.clone()));
        let session = match settings.secret_kind {
            SecretKind::SecretKeyBase => &encrypted,
            SecretKind::SecretToken => &signed,
        };
        Self {
            session: session.clone(),
            encrypted,
            signed,
        }
    }

    /// Creates a keyring whose session is in the given encrypted jar, or in the jar that takes its
    /// place.
    #[cfg(feature = "rails-app")]
    pub(crate) fn of(encrypted: Jar, signed: Jar) -> Self {
        let encrypted = Arc::new(encrypted);
        Self {
            session: encrypted.clone(),
            encrypted,
            signed: Arc::new(signed),
        }
    }

    /// Adds older settings to the session's jar and to the encrypted jar. A rotation with another
    /// [`cookie_name`](Rotation::cookie_name) applies to the session only.
    ///
    /// ```
    /// use hardtack::{Keyring, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let (new, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// # let cookie = Keyring::new(&old, LoadDefaults::V7_1).encrypted().write("k", "v", None)?;
    /// let jars = Keyring::new(&new, LoadDefaults::V7_1);
    /// assert!(jars.encrypted().read_value::<String>("k", cookie.value()).is_err());
    /// let jars = jars.rotation(Rotation::encrypted(&old, LoadDefaults::V7_1));
    /// assert!(jars.encrypted().read_value::<String>("k", cookie.value()).is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn rotation(mut self, rotation: Rotation) -> Self {
        if !rotation.is_renamed() {
            add(&mut self.encrypted, rotation.clone());
        }
        add(&mut self.session, rotation);
        self
    }

    /// Adds older settings to the signed jar.
    ///
    /// ```
    /// use hardtack::{Keyring, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let (new, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// # let cookie = Keyring::new(&old, LoadDefaults::V7_1).signed().write("k", "v", None)?;
    /// let jars = Keyring::new(&new, LoadDefaults::V7_1);
    /// assert!(jars.signed().read_value::<String>("k", cookie.value()).is_err());
    /// let jars = jars.signed_rotation(Rotation::signed(&old, LoadDefaults::V7_1));
    /// assert!(jars.signed().read_value::<String>("k", cookie.value()).is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn signed_rotation(mut self, rotation: Rotation) -> Self {
        add(&mut self.signed, rotation);
        self
    }

    /// Moves the session to another jar than the settings choose: for example to the signed jar, if
    /// the app is configured so.
    ///
    /// ```
    /// use hardtack::{Jar, Keyring, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let jars = Keyring::new(&secret, LoadDefaults::V4_0)
    ///     .session_in(Jar::signed(&secret, LoadDefaults::V4_0));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn session_in(mut self, jar: Jar) -> Self {
        self.session = Arc::new(jar);
        self
    }

    /// Returns the session's jar (example: at [`new`](Self::new)).
    #[must_use]
    pub fn session(&self) -> &Arc<Jar> {
        &self.session
    }

    /// Returns the jar of `cookies.encrypted` (example: at [`rotation`](Self::rotation)).
    #[must_use]
    pub fn encrypted(&self) -> &Arc<Jar> {
        &self.encrypted
    }

    /// Returns the jar of `cookies.signed` (example: at
    /// [`signed_rotation`](Self::signed_rotation)).
    #[must_use]
    pub fn signed(&self) -> &Arc<Jar> {
        &self.signed
    }

    /// Sets the clock of all three jars, where one was set; the system's leaves each its own.
    pub(super) fn at(self, clock: &Clock) -> Self {
        match clock {
            Clock::System => self,
            Clock::Told(_) => self.map(|jar| jar.with_clock(clock.clone())),
        }
    }

    /// Changes all three jars.
    pub(super) fn map(self, change: impl Fn(Jar) -> Jar) -> Self {
        let changed = |jar| Arc::new(change(Arc::unwrap_or_clone(jar)));
        Self {
            session: changed(self.session),
            encrypted: changed(self.encrypted),
            signed: changed(self.signed),
        }
    }
}

fn add(jar: &mut Arc<Jar>, rotation: Rotation) {
    *jar = Arc::new(Arc::unwrap_or_clone(jar.clone()).rotation(rotation));
}
