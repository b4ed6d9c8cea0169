//! [`RailsAppRotation`]: older settings of an app's cookies.

use crate::message::JarKind;
use crate::rails::jar::rotation::Rotation;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::Settings;

/// Older settings of an app's cookies: a call of `cookies_rotations.rotate`.
///
/// `rotate :signed, digest: "SHA256"` and `rotate :signed, key` are understood, and the keys that
/// the rotator of Rails' upgrade guide derives from the app's `secret_key_base`. Others are listed
/// as [`UnreadableSetting`](super::UnreadableSetting).
///
/// ```
/// # let dir = std::env::temp_dir().join("hardtack-doc-rotation");
/// # std::fs::create_dir_all(dir.join("config")).unwrap();
/// std::fs::write(dir.join("config/application.rb"), r#"
/// module Shop
///   class Application < Rails::Application
///     config.load_defaults 7.1
///     config.action_dispatch.cookies_rotations.rotate :signed, digest: "SHA256"
///   end
/// end
/// "#)?;
/// use hardtack::message::JarKind;
/// use hardtack::settings::HmacDigest;
///
/// let settings = hardtack::rails_app::RailsApp::new(&dir).settings()?;
/// let [rotation] = settings.rotations.as_slice() else { panic!() };
/// assert_eq!(rotation.jar, JarKind::Signed);
/// assert_eq!(rotation.settings.signed_cookie_digest, HmacDigest::Sha256);
/// assert!(rotation.secret.is_none());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RailsAppRotation {
    /// The jar that reads the older cookies.
    pub jar: JarKind,
    /// The key itself, from which nothing is derived; `None` for the app's present secret.
    pub secret: Option<SecretKeyBase>,
    /// The settings of the older cookies.
    pub settings: Settings,
}

impl RailsAppRotation {
    /// Creates the rotation of an app with this secret.
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join("hardtack-doc-app-rotation");
    /// # std::fs::create_dir_all(dir.join("config")).unwrap();
    /// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 7.1\nconfig.action_dispatch.cookies_rotations.rotate :signed, digest: \"SHA256\"\nend\nend\n")?;
    /// use hardtack::rails_app::RailsApp;
    /// use hardtack::{Jar, SecretKeyBase};
    ///
    /// let secret = SecretKeyBase::generate()?;
    /// let told = RailsApp::new(&dir).settings()?;
    /// let mut jar = Jar::signed(&secret, told.settings);
    /// for older in &told.rotations {
    ///     jar = jar.rotation(older.rotation(&secret));
    /// }
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rotation(&self, secret_key_base: &SecretKeyBase) -> Rotation {
        let secret = self.secret.as_ref().unwrap_or(secret_key_base);
        match self.jar {
            JarKind::Encrypted => Rotation::encrypted(secret, self.settings.clone()),
            JarKind::Signed => Rotation::signed(secret, self.settings.clone()),
        }
    }
}
