//! [`Keys`]: every key that the given secrets can make. Each is derived once, when first needed.

use std::borrow::Cow;
use std::sync::OnceLock;

use crate::key_generator::{KeyArray, KeyGenerator};
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{KeyDigest, Settings};
use crate::weak_secret::WeakSecret;

use super::rounds::Rounds;
use super::spelling::{Spelling, spellings};

/// The most secrets whose other spellings are tried.
const MOST_SPELLED: usize = 16;

/// The most secrets whose keys of other numbers of rounds are derived.
pub(super) const MOST_FOR_ROUNDS: usize = 2;

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

/// A secret of a Node app, with the number that iron-session knows it by.
#[derive(Clone)]
pub(super) struct NodeSecret {
    pub(super) number: Option<u32>,
    pub(super) labelled: Labelled,
}

/// A given secret in one spelling, and its keys.
#[derive(Clone)]
pub(super) struct Material {
    /// The index of the given secret.
    pub(super) index: usize,
    /// The difference from the given secret; `None` if it is the given secret itself.
    pub(super) spelling: Option<Spelling>,
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

/// The salts to try for a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tier {
    /// The app's own for the role, and Rails' own.
    Own,
    /// The salts of the other roles, and those that were given.
    Others,
    /// The salts of other signed messages, such as ids of Active Storage.
    Messages,
}

/// A salt, and whether only messages that are no cookies have it.
#[derive(Clone)]
struct Salt {
    text: String,
    is_for_messages: bool,
}

/// The secrets, the salts, and the keys that they make.
#[derive(Clone)]
pub(super) struct Keys {
    /// The secrets as they were given.
    pub(super) given: Vec<Material>,
    /// Other spellings of them, made when nothing else opens a cookie.
    spelled: OnceLock<Vec<Material>>,
    /// The labels of the weak secrets, and why each is weak.
    pub(super) weak: Vec<(String, WeakSecret)>,
    /// The salts, without repetition.
    salts: Vec<Salt>,
    /// The app's settings, whose salts are tried first.
    settings: Settings,
    /// Keys of other numbers of rounds, by role.
    rounds: [OnceLock<Vec<Rounds>>; 4],
}

impl Keys {
    /// Collects the keys of `secrets` under the salts of `settings`, Rails' own, `others`, and those
    /// of messages.
    pub(super) fn new(
        secrets: &[Labelled],
        settings: &Settings,
        others: &[String],
        messages: &[&str],
    ) -> Self {
        let rails = settings.version.settings();
        let mut salts: Vec<Salt> = Vec::new();
        let mut add = |text: &str, is_for_messages| {
            if !salts.iter().any(|salt| salt.text == text) {
                salts.push(Salt {
                    text: text.to_owned(),
                    is_for_messages,
                });
            }
        };
        for settings in [settings, &rails] {
            for role in Role::ALL {
                add(role.salt(settings), false);
            }
        }
        for salt in others {
            add(salt, false);
        }
        for salt in messages {
            add(salt, true);
        }
        let keys = salts.len() * KeyDigest::ALL.len();
        let given = secrets.iter().enumerate();
        let given = given.map(|(index, given)| Material {
            index,
            spelling: None,
            secret: given.secret.clone(),
            keys: vec![OnceLock::new(); keys],
        });
        let weak = secrets.iter().filter_map(|Labelled { label, secret }| {
            let weak = secret.check().err()?;
            Some((label.clone(), weak))
        });
        Self {
            weak: weak.collect(),
            given: given.collect(),
            spelled: OnceLock::new(),
            salts,
            settings: settings.clone(),
            rounds: Default::default(),
        }
    }

    /// Returns other spellings of the first secrets.
    pub(super) fn spelled(&self) -> &[Material] {
        self.spelled.get_or_init(|| {
            let keys = self.salts.len() * KeyDigest::ALL.len();
            let given = self.given.iter().take(MOST_SPELLED);
            let spelled = given.flat_map(|given| {
                let spellings = spellings(given.secret.expose());
                spellings
                    .into_iter()
                    .filter_map(move |(spelling, mut text)| {
                        Some(Material {
                            index: given.index,
                            spelling: Some(spelling),
                            secret: SecretKeyBase::allow_short(std::mem::take(&mut *text)).ok()?,
                            keys: vec![OnceLock::new(); keys],
                        })
                    })
            });
            spelled.collect()
        })
    }

    /// Returns the keys of other numbers of rounds for a role: of the first secrets under the app's
    /// own salt. `derive` derives them at the first call.
    pub(super) fn rounds<'a, I: Iterator<Item = Rounds>>(
        &'a self,
        role: Role,
        derive: impl Fn(&'a Material, usize) -> I,
    ) -> &'a [Rounds] {
        let place = Role::ALL.iter().position(|other| *other == role);
        let cell = place.and_then(|place| self.rounds.get(place));
        cell.map_or(&[], |cell| {
            cell.get_or_init(|| {
                let salt = self.salts_for(role, Tier::Own).next();
                let given = self.given.iter().take(MOST_FOR_ROUNDS);
                let derived = given.filter_map(|given| Some(derive(given, salt?)));
                derived.flatten().collect()
            })
        })
    }

    /// Returns the number of salts that cookies may have.
    pub(super) fn salt_count(&self) -> usize {
        let salts = self.salts.iter();
        salts.filter(|salt| !salt.is_for_messages).count()
    }

    /// Returns a salt's text.
    pub(super) fn salt(&self, place: usize) -> &str {
        self.salts.get(place).map_or("", |salt| &salt.text)
    }

    /// Returns the indices of the salts to try for a role.
    pub(super) fn salts_for(&self, role: Role, tier: Tier) -> impl Iterator<Item = usize> {
        let rails = self.settings.version.settings();
        let own = [
            role.salt(&self.settings).to_owned(),
            role.salt(&rails).to_owned(),
        ];
        let salts = self.salts.iter().enumerate();
        salts
            .filter(move |(_, salt)| match tier {
                Tier::Messages => salt.is_for_messages,
                Tier::Own => own.contains(&salt.text),
                Tier::Others => !salt.is_for_messages && !own.contains(&salt.text),
            })
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
        let text = &self.salts.get(salt)?.text;
        let cell = material.keys.get(row * self.salts.len() + salt)?;
        Some(cell.get_or_init(|| {
            let keys = KeyGenerator::new(&material.secret).digest(digest);
            keys.generate_array(text)
        }))
    }
}
