//! [`RubyTime`] and dates as text, and conversions from and into the `time` crate's types.

use ::time::{Date, OffsetDateTime, UtcOffset};

use super::calendar::{Calendar, UNIX_EPOCH, date_text};
use super::{RubyTime, Value};

/// The form in which a [`RubyTime`] is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TimeStyle {
    /// Rails' `as_json`: exactly three decimals, truncated (`xmlschema(3)`).
    Json,
    /// RFC 3339 (section 5.6): as many decimals as needed, the offset in whole minutes.
    Rfc3339,
    /// Ruby's `Time#to_s`: `2024-02-03 00:00:00 +0200`, or `UTC`.
    ToS,
    /// Ruby's `DateTime#to_s`: `2024-02-03T00:00:00+02:00`.
    DateTimeToS,
}

impl RubyTime {
    /// Creates a `Time` without a zone's name.
    pub(crate) fn at(seconds: i64, nanoseconds: u32, utc_offset: i32, utc: bool) -> Self {
        Self {
            seconds,
            nanoseconds,
            utc_offset,
            utc,
            zone: None,
            with_zone: false,
        }
    }

    /// Converts the time for the `time` crate. `None` if it is out of that crate's range (years
    /// from -9999 to 9999, offsets of less than 26 hours).
    ///
    /// ```
    /// use hardtack::value::RubyTime;
    ///
    /// let time = time::OffsetDateTime::from_unix_timestamp(1_700_000_000)?;
    /// assert_eq!(RubyTime::from(time).to_offset_date_time(), Some(time));
    /// # Ok::<(), time::error::ComponentRange>(())
    /// ```
    #[must_use]
    pub fn to_offset_date_time(&self) -> Option<OffsetDateTime> {
        let offset = UtcOffset::from_whole_seconds(self.utc_offset).ok()?;
        OffsetDateTime::from_unix_timestamp(self.seconds)
            .ok()?
            .replace_nanosecond(self.nanoseconds)
            .ok()?
            .checked_to_offset(offset)
    }

    /// Returns the offset of a zone that never had another, and if Rails counts the zone as UTC;
    /// `None` for other zones, whose offset only the tz database gives.
    ///
    /// `TimeWithZone#utc?` asks for the zone's abbreviation. The names that have always had "UTC" are
    /// all of those in the tz database (and in Active Support). `Etc/GMT+5` is west of Greenwich.
    #[cfg(any(feature = "marshal", feature = "message_pack"))]
    pub(crate) fn fixed_offset(zone: &str) -> Option<(i32, bool)> {
        let name = zone.strip_prefix("Etc/").unwrap_or(zone);
        if matches!(name, "UTC" | "UCT" | "Universal" | "Zulu") {
            return Some((0, true));
        }
        if matches!(name, "GMT" | "GMT0" | "GMT+0" | "GMT-0" | "Greenwich") {
            return Some((0, false));
        }
        let (hours, most) = match zone.strip_prefix("Etc/GMT")?.split_at_checked(1)? {
            ("+", hours) => (hours, -12),
            ("-", hours) => (hours, 14),
            _ => return None,
        };
        let is_number =
            hours.bytes().all(|digit| digit.is_ascii_digit()) && !hours.starts_with('0');
        let hours: i32 = hours.parse().ok().filter(|_| is_number)?;
        (hours <= i32::abs(most)).then_some((3600 * hours * i32::signum(most), false))
    }

    pub(super) fn text(&self, style: TimeStyle, calendar: Calendar) -> String {
        // RFC 3339 has no seconds in an offset: the moment is right at the offset's whole minutes.
        // Ruby shows the local time at the full offset and truncates the offset's text.
        let offset = if style == TimeStyle::Rfc3339 {
            self.utc_offset - self.utc_offset % 60
        } else {
            self.utc_offset
        };
        let carry = self.nanoseconds / 1_000_000_000;
        let nanoseconds = self.nanoseconds % 1_000_000_000;
        let local = i128::from(self.seconds) + i128::from(carry) + i128::from(offset);
        let date = date_text(local.div_euclid(86_400) + UNIX_EPOCH, calendar);
        let second = local.rem_euclid(86_400);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        let fraction = match style {
            TimeStyle::Json => format!(".{:03}", nanoseconds / 1_000_000),
            TimeStyle::Rfc3339 if nanoseconds > 0 => {
                let digits = format!("{nanoseconds:09}");
                format!(".{}", digits.trim_end_matches('0'))
            }
            _ => String::new(),
        };
        let sign = if offset < 0 { '-' } else { '+' };
        let minutes = offset.unsigned_abs() / 60;
        let (east_hours, east_minutes) = (minutes / 60, minutes % 60);
        let (t, zone) = match style {
            TimeStyle::ToS if self.utc => (' ', " UTC".to_owned()),
            TimeStyle::ToS => (' ', format!(" {sign}{east_hours:02}{east_minutes:02}")),
            TimeStyle::Json | TimeStyle::Rfc3339 if self.utc => ('T', "Z".to_owned()),
            _ => ('T', format!("{sign}{east_hours:02}:{east_minutes:02}")),
        };
        format!("{date}{t}{hour:02}:{minute:02}:{second:02}{fraction}{zone}")
    }
}

impl From<OffsetDateTime> for RubyTime {
    fn from(time: OffsetDateTime) -> Self {
        let offset = time.offset();
        Self::at(
            time.unix_timestamp(),
            time.nanosecond(),
            offset.whole_seconds(),
            offset.is_utc(),
        )
    }
}

impl From<RubyTime> for Value {
    fn from(time: RubyTime) -> Self {
        Self::Time(time)
    }
}

impl From<OffsetDateTime> for Value {
    fn from(time: OffsetDateTime) -> Self {
        Self::Time(time.into())
    }
}

impl From<Date> for Value {
    fn from(date: Date) -> Self {
        Self::Date(i64::from(date.to_julian_day()))
    }
}

impl Value {
    /// Returns the day of a [`Value::Date`] if the `time` crate can express it (years -9999 to
    /// 9999). `None` for other days and other kinds.
    ///
    /// ```
    /// use hardtack::value::Value;
    ///
    /// let day = time::Date::from_julian_day(2_460_344)?;
    /// assert_eq!(Value::from(day).to_date(), Some(day));
    /// assert_eq!(Value::from(day).to_string(), r#""2024-02-03""#);
    /// # Ok::<(), time::error::ComponentRange>(())
    /// ```
    #[must_use]
    pub fn to_date(&self) -> Option<Date> {
        match self {
            Self::Date(julian_day) => Date::from_julian_day(i32::try_from(*julian_day).ok()?).ok(),
            _ => None,
        }
    }
}
