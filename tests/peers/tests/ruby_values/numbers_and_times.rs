//! Numbers, times and dates of classes of their own.

use hardtack::value::{RubyTime, Value};

use crate::Table;
use crate::kinds::*;

pub(crate) fn numbers_and_times() -> Table {
    let half = time(1_704_164_645, 500_000_000);
    vec![
        (decimal("0.125e1"), "BigDecimal('1.25')"),
        (decimal("-0.5e0"), "BigDecimal('-0.5')"),
        (decimal("0.0"), "BigDecimal('0')"),
        (decimal("-0.0"), "BigDecimal('-0')"),
        (decimal("0.1e401"), "BigDecimal('1e400')"),
        (decimal("0.1e-399"), "BigDecimal('1e-400')"),
        (decimal("1.25"), "BigDecimal('1.25')"),
        (
            decimal("0.12345678901234567890123456789e20"),
            "BigDecimal('12345678901234567890.123456789')",
        ),
        (decimal("Infinity"), "BigDecimal('Infinity')"),
        (decimal("-Infinity"), "BigDecimal('-Infinity')"),
        (rational(1, 3), "1/3r"),
        (
            rational(big("-36893488147419103232"), 3),
            "Rational(-(2**65), 3)",
        ),
        (complex(1, -2.5), "Complex(1, -2.5)"),
        (
            complex(rational(1, 2), big("18446744073709551616")),
            "Complex(1/2r, 2**64)",
        ),
        (Value::Time(time(0, 0)), "Time.at(0).utc"),
        (
            Value::Time(half.clone()),
            "Time.utc(2024, 1, 2, 3, 4, 5.5r)",
        ),
        (
            Value::Time(time(1_700_000_000, 123_456_789)),
            "Time.at(1_700_000_000, 123_456_789, :nsec).utc",
        ),
        (
            Value::Time(offset(time(1_700_000_000, 5), 7_200)),
            "Time.at(1_700_000_000, 5, :nsec, in: '+02:00')",
        ),
        (
            Value::Time(offset(time(-1, 999_999_999), -34_200)),
            "Time.at(-1, 999_999_999, :nsec, in: '-09:30')",
        ),
        (
            Value::Time(offset(time(1_700_000_000, 0), 3_723)),
            "Time.at(1_700_000_000, in: '+01:02:03')",
        ),
        (
            Value::Time(time(-2_208_984_477, 0)),
            "Time.at(-2_208_984_477).utc",
        ),
        (Value::Time(time(253_402_300_800, 0)), "Time.utc(10000)"),
        (
            Value::Time(RubyTime {
                zone: Some(owned("CET")),
                ..offset(time(1_700_000_000, 0), 3_600)
            }),
            "(ENV['TZ'] = 'Europe/Berlin'; Time.at(1_700_000_000).tap { |time| time.zone; ENV.delete('TZ') })",
        ),
        (
            zoned(time(1_700_000_000, 5_000), 32_400, "Tokyo"),
            "Time.at(1_700_000_000, 5_000, :nsec).in_time_zone('Tokyo')",
        ),
        (
            zoned(time(1_704_034_800, 0), -18_000, "America/New_York"),
            "Time.at(1_704_034_800).in_time_zone('America/New_York')",
        ),
        (
            zoned(time(0, 0), 0, "UTC"),
            "Time.at(0).in_time_zone('UTC')",
        ),
        (
            Value::DateTime(half.clone()),
            "DateTime.new(2024, 1, 2, 3, 4, 5.5r)",
        ),
        (
            Value::DateTime(offset(half, 32_400)),
            "DateTime.new(2024, 1, 2, 12, 4, 5.5r, '+09:00')",
        ),
        (
            Value::DateTime(offset(time(-1, 1), -3_600)),
            "DateTime.new(1969, 12, 31, 22, 59, 59 + 1/1_000_000_000r, '-01:00')",
        ),
        (Value::Date(2_460_344), "Date.new(2024, 2, 3)"),
        (Value::Date(2_299_160), "Date.new(1582, 10, 4)"),
        (Value::Date(0), "Date.jd(0)"),
        (
            duration(2_888_946, &[("months", 1.into()), ("days", 3.into())]),
            "1.month + 3.days",
        ),
        (duration(5400.0, &[("hours", 1.5.into())]), "1.5.hours"),
        (duration(0, &[]), "ActiveSupport::Duration.new(0, {})"),
    ]
}
