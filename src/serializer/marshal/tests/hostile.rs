//! Bytes that no Ruby wrote: the result is an error or a value, never a panic, never much memory.

use std::thread;

use proptest::prelude::*;

use super::{Document, all, dump_value, marshal};
use crate::serializer::marshal::writer::long;

/// Calls every function that takes bytes from outside.
fn exercise(bytes: &[u8]) {
    let Ok(document) = Document::load(bytes) else {
        return;
    };
    let value = document.value(document.root()).unwrap();
    for entry in document.entries().unwrap_or_default() {
        document.value(entry.value_node).unwrap();
    }
    let _ = dump_value(&value);
    let written = document.dump();
    let again = Document::load(&written).unwrap();
    assert_eq!(again.dump(), written);
    // Floats may be NaN, which equals nothing.
    assert_eq!(
        format!("{:?}", again.value(again.root())),
        format!("{:?}", Ok::<_, ()>(value))
    );
}

fn on_a_small_stack(work: impl FnOnce() + Send) {
    thread::scope(|scope| {
        thread::Builder::new()
            .stack_size(512 * 1024)
            .spawn_scoped(scope, work)
            .unwrap()
            .join()
            .unwrap();
    });
}

fn reason(body: &[u8]) -> &'static str {
    Document::load(&marshal(body)).unwrap_err().reason
}

#[test]
fn truncated_anywhere() {
    on_a_small_stack(|| {
        for vector in all() {
            for end in 0..vector.bytes.len() {
                assert!(
                    Document::load(&vector.bytes[..end]).is_err(),
                    "{} at {end}",
                    vector.name
                );
            }
        }
    });
}

#[test]
fn any_byte_another() {
    on_a_small_stack(|| {
        for vector in all().filter(|vector| vector.bytes.len() < 600) {
            let mut bytes = vector.bytes.clone();
            for place in 0..bytes.len() {
                let was = bytes[place];
                for flip in [0xff, 0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80] {
                    bytes[place] = was ^ flip;
                    exercise(&bytes);
                }
                for other in *b"0TFi;:@I[{}\"lfSoUueCcmMd\x00\x05" {
                    bytes[place] = other;
                    exercise(&bytes);
                }
                bytes[place] = was;
            }
        }
    });
}

/// Openings that each nest one level deeper.
const NESTERS: &[&[u8]] = &[
    b"[\x06",
    b"{\x060",
    b"}\x00",
    b"I\"\x00\x06:\x06a",
    b"I:\x06a\x06:\x06a",
    b"e:\x06a",
    b"C:\x06a",
    b"U:\x06a",
    b"S:\x06a\x06:\x06a",
    b"o:\x06a\x06:\x06a",
    b"Iu:\x06a\x00\x06:\x06a",
    b"I[\x00\x06:\x06a",
    b"S",
    b"I",
    b"o",
];

#[test]
fn nesting() {
    on_a_small_stack(|| {
        for nester in NESTERS {
            for levels in [101, 102, 3_000, 100_000] {
                let bytes = marshal(&[nester.repeat(levels), b"0".to_vec()].concat());
                exercise(&bytes);
                assert!(
                    levels <= 101 || Document::load(&bytes).is_err(),
                    "{}",
                    nester.escape_ascii()
                );
            }
        }
        let mut hundred = b"[\x06".repeat(100);
        hundred.extend(b"I\"\x07\x93\xfa\x06:\x0dencoding\"\x0eShift_JIS");
        exercise(&marshal(&hundred));
        assert!(Document::load(&marshal(&hundred)).is_ok());
    });
}

#[test]
fn nesting_through_links() {
    // [[], [@1], [@2], ...]: each as flat as the first, and each one level deeper.
    let chain = |links: i64| {
        let mut bytes = [b"[".to_vec(), long(links + 1), b"[\x00".to_vec()].concat();
        for link in 1..=links {
            bytes.extend([b"[\x06@".to_vec(), long(link)].concat());
        }
        bytes
    };
    on_a_small_stack(move || {
        exercise(&marshal(&chain(99)));
        assert!(Document::load(&marshal(&chain(99))).is_ok());
        assert_eq!(reason(&chain(101)), "nesting deeper than 100 levels");
        assert_eq!(reason(&chain(2_000)), "nesting deeper than 100 levels");
    });
}

