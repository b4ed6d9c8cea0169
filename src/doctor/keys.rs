//! [`Keys`]: every key that the given secrets can make. Each is derived once, when first needed.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::error::Error;
use crate::key_generator::{KeyArray, KeyGenerator};
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{KeyDigest, Settings};
use crate::weak_secret::WeakSecret;

/// The length of the longest key in bytes. An AES key is its first half, since PBKDF2 makes keys
/// block by block (RFC 8018 section 5.2).
const LENGTH: usize = 64;

/// A derived key.
pub(super) type Derived = KeyArray<LENGTH>;

/// A secret, and its label in reports.
#[derive(Clone)]
pub(super) struct Labelled {
    pub(super) label: String,
    pub(super) secret: SecretKeyBase,
}

/// A change to a given secret, by which it may fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alteration {
    /// White space and quotes around the secret were removed.
    Stripped,
    /// A line feed was appended, since some apps read the secret from a file without removing it.
    WithLineFeed,
}

/// A given secret, unchanged or altered, and its keys.
#[derive(Clone)]
pub(super) struct Material {
    /// The index of the given secret.
    pub(super) index: usize,
    pub(super) alteration: Option<Alteration>,
    pub(super) secret: SecretKeyBase,
    /// The keys, by digest, then by salt.
    keys: Vec<OnceLock<Derived>>,
}

/// The use of a key, which decides the salt that Rails derives it under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Gcm,
    Cbc,
    CbcSigning,
    Signing,
}

impl Role {
    /// Returns the settings' salt for this role.
    pub(super) fn salt(self, settings: &Settings) -> &str {
        match self {
            Self::Gcm => &settings.authenticated_encrypted_cookie_salt,
            Self::Cbc => &settings.encrypted_cookie_salt,
            Self::CbcSigning => &settings.encrypted_signed_cookie_salt,
            Self::Signing => &settings.signed_cookie_salt,
        }
    }

    /// Returns the settings' salt for this role, to be changed.
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
    /// The labels of the weak secrets, and why each is weak.
    pub(super) weak: Vec<(String, WeakSecret)>,
    /// The salts, without repetition.
    pub(super) salts: Vec<String>,
    /// The app's settings, whose salts are tried first.
    settings: Settings,
}

impl Keys {
    /// Collects the keys of `secrets` under the salts of `settings`, Rails' own and `others`.
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

    /// Returns the indices of the salts to try for a role: the role's own, or all others.
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

    /// Returns a secret's key under the salt with index `salt`. Derives the key at the first call.
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
