//! Hostile bytes in each format, as they would come out of a cookie: the result is an error or a
//! value, in bounded memory, on a small stack.
#![cfg(all(feature = "marshal", feature = "message_pack"))]

use super::entries::Entries;
use super::value::Value;
use super::{Format, Serialized};

/// The longest input that a jar reads.
const LONGEST: usize = 16 * 1024;

fn repeated_to(head: &[u8], unit: &[u8], times: usize) -> Vec<u8> {
    [head, &unit.repeat(times)].concat()
}

fn repeated(head: &[u8], unit: &[u8], tail: &[u8]) -> Vec<u8> {
    let times = (LONGEST - head.len() - tail.len()) / unit.len();
    [head, &unit.repeat(times), tail].concat()
}

/// Marshal: an Array, then `links` links to it. Zeros fill the input up to the longest length.
fn linked(array: &[u8], links: u8) -> Vec<u8> {
    let tail = b"@\x06".repeat(usize::from(links));
    let head = [&b"\x04\x08["[..], &[links + 2 + 5], array, b"f\x02"].concat();
    let zeros = LONGEST - head.len() - 2 - tail.len();
    let length = u16::try_from(zeros).unwrap().to_le_bytes();
    [&head[..], &length, &b"0".repeat(zeros), &tail].concat()
}

