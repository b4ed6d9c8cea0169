//! [`Jar::check_secrets`]: whether the secrets that open a jar's cookies keep anybody out.

use super::jar::Jar;
use crate::weak_secret::WeakSecret;

impl Jar {
    /// Whether none of its secrets, those of its rotations included, is one that others know or
    /// can find: see [`SecretKeyBase::check`](crate::SecretKeyBase::check). A published secret in
    /// a rotation lets anybody in just so.
    ///
    /// ```
    /// # use hardtack::{Jar, RailsVersion, Rotation, SecretKeyBase};
    /// let jar = Jar::encrypted(&SecretKeyBase::generate()?, RailsVersion::V7_1);
    /// assert!(jar.check_secrets().is_ok());
    ///
    /// let development = SecretKeyBase::new("x".repeat(30))?;
    /// let jar = jar.rotation(Rotation::encrypted(&development, RailsVersion::V6_1));
    /// assert_eq!(jar.check_secrets().unwrap_err().name(), "repeated");
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    ///
    /// # Errors
    /// The first of them that is weak, and why.
    pub fn check_secrets(&self) -> Result<(), WeakSecret> {
        let mut weak = self.rotations.iter().filter_map(|rotation| rotation.weak);
        weak.next().map_or(Ok(()), Err)
    }
}
