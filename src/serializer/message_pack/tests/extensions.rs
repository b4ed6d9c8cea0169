//! Payloads that Rails writes beyond the vectors, and invalid payloads.

use num_bigint::BigInt;

use super::super::super::value::{BigInteger, RubyDuration, RubyObject, RubyTime, Value};
use super::super::{Style, dump, index, load, value_at};
use super::check;
use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::IpAddrForm;

fn unhex(body: &str) -> Vec<u8> {
    hex::decode(format!("cc80{}", body.replace(' ', ""))).unwrap()
}

fn written(value: &Value) -> String {
    hex::encode(&dump(value).unwrap()[2..])
}

/// Checks that the bytes read as the value and the value is written as the bytes.
fn both(body: &str, value: &Value) {
    assert_eq!(load(&unhex(body)).as_ref(), Ok(value), "{body}");
    assert_eq!(written(value), body.replace(' ', ""));
}

#[test]
fn integers_take_the_smallest_width() {
    for (number, body) in [
        (0, "00"),
        (127, "7f"),
        (128, "cc80"),
        (255, "ccff"),
        (256, "cd0100"),
        (65_535, "cdffff"),
        (65_536, "ce00010000"),
        (0xffff_ffff, "ceffffffff"),
        (0x1_0000_0000, "cf0000000100000000"),
        (i64::MAX, "cf7fffffffffffffff"),
        (-1, "ff"),
        (-32, "e0"),
        (-33, "d0df"),
        (-128, "d080"),
        (-129, "d1ff7f"),
        (-32_768, "d18000"),
        (-32_769, "d2ffff7fff"),
        (-2_147_483_648, "d280000000"),
        (-2_147_483_649, "d3ffffffff7fffffff"),
        (i64::MIN, "d38000000000000000"),
    ] {
        both(body, &Value::Integer(number));
    }
    // 2**64 and -2**63 - 1 are the first that need the extension.
    let big = |text: &str| Value::BigInteger(BigInteger(text.parse::<BigInt>().unwrap()));
    both("cf8000000000000000", &big("9223372036854775808"));
    both(
        "c70d01 00 00000000 00000000 00000001",
        &big("18446744073709551616"),
    );
    both("c70901 01 00000001 80000000", &big("-9223372036854775809"));
    // A big Integer that fits 64 bits is an Integer.
    assert_eq!(load(&unhex("c70501 01 00000005")), Ok(Value::Integer(-5)));
    assert_eq!(written(&big("-5")), "fb");
}

/// Ruby's msgpack writes floats in 64 bits and reads them in 32 as well: `[1.5].pack("g")`.
#[test]
fn floats_of_both_widths() {
    both("cb3ff8000000000000", &Value::Float(1.5));
    assert_eq!(load(&unhex("ca3fc00000")), Ok(Value::Float(1.5)));
    assert_eq!(load(&unhex("ca80000000")), Ok(Value::Float(-0.0)));
}

#[test]
fn lengths_take_the_smallest_width() {
    let text = |length: usize| written(&Value::String("a".repeat(length)));
    assert!(text(31).starts_with("bf61"));
    assert!(text(32).starts_with("d92061"));
    assert!(text(255).starts_with("d9ff61"));
    assert!(text(256).starts_with("da010061"));
    assert!(text(65_536).starts_with("db0001000061"));
    let binary = |length: usize| written(&Value::bytes(vec![0; length], "ASCII-8BIT"));
    assert_eq!(binary(0), "c400");
    assert!(binary(256).starts_with("c5010000"));
    assert!(binary(65_536).starts_with("c60001000000"));
    let array = |length: usize| written(&Value::Array(vec![Value::Nil; length]));
    assert!(array(15).starts_with("9fc0"));
    assert!(array(16).starts_with("dc0010c0"));
    assert!(array(65_536).starts_with("dd00010000c0"));
    let map = |length: i64| {
        let pairs = (0..length).map(|key| (Value::Integer(key), Value::Nil));
        written(&Value::Hash(pairs.collect()))
    };
    assert!(map(15).starts_with("8f00c0"));
    assert!(map(16).starts_with("de001000c0"));
    assert!(map(65_536).starts_with("df0001000000c0"));
    let symbol = |length: usize| written(&Value::Symbol("a".repeat(length)));
    for (length, head) in [
        (0, "c70000"),
        (1, "d40061"),
        (2, "d50061"),
        (3, "c7030061"),
        (4, "d60061"),
        (8, "d70061"),
        (16, "d80061"),
        (17, "c7110061"),
        (256, "c801000061"),
        (65_536, "c9000100000061"),
    ] {
        assert!(symbol(length).starts_with(head), "{length}");
    }
}

