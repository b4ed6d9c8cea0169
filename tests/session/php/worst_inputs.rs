//! The worst inputs of 1 MiB: no stack overflow, no claimed length believed, linear time and memory.

use std::time::{Duration, Instant};

use hardtack::php::PhpHandler;
use hardtack::value::Value;

use super::{read, write};
use crate::support::in_time;

const SIZE: usize = 1 << 20;

/// The inputs that are no session.
const REFUSED: [&str; 4] = [
    "too many levels",
    "too many objects",
    "a claimed count",
    "a claimed length",
];

/// Bytes of about a size, made of a beginning, parts that are repeated, and an end.
fn repeated(begin: &str, part: impl Fn(usize) -> String, end: impl Fn(usize) -> String) -> Vec<u8> {
    let mut bytes = begin.as_bytes().to_vec();
    let mut count = 0;
    while bytes.len() < SIZE {
        bytes.extend(part(count).into_bytes());
        count += 1;
    }
    bytes.extend(end(count).into_bytes());
    bytes
}

fn nothing(_: usize) -> String {
    String::new()
}

#[expect(clippy::too_many_lines, reason = "a list")]
fn worst() -> Vec<(&'static str, Vec<u8>)> {
    let array = |part: &dyn Fn(usize) -> String| {
        let mut parts = String::new();
        let mut count = 0;
        while parts.len() < SIZE {
            parts += &part(count);
            count += 1;
        }
        format!("k|a:{count}:{{{parts}}}").into_bytes()
    };
    vec![
        ("many keys", repeated("", |n| format!("{n:x}|N;"), nothing)),
        (
            "one key again and again",
            repeated("", |_| "|N;".to_owned(), nothing),
        ),
        (
            "one key, and references to each",
            repeated(
                "",
                |n| {
                    if n % 2 == 0 {
                        "a|i:1;".to_owned()
                    } else {
                        format!("r{n}|R:{};", n.div_ceil(2))
                    }
                },
                nothing,
            ),
        ),
        ("an array of nulls", array(&|n| format!("i:{n};N;"))),
        ("one key in an array", array(&|_| "i:0;N;".to_owned())),
        (
            "references to one value",
            array(&|n| {
                if n == 0 {
                    "i:0;i:5;".to_owned()
                } else {
                    format!("i:{n};R:2;")
                }
            }),
        ),
        (
            "references to the whole array",
            array(&|n| format!("i:{n};R:1;")),
        ),
        (
            "a chain of objects",
            array(&|n| {
                if n == 0 {
                    r#"i:0;O:1:"C":0:{}"#.to_owned()
                } else {
                    format!("i:{n};r:{};", n + 1)
                }
            }),
        ),
        (
            "4096 levels, again and again",
            repeated(
                "",
                |n| {
                    let (open, close) = ("a:1:{i:0;".repeat(4095), "}".repeat(4095));
                    format!("k{n}|{open}a:0:{{}}{close}")
                },
                nothing,
            ),
        ),
        (
            "too many levels",
            repeated("k|", |_| "a:1:{i:0;".to_owned(), nothing),
        ),
        (
            "too many objects",
            repeated("k|", |_| r#"O:1:"C":1:{s:1:"a";"#.to_owned(), nothing),
        ),
        ("doubling", {
            // Each array is two references to the one before, and has one slot itself.
            let mut bytes = b"k0|a:1:{i:0;N;}".to_vec();
            for n in 1..30_000 {
                let before = if n == 1 { 1 } else { n + 1 };
                bytes.extend(format!("k{n}|a:2:{{i:0;R:{before};i:1;R:{before};}}").bytes());
            }
            bytes.extend(b"k|R:30000;");
            bytes
        }),
        ("a claimed count", b"k|a:9999999:{".to_vec()),
        ("a claimed length", b"k|s:999999999:\"a\";".to_vec()),
        (
            "digits",
            repeated("k|i:", |_| "9".to_owned(), |_| ";".to_owned()),
        ),
        (
            "digits of a float",
            repeated("k|d:", |_| "9".to_owned(), |_| ";".to_owned()),
        ),
        (
            "escapes",
            format!("k|S:{}:\"{}\";", SIZE / 3, "\\41".repeat(SIZE / 3)).into_bytes(),
        ),
        (
            "long strings, referred to",
            array(&|n| {
                if n == 0 {
                    format!("i:0;s:{}:\"{}\";", SIZE / 2, "x".repeat(SIZE / 2))
                } else {
                    format!("i:{n};R:2;")
                }
            }),
        ),
    ]
}

/// Reading, asking for each value, changing one, and writing.
fn run(bytes: &[u8]) -> (bool, usize) {
    let Ok(mut session) = read(PhpHandler::Php, bytes) else {
        return (false, 0);
    };
    let _ = session.get::<Value>("k");
    let _ = session.get::<Vec<serde::de::IgnoredAny>>("k");
    let _ = session.get::<Vec<Vec<serde::de::IgnoredAny>>>("k");
    session.insert("first", 1).unwrap();
    session.remove("k");
    let written = write(&hardtack::php::PhpSessions::new(), &session).unwrap();
    (true, written.len())
}

#[test]
fn the_worst_inputs_take_linear_time_and_memory() {
    let mut checked = 0;
    for (name, bytes) in worst() {
        in_time(name, move || {
            let start = Instant::now();
            let size = bytes.len();
            let read_only = allocation_counter::measure(|| {
                let _ = read(PhpHandler::Php, &bytes);
            });
            let mut outcome = (false, 0);
            let all = allocation_counter::measure(|| outcome = run(&bytes));
            // Seconds without optimization; what is not linear takes minutes.
            let took = start.elapsed();
            assert_eq!(outcome.0, !REFUSED.contains(&name), "{name}");
            println!(
                "{name}: {size} bytes, {took:?}, {} to read, {} in all, {outcome:?}",
                read_only.bytes_max, all.bytes_max
            );
            assert!(took < Duration::from_secs(20), "{name}: {took:?}");
            assert!(
                read_only.bytes_max < 40 * SIZE as u64,
                "{name}: {}",
                read_only.bytes_max
            );
            assert!(
                all.bytes_max < 150 * SIZE as u64,
                "{name}: {}",
                all.bytes_max
            );
            assert!(outcome.1 <= 2 * size + 64, "{name}");
        });
        checked += 1;
    }
    assert_eq!(checked, 18);
}

/// References that double at each level are read to a limit, and written back as they are.
#[test]
fn what_expands_is_refused_where_it_is_asked_for() {
    let mut bytes = b"k0|a:1:{i:0;i:1;}".to_vec();
    for n in 1..60 {
        let slot = if n == 1 { 1 } else { n + 1 };
        bytes.extend(format!("k{n}|a:2:{{i:0;R:{slot};i:1;R:{slot};}}").bytes());
    }
    in_time("references that double", move || {
        let session = read(PhpHandler::Php, &bytes).unwrap();
        assert!(session.get::<Value>("k5").is_ok());
        let error = session.get::<Value>("k59").unwrap_err().to_string();
        assert!(error.contains("expand to many times the bytes"), "{error}");
        let error = session.get::<Vec<Value>>("k59").unwrap_err().to_string();
        assert!(error.contains("expand to many times the bytes"), "{error}");
        let two: Vec<serde::de::IgnoredAny> = session.get("k59").unwrap().unwrap();
        assert_eq!(two.len(), 2);
        assert_eq!(
            write(&hardtack::php::PhpSessions::new(), &session).unwrap(),
            bytes
        );
    });
}

/// `unserialize_max_depth` is 4096; PHP counts no level for an empty array, and one for an empty object.
#[test]
fn nesting_ends_where_it_does_in_php() {
    let mut checked = 0;
    for (levels, open, innermost, is_read) in [
        (4096, "a:1:{i:0;", "N;", true),
        (4096, "a:1:{i:0;", "a:0:{}", true),
        (4096, "a:1:{i:0;", "O:1:\"C\":0:{}", false),
        (4095, "a:1:{i:0;", "O:1:\"C\":0:{}", true),
        (4097, "a:1:{i:0;", "N;", false),
        (4096, "O:1:\"C\":1:{s:1:\"a\";", "N;", true),
        (4097, "O:1:\"C\":1:{s:1:\"a\";", "N;", false),
    ] {
        let bytes = format!("k|{}{innermost}{}", open.repeat(levels), "}".repeat(levels));
        let session = read(PhpHandler::Php, bytes.as_bytes());
        match session {
            Ok(session) => {
                assert!(is_read, "{levels} {innermost}");
                let error = session.get::<Value>("k").unwrap_err().to_string();
                assert!(error.contains("nesting deeper than 128 levels"), "{error}");
                let written = write(&hardtack::php::PhpSessions::new(), &session).unwrap();
                assert_eq!(written, bytes.as_bytes());
            }
            Err(reason) => {
                assert!(!is_read, "{levels} {innermost}");
                assert_eq!(reason, "nesting deeper than 4096 levels");
            }
        }
        checked += 1;
    }
    assert_eq!(checked, 7);
}
