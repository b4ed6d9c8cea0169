//! Untouched entries through a rewrite: none is lost, and each can be read from the new bytes.
#![cfg(all(feature = "marshal", feature = "message_pack"))]

use super::entries::Entries;
use super::json::write::JsonStyle;
use super::message_pack::Style;
use super::value::{RubyDuration, Value};
use super::{DumpStyle, Format, Key, NewValue, Part, Serialized};
use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::IpAddrForm;

fn style(format: Format, message_pack: Style) -> DumpStyle {
    DumpStyle {
        format,
        json: JsonStyle {
            escape_js_separators: false,
            ip_prefix: true,
            escape_html: true,
            javascript_numbers: false,
        },
        message_pack,
    }
}

const RAILS_7_1: Style = Style {
    ip_addr: IpAddrForm::Raw,
    safe_buffer: SafeBufferForm::Text,
};
const RAILS_7_2: Style = Style {
    ip_addr: IpAddrForm::String,
    safe_buffer: SafeBufferForm::Text,
};
const RAILS_8_1: Style = Style {
    ip_addr: IpAddrForm::String,
    safe_buffer: SafeBufferForm::Raw,
};
const RAILS_8_2: Style = Style {
    ip_addr: IpAddrForm::String,
    safe_buffer: SafeBufferForm::String,
};

fn message_pack(body: &str) -> Serialized {
    Serialized {
        bytes: hex::decode(format!("cc80{}", body.replace(' ', ""))).unwrap(),
        format: Format::MessagePack,
    }
}

fn marshal(body: &[u8]) -> Serialized {
    Serialized {
        bytes: [b"\x04\x08", body].concat(),
        format: Format::Marshal,
    }
}

fn entries(payload: &Serialized) -> Entries {
    Entries::load(payload.clone()).unwrap().unwrap()
}

/// The keys, each once, as a session tells them apart.
fn keys(payload: &Serialized) -> Vec<String> {
    let entries = entries(payload);
    let keys = entries.unique();
    keys.map(|entry| entries.key(entry).into_owned()).collect()
}

/// Writes every entry again as it was read.
fn rewritten(payload: &Serialized, style: DumpStyle) -> Serialized {
    let entries = entries(payload);
    let parts: Vec<_> = entries
        .unique()
        .map(|entry| (Key::Read(entry), Part::Read(entry)))
        .collect();
    entries.dump(Vec::new(), parts.into_iter(), style).unwrap()
}

fn hexed(payload: &Serialized) -> String {
    hex::encode(payload.as_bytes())
}

/// Each from Ruby 3.1, which says that such a Hash has two keys.
#[test]
fn distinct_keys_stay_distinct_in_marshal() {
    let cases: &[&[u8]] = &[
        // { "\xE9".force_encoding("ISO-8859-1") => 1, "\xE8".force_encoding("ISO-8859-1") => 2 }
        b"{\x07I\"\x06\xe9\x06:\x0dencoding\"\x0fISO-8859-1i\x06I\"\x06\xe8\x06;\x00@\x07i\x07",
        // { "é" => 1, "é".b => 2 }
        b"{\x07I\"\x07\xc3\xa9\x06:\x06ETi\x06\"\x07\xc3\xa9i\x07",
        // { "é".b => 1, "é" => 2 }
        b"{\x07\"\x07\xc3\xa9i\x06I\"\x07\xc3\xa9\x06:\x06ETi\x07",
        // { "é" => 1, "é".dup.force_encoding("ISO-8859-1") => 2 }
        b"{\x07I\"\x07\xc3\xa9\x06:\x06ETi\x06I\"\x07\xc3\xa9\x06:\x0dencoding\"\x0fISO-8859-1i\x07",
        // { Object.new => 1, Object.new => 2 }
        b"{\x07o:\x0bObject\x00i\x06o;\x00\x00i\x07",
        // { "\xE9" => 1, "\xE8" => 2 }
        b"{\x07I\"\x06\xe9\x06:\x06ETi\x06I\"\x06\xe8\x06;\x00Ti\x07",
        // { "a" => 1, "a".encode("UTF-16LE") => 2 }
        b"{\x07I\"\x06a\x06:\x06ETi\x06I\"\x07a\0\x06:\x0dencoding\"\x0dUTF-16LEi\x07",
        // { "a\0" => 1, "a".encode("UTF-16LE") => 2 }
        b"{\x07I\"\x07a\0\x06:\x06ETi\x06I\"\x07a\0\x06:\x0dencoding\"\x0dUTF-16LEi\x07",
    ];
    for body in cases {
        let payload = marshal(body);
        let keys = keys(&payload);
        assert_eq!(keys.len(), 2, "{}: {keys:?}", body.escape_ascii());
        let written = rewritten(&payload, style(Format::Marshal, RAILS_8_1));
        assert_eq!(
            written.as_bytes().escape_ascii().to_string(),
            payload.as_bytes().escape_ascii().to_string()
        );
        let json = rewritten(&payload, style(Format::Json, RAILS_8_1));
        assert_eq!(self::keys(&json).len(), 2, "{json:?}");
    }
}