#[test]
fn strings_in_invalid_utf8_keep_their_bytes() {
    both("a2ff61", &Value::bytes(vec![0xff, b'a'], "UTF-8"));
}

#[test]
fn of_a_repeated_key_the_last_value_counts_in_the_first_place() {
    let text = |text: &str| Value::String(text.to_owned());
    let pairs = vec![
        (text("a"), Value::Integer(3)),
        (text("b"), Value::Integer(2)),
    ];
    assert_eq!(
        load(&unhex("83 a161 01 a162 02 a161 03")),
        Ok(Value::Hash(pairs.clone()))
    );
    // In an indifferent hash :a is "a".
    let loaded = load(&unhex("c70b11 83 a161 01 a162 02 d40061 03"));
    assert_eq!(loaded, Ok(Value::IndifferentHash(pairs)));
    // A Set has each element once.
    let one = Value::Set(vec![Value::Integer(1), Value::Integer(2)]);
    assert_eq!(load(&unhex("d60c 93 01 02 01")), Ok(one));
    // Many: 0..19, then 0..19 again, with other values.
    let body: Vec<u8> = (0..40).flat_map(|n| [n % 20, n]).collect();
    let many = (0..20).map(|n| (Value::Integer(n), Value::Integer(n + 20)));
    assert_eq!(
        load(&unhex(&format!("de0028{}", hex::encode(body)))),
        Ok(Value::Hash(many.collect()))
    );
}

#[test]
fn addresses_in_both_forms() {
    let value = Value::IpAddr("::1".to_owned());
    assert_eq!(load(&unhex("c7030e 3a3a31")).as_ref(), Ok(&value));
    assert_eq!(load(&unhex("d60e a3 3a3a31")).as_ref(), Ok(&value));
    assert_eq!(load(&unhex("c7050e d903 3a3a31")).as_ref(), Ok(&value));
    let raw = Style {
        ip_addr: IpAddrForm::Raw,
        ..Style::default()
    };
    assert_eq!(hex::encode(raw.dump(&value).unwrap()), "cc80c7030e3a3a31");
}

/// `"<b>hi".html_safe` by Rails 8.1.3.1, and by 8-1-stable and 8.2.alpha.
#[test]
fn safe_buffers_in_both_forms() {
    let value = Value::SafeBuffer("<b>hi".to_owned());
    for (form, body) in [
        (SafeBufferForm::Text, "a53c623e6869"),
        (SafeBufferForm::Raw, "c705123c623e6869"),
        (SafeBufferForm::String, "c70612a53c623e6869"),
    ] {
        let style = Style {
            safe_buffer: form,
            ..Style::default()
        };
        let dumped = style.dump(&value).unwrap();
        assert_eq!(hex::encode(dumped), format!("cc80{body}"));
        if form != SafeBufferForm::Text {
            assert_eq!(load(&unhex(body)).as_ref(), Ok(&value), "{body}");
        }
    }
}

