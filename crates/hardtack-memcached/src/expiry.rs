//! [`exptime`]: the life of an entry, as Memcached takes it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The longest life that is counted from now, 30 days in seconds. A greater number is a time since 1970
/// (`REALTIME_MAXDELTA`).
const LONGEST_FROM_NOW: u64 = 30 * 24 * 60 * 60;

/// The last time that Memcached understands, in January 2038: it reads 32 bits with a sign, and takes an
/// entry with a later end for expired.
const LAST: u64 = i32::MAX as u64;

/// Returns the number of an entry that lives for `ttl` from `now`; 0 has no end.
///
/// A life is rounded up to whole seconds, and is a second longer: Memcached's clock may be about to strike,
/// and 0 would be no end at all. `Rack::Session::Dalli` adds that second too.
pub(crate) fn exptime(ttl: Option<Duration>, now: SystemTime) -> u64 {
    let Some(ttl) = ttl else { return 0 };
    let seconds = ttl.as_secs();
    let seconds = seconds.saturating_add(1 + u64::from(ttl.subsec_nanos() > 0));
    if seconds <= LONGEST_FROM_NOW {
        return seconds;
    }
    let now = now.duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_secs().saturating_add(seconds).min(LAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lives_are_whole_seconds_and_times_after_thirty_days() {
        let now = UNIX_EPOCH + Duration::from_millis(1_800_000_000_900);
        let days = |days: u64| Duration::from_secs(days * 24 * 60 * 60);
        let second = Duration::from_secs(1);
        for (ttl, expected) in [
            (None, 0),
            (Some(Duration::ZERO), 1),
            (Some(Duration::from_nanos(1)), 2),
            (Some(Duration::from_millis(999)), 2),
            (Some(second), 2),
            (Some(Duration::from_millis(1001)), 3),
            (Some(Duration::from_secs(2_591_999)), 2_592_000),
            (Some(days(30)), 1_802_592_001),
            (Some(Duration::from_millis(2_591_998_001)), 2_592_000),
            (Some(days(30) + Duration::from_nanos(1)), 1_802_592_002),
            (Some(days(30) + second), 1_802_592_002),
            (Some(days(365)), 1_831_536_001),
            (Some(days(36500)), 2_147_483_647),
            (Some(Duration::MAX), 2_147_483_647),
        ] {
            assert_eq!(exptime(ttl, now), expected, "{ttl:?}");
        }
    }
}
