//! The expiry of a message, as Rails writes and reads it in text.

use time::{Date, Duration, Month, OffsetDateTime, Time, UtcOffset};

use crate::error::{Error, Refusal};

/// Returns the expiry of an envelope, unless it has passed.
pub(crate) fn fresh(
    exp: Option<&str>,
    now: impl FnOnce() -> OffsetDateTime,
) -> Result<Option<OffsetDateTime>, Refusal> {
    let Some(exp) = exp else { return Ok(None) };
    let expires_at = parse_iso8601(exp).ok_or(Refusal::UnreadableValue)?;
    if now() >= expires_at {
        return Err(Refusal::Expired);
    }
    Ok(Some(expires_at))
}

/// Formats a time as Rails does: `Time#utc.iso8601(3)`, with the rest of the second cut off.
pub(crate) fn iso8601(at: OffsetDateTime) -> Result<String, Error> {
    let utc = at
        .checked_to_offset(UtcOffset::UTC)
        .filter(|utc| (0..=9999).contains(&utc.year()))
        .ok_or(Error::ExpiryOutOfRange)?;
    let (year, month, day) = utc.to_calendar_date();
    let (hour, minute, second, millisecond) = utc.to_hms_milli();
    let month = u8::from(month);
    Ok(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
    ))
}

/// Parses a time as `Time.iso8601` does (Ruby's `time.rb`): `2030-01-02T03:04:05Z`, with decimals
/// and another offset if there are any.
///
/// The 31st of a shorter month, 24:00:00 and the 60th second are the times that follow. `None` for
/// a time without an offset: Ruby takes it for the server's own time. `None` also for a year after
/// 9999.
pub(crate) fn parse_iso8601(text: &str) -> Option<OffsetDateTime> {
    let text = text.trim_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let (date, time) = text.split_once(['T', 't'])?;
    let (time, offset) = time.split_at_checked(time.find(['Z', 'z', '+', '-'])?)?;

    let (date, day) = date.rsplit_once('-')?;
    let (year, month) = date.rsplit_once('-')?;
    let month = Month::try_from(two_digits(month)?).ok()?;
    let day = two_digits(day).filter(|day| (1..=31).contains(day))?;
    let date = Date::from_calendar_date(self::year(year)?, month, 1).ok()?;

    let (clock, fraction) = time.split_at_checked("hh:mm:ss".len())?;
    let (hour, clock) = clock.split_once(':')?;
    let (minute, second) = clock.split_once(':')?;
    let (hour, minute, second) = (two_digits(hour)?, two_digits(minute)?, two_digits(second)?);
    let is_midnight = (hour, minute, second) == (24, 0, 0);
    if !(hour < 24 || is_midnight) || minute > 59 || second > 60 {
        return None;
    }
    let seconds = (i64::from(hour) * 60 + i64::from(minute)) * 60 + i64::from(second);
    OffsetDateTime::new_in_offset(date, Time::MIDNIGHT, self::offset(offset)?)
        .checked_add(Duration::days(i64::from(day) - 1))?
        .checked_add(Duration::seconds(seconds))?
        .checked_add(Duration::nanoseconds(nanoseconds(fraction)?))
}

fn year(text: &str) -> Option<i32> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    (!digits.is_empty() && is_digits(digits)).then(|| text.parse().ok())?
}

/// Returns the nanoseconds of `.678`; finer digits are cut off.
fn nanoseconds(fraction: &str) -> Option<i64> {
    if fraction.is_empty() {
        return Some(0);
    }
    let digits = fraction.strip_prefix('.')?;
    if digits.is_empty() || !is_digits(digits) {
        return None;
    }
    let nine = digits.get(..9).unwrap_or(digits);
    format!("{nine:0<9}").parse().ok()
}

/// Returns the offset of `Z`, `+01`, `+0130` or `+01:30`.
fn offset(text: &str) -> Option<UtcOffset> {
    if matches!(text, "Z" | "z") {
        return Some(UtcOffset::UTC);
    }
    let (sign, text) = text.split_at_checked(1)?;
    let (hours, minutes) = text.split_at_checked(2)?;
    let hours = two_digits(hours).filter(|hours| *hours < 24)?;
    let minutes = match minutes {
        "" => 0,
        minutes => two_digits(minutes.strip_prefix(':').unwrap_or(minutes))?,
    };
    let seconds = (i32::from(hours) * 60 + i32::from(minutes)) * 60;
    UtcOffset::from_whole_seconds(if sign == "-" { -seconds } else { seconds })
        .ok()
        .filter(|_| minutes < 60)
}

