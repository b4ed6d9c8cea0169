//! [`Rounds`]: keys of other numbers of rounds than the 1000 that Rails uses.
//!
//! An app that makes its own `ActiveSupport::KeyGenerator` gets 65,536 rounds if it names no number
//! (2**16, `key_generator.rb`). The rounds of PBKDF2 (RFC 8018 section 5.2) follow one another, so
//! that one run to the highest number gives the keys of all lower ones.

use std::sync::Arc;

use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

use crate::key_generator::KeyArray;
use crate::secret_key_base::SecretKeyBase;
use crate::settings::KeyDigest;
use crate::stack;

/// The highest number of rounds.
pub(super) const MOST: u32 = 65_536;

/// The length of a key in bytes.
const LENGTH: usize = 64;

/// A key, and how it was derived.
#[derive(Clone)]
pub(super) struct Rounds {
    /// The index of the given secret.
    pub(super) index: usize,
    pub(super) digest: KeyDigest,
    pub(super) count: u32,
    /// The index of the salt.
    pub(super) salt: usize,
    pub(super) key: KeyArray<LENGTH>,
}

/// Returns `true` for the numbers that people choose: powers of two, and multiples of 500.
fn is_likely(rounds: u32) -> bool {
    rounds.is_power_of_two() || rounds.is_multiple_of(500)
}

/// Derives the keys of all likely numbers of rounds, except the number that Rails uses. Only the
/// first `length` bytes of each key are derived.
pub(super) fn derive(
    secret: &SecretKeyBase,
    digest: KeyDigest,
    salt: &str,
    length: usize,
) -> Vec<(u32, KeyArray<LENGTH>)> {
    let secret = secret.expose();
    stack::wiped(|| match digest {
        KeyDigest::Sha1 => {
            let short = (secret.len() > BLOCK).then(|| Sha1::digest(secret));
            let key = short.as_deref().unwrap_or(secret);
            run(SHA1, sha1::block_api::compress, key, salt, length)
        }
        KeyDigest::Sha256 => {
            let short = (secret.len() > BLOCK).then(|| Sha256::digest(secret));
            let key = short.as_deref().unwrap_or(secret);
            run(SHA256, sha2::block_api::compress256, key, salt, length)
        }
        _ => Vec::new(),
    })
}

/// The size of a block of SHA-1 and SHA-256 in bytes.
const BLOCK: usize = 64;

/// The initial states of FIPS 180-4 sections 5.3.1 and 5.3.3.
const SHA1: [u32; 5] = [
    0x6745_2301,
    0xefcd_ab89,
    0x98ba_dcfe,
    0x1032_5476,
    0xc3d2_e1f0,
];
const SHA256: [u32; 8] = [
    0x6a09_e667,
    0xbb67_ae85,
    0x3c6e_f372,
    0xa54f_f53a,
    0x510e_527f,
    0x9b05_688c,
    0x1f83_d9ab,
    0x5be0_cd19,
];

/// HMAC (RFC 2104) of messages of at most one block, on the bare compression function: the states
/// after the two key blocks are computed once.
struct Prf<const N: usize> {
    compress: fn(&mut [u32; N], &[[u8; BLOCK]]),
    inner: [u32; N],
    outer: [u32; N],
}

impl<const N: usize> Prf<N> {
    fn new(initial: [u32; N], compress: fn(&mut [u32; N], &[[u8; BLOCK]]), key: &[u8]) -> Self {
        let state = |pad: u8| {
            let mut block = Zeroizing::new([pad; BLOCK]);
            for (to, from) in block.iter_mut().zip(key) {
                *to ^= from;
            }
            let mut state = initial;
            compress(&mut state, &[*block]);
            state
        };
        Self {
            compress,
            inner: state(0x36),
            outer: state(0x5c),
        }
    }

    /// Fills a block with the padding for a message of `length` bytes behind a key block.
    fn padded(length: usize) -> [u8; BLOCK] {
        let mut block = [0; BLOCK];
        if let Some(end) = block.get_mut(length) {
            *end = 0x80;
        }
        let bits = u16::try_from(8 * (BLOCK + length)).unwrap_or(u16::MAX);
        for (to, from) in block.iter_mut().rev().zip(bits.to_le_bytes()) {
            *to = from;
        }
        block
    }

