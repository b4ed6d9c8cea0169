//! [`RailsApp`]: a Rails app's directory.

use std::path::PathBuf;

use super::app_files::AppFiles;
use super::rails_app_error::{MissingSecret, RailsAppError};
use super::rails_app_settings::RailsAppSettings;
use super::secrets::{RailsAppSecrets, Search};
use super::variables::Variables;
use crate::rails::jar::Jar;
use crate::rails::jar::rotation::Rotation;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{HmacDigest, SecretKind, Serializer, Settings};

/// A Rails app's directory: its secret, found as Rails finds it, and what it sets for cookies.
///
/// No Ruby is run. Of the app's `config/application.rb`, its environment's file and its
/// initializers what is plain is taken, in the order in which Rails loads them; the rest is told
/// ([`RailsAppSettings::unreadable_settings`]) and never guessed. What gems set is not seen.
///
/// ```
/// # let dir = std::env::temp_dir().join("hardtack-doc-app");
/// # std::fs::create_dir_all(dir.join("config")).unwrap();
/// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 7.1\nend\nend\n")?;
/// # std::fs::write(dir.join("config/credentials.yml.enc"), "96MJ0bDumXRjS5ddPEwyOcVvsAdPIGsTTe27RVj1pA/UOxU3MMc4Z3Aq96fY3eNH0rJL658wznA58/QQn72o2L4mzf+Jej55NvgV4FZ9pp9Jei1Sa1LJXPg6Niom/t/Xi/SN3D3iUugJ2Zbc8WIlxCmkX2gZ/Sc1x/BdN/CijCNpr7CWfbQjRlZdAZ7DR8K0YcjqWdmI4jqrKqnvXQYcxhokOi7NFghZAFL/Sgv/crNiwDjXJmGAVg==--XLuMY/N3O+drvznf--xB7pJjy3q7DR0eouF/bKLw==")?;
/// # std::fs::write(dir.join("config/master.key"), "0123456789abcdef0123456789abcdef\n")?;
/// use hardtack::rails_app::RailsApp;
///
/// let app = RailsApp::new(&dir).environment("production"); // "/srv/shop"
/// # let app = app.variables(|_| None);
/// assert_eq!(app.secrets()?.found_in, "config/credentials.yml.enc");
/// assert_eq!(app.settings()?.session.name, "_shop_session");
///
/// let jar = app.jar()?;
/// let cookie = jar.write("_shop_session", 42, None)?;
/// assert_eq!(*jar.read_value::<u32>("_shop_session", cookie.value())?.value(), 42);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct RailsApp {
    pub(super) root: PathBuf,
    environment: Option<String>,
    rails: Option<String>,
    variables: Variables,
}