fn two_digits(text: &str) -> Option<u8> {
    (text.len() == 2 && is_digits(text)).then(|| text.parse().ok())?
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::parse_iso8601;

    /// Each as `Time.iso8601` of Ruby 3.1 reads or refuses it, in Rails 6.1's own envelope.
    #[test]
    fn as_ruby_reads_it() {
        let read = [
            ("2100-01-02T03:04:05Z", datetime!(2100-01-02 03:04:05 UTC)),
            ("2100-01-02t03:04:05z", datetime!(2100-01-02 03:04:05 UTC)),
            (
                "2100-01-02T03:04:05.678Z",
                datetime!(2100-01-02 03:04:05.678 UTC),
            ),
            (
                "2100-01-02T03:04:05.5+0130",
                datetime!(2100-01-02 01:34:05.5 UTC),
            ),
            ("2100-01-02T03:04:05+01", datetime!(2100-01-02 02:04:05 UTC)),
            (
                "2100-01-02T03:04:05-01:30",
                datetime!(2100-01-02 04:34:05 UTC),
            ),
            (
                "2100-01-02T03:04:05-00:00",
                datetime!(2100-01-02 03:04:05 UTC),
            ),
            (
                " 2100-01-02T03:04:05Z\n",
                datetime!(2100-01-02 03:04:05 UTC),
            ),
            ("2100-01-02T24:00:00Z", datetime!(2100-01-03 00:00 UTC)),
            ("2100-01-02T23:59:60Z", datetime!(2100-01-03 00:00 UTC)),
            // 2100 is no leap year: Time.utc(2100, 2, 30) is March 2nd.
            ("2100-02-30T03:04:05Z", datetime!(2100-03-02 03:04:05 UTC)),
            ("2100-02-31T03:04:05Z", datetime!(2100-03-03 03:04:05 UTC)),
            (
                "2100-01-02T03:04:05.1234567890123Z",
                datetime!(2100-01-02 03:04:05.123456789 UTC),
            ),
            ("-2100-01-02T03:04:05Z", datetime!(-2100-01-02 03:04:05 UTC)),
        ];
        for (text, expected) in read {
            assert_eq!(parse_iso8601(text), Some(expected), "{text}");
        }
        let refused = [
            "",
            "x",
            "T",
            "2100-01-02",
            "2100-01-02Z",
            "2100-01-02+01:00",
            "2100-01-02T03:04Z",
            "2100-01-02T03Z",
            "21000102T030405Z",
            "2100-W01-2T03:04:05Z",
            "2100-002T03:04:05Z",
            "2100-01-02 03:04:05Z",
            "2100-01-02T03:04:05,5Z",
            "2100-13-02T03:04:05Z",
            "2100-00-02T03:04:05Z",
            "2100-01-00T03:04:05Z",
            "2100-01-32T03:04:05Z",
            "+2100-01-02T03:04:05Z",
            "2100-01-02T03:04:05-24:00",
            "2100-01-02T03:04:05+25:00",
            "2100-01-02T25:00:00Z",
            "2100-01-02T24:00:01Z",
            "2100-01-02T03:60:00Z",
            "2100-01-02T03:04:61Z",
            "2100-01-02T03:04:05.Z",
            "2100-01-02T03:04:05Zx",
            "2100-01-02T03:04:05+0",
            "2100-01-02T03:04:05+1:30",
            "2100-01-02T03:04:0+Z",
            "2100-01-02T+3:04:05Z",
            "2100-01-02T03:04:05.5.5Z",
            "--2100-01-02T03:04:05Z",
            "2100-01-02T03:04:05Z+01",
            "2100-01-02T\u{663}3:04:05Z",
            // Ruby takes this one for the server's own time.
            "2100-01-02T03:04:05",
            // Ruby reads this one.
            "12100-01-02T03:04:05Z",
        ];
        for text in refused {
            assert_eq!(parse_iso8601(text), None, "{text}");
        }
    }
}
