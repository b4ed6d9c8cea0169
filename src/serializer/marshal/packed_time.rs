//! [`Packed`]: the eight bytes that `Time#_dump` writes: UTC, packed by field (`time_mdump` in
//! Ruby's `time.c`, 3.1.2).

use super::writer::long;

/// The fields in the bytes; nanoseconds, offset and zone are in ivars beside them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Packed {
    pub(super) seconds: i64,
    pub(super) microseconds: u32,
    pub(super) utc: bool,
}

/// The first and the last year that the sixteen bits hold.
const FIRST_YEAR: i64 = 1900;
const LAST_YEAR: i64 = FIRST_YEAR + 0xffff;
const DAY: i64 = 86_400;

impl Packed {
    /// Unpacks bytes into a time; `None` if they are not one.
    pub(super) fn unpack(bytes: &[u8]) -> Option<Self> {
        let (fields, extension) = bytes.split_first_chunk::<8>()?;
        let [p0, p1, p2, p3, s0, s1, s2, s3] = *fields;
        let p = u32::from_le_bytes([p0, p1, p2, p3]);
        let s = u32::from_le_bytes([s0, s1, s2, s3]);
        if p >> 31 == 0 {
            // The form from before Ruby 1.8: seconds and microseconds.
            return (s < 1_000_000).then_some(Self {
                seconds: i64::from(p),
                microseconds: s,
                utc: false,
            });
        }
        let field = |word: u32, shift: u32, bits: u32| i64::from(word >> shift & ((1 << bits) - 1));
        let (month, day, hour) = (field(p, 10, 4) + 1, field(p, 5, 5), field(p, 0, 5));
        let (minute, second) = (field(s, 26, 6), field(s, 20, 6));
        let microseconds = s & 0xf_ffff;
        let valid =
            month <= 12 && (1..=31).contains(&day) && hour <= 23 && minute <= 59 && second <= 60;
        if !valid || microseconds >= 1_000_000 {
            return None;
        }
        let year = extend(field(p, 14, 16) + FIRST_YEAR, extension)?;
        let seconds = days(year, month, day) * DAY + hour * 3600 + minute * 60 + second;
        Some(Self {
            seconds,
            microseconds,
            utc: p >> 30 & 1 == 1,
        })
    }

    /// Packs a time into bytes.
    pub(super) fn pack(self) -> Vec<u8> {
        let (year, month, day) = civil(self.seconds.div_euclid(DAY));
        let second = self.seconds.rem_euclid(DAY);
        let stored = year.clamp(FIRST_YEAR, LAST_YEAR);
        let p = (1 << 31)
            | (i64::from(self.utc) << 30)
            | ((stored - FIRST_YEAR) << 14)
            | ((month - 1) << 10)
            | (day << 5)
            | (second / 3600);
        let s = (second / 60 % 60) << 26 | (second % 60) << 20 | i64::from(self.microseconds);
        let mut bytes: Vec<u8> = p.to_le_bytes().into_iter().take(4).collect();
        bytes.extend(s.to_le_bytes().into_iter().take(4));
        let beyond = if year < stored {
            stored - year
        } else {
            year - stored
        };
        if beyond > 0 {
            let mut distance = beyond.to_le_bytes().to_vec();
            while distance.last() == Some(&0) {
                distance.pop();
            }
            bytes.extend(long(i64::try_from(distance.len()).unwrap_or(0)));
            bytes.extend(distance);
        }
        bytes
    }
}

/// Adds the distance of a year beyond the sixteen bits: little-endian, after its length.
fn extend(year: i64, extension: &[u8]) -> Option<i64> {
    let Some((length, distance)) = extension.split_first() else {
        return Some(year);
    };
    // A length of one to four bytes: years of ten digits are enough.
    if !(6..=9).contains(length) || distance.len() != usize::from(length - 5) {
        return None;
    }
    let distance = distance
        .iter()
        .rev()
        .fold(0, |sum, &byte| sum << 8 | i64::from(byte));
    match year {
        FIRST_YEAR => Some(year - distance),
        LAST_YEAR => Some(year + distance),
        _ => None,
    }
}

/// Returns the days since 1970-01-01 in the proleptic Gregorian calendar, as Ruby's Time counts.
fn days(year: i64, month: i64, day: i64) -> i64 {
    // Years that begin in March have the leap day at their end.
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

/// Returns year, month and day of a day since 1970-01-01.
fn civil(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year + year / 4 - year / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year + era * 400 + i64::from(month <= 2);
    (year, month, day_of_year - (153 * shifted + 2) / 5 + 1)
}
