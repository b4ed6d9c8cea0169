//! Time, `TimeWithZone` and `DateTime`: conversions between their payloads and [`RubyTime`].
//!
//! Source: `active_support/message_pack/extensions.rb` (`write_time`, `write_time_with_zone`,
//! `write_datetime` and their readers). No zone is looked up: it stays a name,
//! but for those whose offset never changes.

use super::super::LoadError;
use super::super::value::{RubyTime, Value};
use super::ruby_number::{load_fraction, load_i64};
use super::unpacker::{Head, Unpacker};

const NANOSECONDS: u32 = 1_000_000_000;
const DAY: i32 = 86_400;
/// The Julian day number of 1970-01-01.
const UNIX_EPOCH: i64 = 2_440_588;

pub(super) fn load_time(payload: &mut Unpacker<'_>) -> Result<Value, LoadError> {
    time(payload).map(Value::Time)
}

fn time(payload: &mut Unpacker<'_>) -> Result<RubyTime, LoadError> {
    let seconds = load_i64(payload)?;
    let nanoseconds = load_i64(payload)?;
    let utc_offset = load_i64(payload)?;
    let nanoseconds =
        u32::try_from(nanoseconds).map_err(|_| payload.error("nanoseconds beyond a second"))?;
    let utc_offset =
        i32::try_from(utc_offset).map_err(|_| payload.error("offset of a day or more from UTC"))?;
    // `Time.at(.., in: 0)` is a time with an offset of 0, not one in UTC.
    let time = RubyTime::at(seconds, nanoseconds, utc_offset, false);
    match time_problem(&time) {
        Some(problem) => Err(payload.error(problem)),
        None => Ok(time),
    }
}

/// Returns the reason why Ruby cannot have such a Time.
pub(super) fn time_problem(time: &RubyTime) -> Option<&'static str> {
    if time.nanoseconds >= NANOSECONDS {
        Some("nanoseconds beyond a second")
    } else if time.utc_offset <= -DAY || time.utc_offset >= DAY {
        Some("offset of a day or more from UTC")
    } else {
        None
    }
}

pub(super) fn load_time_with_zone(payload: &mut Unpacker<'_>) -> Result<Value, LoadError> {
    let utc = time(payload)?;
    let Head::Str(zone) = payload.head()? else {
        return Err(payload.error("time zone that is not a name"));
    };
    let zone = std::str::from_utf8(zone).map_err(|_| payload.error("text that is not UTF-8"))?;
    // Only the tz database gives the offset of other zones: their time is in UTC.
    let (utc_offset, is_utc) = RubyTime::fixed_offset(zone).unwrap_or((0, true));
    Ok(Value::Time(RubyTime {
        utc_offset,
        utc: is_utc,
        zone: Some(zone.to_owned()),
        with_zone: true,
        ..utc
    }))
}

pub(super) fn load_date_time(payload: &mut Unpacker<'_>) -> Result<Value, LoadError> {
    let day = load_i64(payload)?;
    let hour = below(payload, 24)?;
    let minute = below(payload, 60)?;
    let second = below(payload, 60)?;
    let nanoseconds = second_fraction(payload)?;
    let utc_offset = offset(payload)?;
    // Day and time of day are local, not UTC.
    let local = (i128::from(day) - i128::from(UNIX_EPOCH)) * i128::from(DAY)
        + i128::from((hour * 60 + minute) * 60 + second);
    let seconds = i64::try_from(local - i128::from(utc_offset))
        .map_err(|_| payload.error("date that 64-bit seconds cannot express"))?;
    Ok(Value::DateTime(RubyTime::at(
        seconds,
        nanoseconds,
        utc_offset,
        false,
    )))
}

fn below(payload: &mut Unpacker<'_>, limit: i64) -> Result<i64, LoadError> {
    match load_i64(payload)? {
        number if (0..limit).contains(&number) => Ok(number),
        _ => Err(payload.error("invalid time of day")),
    }
}

/// Reads nanoseconds; anything finer is truncated.
fn second_fraction(payload: &mut Unpacker<'_>) -> Result<u32, LoadError> {
    let (numerator, denominator) = load_fraction(payload)?;
    u32::try_from(numerator * i128::from(NANOSECONDS) / denominator)
        .ok()
        .filter(|nanoseconds| numerator >= 0 && *nanoseconds < NANOSECONDS)
        .ok_or_else(|| payload.error("second fraction beyond a second"))
}

/// Reads seconds from a fraction of a day, rounded as `DateTime` does.
fn offset(payload: &mut Unpacker<'_>) -> Result<i32, LoadError> {
    let (numerator, denominator) = load_fraction(payload)?;
    let twice = 2 * numerator * i128::from(DAY);
    let rounded = (twice + numerator.signum() * denominator) / (2 * denominator);
    i32::try_from(rounded)
        .ok()
        .filter(|offset| (-DAY..=DAY).contains(offset))
        .ok_or_else(|| payload.error("offset of more than a day from UTC"))
}

/// The parts in which a `DateTime` is written.
pub(super) struct DateTimeParts {
    /// The Julian day, in local time.
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// The fraction of the second: numerator and denominator.
    pub(super) second_fraction: (i64, i64),
    /// The offset as a fraction of a day: numerator and denominator.
    pub(super) offset: (i64, i64),
}

impl DateTimeParts {
    /// Splits a time into parts, or returns the reason why no `DateTime` can hold it.
    pub(super) fn of(time: &RubyTime) -> Result<Self, &'static str> {
        if time.nanoseconds >= NANOSECONDS {
            return Err("nanoseconds beyond a second");
        }
        if !(-DAY..=DAY).contains(&time.utc_offset) {
            return Err("offset of more than a day from UTC");
        }
        let local = time.seconds.checked_add(time.utc_offset.into());
        let local = local.ok_or("date that 64-bit seconds cannot express")?;
        let of_day = local.rem_euclid(DAY.into());
        Ok(Self {
            day: local.div_euclid(DAY.into()) + UNIX_EPOCH,
            hour: of_day / 3600,
            minute: of_day / 60 % 60,
            second: of_day % 60,
            second_fraction: reduced(time.nanoseconds.into(), NANOSECONDS.into()),
            offset: reduced(time.utc_offset.into(), DAY.into()),
        })
    }
}

/// Returns a fraction in its lowest terms. The denominator is one of the constants above, never 0.
fn reduced(numerator: i64, denominator: i64) -> (i64, i64) {
    let (mut divisor, mut rest) = (denominator, numerator.abs());
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (numerator / divisor, denominator / divisor)
}
