//! Reads secrets from files or from the environment. An argument never holds one: every user of the
//! machine can see it.

use std::env;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use hardtack::observe::Shown;
use hardtack::settings::SecretKind;
use hardtack::{Error, LoadDefaults, SecretKeyBase};
use zeroize::Zeroizing;

use crate::args::Sealing;
use crate::output::warn;
use crate::rails_app::App;

/// The environment variables of Rails.
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

/// The last version in which a token is enough, and in which the variable of [`TOKEN`] counts.
const LAST_WITH_TOKEN: LoadDefaults = LoadDefaults::V5_2;

/// The most bytes of a secret's file: 500 times the length that `rails secret` makes.
const MOST: usize = 64 * 1024;

/// A kind of secret.
#[derive(Clone, Copy)]
struct Source {
    variable: &'static str,
    what: &'static str,
    advice: &'static str,
}

/// The secrets of a command. The first one seals.
pub(crate) struct Secrets {
    pub(crate) key_bases: Vec<SecretKeyBase>,
    pub(crate) tokens: Vec<SecretKeyBase>,
}

/// The places of secrets.
#[derive(Clone)]
pub(crate) struct Sources {
    /// The prefix of the options' names.
    pub(crate) prefix: &'static str,
    pub(crate) key_base_files: Vec<PathBuf>,
    pub(crate) token_files: Vec<PathBuf>,
    pub(crate) allow_short: bool,
    /// The app that has the secrets if no file is named.
    pub(crate) app: Option<App>,
}

impl Sources {
    /// Creates the sources from the options.
    pub(crate) fn new(sealing: Sealing, app: Option<App>) -> Self {
        Self {
            prefix: sealing.prefix,
            key_base_files: sealing.secret_key_base_file,
            token_files: sealing.secret_token_file,
            allow_short: sealing.allow_short_secret,
            app,
        }
    }

    /// Returns these sources, or the others if these name no file and no app.
    pub(crate) fn or(self, others: Option<&Self>) -> Self {
        match others {
            Some(others) if !self.names_files() && self.app.is_none() => Self {
                prefix: self.prefix,
                allow_short: self.allow_short || others.allow_short,
                ..others.clone()
            },
            _ => self,
        }
    }

    /// Returns `true` if the options name a file.
    pub(crate) fn names_files(&self) -> bool {
        !self.key_base_files.is_empty() || !self.token_files.is_empty()
    }

    /// Reads the secrets for an app of this version, at least one.
    pub(crate) fn secrets(&self, version: LoadDefaults) -> Result<Secrets, String> {
        let names_files = self.names_files();
        let is_signed = version.settings().secret_kind == SecretKind::SecretToken;
        let token_will_do = version <= LAST_WITH_TOKEN;
        let secrets = if let (Some(app), false) = (&self.app, names_files) {
            let told = app.secrets()?;
            let key_bases = told.secret_key_base.into_iter();
            Secrets {
                key_bases: key_bases.chain(told.rotated_secret_key_bases).collect(),
                tokens: told.secret_token.into_iter().collect(),
            }
        } else {
            // If either kind counts, files of one kind replace the variables of both.
            let both = token_will_do && !is_signed;
            let read = |files, source, counts: bool| {
                let secrets = self.labelled(files, source, counts && !(both && names_files))?;
                Ok::<_, String>(secrets.into_iter().map(|(_, secret)| secret).collect())
            };
            Secrets {
                key_bases: if is_signed {
                    Vec::new()
                } else {
                    read(&self.key_base_files, KEY_BASE, true)?
                },
                tokens: read(&self.token_files, TOKEN, token_will_do)?,
            }
        };
        if secrets.key_bases.is_empty() && (secrets.tokens.is_empty() || !token_will_do) {
            return Err(self.missing(version));
        }
        Ok(secrets)
    }

    /// Reads every secret of the files, or without files of the environment, each with its file or
    /// variable. Returns `None` if the app has the secrets.
    pub(crate) fn all(&self) -> Result<Option<Vec<(String, SecretKeyBase)>>, String> {
        let names_files = self.names_files();
        if self.app.is_some() && !names_files {
            return Ok(None);
        }
        let mut secrets = self.labelled(&self.key_base_files, KEY_BASE, !names_files)?;
        secrets.extend(self.labelled(&self.token_files, TOKEN, !names_files)?);
        Ok(Some(secrets))
    }

