//! Secrets, from files or from the environment. Never from an argument, which every user of the
//! machine could see.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use clap::ArgMatches;
use hardtack::{Error, RailsVersion, SecretKeyBase, SecretKind, Shown};
use zeroize::Zeroizing;

use crate::args::Names;
use crate::output::complain;
use crate::rails_app::App;

/// The environment variables, Rails' own.
const KEY_BASE: Source = Source {
    variable: "SECRET_KEY_BASE",
    what: "secret_key_base",
    advice: " ('hardtack secret' makes a new one)",
};
const TOKEN: Source = Source {
    variable: "SECRET_TOKEN",
    what: "secret_token",
    advice: "",
};

/// The last version in which a token alone will do, and in which [`TOKEN`]'s variable counts.
const LAST_WITH_TOKEN: RailsVersion = RailsVersion::V5_2;

/// The most bytes of a secret's file: 500 times what `rails secret` makes.
const MOST: usize = 64 * 1024;

/// A kind of secret.
#[derive(Clone, Copy)]
struct Source {
    variable: &'static str,
    what: &'static str,
    advice: &'static str,
}

/// The secrets that count, the first of which seals.
pub(crate) struct Secrets {
    pub(crate) key_bases: Vec<SecretKeyBase>,
    pub(crate) tokens: Vec<SecretKeyBase>,
}

/// Where secrets are looked for.
#[derive(Clone)]
pub(crate) struct Sources {
    names: &'static Names,
    key_base_files: Vec<PathBuf>,
    token_files: Vec<PathBuf>,
    allow_short: bool,
    /// The app that has them, where no file is named.
    app: Option<App>,
}

impl Sources {
    /// What the options under these names say.
    pub(crate) fn new(matches: &ArgMatches, names: &'static Names, app: Option<App>) -> Self {
        Self {
            names,
            key_base_files: files(matches, names.secret_key_base_file),
            token_files: files(matches, names.secret_token_file),
            allow_short: matches.get_flag(names.allow_short_secret),
            app,
        }
    }

    /// The same, or where no file and no app is named those others.
    pub(crate) fn or(self, others: &Self) -> Self {
        if self.names_files() || self.app.is_some() {
            return self;
        }
        Self {
            names: self.names,
            allow_short: self.allow_short || others.allow_short,
            ..others.clone()
        }
    }

    fn names_files(&self) -> bool {
        !self.key_base_files.is_empty() || !self.token_files.is_empty()
    }

    /// The secrets that count for an app of this version: one at least.
    pub(crate) fn secrets(&self, version: RailsVersion) -> Result<Secrets, String> {
        let app = self.app.as_ref().filter(|_| !self.names_files());
        let secrets = if let Some(app) = app {
            let told = app.secrets(self.names)?;
            let key_bases = told.secret_key_base.into_iter();
            Secrets {
                key_bases: key_bases.chain(told.rotated_secret_key_bases).collect(),
                tokens: told.secret_token.into_iter().collect(),
            }
        } else if version.settings().secret_kind == SecretKind::SecretToken {
            Secrets {
                key_bases: Vec::new(),
                tokens: self.files_or_variable(&self.token_files, TOKEN)?,
            }
        } else if version > LAST_WITH_TOKEN {
            Secrets {
                key_bases: self.files_or_variable(&self.key_base_files, KEY_BASE)?,
                tokens: self.files(&self.token_files, TOKEN)?,
            }
        } else if self.names_files() {
            Secrets {
                key_bases: self.files(&self.key_base_files, KEY_BASE)?,
                tokens: self.files(&self.token_files, TOKEN)?,
            }
        } else {
            Secrets {
                key_bases: self.variable(KEY_BASE)?,
                tokens: self.variable(TOKEN)?,
            }
        };
        let token_will_do = version <= LAST_WITH_TOKEN && !secrets.tokens.is_empty();
        if secrets.key_bases.is_empty() && !token_will_do {
            return Err(self.missing(version));
        }
        Ok(secrets)
    }

    fn missing(&self, version: RailsVersion) -> String {
        let Names {
            rails,
            secret_key_base_file,
            secret_token_file,
            ..
        } = self.names;
        let (key_base, token) = (KEY_BASE.variable, TOKEN.variable);
        if self.app.is_some() && !self.names_files() {
            return format!(
                "--{}: the app has a secret_token only, and a secret_token alone will do up to \
                 Rails {LAST_WITH_TOKEN} only: see --{rails}",
                self.names.rails_app
            );
        }
        if version.settings().secret_kind == SecretKind::SecretToken {
            format!(
                "no secret_token, and Rails {version} has no secret_key_base: set the environment \
                 variable {token}, or name a file with --{secret_token_file}"
            )
        } else if version <= LAST_WITH_TOKEN {
            format!(
                "no secret: set the environment variable {key_base} (or {token}, where the app \
                 has nothing else), or name a file with --{secret_key_base_file} (or \
                 --{secret_token_file})"
            )
        } else {
            let advice =
                if !self.token_files.is_empty() || std::env::var_os(TOKEN.variable).is_some() {
                    format!(
                        "; a secret_token alone will do up to Rails {LAST_WITH_TOKEN} only: see \
                         --{rails}"
                    )
                } else {
                    String::new()
                };
            format!(
                "no secret: set the environment variable {key_base}, or name a file with \
                 --{secret_key_base_file}{advice}"
            )
        }
    }

