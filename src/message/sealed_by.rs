//! [`SealedBy`]: the settings under which an opened cookie was sealed.

use std::fmt;

use crate::serializer::Format;
use crate::settings::{Cipher, HmacDigest, KeyDigest, Serializer};

use super::codec::Codec;
use super::jar_kind::JarKind;

/// The settings under which an opened cookie was sealed: the rotation that opened it, and the
/// cipher, digests and serializer that it really has.
///
/// `Display` writes them in one line. None of it comes from the cookie's value.
///
/// ```
/// use hardtack::message::JarKind;
/// use hardtack::settings::{Cipher, KeyDigest};
/// use hardtack::{Jar, LoadDefaults, Rotation, SecretKeyBase};
///
/// # let (secret, old) = (SecretKeyBase::generate()?, SecretKeyBase::generate()?);
/// # let json = |version: LoadDefaults| version.settings().cookies_serializer(hardtack::Serializer::Json);
/// # let cookie = Jar::encrypted(&old, json(LoadDefaults::V5_1)).write("cart", [8], None)?;
/// let jar = Jar::encrypted(&secret, LoadDefaults::V7_1)
///     .rotation(Rotation::encrypted(&old, LoadDefaults::V5_1));
/// let opened = jar.read_value::<Vec<u8>>("cart", cookie.value())?;
/// let how = opened.sealed_by();
/// assert_eq!((how.rotation, how.jar), (Some(0), JarKind::Encrypted));
/// assert_eq!((how.cipher, how.key_digest), (Some(Cipher::Aes256Cbc), Some(KeyDigest::Sha1)));
/// assert_eq!(how.to_string(), "rotation 0: encrypted, aes-256-cbc, key digest SHA1, HMAC digest SHA1, json; to be written again");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct SealedBy {
    /// The index of the rotation that opened it, counted from 0 in the order in which they were
    /// added; `None` if the current settings opened it.
    pub rotation: Option<usize>,
    /// The jar in which it was sealed.
    pub jar: JarKind,
    /// The cipher with which it was sealed. It may differ from the cipher of the settings, since
    /// Rails reads the other one too. `None` in the signed jar, and for the AES-256-CTR of
    /// rack-session.
    pub cipher: Option<Cipher>,
    /// The key digest, with which the keys were derived; `None` if the secret itself was the key: a
    /// `secret_token`, or the key of a message.
    pub key_digest: Option<KeyDigest>,
    /// The digest of its HMAC, in the signed jar and with AES-256-CBC; `None` with AES-256-GCM,
    /// which has no HMAC.
    pub hmac_digest: Option<HmacDigest>,
    /// The format of its value: `Json`, `Marshal` or `MessagePack`.
    pub serializer: Serializer,
    /// It should be written again: see
    /// [`Opened::needs_rewrite`](crate::message::Opened::needs_rewrite).
    pub needs_rewrite: bool,
    /// It was sent under the rotation's older name.
    pub by_older_name: bool,
}

impl SealedBy {
    /// Describes a cookie that a codec opens; `serializer` is the expected format of its value.
    pub(crate) fn by(
        codec: &Codec,
        rotation: Option<usize>,
        key_digest: Option<KeyDigest>,
        serializer: Serializer,
    ) -> Self {
        let cipher = codec.cipher();
        let jar = match cipher {
            Some(_) => JarKind::Encrypted,
            None => JarKind::Signed,
        };
        Self {
            rotation,
            jar,
            cipher,
            key_digest,
            hmac_digest: codec.hmac_digest(),
            serializer,
            needs_rewrite: rotation.is_some(),
            by_older_name: false,
        }
    }

    /// Changes the serializer to the format that was found, and marks the cookie for rewriting if
    /// another is written. Under `:marshal` Rails rewrites nothing (`force_reserialize` and
    /// `reserialize?` in `cookies.rb`).
    pub(crate) fn in_format(self, found: Format, written: Format) -> Self {
        Self {
            serializer: found.serializer(),
            needs_rewrite: self.needs_rewrite || (found != written && written != Format::Marshal),
            ..self
        }
    }
}

impl fmt::Display for SealedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rotation {
            None => write!(f, "current: {}", self.jar)?,
            Some(index) => write!(f, "rotation {index}: {}", self.jar)?,
        }
        if let Some(cipher) = self.cipher {
            write!(f, ", {cipher}")?;
        }
        match self.key_digest {
            Some(digest) => write!(f, ", key digest {digest}")?,
            None => f.write_str(", the secret itself as key")?,
        }
        if let Some(digest) = self.hmac_digest {
            write!(f, ", HMAC digest {digest}")?;
        }
        write!(f, ", {}", self.serializer)?;
        if self.by_older_name {
            f.write_str(", under an older name")?;
        }
        if self.needs_rewrite {
            f.write_str("; to be written again")?;
        }
        Ok(())
    }
}
