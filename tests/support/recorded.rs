//! Cookies that real Rails set (`tests/vectors/jars`).

#![allow(dead_code, reason = "each test uses a part")]

use std::borrow::Cow;

use hardtack::headers::unescape;
use hardtack::settings::Cipher;
use hardtack::value::Value;
use hardtack::{Jar, LoadDefaults, SecretKeyBase, Settings};
use serde::Deserialize;

use crate::support::vectors;

#[derive(Clone, Deserialize)]
pub(crate) struct Record {
    pub(crate) rails: String,
    pub(crate) kind: String,
    #[serde(alias = "secret_key_base", alias = "secret_token")]
    pub(crate) secret: String,
    /// The jar; `None` if the release had only one jar, the signed one.
    pub(crate) jar: Option<String>,
    pub(crate) key_digest: Option<String>,
    /// The digest of the HMAC, in Rails 2.3 and 3.
    pub(crate) digest: Option<String>,
    pub(crate) serializer: String,
    #[serde(default)]
    pub(crate) metadata: bool,
    pub(crate) name: String,
    pub(crate) value: Option<Value>,
    #[serde(default)]
    pub(crate) symbols: bool,
    pub(crate) expires: Option<String>,
    pub(crate) cookie: String,
}

/// Returns the records of a release.
pub(crate) fn records(rails: &str) -> Vec<Record> {
    vectors(&format!("jars/rails-{rails}.jsonl"))
}

impl Record {
    /// Returns `true` if the file holds the escaped value: the files of Rails 5.2 and later do.
    pub(crate) fn is_escaped(&self) -> bool {
        self.rails.as_str() >= "5.2"
    }

    pub(crate) fn unescaped(&self) -> Cow<'_, [u8]> {
        if self.is_escaped() {
            unescape(self.cookie.as_bytes())
        } else {
            Cow::Borrowed(self.cookie.as_bytes())
        }
    }

    pub(crate) fn secret(&self) -> SecretKeyBase {
        SecretKeyBase::new(self.secret.as_str()).unwrap()
    }

    /// Returns the app's settings: the defaults of its Rails, with the changes of the record.
    pub(crate) fn settings(&self) -> Settings {
        let version: LoadDefaults = self.rails.parse().unwrap();
        let mut settings = version
            .settings()
            .cookies_serializer(self.serializer.parse().unwrap())
            .use_cookies_with_metadata(self.metadata);
        settings = match self.jar.as_deref() {
            Some("encrypted_cbc") => settings.cipher(Cipher::Aes256Cbc),
            Some("encrypted_gcm") => settings.cipher(Cipher::Aes256Gcm),
            _ => settings,
        };
        if let Some(digest) = &self.key_digest {
            settings = settings.key_generator_hash_digest_class(digest.parse().unwrap());
        }
        if let Some(digest) = &self.digest {
            settings = settings.signed_cookie_digest(digest.parse().unwrap());
        }
        settings
    }

    pub(crate) fn jar(&self) -> Jar {
        match self.jar.as_deref() {
            Some("encrypted_cbc" | "encrypted_gcm") => {
                Jar::encrypted(&self.secret(), self.settings())
            }
            _ => Jar::signed(&self.secret(), self.settings()),
        }
    }
}
