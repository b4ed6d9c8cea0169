//! Standard input and output: empty, long, closed, and waited for.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::Duration;

use crate::program::{bare, piped, program, run};

#[test]
fn no_input_is_no_output() {
    for command in [
        "open",
        "seal",
        "rotate",
        "open --jsonl",
        "seal --jsonl",
        "rotate --jsonl",
    ] {
        let run = piped(command, "");
        assert_eq!(
            (run.status, run.out.as_str(), run.err.as_str()),
            (0, "", ""),
            "{command}"
        );
    }
}

#[test]
fn each_line_has_one_answer_in_its_place() {
    // Every third is no JSON; the last line has no end.
    let lines: Vec<_> = (0..600)
        .map(|number| {
            if number % 3 == 2 {
                "x".to_owned()
            } else {
                number.to_string()
            }
        })
        .collect();
    let sealed = piped("seal --jsonl --jar signed", lines.join("\r\n"));
    assert_eq!((sealed.status, sealed.lines().len()), (1, 600));
    let cookies: Vec<_> = sealed
        .lines()
        .iter()
        .map(|line| {
            line.trim_start_matches("{\"cookie\":\"")
                .trim_end_matches("\"}")
                .to_owned()
        })
        .collect();
    let opened = piped("open --jsonl --jar signed", cookies.join("\n"));
    for (number, answer) in opened.lines().iter().enumerate() {
        let expected = match number % 3 {
            2 => "{\"error\":\"malformed\"}".to_owned(),
            _ => format!("{{\"value\":{number}}}"),
        };
        assert_eq!(*answer, expected);
    }
    assert_eq!((opened.status, opened.lines().len()), (1, 600));
}

#[test]
fn an_answer_does_not_wait_for_the_next_line() {
    let mut command = program();
    let command = command.args(["seal", "--jsonl"]);
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let output = BufReader::new(child.stdout.take().unwrap());
    let (sender, answers) = mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in output.lines() {
            sender.send(line.unwrap()).unwrap();
        }
    });
    for _ in 0..3 {
        input.write_all(b"1\n").unwrap();
        let answer = answers.recv_timeout(Duration::from_secs(20));
        assert!(
            answer
                .expect("an answer in time")
                .starts_with("{\"cookie\"")
        );
    }
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    reader.join().unwrap();
}

#[test]
fn a_reader_that_has_enough_is_no_fault() {
    let many = "1\n".repeat(5_000);
    let mut ran = 0;
    for args in [
        "seal",
        "seal --jsonl --jar signed",
        "open",
        "demo",
        "completions bash",
        "secret",
        "--help",
    ] {
        // Neither standard output nor, after the first bytes, standard error is read.
        let mut command = program();
        command
            .args(args.split(' '))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop(child.stdout.take());
        let mut input = child.stdin.take().unwrap();
        let many = many.clone();
        let writer = std::thread::spawn(move || drop(input.write_all(many.as_bytes())));
        let mut messages = child.stderr.take().unwrap();
        let mut start = [0; 64];
        let read = messages.read(&mut start).unwrap();
        drop(messages);
        assert!(
            !start[..read].windows(8).any(|bytes| bytes == b"panicked"),
            "{args}"
        );
        writer.join().unwrap();
        let status = child.wait().unwrap().code();
        let expected = i32::from(args == "open");
        assert_eq!(status, Some(expected), "{args}");
        ran += 1;
    }
    assert_eq!(ran, 7);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told() {
    for args in ["seal", "secret", "demo", "completions fish"] {
        let full = std::fs::File::options()
            .write(true)
            .open("/dev/full")
            .unwrap();
        let mut command = program();
        command
            .args(args.split(' '))
            .stdin(Stdio::piped())
            .stdout(full)
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"1\n").ok();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{args}");
        assert!(
            output.stderr.starts_with(b"error: standard output: "),
            "{args}"
        );
    }
}

#[test]
fn the_demo_shows_every_step() {
    let run = run(bare().arg("demo"), "");
    let text = run.ok();
    for part in [
        "\n1. ",
        "\n2. ",
        "Set-Cookie: _shop_session=",
        "\n3. ",
        "user_id: 42",
        "\n4. ",
        "invalid message",
        "wrong purpose",
        "\n5. ",
        "user_id 42 is still there",
        "\n6. ",
        "4096",
        "cart 25",
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains('\x1b'), "colour, and no terminal");
}
