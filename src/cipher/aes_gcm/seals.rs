//! [`Seals`]: how many messages a key has sealed.
//!
//! A key that is used with random 96-bit nonces is good for 2^32 messages: with more, the chance
//! that a nonce repeats is above one in 2^32 (NIST SP 800-38D section 8.3), and one repeated nonce
//! gives the key's authentication away.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};

use crate::stack;

/// A quarter of what a key is good for: time to plan another one.
const SOON: u64 = 1 << 30;

/// All that a key is good for.
const BOUND: u64 = 1 << 32;

/// What tells a key from others, and does not tell what it is.
type Fingerprint = [u8; 32];

/// The numbers of all keys that have sealed anything: one key counts once in the process, however
/// often it was derived.
static NUMBERS: Mutex<BTreeMap<Fingerprint, Arc<AtomicU64>>> = Mutex::new(BTreeMap::new());

/// The number of one key, shared by all that seal with it.
#[derive(Clone)]
pub(super) struct Seals {
    fingerprint: Fingerprint,
    /// Looked up when it is first needed: most keys only open.
    number: OnceLock<Arc<AtomicU64>>,
}

impl Seals {
    /// Of this key.
    pub(super) fn of(key: &[u8; 32]) -> Self {
        let fingerprint = stack::wiped(|| {
            let digest = Sha256::new_with_prefix(b"hardtack: number of seals");
            digest.chain_update(key).finalize().into()
        });
        Self {
            fingerprint,
            number: OnceLock::new(),
        }
    }

    fn shared(&self) -> &AtomicU64 {
        self.number.get_or_init(|| {
            // A map of numbers is right whatever happened to whoever held the lock.
            let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(numbers.entry(self.fingerprint).or_default())
        })
    }

    /// Counts one more, and says so where it is one to think about.
    pub(super) fn count(&self) {
        let number = self.shared().fetch_add(1, Relaxed) + 1;
        if number == SOON || number == BOUND {
            tell(number);
        }
    }

    pub(super) fn number(&self) -> u64 {
        self.shared().load(Relaxed)
    }

    pub(super) fn set(&self, number: u64) {
        self.shared().store(number, Relaxed);
    }
}

/// Each is passed once, and so told once.
#[cfg(feature = "tracing")]
#[cold]
fn tell(number: u64) {
    if number < BOUND {
        tracing::warn!(
            target: "hardtack",
            seals = number,
            "a key has sealed 2^30 messages in this process, of the 2^32 that it is good for in all of \
             them: plan to change the secret, with a rotation"
        );
    } else {
        tracing::error!(
            target: "hardtack",
            seals = number,
            "a key has sealed 2^32 messages in this process, which is all that it is good for: change the \
             secret now, with a rotation"
        );
    }
}

#[cfg(not(feature = "tracing"))]
fn tell(_number: u64) {}
