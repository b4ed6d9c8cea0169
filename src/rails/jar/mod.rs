//! [`Jar`]: the encrypted and the signed jar (`ActionDispatch::Cookies`, `cookies.rb`).

mod buffers;
mod built_in;
mod ends;
mod reading;
mod rewriting;
pub(crate) mod rotation;
mod way;
mod writing;

use std::{fmt, iter};

use time::OffsetDateTime;

use crate::clock::Clock;
use crate::error::Error;
use crate::load_defaults::LoadDefaults;
use crate::secret_key_base::SecretKeyBase;
use crate::serializer::DumpStyle;
use crate::settings::{Serializer, Settings, SizeLimit};
use crate::weak_secret::WeakSecret;

use self::ends::Ends;
use self::rotation::Rotation;
use self::way::Way;

/// Reads and writes the sealed cookies of a Rails app: its encrypted jar (`cookies.encrypted`) or
/// its signed jar (`cookies.signed`).
///
/// ```
/// use hardtack::{CookieHeader, Jar, LoadDefaults, SecretKeyBase};
///
/// let secret = SecretKeyBase::generate()?; // a real app uses its own
/// let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
///
/// // cookies.encrypted[:discount] = 45
/// let set_cookie = jar.write("discount", 45, None)?;
/// assert!(set_cookie.to_string().ends_with("; path=/; samesite=lax"));
///
/// // cookies.encrypted[:discount]
/// let header = format!("theme=dark; discount={}", set_cookie.escaped_value());
/// let discount = jar.read::<u32>("discount", &CookieHeader::new(&header))?.unwrap();
/// assert_eq!(*discount.value(), 45);
///
/// // Any forged or foreign cookie gets the same answer.
/// assert!(jar.read::<u32>("discount", &CookieHeader::new("discount=AAAA--AAAA--AAAA")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// The encrypted jar also opens cookies of the other cipher, as Rails does: CBC if the app uses GCM
/// (from 5.2 on), GCM if it uses CBC (from 6.1 on). It reports them as due to be written again.
///
/// Keys are derived when the jar is created (about 0.3 ms each): create it once and keep it.
#[derive(Clone)]
pub struct Jar {
    /// In the order in which they are tried, with the current settings first.
    ways: Vec<Way>,
    ends: Ends,
    /// The index of the way that seals.
    writes: usize,
    /// The settings of the way that seals.
    settings: Settings,
    rotations: usize,
    weak: Option<WeakSecret>,
    clock: Clock,
}

impl Jar {
    /// Creates an encrypted jar with a new random secret, which is lost when the process ends: for
    /// examples and tests.
    ///
    /// ```
    /// use hardtack::Jar;
    ///
    /// let jar = Jar::ephemeral()?;
    /// let cookie = jar.write("discount", 45, None)?;
    /// assert_eq!(*jar.read_value::<u32>("discount", cookie.value())?.value(), 45);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`Error::NoRandomness`](crate::Error::NoRandomness) if the operating system gives no random
    /// bytes.
    pub fn ephemeral() -> Result<Self, Error> {
        Ok(Self::encrypted(
            &SecretKeyBase::generate()?,
            LoadDefaults::NEWEST,
        ))
    }

