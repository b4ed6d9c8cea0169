//! Sessions that Rails keeps on a server: as they are piped in, and all those of a version.

use std::fs::File;
use std::io::read_to_string;

use flate2::read::GzDecoder;
use serde_json::Value;

use crate::program::{bare, piped, run};
use crate::support::vectors_folder;

/// The entry of a session in MessagePack, whose reader takes no byte too many.
const ENTRY: &[u8] =
    b"\x00\x11\x01\x00\x00\x00\x00\x00\x00\xf0\xbf\xff\xff\xff\xff\xcc\x80\x81\xa7user_id\x2a";

/// `redis-cli --raw` ends its output with a newline.
#[test]
fn a_piped_entry_may_have_a_newline_behind_it() {
    for end in [&b""[..], b"\n"] {
        let run = piped("stored", [ENTRY, end].concat());
        assert_eq!(
            (run.status, run.out.as_str()),
            (0, "{\n  \"user_id\": 42\n}\n")
        );
        assert_eq!(
            run.err,
            "note: rails-cache, cache_format_version 7.1, MessagePack\n"
        );
    }
    assert_eq!(piped("stored", [ENTRY, b"\n\n"].concat()).status, 1);
}

/// The quoted text is what `redis-cli get` of Redis 7.0 prints to a terminal for the same bytes.
#[test]
fn bytes_are_read_from_what_programs_print() {
    let digits = "001101000000000000f0bfffffffffcc8081a7757365725f69642a".to_owned();
    let quoted =
        r#""\x00\x11\x01\x00\x00\x00\x00\x00\x00\xf0\xbf\xff\xff\xff\xff\xcc\x80\x81\xa7user_id*""#;
    let json = r#""{\"user_id\":42}""#;
    let entry = "rails-cache, cache_format_version 7.1, MessagePack";
    for (text, what, form) in [
        (digits.clone(), entry, "hexadecimal digits"),
        (digits.to_uppercase(), entry, "hexadecimal digits"),
        (format!("\\x{digits}\n"), entry, "hexadecimal digits"),
        (format!("0x{digits}"), entry, "hexadecimal digits"),
        (format!("{quoted}\n"), entry, "redis-cli's quoted text"),
        (
            json.to_owned(),
            "rails-json, JSON",
            "redis-cli's quoted text",
        ),
    ] {
        let run = piped("stored", text.as_bytes());
        assert_eq!(run.err, format!("note: {what}; read from {form}\n"));
        assert_eq!(
            (run.status, run.out.as_str()),
            (0, "{\n  \"user_id\": 42\n}\n")
        );
    }
    for text in [
        &digits[1..],
        &format!("{digits}00"),
        &quoted[..70],
        r#""\q""#,
        "\"",
        "\\x",
        "",
    ] {
        let run = piped("stored", text.as_bytes());
        assert_eq!((run.status, run.out.as_str()), (1, ""), "{text}");
    }
}

#[test]
fn values_are_set_in_the_order_of_the_options() {
    let args = [
        "stored",
        "--set",
        "a=b=\"c\"",
        "--set",
        "user_id=43",
        "--set",
        "user_id=[\"=\"]",
    ];
    let refused = run(bare().args(args), ENTRY);
    assert_eq!(refused.status, 2, "{}", refused.out);
    let args = [
        "stored",
        "--set",
        "a=\"b=c\"",
        "--set",
        "user_id=43",
        "--set",
        "user_id=[\"=\"]",
    ];
    let run = run(bare().args(args), ENTRY);
    assert_eq!(
        run.out,
        "{\n  \"user_id\": [\n    \"=\"\n  ],\n  \"a\": \"b=c\"\n}\n"
    );
}

#[test]
fn an_endless_file_is_no_session() {
    let run = run(bare().args(["stored", "/dev/zero"]), "");
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert_eq!(
        run.err,
        "error: /dev/zero: more than 16777216 bytes, which is no session\n"
    );
}

/// Returns the distinct stored sessions of Rails 7.1.
fn recorded() -> Vec<String> {
    let file = vectors_folder().join("stored/rails-7.1.5.1.jsonl.gz");
    let text = read_to_string(GzDecoder::new(File::open(file).unwrap())).unwrap();
    let mut entries = Vec::new();
    for line in text.lines() {
        let scenario: Value = serde_json::from_str(line).unwrap();
        for step in scenario["steps"].as_array().into_iter().flatten() {
            let store = step["store"].as_array().unwrap();
            let digits = store.iter().filter_map(|entry| entry["hex"].as_str());
            entries.extend(digits.map(str::to_owned));
        }
    }
    entries.sort();
    entries.dedup();
    entries
}

#[test]
fn every_entry_of_a_version_comes_back() {
    let entries = recorded();
    let lines = entries.iter().fold(String::new(), |lines, hex| {
        lines + &format!("{{\"hex\":\"{hex}\"}}\n")
    });
    let back = piped("stored --jsonl --back", &lines);
    let back = back
        .ok()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (mut same, mut compressed) = (0, 0);
    for (hex, back) in entries.iter().zip(back) {
        // zlib's own header: another compressor may write other bytes.
        if hex.contains("789c") {
            compressed += 1;
        } else {
            assert_eq!(back["hex"], **hex);
            same += 1;
        }
    }
    assert_eq!((same, compressed), (524, 84));

    let shown = piped("stored --jsonl", &lines);
    let mut formats = std::collections::BTreeMap::<String, usize>::new();
    for line in shown.ok().lines() {
        let answer: Value = serde_json::from_str(line).unwrap();
        assert!(answer["value"].is_object(), "{line}");
        *formats
            .entry(answer["format"].as_str().unwrap().to_owned())
            .or_default() += 1;
    }
    let expected = [
        ("rails-cache".to_owned(), 532),
        ("rails-json".to_owned(), 33),
        ("rails-marshal".to_owned(), 43),
    ];
    assert_eq!(formats.into_iter().collect::<Vec<_>>(), expected);
}
