//! [`Keys`]: every key that the secrets could have made, each derived once and when it is needed.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::error::Error;
use crate::key_generator::{KeyArray, KeyGenerator};
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{KeyDigest, Settings};
use crate::weak_secret::WeakSecret;

/// The longest key: an AES key is the first half of it (PBKDF2 makes keys block by block, RFC 8018
/// section 5.2).
const LENGTH: usize = 64;

/// A derived key.
pub(super) type Derived = KeyArray<LENGTH>;

/// A secret, and what it is called in reports.
#[derive(Clone)]
pub(super) struct Labelled {
    pub(super) label: String,
    pub(super) secret: SecretKeyBase,
}

/// How the secret that fits differs from the one that was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alteration {
    /// White space or quotes around it are no part of it.
    Stripped,
    /// A line feed ends it.
    WithLineFeed,
}

/// A secret as it was given, or altered, and its keys.
#[derive(Clone)]
pub(super) struct Material {
    /// Which of the given secrets.
    pub(super) index: usize,
    pub(super) alteration: Option<Alteration>,
    pub(super) secret: SecretKeyBase,
    /// By digest, then by salt.
    keys: Vec<OnceLock<Derived>>,
}

/// For what a key is, and so which of Rails' salts is its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Gcm,
    Cbc,
    CbcSigning,
    Signing,
}

impl Role {
    /// The salt that the settings have for it.
    pub(super) fn salt(self, settings: &Settings) -> &str {
        match self {
            Self::Gcm => &settings.authenticated_encrypted_cookie_salt,
            Self::Cbc => &settings.encrypted_cookie_salt,
            Self::CbcSigning => &settings.encrypted_signed_cookie_salt,
            Self::Signing => &settings.signed_cookie_salt,
        }
    }

    /// The same, to be changed.
    pub(super) fn salt_mut(self, settings: &mut Settings) -> &mut Cow<'static, str> {
        match self {
            Self::Gcm => &mut settings.authenticated_encrypted_cookie_salt,
            Self::Cbc => &mut settings.encrypted_cookie_salt,
            Self::CbcSigning => &mut settings.encrypted_signed_cookie_salt,
            Self::Signing => &mut settings.signed_cookie_salt,
        }
    }

    const ALL: [Self; 4] = [Self::Gcm, Self::Cbc, Self::CbcSigning, Self::Signing];
}

/// The secrets, the salts, and the keys that they make.
#[derive(Clone)]
pub(super) struct Keys {
    pub(super) materials: Vec<Material>,
    /// The labels of the secrets that keep nobody out, and why.
    pub(super) weak: Vec<(String, WeakSecret)>,
    /// Each once.
    pub(super) salts: Vec<String>,
    /// Those of the app's settings.
    settings: Settings,
}

impl Keys {
    /// The keys of these secrets, under the salts of the settings, Rails' own, and these others.
    pub(super) fn new(secrets: &[Labelled], settings: &Settings, others: &[String]) -> Self {
        let rails = settings.version.settings();
        let mut salts: Vec<String> = Vec::new();
        let of_roles = [settings, &rails]
            .into_iter()
            .flat_map(|settings| Role::ALL.map(|role| role.salt(settings).to_owned()));
        for salt in of_roles.chain(others.iter().cloned()) {
            if !salts.contains(&salt) {
                salts.push(salt);
            }
        }
        let mut materials = Vec::new();
        for (index, Labelled { secret, .. }) in secrets.iter().enumerate() {
            materials.push((index, None, secret.clone()));
        }
        for (index, Labelled { secret, .. }) in secrets.iter().enumerate() {
            let bytes = secret.expose();
            let stripped = strip(bytes);
            if stripped.len() < bytes.len() {
                let made = SecretKeyBase::allow_short(stripped);
                materials.extend(made.map(|made| (index, Some(Alteration::Stripped), made)));
            }
            materials.extend(
                with_line_feed(bytes).map(|made| (index, Some(Alteration::WithLineFeed), made)),
            );
        }
        let count = salts.len() * KeyDigest::ALL.len();
        let material = |(index, alteration, secret)| Material {
            index,
            alteration,
            secret,
            keys: vec![OnceLock::new(); count],
        };
        let weak = secrets.iter().filter_map(|Labelled { label, secret }| {
            let weak = secret.check().err()?;
            Some((label.clone(), weak))
        });
        Self {
            weak: weak.collect(),
            materials: materials.into_iter().map(material).collect(),
            salts,
            settings: settings.clone(),
        }
    }

    /// The salts to be tried for a role: its own ones, or all the others.
    pub(super) fn salts_for(&self, role: Role, others: bool) -> impl Iterator<Item = usize> {
        let rails = self.settings.version.settings();
        let own = [
            role.salt(&self.settings).to_owned(),
            role.salt(&rails).to_owned(),
        ];
        let salts = self.salts.iter().enumerate();
        salts
            .filter(move |(_, salt)| own.contains(salt) != others)
            .map(|(place, _)| place)
    }

    /// The key of a secret for a salt, both by their places.
    pub(super) fn derived<'a>(
        &self,
        material: &'a Material,
        digest: KeyDigest,
        salt: usize,
    ) -> Option<&'a Derived> {
        let row = KeyDigest::ALL.iter().position(|other| *other == digest)?;
        let text = self.salts.get(salt)?;
        let cell = material.keys.get(row * self.salts.len() + salt)?;
        Some(cell.get_or_init(|| {
            let keys = KeyGenerator::new(&material.secret).digest(digest);
            keys.generate_array(text)
        }))
    }
}

fn strip(secret: &[u8]) -> &[u8] {
    let mut secret = secret.trim_ascii();
    for quote in [b"\"", b"'"] {
        let inner = secret
            .strip_prefix(quote)
            .and_then(|rest| rest.strip_suffix(quote));
        secret = inner.unwrap_or(secret);
    }
    secret
}

fn with_line_feed(secret: &[u8]) -> Result<SecretKeyBase, Error> {
    let mut longer = Vec::with_capacity(secret.len() + 1);
    longer.extend_from_slice(secret);
    longer.push(b'\n');
    SecretKeyBase::allow_short(longer)
}
