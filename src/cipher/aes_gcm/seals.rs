//! [`Seals`]: counts the messages that a key has sealed.
//!
//! A key that is used with random 96-bit nonces is good for 2^32 messages: with more, the chance
//! that a nonce repeats is above one in 2^32 (NIST SP 800-38D section 8.3), and a single repeated
//! nonce reveals the key's authentication key.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use sha2::{Digest, Sha256};

use crate::stack;

/// A quarter of the messages that a key is good for: time to plan its replacement.
const SOON: u64 = 1 << 30;

/// The number of messages that a key is good for.
const BOUND: u64 = 1 << 32;

/// A value that tells keys apart and reveals nothing of them.
type Fingerprint = [u8; 32];

/// The numbers of all keys that have sealed a message: a key counts once in the process, however
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
    /// Creates the counter of this key.
    pub(super) fn of(key: &[u8]) -> Self {
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
            // A map of numbers is valid even if a holder of the lock panicked.
            let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(numbers.entry(self.fingerprint).or_default())
        })
    }

    /// Counts one more message, and warns if the number reaches a bound.
    pub(super) fn count(&self) {
        self.change(|number| number.checked_add(1));
    }

    pub(super) fn number(&self) -> u64 {
        self.shared().load(Relaxed)
    }

    /// Raises the number to `to`, if that is more.
    pub(super) fn raise(&self, to: u64) {
        self.change(|number| (number < to).then_some(to));
    }

    /// Raises the number, or leaves it. The number never falls, so it passes each bound once in the
    /// process, and only the change that passes a bound warns.
    fn change(&self, higher: impl Fn(u64) -> Option<u64>) {
        if let Ok(before) = self.shared().fetch_update(Relaxed, Relaxed, &higher)
            && let Some(number) = higher(before)
            && let Some(bound) = passed(before, number)
        {
            tell(bound, number);
        }
    }
}

/// Returns the bound that lies between two numbers; of two the higher.
fn passed(before: u64, number: u64) -> Option<u64> {
    let mut bounds = [BOUND, SOON].into_iter();
    bounds.find(|&bound| before < bound && bound <= number)
}

#[cfg(feature = "tracing")]
#[cold]
fn tell(bound: u64, number: u64) {
    if bound < BOUND {
        tracing::warn!(
            target: "hardtack",
            seals = number,
            "a key has sealed 2^30 messages that are known of here, of the 2^32 that it is good for in \
             all processes: plan to change the secret, with a rotation"
        );
    } else {
        tracing::error!(
            target: "hardtack",
            seals = number,
            "a key has sealed 2^32 messages, which is all that it is good for: change the secret now, \
             with a rotation"
        );
    }
}

#[cfg(not(feature = "tracing"))]
fn tell(_bound: u64, _number: u64) {}