    /// Signs the message in a padded block; `outer` is a padded block for a digest.
    fn sign(&self, message: &[u8; BLOCK], outer: &mut [u8; BLOCK]) -> [u32; N] {
        let mut state = self.inner;
        (self.compress)(&mut state, std::slice::from_ref(message));
        put(outer, &state);
        let mut state = self.outer;
        (self.compress)(&mut state, std::slice::from_ref(outer));
        state
    }
}

/// Writes the words at the start of a block.
fn put<const N: usize>(block: &mut [u8; BLOCK], words: &[u32; N]) {
    for (bytes, word) in block.chunks_exact_mut(4).zip(words) {
        bytes.copy_from_slice(&word.to_be_bytes());
    }
}

fn run<const N: usize>(
    initial: [u32; N],
    compress: fn(&mut [u32; N], &[[u8; BLOCK]]),
    key: &[u8],
    salt: &str,
    length: usize,
) -> Vec<(u32, KeyArray<LENGTH>)> {
    let mut keys: Vec<(u32, KeyArray<LENGTH>)> = (1..=MOST)
        .filter(|rounds| is_likely(*rounds) && *rounds != 1000)
        .map(|rounds| (rounds, Arc::new(Zeroizing::new([0; LENGTH]))))
        .collect();
    // A salt that does not fit one block is too long for this.
    if salt.len() + 4 + 9 > BLOCK {
        return Vec::new();
    }
    let mut prf = Prf::new(initial, compress, key);
    let digest = 4 * N;
    for number in 0..length.min(LENGTH).div_ceil(digest) {
        let index = u32::try_from(number + 1).unwrap_or(u32::MAX).to_be_bytes();
        let mut message = Prf::<N>::padded(salt.len() + index.len());
        for (to, from) in message.iter_mut().zip(salt.as_bytes().iter().chain(&index)) {
            *to = *from;
        }
        let mut outer = Prf::<N>::padded(digest);
        let mut last = prf.sign(&message, &mut outer);
        let mut message = Prf::<N>::padded(digest);
        let mut sum = last;
        let mut made = 1;
        for (rounds, key) in &mut keys {
            while made < *rounds {
                put(&mut message, &last);
                last = prf.sign(&message, &mut outer);
                for (sum, word) in sum.iter_mut().zip(&last) {
                    *sum ^= word;
                }
                made += 1;
            }
            let key = Arc::make_mut(key);
            let bytes = sum.iter().flat_map(|word| word.to_be_bytes());
            for (to, from) in key.iter_mut().skip(number * digest).zip(bytes) {
                *to = from;
            }
        }
    }
    prf.inner.zeroize();
    prf.outer.zeroize();
    keys
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::key_generator::KeyGenerator;

    /// Each key is the one that PBKDF2 derives alone.
    #[test]
    fn every_number_of_rounds_is_pbkdf2() {
        for (secret, length) in [
            ("password".to_owned(), 64),
            ("0123456789abcdef".repeat(8), 32),
        ] {
            let secret = SecretKeyBase::allow_short(secret).unwrap();
            for digest in [KeyDigest::Sha1, KeyDigest::Sha256] {
                let keys = derive(&secret, digest, "authenticated encrypted cookie", length);
                assert_eq!(keys.len(), 17 + 131 - 1);
                let some = keys
                    .iter()
                    .filter(|(rounds, _)| [1, 2, 4096, 20_000].contains(rounds));
                let mut ran = 0;
                for (rounds, key) in some {
                    let alone = KeyGenerator::new(&secret)
                        .digest(digest)
                        .iterations(*rounds);
                    let alone = alone.generate_key("authenticated encrypted cookie", length);
                    assert_eq!(key[..length], *alone.expose(), "{rounds}");
                    ran += 1;
                }
                assert_eq!(ran, 4);
            }
        }
    }
}
