//! Reads `cookies_rotations.rotate`, and the keys that the rotator of Rails' upgrade guide derives
//! for it (`guides/source/upgrading_ruby_on_rails.md`, key digest SHA256 of Rails 7.0).

use std::path::Path;

use super::assignments::{digest, key_digest};
use super::configuration::{Configuration, NO_LITERAL};
use super::key_part::{DerivedKey, KeyPart, OlderKey, Rotate, Salt, SaltSetting};
use super::ruby::literal::{Argument, Literal, split};
use super::ruby::statement::Walk;
use super::ruby::token::{Kind, Token};
use crate::message::JarKind;
use crate::secret_key_base::SecretKeyBase;

/// The iterations of Rails' own key generator (`Rails::Application#key_generator`).
const ITERATIONS: &str = "1000";

/// The bytes of a key of AES-256.
const ENCRYPTED: usize = 32;

/// The bytes of a key that signs (`ActiveSupport::KeyGenerator#generate_key`).
const SIGNED: usize = 64;

const UNKNOWN_KEY: &str = "its key is not one that hardtack can derive";

impl Configuration {
    /// Remembers a local variable that holds a part of an older key; `is_certain` if the statement
    /// runs.
    pub(super) fn remember_key_part(&mut self, walk: &Walk, tokens: &[Token], is_certain: bool) {
        let source = walk.scope().source();
        let [name, equals, value @ ..] = tokens else {
            return;
        };
        if name.kind != Kind::Word || !equals.is(source, Kind::Operator, "=") {
            return;
        }
        let name = name.text(source);
        let part = self.key_part(walk, value).filter(|_| is_certain);
        let is_known = self.key_parts.iter().any(|(known, _)| known == name);
        if part.is_some() || is_known {
            self.key_parts.push((name.to_owned(), part));
        }
    }

    /// Evaluates an expression on the way to an older key.
    fn key_part(&self, walk: &Walk, tokens: &[Token]) -> Option<KeyPart> {
        let scope = walk.scope();
        let source = scope.source();
        let words: Vec<_> = tokens.iter().map(|token| token.text(source)).collect();
        match words.as_slice() {
            [name] if tokens.first()?.kind == Kind::Word => {
                let mut known = self.key_parts.iter().rev();
                known.find(|(known, _)| known == name)?.1.clone()
            }
            ["Rails", ".", "application" | "app", ".", "secret_key_base"] => {
                Some(KeyPart::AppSecret)
            }
            ["ActiveSupport", "::", "MessageEncryptor", ".", "key_len"]
            | [
                "ActiveSupport",
                "::",
                "MessageEncryptor",
                ".",
                "key_len",
                "(",
                "\"aes-256-gcm\"",
                ")",
            ] => Some(KeyPart::Length(ENCRYPTED)),
            [
                "ActiveSupport",
                "::",
                "KeyGenerator",
                ".",
                "new",
                "(",
                ..,
                ")",
            ] => {
                let inner = tokens.get(6..tokens.len() - 1)?;
                let (secret, options) = split(source, inner).split_first().map(|(secret, _)| {
                    let options = inner.get(secret.len() + 1..).unwrap_or_default();
                    (*secret, scope.arguments(options))
                })?;
                let KeyPart::AppSecret = self.key_part(walk, secret)? else {
                    return None;
                };
                let (mut iterations, mut digest) = (None, None);
                for option in options {
                    match option {
                        Argument::Named(name, Some(Literal::Number(number)))
                            if name == "iterations" =>
                        {
                            iterations = Some(number);
                        }
                        Argument::Named(name, Some(class)) if name == "hash_digest_class" => {
                            digest = key_digest(&class);
                        }
                        _ => return None,
                    }
                }
                (iterations? == ITERATIONS).then_some(KeyPart::Generator(digest?))
            }
            [.., ")"] => {
                let open = words.iter().position(|word| *word == "(")?;
                let [generator @ .., dot, generate_key] = tokens.get(..open)? else {
                    return None;
                };
                if dot.text(source) != "." || generate_key.text(source) != "generate_key" {
                    return None;
                }
                let KeyPart::Generator(digest) = self.key_part(walk, generator)? else {
                    return None;
                };
                let inner = tokens.get(open + 1..tokens.len() - 1)?;
                let (salt, length) = match *split(source, inner).as_slice() {
                    [salt] => (salt, SIGNED),
                    [salt, length] => match self.key_part(walk, length)? {
                        KeyPart::Length(length) => (salt, length),
                        _ => return None,
                    },
                    _ => return None,
                };
                let salt = self.salt(walk, salt)?;
                Some(KeyPart::Key(DerivedKey { digest, salt }, length))
            }
            _ => match scope.literal(tokens)? {
                Literal::Number(length) => length.parse().ok().map(KeyPart::Length),
                _ => None,
            },
        }
    }

