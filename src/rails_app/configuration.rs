//! [`Configuration`]: the settings that an app's Ruby files make, one file after the other.

use std::path::Path;

use zeroize::Zeroizing;

use super::mention::mentioned;
use super::options::SessionOptions;
use super::ruby::Source;
use super::ruby::literal::{Argument, Literal, arguments, literal};
use super::ruby::statement::{Statement, Walk};
use super::ruby::token::{Kind, Token};
use super::unreadable_setting::UnreadableSetting;
use crate::load_defaults::LoadDefaults;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{Cipher, HmacDigest, KeyDigest, Settings};
use crate::shown::Shown;

/// Settings whose statements may contain a secret as a text.
const SECRET: &[&str] = &[
    "secret_key_base",
    "secret_token",
    "cookies_rotations",
    "session_options",
];

const NO_LITERAL: &str = "its value is not a literal that hardtack reads";

/// The setting of a secret in Ruby.
pub(super) struct SecretSetting {
    /// The file and the line.
    pub(super) place: String,
    /// The secret, or the reason why it cannot be read.
    pub(super) value: Result<Secret, &'static str>,
}

/// The value that a secret is set to.
pub(super) enum Secret {
    Text(Zeroizing<String>),
    Variable { name: String, required: bool },
}

/// The settings that an app's Ruby files make.
pub(super) struct Configuration {
    /// The settings without the version, which the files do not decide.
    pub(super) settings: Settings,
    pub(super) load_defaults: Option<LoadDefaults>,
    pub(super) signed_cookie_digest: Option<HmacDigest>,
    /// Used up to 5.1 instead of `signed_cookie_digest`.
    pub(super) cookies_digest: Option<HmacDigest>,
    pub(super) session: SessionOptions,
    pub(super) force_ssl: bool,
    /// The option `secure_cookies` of `ssl_options`.
    pub(super) secure_cookies: bool,
    pub(super) rotations: Vec<(Option<SecretKeyBase>, Option<HmacDigest>)>,
    pub(super) secret_key_base: Option<SecretSetting>,
    pub(super) secret_token: Option<SecretSetting>,
    /// The application's class.
    pub(super) application: Option<String>,
    pub(super) unreadable_settings: Vec<UnreadableSetting>,
}

impl Configuration {
    /// Creates the settings that Rails has before any file is read.
    pub(super) fn new() -> Self {
        Self {
            // The newest version whose load_defaults sets nothing for cookies.
            settings: LoadDefaults::V5_1.settings(),
            load_defaults: None,
            signed_cookie_digest: None,
            cookies_digest: None,
            session: SessionOptions::default(),
            force_ssl: false,
            secure_cookies: true,
            rotations: Vec::new(),
            secret_key_base: None,
            secret_token: None,
            application: None,
            unreadable_settings: Vec::new(),
        }
    }

    /// Reads a file that Rails loads after those read before.
    pub(super) fn read(&mut self, file: &Path, text: Zeroizing<String>) {
        let source = match Source::parse(text) {
            Ok(source) => source,
            Err(unfinished) => {
                let why =
                    "something that starts on this line does not end, or is nested too deeply";
                self.unreadable_settings.push(UnreadableSetting {
                    file: file.to_owned(),
                    line: unfinished.line,
                    setting: "the file",
                    text: String::new(),
                    why: why.to_owned(),
                });
                return;
            }
        };
        let mut walk = source.walk();
        while let Some(statement) = walk.next() {
            self.statement(file, &source, &walk, &statement);
        }
        self.application = self.application.take().or(walk.application.take());
    }

    fn statement(&mut self, file: &Path, source: &Source, walk: &Walk, statement: &Statement) {
        let Statement {
            tokens,
            hidden,
            opens_plainly,
        } = statement;
        let Some(setting) = mentioned(source.text(), walk, tokens) else {
            return;
        };
        if *opens_plainly {
            return;
        }
        let line = tokens.first().map_or(0, |first| first.line);
        let faults = if let Some(why) = hidden {
            vec![why.clone()]
        } else {
            let place = format!("{}:{line}", Shown::path(file));
            self.plain(source.text(), walk, tokens, &place)
        };
        let says_secret = || {
            tokens
                .iter()
                .any(|token| token.text(source.text()) == "secret:")
        };
        self.unreadable_settings
            .extend(faults.into_iter().map(|why| UnreadableSetting {
                file: file.to_owned(),
                line,
                setting,
                text: source.excerpt(tokens, SECRET.contains(&setting) || says_secret()),
                why,
            }));
    }

