//! [`System`]: the system whose cookies a command opens or seals, and the secrets of Node's.

#![expect(
    clippy::doc_markdown,
    reason = "the doc comments of options are their help"
)]

use std::collections::BTreeMap;
use std::env;
use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use hardtack::SecretKeyBase;
use zeroize::Zeroizing;

use crate::args::Sealing;
use crate::secrets;

/// The environment variable with the secret of a Node app.
const VARIABLE: &str = "SESSION_SECRET";

/// A system that sets cookies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum System {
    Rails,
    Express,
    CookieSession,
    IronSession,
}

impl System {
    const ALL: [Self; 4] = [
        Self::Rails,
        Self::Express,
        Self::CookieSession,
        Self::IronSession,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rails => "rails",
            Self::Express => "express",
            Self::CookieSession => "cookie-session",
            Self::IronSession => "iron-session",
        }
    }

    /// Returns the name that the system gives to the secret.
    pub(crate) fn secret(self) -> &'static str {
        match self {
            Self::Rails => "secret_key_base",
            Self::Express => "secret of express-session",
            Self::CookieSession => "key of cookie-session",
            Self::IronSession => "password of iron-session",
        }
    }
}

#[derive(Args)]
pub(crate) struct SystemOptions {
    /// The system that sets the cookies [default: rails]
    ///
    /// express signs the id of a session (express-session); cookie-session and iron-session keep
    /// the session in the cookie.
    #[arg(long, ignore_case = true, value_parser = systems())]
    pub(crate) system: Option<System>,

    /// A file with a secret of a Node app [default: $SESSION_SECRET]
    ///
    /// The secret of express-session, a key of cookie-session, or the password of iron-session. The
    /// file holds it verbatim; one final newline does not count. With several files, the first
    /// secret signs and all of them verify. For iron-session the file may hold a map of passwords
    /// instead, as JSON: {"1": "...", "2": "..."}.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) secret_file: Vec<PathBuf>,
}

fn systems() -> impl TypedValueParser<Value = System> {
    PossibleValuesParser::new(System::ALL.map(System::name)).try_map(|name| {
        let mut systems = System::ALL.into_iter();
        let system = systems.find(|system| system.name().eq_ignore_ascii_case(&name));
        system.ok_or("no such system")
    })
}

/// A secret of a Node app, and its label in messages.
pub(crate) struct NodeSecret {
    pub(crate) label: String,
    /// The number of a password of iron-session, if it is one of a map.
    pub(crate) number: Option<u32>,
    pub(crate) text: Zeroizing<String>,
}

impl NodeSecret {
    /// Returns the secret as the doctor takes it.
    pub(crate) fn for_doctor(&self) -> Result<SecretKeyBase, String> {
        let secret = SecretKeyBase::allow_short(self.text.as_str());
        secret.map_err(|error| format!("{}: {error}", self.label))
    }
}

impl SystemOptions {
    /// Returns the system of Node, if one is named; fails if options of the other kind are given.
    pub(crate) fn of_node(&self, rails: &Sealing) -> Result<Option<System>, String> {
        let system = self.system.unwrap_or(System::Rails);
        if system == System::Rails {
            return if self.secret_file.is_empty() {
                Ok(None)
            } else {
                Err(
                    "--secret-file: it is for the systems of Node (--system express, \
                     cookie-session or iron-session); give a secret of Rails with \
                     --secret-key-base-file"
                        .to_owned(),
                )
            };
        }
        match named(rails) {
            Some(option) => Err(format!(
                "--{option}: it is for cookies of Rails, and --system is {}",
                system.name()
            )),
            None => Ok(Some(system)),
        }
    }

    /// Reads the secrets, at least one.
    pub(crate) fn secrets(&self, system: System) -> Result<Vec<NodeSecret>, String> {
        let secrets = node_secrets(&self.secret_file, system == System::IronSession)?;
        if secrets.is_empty() {
            return Err(format!(
                "no secret: set the environment variable {VARIABLE} to the {}, or name a file with \
                 --secret-file",
                system.secret()
            ));
        }
        Ok(secrets)
    }
}

/// Reads the secrets of these files, or else of the environment; there may be none.
pub(crate) fn node_secrets(files: &[PathBuf], maps_count: bool) -> Result<Vec<NodeSecret>, String> {
    let mut read = Vec::new();
    for file in files {
        let text = secrets::text_of(file)?;
        read.push((file.display().to_string(), text));
    }
    if files.is_empty()
        && let Some(text) = env::var_os(VARIABLE)
    {
        let text = String::from_utf8(text.into_encoded_bytes())
            .map_err(|_| format!("{VARIABLE}: the secret is not UTF-8"))?;
        read.push((VARIABLE.to_owned(), Zeroizing::new(text)));
    }
    let mut secrets = Vec::new();
    for (label, text) in read {
        if text.trim().is_empty() {
            return Err(format!("{label}: the secret is blank"));
        }
        let map = passwords(&text).filter(|_| maps_count);
        let Some(map) = map else {
            secrets.push(NodeSecret {
                label,
                number: None,
                text,
            });
            continue;
        };
        secrets.extend(map.into_iter().map(|(number, text)| NodeSecret {
            label: format!("{label}, {number}"),
            number: Some(number),
            text,
        }));
    }
    Ok(secrets)
}

/// Reads a map of passwords; `None` if the text is none.
fn passwords(text: &str) -> Option<Vec<(u32, Zeroizing<String>)>> {
    let map: BTreeMap<u32, String> = serde_json::from_str(text).ok()?;
    let passwords = map.into_iter();
    let passwords: Vec<_> = passwords
        .map(|(number, text)| (number, Zeroizing::new(text)))
        .collect();
    (!passwords.is_empty()).then_some(passwords)
}

/// Returns the name of the first option of Rails that is given.
fn named(rails: &Sealing) -> Option<&'static str> {
    let options = [
        ("rails-app", rails.app.rails_app.is_some()),
        ("rails", rails.rails.is_some()),
        ("jar", rails.jar.is_some()),
        ("cipher", rails.cipher.is_some()),
        ("key-digest", rails.key_digest.is_some()),
        ("hmac-digest", rails.hmac_digest.is_some()),
        ("serializer", rails.serializer.is_some()),
        ("metadata", rails.metadata.is_some()),
        (
            "secret-key-base-file",
            !rails.secret_key_base_file.is_empty(),
        ),
        ("secret-token-file", !rails.secret_token_file.is_empty()),
        ("allow-short-secret", rails.allow_short_secret),
    ];
    let mut options = options.into_iter().filter(|(_, is_given)| *is_given);
    options.next().map(|(name, _)| name)
}
