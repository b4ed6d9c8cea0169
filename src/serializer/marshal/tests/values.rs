//! Chosen vectors against Values written by hand, and what malformed objects become.

use super::{Document, dump_value, marshal, ruby};
use crate::serializer::marshal::number;
use crate::serializer::value::{Object, RubyBytes, RubyTime, Value};

fn value(name: &str) -> Value {
    let vector = ruby()
        .into_iter()
        .find(|vector| vector.name == name)
        .unwrap_or_else(|| panic!("{name}"));
    let document = Document::load(&vector.bytes).unwrap();
    document.value(document.root()).unwrap()
}

fn load(body: &[u8]) -> Value {
    let document = Document::load(&marshal(body)).unwrap();
    document.value(document.root()).unwrap()
}

fn time(seconds: i64, nanoseconds: u32) -> RubyTime {
    RubyTime {
        seconds,
        nanoseconds,
        utc_offset: 0,
        utc: true,
        zone: Some("UTC".into()),
        with_zone: false,
    }
}

#[test]
fn times() {
    assert_eq!(value("time utc"), Value::Time(time(1_700_000_000, 0)));
    assert_eq!(
        value("time utc nanoseconds"),
        Value::Time(time(1_700_000_000, 123_456_789))
    );
    assert_eq!(
        value("time 1960"),
        Value::Time(time(-300_000_000, 999_999_999))
    );
    // Time.utc(1901, 2, 28, 23, 59, 59).to_i and the like.
    assert_eq!(value("time 1901"), Value::Time(time(-2_172_355_201, 0)));
    assert_eq!(value("time 1899"), Value::Time(time(-2_209_071_477, 0)));
    assert_eq!(value("time 2400"), Value::Time(time(13_574_566_923, 0)));
    let local = RubyTime {
        utc: false,
        utc_offset: 3600,
        zone: Some("CET".into()),
        ..time(1_700_000_000, 0)
    };
    assert_eq!(value("time local"), Value::Time(local));
    let west = RubyTime {
        utc: false,
        utc_offset: -34_200,
        zone: None,
        ..time(1_700_000_000, 120)
    };
    assert_eq!(value("time offset west"), Value::Time(west));
    let tokyo = RubyTime {
        utc: false,
        utc_offset: 32_400,
        zone: Some("Tokyo".into()),
        with_zone: true,
        ..time(1_700_000_000, 5_000)
    };
    assert_eq!(value("time with zone"), Value::Time(tokyo));
    let utc = RubyTime {
        with_zone: true,
        ..time(1_700_000_000, 0)
    };
    assert_eq!(value("time with zone utc"), Value::Time(utc));
}

#[test]
fn dates() {
    let datetime = |seconds, nanoseconds, utc_offset| {
        Value::DateTime(RubyTime {
            utc: false,
            zone: None,
            utc_offset,
            ..time(seconds, nanoseconds)
        })
    };
    assert_eq!(
        value("datetime"),
        datetime(1_706_925_906, 500_000_000, 7200)
    );
    assert_eq!(
        value("datetime day before"),
        datetime(1_706_887_800, 0, 32_400)
    );
    assert_eq!(value("date"), Value::Date(2_460_344));
}

#[test]
fn strings() {
    let bytes = |bytes: &[u8], encoding: &str| {
        Value::Bytes(RubyBytes {
            bytes: bytes.to_vec(),
            encoding: encoding.into(),
        })
    };
    assert_eq!(value("string"), Value::String("Zoë".into()));
    assert_eq!(value("bytes"), bytes(b"\xff\0", "ASCII-8BIT"));
    assert_eq!(value("bytes utf-8"), bytes(b"\xff", "UTF-8"));
    assert_eq!(value("bytes ascii"), bytes(b"\xff", "US-ASCII"));
    let sjis = vec![
        bytes(b"\x93\xfa", "Shift_JIS"),
        bytes(b"\x96\x7b", "Shift_JIS"),
    ];
    assert_eq!(value("bytes shift_jis twice"), Value::Array(sjis));
    // Ruby 1.8 knew no encodings.
    assert_eq!(load(b"\"\x09Zo\xc3\xab"), Value::String("Zoë".into()));
}