    fn files_or_variable(
        &self,
        files: &[PathBuf],
        source: Source,
    ) -> Result<Vec<SecretKeyBase>, String> {
        if files.is_empty() {
            self.variable(source)
        } else {
            self.files(files, source)
        }
    }

    fn files(&self, files: &[PathBuf], source: Source) -> Result<Vec<SecretKeyBase>, String> {
        let secrets = files.iter().map(|file| self.file(file, source));
        secrets.collect()
    }

    /// The secret of the environment; none where it is not set.
    fn variable(&self, source: Source) -> Result<Vec<SecretKeyBase>, String> {
        let Some(secret) = std::env::var_os(source.variable) else {
            return Ok(Vec::new());
        };
        let made = self.make(secret.into_encoded_bytes(), source);
        let secret = made.map_err(|reason| format!("{}: {reason}", source.variable))?;
        Ok(vec![secret])
    }

    /// The secret that a file holds: verbatim, save one final newline.
    fn file(&self, file: &Path, source: Source) -> Result<SecretKeyBase, String> {
        let place = format!("secret file {}", Shown::path(file));
        let mut secret = read(file).map_err(|error| format!("{place}: {error}"))?;
        if secret.len() > MOST {
            return Err(format!(
                "{place}: more than {MOST} bytes; name a file that holds nothing but the secret"
            ));
        }
        if secret.last() == Some(&b'\n') {
            secret.pop();
        }
        if secret.last() == Some(&b'\r') {
            complain(&format!(
                "{place}: a carriage return ends the secret and is part of it; save the file with \
                 Unix line ends if the app's secret has none"
            ));
        }
        let made = self.make(std::mem::take(&mut *secret), source);
        made.map_err(|reason| format!("{place}: {reason}"))
    }

    fn make(&self, secret: Vec<u8>, source: Source) -> Result<SecretKeyBase, String> {
        let secret = if self.allow_short {
            SecretKeyBase::allow_short(secret)
        } else {
            SecretKeyBase::new(secret)
        };
        let Source { what, advice, .. } = source;
        secret.map_err(|error| match error {
            Error::BlankSecret => format!("blank; it takes the app's {what}{advice}"),
            Error::ShortSecret { characters, least } => format!(
                "{characters} characters, and {least} are the least; take the app's {what}, or \
                 --{} if it really is that short",
                self.names.allow_short_secret
            ),
            other => other.to_string(),
        })
    }
}

/// Every secret that files hold, or where none is named the environment, with the file or variable
/// that it is from; short ones too. None at all where none is named, and the app is to tell.
pub(crate) fn labelled(
    matches: &ArgMatches,
    names: &'static Names,
    app: Option<&App>,
) -> Result<Option<Vec<(String, SecretKeyBase)>>, String> {
    let sources = Sources {
        names,
        key_base_files: files(matches, names.secret_key_base_file),
        token_files: files(matches, names.secret_token_file),
        allow_short: true,
        app: None,
    };
    if app.is_some() && !sources.names_files() {
        return Ok(None);
    }
    let mut secrets = Vec::new();
    for (files, source) in [
        (&sources.key_base_files, KEY_BASE),
        (&sources.token_files, TOKEN),
    ] {
        for file in files {
            secrets.push((file.display().to_string(), sources.file(file, source)?));
        }
        if !sources.names_files() {
            let secret = sources.variable(source)?;
            secrets.extend(
                secret
                    .into_iter()
                    .map(|secret| (source.variable.to_owned(), secret)),
            );
        }
    }
    Ok(Some(secrets))
}

fn files(matches: &ArgMatches, option: &str) -> Vec<PathBuf> {
    let files = matches.get_many::<PathBuf>(option).unwrap_or_default();
    files.cloned().collect()
}

/// The file's bytes, as many as are of interest, in memory that is wiped.
fn read(file: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // Room for all of them beforehand: a vector that grows leaves its old bytes in memory.
    let mut secret = Zeroizing::new(Vec::with_capacity(2 * MOST));
    File::open(file)?
        .take(MOST as u64 + 1)
        .read_to_end(&mut secret)?;
    Ok(secret)
}
