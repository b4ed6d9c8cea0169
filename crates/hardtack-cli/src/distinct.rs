//! [`Distinct`]: each cookie once, however often it comes.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

/// How many cookies are told apart.
pub(crate) const MOST: usize = 100_000;

/// The cookies that were met, by two hashes each: what they hold is not kept.
pub(crate) struct Distinct {
    most: usize,
    places: HashMap<(u64, u64), usize>,
    hashers: (RandomState, RandomState),
}

/// Whether a cookie was met before.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Meeting {
    First,
    /// It was the one of this place among the first ones.
    Again(usize),
    /// It is none of those that are told apart, and no more are.
    Full,
}

impl Distinct {
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            places: HashMap::new(),
            hashers: (RandomState::new(), RandomState::new()),
        }
    }

    pub(crate) fn len(&self) -> usize {
        self.places.len()
    }

    pub(crate) fn meet(&mut self, name: Option<&str>, value: &[u8]) -> Meeting {
        let (one, other) = &self.hashers;
        let key = (one.hash_one((name, value)), other.hash_one((name, value)));
        if let Some(place) = self.places.get(&key) {
            return Meeting::Again(*place);
        }
        let place = self.places.len();
        if place >= self.most {
            return Meeting::Full;
        }
        self.places.insert(key, place);
        Meeting::First
    }

    /// Tells no more apart than those that were met.
    pub(crate) fn close(&mut self) {
        self.most = self.places.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_bounded_and_what_was_met_stays_known() {
        let mut distinct = Distinct::new(3);
        let mut meet = |name, value: &str| distinct.meet(name, value.as_bytes());
        assert_eq!(meet(Some("a"), "1"), Meeting::First);
        assert_eq!(meet(Some("a"), "1"), Meeting::Again(0));
        assert_eq!(meet(Some("b"), "1"), Meeting::First);
        assert_eq!(meet(None, "1"), Meeting::First);
        assert_eq!(meet(Some("a"), "2"), Meeting::Full);
        assert_eq!(meet(None, "1"), Meeting::Again(2));
        assert_eq!(distinct.len(), 3);

        let mut distinct = Distinct::new(3);
        assert_eq!(distinct.meet(None, b"1"), Meeting::First);
        distinct.close();
        assert_eq!(distinct.meet(None, b"2"), Meeting::Full);
    }
}