#[test]
fn known_objects() {
    let text = |text: &str| Value::String(text.into());
    assert_eq!(value("ip"), Value::IpAddr("10.0.0.0/8".into()));
    assert_eq!(value("ip single"), Value::IpAddr("192.168.7.9".into()));
    assert_eq!(value("ip v6"), Value::IpAddr("2001:db8::/32".into()));
    assert_eq!(value("pathname"), Value::Pathname("/tmp/ä".into()));
    assert_eq!(value("time zone"), Value::TimeZone("Tokyo".into()));
    assert_eq!(
        value("uri"),
        Value::Uri("https://user:pw@example.com:8443/a/b?q=1#frag".into())
    );
    assert_eq!(
        value("uri opaque"),
        Value::Uri("mailto:a@example.com".into())
    );
    assert_eq!(value("uri plain"), Value::Uri("http://example.com/".into()));
    assert_eq!(value("uri relative"), Value::Uri("/a/b?c#d".into()));
    assert_eq!(value("safe buffer"), Value::SafeBuffer("<b>".into()));
    assert_eq!(value("regexp plain"), Value::Regexp("(?-mix:a)".into()));
    assert_eq!(
        value("set"),
        Value::Set(vec![
            Value::Integer(1),
            text("a"),
            Value::Symbol("b".into())
        ])
    );
    assert_eq!(value("decimal -0.5"), Value::BigDecimal("-0.5e0".into()));
    let Value::Duration(duration) = value("duration") else {
        panic!()
    };
    assert_eq!(duration.value, Value::Integer(2_888_946));
    let parts = [
        ("months".to_owned(), Value::Integer(1)),
        ("days".to_owned(), Value::Integer(3)),
    ];
    assert_eq!(duration.parts, parts);
    let Value::Range(range) = value("range exclusive") else {
        panic!()
    };
    assert_eq!(
        (&range.begin, &range.end, range.exclude_end),
        (&text("a"), &text("c"), true)
    );
}

#[test]
fn what_is_malformed_for_its_class_keeps_its_name() {
    let bodies: &[&[u8]] = &[
        b"u:\x09Time\x06x",
        b"u:\x0fBigDecimal\x08abc",
        b"u:\x0fBigDecimal\x0a18:xy",
        b"U:\x0dRational[\x07i\x06i\x00",
        b"U:\x0dRationali\x06",
        b"U:\x09Date[\x06i\x00",
        b"o:\x08Set\x06:\x0a@hashi\x06",
        b"o:\x0aRange\x00",
        b"o:\x0bIPAddr\x00",
        b"o:\x1cActiveSupport::Duration\x00",
        b"o:\x0dPathname\x06:\x0a@pathi\x06",
    ];
    for body in bodies {
        let value = load(body);
        assert!(
            matches!(value, Value::Object(_)),
            "{}: {value:?}",
            body.escape_ascii()
        );
        assert_eq!(
            dump_value(&value).unwrap(),
            marshal(body),
            "{}",
            body.escape_ascii()
        );
    }
}

#[test]
fn text_that_is_no_longer_safe_does_not_become_safe() {
    for ivar in [b":\x0f@html_safeF".as_slice(), b":\x11@html_unsafeT"] {
        let text = b"IC:\x1eActiveSupport::SafeBuffer\"\x08<b>\x07:\x06ET";
        let Value::Object(object) = load(&[text, ivar].concat()) else {
            panic!("safe")
        };
        assert!(matches!(*object, Object::Subclass { .. }));
    }
}

#[test]
fn what_has_no_form_in_marshal_is_refused_by_name() {
    let refused = |value: Value| dump_value(&value).unwrap_err().0;
    assert!(refused(Value::TimeZone("Tokyo".into())).contains("ActiveSupport::TimeZone"));
    assert!(refused(Value::BigDecimal("x".into())).contains("BigDecimal"));
    assert!(refused(Value::IpAddr("x".into())).contains("IPAddr"));
    assert!(refused(Value::Date(-1)).contains("Date"));
    let extension = Object::Extension {
        kind: 1,
        bytes: vec![],
    };
    assert!(refused(Value::Object(Box::new(extension))).contains("MessagePack"));
    let subclass = Object::Subclass {
        class: "A".into(),
        content: Value::Nil,
    };
    assert!(refused(Value::Object(Box::new(subclass))).contains("subclass"));
    let mut deep = Value::Nil;
    for _ in 0..102 {
        deep = Value::Array(vec![deep]);
    }
    assert!(refused(deep).contains("100 levels"));
}

#[test]
fn floats_of_ruby_1_8_have_their_low_bits_behind_their_digits() {
    // What Ruby 3.1 loads these as.
    assert_eq!(number::float(b"1.1000000000000001\0\x99\x9a"), Some(1.1));
    let low = |text: &[u8]| number::float(text).unwrap().to_bits();
    assert_eq!(low(b"1.1\0\x99\x9b"), 0x3ff1_9999_9999_999b);
    assert_eq!(low(b"-1e20\0\x12"), 0xc415_af1d_78b5_1200);
    assert_eq!(number::float(b"infinity"), None);
    assert_eq!(number::float(b""), None);
}

#[test]
fn floats_as_keys() {
    // Ruby's own Float#to_s.
    for (float, text) in [
        (2.5, "2.5"),
        (100.0, "100.0"),
        (1e14, "100000000000000.0"),
        (1e15, "1.0e+15"),
        (1_234_567_890_123_456.0, "1.234567890123456e+15"),
        (1e16, "1.0e+16"),
        (1.25e-5, "1.25e-05"),
        (0.0001, "0.0001"),
        (-0.0, "-0.0"),
        (1e100, "1.0e+100"),
    ] {
        assert_eq!(number::to_s(float), text);
    }
}
