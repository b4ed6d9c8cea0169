//! [`Jar::seals`]: how many cookies were sealed under the jar's key.

use super::jar::Jar;

impl Jar {
    /// How many cookies this process has sealed under the key that the jar seals with, of the 2^32
    /// that an AES-GCM key is good for in all processes, Rails' included (NIST SP 800-38D, section
    /// 8.3). `None` in the signed jar and under CBC: no app comes near what their keys are good for.
    ///
    /// It is one number for each key in the process, shared by every jar of the same secret, salt
    /// and digest of keys: the session's and `cookies.encrypted`, and those that are made anew.
    /// Each seal counts; a cookie that is too long is sealed up to eight times. Opening does not.
    ///
    /// With the feature `tracing` there is an event when it passes 2^30, and one at 2^32. What to
    /// do then, and when it will be: [`migrating`](crate::migrating#how-long-a-secret-lasts).
    ///
    /// ```
    /// # use hardtack::{Attributes, Jar, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, RailsVersion::V7_1);
    /// jar.write("discount", &45, &Attributes::new())?;
    /// assert_eq!(jar.seals(), Some(1));
    /// assert_eq!(Jar::encrypted(&secret, RailsVersion::V7_1).seals(), Some(1));
    /// assert_eq!(Jar::signed(&secret, RailsVersion::V7_1).seals(), None);
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn seals(&self) -> Option<u64> {
        self.writing().codecs.first.seals()
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
    /// # use hardtack::{Attributes, Jar, RailsVersion, SecretKeyBase};
    /// # let secret = SecretKeyBase::generate()?;
    /// let jar = Jar::encrypted(&secret, RailsVersion::V7_1);
    /// jar.raise_seals(1_000_000); // what was kept when the server stopped
    /// jar.write("discount", &45, &Attributes::new())?;
    /// assert_eq!(jar.seals(), Some(1_000_001));
    /// jar.raise_seals(1_000_000);
    /// assert_eq!(jar.seals(), Some(1_000_001));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    pub fn raise_seals(&self, to: u64) {
        self.writing().codecs.first.raise_seals(to);
    }
}