/// Ambiguous payloads: text in UTF-8 whose first bytes are the marker and the length of a
/// MessagePack string or of binary.
#[test]
fn what_could_be_text_or_a_string_is_decided_by_its_length() {
    let read = |payload: &[u8]| {
        let length = u16::try_from(payload.len()).unwrap();
        let body = format!("c8{length:04x}12{}", hex::encode(payload));
        match load(&unhex(&body)) {
            Ok(Value::SafeBuffer(text)) => Some(text),
            _ => None,
        }
    };
    let behind = |head: &[u8], length: usize| [head, &vec![b'x'; length]].concat();
    let text = |letters: &str, length: usize| Some(letters.to_owned() + &"x".repeat(length));
    // The empty text, as text and as a string.
    assert_eq!(read(b""), text("", 0));
    assert_eq!(read(b"\xa0"), text("", 0));
    for length in [1, 31, 32, 127, 128, 191, 192, 255, 256, 0x7fff] {
        // No text begins with the marker of a short string, nor with a length below 128.
        let marker = match u8::try_from(length) {
            Ok(length @ ..32) => vec![0xa0 + length],
            Ok(length) => vec![0xd9, length],
            Err(_) => [&[0xda], &u16::try_from(length).unwrap().to_be_bytes()[..]].concat(),
        };
        assert_eq!(read(&behind(&marker, length)), text("", length), "{length}");
        assert_eq!(read(&behind(b"", length)), text("", length), "{length}");
    }
    // U+0640 to U+067F are D9 80 to D9 BF. If as many bytes follow as the second byte says, the
    // payload is a string, as Rails after 8.1.3 reads it; otherwise it is text, as Rails up to
    // 8.1.3 wrote it.
    for letter in ['\u{640}', 'م', '\u{67f}'] {
        let mut utf_8 = [0; 2];
        letter.encode_utf8(&mut utf_8);
        let letters = letter.to_string();
        let length = usize::from(utf_8[1]);
        assert_eq!(read(&behind(&utf_8, length)), text("", length), "{letter}");
        for other in [0, 1, length - 1, length + 1, 300] {
            assert_eq!(
                read(&behind(&utf_8, other)),
                text(&letters, other),
                "{letter}"
            );
        }
        // Such text is therefore not written bare.
        let raw = Style {
            safe_buffer: SafeBufferForm::Raw,
            ..Style::default()
        };
        let written = |length| {
            let value = Value::SafeBuffer(text(&letters, length).unwrap());
            load(&raw.dump(&value).unwrap()).unwrap()
        };
        assert_eq!(
            written(length),
            Value::String(text(&letters, length).unwrap())
        );
        assert_eq!(written(5), Value::SafeBuffer(text(&letters, 5).unwrap()));
    }
    // U+0100 to U+013F are C4 80 to C4 BF, which begin binary of as many bytes. Text is tried
    // first.
    for letter in ['Č', 'İ'] {
        let mut utf_8 = [0; 2];
        letter.encode_utf8(&mut utf_8);
        let length = usize::from(utf_8[1]);
        let letters = letter.to_string();
        assert_eq!(read(&behind(&utf_8, length)), text(&letters, length));
    }
    assert_eq!(read(&behind(&[0xc4, 5], 5)), text("", 5));
    assert_eq!(read(&behind(&[0xc4, 200], 200)), text("", 200));
}

#[test]
fn unknown_extensions_are_kept() {
    let kept = |kind, bytes: &[u8]| {
        Value::Object(Box::new(RubyObject::Extension {
            kind,
            bytes: bytes.to_vec(),
        }))
    };
    both("d463ff", &kept(99, &[0xff]));
    // MessagePack's own timestamp, which Active Support does not know either.
    both("d6ff 65000000", &kept(-1, &[0x65, 0, 0, 0]));
    both("c70013", &kept(19, &[]));
    // 127 is Rails' own refusal, and an extension of a known type must hold what the type requires.
    assert!(load(&unhex("d47f00")).is_err());
    assert!(dump(&kept(127, &[0])).is_err());
    assert!(dump(&kept(3, &[1, 0])).is_err());
    assert_eq!(written(&kept(3, &[1, 3])), "d5030103");
}

