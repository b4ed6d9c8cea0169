//! The eight bytes of `Time#_dump` and the ivars beside them, as Ruby 3.1 wrote them and loads
//! them.

use super::{Document, marshal};
use crate::serializer::marshal::dump_value;
use crate::serializer::value::{RubyTime, Value};

fn load(bytes: &[u8]) -> Value {
    let document = Document::load(bytes).unwrap();
    document.value(document.root()).unwrap()
}

fn time(bytes: &[u8]) -> RubyTime {
    match load(bytes) {
        Value::Time(time) => time,
        other => panic!("{other:?}"),
    }
}

/// A time in UTC from its hexadecimal digits up to its zone.
fn utc(packed: &str) -> Vec<u8> {
    let zone = "3a097a6f6e65492208555443063a064546";
    hex::decode(format!("040849753a0954696d65{packed}{zone}")).unwrap()
}

/// A time of its eight bytes alone.
fn bare(first: u32, second: u32) -> Vec<u8> {
    let packed = [first.to_le_bytes(), second.to_le_bytes()].concat();
    marshal(&[&b"u:\x09Time\x0d"[..], &packed].concat())
}

#[test]
fn years_that_sixteen_bits_hold_and_others() {
    // Time.utc(year, month, day, 23, 59, 58).to_i
    let cases = [
        (-2_208_902_402, "0d370000c00000a0ef06"),     // 1900-01-01
        (-2_208_988_802, "0ff72f00c00000a0ef060106"), // 1899-12-31
        (-30_605_040_002, "10370800c00000a0ef07840306"), // 1000-03-01
        (-77_945_587_202, "10370000c00000a0ef07600906"), // -500-01-01
        (2_065_907_375_998, "0df7efffff0000a0ef06"),  // 67435-12-31
        (2_065_907_462_398, "0f37c0ffff0000a0ef060106"), // 67436-01-01
        (2_146_824_604_798, "10b7c7ffff0000a0ef07050a06"), // 70000-02-29
        (157_722_592_867_198, "1137c0ffff0000a0ef08d5434b06"), // 5000000-01-01
    ];
    for (seconds, packed) in cases {
        let bytes = utc(packed);
        let time = time(&bytes);
        assert_eq!((time.seconds, time.utc), (seconds, true));
        assert_eq!(dump_value(&Value::Time(time)).unwrap(), bytes);
    }
    // A length that differs from that of the following bytes, and a year of more than ten digits.
    for packed in [
        "0f37c0ffff0000a0ef070106",
        "1337c0ffff0000a0ef0a010101010106",
    ] {
        assert!(matches!(load(&utc(packed)), Value::Object(_)), "{packed}");
    }
}

#[test]
fn every_field_at_its_ends() {
    // 9999-12-31 23:59:59.999999, and one whose bits are mixed.
    for (seconds, nanoseconds, packed) in [
        (253_402_300_799, 999_999_000, "0df7efe8c73f42bfef06"),
        (940_531_353, 524_287_000, "0db2e618c0ffff17aa06"),
    ] {
        let time = time(&utc(packed));
        assert_eq!((time.seconds, time.nanoseconds), (seconds, nanoseconds));
        assert_eq!(dump_value(&Value::Time(time)).unwrap(), utc(packed));
    }
    // 2000, in UTC.
    let packed = |month: u32, day: u32, hour: u32, minute: u32, second: u32, microsecond: u32| {
        let first = 1 << 31 | 1 << 30 | 100 << 14 | month << 10 | day << 5 | hour;
        bare(first, minute << 26 | second << 20 | microsecond)
    };
    assert_eq!(time(&packed(0, 1, 0, 0, 0, 0)).seconds, 946_684_800);
    // A leap second is the second after it.
    let last = time(&packed(11, 31, 23, 59, 60, 999_999));
    assert_eq!((last.seconds, last.nanoseconds), (978_307_200, 999_999_000));
    for wrong in [
        packed(12, 31, 23, 59, 60, 0),
        packed(0, 0, 0, 0, 0, 0),
        packed(0, 1, 24, 0, 0, 0),
        packed(0, 1, 0, 60, 0, 0),
        packed(0, 1, 0, 0, 61, 0),
        packed(0, 1, 0, 0, 0, 1_000_000),
    ] {
        assert!(matches!(load(&wrong), Value::Object(_)), "{wrong:?}");
    }
}

