//! [`RailsAppSecrets`]: an app's secrets, found where its Rails version searches for them.

use std::path::Path;

use zeroize::Zeroizing;

use super::configuration::{Configuration, NO_LITERAL, Secret, SecretSetting};
use super::credentials;
use super::credentials_paths::CredentialsPath;
use super::file::{self, MOST, MOST_OF_A_KEY};
use super::order::{CredentialsFiles, Order, Place};
use super::rails_app_error::{MissingSecret, RailsAppError, Searched};
use super::variables::Variables;
use super::yaml::{self, Node};
use crate::secret_key_base::SecretKeyBase;

const SECRET_KEY_BASE: &str = "SECRET_KEY_BASE";
const SECRET_KEY_BASE_DUMMY: &str = "SECRET_KEY_BASE_DUMMY";
const RAILS_MASTER_KEY: &str = "RAILS_MASTER_KEY";

// Keys in YAML.
pub(super) const KEY_BASE: &str = "secret_key_base";
pub(super) const TOKEN: &str = "secret_token";
const ROTATED: &str = "rotated_secret_key_bases";

/// A Rails app's secrets.
///
/// ```
/// # let dir = std::env::temp_dir().join("hardtack-doc-secrets");
/// # std::fs::create_dir_all(dir.join("config")).unwrap();
/// # std::fs::write(dir.join("config/application.rb"), "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 8.0\nend\nend\n")?;
/// use hardtack::rails_app::RailsApp;
///
/// let secret = "b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33";
/// let app = RailsApp::new(&dir).environment("production");
/// let app = app.variables(move |name| (name == "SECRET_KEY_BASE").then(|| secret.to_owned()));
///
/// let secrets = app.secrets()?;
/// assert_eq!(secrets.found_in, "SECRET_KEY_BASE");
/// assert_eq!(secrets.secret_key_base.unwrap().expose(), secret.as_bytes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RailsAppSecrets {
    /// The `secret_key_base`; `None` if the app has only a `secret_token`.
    pub secret_key_base: Option<SecretKeyBase>,
    /// The `secret_token`, which is read up to Rails 5.2.
    pub secret_token: Option<SecretKeyBase>,
    /// The older secrets: the list `rotated_secret_key_bases` in the credentials.
    pub rotated_secret_key_bases: Vec<SecretKeyBase>,
    /// The variable or file of `secret_key_base`, or else of `secret_token`.
    pub found_in: String,
}

/// A search in progress.
pub(super) struct Search<'a> {
    pub(super) root: &'a Path,
    pub(super) environment: &'a str,
    pub(super) variables: &'a Variables,
    pub(super) configuration: &'a Configuration,
    pub(super) order: &'a Order,
    pub(super) searched: Vec<Searched>,
}

/// A secret that was found, and its place.
pub(super) struct Found {
    text: Zeroizing<String>,
    place: String,
}

/// The secrets in the credentials.
struct InCredentials {
    secret: Option<Found>,
    older: Vec<Zeroizing<String>>,
}

/// Stops the search at a fault at which Rails would stop too.
pub(super) struct Stop;