#[test]
fn malformed_payloads_are_refused() {
    for body in [
        "d400ff",                      // Symbol, not in UTF-8
        "c70001",                      // big Integer without a sign
        "d40102",                      // with an invalid sign
        "d5010000",                    // with half a chunk
        "c70302 302e35",               // BigDecimal without the colon
        "c70402 31383a61",             // that is not a number
        "c70402 3a302e35",             // without digits
        "d40301",                      // Rational without denominator
        "d5030100",                    // with the denominator 0
        "d5030001",                    // with more than 0
        "d503a0a0",                    // of Strings
        "d50401c0",                    // Complex with nil
        "d40401",                      // with one part
        "c70605 00 18 00 00 00 00",    // DateTime at 24 hours
        "c70605 00 00 3c 00 00 00",    // 60 minutes
        "c70605 00 00 00 ff 00 00",    // -1 seconds
        "c70705 00 00 00 00 01 01 00", // a whole second as fraction
        "c70705 00 00 00 00 ff 02 00", // a negative one
        "c70705 00 00 00 00 00 02 01", // two days off
        "c70705 00 00 00 00 01 00 00", // by zero
        "c70e05 cf7fffffffffffffff 00 00 00 00 00",
        "c70906 cb0000000000000000",   // Date of a Float
        "d40700",                      // Time of one number
        "c70707 00 ce3b9aca00 00",     // of a billion nanoseconds
        "c70307 00 ff 00",             // of -1
        "c70707 00 00 ce00015180",     // a day from UTC
        "c70307 a0 00 00",             // of a String
        "c70308 00 00 00",             // TimeWithZone without zone
        "d608 00 00 00 c0",            // with nil
        "d50a 01 90",                  // Duration without parts
        "c7090a c0 97 c0c0c0c0c0c0c0", // without value
        "c7090a 01 97 c0c0c0c0c0c0a0", // with a String
        "c7080a 01 96 c0c0c0c0c0c0",   // with six parts
        "d50b 01 02",                  // Range without its end's kind
        "c7030b 01 02 c0",             // with nil for it
        "d40c01",                      // Set without an array
        "d40dff",                      // URI, not in UTF-8
        "c7000e",                      // IPAddr of nothing
        "d40ec0",                      // of nil
        "d50ec400",                    // of binary
        "d60e a2 3a3a31",              // with a byte left
        "d41190",                      // indifferent hash of an array
        "d51180c0",                    // with a byte left
        "d412ff",                      // SafeBuffer, not in UTF-8
        "d512a1ff",                    // as a string
        "c70312 a16161",               // with bytes after the string
        "d512a561",                    // with a string that ends too soon
        "d512c5ff",                    // with no bytes to its length
        "d612c402ff61",                // of binary that is not UTF-8
        "d47fc0",
    ] {
        let message = unhex(body);
        let error = load(&message).expect_err(body);
        assert_eq!(check(&message), Err(error), "{body}");
        // In a map it affects its own entry alone, as the value and as the key.
        for (map, place) in [("81a161", 0), ("81", 1)] {
            let message = unhex(&format!("{map}{body}{}", ["", "01"][place]));
            assert!(load(&message).is_err(), "{body}");
            let entries = index(&message).unwrap().unwrap();
            let spans = [entries[0].value, entries[0].key];
            let read = spans.map(|span| value_at(&message, span).is_ok());
            assert_eq!(read, [place == 1, place == 0], "{body}");
        }
    }
}

fn utc(seconds: i64) -> RubyTime {
    RubyTime::at(seconds, 0, 0, true)
}

#[test]
fn times_before_1970_and_west_of_utc() {
    // 1969-12-31 23:59:59 UTC is 18:29:59 at -05:30: day 2440587, -5.5/24 of a day.
    let time = RubyTime {
        utc_offset: -19_800,
        utc: false,
        ..utc(-1)
    };
    both(
        "c70b05 ce00253d8b 12 1d 3b 00 f5 30",
        &Value::DateTime(time.clone()),
    );
    both("c70507 ff 00 d1b2a8", &Value::Time(time));
    // A Time in UTC is written with the offset 0, and read as one with that offset.
    assert_eq!(written(&Value::Time(utc(0))), "c70307000000");
    assert_eq!(
        load(&unhex("c70307000000")),
        Ok(Value::Time(RubyTime {
            utc: false,
            ..utc(0)
        }))
    );
}

/// `DateTime.new(1970, 1, 1, 0, 0, 0, Rational(..)).offset * 86400`, by Ruby 3.1.
#[test]
fn an_offset_is_rounded_to_seconds() {
    for (fraction, offset) in [
        // 86.4 and 86.4864... seconds of a thousandth of a day, and of one of 999.
        ("01 cd03e8", 86),
        ("01 cd03e7", 86),
        // 0.864, 0.5, 0.432 and 0.4999...
        ("01 ce000186a0", 1),
        ("01 ce0002a300", 1),
        ("01 ce00030d40", 0),
        ("01 ce0002a301", 0),
        // The same in the west.
        ("ff ce000186a0", -1),
        ("ff ce0002a300", -1),
        ("ff ce00030d40", 0),
        ("ff ce0002a301", 0),
    ] {
        // 00:00:00 there, on the Julian day 2440588.
        let body = format!("ce00253d8c 00 00 00 00 {fraction}");
        let length = body.replace(' ', "").len() / 2;
        let expected = RubyTime {
            utc_offset: offset,
            utc: false,
            ..utc(i64::from(-offset))
        };
        assert_eq!(
            load(&unhex(&format!("c7{length:02x}05{body}"))),
            Ok(Value::DateTime(expected)),
            "{fraction}"
        );
    }
}

/// DateTime.new(1970, 1, 1, 0, 0, Rational(2**63, 2**64 - 1)), whose terms need all of 64 bits.
#[test]
fn a_fraction_of_a_second_may_be_long() {
    let expected = RubyTime {
        nanoseconds: 500_000_000,
        utc: false,
        ..utc(0)
    };
    assert_eq!(
        load(&unhex(
            "c71b05 ce00253d8c 00 00 00 cf8000000000000000 cfffffffffffffffff 00"
        )),
        Ok(Value::DateTime(expected))
    );
}