#[test]
fn before_ruby_1_8_it_was_seconds_and_microseconds() {
    let old = time(&bare(1_700_000_000, 999_999));
    assert_eq!(
        (old.seconds, old.nanoseconds, old.utc),
        (1_700_000_000, 999_999_000, false)
    );
    assert_eq!(
        time(&bare(i32::MAX.unsigned_abs(), 0)).seconds,
        2_147_483_647
    );
    assert!(matches!(load(&bare(0, 1_000_000)), Value::Object(_)));
}

#[test]
fn nanoseconds_are_a_fraction_or_in_1_9_1_digits() {
    let at = "d6e91ec000004035";
    // Time.at(1_700_000_000, Rational(5, 2), :nsec) and with Rational(1999, 2): `nsec` cuts.
    for (packed, nanoseconds) in [
        (
            "093a0d6e616e6f5f6e756d690a3a0d6e616e6f5f64656e69073a0d7375626d6963726f22070020",
            2,
        ),
        (
            "093a0d6e616e6f5f6e756d6902cf073a0d6e616e6f5f64656e69073a0d7375626d6963726f22079990",
            999,
        ),
        // Ruby 1.9.1 wrote the digits alone, the last if it was not 0.
        ("073a0d7375626d6963726f22079870", 987),
        ("073a0d7375626d6963726f220698", 980),
    ] {
        assert_eq!(
            time(&utc(&format!("0d{at}{packed}"))).nanoseconds,
            nanoseconds
        );
    }
    // A thousand of them, and an invalid denominator.
    for packed in [
        "073a0d6e616e6f5f6e756d6902e803",
        "083a0d6e616e6f5f6e756d69063a0d6e616e6f5f64656e6900",
    ] {
        let bytes = utc(&format!("0d{at}{packed}"));
        assert!(matches!(load(&bytes), Value::Object(_)), "{packed}");
    }
}

#[test]
fn a_zone_keeps_its_name() {
    for zone in ["CET", "Zürich"] {
        let time = Value::Time(RubyTime {
            zone: Some(zone.to_owned()),
            ..RubyTime::at(1_700_000_000, 0, 3_600, false)
        });
        assert_eq!(load(&dump_value(&time).unwrap()), time);
    }
}

#[test]
fn a_date_has_no_time_of_day() {
    // DateTime.new(2024, 2, 3, 4, 5, 6.5) is U:DateTime [0, day, second, nanosecond, offset, start].
    let fields = |class: &[u8], second: &[u8], nanosecond: &[u8]| {
        let head = [b"U:", class, b"\x5b\x0bi\x00i\x03\xb8\x8a\x25i"].concat();
        let start = b"i\x00f\x0c2299161";
        load(&marshal(
            &[&head[..], second, b"i", nanosecond, start].concat(),
        ))
    };
    assert_eq!(
        fields(b"\x09Date", b"\x00", b"\x00"),
        Value::Date(2_460_344)
    );
    for (second, nanosecond) in [(&b"\x06"[..], &b"\x00"[..]), (b"\x00", b"\x06")] {
        assert!(matches!(
            fields(b"\x09Date", second, nanosecond),
            Value::Object(_)
        ));
        let Value::DateTime(time) = fields(b"\x0dDateTime", second, nanosecond) else {
            panic!()
        };
        // 2024-02-03 is 1_706_918_400.
        let expected = (
            1_706_918_400 + i64::from(second == b"\x06"),
            u32::from(nanosecond == b"\x06"),
        );
        assert_eq!((time.seconds, time.nanoseconds), expected);
    }
    // 999_999_999 nanoseconds and no more.
    let last = fields(b"\x0dDateTime", b"\x00", b"\x04\xff\xc9\x9a\x3b");
    assert!(matches!(
        last,
        Value::DateTime(RubyTime {
            nanoseconds: 999_999_999,
            ..
        })
    ));
    let wrong = fields(b"\x0dDateTime", b"\x00", b"\x04\x00\xca\x9a\x3b");
    assert!(matches!(wrong, Value::Object(_)));
}