impl Search<'_> {
    /// Searches the places in order until a secret is found.
    pub(super) fn secrets(mut self) -> Result<RailsAppSecrets, RailsAppError> {
        match self.look() {
            Ok(Some(secrets)) => secrets,
            Ok(None) | Err(Stop) => Err(RailsAppError::NoSecret {
                root: self.root.to_owned(),
                environment: self.environment.to_owned(),
                searched: self.searched,
            }),
        }
    }

    fn look(&mut self) -> Result<Option<Result<RailsAppSecrets, RailsAppError>>, Stop> {
        let is_local = ["development", "test"].contains(&self.environment);
        let is_dummy =
            !self.order.dummy.is_empty() && self.variables.get(SECRET_KEY_BASE_DUMMY).is_some();
        let places = match (is_dummy, is_local) {
            (true, _) => self.order.dummy,
            (_, true) => self.order.local,
            _ => self.order.production,
        };
        let (mut key_base, mut token, mut rotated) = (None, None, Vec::new());
        for place in places {
            match place {
                // A token and older secrets are used beside a secret_key_base.
                Place::Setting => {
                    let setting = self.configuration.secret_token.as_ref();
                    if self.order.takes_token && token.is_none() {
                        token = self.setting("config.secret_token", setting)?;
                    }
                    if key_base.is_none() {
                        let setting = self.configuration.secret_key_base.as_ref();
                        key_base = self.setting("config.secret_key_base", setting)?;
                    }
                }
                Place::Credentials(files) => {
                    let found = self.credentials(*files, key_base.is_some())?;
                    if let Some(InCredentials { secret, older }) = found {
                        key_base = key_base.or(secret);
                        rotated = older;
                    }
                }
                _ if key_base.is_some() => {}
                Place::Variable => key_base = self.variable()?,
                Place::SecretsYml { shared } => {
                    let (found, found_token) = self.secrets_yml(*shared)?;
                    key_base = found;
                    token = token.or(found_token);
                }
                Place::Local(file) => key_base = self.local(file)?,
            }
        }
        let Some(found_in) = key_base.as_ref().or(token.as_ref()) else {
            return Ok(None);
        };
        let found_in = found_in.place.clone();
        let make = |text: Zeroizing<String>| {
            let mut text = text;
            // Of any length, if the app runs with it.
            SecretKeyBase::allow_short(std::mem::take(&mut *text))
        };
        let all = || -> Result<RailsAppSecrets, RailsAppError> {
            Ok(RailsAppSecrets {
                secret_key_base: key_base.map(|found| make(found.text)).transpose()?,
                secret_token: token.map(|found| make(found.text)).transpose()?,
                rotated_secret_key_bases: rotated
                    .into_iter()
                    .map(make)
                    .collect::<Result<_, _>>()?,
                found_in,
            })
        };
        Ok(Some(all()))
    }

    /// Records the fault of a place after which Rails continues the search.
    pub(super) fn lacks<T>(
        &mut self,
        place: impl Into<String>,
        reason: MissingSecret,
    ) -> Option<T> {
        self.searched.push(Searched {
            place: place.into(),
            reason,
        });
        None
    }

    /// Records the fault of a place at which Rails stops the search.
    pub(super) fn stop<T>(
        &mut self,
        place: impl Into<String>,
        reason: MissingSecret,
    ) -> Result<T, Stop> {
        self.searched.push(Searched {
            place: place.into(),
            reason,
        });
        Err(Stop)
    }

    /// Returns the secret unless it is blank: Rails takes a blank one as found, and then refuses
    /// it.
    fn found(&mut self, place: &str, text: Zeroizing<String>) -> Result<Option<Found>, Stop> {
        if text.trim().is_empty() {
            return self.stop(place, MissingSecret::Blank);
        }
        let place = place.to_owned();
        Ok(Some(Found { text, place }))
    }

    fn variable(&mut self) -> Result<Option<Found>, Stop> {
        match self.variables.get(SECRET_KEY_BASE) {
            Some(text) => self.found(SECRET_KEY_BASE, text),
            None => Ok(self.lacks(SECRET_KEY_BASE, MissingSecret::NotSet)),
        }
    }

    fn setting(
        &mut self,
        name: &str,
        setting: Option<&SecretSetting>,
    ) -> Result<Option<Found>, Stop> {
        let Some(SecretSetting { place, value }) = setting else {
            return Ok(self.lacks(name, MissingSecret::Missing));
        };
        match value {
            Ok(Secret::Text(text)) => self.found(place, text.clone()),
            Ok(Secret::Variable { name, required }) => match self.variables.get(name) {
                Some(text) => self.found(name, text),
                None if *required => self.stop(
                    place,
                    MissingSecret::Fetch {
                        variable: name.clone(),
                    },
                ),
                None => Ok(self.lacks(name, MissingSecret::NotSet)),
            },
            Err(why) => self.stop(
                place,
                MissingSecret::NotPlain {
                    why: (*why).to_owned(),
                },
            ),
        }
    }

    fn local(&mut self, file: &str) -> Result<Option<Found>, Stop> {
        match file::read(&self.root.join(file), MOST_OF_A_KEY) {
            Ok(Some(mut bytes)) => match String::from_utf8(std::mem::take(&mut *bytes)) {
                Ok(text) => self.found(file, Zeroizing::new(text)),
                Err(error) => {
                    drop(Zeroizing::new(error.into_bytes()));
                    let key = "secret".to_owned();
                    self.stop(file, MissingSecret::SecretIsNoText { key })
                }
            },
            Ok(None) => Ok(self.lacks(file, MissingSecret::Missing)),
            Err(reason) => self.stop(file, reason),
        }
    }

    /// Returns the secret in the credentials, and the older ones; `None` if Rails would not read
    /// them.
    fn credentials(
        &mut self,
        files: CredentialsFiles,
        is_found: bool,
    ) -> Result<Option<InCredentials>, Stop> {
        let (content, key_file) = self.credentials_files(files)?;
        let noted = self.searched.len();
        let file = match file::read(&self.root.join(&content), MOST) {
            Ok(Some(file)) => file,
            Ok(None) => return Ok(self.lacks(content, MissingSecret::Missing)),
            Err(reason) => return self.stop(content, reason),
        };
        let Some((key, place)) = self.master_key(&key_file, self.order.takes_empty_key)? else {
            return Ok(self.lacks(content, MissingSecret::NoKey { key_file }));
        };
        let read = credentials::decrypt(&file, &key, &place)
            .and_then(|text| yaml::read(&text, &[&[KEY_BASE, ROTATED]]));
        let mut secrets = match read {
            Ok(secrets) => secrets,
            Err(reason) => return self.stop(content, reason),
        };
        let rotated = secrets.take(ROTATED).map(Node::into_texts);
        let Some(rotated) = rotated.unwrap_or(Some(Vec::new())) else {
            let key = ROTATED.to_owned();
            return self.stop(content, MissingSecret::SecretIsNoText { key });
        };
        let found = match secrets.take(KEY_BASE) {
            _ if is_found => None,
            Some(node) => self.text(&content, KEY_BASE, node)?,
            None => {
                let keys = KEY_BASE.to_owned();
                self.lacks(&*content, MissingSecret::NoSecretInside { keys })
            }
        };
        if is_found {
            self.searched.truncate(noted);
        }
        Ok(Some(InCredentials {
            secret: found,
            older: rotated,
        }))
    }

    pub(super) fn text(
        &mut self,
        place: &str,
        key: &str,
        node: Node,
    ) -> Result<Option<Found>, Stop> {
        let Node::Text(text) = node else {
            let key = key.to_owned();
            return self.stop(place, MissingSecret::SecretIsNoText { key });
        };
        self.found(place, text)
    }

    /// Returns the key of an encrypted file and its place: `RAILS_MASTER_KEY`, which may count while
    /// it is empty, or the key's file.
    pub(super) fn master_key(
        &mut self,
        key_file: &str,
        takes_empty_key: bool,
    ) -> Result<Option<(Zeroizing<String>, String)>, Stop> {
        let variable = if takes_empty_key {
            self.variables.get(RAILS_MASTER_KEY)
        } else {
            self.variables.get_present(RAILS_MASTER_KEY)
        };
        if let Some(key) = variable {
            return Ok(Some((key, RAILS_MASTER_KEY.to_owned())));
        }
        match file::read(&self.root.join(key_file), MOST_OF_A_KEY) {
            Ok(Some(key)) => {
                let key = Zeroizing::new(String::from_utf8_lossy(key.trim_ascii()).into_owned());
                Ok(Some((key, key_file.to_owned())))
            }
            Ok(None) => Ok(None),
            Err(reason) => self.stop(key_file, reason),
        }
    }

    /// Returns the paths of the credentials and of their key.
    fn credentials_files(&mut self, files: CredentialsFiles) -> Result<(String, String), Stop> {
        let common = (
            "config/credentials.yml.enc".to_owned(),
            "config/master.key".to_owned(),
        );
        let own = (
            format!("config/credentials/{}.yml.enc", self.environment),
            format!("config/credentials/{}.key", self.environment),
        );
        if files == CredentialsFiles::One {
            return Ok(common);
        }
        let paths = &self.configuration.credentials;
        let content = self.set_path("config.credentials.content_path", &paths.content)?;
        let exists = |file: &str| self.root.join(file).exists();
        let (has_content, has_key) = (exists(&own.0), exists(&own.1));
        if !has_content && content.is_none() {
            self.searched.push(Searched {
                place: own.0.clone(),
                reason: MissingSecret::Missing,
            });
        }
        let own_key = match files {
            CredentialsFiles::OwnTogether => has_content,
            _ => has_key,
        };
        let key = self.set_path("config.credentials.key_path", &paths.key)?;
        Ok((
            content.unwrap_or(if has_content { own.0 } else { common.0 }),
            key.unwrap_or(if own_key { own.1 } else { common.1 }),
        ))
    }

    /// Returns the path that the app sets, if it sets one.
    fn set_path(&mut self, name: &str, path: &CredentialsPath) -> Result<Option<String>, Stop> {
        match path {
            CredentialsPath::Default => Ok(None),
            CredentialsPath::Set(path) => {
                let below = path.strip_prefix(self.root).unwrap_or(path);
                Ok(Some(below.to_string_lossy().into_owned()))
            }
            CredentialsPath::Unknown => {
                let why = NO_LITERAL.to_owned();
                self.stop(name, MissingSecret::NotPlain { why })
            }
        }
    }
}