    /// Creates the encrypted jar: only the holders of the secret can read or change its cookies.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, LoadDefaults::V8_0);
    /// let cookie = jar.write("theme", "dark", None)?;
    /// assert_eq!(jar.read_value::<String>("theme", cookie.value())?.value(), "dark");
    ///
    /// let signed = Jar::signed(&secret, LoadDefaults::V8_0);
    /// assert!(signed.read_value::<String>("theme", cookie.value()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn encrypted(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        Self::new(Rotation::current(secret, settings.into()))
    }

    /// Creates the signed jar: everybody can read its cookies, and only the holders of the secret
    /// can change them.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// let jar = Jar::signed(&SecretKeyBase::generate()?, LoadDefaults::V7_0);
    /// let cookie = jar.write("seen", ["welcome"], None)?;
    /// assert!(cookie.value().starts_with(b"eyJfcmFpbHMi")); // base64 of {"_rails"
    ///
    /// let mut forged = cookie.value().to_vec();
    /// forged.swap(0, 1);
    /// assert!(jar.read_value::<Vec<String>>("seen", forged).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn signed(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        Self::new(Rotation::signed(secret, settings))
    }

    fn new(current: Rotation) -> Self {
        let ways: Vec<_> = current.ways(None).collect();
        Self {
            ends: Ends::of(ways.iter().map(|way| &way.codec)),
            ways,
            writes: 0,
            settings: current.settings,
            rotations: 0,
            weak: current.weak,
            clock: Clock::System,
        }
    }

    /// Adds older settings, which the jar tries after the current ones
    /// (`config.action_dispatch.cookies_rotations`). Each rotation has a serializer of its own,
    /// which decides the formats that the jar reads from that rotation's cookies.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let (new, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// let cookie = Jar::encrypted(&old, LoadDefaults::V7_2).write("cart", [3, 5], None)?;
    ///
    /// let jar = Jar::encrypted(&new, LoadDefaults::V7_2);
    /// assert!(jar.read_value::<Vec<u32>>("cart", cookie.value()).is_err());
    /// let jar = jar.rotation(Rotation::encrypted(&old, LoadDefaults::V7_2));
    /// assert_eq!(jar.read_value::<Vec<u32>>("cart", cookie.value())?.into_value(), [3, 5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rotation(mut self, rotation: Rotation) -> Self {
        let first = self.ways.len();
        self.ways.extend(rotation.ways(Some(self.rotations)));
        self.ends = Ends::of(self.ways.iter().map(|way| &way.codec));
        self.rotations += 1;
        self.weak = self.weak.or(rotation.weak);
        if rotation.writes {
            for (index, way) in self.ways.iter_mut().enumerate() {
                let is_older = way.sealed_by.rotation.is_some() && index != first;
                way.sealed_by.needs_rewrite |= is_older;
            }
            if let Some(way) = self.ways.get_mut(first) {
                way.sealed_by.needs_rewrite = false;
            }
            self.writes = first;
            self.settings = rotation.settings;
        }
        self
    }

    /// Checks that no secret of the jar, its rotations' secrets included, is published, repeated or
    /// short: see [`SecretKeyBase::check`](crate::SecretKeyBase::check). A published secret in a
    /// rotation is as dangerous: an attacker can seal cookies with it.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// let jar = Jar::ephemeral()?;
    /// assert!(jar.check_secrets().is_ok());
    ///
    /// let development = SecretKeyBase::new("x".repeat(30))?;
    /// let jar = jar.rotation(Rotation::encrypted(&development, LoadDefaults::V6_1));
    /// assert_eq!(jar.check_secrets().unwrap_err().name(), "repeated");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first weak secret, as a [`WeakSecret`] that says why.
    pub fn check_secrets(&self) -> Result<(), WeakSecret> {
        self.weak.map_or(Ok(()), Err)
    }

    /// Returns the number of cookies that this process has sealed under the jar's sealing key. An
    /// AES-GCM key is safe for 2^32 seals by all processes together, Rails' included (NIST SP
    /// 800-38D, section 8.3). Returns `None` for the signed jar and under CBC: no app reaches the
    /// limits of their keys.
    ///
    /// The process has one count for each key. All jars with the same secret, salt and key digest
    /// share it: the session's jar, `cookies.encrypted`, and jars that you create later. Each seal
    /// counts, and hardtack seals a cookie that is too long up to eight times. Opening does not
    /// count.
    ///
    /// With the feature `tracing`, hardtack sends an event when the count passes 2^30, and another
    /// at 2^32. [`operating`](crate::operating#how-long-a-secret-lasts) explains what to do then,
    /// and how to estimate when that will be.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
    /// jar.write("discount", 45, None)?;
    /// assert_eq!(jar.seals(), Some(1));
    /// assert_eq!(Jar::encrypted(&secret, LoadDefaults::V7_1).seals(), Some(1));
    /// assert_eq!(Jar::signed(&secret, LoadDefaults::V7_1).seals(), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn seals(&self) -> Option<u64> {
        self.writing().codec.seals()
    }

    /// Raises the count of sealed cookies to this number, if it is lower. Use it to carry
    /// [`seals`](Self::seals) over a restart, or to add the cookies that other processes have
    /// sealed. The count belongs to the key, and so to every jar with that key in the process. A
    /// lower number changes nothing, and a jar without a count ignores the call.
    ///
    /// If this call raises the count past 2^30 or 2^32, hardtack sends the event too. So a server
    /// that starts beyond either number reports it at every start.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
    /// jar.raise_seals(1_000_000); // saved when the server stopped
    /// jar.write("discount", 45, None)?;
    /// assert_eq!(jar.seals(), Some(1_000_001));
    /// jar.raise_seals(1_000_000);
    /// assert_eq!(jar.seals(), Some(1_000_001));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn raise_seals(&self, to: u64) {
        self.writing().codec.raise_seals(to);
    }

    /// Returns the names of a cookie: the present name, then the older ones.
    pub(crate) fn names<'a>(&'a self, name: &'a str) -> Vec<&'a str> {
        iter::once(name).chain(self.older_names(name)).collect()
    }

    /// Returns the older names of a cookie, each once.
    fn older_names<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        let older = self.ways.iter().filter_map(|way| way.name.as_deref());
        let is_new = move |(index, name): &(usize, &str)| {
            let mut earlier = self.ways.iter().filter_map(|way| way.name.as_deref());
            !earlier
                .by_ref()
                .take(*index)
                .any(|earlier| earlier == *name)
        };
        let each_once = older.enumerate().filter(is_new).map(|(_, older)| older);
        each_once.filter(move |older| *older != name)
    }

    /// Sets the clock, which decides whether a cookie has expired: for tests, and for platforms
    /// without a clock of their own.
    ///
    /// ```
    /// use std::time::Duration;
    /// use hardtack::{CookieAttributes, Jar};
    /// use time::OffsetDateTime;
    ///
    /// let jar = Jar::ephemeral()?;
    /// let a_minute = CookieAttributes::new().max_age(Duration::from_secs(60));
    /// let cookie = jar.write("code", 7, &a_minute)?;
    /// assert!(jar.read_value::<u8>("code", cookie.value()).is_ok());
    ///
    /// let later = jar.clock(|| OffsetDateTime::now_utc() + time::Duration::minutes(2));
    /// assert!(later.read_value::<u8>("code", cookie.value()).is_err());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn clock(self, now: impl Fn() -> OffsetDateTime + Send + Sync + 'static) -> Self {
        self.with_clock(Clock::told(now))
    }

    pub(crate) fn with_clock(self, clock: Clock) -> Self {
        Self { clock, ..self }
    }

    pub(crate) fn with_serializer(mut self, serializer: Serializer) -> Self {
        let current = self.ways.iter_mut();
        for way in current.filter(|way| way.sealed_by.rotation.is_none()) {
            way.serializer = serializer;
        }
        if self.writing().sealed_by.rotation.is_none() {
            self.settings.cookies_serializer = serializer;
        }
        self
    }

    pub(crate) fn with_limit(mut self, limit: SizeLimit) -> Self {
        if self.writing().sealed_by.rotation.is_none() {
            self.settings.limit = limit;
        }
        self
    }

    /// Returns the settings under which the jar writes.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Returns the format in which this jar writes values, and its style.
    pub(crate) fn dump_style(&self) -> DumpStyle {
        DumpStyle::of(self.settings())
    }

    /// Returns the way that seals.
    fn writing(&self) -> &Way {
        // The index was valid when it was set, and no way is ever removed.
        #[allow(clippy::indexing_slicing, reason = "see above")]
        &self.ways[self.writes]
    }
}

impl fmt::Debug for Jar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jar")
            .field("settings", &self.settings)
            .field("rotations", &self.rotations)
            .finish_non_exhaustive()
    }
}
