//! [`RailsApp`]: a Rails app's directory.

use std::path::PathBuf;

use super::app_files::AppFiles;
use super::rails_app_error::{MissingSecret, RailsAppError};
use super::rails_app_settings::RailsAppSettings;
use super::secrets::{RailsAppSecrets, Search};
use super::variables::Variables;
use crate::message::JarKind;
use crate::rails::jar::Jar;
use crate::rails::jar::rotation::Rotation;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{HmacDigest, SecretKind, Serializer, Settings};

/// The directory of a Rails app, from which its secret and its cookie settings are read.
///
/// No Ruby is run. Settings are read from the app's `config/application.rb`, its environment's file
/// and its initializers, in the order in which Rails loads them, and from the app's files that these
/// load. Only plain statements are understood: an assignment of a literal, also under a condition on
/// `Rails.env`. Other statements that set something for
/// cookies are listed in [`RailsAppSettings::unreadable_settings`] and never guessed. Settings that
/// gems make are not seen.
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
/// assert_eq!(app.settings()?.session.name.as_deref(), Some("_shop_session"));
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
    /// Creates a reader for the app in this directory, which contains `config`. Files are read when
    /// a method needs them, and again at each call.
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

    /// Sets the environment. The default is `RAILS_ENV`, then `RACK_ENV`, then `production`, since
    /// a program beside the app meets production's cookies. (Rails itself would use `development`.)
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

    /// Sets the Rails version that the app runs on, such as `7.1.5`: for an app whose `Gemfile.lock`
    /// or `Gemfile` does not tell it.
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

    /// Sets the function that returns the value of an environment variable, instead of the
    /// process's own environment (`std::env::var`). Nothing else reads the environment.
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

    /// Returns the environment's name.
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
    /// [`RailsAppError::Environment`] if the name has other characters than letters, digits, `_`
    /// and `-`: it becomes a part of paths.
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

    /// Reads the app's settings for its cookies.
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
    /// [`RailsAppError::NoApp`] if the directory is not a Rails app; [`RailsAppError::Environment`]
    /// if the environment's name is wrong; [`RailsAppError::UnknownVersion`] or
    /// [`RailsAppError::Version`] if the Rails version is not found or not supported;
    /// [`RailsAppError::File`] if a file exists and cannot be read.
    pub fn settings(&self) -> Result<RailsAppSettings, RailsAppError> {
        Ok(self.load()?.settings())
    }

    /// Reads the app's secrets: its `secret_key_base`, and other secrets that open its cookies.
    ///
    /// Searches the places where the app's Rails version searches, in its order: a variable, the
    /// credentials (also at `config.credentials.content_path`), `config/secrets.yml` and
    /// `secrets.yml.enc`, a setting in Ruby, a file in `tmp`. An empty `RAILS_MASTER_KEY` counts as
    /// not set from Rails 7.0 on, and is a wrong key before. In `secrets.yml` and in settings,
    /// `ENV["NAME"]` and `ENV.fetch("NAME")` are the only Ruby that is understood. A secret of any
    /// length is accepted if the app runs with it.
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
    /// [`RailsAppError::NoSecret`], with the fault of each place, if there is no secret;
    /// [`RailsAppError::Secret`] if a secret is unusable; the errors of
    /// [`settings`](Self::settings).
    pub fn secrets(&self) -> Result<RailsAppSecrets, RailsAppError> {
        self.search(&self.load()?)
    }

    /// Reads the app's `secret_key_base`.
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
    /// The errors of [`secrets`](Self::secrets); [`RailsAppError::NoSecret`] also if the app has
    /// only a `secret_token`.
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

    /// Creates the app's encrypted jar, which also has its sessions, with every known rotation: those
    /// of [`RailsAppSettings::rotations`], the older secrets in the credentials, and up to Rails 5.2 the `secret_token`, with which Rails 3
    /// signed. If the app has only the token, creates its signed jar, which then has the sessions.
    ///
    /// ```
    /// # let dir = std::env::temp_dir().join("hardtack-doc-app-jar");
    /// # std::fs::create_dir_all(dir.join("config")).unwrap();
    /// # let file = dir.join("config/application.rb");
    /// # let app = hardtack::rails_app::RailsApp::new(&dir).variables(|name| (name == "SECRET_KEY_BASE").then(|| "8d2e4af6".repeat(16))).environment("production");
    /// std::fs::write(&file, "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 8.0\nend\nend\n")?;
    /// assert!(app.jar().is_ok());
    ///
    /// // The jar is not made on a guess:
    /// std::fs::write(&file, "module Shop\nclass Application < Rails::Application\nconfig.load_defaults V\nend\nend\n")?;
    /// # let app = app.rails("8.0");
    /// let refused = app.jar().unwrap_err().to_string();
    /// assert!(refused.starts_with("config/application.rb:3: load_defaults is not understood"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// The errors of [`secrets`](Self::secrets); [`RailsAppError::UnreadableSetting`] if
    /// `load_defaults` is not a plain literal. Other settings that are not understood are no error:
    /// check [`settings`](Self::settings).
    pub fn jar(&self) -> Result<Jar, RailsAppError> {
        self.make_jar(JarKind::Encrypted)
    }

    /// Creates the app's signed jar, with every known rotation, as [`jar`](Self::jar) does.
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
    /// The errors of [`jar`](Self::jar).
    pub fn signed_jar(&self) -> Result<Jar, RailsAppError> {
        self.make_jar(JarKind::Signed)
    }

    /// Returns the app as it is without the variable `SECRET_KEY_BASE`.
    #[cfg(feature = "doctor")]
    pub(crate) fn without_secret_variable(mut self) -> Self {
        self.variables = self.variables.without("SECRET_KEY_BASE");
        self
    }

    /// Returns the names of the environments that have files in `config`.
    #[cfg(feature = "doctor")]
    pub(crate) fn environment_names(&self) -> Vec<String> {
        let folders = [("environments", ".rb"), ("credentials", ".yml.enc")];
        let files = folders.iter().flat_map(|(folder, ending)| {
            let entries = std::fs::read_dir(self.root.join("config").join(folder));
            entries.into_iter().flatten().filter_map(move |entry| {
                let name = entry.ok()?.file_name().into_string().ok()?;
                Some(name.strip_suffix(ending)?.to_owned())
            })
        });
        // Files that Rails makes for these may be there without any other.
        let usual = ["development", "test", "staging", "production"];
        let mut names: Vec<_> = files.take(64).chain(usual.map(str::to_owned)).collect();
        names.sort();
        names.dedup();
        names
    }

    fn load(&self) -> Result<AppFiles, RailsAppError> {
        AppFiles::read(&self.root, self.environment_name()?, self.rails.clone())
    }

    fn make_jar(&self, kind: JarKind) -> Result<Jar, RailsAppError> {
        let jar: fn(&SecretKeyBase, Settings) -> Jar;
        let rotation: fn(&SecretKeyBase, Settings) -> Rotation;
        match kind {
            JarKind::Encrypted => (jar, rotation) = (Jar::encrypted, Rotation::encrypted),
            JarKind::Signed => (jar, rotation) = (Jar::signed, Rotation::signed),
        }
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
        // Rails 3 wrote only Marshal.
        let tokens = secrets.secret_token.iter().map(|token| {
            let settings = Settings {
                cookies_serializer: Serializer::Marshal,
                signed_cookie_digest: HmacDigest::Sha1,
                ..by_token.clone()
            };
            Rotation::signed(token, settings)
        });
        let told = rotations.iter().filter(|rotation| rotation.jar == kind);
        let told = told.map(|rotation| rotation.rotation(&key_base));
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