#[test]
fn expansion() {
    // [[], [@1, @1], [@2, @2], ...]
    let mut doubling = [b"[".to_vec(), long(61), b"[\x00".to_vec()].concat();
    for link in 1..=60 {
        doubling.extend([b"[\x07@".to_vec(), long(link), b"@".to_vec(), long(link)].concat());
    }
    assert_eq!(
        reason(&doubling),
        "links that expand to many times the input"
    );
    // One long text, often.
    let mut often = [
        b"[".to_vec(),
        long(2_001),
        b"\"".to_vec(),
        long(4_000),
        vec![b'x'; 4_000],
    ]
    .concat();
    often.extend(b"@\x06".repeat(2_000));
    assert_eq!(reason(&often), "links that expand to many times the input");
}

#[test]
fn claims() {
    let huge = b"\x04\x00\x00\x00\x40";
    for tag in [
        b"[".as_slice(),
        b"{",
        b"}",
        b"\"",
        b":",
        b"f",
        b"c",
        b"m",
        b"M",
        b"/",
        b"l+",
        b"o:\x06a",
        b"S:\x06a",
        b"u:\x06a",
        b"I\"\x00",
    ] {
        for count in [
            huge.as_slice(),
            b"\x04\xff\xff\xff\xff",
            b"\xfc\x00\x00\x00\x80",
            b"\xfa",
            b"\x7f",
        ] {
            let bytes = marshal(&[tag, count].concat());
            let info = allocation_counter::measure(|| assert!(Document::load(&bytes).is_err()));
            assert!(
                info.bytes_max < 1024,
                "{}: {}",
                bytes.escape_ascii(),
                info.bytes_max
            );
        }
    }
}

#[test]
fn links_to_nothing_and_to_what_is_not_read_yet() {
    assert_eq!(reason(b"@\x00"), "a link to a missing object");
    assert_eq!(reason(b"[\x06@\x06"), "a link to a missing object");
    assert_eq!(reason(b"[\x06@\xfa"), "a link to a missing object");
    assert_eq!(reason(b"[\x06@\x00"), "a cycle");
    assert_eq!(reason(b"I\"\x00\x06:\x06a@\x00"), "a cycle");
    assert_eq!(reason(b"U:\x06a@\x00"), "a cycle");
    assert_eq!(reason(b"}\x00@\x00"), "a cycle");
    // The result of `_dump` is not an object before its ivars are read.
    assert_eq!(
        reason(b"Iu:\x06a\x00\x06:\x06b@\x00"),
        "a link to a missing object"
    );
    assert_eq!(reason(b";\x00"), "a link to a missing Symbol");
    assert_eq!(reason(b";\xfa"), "a link to a missing Symbol");
}

#[test]
fn other_formats() {
    assert_eq!(
        Document::load(b"\x04\x090").unwrap_err().reason,
        "not Marshal 4.8"
    );
    assert_eq!(
        Document::load(b"\x03\x000").unwrap_err().reason,
        "not Marshal 4.8"
    );
    assert!(Document::load(b"\x04\x070").is_ok());
    assert_eq!(reason(b"d:\x06a0"), "an object of type Data");
    assert_eq!(reason(b"?"), "an unknown type");
    for body in [
        b"I0".as_slice(),
        b"Ii\x06",
        b"C:\x06a0",
        b"e:\x06ai\x06",
        b"[\x07[\x00C:\x06a@\x06",
    ] {
        assert_eq!(
            reason(body),
            "instance variables or a class on an object that cannot have them"
        );
    }
    assert_eq!(
        Document::load(b"\x04\x080 and more").unwrap().dump(),
        b"\x04\x080"
    );
}

