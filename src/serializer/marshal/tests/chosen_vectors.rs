//! Chosen vectors against Values written by hand, and the values of malformed objects.

use super::{Document, dump_value, marshal, ruby};
use crate::serializer::marshal::bignum;
use crate::serializer::value::{RubyObject, RubyTime, Value};

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
        zone: Some("UTC".into()),
        ..RubyTime::at(seconds, nanoseconds, 0, true)
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
    assert_eq!(value("string"), Value::String("Zoë".into()));
    assert_eq!(value("bytes"), Value::bytes(b"\xff\0", "ASCII-8BIT"));
    assert_eq!(value("bytes utf-8"), Value::bytes(b"\xff", "UTF-8"));
    assert_eq!(value("bytes ascii"), Value::bytes(b"\xff", "US-ASCII"));
    let sjis = vec![
        Value::bytes(b"\x93\xfa", "Shift_JIS"),
        Value::bytes(b"\x96\x7b", "Shift_JIS"),
    ];
    assert_eq!(value("bytes shift_jis twice"), Value::Array(sjis));
    // Without an encoding it is binary; Ruby 1.8 knew no encodings.
    let binary = load(b"\"\x09Zo\xc3\xab");
    assert_eq!(binary, Value::bytes("Zoë", "ASCII-8BIT"));
    assert_eq!(binary.as_str(), Some("Zoë"));
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
        // A BigDecimal cannot be extended: Complex(BigDecimal("1").extend(M), 2)
        b"U:\x0cComplex[\x07e:\x06Mu:\x0fBigDecimal\x0d18:0.1e1i\x07",
        b"U:\x09Date[\x06i\x00",
        b"o:\x08Set\x06:\x0a@hashi\x06",
        b"o:\x0aRange\x00",
        b"o:\x0bIPAddr\x00",
        b"o:\x1cActiveSupport::Duration\x00",
        b"o:\x0dPathname\x06:\x0a@pathi\x06",
        // A Pathname cannot hold an extended String.
        b"o:\x0dPathname\x06:\x0a@pathIe:\x06M\"\x06a\x06:\x06ET",
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
        assert!(matches!(*object, RubyObject::Subclass { .. }));
    }
}

