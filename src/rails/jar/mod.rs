//! [`Jar`]: the encrypted and the signed jar (`ActionDispatch::Cookies`, `cookies.rb`).

mod buffers;
mod built_in;
mod ends;
pub(crate) mod limit;
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

/// The encrypted jar (`cookies.encrypted`) or the signed jar (`cookies.signed`) of a Rails app:
/// it writes cookies that the app reads, and reads those that the app wrote.
///
/// ```
/// use hardtack::{CookieHeader, Jar, LoadDefaults, SecretKeyBase};
///
/// let secret = SecretKeyBase::generate()?; // in earnest: the app's own
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
/// // Whoever sends anything else gets one answer.
/// assert!(jar.read::<u32>("discount", &CookieHeader::new("discount=AAAA--AAAA--AAAA")).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Cookies of the cipher that the app does not use (CBC where it uses GCM, from 5.2 on; GCM where
/// it uses CBC, from 6.1 on) open too, as in Rails, and ask to be written anew.
///
/// Keys are derived when the jar is made (about 0.3 ms each): make it once and keep it.
#[derive(Clone)]
pub struct Jar {
    /// In the order in which they are tried, those of the current settings first.
    ways: Vec<Way>,
    ends: Ends,
    /// Which of them seals.
    writes: usize,
    /// The settings of the way that seals.
    settings: Settings,
    rotations: usize,
    weak: Option<WeakSecret>,
    clock: Clock,
}

impl Jar {
    /// Creates an encrypted jar under a secret of its own, which ends with the process: for examples
    /// and tests.
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
    /// [`Error::NoRandomness`](crate::Error::NoRandomness) where the operating system gives none.
    pub fn ephemeral() -> Result<Self, Error> {
        Ok(Self::encrypted(
            &SecretKeyBase::generate()?,
            LoadDefaults::NEWEST,
        ))
    }

    /// The encrypted jar: nobody but the secret's holders can read or change what is in it.
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

    /// The signed jar: everybody can read what is in it, and only the secret's holders change it.
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

    /// Adds older settings, tried after those already there
    /// (`config.action_dispatch.cookies_rotations`). Each has a serializer of its own: that says
    /// what may be read of a cookie that it opens.
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

    /// Checks that none of its secrets, those of its rotations included, is one that others know or
    /// can find: see [`SecretKeyBase::check`](crate::SecretKeyBase::check). A published secret in
    /// a rotation lets anybody in just so.
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
    /// The first of them that is weak, and why.
    pub fn check_secrets(&self) -> Result<(), WeakSecret> {
        self.weak.map_or(Ok(()), Err)
    }

    /// Returns how many cookies this process has sealed under the jar's sealing key, of the 2^32
    /// that an AES-GCM key is good for in all processes, Rails' included (NIST SP 800-38D, section
    /// 8.3). `None` in the signed jar and under CBC: no app comes near what their keys are good for.
    ///
    /// It is one number for each key in the process, shared by every jar of the same secret, salt
    /// and digest of keys: the session's and `cookies.encrypted`, and those that are made anew.
    /// Each seal counts; a cookie that is too long is sealed up to eight times. Opening does not.
    ///
    /// With the feature `tracing` there is an event when it passes 2^30, and one at 2^32. What to
    /// do then, and when it will be: [`operating`](crate::operating#how-long-a-secret-lasts).
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

    /// Counts on from this number, where that is more than what was counted: for whoever carries
    /// [`seals`](Self::seals) over a restart, or knows what other processes have sealed. It holds
    /// for the key, and so for every jar of it in the process; a lower number changes nothing, nor
    /// does any where nothing is counted.
    ///
    /// Where it passes 2^30 or 2^32 by this, the event is told too: a server that begins beyond one
    /// says so at every start.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
    /// jar.raise_seals(1_000_000); // what was kept when the server stopped
    /// jar.write("discount", 45, None)?;
    /// assert_eq!(jar.seals(), Some(1_000_001));
    /// jar.raise_seals(1_000_000);
    /// assert_eq!(jar.seals(), Some(1_000_001));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn raise_seals(&self, to: u64) {
        self.writing().codec.raise_seals(to);
    }

    /// Returns the names of a cookie: the present one, then the older ones.
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

    /// The settings under which it writes.
    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// In which format, and how, this jar writes values.
    pub(crate) fn dump_style(&self) -> DumpStyle {
        DumpStyle::of(self.settings())
    }

    /// Returns the way that seals.
    fn writing(&self) -> &Way {
        // The index of a way that was there when it was set, and none is removed.
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