    fn salt(&self, walk: &Walk, tokens: &[Token]) -> Option<Salt> {
        if let Some((path, [])) = walk.path(tokens) {
            let [group, name] = path.as_slice() else {
                return None;
            };
            let setting = SaltSetting::named(name).filter(|_| group == "action_dispatch")?;
            return Some(if walk.late().is_some() {
                Salt::Final(setting)
            } else {
                Salt::Text(setting.value(&self.settings))
            });
        }
        match walk.scope().literal(tokens)? {
            Literal::Text(salt) => Some(Salt::Text(salt.to_string())),
            _ => None,
        }
    }

    /// Applies a call of `rotate`, which stands in this file and line.
    pub(super) fn rotate(
        &mut self,
        walk: &Walk,
        tokens: &[Token],
        (file, line): (&Path, u32),
    ) -> Result<(), &'static str> {
        let scope = walk.scope();
        let source = scope.source();
        let tokens = match tokens {
            [open, inner @ .., close] if open.text(source) == "(" && close.text(source) == ")" => {
                inner
            }
            all => all,
        };
        let parts = split(source, tokens);
        let (kind, others) = parts.split_first().ok_or(NO_LITERAL)?;
        let jar = match scope.literal(kind) {
            Some(Literal::Symbol(kind)) if kind == "signed" => JarKind::Signed,
            Some(Literal::Symbol(kind)) if kind == "encrypted" => JarKind::Encrypted,
            _ => return Err(NO_LITERAL),
        };
        let (mut key, mut chosen) = (OlderKey::Present, None);
        for (index, part) in others.iter().enumerate() {
            if let Some(KeyPart::Key(derived, length)) = self.key_part(walk, part) {
                let expected = match jar {
                    JarKind::Signed => SIGNED,
                    JarKind::Encrypted => ENCRYPTED,
                };
                if index > 0 || length != expected {
                    return Err(UNKNOWN_KEY);
                }
                key = OlderKey::Derived(derived);
                continue;
            }
            match scope.arguments(part).pop() {
                Some(Argument::Positional(Some(Literal::Text(mut text))))
                    if index == 0 && jar == JarKind::Signed =>
                {
                    let text = std::mem::take(&mut *text);
                    let secret = SecretKeyBase::allow_short(text);
                    key = OlderKey::Given(secret.map_err(|_| NO_LITERAL)?);
                }
                Some(Argument::Named(name, Some(value)))
                    if name == "digest" && jar == JarKind::Signed =>
                {
                    chosen = digest(&value)?;
                }
                Some(Argument::Positional(_)) => return Err(UNKNOWN_KEY),
                _ => return Err(NO_LITERAL),
            }
        }
        if jar == JarKind::Encrypted && matches!(key, OlderKey::Present) {
            return Err(UNKNOWN_KEY);
        }
        self.rotations.push(Rotate {
            jar,
            key,
            digest: chosen,
            file: file.to_owned(),
            line,
        });
        Ok(())
    }
}