#[expect(clippy::too_many_lines, reason = "a table")]
/// The name of the attack, the format, the bytes, and if they are a value after all.
fn cases() -> Vec<(&'static str, Format, Vec<u8>, bool)> {
    let deep = |open: &str, close: &str| {
        let levels = LONGEST / (open.len() + close.len());
        (open.repeat(levels) + &close.repeat(levels)).into_bytes()
    };
    let json = vec![
        ("arrays in arrays", deep("[", "]"), false),
        ("maps in maps", deep(r#"{"":"#, "}"), false),
        ("arrays without an end", repeated(b"[", b"[", b""), false),
        (
            "an endless string",
            repeated(b"{\"a\":\"", b"x", b""),
            false,
        ),
        ("an endless number", repeated(b"{\"a\":", b"9", b"}"), true),
        (
            "as many keys as fit",
            repeated(b"{\"\":0", b",\"\":0", b"}"),
            true,
        ),
        ("as many values as fit", repeated(b"[0", b",0", b"]"), true),
        (
            "escapes alone",
            repeated(b"{\"a\":\"", b"\\u0000", b"\"}"),
            true,
        ),
        ("not UTF-8", b"{\"a\":\"\xff\"}".to_vec(), false),
        (
            "keys and values that cannot be read",
            repeated(br#"{"\x":"\x""#, br#","\x":"\x""#, b"}"),
            false,
        ),
    ];
    let marshal = vec![
        (
            "arrays in arrays",
            repeated(b"\x04\x08", b"[\x06", b""),
            false,
        ),
        (
            "hashes in hashes",
            repeated(b"\x04\x08", b"{\x06i\x00", b""),
            false,
        ),
        (
            "a huge array",
            b"\x04\x08[\x04\xff\xff\xff\x3f".to_vec(),
            false,
        ),
        (
            "a huge string",
            b"\x04\x08\"\x04\xff\xff\xff\x3f".to_vec(),
            false,
        ),
        ("a cycle", b"\x04\x08[\x06@\x00".to_vec(), false),
        (
            "a cycle in a hash",
            b"\x04\x08{\x06:\x06a@\x00".to_vec(),
            false,
        ),
        (
            "empty arrays",
            repeated(b"\x04\x08[\x02\xf8\x1f", b"[\x00", b""),
            true,
        ),
        (
            "as many object links as may be",
            linked(&repeated_to(b"[\x02\xe8\x03", b"0", 1_000), 46),
            true,
        ),
        (
            "a few more",
            linked(&repeated_to(b"[\x02\xe8\x03", b"0", 1_000), 50),
            false,
        ),
        (
            "Symbols",
            repeated(b"\x04\x08[\x02\x53\x15", b":\x06a", b""),
            true,
        ),
        (
            "symbol links",
            repeated(b"\x04\x08[\x02\xfc\x1f:\x06a", b";\x00", b""),
            true,
        ),
        (
            "symbol links to a long Symbol",
            [
                &b"\x04\x08[\x02\xa1\x0f:\x02\x40\x1f"[..],
                &b"s".repeat(8_000),
                &b";\x00".repeat(4_000),
            ]
            .concat(),
            false,
        ),
        (
            "object links to symbol links",
            linked(&repeated_to(b"[\x02\xe9\x03:\x06a", b";\x00", 1_000), 50),
            false,
        ),
        (
            "BigDecimals",
            repeated(
                b"\x04\x08[\x02\xd0\x05u:\x0fBigDecimal\x0c9:1e399",
                b"u;\x00\x0c9:1e399",
                b"",
            ),
            true,
        ),
        (
            "object links to BigDecimals",
            linked(
                &repeated_to(b"[\x02\xe9\x03u:\x0fBigDecimal\x0c9:1e399", b"@\x07", 1_000),
                30,
            ),
            false,
        ),
        (
            "wrong encodings",
            b"\x04\x08[\x08I\"\x06\xff\x06:\x06ETI\"\x06\xff\x06;\x00FI:\x06\xff\x06;\x00T"
                .to_vec(),
            true,
        ),
    ];
    let message_pack = vec![
        (
            "arrays in arrays",
            repeated(b"\xcc\x80", b"\x91", b"\xc0"),
            false,
        ),
        (
            "maps in maps",
            repeated(b"\xcc\x80", b"\x81\xc0", b"\xc0"),
            false,
        ),
        (
            "a huge array",
            b"\xcc\x80\xdd\xff\xff\xff\xff".to_vec(),
            false,
        ),
        (
            "a huge map",
            b"\xcc\x80\xdf\xff\xff\xff\xff".to_vec(),
            false,
        ),
        (
            "a huge text",
            b"\xcc\x80\xdb\xff\xff\xff\xff".to_vec(),
            false,
        ),
        (
            "wrong encodings",
            b"\xcc\x80\x92\xa1\xff\xd9\x01\xff".to_vec(),
            true,
        ),
        (
            "nils",
            repeated(b"\xcc\x80\xdc\x3f\xfb", b"\xc0", b""),
            true,
        ),
        (
            "keys that cannot be read",
            repeated_to(b"\xcc\x80\xde\x0f\xfe", b"\xd4\x00\xff\xc0", 0xffe),
            false,
        ),
    ];
    let formats = [
        (Format::Json, json),
        (Format::Marshal, marshal),
        (Format::MessagePack, message_pack),
    ];
    let cases = formats.into_iter().flat_map(|(format, cases)| {
        let case = move |(what, bytes, is_value)| (what, format, bytes, is_value);
        cases.into_iter().map(case)
    });
    cases.collect()
}

#[test]
fn memory_is_a_small_multiple_of_the_input() {
    let mut ran = 0;
    for (what, format, bytes, is_value) in cases() {
        let place = format!("{what} ({format:?})");
        let length = bytes.len().max(64);
        let serialized = Serialized { bytes, format };

        // An entry of the index is 20 bytes, of JSON at least 5; a Vec grows by doubling.
        let index = allocation_counter::measure(|| drop(Entries::load(serialized.clone())));
        assert!(
            index.bytes_max <= 40 * length as u64,
            "{place}: {} to index",
            index.bytes_max
        );

        // A `Value` is 56 bytes, a nil in MessagePack 1; Marshal's links may expand to three times
        // that. For a moment there are two: the serializer's and the caller's.
        let mut value = None;
        let load = allocation_counter::measure(|| value = serialized.load::<Value>().ok());
        assert!(
            load.bytes_max <= 340 * length as u64,
            "{place}: {} to load",
            load.bytes_max
        );
        assert_eq!(value.is_some(), is_value, "{place}");

        // A BigDecimal of a few bytes is written out in hundreds of digits.
        let json = allocation_counter::measure(|| drop(value.map(|value| value.to_string())));
        assert!(
            json.bytes_max <= 160 * length as u64,
            "{place}: {} as JSON",
            json.bytes_max
        );
        ran += 1;
    }
    assert_eq!(ran, 34);
}

#[test]
fn a_small_stack_is_enough() {
    let run = || {
        for (_, format, bytes, _) in cases() {
            let serialized = Serialized { bytes, format };
            let _ = Entries::load(serialized.clone());
            let _ = serialized.load::<Value>();
        }
        // The deepest nesting of each format.
        let levels = 100;
        let json = "[".repeat(levels) + &"]".repeat(levels);
        let marshal = [&b"\x04\x08"[..], &b"[\x06".repeat(levels - 1), b"[\x00"].concat();
        let message_pack = [&b"\xcc\x80"[..], &b"\x91".repeat(levels - 1), b"\x90"].concat();
        for (format, bytes) in [
            (Format::Json, json.into_bytes()),
            (Format::Marshal, marshal),
            (Format::MessagePack, message_pack),
        ] {
            let value: Value = Serialized { bytes, format }.load().unwrap();
            assert_eq!(value.to_string().len(), 2 * levels, "{format:?}");
        }
    };
    let thread = std::thread::Builder::new().stack_size(512 * 1024);
    thread.spawn(run).unwrap().join().unwrap();
}

/// A session of many kinds, in each format: truncated at any place, it is an error.
#[test]
fn what_is_cut_off_is_refused() {
    use super::DumpStyle;
    use crate::load_defaults::LoadDefaults;
    use crate::settings::{Serializer, Settings};

    let value: Value = serde_json::from_str(
        r#"{"a":[1,-2.5,"text",null,{"b":true}],"c":1208925819614629174706176}"#,
    )
    .unwrap();
    for serializer in [
        Serializer::Json,
        Serializer::Marshal,
        Serializer::MessagePack,
    ] {
        let settings = Settings {
            cookies_serializer: serializer,
            ..LoadDefaults::NEWEST.settings()
        };
        let whole = Serialized::dump(&value, DumpStyle::of(&settings)).unwrap();
        assert_eq!(whole.load::<Value>().unwrap(), value);
        for length in 0..whole.bytes.len() {
            let bytes = whole.bytes[..length].to_vec();
            let cut = Serialized {
                bytes,
                ..whole.clone()
            };
            assert!(cut.load::<Value>().is_err(), "{serializer}: {length} bytes");
            assert!(Entries::load(cut).is_err(), "{serializer}: {length} bytes");
        }
    }
}

/// The recognised format of bytes, as in `SerializerWithFallback` of Rails 7.1 (`JSON_START_WITH`,
/// Marshal's version, MessagePack's signature); plain JSON takes any bytes.
#[test]
fn the_format_of_what_comes_out_of_a_cookie() {
    use crate::settings::Serializer;

    let json: [&[u8]; 12] = [
        b"{}", b"[]", b"\"a\"", b"0", b"9", b"-1", b"true", b"false", b"null", b"{", b"[x", b"-0x",
    ];
    let unknown: [&[u8]; 12] = [
        b"", b" 1", b"-", b"- 1", b"tru", b"fals", b"nul", b"xtrue", b"+1", b"\n{}", b"\x04",
        b"\xcc",
    ];
    let serializers = [
        Serializer::Json,
        Serializer::Hybrid,
        Serializer::Marshal,
        Serializer::MessagePack,
        Serializer::MessagePackAllowMarshal,
    ];
    let mut count = 0;
    for serializer in serializers {
        for bytes in json {
            let format = serializer.format_of(bytes);
            assert_eq!(format, Ok(Format::Json), "{}", bytes.escape_ascii());
            count += 1;
        }
        for bytes in unknown {
            let format = serializer.format_of(bytes);
            if serializer == Serializer::Json {
                assert_eq!(format, Ok(Format::Json), "{}", bytes.escape_ascii());
            } else {
                let error = format.unwrap_err();
                assert_eq!(
                    error.reason,
                    "not JSON, Marshal or MessagePack",
                    "{}",
                    bytes.escape_ascii()
                );
            }
            count += 1;
        }
    }
    assert_eq!(count, 5 * (12 + 12));
}

/// `extensions.rb` of Rails 7.1, 7.2 and 8.1: the forms of `IPAddr.new("10.0.0.10")` and of
/// `"<b>".html_safe`, and the escape of U+2028 in JSON.
#[test]
fn each_version_writes_in_its_own_style() {
    use super::DumpStyle;
    use crate::load_defaults::LoadDefaults;
    use crate::settings::Serializer;
    use crate::settings::Settings;

    let raw = "c7090e31302e302e302e3130";
    let string = "c70a0ea931302e302e302e3130";
    let (safe, plain) = ("c703123c623e", "a33c623e");
    let values = [
        Value::IpAddr("10.0.0.10".to_owned()),
        Value::SafeBuffer("<b>".to_owned()),
    ];
    for (version, expected) in [
        (LoadDefaults::V7_1, [raw, plain]),
        (LoadDefaults::V7_2, [string, plain]),
        (LoadDefaults::V8_0, [string, plain]),
        (LoadDefaults::V8_1, [string, safe]),
    ] {
        let settings = Settings {
            cookies_serializer: Serializer::MessagePack,
            ..version.settings()
        };
        let style = DumpStyle::of(&settings);
        let written = values
            .each_ref()
            .map(|value| Serialized::dump(value, style).unwrap());
        let written = written.map(|written| hex::encode(&written.as_bytes()[2..]));
        assert_eq!(written, expected, "{version:?}");
    }
}

/// What live Rails 7.2.2.2 (ipaddr 1.2.6) writes; from 8.1 on with the prefix (`IPAddr#as_json`,
/// `core_ext/object/json.rb`).
#[test]
fn an_address_has_its_prefix_in_json_from_8_1_on() {
    use super::DumpStyle;
    use crate::load_defaults::LoadDefaults;

    let cases = [
        ("10.0.0.0/8", "10.0.0.0"),
        ("10.0.0.10", "10.0.0.10"),
        ("2001:db8::/32", "2001:db8::"),
    ];
    let mut compared = 0;
    for version in LoadDefaults::ALL.iter().copied() {
        let style = DumpStyle::of(&version.settings()).in_format(Format::Json);
        for (address, by_7_2) in cases {
            let value = Value::Array(vec![Value::IpAddr(address.to_owned())]);
            let address = if version >= LoadDefaults::V8_1 {
                address
            } else {
                by_7_2
            };
            let written = Serialized::dump(&value, style).unwrap();
            assert_eq!(
                written.bytes,
                format!(r#"["{address}"]"#).as_bytes(),
                "{version}"
            );
            compared += 1;
        }
    }
    assert_eq!(compared, cases.len() * LoadDefaults::ALL.len());
}
