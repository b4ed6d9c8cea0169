//! Writes numbers and times in words.

use time::OffsetDateTime;

use crate::message::expiry::iso8601;

/// Writes a number with its noun: "1 byte", "2 bytes".
pub(super) fn count(number: usize, noun: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{ending}")
}

/// Writes an expiry: "2026-01-02T03:04:05.678Z, 3 days ago".
pub(super) fn expiry(at: OffsetDateTime, now: OffsetDateTime) -> String {
    let date = iso8601(at).unwrap_or_else(|_| "at a date beyond the year 9999".to_owned());
    let distance = distance((at - now).unsigned_abs().as_secs());
    if now >= at {
        format!("{date}, {distance} ago")
    } else {
        format!("{date}, in {distance}")
    }
}

/// Writes a number of seconds in the largest unit that fits at least twice: 119 seconds, 2 minutes.
pub(super) fn distance(seconds: u64) -> String {
    const UNITS: [(u64, &str); 4] = [
        (365 * 86_400, "year"),
        (86_400, "day"),
        (3_600, "hour"),
        (60, "minute"),
    ];
    let unit = UNITS.iter().find(|(length, _)| seconds >= 2 * length);
    let (length, noun) = unit.copied().unwrap_or((1, "second"));
    count(
        usize::try_from(seconds / length).unwrap_or(usize::MAX),
        noun,
    )
}