#[test]
fn what_has_no_form_in_marshal_is_refused_by_name() {
    let refused = |value: Value| dump_value(&value).unwrap_err().0;
    assert!(refused(Value::TimeZone("Tokyo".into())).contains("ActiveSupport::TimeZone"));
    assert!(refused(Value::BigDecimal("x".into())).contains("BigDecimal"));
    assert!(refused(Value::IpAddr("x".into())).contains("IPAddr"));
    assert!(refused(Value::Date(-1)).contains("Date"));
    let extension = RubyObject::Extension {
        kind: 1,
        bytes: vec![],
    };
    assert!(refused(Value::Object(Box::new(extension))).contains("MessagePack"));
    let subclass = RubyObject::Subclass {
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
fn wrappers_are_levels() {
    let wraps: [fn(Value) -> RubyObject; 2] = [
        |content| RubyObject::Subclass {
            class: "A".into(),
            content,
        },
        |content| RubyObject::Extended {
            module: "A".into(),
            content,
        },
    ];
    for wrap in wraps {
        let nested = |levels: usize| {
            let empty = Value::Array(vec![]);
            (0..levels).fold(empty, |inner, _| Value::Object(Box::new(wrap(inner))))
        };
        assert!(dump_value(&nested(99)).is_ok());
        let error = dump_value(&nested(102)).unwrap_err();
        assert!(error.0.contains("100 levels"), "{error:?}");
        assert!(dump_value(&nested(10_000)).is_err());
    }
}

/// Names and Symbols beyond ASCII say their encoding, as often as not by a link to its name.
#[test]
fn symbols_with_an_encoding() {
    // class É; end; Marshal.dump(É.new)
    let (bytes, value) = written("04086f493a07c389063a06455400");
    let object = RubyObject::Instance {
        class: "É".into(),
        ivars: vec![],
    };
    assert_eq!(value, Value::Object(Box::new(object)));
    assert_eq!(dump_value(&value).unwrap(), bytes);
    // ["日".encode("Shift_JIS").to_sym, "本".encode("Shift_JIS").to_sym]
    let (bytes, value) = written(
        "04085b07493a0793fa063a0d656e636f64696e67220e53686966745f4a4953493a07967b063b064006",
    );
    let Value::Array(symbols) = value else {
        panic!("{value:?}")
    };
    assert_eq!(symbols.len(), 2);
    assert!(
        symbols
            .iter()
            .all(|symbol| matches!(symbol, Value::Symbol(_)))
    );
    assert_eq!(Document::load(&bytes).unwrap().dump(), bytes);
    // :a, said to be US-ASCII.
    assert_eq!(load(b"I:\x06a\x06:\x06EF"), Value::Symbol("a".into()));
}

#[test]
fn floats_of_ruby_1_8_have_their_low_bits_behind_their_digits() {
    // The floats that Ruby 3.1 loads from these.
    assert_eq!(bignum::float(b"1.1000000000000001\0\x99\x9a"), Some(1.1));
    let low = |text: &[u8]| bignum::float(text).unwrap().to_bits();
    assert_eq!(low(b"1.1\0\x99\x9b"), 0x3ff1_9999_9999_999b);
    assert_eq!(low(b"-1e20\0\x12"), 0xc415_af1d_78b5_1200);
    assert_eq!(bignum::float(b"infinity"), None);
    assert_eq!(bignum::float(b""), None);
}

/// Hexadecimal digits as Ruby 3.1 with Active Support 6.1 wrote them, and the value.
fn written(hex: &str) -> (Vec<u8>, Value) {
    let bytes = hex::decode(hex).unwrap();
    let document = Document::load(&bytes).unwrap();
    let value = document.value(document.root()).unwrap();
    (bytes, value)
}

#[test]
fn keys_of_different_encodings_are_kept_apart() {
    // [{"é" => 1, "é".b => 2}]
    let (bytes, value) = written("04085b067b07492207c3a9063a06455469062207c3a96907");
    let binary = Value::bytes(b"\xc3\xa9", "ASCII-8BIT");
    let pairs = vec![
        (Value::String("é".into()), Value::Integer(1)),
        (binary, Value::Integer(2)),
    ];
    assert_eq!(value, Value::Array(vec![Value::Hash(pairs)]));
    assert_eq!(dump_value(&value).unwrap(), bytes);
    // [{"é": 1, "é".b.to_sym => 2}]
    let (_, value) = written("04085b067b07493a07c3a9063a06455469063a07c3a96907");
    let pairs = vec![
        (Value::Symbol("é".into()), Value::Integer(1)),
        (Value::Symbol("\u{fffd}\u{fffd}".into()), Value::Integer(2)),
    ];
    assert_eq!(value, Value::Array(vec![Value::Hash(pairs)]));
    // A repeated key is one key: {"é" => 1, "é" => 2}
    let twice = load(b"{\x07I\"\x07\xc3\xa9\x06:\x06ETi\x06I\"\x07\xc3\xa9\x06;\x00Ti\x07");
    let pair = (Value::String("é".into()), Value::Integer(2));
    assert_eq!(twice, Value::Hash(vec![pair]));
    // The name of the encoding makes no difference.
    let twice = load(
        b"{\x07I\"\x07\xc3\xa9\x06:\x06ETi\x06I\"\x07\xc3\xa9\x06:\x0dencoding\"\x0aUTF-8i\x07",
    );
    let pair = (Value::String("é".into()), Value::Integer(2));
    assert_eq!(twice, Value::Hash(vec![pair]));
    // ASCII is the same in every encoding: {"a".force_encoding("US-ASCII") => 1, "a" => 2}
    let twice = load(b"{\x07I\"\x06a\x06:\x06EFi\x06I\"\x06a\x06;\x00Ti\x07");
    let pair = (Value::String("a".into()), Value::Integer(2));
    assert_eq!(twice, Value::Hash(vec![pair]));
    // The class makes no difference: {Name.new("a") => 1, "a" => 2}, where Name < String
    let twice = load(b"{\x07C:\x09Name\"\x06ai\x06\"\x06ai\x07");
    assert!(
        matches!(&twice, Value::Hash(pairs) if matches!(&pairs[..], [(Value::Object(_), Value::Integer(2))])),
        "{twice:?}"
    );
    // Without another key of its text, it is Ruby 1.8's.
    let old = load(b"{\x06\"\x07\xc3\xa9i\x06");
    let pair = (Value::String("é".into()), Value::Integer(1));
    assert_eq!(old, Value::Hash(vec![pair]));
}

#[test]
fn symbols_and_names_that_were_no_utf_8_are_never_written_as_others() {
    // "caf\xe9".force_encoding("ISO-8859-1").to_sym
    let (bytes, latin) =
        written("0408493a09636166e9063a0d656e636f64696e67220f49534f2d383835392d31");
    assert_eq!(latin, Value::Symbol("caf\u{fffd}".into()));
    assert_eq!(Document::load(&bytes).unwrap().dump(), bytes);
    let refused = [
        latin,
        // Two characters there that are one in UTF-8.
        load(b"I:\x07\xc3\xa9\x06:\x0dencoding\"\x0fISO-8859-1"),
        load(b":\x06\xff"),
        load(b"o:\x07A\xff\x00"),
        load(b"o:\x06A\x06:\x07@\xffi\x06"),
        load(b"S:\x06A\x06:\x06\xffi\x06"),
        load(b"C:\x07A\xff[\x00"),
        load(b"e:\x07A\xff[\x00"),
        load(b"u:\x07A\xff\x00"),
        load(b"U:\x07A\xff[\x00"),
        load(b"c\x07A\xff"),
        load(b"m\x07A\xff"),
        load(b"/\x06\xff\x10"),
    ];
    for value in refused {
        assert!(dump_value(&value).is_err(), "{value:?}");
    }
    assert!(dump_value(&Value::String("\u{fffd}".into())).is_ok());
}

#[test]
fn zones_that_are_utc() {
    // `Time.at(0).in_time_zone(name).utc?`, of all of TZInfo's names and Active Support's.
    let zone = |name: &str| {
        let time = b"\x0d\x20\x80\x11\xc0\0\0\0\0\x06";
        let name = [&[u8::try_from(name.len() + 5).unwrap()], name.as_bytes()].concat();
        let local = [b"Iu;\x06", &time[..], b";\x07@\x07"].concat();
        let body = [
            b"U:\x20ActiveSupport::TimeWithZone[\x08Iu:\x09Time",
            &time[..],
            b":\x09zoneI\"\x08UTC\x06:\x06EFI\"",
            &name,
            b"\x06;\x08T",
            &local,
        ];
        load(&body.concat())
    };
    for (name, expected) in [
        ("Etc/UCT", true),
        ("Etc/UTC", true),
        ("Etc/Universal", true),
        ("Etc/Zulu", true),
        ("UCT", true),
        ("UTC", true),
        ("Universal", true),
        ("Zulu", true),
        ("Etc/GMT", false),
        ("GMT", false),
        ("London", false),
        ("Etc/Greenwich", false),
    ] {
        match zone(name) {
            Value::Time(time) => assert_eq!(time.utc, expected, "{name}"),
            other => panic!("{other:?}"),
        }
    }
}

/// `ActiveSupport::TimeWithZone` with other parts than its own: by Ruby 3.1.
#[test]
fn a_time_with_zone_of_what_is_no_time_keeps_its_name() {
    let time = "49753a0954696d650dd6e91ec000004035063a097a6f6e65492208555443063a064546";
    let local = "49753b060dd6e91ec000004035063b074007";
    let extended = |time: &str| time.replacen("4975", "49653a064d75", 1);
    let cases = [
        (format!("{time}492208555443063b0854{local}"), true),
        // A class of the app's that dumps itself as Time does.
        (
            "753a0954616d650d208011c000000000492208555443063a06455449753a0954696d650dd6e91ec0\
                 00004035063a097a6f6e65492208555443063b0746"
                .to_owned(),
            false,
        ),
        // Time.now.utc.extend(M), "UTC".extend(M): a Symbol more before the others.
        (
            format!(
                "{}492208555443063b0954{}",
                extended(time),
                local.replace("3b07", "3b08").replace("3b06", "3b07")
            ),
            false,
        ),
        (format!("{time}49653a064d2208555443063b0854{local}"), false),
        (
            format!("{time}492208555443063b0854{}", extended(local)),
            false,
        ),
    ];
    for (parts, is_time) in &cases {
        let head = "553a20416374697665537570706f72743a3a54696d65576974685a6f6e655b08";
        let (bytes, value) = written(&format!("0408{head}{parts}"));
        assert_eq!(matches!(value, Value::Time(_)), *is_time, "{value:?}");
        assert_eq!(Document::load(&bytes).unwrap().dump(), bytes);
    }
    assert_eq!(cases.len(), 5);
}

#[test]
fn addresses_as_ruby_shows_them() {
    for (address, shown) in [
        (0x0102_0304_u128, "::1.2.3.4"),
        (0x0002_0003, "::0.2.0.3"),
        (0x0001_0000, "::0.1.0.0"),
        (0xffff, "::ffff"),
        (1, "::1"),
        (0, "::"),
        (0xffff_0102_0304, "::ffff:1.2.3.4"),
        (0xffff_0000_0000, "::ffff:0.0.0.0"),
        (0xffff_0000_0102_0304, "::ffff:0:102:304"),
        (0x0064_ff9b << 96 | 0x0102_0304, "64:ff9b::102:304"),
        (1 << 112 | 2 << 64 | 3, "1:0:0:2::3"),
    ] {
        let address = std::net::Ipv6Addr::from(address).to_string();
        let written = dump_value(&Value::IpAddr(address)).unwrap();
        let read = load(&written[2..]);
        assert_eq!(read, Value::IpAddr(shown.into()));
        assert_eq!(dump_value(&read).unwrap(), written);
    }
}

#[test]
fn regexps_as_ruby_shows_them() {
    for (source, options, shown) in [
        (&b"(?i-mx:a)"[..], 0, "(?i-mx:a)"),
        (b"(?i:a)", 4, "(?mi-x:a)"),
        (b"(?i-mx:a)b", 0, "(?-mix:(?i-mx:a)b)"),
        (b"(?i-mx:a)(?m:b)", 0, "(?-mix:(?i-mx:a)(?m:b))"),
        (b"(?mi-x:a)", 1, "(?mi-x:a)"),
        (b"(?i-mx:(?m-ix:a))", 0, "(?i-mx:(?m-ix:a))"),
        (b"(?-i:a)", 5, "(?m-ix:a)"),
        (b"(?i:)", 0, "(?i-mx:)"),
        (b"(?i-:a)", 0, "(?i-mx:a)"),
        (b"(?:a)", 1, "(?i-mx:a)"),
        (b"(?mix:a)", 0, "(?mix:a)"),
        (b"(?ii:a)", 0, "(?i-mx:a)"),
        (b"(?i-i:a)", 0, "(?-mix:a)"),
        (b"(?a:a)", 0, "(?-mix:(?a:a))"),
        (b"a\nb", 0, "(?-mix:a\nb)"),
        (b"\x01\t\x1b\x7f", 0, "(?-mix:\\x01\t\\x1B\\x7F)"),
        (b"/", 0, "(?-mix:\\/)"),
        (b"\\/", 0, "(?-mix:\\/)"),
        (b"\\\n", 0, "(?-mix:\\\n)"),
        (b"[/]", 0, "(?-mix:[\\/])"),
        // Parentheses that do not match each other: escaped, or in a class.
        (b"(?i-mx:[(])", 0, "(?i-mx:[(])"),
        (b"(?i-mx:[)])", 0, "(?i-mx:[)])"),
        (b"(?i-mx:\\()", 0, "(?i-mx:\\()"),
        (b"(?i-mx:\\))", 0, "(?i-mx:\\))"),
        (b"(?i-mx:[a]b)", 0, "(?i-mx:[a]b)"),
        (b"(?i-mx:[[)]a])", 0, "(?i-mx:[[)]a])"),
        (b"(?i-mx:[\\](])", 0, "(?i-mx:[\\](])"),
        (b"(?i-mx:a)|(b)", 0, "(?-mix:(?i-mx:a)|(b))"),
        (b"(?i-mx:a[)])b(c)", 0, "(?-mix:(?i-mx:a[)])b(c))"),
        (b"(?i-mx:a)(?m-ix:[)])", 0, "(?-mix:(?i-mx:a)(?m-ix:[)]))"),
    ] {
        let length = u8::try_from(source.len() + 5).unwrap();
        let body = [b"/", &[length], source, &[options]].concat();
        assert_eq!(load(&body), Value::Regexp(shown.into()));
    }
}

#[test]
fn a_fraction_of_a_nanosecond_is_dropped() {
    // DateTime.new(2024, 2, 3, 4, 5, 6 + Rational(1, 3))
    let (_, value) = written(
        "0408553a0d4461746554696d655b0b69006903b88a2569027239553a0d526174696f6e616c\
         5b07690400ca9a3b69086900660c32323939313631",
    );
    let time = RubyTime {
        utc: false,
        zone: None,
        ..time(1_706_933_106, 333_333_333)
    };
    assert_eq!(value, Value::DateTime(time));
    // Not a number of nanoseconds.
    for rational in [&b"i\xfai\x08"[..], b"i\x06i\x00", b"i\x06i\xfa", b"0i\x06"] {
        let head = b"U:\x0dDateTime[\x0bi\x00i\x03\xb8\x8a%i\x00U:\x0dRational[\x07";
        let body = [&head[..], rational, b"i\x00f\x0c2299161"].concat();
        assert!(matches!(load(&body), Value::Object(_)));
    }
}

/// Fractions of it that take more than 30 bits, or more than 64. Each with Ruby's `nsec`.
#[test]
fn a_fraction_of_a_nanosecond_may_be_long() {
    let fractions = [
        // Time.at(1.1).utc
        (
            "040849753a0954696d650d208011c0a0861100083a0d6e616e6f5f6e756d6903e1f5053a0d6e616e6f5f\
             64656e6c2b080000000000043a097a6f6e65492208555443063a064546",
            100_000_000,
        ),
        // Time.at(Rational(2**60 + 1, 2**60)).utc
        (
            "040849753a0954696d650d208011c000001000083a0d6e616e6f5f6e756d690365cd1d3a0d6e616e6f5f\
             64656e6c2b0900000000000008003a097a6f6e65492208555443063a064546",
            0,
        ),
    ];
    for (hex, nanoseconds) in fractions {
        let (_, value) = written(hex);
        assert_eq!(value, Value::Time(time(1, nanoseconds)));
    }
    // DateTime.new(2024, 2, 3, 4, 5, 6 + Rational(1, 3) + Rational(1, 3**50))
    let (_, value) = written(
        "0408553a0d4461746554696d655b0b69006903b88a2569027239553a0d526174696f6e616c5b076c2b0c00a8\
         27365d3499f98bbcd561cc0b6c2b0ac9e39dd02fdbf05305986900660c32323939313631",
    );
    let time = RubyTime {
        utc: false,
        zone: None,
        ..time(1_706_933_106, 333_333_333)
    };
    assert_eq!(value, Value::DateTime(time));
}

/// Ruby 3.1.2 says of it: `utc_offset == 0`.
#[test]
fn a_time_in_utc_has_no_other_offset() {
    let (_, value) = written(
        "040849753a0954696d650d4080e9d61e0000350a3a0d6e616e6f5f6e756d697d3a0d6e616e6f5f64656e69063a0d\
         7375626d6963728b2206123a0b6f66667365\
         7469fe687a3a097a6f6e6530",
    );
    assert!(matches!(value, Value::Time(time) if time.utc && time.utc_offset == 0));
}

#[test]
fn floats_without_a_number() {
    for text in [&b"f\x00"[..], b"f\x06.", b"f\x08abc", b"f\x06\0"] {
        let error = Document::load(&marshal(text)).unwrap_err();
        assert_eq!(error.reason, "a Float that is not a number");
    }
}