#[test]
fn distinct_keys_stay_distinct_in_message_pack() {
    let array = |inner: &str| "91".repeat(9) + inner;
    let deep = format!("82 {} 01 {} 02", array("9101"), array("9102"));
    for body in [
        // "\xE9" and "\xE8"; "é" and "é".b; :é and "é".b.
        "82 a1e9 01 a1e8 02",
        "82 a2c3a9 01 c402c3a9 02",
        "82 d500c3a9 01 c402c3a9 02",
        // [:a] and ["a"]; two Arrays of ten levels; two addresses of one network.
        "82 91d40061 01 91a161 02",
        &deep,
        "82 c70b0eaa31302e302e302e302f38 01 c70c0eab31302e302e302e302f3136 02",
    ] {
        let payload = message_pack(body);
        let keys = keys(&payload);
        assert_eq!(keys.len(), 2, "{body}: {keys:?}");
        let written = rewritten(&payload, style(Format::MessagePack, RAILS_8_1));
        assert_eq!(hexed(&written), hexed(&payload));
        let json = rewritten(&payload, style(Format::Json, RAILS_8_1));
        assert_eq!(self::keys(&json).len(), 2, "{json:?}");
    }
}

/// `{ "a" => 1, :a => 2, "a".b => 3 }.stringify_keys` has one key, which is what sessions do.
#[test]
fn keys_of_one_text_are_one_key() {
    let symbols = b"{\x07I\"\x06a\x06:\x06ETi\x06:\x06ai\x07";
    let written = rewritten(&marshal(symbols), style(Format::Marshal, RAILS_8_1));
    assert_eq!(written.as_bytes(), b"\x04\x08{\x06:\x06ai\x07");
    // "a".b == "a", and any ASCII in Shift_JIS equals it too.
    let ascii =
        b"{\x08I\"\x06a\x06:\x06ETi\x06\"\x06ai\x07I\"\x06a\x06:\x0dencoding\"\x0eShift_JISi\x08";
    assert_eq!(keys(&marshal(ascii)), ["a"]);
    let ascii = message_pack("83 a161 01 c40161 02 d40061 03");
    assert_eq!(keys(&ascii), ["a"]);
    let written = rewritten(&ascii, style(Format::MessagePack, RAILS_8_1));
    assert_eq!(hexed(&written), "cc8081d4006103");
}

/// Ruby 1.8, and so Rails 2.3, named no encodings.
#[test]
fn keys_without_an_encoding_are_text_where_they_can_be() {
    assert_eq!(keys(&marshal(b"{\x06\"\x07\xc3\xa9i\x06")), ["é"]);
    assert_eq!(keys(&marshal(b"{\x06:\x07\xc3\xa9i\x06")), ["é"]);
}