/// Rails writes the time in UTC, so with the offset 0. A time with another offset is in UTC too.
#[test]
fn a_time_with_zone_is_in_utc() {
    for offset in ["00", "cd0e10", "d1f1f0"] {
        let body = format!("00 00 {offset} a5 546f6b796f");
        let length = body.replace(' ', "").len() / 2;
        let Ok(Value::Time(time)) = load(&unhex(&format!("c7{length:02x}08{body}"))) else {
            panic!("{body}")
        };
        assert_eq!(time.utc_offset, 0, "{body}");
        assert!(time.utc && time.with_zone);
        assert_eq!(time.zone.as_deref(), Some("Tokyo"));
    }
}

#[test]
fn what_no_rails_could_read_is_not_written() {
    let number = || Value::Integer(1);
    let duration = |parts: &[&str]| {
        let parts = parts.iter().map(|name| ((*name).to_owned(), number()));
        Value::Duration(Box::new(RubyDuration {
            value: number(),
            parts: parts.collect(),
        }))
    };
    for value in [
        Value::Rational(Box::new((number(), Value::Integer(0)))),
        Value::Rational(Box::new((number(), Value::Nil))),
        Value::Complex(Box::new((number(), Value::Nil))),
        Value::BigDecimal("many".to_owned()),
        Value::BigDecimal(String::new()),
        Value::BigDecimal("-".to_owned()),
        Value::IpAddr(String::new()),
        Value::IpAddr("é".to_owned()),
        Value::Time(RubyTime {
            nanoseconds: 1_000_000_000,
            ..utc(0)
        }),
        Value::Time(RubyTime {
            utc_offset: 86_400,
            ..utc(0)
        }),
        Value::Time(RubyTime {
            with_zone: true,
            ..utc(0)
        }),
        Value::DateTime(RubyTime {
            utc_offset: i32::MIN,
            ..utc(0)
        }),
        Value::DateTime(RubyTime {
            utc_offset: 1,
            ..utc(i64::MAX)
        }),
        Value::DateTime(RubyTime {
            nanoseconds: u32::MAX,
            ..utc(0)
        }),
        duration(&["days", "days"]),
        duration(&["fortnights"]),
    ] {
        assert!(dump(&value).is_err(), "{value:?}");
    }
    assert!(dump(&duration(&["days", "years"])).is_ok());
    // The first and the last second that a DateTime can hold.
    for seconds in [i64::MIN, i64::MAX] {
        let value = Value::DateTime(RubyTime {
            utc: false,
            ..utc(seconds)
        });
        assert_eq!(load(&dump(&value).unwrap()), Ok(value));
    }
}

#[test]
fn big_decimals_keep_their_notation() {
    for (text, body) in [
        ("0.5e0", "31383a302e356530"),
        ("-0.5e0", "31383a2d302e356530"),
        ("NaN", "393a4e614e"),
        ("-Infinity", "393a2d496e66696e697479"),
        // Ten digits are two words, and one more is set aside.
        ("0.1234567891e1", "32373a302e313233343536373839316531"),
    ] {
        let value = Value::BigDecimal(text.to_owned());
        assert!(written(&value).ends_with(body), "{text}");
        assert_eq!(load(&dump(&value).unwrap()), Ok(value));
    }
}

#[test]
fn complexes_and_durations_of_any_numbers() {
    let rational = Value::Rational(Box::new((Value::Integer(1), Value::Integer(3))));
    let half = Value::BigDecimal("0.5e0".to_owned());
    let complex = Value::Complex(Box::new((rational.clone(), half)));
    both("c70e04 d5030103 d702 31383a302e356530", &complex);
    let duration = RubyDuration {
        value: Value::Float(1.5),
        parts: vec![("weeks".to_owned(), rational)],
    };
    both(
        "c7140a cb3ff8000000000000 97 c0c0 d5030103 c0c0c0c0",
        &Value::Duration(Box::new(duration)),
    );
    // A Complex in a Complex is an error.
    assert!(load(&unhex("c70504 d5040101 01")).is_err());
}

#[test]
fn objects_of_other_classes_are_named() {
    let object = RubyObject::Instance {
        class: "Cart".to_owned(),
        ivars: vec![],
    };
    let error = dump(&Value::Array(vec![Value::Object(Box::new(object))])).unwrap_err();
    assert_eq!(error.0, "MessagePack has no form for a value of class Cart");
}