    /// Applies a statement that runs exactly once and without a condition; returns the faults of
    /// the parts that cannot be read.
    fn plain(&mut self, source: &str, walk: &Walk, tokens: &[Token], place: &str) -> Vec<String> {
        let Some((path, rest)) = walk.path(tokens) else {
            return vec!["it is not a plain assignment to the app's config".to_owned()];
        };
        let path: Vec<_> = path.iter().map(String::as_str).collect();
        match rest {
            [equals, value @ ..] if equals.is(source, Kind::Operator, "=") => {
                if path == ["ssl_options"] {
                    return faults(self.ssl_options(source, value));
                }
                faults(self.assign(&path, literal(source, value), place))
            }
            [operator, ..] if operator.text(source).ends_with('=') => {
                vec![format!(
                    "`{}` depends on the earlier value",
                    operator.text(source)
                )]
            }
            _ => self.call(&path, arguments(source, rest)),
        }
    }

    fn assign(
        &mut self,
        path: &[&str],
        value: Option<Literal>,
        place: &str,
    ) -> Result<(), &'static str> {
        if let ["secret_key_base" | "secret_token"] = path {
            let secret = match value {
                Some(Literal::Nil) => None,
                Some(Literal::Text(text)) => Some(Ok(Secret::Text(text))),
                Some(Literal::Variable { name, required }) => {
                    Some(Ok(Secret::Variable { name, required }))
                }
                _ => Some(Err(NO_LITERAL)),
            };
            let is_plain = !matches!(secret, Some(Err(_)));
            let setting = secret.map(|value| SecretSetting {
                place: place.to_owned(),
                value,
            });
            if path == ["secret_key_base"] {
                self.secret_key_base = setting;
            } else {
                self.secret_token = setting;
            }
            return is_plain.then_some(()).ok_or(NO_LITERAL);
        }
        let value = value.ok_or(NO_LITERAL)?;
        if let (["force_ssl"], Literal::Bool(on)) = (path, &value) {
            self.force_ssl = *on;
            return Ok(());
        }
        match path {
            ["action_dispatch", name] => self.action_dispatch(name, value),
            ["active_support", "key_generator_hash_digest_class"] => {
                self.settings.key_generator_hash_digest_class = match value {
                    Literal::Constant(class) => match class.as_str() {
                        "OpenSSL::Digest::SHA1" | "Digest::SHA1" => KeyDigest::Sha1,
                        "OpenSSL::Digest::SHA256" | "Digest::SHA256" => KeyDigest::Sha256,
                        _ => return Err(NO_LITERAL),
                    },
                    _ => return Err(NO_LITERAL),
                };
                Ok(())
            }
            ["read_encrypted_secrets"] => match value {
                Literal::Bool(false) | Literal::Nil => Ok(()),
                _ => Err("hardtack does not read config/secrets.yml.enc"),
            },
            ["credentials", _] => {
                Err("hardtack finds the credentials only in Rails' default places")
            }
            _ => Err("hardtack does not know this setting"),
        }
    }

    fn action_dispatch(&mut self, name: &str, value: Literal) -> Result<(), &'static str> {
        let settings = &mut self.settings;
        match (name, value) {
            ("cookies_serializer", Literal::Symbol(serializer)) => {
                settings.cookies_serializer = serializer.parse().map_err(|_| NO_LITERAL)?;
            }
            ("use_authenticated_cookie_encryption", Literal::Bool(on)) => {
                settings.cipher = if on {
                    Cipher::Aes256Gcm
                } else {
                    Cipher::Aes256Cbc
                };
            }
            ("use_cookies_with_metadata", Literal::Bool(on)) => {
                settings.use_cookies_with_metadata = on;
            }
            ("cookies_same_site_protection", Literal::Nil | Literal::Bool(false)) => {
                settings.cookies_same_site_protection = None;
            }
            ("cookies_same_site_protection", Literal::Symbol(same_site)) => {
                settings.cookies_same_site_protection =
                    Some(same_site.parse().map_err(|_| NO_LITERAL)?);
            }
            ("signed_cookie_digest", value) => self.signed_cookie_digest = digest(&value)?,
            ("cookies_digest", value) => self.cookies_digest = digest(&value)?,
            ("encrypted_cookie_cipher", Literal::Text(cipher)) => {
                if !cipher.eq_ignore_ascii_case(Cipher::Aes256Gcm.name()) {
                    return Err("hardtack supports only the cipher aes-256-gcm here");
                }
            }
            ("encrypted_cookie_cipher", Literal::Nil) => {}
            (name, Literal::Text(salt)) => {
                let place = match name {
                    "authenticated_encrypted_cookie_salt" => {
                        &mut settings.authenticated_encrypted_cookie_salt
                    }
                    "encrypted_cookie_salt" => &mut settings.encrypted_cookie_salt,
                    "encrypted_signed_cookie_salt" => &mut settings.encrypted_signed_cookie_salt,
                    "signed_cookie_salt" => &mut settings.signed_cookie_salt,
                    _ => return Err(NO_LITERAL),
                };
                *place = salt.to_string().into();
            }
            _ => return Err(NO_LITERAL),
        }
        Ok(())
    }

    /// Reads `secure_cookies`, the only option that matters for cookies.
    fn ssl_options(&mut self, source: &str, value: &[Token]) -> Result<(), &'static str> {
        self.secure_cookies = true;
        let names = |token: &Token| token.text(source).trim_matches(':') == "secure_cookies";
        let Some(place) = value.iter().position(names) else {
            return Ok(());
        };
        let after = value.get(place + 1..).unwrap_or_default();
        let after = match after {
            [arrow, rest @ ..] if arrow.is(source, Kind::Operator, "=>") => rest,
            rest => rest,
        };
        let value = after
            .split(|token| [",", "}"].contains(&token.text(source)))
            .next();
        match literal(source, value.unwrap_or_default()) {
            Some(Literal::Bool(on)) => self.secure_cookies = on,
            _ => return Err("its option `secure_cookies` is not a literal"),
        }
        Ok(())
    }

    fn call(&mut self, path: &[&str], arguments: Vec<Argument>) -> Vec<String> {
        match path {
            ["load_defaults"] => {
                let [Argument::Positional(Some(version))] = arguments.as_slice() else {
                    return vec![NO_LITERAL.to_owned()];
                };
                let version = match version {
                    Literal::Number(version) => version.as_str(),
                    Literal::Text(version) => version.as_str(),
                    _ => return vec![NO_LITERAL.to_owned()],
                };
                match version.parse() {
                    Ok(version) => self.load_defaults(version),
                    Err(error) => return vec![format!("{error}")],
                }
                Vec::new()
            }
            ["session_store"] | ["middleware", "use"] => match SessionOptions::new(arguments) {
                Ok((options, faults)) => {
                    self.session = options;
                    faults
                }
                Err(why) => vec![why],
            },
            ["action_dispatch", "cookies_rotations", "rotate"] => faults(self.rotate(arguments)),
            _ => vec!["it is not a plain assignment or call".to_owned()],
        }
    }

    /// Applies the settings of a version's `load_defaults`; settings that it does not make are
    /// unchanged.
    fn load_defaults(&mut self, version: LoadDefaults) {
        let (without, with) = (LoadDefaults::V5_1.settings(), version.settings());
        let Settings {
            cipher,
            key_generator_hash_digest_class,
            cookies_serializer,
            use_cookies_with_metadata,
            cookies_same_site_protection,
            ..
        } = &mut self.settings;
        set(cipher, without.cipher, with.cipher);
        set(
            key_generator_hash_digest_class,
            without.key_generator_hash_digest_class,
            with.key_generator_hash_digest_class,
        );
        set(
            cookies_serializer,
            without.cookies_serializer,
            with.cookies_serializer,
        );
        set(
            use_cookies_with_metadata,
            without.use_cookies_with_metadata,
            with.use_cookies_with_metadata,
        );
        set(
            cookies_same_site_protection,
            without.cookies_same_site_protection,
            with.cookies_same_site_protection,
        );
        self.load_defaults = Some(version);
    }

    fn rotate(&mut self, arguments: Vec<Argument>) -> Result<(), &'static str> {
        const NOT_SIGNED: &str =
            "rotations of encrypted cookies take keys, which only Ruby can derive";
        let mut arguments = arguments.into_iter();
        match arguments.next() {
            Some(Argument::Positional(Some(Literal::Symbol(kind)))) if kind == "signed" => {}
            Some(Argument::Positional(Some(Literal::Symbol(kind)))) if kind == "encrypted" => {
                return Err(NOT_SIGNED);
            }
            _ => return Err(NO_LITERAL),
        }
        let (mut secret, mut chosen) = (None, None);
        for argument in arguments {
            match argument {
                Argument::Positional(Some(Literal::Text(mut text))) if secret.is_none() => {
                    let text = std::mem::take(&mut *text);
                    secret = Some(SecretKeyBase::allow_short(text).map_err(|_| NO_LITERAL)?);
                }
                Argument::Named(name, Some(value)) if name == "digest" => chosen = digest(&value)?,
                _ => return Err(NO_LITERAL),
            }
        }
        self.rotations.push((secret, chosen));
        Ok(())
    }
}

fn set<T: PartialEq + Copy>(place: &mut T, without: T, with: T) {
    if with != without {
        *place = with;
    }
}

/// Reads a digest's name; `None` for nil.
fn digest(value: &Literal) -> Result<Option<HmacDigest>, &'static str> {
    let name = match value {
        Literal::Nil => return Ok(None),
        Literal::Text(name) => name.as_str(),
        Literal::Symbol(name) => name.as_str(),
        _ => return Err(NO_LITERAL),
    };
    name.parse().map(Some).map_err(|_| NO_LITERAL)
}

fn faults(result: Result<(), &'static str>) -> Vec<String> {
    result.err().into_iter().map(str::to_owned).collect()
}
