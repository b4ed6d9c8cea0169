//! A line of 300 MB on standard input is told, the next one is answered, and memory stays small.

#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use crate::program::program;

const MEGABYTE: usize = 1_000_000;

/// The most memory that a process may have had: half of the shortest line.
const MOST_KILOBYTES: u64 = 30_000;

/// Returns the peak of a process's resident memory (`VmHWM`).
fn peak_kilobytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let number = line.unwrap().split_whitespace().nth(1).unwrap();
    number.parse().unwrap()
}

/// Writes `start`, so many megabytes and `end` into the program, and gives its answers, its peak,
/// and what it told.
fn answers(
    args: &str,
    megabytes: usize,
    (start, end): (&str, &str),
    count: usize,
) -> (Vec<String>, u64, String) {
    let mut command = program();
    let command = command
        .args(args.split(' '))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(start.as_bytes()).unwrap();
    let megabyte = vec![b'1'; MEGABYTE];
    for _ in 0..megabytes {
        input.write_all(&megabyte).unwrap();
    }
    input.write_all(end.as_bytes()).unwrap();
    // It waits for more, and so is there to be looked at.
    let output = BufReader::new(child.stdout.take().unwrap());
    let lines: Vec<_> = output.lines().take(count).map(Result::unwrap).collect();
    let peak = peak_kilobytes(child.id());
    drop(input);
    let mut told = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut told)
        .unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(1), "{told}");
    (lines, peak, told)
}

#[test]
fn an_endless_line_takes_no_memory_and_the_next_is_answered() {
    let too_large = "{\"error\":\"too large\"}".to_owned();
    let malformed = "{\"error\":\"malformed\"}".to_owned();
    let cases = [
        (
            "open --jsonl",
            ("", "\nx\n"),
            vec![too_large.clone(), malformed.clone()],
        ),
        (
            "rotate --jsonl",
            ("Cookie: a=", "; _session_id=1\nx\n"),
            vec![too_large.clone(), malformed.clone()],
        ),
        (
            "seal --jsonl",
            ("[\"", "\"]\nx\n"),
            vec![too_large, "{\"error\":\"unreadable value\"}".to_owned()],
        ),
        (
            "open --name _a --jsonl --log -",
            ("_b=", "; _a=2\n_a=x\n"),
            vec![r#"{"line":2,"name":"_a","opens":false,"error":"malformed"}"#.to_owned()],
        ),
    ];
    let mut ran = 0;
    for (args, ends, expected) in cases {
        let (lines, peak, _) = answers(args, 60, ends, expected.len());
        assert_eq!(lines, expected, "{args}");
        assert!(peak < MOST_KILOBYTES, "{args}: {peak} kB");
        ran += 1;
    }
    assert_eq!(ran, 4);

    let (lines, peak, told) = answers("open", 300, ("", "\n\n"), 0);
    assert!(lines.is_empty() && peak < MOST_KILOBYTES, "{peak} kB");
    let line = "error: line 1: too large: the line has more than 1048576 bytes and is skipped\n";
    assert!(told.starts_with(line), "{told}");
}