/// Ruby's literals, with the digits in lower case.
#[test]
fn keys_that_are_no_utf_8_are_literals() {
    let latin = b"{\x06I\"\x07\xc3\xa9\x06:\x0dencoding\"\x0fISO-8859-1i\x06";
    let cases = [
        (message_pack("81 a2c3a9 01"), "é"),
        (message_pack("81 d500c3a9 01"), "é"),
        (message_pack("81 c402c3a9 01"), r#""\xc3\xa9".b"#),
        (message_pack("81 a1ff 01"), r#""\xff""#),
        (marshal(b"{\x06\"\x06\xffi\x06"), r#""\xff".b"#),
        (marshal(b"{\x06I\"\x06\xff\x06:\x06ETi\x06"), r#""\xff""#),
        (marshal(latin), r#""\xc3\xa9".force_encoding("ISO-8859-1")"#),
    ];
    for (payload, expected) in &cases {
        assert_eq!(keys(payload), [*expected], "{payload:?}");
    }
    assert_eq!(cases.len(), 7);
}

/// The forms are those of `IPAddr.new("10.0.0.10")` and of `"<b>".html_safe` in each version.
#[test]
fn untouched_entries_are_written_for_the_version_that_reads_them() {
    let raw = "c7090e31302e302e302e3130";
    let string = "c70a0ea931302e302e302e3130";
    let (safe, safe_string, plain) = ("c703123c623e", "d612a33c623e", "a33c623e");
    let cases = [
        (RAILS_7_1, raw, plain),
        (RAILS_7_2, string, plain),
        (RAILS_8_1, string, safe),
        (RAILS_8_2, string, safe_string),
    ];
    for (from, ip, buffer) in cases {
        for (to, new_ip, _) in cases {
            let new_buffer = match (to.safe_buffer, buffer) {
                // Text that has become a String does not become safe again.
                (SafeBufferForm::Text, _) | (_, "a33c623e") => plain,
                (SafeBufferForm::String, _) => safe_string,
                // The value came from a later release of 8.1.
                (SafeBufferForm::Raw, _) => buffer,
            };
            // In a value, in a Set in an Array, in a Range, in a HashWithIndifferentAccess, and as
            // a key. The integers in a wider form show which bytes were copied.
            let message = |ip: &str, buffer: &str, copied: &str| {
                let ext = |kind: &str, body: &str| format!("c7{:02x}{kind}{body}", body.len() / 2);
                let set = format!("92 01 {}", ext("0c", &format!("93{ip}{buffer}02")));
                let range = ext("0b", &format!("{ip}{ip}c2"));
                let hash = ext("11", &format!("81a178{buffer}"));
                message_pack(&format!(
                    "87 a161 {ip} a162 {buffer} a163 {set} a164 {range} a165 {hash} {buffer} 01 \
                     a166 92 {copied} d46301"
                ))
            };
            let source = message(ip, buffer, "cd0001");
            let expected = message(new_ip, new_buffer, "cd0001");
            let written = rewritten(&source, style(Format::MessagePack, to));
            assert_eq!(hexed(&written), hexed(&expected), "{from:?} {to:?}");

            let whole = source.converted(style(Format::MessagePack, to)).unwrap();
            if hexed(&source) == hexed(&expected) {
                assert_eq!(hexed(&whole), hexed(&source));
            } else {
                // A value that must be converted is written anew as a whole.
                let anew = message(new_ip, new_buffer, "01");
                assert_eq!(hexed(&whole), hexed(&anew), "{from:?} {to:?}");
            }
        }
    }
}

/// The tails are Ruby's `BigDecimal#_dump`.
#[test]
fn one_kind_of_big_decimal_in_every_format() {
    for (text, payload) in [
        ("+1.5", "18:+1.5"),
        ("1.5e-3", "18:1.5e-3"),
        ("0.1e1000000000", "18:0.1e1000000000"),
        ("0.1e100000000000", "18:0.1e100000000000"),
        ("0.12345678901e6", "27:0.12345678901e6"),
        // The 0 before the point is no digit, and any other is.
        ("0.123456789", "18:0.123456789"),
        ("12345678.9", "18:12345678.9"),
        ("123456789.1", "27:123456789.1"),
        ("NaN", "9:NaN"),
        ("-Infinity", "9:-Infinity"),
    ] {
        let value = Value::BigDecimal(text.to_owned());
        for format in [Format::Marshal, Format::MessagePack] {
            let written = Serialized::dump(&value, style(format, RAILS_8_1)).unwrap();
            assert!(
                written.as_bytes().ends_with(payload.as_bytes()),
                "{}",
                written.as_bytes().escape_ascii()
            );
            assert_eq!(written.load::<Value>().unwrap(), value);
        }
    }
    // Ruby raises ArgumentError, or TypeError for what precedes the colon.
    for dumped in ["9:1.", "9:1.e3", "9:1e", "9:+NaN", "x:1.5", "9:"] {
        let length = char::from(u8::try_from(dumped.len() + 5).unwrap());
        let body = format!("u:\x0fBigDecimal{length}{dumped}");
        let value: Value = marshal(body.as_bytes()).load().unwrap();
        assert!(matches!(value, Value::Object(_)), "{dumped}");
        let body = format!("c7{:02x}02{}", dumped.len(), hex::encode(dumped));
        assert!(message_pack(&body).load::<Value>().is_err(), "{dumped}");
        let (_, text) = dumped.split_once(':').unwrap();
        if dumped.starts_with('9') {
            for format in [Format::Marshal, Format::MessagePack] {
                let value = Value::BigDecimal(text.to_owned());
                assert!(Serialized::dump(&value, style(format, RAILS_8_1)).is_err());
            }
        }
    }
}

#[test]
fn nil_is_told_without_reading() {
    let is_nil = |payload: Serialized| {
        let entries = entries(&payload);
        [0, 1, 2].map(|entry| entries.is_nil(entry))
    };
    let expected = [true, false, false];
    assert_eq!(is_nil(message_pack("82 a161 c0 a162 91c0")), expected);
    assert_eq!(is_nil(marshal(b"{\x07:\x06a0:\x06b[\x060")), expected);
}

/// `ActiveSupport::Duration#initialize` (Rails 7.0 and later) sets `@variable` last: true if a part
/// is years, months, weeks or days. `Marshal.load` does not call it.
#[test]
fn durations_say_whether_they_vary() {
    for (part, variable) in [
        ("years", b'T'),
        ("months", b'T'),
        ("weeks", b'T'),
        ("days", b'T'),
        ("hours", b'F'),
        ("minutes", b'F'),
        ("seconds", b'F'),
    ] {
        let duration = Value::Duration(Box::new(RubyDuration {
            value: Value::Integer(1),
            parts: vec![(part.to_owned(), Value::Integer(1))],
        }));
        let written = Serialized::dump(&duration, style(Format::Marshal, RAILS_8_1)).unwrap();
        let end = [b":\x0b@valuei\x06:\x0e@variable".as_slice(), &[variable]].concat();
        assert!(
            written.as_bytes().ends_with(&end),
            "{part}: {}",
            written.as_bytes().escape_ascii()
        );
        assert_eq!(written.load::<Value>().unwrap(), duration);
    }
}

/// Ruby 3.1: `{ 2932837392844915.5 => 1 }.stringify_keys.keys`, and the Floats' `Marshal.dump`.
#[test]
fn floats_are_rubys_as_keys_and_as_values() {
    assert_eq!(
        keys(&marshal(b"{\x06f\x172932837392844915.5i\x06")),
        ["2932837392844915.5"]
    );
    #[expect(
        clippy::excessive_precision,
        reason = "half-way between two shorter ones"
    )]
    let floats = [
        (2_932_837_392_844_915.5, "2932837392844915.5"),
        (765_727_949_427_390.25, "765727949427390.2"),
        (330_061_154_999_976.75, "330061154999976.75"),
    ];
    for (float, text) in floats {
        let written = Serialized::dump(&Value::Float(float), style(Format::Marshal, RAILS_8_1));
        let written = written.unwrap();
        assert!(
            written.as_bytes().ends_with(text.as_bytes()),
            "{}",
            written.as_bytes().escape_ascii()
        );
    }
}

/// A repeated key: the last value counts, in every format (as Ruby reads a Hash).
#[test]
fn of_two_equal_keys_the_last_is_found() {
    let cases = [
        json(r#"{"a":1,"b":0,"a":2}"#),
        message_pack("83 a161 01 a162 00 a161 02"),
        marshal(b"{\x08:\x06ai\x06:\x06bi\x00\"\x06ai\x07"),
    ];
    for payload in cases {
        let entries = entries(&payload);
        let found = entries.find("a").unwrap();
        assert_eq!(entries.get::<u8>(found), Ok(2), "{payload:?}");
        assert_eq!(keys(&payload), ["a", "b"], "{payload:?}");
        assert_eq!(entries.find("c"), None);
    }
    // The same without another key.
    let alone = [
        json(r#"{"a":1,"a":2}"#),
        json(r#"{"\u0061":1,"a":2}"#),
        json(r#"{"a":1,"\u0061":2}"#),
        json(r#"{"\u0061":1,"\u0061":2}"#),
        message_pack("82 a161 01 a161 02"),
        marshal(b"{\x07:\x06ai\x06\"\x06ai\x07"),
    ];
    for payload in alone {
        let entries = entries(&payload);
        let unique: Vec<_> = entries.unique().collect();
        assert_eq!(unique.len(), 1, "{payload:?}");
        assert_eq!(entries.get::<u8>(unique[0]), Ok(2), "{payload:?}");
    }
}

fn json(text: &str) -> Serialized {
    Serialized {
        bytes: text.as_bytes().to_vec(),
        format: Format::Json,
    }
}

/// Unchanged text is copied, without the white space around it; changed text takes its place.
#[test]
fn json_entries_are_copied_as_they_stand() {
    let changed = Value::from("<new>");
    // Entries of the source by their number, and `None` for one that is changed.
    #[rustfmt::skip]
    let cases: &[(&[Option<usize>], &str)] = &[
        (&[], "{}"),
        (&[Some(0)], r#"{"a":1}"#),
        (&[Some(1)], r#"{"bb":[1, 2]}"#),
        (&[Some(2)], r#"{"c":"x"}"#),
        (&[Some(3)], r#"{"\u0064":{}}"#),
        (&[Some(0), Some(1)], r#"{"a":1,"bb":[1, 2]}"#),
        (&[Some(1), Some(2)], r#"{"bb":[1, 2],"c":"x"}"#),
        (&[Some(1), Some(0)], r#"{"bb":[1, 2],"a":1}"#),
        (&[Some(0), Some(2)], r#"{"a":1,"c":"x"}"#),
        (&[Some(0), Some(1), Some(2), Some(3)], r#"{"a":1,"bb":[1, 2],"c":"x","\u0064":{}}"#),
        (&[Some(3), Some(2), Some(1), Some(0)], r#"{"\u0064":{},"c":"x","bb":[1, 2],"a":1}"#),
        (&[Some(2), Some(3), Some(0), Some(1)], r#"{"c":"x","\u0064":{},"a":1,"bb":[1, 2]}"#),
        (&[None], r#"{"n":"<new>"}"#),
        (&[None, Some(0)], r#"{"n":"<new>","a":1}"#),
        (&[Some(0), None], r#"{"a":1,"n":"<new>"}"#),
        (&[Some(0), None, Some(1), Some(2)], r#"{"a":1,"n":"<new>","bb":[1, 2],"c":"x"}"#),
        (&[Some(1), Some(2), None, Some(3)], r#"{"bb":[1, 2],"c":"x","n":"<new>","\u0064":{}}"#),
    ];
    let sources = [
        r#"{"a":1,"bb":[1, 2],"c":"x","\u0064":{}}"#,
        r#" { "a":1 , "bb":[1, 2] , "c":"x" , "\u0064":{} } "#,
        r#"{"a" : 1, "bb" : [1, 2], "c" : "x", "\u0064" : {}}"#,
        r#"{"a":1,"bb": [1, 2],"c" :"x","\u0064":{}}"#,
        "{\"a\":1,\n\"bb\":[1, 2],\"c\":\"x\",\t\"\\u0064\":{}}",
    ];
    let mut count = 0;
    for source in sources {
        let entries = entries(&json(source));
        for (order, expected) in cases {
            let parts = order.iter().map(|entry| match entry {
                Some(entry) => (Key::Read(*entry), Part::Read(*entry)),
                None => (Key::New("n"), Part::Changed(NewValue::Value(&changed))),
            });
            let style = style(Format::Json, RAILS_8_1);
            let written = entries.dump(b"room".to_vec(), parts, style).unwrap();
            let expected = expected.replace("<new>", "\\u003cnew\\u003e");
            assert_eq!(written, json(&expected), "{source} {order:?}");
            count += 1;
        }
        // A key with the value of another entry, as after a rename.
        let parts = [
            (Key::Read(0), Part::Read(2)),
            (Key::Read(3), Part::Changed(NewValue::Value(&changed))),
            (Key::New("m"), Part::Read(1)),
        ];
        let style = style(Format::Json, RAILS_8_1);
        let written = entries.dump(Vec::new(), parts.into_iter(), style).unwrap();
        let expected = r#"{"a":"x","\u0064":"\u003cnew\u003e","m":[1, 2]}"#;
        assert_eq!(written, json(expected), "{source}");
    }
    assert_eq!(count, 5 * 17);
}

/// Each key once, at its first place with its last value, among few and among many.
#[test]
fn each_key_once_among_few_and_among_many() {
    for others in [0_u8, 1, 2, 12, 13, 14, 15, 40] {
        let others: Vec<_> = (0..others).map(|n| (format!("k{n}"), n)).collect();
        let doubles = [("a", 100), ("b", 101), ("c", 102), ("b", 103), ("a", 104)];
        let mut pairs: Vec<_> = doubles[..2]
            .iter()
            .map(|(key, n)| ((*key).to_owned(), *n))
            .collect();
        pairs.extend(others.iter().cloned());
        pairs.extend(doubles[2..].iter().map(|(key, n)| ((*key).to_owned(), *n)));
        let mut expected = vec![("a".to_owned(), 104), ("b".to_owned(), 103)];
        expected.extend(others.iter().cloned());
        expected.push(("c".to_owned(), 102));

        // In JSON, with a key in two forms, and in MessagePack.
        let text: Vec<_> = pairs
            .iter()
            .enumerate()
            .map(|(place, (key, n))| match (place, key.as_str()) {
                (0, _) => format!(r#""\u0061":{n}"#),
                _ => format!(r#""{key}":{n}"#),
            })
            .collect();
        let body: Vec<u8> = pairs
            .iter()
            .flat_map(|(key, n)| {
                let head = 0xa0 + u8::try_from(key.len()).unwrap();
                [&[head], key.as_bytes(), &[*n]].concat()
            })
            .collect();
        let sources = [
            json(&format!("{{{}}}", text.join(","))),
            message_pack(&format!("de{:04x}{}", pairs.len(), hex::encode(body))),
        ];
        for source in sources {
            let entries = entries(&source);
            let found: Vec<_> = entries
                .unique()
                .map(|entry| {
                    let value = entries.get::<u8>(entry).unwrap();
                    (entries.key(entry).into_owned(), value)
                })
                .collect();
            assert_eq!(found, expected, "{source:?}");
        }
    }
}

/// In JSON a key has its quotes, a colon, and a comma or bracket after the value; in Marshal and
/// MessagePack there is nothing between them.
#[test]
fn the_bytes_that_each_entry_takes() {
    let sized = |payload: Serialized| payload.entry_sizes();
    let named = |sizes: [(&str, usize); 3]| sizes.map(|(key, size)| (key.to_owned(), size));
    assert_eq!(
        sized(json(r#"{"a":1,"long":"xxxxxxxx","b":[1,2]}"#)),
        named([
            ("long", 6 + 1 + 10 + 1),
            ("b", 3 + 1 + 5 + 1),
            ("a", 3 + 1 + 1 + 1)
        ])
    );
    assert_eq!(
        sized(message_pack(
            "83 a161 01 a46c6f6e67 a87878787878787878 a162 920102"
        )),
        named([("long", 5 + 9), ("b", 2 + 3), ("a", 2 + 1)])
    );
    assert_eq!(
        sized(marshal(
            b"{\x08:\x06ai\x06:\x09long\"\x0dxxxxxxxx:\x06b[\x07i\x06i\x07"
        )),
        named([("long", 6 + 10), ("b", 3 + 6), ("a", 3 + 2)])
    );
    assert_eq!(sized(json("[1]")), []);
    assert_eq!(sized(json("1")), []);
}
