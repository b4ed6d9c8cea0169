//! [`Rotation`]: former settings under which cookies were sealed
//! (`config.action_dispatch.cookies_rotations`).

use std::fmt;
use std::sync::Arc;

use crate::cipher::aes_cbc::AesCbcKey;
use crate::cipher::aes_gcm::AesGcmKey;
use crate::cipher::hmac::HmacKey;
use crate::key_generator::KeyGenerator;
use crate::message::base64::Alphabet;
use crate::message::codec::{Cbc, Codec, Gcm, Signed};
use crate::message::sealed_by::SealedBy;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::{CbcDigest, Cipher, HmacDigest, SecretKind, Settings};
use crate::weak_secret::WeakSecret;

use super::way::Way;

/// A secret with the settings under which cookies were, or still are, sealed.
///
/// ```
/// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
///
/// let secret = SecretKeyBase::generate()?;
/// let old = SecretKeyBase::generate()?;
/// let jar = Jar::encrypted(&secret, LoadDefaults::V7_0)
///     // load_defaults 6.1 -> 7.0 changed the key digest:
///     .rotation(Rotation::encrypted(&secret, LoadDefaults::V6_1))
///     // an older secret, and a cookie that was only signed, under another name:
///     .rotation(Rotation::encrypted(&old, LoadDefaults::V6_1))
///     .rotation(Rotation::signed(&old, LoadDefaults::V5_2).cookie_name("_old_session"));
/// # Ok::<(), hardtack::Error>(())
/// ```
#[derive(Clone)]
pub struct Rotation {
    codecs: Vec<Codec>,
    pub(super) settings: Settings,
    cookie_name: Option<String>,
    pub(super) writes: bool,
    /// The reason why its secret is weak; `None` if it is not.
    pub(super) weak: Option<WeakSecret>,
}

impl Rotation {
    /// Creates a rotation for cookies of the encrypted jar, with the settings' cipher only.
    ///
    /// ```
    /// use hardtack::settings::KeyDigest;
    /// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// // An app on load_defaults 7.0 that still derived its keys with SHA-1:
    /// let before = LoadDefaults::V7_0.settings().key_generator_hash_digest_class(KeyDigest::Sha1);
    /// let cookie = Jar::encrypted(&secret, before.clone()).write("tab", 2, None)?;
    ///
    /// let jar = Jar::encrypted(&secret, LoadDefaults::V7_0);
    /// assert!(jar.read_value::<u8>("tab", cookie.value()).is_err());
    /// let jar = jar.rotation(Rotation::encrypted(&secret, before));
    /// assert!(jar.read_value::<u8>("tab", cookie.value()).is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn encrypted(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        Self::new(secret, encrypted(secret, &settings, false), settings)
    }

    /// Creates a rotation for cookies of the signed jar, with the settings' digest only.
    ///
    /// ```
    /// use hardtack::settings::HmacDigest;
    /// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// # let cookie = Jar::signed(&secret, LoadDefaults::V7_1).write("seen", 7, None)?;
    /// let sha256 = LoadDefaults::V7_1.settings().signed_cookie_digest(HmacDigest::Sha256);
    /// let jar = Jar::signed(&secret, sha256);
    /// assert!(jar.read_value::<u8>("seen", cookie.value()).is_err()); // was signed with SHA-1
    /// let jar = jar.rotation(Rotation::signed(&secret, LoadDefaults::V7_1));
    /// assert!(jar.read_value::<u8>("seen", cookie.value()).is_ok());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn signed(secret: &SecretKeyBase, settings: impl Into<Settings>) -> Self {
        let settings = settings.into();
        Self::new(secret, vec![signed(secret, &settings)], settings)
    }

    /// Creates the encrypted jar's current settings, which open the cipher that is not used as
    /// well.
    pub(super) fn current(secret: &SecretKeyBase, settings: Settings) -> Self {
        Self::new(secret, encrypted(secret, &settings, true), settings)
    }

    fn new(secret: &SecretKeyBase, codecs: Vec<Codec>, settings: Settings) -> Self {
        Self {
            codecs,
            settings,
            cookie_name: None,
            writes: false,
            weak: secret.check().err(),
        }
    }

    /// Sets the former name of the cookie. It is tried if the cookie with the present name is
    /// missing or does not open.
    ///
    /// ```
    /// use hardtack::{CookieHeader, Jar, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let secret = SecretKeyBase::generate()?;
    /// # let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
    /// # let cookie = jar.write("_old_cart", [8], None)?;
    /// let header = format!("_old_cart={}", cookie.escaped_value());
    /// assert!(jar.read::<Vec<u8>>("_cart", &CookieHeader::new(&header))?.is_none());
    ///
    /// let jar = jar.rotation(Rotation::encrypted(&secret, LoadDefaults::V7_1).cookie_name("_old_cart"));
    /// assert!(jar.read::<Vec<u8>>("_cart", &CookieHeader::new(&header))?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn cookie_name(mut self, name: impl Into<String>) -> Self {
        self.cookie_name = Some(name.into());
        self
    }

    /// Makes the jar seal with this rotation: "read new, write old". Use it during a deploy in
    /// which some servers do not know the new settings yet. The jar still tries the current
    /// settings first when it reads. If several rotations of a jar are marked, the last one seals.
    ///
    /// ```
    /// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
    ///
    /// # let (new, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
    /// let jar = Jar::encrypted(&new, LoadDefaults::V7_1)
    ///     .rotation(Rotation::encrypted(&old, LoadDefaults::V7_1).writes());
    /// let cookie = jar.write("discount", 45, None)?;
    ///
    /// let server_of_yesterday = Jar::encrypted(&old, LoadDefaults::V7_1);
    /// assert!(server_of_yesterday.read_value::<u32>("discount", cookie.value()).is_ok());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn writes(mut self) -> Self {
        self.writes = true;
        self
    }

    /// Checks that the cookie had another name.
    pub(crate) fn is_renamed(&self) -> bool {
        self.cookie_name.is_some()
    }

    /// Returns the ways that it adds to a jar, as the rotation with this index, or as the current
    /// settings if there is no index. The first one seals; the others only read, as in Rails.
    pub(super) fn ways(&self, index: Option<usize>) -> impl Iterator<Item = Way> {
        let Self { settings, .. } = self;
        let name: Option<Arc<str>> = self.cookie_name.as_deref().map(Arc::from);
        let ways = self.codecs.iter().enumerate();
        ways.map(move |(number, codec)| {
            let key_digest = match (codec, settings.secret_kind) {
                (Codec::Signed(_), SecretKind::SecretToken) => None,
                _ => Some(settings.key_generator_hash_digest_class),
            };
            let sealed_by = SealedBy::by(codec, index, key_digest, settings.cookies_serializer);
            Way {
                codec: codec.clone(),
                envelope: settings.envelope,
                name: name.clone(),
                serializer: settings.cookies_serializer,
                sealed_by: SealedBy {
                    needs_rewrite: index.is_some() || number > 0,
                    by_older_name: name.is_some(),
                    ..sealed_by
                },
            }
        })
    }
}

