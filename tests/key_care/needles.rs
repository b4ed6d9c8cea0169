//! The needles: the secret itself, the keys derived from it, and the expanded keys of HMAC, AES and
//! GCM.
//!
//! The parent derives and holds the needles. The child never gets them.

use std::collections::{BTreeSet, HashMap};

use aes::Aes256;
use aes::cipher::{BlockCipherEncrypt, KeyInit};
use pbkdf2::pbkdf2_hmac;
use sha1::block_api::Sha1Core;
use sha1::digest::Digest;
use sha1::digest::block_api::{UpdateCore, VariableOutputCore};
use sha1::digest::common::hazmat::SerializableState;
use sha2::block_api::{Sha256VarCore, Sha512VarCore};

use crate::aes_schedule;

/// The length of a part of a secret that counts as found, in bytes.
pub(crate) const WINDOW: usize = 16;

/// Rails' salts, and one of an application's own.
pub(crate) const SALTS: [&str; 5] = [
    "authenticated encrypted cookie",
    "encrypted cookie",
    "signed encrypted cookie",
    "signed cookie",
    "invoices",
];

/// Every piece of [`WINDOW`] bytes, with the name of its needle.
pub(crate) struct Needles {
    names: Vec<String>,
    windows: HashMap<[u8; WINDOW], usize>,
    /// The first two bytes of every piece, so that most of the memory needs no look-up.
    starts: Vec<bool>,
}

impl Needles {
    /// Adds a `secret_key_base`: the secret itself, as the key of an HMAC, and the keys for
    /// [`SALTS`].
    pub(crate) fn of(secret: &[u8]) -> Self {
        let mut needles = Self {
            names: Vec::new(),
            windows: HashMap::new(),
            starts: vec![false; 1 << 16],
        };
        needles.add_key("secret", secret);
        // The keys of rack-session: what the salts are signed with, and the messages.
        needles.add_key("secret's head", &secret[..32]);
        needles.add_key("secret's rest", &secret[32..]);
        for salt in SALTS {
            // An AES key is the first half of it.
            let mut key = [0; 64];
            pbkdf2_hmac::<sha1::Sha1>(secret, salt.as_bytes(), 1000, &mut key);
            needles.add_key(&format!("SHA1 {salt}"), &key);
            needles.add_aes(&format!("SHA1 {salt}"), &key);
            pbkdf2_hmac::<sha2::Sha256>(secret, salt.as_bytes(), 1000, &mut key);
            needles.add_key(&format!("SHA256 {salt}"), &key);
            needles.add_aes(&format!("SHA256 {salt}"), &key);
        }
        needles
    }

    /// Adds a key, and its expanded form in an HMAC (RFC 2104 section 2).
    pub(crate) fn add_key(&mut self, name: &str, key: &[u8]) {
        self.add(name, key);
        self.add_hmac::<64>(
            &format!("{name}, HMAC-SHA1"),
            key,
            |key| sha1::Sha1::digest(key).to_vec(),
            |block| {
                let mut core = Sha1Core::default();
                core.update_blocks(&[(*block).into()]);
                core.serialize()[..20].to_vec()
            },
        );
        self.add_hmac::<64>(
            &format!("{name}, HMAC-SHA256"),
            key,
            |key| sha2::Sha256::digest(key).to_vec(),
            |block| {
                let mut core = Sha256VarCore::new(32).unwrap();
                core.update_blocks(&[(*block).into()]);
                core.serialize()[..32].to_vec()
            },
        );
        self.add_hmac::<128>(
            &format!("{name}, HMAC-SHA512"),
            key,
            |key| sha2::Sha512::digest(key).to_vec(),
            |block| {
                let mut core = Sha512VarCore::new(64).unwrap();
                core.update_blocks(&[(*block).into()]);
                core.serialize()[..64].to_vec()
            },
        );
    }

    /// Adds the expanded keys of AES-256 and GCM; the AES key is the first half of these bytes. GCM
    /// authenticates by the encrypted zero block (NIST SP 800-38D section 7.1, step 1), which
    /// libraries keep as the key of POLYVAL (RFC 8452, appendix A): reversed, times x.
    fn add_aes(&mut self, name: &str, bytes: &[u8; 64]) {
        let key: &[u8; 32] = bytes.first_chunk().unwrap();
        self.add(
            &format!("{name}, AES-256 round keys"),
            &aes_schedule::round_keys(key),
        );
        let mut block = [0; 16].into();
        Aes256::new(key.into()).encrypt_block(&mut block);
        self.add(&format!("{name}, GHASH key"), &block);
        block.reverse();
        let key = u128::from_le_bytes(block.into());
        let carried = [0, 121, 126, 127].map(|bit| (key >> 127) << bit);
        let key = carried.iter().fold(key << 1, |key, term| key ^ term);
        self.add(&format!("{name}, POLYVAL key"), &key.to_le_bytes());
    }

    fn add_hmac<const BLOCK: usize>(
        &mut self,
        name: &str,
        key: &[u8],
        digest: impl Fn(&[u8]) -> Vec<u8>,
        state: impl Fn(&[u8; BLOCK]) -> Vec<u8>,
    ) {
        let mut block = [0; BLOCK];
        if key.len() > BLOCK {
            let digest = digest(key);
            self.add(&format!("{name} key"), &digest);
            block[..digest.len()].copy_from_slice(&digest);
        } else {
            block[..key.len()].copy_from_slice(key);
        }
        // The padding of the block after the key is not secret.
        let length = key.len().min(if key.len() > BLOCK {
            digest(key).len()
        } else {
            BLOCK
        });
        for (pad, byte) in [("inner", 0x36), ("outer", 0x5c)] {
            let padded = block.map(|own| own ^ byte);
            self.add(&format!("{name} {pad} block"), &padded[..length]);
            self.add(&format!("{name} {pad} state"), &state(&padded));
        }
    }

    pub(crate) fn add(&mut self, name: &str, bytes: &[u8]) {
        assert!(
            bytes.len() >= WINDOW,
            "{name}: {} bytes are too few",
            bytes.len()
        );
        self.names.push(name.to_owned());
        for window in bytes.windows(WINDOW) {
            let window: [u8; WINDOW] = window.try_into().unwrap();
            self.starts[usize::from(u16::from_le_bytes([window[0], window[1]]))] = true;
            self.windows.entry(window).or_insert(self.names.len() - 1);
        }
    }

    /// Returns the number of windows.
    pub(crate) fn count(&self) -> usize {
        self.windows.len()
    }

    /// Adds the names of the needles in these bytes to `found`.
    pub(crate) fn found_in<'n>(&'n self, bytes: &[u8], found: &mut BTreeSet<&'n str>) {
        for window in bytes.windows(WINDOW) {
            if !self.starts[usize::from(u16::from_le_bytes([window[0], window[1]]))] {
                continue;
            }
            if let Some(name) = self.windows.get(window) {
                found.insert(&self.names[*name]);
            }
        }
    }
}
