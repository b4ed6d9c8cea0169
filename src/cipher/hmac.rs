//! HMAC (RFC 2104) with the digests that Rails apps choose from.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use crate::settings::HmacDigest;
use crate::stack;

use super::expanded::Expanded;

/// The longest digest in bytes.
pub(crate) const LONGEST: usize = 64;

/// An expanded key with its digest, wiped when dropped.
#[derive(Clone)]
pub(crate) enum HmacKey {
    Sha1(Expanded<Hmac<Sha1>>),
    Sha224(Expanded<Hmac<Sha224>>),
    Sha256(Expanded<Hmac<Sha256>>),
    Sha384(Expanded<Hmac<Sha384>>),
    Sha512(Expanded<Hmac<Sha512>>),
    #[cfg(feature = "legacy-digests")]
    Md5(Expanded<Hmac<md5::Md5>>),
    #[cfg(feature = "legacy-digests")]
    Ripemd160(Expanded<Hmac<ripemd::Ripemd160>>),
}

/// Runs the body with the `Hmac` that a key holds.
macro_rules! with_hmac {
    ($key:expr, $hmac:ident => $body:expr) => {
        match $key {
            HmacKey::Sha1($hmac) => $body,
            HmacKey::Sha224($hmac) => $body,
            HmacKey::Sha256($hmac) => $body,
            HmacKey::Sha384($hmac) => $body,
            HmacKey::Sha512($hmac) => $body,
            #[cfg(feature = "legacy-digests")]
            HmacKey::Md5($hmac) => $body,
            #[cfg(feature = "legacy-digests")]
            HmacKey::Ripemd160($hmac) => $body,
        }
    };
}

/// A code that [`HmacKey::sign`] made: as many bytes as its digest is long.
pub(crate) struct Code {
    bytes: [u8; LONGEST],
    length: usize,
}

impl Code {
    fn new(bytes: &[u8]) -> Self {
        let mut code = Self {
            bytes: [0; LONGEST],
            length: bytes.len(),
        };
        for (to, from) in code.bytes.iter_mut().zip(bytes) {
            *to = *from;
        }
        code
    }

    /// Returns the code's bytes.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> {
        self.bytes.into_iter().take(self.length)
    }
}

impl HmacKey {
    /// Expands a key of any length.
    pub(crate) fn new(digest: HmacDigest, key: &[u8]) -> Self {
        // HMAC takes a key of any length (RFC 2104 section 2): the fall-back is never reached.
        macro_rules! hmac {
            () => {
                Expanded::new(|| {
                    let key = Hmac::new_from_slice(key);
                    key.unwrap_or_else(|_| Hmac::new(&Default::default()))
                })
            };
        }
        match digest {
            HmacDigest::Sha1 => Self::Sha1(hmac!()),
            HmacDigest::Sha224 => Self::Sha224(hmac!()),
            HmacDigest::Sha256 => Self::Sha256(hmac!()),
            HmacDigest::Sha384 => Self::Sha384(hmac!()),
            HmacDigest::Sha512 => Self::Sha512(hmac!()),
            #[cfg(feature = "legacy-digests")]
            HmacDigest::Md5 => Self::Md5(hmac!()),
            #[cfg(feature = "legacy-digests")]
            HmacDigest::Ripemd160 => Self::Ripemd160(hmac!()),
        }
    }

    /// Returns the digest that the key was made for.
    pub(crate) fn digest(&self) -> HmacDigest {
        match self {
            Self::Sha1(_) => HmacDigest::Sha1,
            Self::Sha224(_) => HmacDigest::Sha224,
            Self::Sha256(_) => HmacDigest::Sha256,
            Self::Sha384(_) => HmacDigest::Sha384,
            Self::Sha512(_) => HmacDigest::Sha512,
            #[cfg(feature = "legacy-digests")]
            Self::Md5(_) => HmacDigest::Md5,
            #[cfg(feature = "legacy-digests")]
            Self::Ripemd160(_) => HmacDigest::Ripemd160,
        }
    }

    /// Returns the length of a code in bytes.
    pub(crate) fn code_length(&self) -> usize {
        self.digest().len()
    }

    /// Signs a text.
    pub(crate) fn sign(&self, text: &[u8]) -> Code {
        with_hmac!(self, hmac => stack::wiped_hmac(|| {
            Code::new(&Hmac::clone(hmac).chain_update(text).finalize().into_bytes())
        }))
    }

    /// Returns the text as verified if the code is exactly its own, uncut. The time that it takes
    /// does not depend on the place where the codes differ.
    pub(crate) fn verify<'a>(&self, text: &'a [u8], code: &[u8]) -> Option<Verified<&'a [u8]>> {
        let right = with_hmac!(self, hmac => stack::wiped_hmac(|| {
            Hmac::clone(hmac).chain_update(text).verify_slice(code).is_ok()
        }));
        right.then_some(Verified(text))
    }
}

/// Bytes that [`HmacKey::verify`] accepted, or a value made of such bytes: nothing else creates
/// one.
pub(crate) struct Verified<T>(T);

impl<T> Verified<T> {
    /// Makes a verified value of verified bytes alone.
    pub(crate) fn and_then<U>(self, make: impl FnOnce(T) -> Option<U>) -> Option<Verified<U>> {
        make(self.0).map(Verified)
    }

    pub(crate) fn into_inner(self) -> T {
        self.0
    }
}
