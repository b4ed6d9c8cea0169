//! Whole access logs and HAR files: each file under `quantity/` is one run; and what is hostile.

use std::fmt::Write as _;

use serde_json::Value;

use crate::program::{Run, piped};
use crate::written_down::replay_all;

/// A value of the form of an encrypted message, of which each number makes another.
fn message(number: usize) -> String {
    format!("{number:08}--{}--{}%3D%3D", "A".repeat(16), "A".repeat(22))
}

fn objects(run: &Run) -> Vec<Value> {
    run.lines()
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn runs_are_as_they_are_written_down() {
    assert_eq!(replay_all("quantity"), 22);
}

#[test]
fn what_is_sealed_opens_wherever_it_stands() {
    let mut log = String::new();
    let sealed = piped("seal --name _a", "1\n2\n3\n4\n5\n6\n");
    for (number, cookie) in sealed.lines().iter().enumerate() {
        let line = match number {
            0 => format!("\"GET /\" \"theme=dark; _a={cookie}\"\n"),
            1 => format!("Cookie: _a={cookie}\r\n"),
            2 => format!("{{\"Cookie\":\"x=1; _a={cookie}\"}}\n"),
            3 => format!("a\tb\t_b={cookie};%20_a={cookie}\n"),
            4 => format!("http_cookie=_a={cookie}\n\n"),
            // Its last line has no end.
            _ => format!("\u{e9} [{cookie}]"),
        };
        log.push_str(&line);
    }
    let run = piped("open --name _a --jsonl --log -", log);
    let places = [1, 2, 3, 4, 5, 7];
    let expected: Vec<_> = (1..)
        .zip(places)
        .map(|(value, line)| {
            let name = if line == 7 { "null" } else { "\"_a\"" };
            format!("{{\"line\":{line},\"name\":{name},\"opens\":true,\"value\":{value}}}")
        })
        .collect();
    assert_eq!(run.lines(), expected);
    assert_eq!(run.status, 0);
    assert_eq!(
        run.err,
        "note: 6 cookies in 7 lines of standard input, 6 of them distinct: 6 opened, 0 did not\n"
    );
}

#[test]
fn an_endless_line_is_cut_and_the_next_one_read() {
    let most = 1024 * 1024;
    let cookie = message(1);
    // What stands behind the bound is not read; what stands before it is.
    let log = format!(
        "_a={cookie} {}_a={}\n_a={}\n{{\"a\":\"{}\"}}\n",
        "x".repeat(most),
        message(2),
        message(3),
        "y".repeat(most),
    );
    let run = piped("doctor --json --log -", log);
    let lines: Vec<_> = objects(&run)
        .iter()
        .map(|row| row["line"].clone())
        .collect();
    assert_eq!(lines, [1, 2]);
    assert_eq!(run.status, 1);
    for line in [1, 3] {
        let told = format!(
            "error: standard input line {line}: the line has more than 1048576 bytes; the rest of it \
             is skipped\n"
        );
        assert_eq!(run.err.matches(&told).count(), 1, "{}", run.err);
    }
}

#[test]
fn hostile_input_is_refused_or_skipped() {
    let deep = 1_000_000;
    let arrays = format!("{}{}", "[".repeat(deep), "]".repeat(deep));
    let binary: Vec<u8> = (0..=255).cycle().take(1_000_000).collect();
    let cases: [(&str, Vec<u8>, i32, &str); 16] = [
        (
            "har",
            arrays.clone().into(),
            2,
            "nested deeper than 128 levels",
        ),
        (
            "har",
            format!("{{\"log\":{{\"x\":{arrays},\"entries\":[]}}}}").into(),
            2,
            "nested deeper than 128 levels",
        ),
        (
            "har",
            format!("{{\"log\":{{\"entries\":[{{\"request\":{arrays}}}]}}}}").into(),
            1,
            "entry 1: the file is broken (nested deeper than 128 levels",
        ),
        (
            "har",
            format!("{{\"log\":{{\"entries\":[{}]}}}}", "1".repeat(5000)).into(),
            1,
            "a number of more than 1024 bytes",
        ),
        (
            "har",
            "{\"log\":{\"entries\":[{\"request\":{".into(),
            1,
            "EOF while parsing",
        ),
        (
            "har",
            "\u{feff}{\"log\":{\"entries\":[]}}".into(),
            1,
            "in 0 entries",
        ),
        ("har", "".into(), 2, "is not a HAR file: EOF"),
        ("har", "null".into(), 2, "it has no log.entries"),
        ("har", "{\"log\":{}}".into(), 2, "it has no log.entries"),
        ("har", binary.clone(), 2, "is not a HAR file"),
        (
            "har",
            vec![0x1F, 0x8B, 8, 0],
            2,
            "is compressed; unpack it first: zcat",
        ),
        (
            "log",
            vec![0x28, 0xB5, 0x2F, 0xFD],
            2,
            "is compressed; unpack it first: zstdcat",
        ),
        ("log", "".into(), 1, "in 0 lines"),
        ("log", binary, 1, "no cookie of a known form in 3,908 lines"),
        (
            "log",
            format!("{{\"cookie\":{arrays}}}\n").into(),
            1,
            "line 1: the line has more than 1048576 bytes",
        ),
        (
            "log",
            format!("{{\"cookie\":{}1{}}}\n", "[".repeat(400), "]".repeat(400)).into(),
            1,
            "line 1: the line begins like JSON but is broken",
        ),
    ];
    let mut ran = 0;
    for (option, input, status, told) in cases {
        let run = piped(&format!("doctor --{option} -"), input);
        assert_eq!((run.status, run.out.as_str()), (status, ""), "{told}");
        assert!(run.err.contains(told), "{told:?} in {}", run.err);
        ran += 1;
    }
    assert_eq!(ran, 16);
}

#[test]
fn a_long_string_of_a_har_is_left_out() {
    let body = "\\u00e9\\\"\u{e9}".repeat(500_000);
    let har = format!(
        "{{\"log\":{{\"entries\":[{{\"response\":{{\"content\":{{\"text\":\"{body}\"}},\
         \"headers\":[{{\"name\":\"Set-Cookie\",\"value\":\"_a={}; path=/\"}},\
         {{\"name\":\"Set-Cookie\",\"value\":\"_a={body}\"}}]}}}}]}}}}",
        message(1)
    );
    let run = piped("open --name _a --jsonl --har -", har);
    assert_eq!(
        run.lines(),
        [
            r#"{"entry":1,"in":"response","name":"_a","opens":false,"error":"invalid"}"#,
            r#"{"entry":1,"in":"response","name":"_a","opens":false,"error":"too large"}"#
        ]
    );
    assert_eq!(run.status, 1);
}

#[test]
fn of_many_troubles_the_first_are_told() {
    let run = piped("doctor --log -", "{\"\n".repeat(1000));
    assert_eq!(run.status, 1);
    let told = run
        .err
        .lines()
        .filter(|line| line.contains("begins like JSON"));
    assert_eq!(told.count(), 20);
    assert!(run.err.contains("standard input: 980 more like these\n"));
}

#[test]
fn identical_cookies_are_examined_once_and_counted() {
    let mut log = String::new();
    for number in 0..3000 {
        let _ = writeln!(log, "\"x=1; _a={}\"", message(number % 7));
    }
    let run = piped("doctor --json --log -", &log);
    let rows = objects(&run);
    assert_eq!(rows.len(), 7);
    for (number, row) in rows.iter().enumerate() {
        // 3000 = 428 * 7 + 4
        let times = if number < 4 { 429 } else { 428 };
        assert_eq!(
            (&row["line"], &row["times"]),
            (&(number + 1).into(), &times.into())
        );
        // The secret of these tests has 32 hexadecimal digits, as Rails' master keys do.
        assert_eq!(row["causes"][0], "master-key");
    }
    assert!(
        run.err
            .contains("3,000 cookies in 3,000 lines of standard input, 7 of them distinct")
    );
    assert!(
        run.err
            .contains("why not      master-key                   7      3,000\n"),
        "{}",
        run.err
    );

    let opened = piped("open --jsonl --log -", &log);
    assert_eq!((opened.lines().len(), opened.status), (7, 1));
}

#[test]
fn a_name_from_outside_does_not_command_the_terminal() {
    let har =
        r#"{"log":{"entries":[{"request":{"cookies":[{"name":"\u001b[2J_a","value":"@"}]}}]}}"#;
    let har = har.replace('@', &message(1));
    for args in ["doctor --har -", "open --har -"] {
        let run = piped(args, &har);
        let all = format!("{}{}", run.out, run.err);
        assert!(
            all.contains("\\u{1b}[2J_a") && !all.contains('\x1b'),
            "{all}"
        );
    }
}