impl RailsApp {
    /// The app in this directory, which holds `config`. Nothing is read before it is asked for,
    /// and everything is read anew each time.
    ///
    /// ```
    /// let app = hardtack::rails_app::RailsApp::new("/no/such/app");
    /// assert!(app.jar().is_err());
    /// ```
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            environment: None,
            rails: None,
            variables: Variables::default(),
        }
    }

    /// The environment. Unless it is said, `RAILS_ENV` or else `RACK_ENV` tells it, and without
    /// either it is `production`: the cookies that a program beside the app meets are production's.
    /// (Rails itself would take `development`.)
    ///
    /// ```
    /// use hardtack::rails_app::{RailsApp, RailsAppError};
    ///
    /// let app = RailsApp::new("/srv/shop").environment("../../etc");
    /// assert!(matches!(app.settings(), Err(RailsAppError::Environment { .. })));
    /// ```
    #[must_use]
    pub fn environment(mut self, name: impl Into<String>) -> Self {
        self.environment = Some(name.into());
        self
    }

    /// The Rails version that the app runs on, as `7.1.5`: for an app without a `Gemfile.lock`.
    ///
    /// ```
    /// use hardtack::LoadDefaults;
    /// use hardtack::rails_app::RailsApp;
    ///
    /// # let dir = std::env::temp_dir().join("hardtack-doc-rails");
    /// # std::fs::create_dir_all(dir.join("config")).unwrap();
    /// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nend\nend\n")?;
    ///
    /// let app = RailsApp::new(&dir); // has neither that nor load_defaults
    /// assert!(app.settings().is_err());
    /// assert_eq!(app.rails("4.2").settings()?.settings.version, LoadDefaults::V4_2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn rails(mut self, version: impl Into<String>) -> Self {
        self.rails = Some(version.into());
        self
    }

    /// What gives an environment variable's value by its name, in place of the process' own
    /// (`std::env::var`). Nothing else reads the environment.
    ///
    /// ```
    /// use hardtack::rails_app::RailsApp;
    ///
    /// let app = RailsApp::new("/srv/shop").variables(|name| match name {
    ///     "RAILS_ENV" => Some("staging".to_owned()),
    ///     _ => None,
    /// });
    /// assert_eq!(app.environment_name()?, "staging");
    /// # Ok::<(), hardtack::rails_app::RailsAppError>(())
    /// ```
    #[must_use]
    pub fn variables(
        mut self,
        lookup: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        self.variables = Variables::new(lookup);
        self
    }

    /// The environment's name.
    ///
    /// ```
    /// use hardtack::rails_app::RailsApp;
    ///
    /// let app = RailsApp::new("/srv/shop").variables(|_| None);
    /// assert_eq!(app.environment_name()?, "production");
    /// assert_eq!(app.environment("test").environment_name()?, "test");
    /// # Ok::<(), hardtack::rails_app::RailsAppError>(())
    /// ```
    ///
    /// # Errors
    /// [`RailsAppError::Environment`] where it is no plain name: it becomes part of paths.
    pub fn environment_name(&self) -> Result<String, RailsAppError> {
        let variable = |name| {
            let value = self.variables.get_present(name)?;
            Some(value.to_string())
        };
        let name = self.environment.clone();
        let name = name
            .or_else(|| variable("RAILS_ENV"))
            .or_else(|| variable("RACK_ENV"))
            .unwrap_or_else(|| "production".to_owned());
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-".contains(&byte);
        if name.is_empty() || !name.bytes().all(plain) {
            return Err(RailsAppError::Environment { given: name });
        }
        Ok(name)
    }

    /// What the app sets for its cookies.
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join("hardtack-doc-app-settings");
    /// # std::fs::create_dir_all(dir.join("config/environments")).unwrap();
    /// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 6.1\nend\nend\n")?;
    /// use hardtack::Serializer;
    /// use hardtack::rails_app::RailsApp;
    ///
    /// std::fs::write(
    ///     dir.join("config/environments/production.rb"),
    ///     "Rails.application.configure do\n  config.action_dispatch.cookies_serializer = :json\nend\n",
    /// )?;
    /// let app = RailsApp::new(&dir);
    /// let in_production = app.clone().environment("production").settings()?;
    /// assert_eq!(in_production.settings.cookies_serializer, Serializer::Json);
    /// let in_test = app.environment("test").settings()?;
    /// assert_eq!(in_test.settings.cookies_serializer, Serializer::Marshal); // the default of 6.1
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RailsAppError::NoApp`] and [`RailsAppError::UnknownVersion`]; a file that is there and
    /// cannot be read.
    pub fn settings(&self) -> Result<RailsAppSettings, RailsAppError> {
        Ok(self.load()?.settings())
    }

    /// The app's secrets: `secret_key_base`, and what else opens its cookies.
    ///
    /// Looked for in the places of the app's Rails version, in its order: a variable, the
    /// credentials, `config/secrets.yml`, a setting in Ruby, a file in `tmp`. A `RAILS_MASTER_KEY`
    /// that is empty counts as not set, whatever the version. In `secrets.yml` and in settings,
    /// `ENV["NAME"]` and `ENV.fetch("NAME")` are all that is understood of Ruby. Of any length that
    /// the app runs with.
    ///
    /// ```
    /// use hardtack::rails_app::{MissingSecret, RailsApp, RailsAppError};
    ///
    /// # let dir = std::env::temp_dir().join("hardtack-doc-app-secrets");
    /// # std::fs::create_dir_all(dir.join("config")).unwrap();
    /// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nend\nend\n")?;
    /// # let app = RailsApp::new(&dir).environment("test").rails("4.2.11");
    ///
    /// std::fs::write(dir.join("config/secrets.yml"), "test:\n  secret_key_base: 8d2e4af63b1f\n")?;
    /// assert_eq!(app.secrets()?.found_in, "config/secrets.yml");
    ///
    /// std::fs::write(dir.join("config/secrets.yml"), "test:\n  secret_key_base: <%= `pass` %>\n")?;
    /// let Err(RailsAppError::NoSecret { searched, .. }) = app.secrets() else { panic!() };
    /// assert_eq!(searched[0].reason, MissingSecret::Erb { line: 2 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`RailsAppError::NoSecret`], which tells of every place what it lacks; and what is wrong
    /// with the app ([`settings`](Self::settings)).
    pub fn secrets(&self) -> Result<RailsAppSecrets, RailsAppError> {
        self.search(&self.load()?)
    }

    /// The app's `secret_key_base`.
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join("hardtack-doc-app-key-base");
    /// # std::fs::create_dir_all(dir.join("config")).unwrap();
    /// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 8.1\nend\nend\n")?;
    /// let app = hardtack::rails_app::RailsApp::new(&dir).environment("production");
    /// let with = app.clone().variables(|name| (name == "SECRET_KEY_BASE").then(|| "8d2e4af6".repeat(16)));
    /// assert_eq!(with.secret_key_base()?.expose().len(), 128);
    ///
    /// let without = app.variables(|_| None);
    /// assert!(without.secret_key_base().is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`secrets`](Self::secrets), also where a `secret_token` is all there is.
    pub fn secret_key_base(&self) -> Result<SecretKeyBase, RailsAppError> {
        let loaded = self.load()?;
        let secrets = self.search(&loaded)?;
        secrets
            .secret_key_base
            .ok_or_else(|| RailsAppError::NoSecret {
                root: self.root.clone(),
                environment: loaded.environment,
                searched: vec![super::rails_app_error::Searched {
                    place: secrets.found_in,
                    reason: MissingSecret::NoSecretInside {
                        keys: "secret_key_base, only a secret_token".to_owned(),
                    },
                }],
            })
    }

    /// The app's encrypted jar, which sessions are in as well, with every rotation that is known:
    /// the older secrets of the credentials, and up to Rails 5.2 the `secret_token`, by which
    /// Rails 3 signed. Where the token is all there is, its signed jar, in which sessions then are.
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join("hardtack-doc-app-jar");
    /// # std::fs::create_dir_all(dir.join("config")).unwrap();
    /// # let file = dir.join("config/application.rb");
    /// # let app = hardtack::rails_app::RailsApp::new(&dir).variables(|name| (name == "SECRET_KEY_BASE").then(|| "8d2e4af6".repeat(16))).environment("production");
    /// std::fs::write(&file, "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 8.0\nend\nend\n")?;
    /// assert!(app.jar().is_ok());
    ///
    /// // No jar on a guess:
    /// std::fs::write(&file, "module Shop\nclass Application < Rails::Application\nconfig.load_defaults V\nend\nend\n")?;
    /// # let app = app.rails("8.0");
    /// let refused = app.jar().unwrap_err().to_string();
    /// assert!(refused.starts_with("config/application.rb:3: load_defaults is not understood"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`secrets`](Self::secrets), and [`RailsAppError::UnreadableSetting`] where
    /// `load_defaults` is not plain. What else is not understood does not count: look at
    /// [`settings`](Self::settings).
    pub fn jar(&self) -> Result<Jar, RailsAppError> {
        self.make_jar(Jar::encrypted, Rotation::encrypted, false)
    }

    /// The app's signed jar, with every rotation that is known: as in [`jar`](Self::jar), and those
    /// of [`RailsAppSettings::rotations`].
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join("hardtack-doc-app-signed-jar");
    /// # std::fs::create_dir_all(dir.join("config")).unwrap();
    /// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 8.0\nend\nend\n")?;
    /// # let app = hardtack::rails_app::RailsApp::new(&dir).variables(|name| (name == "SECRET_KEY_BASE").then(|| "8d2e4af6".repeat(16))).environment("production");
    ///
    /// let jar = app.signed_jar()?;
    /// let cookie = jar.write("user_id", 42, None)?;
    /// assert!(jar.read_value::<u32>("user_id", cookie.value()).is_ok());
    /// assert!(app.jar()?.read_value::<u32>("user_id", cookie.value()).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`jar`](Self::jar).
    pub fn signed_jar(&self) -> Result<Jar, RailsAppError> {
        self.make_jar(Jar::signed, Rotation::signed, true)
    }

    fn load(&self) -> Result<AppFiles, RailsAppError> {
        AppFiles::read(&self.root, self.environment_name()?, self.rails.clone())
    }

    fn make_jar(
        &self,
        jar: fn(&SecretKeyBase, Settings) -> Jar,
        rotation: fn(&SecretKeyBase, Settings) -> Rotation,
        signed: bool,
    ) -> Result<Jar, RailsAppError> {
        let loaded = self.load()?;
        let secrets = self.search(&loaded)?;
        let RailsAppSettings {
            settings,
            rotations,
            unreadable_settings,
            ..
        } = loaded.settings();
        let mut unreadable_settings = unreadable_settings.into_iter();
        if let Some(guess) = unreadable_settings.find(|one| one.setting == "load_defaults") {
            return Err(RailsAppError::UnreadableSetting(guess));
        }
        let by_token = Settings {
            secret_kind: SecretKind::SecretToken,
            ..settings.clone()
        };
        let Some(key_base) = secrets.secret_key_base else {
            let token = secrets
                .secret_token
                .ok_or(crate::error::Error::BlankSecret)?;
            return Ok(Jar::signed(&token, by_token));
        };
        let older = secrets.rotated_secret_key_bases.iter();
        let older = older.map(|secret| rotation(secret, settings.clone()));
        // Rails 3 wrote nothing but Marshal.
        let tokens = secrets.secret_token.iter().map(|token| {
            let settings = Settings {
                cookies_serializer: Serializer::Marshal,
                signed_cookie_digest: HmacDigest::Sha1,
                ..by_token.clone()
            };
            Rotation::signed(token, settings)
        });
        let told = rotations.iter().filter(|_| signed).map(|rotation| {
            let (secret, settings) = match &rotation.secret {
                Some(secret) => (secret, &by_token),
                None => (&key_base, &settings),
            };
            let settings = Settings {
                signed_cookie_digest: rotation.digest,
                ..settings.clone()
            };
            Rotation::signed(secret, settings)
        });
        let jar = jar(&key_base, settings.clone());
        Ok(told.chain(older).chain(tokens).fold(jar, Jar::rotation))
    }

    fn search(&self, loaded: &AppFiles) -> Result<RailsAppSecrets, RailsAppError> {
        let search = Search {
            root: &self.root,
            environment: &loaded.environment,
            variables: &self.variables,
            configuration: &loaded.configuration,
            order: loaded.order,
            searched: Vec::new(),
        };
        search.secrets()
    }
}
