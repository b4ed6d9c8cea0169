//! [`delay`]: the time before a server that is away is tried again.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

const SHORTEST: Duration = Duration::from_millis(50);
const LONGEST: Duration = Duration::from_secs(1);

/// Returns the time until the next attempt after so many failed ones: 50 ms, doubled each time up
/// to 1 s, then reduced at random to between a half and all of it, so that processes do not come
/// back at one moment.
pub(crate) fn delay(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(10);
    let most = LONGEST.min(SHORTEST * 2_u32.pow(doublings));
    // The standard library's random keys, since nothing here is secret.
    let chance = RandomState::new().hash_one(failures) % 1000;
    most / 2 + most * u32::try_from(chance).unwrap_or(0) / 2000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_delay_doubles_up_to_a_second() {
        for (failures, most) in [
            (0, 50),
            (1, 50),
            (2, 100),
            (4, 400),
            (6, 1000),
            (u32::MAX, 1000),
        ] {
            for _ in 0..100 {
                let delay = delay(failures);
                let most = Duration::from_millis(most);
                assert!(delay >= most / 2 && delay <= most, "{failures}: {delay:?}");
            }
        }
    }

    #[test]
    fn delays_differ() {
        let delays: std::collections::HashSet<_> = (0..100).map(|_| delay(6)).collect();
        assert!(delays.len() > 10, "{delays:?}");
    }
}
