//! What `hardtack doctor` takes from standard input and from logs, as it was copied or written.

use serde_json::Value;

use crate::program::{Run, piped};

/// Returns six cookies `_a`, each with another value.
fn sealed() -> Vec<String> {
    let sealed = piped("seal --name _a", "1\n2\n3\n4\n5\n6\n");
    let lines = sealed.lines();
    lines.iter().map(|line| (*line).to_owned()).collect()
}

fn objects(run: &Run) -> Vec<Value> {
    let lines = run.lines();
    let object = |line: &&str| serde_json::from_str(line).unwrap();
    lines.iter().map(object).collect()
}

#[test]
fn several_lines_of_standard_input_are_all_reported() {
    let cookies = sealed();
    // The line of each cookie, in which it stands in place of `@`.
    let forms = [
        "@\n",
        "_a=@\r\n",
        "Cookie: x=1; _a=@\n\n",
        "1.2.3.4 - - [x] \"GET / HTTP/1.1\" 200 \"x=1; _a=@\"\n",
    ];
    let mut ran = 0;
    for form in forms {
        let lines = cookies.iter().map(|cookie| form.replace('@', cookie));
        let text = lines.collect::<String>();
        let run = piped("doctor --json --name _a", &text);
        let rows = objects(&run);
        assert_eq!(rows.len(), 6, "{text}\n{}", run.out);
        assert!(
            rows.iter()
                .all(|row| row["opens"] == true && row["times"] == 1)
        );
        assert_eq!(run.status, 0, "{}", run.err);
        ran += 1;
    }
    assert_eq!(ran, 4);
}

#[test]
fn one_cookie_on_several_lines_is_one() {
    let cookie = &sealed()[0];
    let wrapped: Vec<_> = cookie.as_bytes().chunks(40).collect();
    let wrapped = String::from_utf8(wrapped.join(&b"\n"[..])).unwrap();
    for text in [
        format!("GET / HTTP/1.1\r\nHost: a\r\nCookie: _a={cookie}\r\n\r\n"),
        format!("_a={cookie}\n{cookie}\n"),
        wrapped,
    ] {
        let run = piped("doctor --json --name _a", &text);
        let rows = objects(&run);
        assert_eq!(rows.len(), 1, "{text}");
        assert_eq!(rows[0]["opens"], true, "{text}");
        assert!(rows[0].get("line").is_none());
    }
}

#[test]
fn a_quoted_line_of_a_log_is_taken_for_what_it_is() {
    let cookie = &sealed()[0];
    for text in [
        format!("\"x=1; _a={cookie}\""),
        format!("'1.2.3.4 - - [x] \"GET / HTTP/1.1\" 200 \"x=1; _a={cookie}\"'"),
        format!("\"_a={cookie}; x=1\",\n"),
    ] {
        let run = piped("doctor --json --name _a", &text);
        let rows = objects(&run);
        assert_eq!((&rows[0]["opens"], rows.len()), (&true.into(), 1), "{text}");
        assert_eq!(rows[0]["repairs"], Value::Array(vec![]), "{text}");
        assert_eq!(rows[0]["causes"], Value::Array(vec![]), "{text}");
    }
}

/// The cookie that Rails 6.1 sets under Rack 3 (rack/rack#2129), as nginx and Apache log it.
#[test]
fn a_name_with_a_bracket_is_not_the_wanted_name() {
    let cookie = &sealed()[0];
    for quote in ["\\x22", "\\\""] {
        let log = format!("1.2.3.4 \"GET / HTTP/1.1\" 200 \"[{quote}_a={cookie}; b=2\"\n");
        let run = piped("doctor --json --name _a --log -", &log);
        let rows = objects(&run);
        assert_eq!(rows.len(), 1, "{}", run.err);
        assert_eq!(rows[0]["name"], "[\"_a");
        let causes = rows[0]["causes"].as_array().unwrap();
        assert!(
            causes.iter().any(|cause| cause == "other-name"),
            "{causes:?}"
        );
        // `open` reads what an app reads.
        let run = piped("open --name _a --jsonl --log -", &log);
        assert_eq!((run.out.as_str(), run.status), ("", 1));
    }
}

#[test]
fn values_that_a_filter_hid_are_counted() {
    let cookie = &sealed()[0];
    let log = format!("a _s_session=[FILTERED]\nb cookie=<redacted>\nc _a={cookie}\n");
    let run = piped("doctor --json --log -", &log);
    assert_eq!(objects(&run).len(), 1);
    assert!(
        run.err
            .contains("Not examined: 2 cookies, whose values a filter hid ([FILTERED])"),
        "{}",
        run.err
    );
    // Under its name it has a row.
    let run = piped("doctor --json --name _s_session --log -", &log);
    let rows = objects(&run);
    assert_eq!(rows[0]["causes"][0], "elided", "{}", run.out);
    // Nothing else is there.
    let run = piped("doctor --log -", "a cookie=[FILTERED]\n");
    assert_eq!(run.status, 1);
    assert!(run.err.contains("a filter hid their values"), "{}", run.err);
}