#[test]
fn memory_is_a_small_multiple_of_the_input() {
    // The smallest object of each kind, many times over.
    let smallest: &[&[u8]] = &[
        b"0",
        b"i\x00",
        b"i\x01\xff",
        b"[\x00",
        b"{\x00",
        b"\"\x00",
        b"f\x060",
        b"c\x00",
        b":\x00",
        b"@\x06",
        b"l+\x00",
        b"C;\x00[\x00",
        b"I[\x00\x00",
        b"o;\x00\x00",
        b"u;\x00\x00",
        b"S;\x00\x00",
        b"U;\x000",
        b"/\x00\x00",
        b"e;\x00\"\x00",
    ];
    for part in smallest {
        let count = 20_000;
        let mut body = [b"[".to_vec(), long(count + 2), b"[\x00:\x06a".to_vec()].concat();
        body.extend(part.repeat(usize::try_from(count).unwrap()));
        let bytes = marshal(&body);
        let mut document = None;
        let info = allocation_counter::measure(|| document = Document::load(&bytes).ok());
        let name = part.escape_ascii();
        assert!(document.is_some(), "{name}");
        let times = info.bytes_max / bytes.len() as u64;
        assert!(times <= 48, "{name}: {times} times");
        let kept = u64::try_from(info.bytes_current).unwrap() / bytes.len() as u64;
        assert!(kept <= 32, "{name}: {kept} times kept");
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        exercise(&bytes);
        exercise(&marshal(&bytes));
    }

    /// Bytes that are nearly Marshal: its types, small counts, short names.
    #[test]
    fn likely_bytes(tokens in proptest::collection::vec(token(), 1..60)) {
        exercise(&marshal(&tokens.concat()));
    }
}

fn token() -> impl Strategy<Value = Vec<u8>> {
    let tokens: &[&[u8]] = &[
        b"0",
        b"T",
        b"F",
        b"i\x06",
        b"i\x04\xff\xff\xff\x7f",
        b"[\x07",
        b"[\x06",
        b"[\x08",
        b"{\x06",
        b"{\x07",
        b"}\x06",
        b"I",
        b"\"\x06x",
        b"\"\x07\x93\xfa",
        b":\x06a",
        b":\x06E",
        b":\x0dencoding",
        b";\x00",
        b";\x06",
        b"@\x06",
        b"@\x07",
        b"@\x08",
        b"f\x071e",
        b"f\x081.5",
        b"l+\x06ab",
        b"l-\x07abcd",
        b"/\x06.\x01",
        b"o:\x08Set",
        b"o:\x0aRange",
        b"o:\x06P",
        b"S:\x06S",
        b"u:\x09Time\x0d12345678",
        b"u:\x06u\x06x",
        b"U:\x0dRational",
        b"U:\x06U",
        b"C:\x06C",
        b"e:\x06e",
        b"c\x06c",
        b"m\x06m",
        b"M\x06m",
        b"\x06",
        b"\x07",
        b"\x00",
        b":\x0a@hash",
        b"U:\x09Date[\x0b",
    ];
    proptest::sample::select(
        tokens
            .iter()
            .map(|token| token.to_vec())
            .collect::<Vec<_>>(),
    )
}

#[test]
fn refusals_say_why() {
    let cases: &[(&[u8], &str)] = &[
        (b"[\x08i\x00", "a count that exceeds the input"),
        (b"{\x08i\x00i\x00", "a count that exceeds the input"),
        (b"\"\x07a", "a count that exceeds the input"),
        (b":\x07a", "a count that exceeds the input"),
        (b"[\xfa", "a count that exceeds the input"),
        // The same entry twice.
        (
            b"II\"\x06a\x06:\x06ET",
            "instance variables or a class on an object that cannot have them",
        ),
        (b"oI;\x00\x00", "expected a Symbol"),
        (b"o\"\x06a\x00", "expected a Symbol"),
        (
            b"I:\x06a\x06:\x06Ei\x06",
            "a Symbol with an invalid encoding",
        ),
        (b"I:\x06a\x06:\x06E@\x06", "a link to a missing object"),
        // A link to an Array, and to a String that has instance variables of its own.
        (
            b"[\x07[\x00I:\x06a\x06:\x0dencoding@\x06",
            "a Symbol with an invalid encoding",
        ),
        (
            b"[\x07I\"\x0eShift_JIS\x06:\x06ETI:\x07\x93\xfa\x06:\x0dencoding@\x06",
            "a Symbol with an invalid encoding",
        ),
    ];
    for (body, expected) in cases {
        assert_eq!(reason(body), *expected, "{}", body.escape_ascii());
    }
}
