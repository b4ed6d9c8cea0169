//! Days as numbers, and their dates in either calendar.

/// The calendar that names days before 15 October 1582.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Calendar {
    /// The Gregorian calendar, extended backwards: ISO 8601, Ruby's `Time`, most programs.
    Gregorian,
    /// The Julian calendar: Ruby's `Date` and `DateTime` (`Date::ITALY`).
    JulianBeforeReform,
}

/// The Julian day number of 1970-01-01.
pub(super) const UNIX_EPOCH: i128 = 2_440_588;
/// The Julian day number of 1582-10-15, the first Gregorian day (`Date::ITALY`).
const REFORM: i128 = 2_299_161;

/// Returns year, month and day of a Julian day number.
pub(super) fn date(julian_day: i128, calendar: Calendar) -> (i128, u8, u8) {
    // Both calendars count days from 1 March of a year 0, so that the leap day is the year's last.
    // 1,721,120 is 1 March of the year 0 in the Gregorian calendar, 1,721,118 in the Julian.
    let (year, day_of_year) = if calendar == Calendar::JulianBeforeReform && julian_day < REFORM {
        let days = julian_day - 1_721_118;
        let (cycle, day) = (days.div_euclid(1_461), days.rem_euclid(1_461));
        let year = (day - day / 1_460) / 365;
        (cycle * 4 + year, day - 365 * year)
    } else {
        let days = julian_day - 1_721_120;
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        (era * 400 + year, day - (365 * year + year / 4 - year / 100))
    };
    // From March to January, each five months have 153 days, in the pattern 31 30 31 30 31.
    let month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month + 2) / 5 + 1;
    let (year, month) = if month < 10 {
        (year, month + 3)
    } else {
        (year + 1, month - 9)
    };
    (
        year,
        u8::try_from(month).unwrap_or_default(),
        u8::try_from(day).unwrap_or_default(),
    )
}

/// Returns `2024-02-03`, as Ruby's `%Y-%m-%d` writes it: at least four digits of year, after a sign
/// if the year is negative.
pub(super) fn date_text(julian_day: i128, calendar: Calendar) -> String {
    let (year, month, day) = date(julian_day, calendar);
    let sign = if year < 0 { "-" } else { "" };
    format!("{sign}{:04}-{month:02}-{day:02}", year.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each from Ruby 3.1: `Date.jd(n).to_s` and `Date.jd(n, Date::GREGORIAN).to_s`.
    #[test]
    fn dates_are_rubys() {
        let table = include_str!("tests/dates.tsv");
        let mut count = 0;
        for line in table.lines() {
            let mut columns = line.split('\t');
            let mut next = || columns.next().unwrap();
            let julian_day: i128 = next().parse().unwrap();
            assert_eq!(
                date_text(julian_day, Calendar::JulianBeforeReform),
                next(),
                "{line}"
            );
            assert_eq!(date_text(julian_day, Calendar::Gregorian), next(), "{line}");
            count += 1;
        }
        assert_eq!(count, 714);
    }
}