/// Derives the codecs of the encrypted jar; the first one seals. With `upgrade`, also those of the
/// cipher that Rails reads beside the settings' own.
fn encrypted(secret: &SecretKeyBase, settings: &Settings, upgrade: bool) -> Vec<Codec> {
    let keys = KeyGenerator::new(secret).digest(settings.key_generator_hash_digest_class);
    // Up to 5.1 the app chose the digest of CBC messages; from 5.2 on they are written with
    // SHA-1, and the digest that the app chose is only used to read older ones.
    let chosen = settings.signed_cookie_digest;
    let (written, chosen) = match settings.cbc_digest {
        CbcDigest::Chosen => (chosen, None),
        CbcDigest::Sha1 => (
            HmacDigest::Sha1,
            (chosen != HmacDigest::Sha1).then_some(chosen),
        ),
    };
    let gcm = || {
        let salt = &settings.authenticated_encrypted_cookie_salt;
        let key = AesGcmKey::new(&keys.generate_array(salt));
        Codec::Gcm(Gcm::new(key, Alphabet::Standard))
    };
    let cbc = |digest| {
        let key = AesCbcKey::new(&keys.generate_array(&settings.encrypted_cookie_salt));
        let signing = signing_key(&keys, &settings.encrypted_signed_cookie_salt, digest);
        Codec::Cbc(Cbc::new(key, signing, Alphabet::Standard))
    };
    let mut codecs = Vec::new();
    match settings.cipher {
        Cipher::Aes256Cbc => {
            codecs.push(cbc(written));
            codecs.extend(chosen.map(cbc));
            codecs.extend((upgrade && settings.reads_gcm_beside_cbc).then(gcm));
        }
        Cipher::Aes256Gcm => {
            codecs.push(gcm());
            if upgrade && settings.reads_cbc_beside_gcm {
                codecs.push(cbc(written));
                codecs.extend(chosen.map(cbc));
            }
        }
    }
    codecs
}

/// Derives the codec of the signed jar.
fn signed(secret: &SecretKeyBase, settings: &Settings) -> Codec {
    let digest = settings.signed_cookie_digest;
    let key = match settings.secret_kind {
        SecretKind::SecretToken => HmacKey::new(digest, secret.expose()),
        SecretKind::SecretKeyBase => {
            let keys = KeyGenerator::new(secret).digest(settings.key_generator_hash_digest_class);
            signing_key(&keys, &settings.signed_cookie_salt, digest)
        }
    };
    Codec::Signed(Signed::new(key, Alphabet::Standard))
}

/// The length of signing keys in bytes: Rails asks for none, and gets 64
/// (`ActiveSupport::KeyGenerator#generate_key`).
const SIGNING_KEY_LENGTH: usize = 64;

fn signing_key(keys: &KeyGenerator, salt: &str, digest: HmacDigest) -> HmacKey {
    HmacKey::new(digest, &**keys.generate_array::<SIGNING_KEY_LENGTH>(salt))
}

impl fmt::Debug for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rotation")
            .field("settings", &self.settings)
            .field("cookie_name", &self.cookie_name)
            .finish_non_exhaustive()
    }
}
