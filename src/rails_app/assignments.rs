//! Applies assignments to an app's configuration, and the settings of a version.

use std::path::{Path, PathBuf};

use super::configuration::{Configuration, NO_LITERAL, Secret, SecretSetting};
use super::ruby::expression::Scope;
use super::ruby::literal::{Argument, Literal};
use super::ruby::token::{Kind, Token};
use crate::load_defaults::LoadDefaults;
use crate::settings::{Cipher, HmacDigest, KeyDigest, Settings};
use crate::shown::Shown;

impl Configuration {
    /// Applies the assignment of a value; fails if the setting or the value cannot be read.
    pub(super) fn assign(
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
                self.settings.key_generator_hash_digest_class =
                    key_digest(&value).ok_or(NO_LITERAL)?;
                Ok(())
            }
            ["read_encrypted_secrets"] => {
                self.read_encrypted_secrets = match value {
                    Literal::Bool(on) => on,
                    Literal::Nil => false,
                    _ => return Err(NO_LITERAL),
                };
                Ok(())
            }
            ["credentials", name @ ("content_path" | "key_path")] => {
                let path = match value {
                    Literal::Path(path) => path,
                    Literal::Text(path) => PathBuf::from(path.as_str()),
                    _ => return Err(NO_LITERAL),
                };
                self.credentials.set(name, Some(path));
                Ok(())
            }
            ["action_controller", "session_store"] => {
                self.session.set_store(&value).map_err(|_| NO_LITERAL)
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
    pub(super) fn ssl_options(
        &mut self,
        scope: Scope,
        value: &[Token],
    ) -> Result<(), &'static str> {
        let source = scope.source();
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
        match scope.literal(value.unwrap_or_default()) {
            Some(Literal::Bool(on)) => self.secure_cookies = on,
            _ => return Err("its option `secure_cookies` is not a literal"),
        }
        Ok(())
    }

    /// Applies Rails 2.3's `session = { :key => "_shop", :secret => "..." }`, which also has the
    /// secret and the digest.
    pub(super) fn session_of_2_3(
        &mut self,
        arguments: Vec<Argument>,
        place: (&Path, u32),
    ) -> Vec<String> {
        if !self.runtime.is_2_3() {
            return vec!["Rails ignores it from 3.0 on".to_owned()];
        }
        let mut faults = Vec::new();
        let mut others = Vec::new();
        for argument in arguments {
            match argument {
                Argument::Named(name, value) if name == "secret" => {
                    let place = format!("{}:{}", Shown::path(place.0), place.1);
                    let assigned = self.assign(&["secret_token"], value, &place);
                    faults.extend(assigned.err().map(str::to_owned));
                }
                Argument::Named(name, Some(value)) if name == "digest" => match digest(&value) {
                    Ok(chosen) => {
                        self.signed_cookie_digest = chosen;
                        self.cookies_digest = chosen;
                    }
                    Err(why) => faults.push(why.to_owned()),
                },
                other => others.push(other),
            }
        }
        faults.extend(self.session.merge(others, true));
        faults
    }

    /// Applies the settings of a version's `load_defaults`; settings that it does not make are
    /// unchanged.
    pub(super) fn load_defaults(&mut self, version: LoadDefaults) {
        let (without, with) = (LoadDefaults::V5_1.settings(), version.settings());
        let Settings {
            cipher,
            key_generator_hash_digest_class,
            cookies_serializer,
            use_cookies_with_metadata,
            cookies_same_site_protection,
            messages,
            csrf_verification,
            ..
        } = &mut self.settings;
        set(messages, without.messages, with.messages);
        set(
            csrf_verification,
            without.csrf_verification,
            with.csrf_verification,
        );
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
}

/// Reads a class that derives keys.
pub(super) fn key_digest(value: &Literal) -> Option<KeyDigest> {
    let Literal::Constant(class) = value else {
        return None;
    };
    match class.as_str() {
        "OpenSSL::Digest::SHA1" | "Digest::SHA1" => Some(KeyDigest::Sha1),
        "OpenSSL::Digest::SHA256" | "Digest::SHA256" => Some(KeyDigest::Sha256),
        _ => None,
    }
}

fn set<T: PartialEq + Copy>(place: &mut T, without: T, with: T) {
    if with != without {
        *place = with;
    }
}

/// Reads a digest's name; `None` for nil.
pub(super) fn digest(value: &Literal) -> Result<Option<HmacDigest>, &'static str> {
    let name = match value {
        Literal::Nil => return Ok(None),
        Literal::Text(name) => name.as_str(),
        Literal::Symbol(name) => name.as_str(),
        _ => return Err(NO_LITERAL),
    };
    name.parse().map(Some).map_err(|_| NO_LITERAL)
}
