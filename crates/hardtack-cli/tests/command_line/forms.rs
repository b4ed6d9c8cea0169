//! The texts that count as a cookie, a pair or a header, and those that do not.

use crate::program::{Run, bare, run};
use crate::recorded::{Record, record};

fn open(record: &Record, line: &[u8]) -> Run {
    let mut command = bare();
    command
        .env("SECRET_KEY_BASE", &record.secret)
        .args(["open", "--jsonl"])
        .args(record.options());
    run(&mut command, line)
}

#[test]
fn lines_are_told_apart() {
    let record = record("encrypted_gcm", "c_integer");
    let opens = r#"{"value":45}"#;
    let malformed = r#"{"error":"malformed"}"#;
    let cases = [
        ("{escaped}", opens),
        ("{bare}", opens),
        ("{name}={escaped}", opens),
        ("{name}={bare}", opens),
        ("{name}={escaped}; path=/; httponly", opens),
        ("{name}={escaped};path=/", opens),
        ("Cookie: {name}={escaped}", opens),
        ("Cookie:{name}={escaped}", opens),
        ("cookie: a=1; {name}={escaped}; b=2", opens),
        ("COOKIE:\t a;{name}={escaped} ", opens),
        ("Cookie: {name}={bare}", opens),
        ("Set-Cookie: {name}={escaped}", opens),
        (
            "set-cookie: {name}={escaped}; path=/; HttpOnly; SameSite=Lax",
            opens,
        ),
        ("SET-COOKIE:{name}={bare}; path=/", opens),
        // Of two cookies with one name the first counts.
        ("Cookie: {name}={escaped}; {name}=junk", opens),
        ("Cookie: {name}=junk; {name}={escaped}", malformed),
        ("Cookie: {name}; {name}={escaped}", malformed),
        // The cookie is not there.
        ("", malformed),
        ("Cookie:", malformed),
        ("Cookie: theme=dark", malformed),
        ("Set-Cookie: theme=dark; {name}={escaped}", malformed),
        ("{name}=", malformed),
        // Another name makes no pair, and neither do names in another case.
        ("theme={escaped}", malformed),
        ("theme=dark; {name}={escaped}", malformed),
        ("C_INTEGER={escaped}", malformed),
        ("X{name}={escaped}", malformed),
        // One bad `%` leaves the whole value as it is.
        ("{escaped}%", malformed),
        ("%zz{escaped}", malformed),
        ("{bare}%3D", malformed),
        // White space belongs to no value.
        ("{escaped} ", malformed),
    ];
    let fill = |line: &str| {
        line.replace("{name}", &record.name)
            .replace("{escaped}", &record.escaped())
            .replace("{bare}", &record.unescaped())
    };
    let mut ran = 0;
    for (line, expected) in cases {
        for end in ["\n", "\r\n"] {
            let run = open(&record, format!("{}{end}", fill(line)).as_bytes());
            assert_eq!(run.lines(), [expected], "{line}");
            assert_eq!(run.status, i32::from(expected == malformed), "{line}");
            ran += 1;
        }
    }
    assert_eq!(ran, cases.len() * 2);
}

#[test]
fn bytes_that_are_no_text_are_refused_like_any_other() {
    let record = record("signed", "c_integer");
    let mut line = record.escaped().into_bytes();
    line.extend(b"\xFF\xFE\0\x80\n");
    line.extend(record.escaped().as_bytes());
    let run = open(&record, &line);
    assert_eq!(run.lines(), [r#"{"error":"malformed"}"#, r#"{"value":45}"#]);
    assert_eq!(run.status, 1);
}

#[cfg(unix)]
#[test]
fn arguments_need_not_be_text() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let junk = OsStr::from_bytes(b"Cookie: \xFF=\xFE");
    for (command, reason) in [("open", "malformed"), ("seal", "unreadable value")] {
        let run = crate::program::hardtack([OsStr::new(command), OsStr::new("--jsonl"), junk]);
        assert_eq!(run.lines(), [format!(r#"{{"error":"{reason}"}}"#)]);
        assert_eq!(run.status, 1);
    }
}

#[test]
fn a_person_is_told_where_to_look() {
    let record = record("encrypted_gcm", "c_integer");
    let cases = [
        (
            "theme=dark; c_integer=x",
            "this looks like a cookie \"theme\", and --name is \"c_integer\"",
        ),
        (
            "Cookie: theme=dark; b=1",
            "only: \"theme\", \"b\"; see --name",
        ),
        ("junk", "--jar"),
    ];
    for (line, hint) in cases {
        let mut command = bare();
        command
            .env("SECRET_KEY_BASE", &record.secret)
            .arg("open")
            .args(record.options());
        let run = run(&mut command, line);
        assert!(
            run.err.starts_with("error: line 1: malformed: "),
            "{}",
            run.err
        );
        assert!(run.err.contains(hint), "{}", run.err);
        assert_eq!((run.status, run.out.as_str()), (1, ""));
    }
}