    fn missing(&self, version: LoadDefaults) -> String {
        let prefix = self.prefix;
        let (key_base, token) = (KEY_BASE.variable, TOKEN.variable);
        let token_alone = format!(
            "a secret_token is enough up to Rails {LAST_WITH_TOKEN} only (see --{prefix}rails)"
        );
        if self.app.is_some() && !self.names_files() {
            format!("--{prefix}rails-app: the app has only a secret_token, and {token_alone}")
        } else if version.settings().secret_kind == SecretKind::SecretToken {
            format!(
                "no secret_token, which Rails {version} needs: set the environment variable {token}, \
                 or name a file with --{prefix}secret-token-file"
            )
        } else if version <= LAST_WITH_TOKEN {
            format!(
                "no secret: set the environment variable {key_base} (or {token}, if the app has \
                 nothing else), or name a file with --{prefix}secret-key-base-file (or \
                 --{prefix}secret-token-file)"
            )
        } else {
            let has_token = !self.token_files.is_empty() || env::var_os(token).is_some();
            let advice = if has_token {
                format!("; {token_alone}")
            } else {
                String::new()
            };
            format!(
                "no secret: set the environment variable {key_base}, or name a file with \
                 --{prefix}secret-key-base-file{advice}"
            )
        }
    }

    /// Reads the secrets of the files, each with its label. Without files it reads the variable, if
    /// the variable counts and is set.
    fn labelled(
        &self,
        files: &[PathBuf],
        source: Source,
        variable_counts: bool,
    ) -> Result<Vec<(String, SecretKeyBase)>, String> {
        let variable = source.variable;
        if files.is_empty()
            && variable_counts
            && let Some(secret) = env::var_os(variable)
        {
            let made = self.make(secret.into_encoded_bytes(), source);
            let secret = made.map_err(|reason| format!("{variable}: {reason}"))?;
            return Ok(vec![(variable.to_owned(), secret)]);
        }
        let labelled = files.iter().map(|file| {
            let secret = self.file(file, source)?;
            Ok((file.display().to_string(), secret))
        });
        labelled.collect()
    }

    /// Reads the secret of a file: verbatim, without one final newline.
    fn file(&self, file: &Path, source: Source) -> Result<SecretKeyBase, String> {
        let (place, mut secret) = bytes_of(file)?;
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
            Error::BlankSecret => format!("the secret is blank; give the app's {what}{advice}"),
            Error::ShortSecret {
                characters, least, ..
            } => format!(
                "the secret has {characters} characters and needs at least {least}; give the app's \
                 {what}, or --{}allow-short-secret if it really is that short",
                self.prefix
            ),
            other => other.to_string(),
        })
    }
}

/// Reads the text of a file with a secret: verbatim, without one final newline.
pub(crate) fn text_of(file: &Path) -> Result<Zeroizing<String>, String> {
    let (place, mut secret) = bytes_of(file)?;
    let text = String::from_utf8(std::mem::take(&mut *secret));
    text.map(Zeroizing::new).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        format!("{place}: the secret is not UTF-8")
    })
}

/// Reads the secret of a file, and returns it with what messages call the file.
fn bytes_of(file: &Path) -> Result<(String, Zeroizing<Vec<u8>>), String> {
    let place = format!("secret file {}", Shown::path(file));
    let mut secret = read(file).map_err(|error| format!("{place}: {error}"))?;
    if secret.len() > MOST {
        return Err(format!(
            "{place}: the file has more than {MOST} bytes; name a file that holds only the secret"
        ));
    }
    if secret.last() == Some(&b'\n') {
        secret.pop();
    }
    if secret.last() == Some(&b'\r') {
        warn(&format!(
            "{place}: the secret ends with a carriage return, which is part of it; save the file \
             with Unix line ends if the app's secret has none"
        ));
    }
    Ok((place, secret))
}

/// Reads at most `MOST + 1` bytes of a file, into memory that is wiped.
fn read(file: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
    // The vector has room for all bytes: a vector that grows leaves its old bytes in memory.
    let mut secret = Zeroizing::new(Vec::with_capacity(2 * MOST));
    File::open(file)?
        .take(MOST as u64 + 1)
        .read_to_end(&mut secret)?;
    Ok(secret)
}
