//! Every reason that `--jsonl` may give, each by its own cause.

use crate::program::{Run, bare, piped, run};
use crate::recorded::{Record, record};
use crate::support::vectors;

fn error(reason: &str) -> String {
    format!("{{\"error\":\"{reason}\"}}")
}

fn open(secret: &str, options: &[String], more: &[&str], input: &str) -> Run {
    let mut command = bare();
    command
        .env("SECRET_KEY_BASE", secret)
        .arg("open")
        .args(options);
    run(command.arg("--jsonl").args(more), input)
}

#[test]
#[expect(clippy::too_many_lines, reason = "most of them are the table")]
fn each_reason_has_its_cause() {
    let cookie = record("encrypted_gcm", "c_string");
    let signed = record("signed", "c_string");
    let expired = record("encrypted_gcm", "past");
    let (cookie_sent, signed_sent) = (cookie.escaped(), signed.escaped());
    let expired_sent = expired.escaped();
    let other = "another secret, and long enough for one";
    let too_large = "A".repeat(16 * 1024 + 1);
    // Escaped it is too large, unescaped it would not be.
    let escaped = "%41".repeat(6_000);
    let largest = "A".repeat(16 * 1024);
    // Changes one letter, in the tag.
    let mut tampered = cookie.unescaped();
    let at = tampered.len() - 10;
    let letter = if &tampered[at..=at] == "A" { "B" } else { "A" };
    tampered.replace_range(at..=at, letter);
    let secret = &cookie.secret;
    let cases: [(&str, &str, _, &[&str], &str, &str); 17] = [
        ("junk", secret, &cookie, &[], "junk", "malformed"),
        ("nothing", secret, &cookie, &[], "\n", "malformed"),
        (
            "cut off",
            secret,
            &cookie,
            &[],
            &cookie_sent[..40],
            "malformed",
        ),
        (
            "the other jar's",
            secret,
            &signed,
            &[],
            &cookie_sent,
            "malformed",
        ),
        (
            "another secret",
            other,
            &cookie,
            &[],
            &cookie_sent,
            "invalid",
        ),
        (
            "another secret, signed",
            other,
            &signed,
            &[],
            &signed_sent,
            "invalid",
        ),
        (
            "another key digest",
            secret,
            &cookie,
            &["--rails", "6.1", "--key-digest", "SHA1"],
            &cookie_sent,
            "invalid",
        ),
        ("tampered with", secret, &cookie, &[], &tampered, "invalid"),
        ("expired", secret, &expired, &[], &expired_sent, "expired"),
        (
            "another name",
            secret,
            &cookie,
            &["--name", "theme"],
            &cookie_sent,
            "wrong purpose",
        ),
        (
            "another name, signed",
            secret,
            &signed,
            &["--name", "theme"],
            &signed_sent,
            "wrong purpose",
        ),
        ("too large", secret, &cookie, &[], &too_large, "too large"),
        (
            "too large as sent",
            secret,
            &cookie,
            &[],
            &escaped,
            "too large",
        ),
        (
            "too large, signed",
            secret,
            &signed,
            &[],
            &too_large,
            "too large",
        ),
        ("the largest", secret, &cookie, &[], &largest, "malformed"),
        (
            "the first part empty",
            secret,
            &cookie,
            &[],
            "--AAAAAAAAAAAAAAAA--AAAAAAAAAAAAAAAAAAAAAA==",
            "invalid",
        ),
        (
            "expired and under another name: expiry is looked at first",
            secret,
            &expired,
            &["--name", "theme"],
            &expired_sent,
            "expired",
        ),
    ];
    for (what, secret, record, more, line, reason) in cases {
        // Options given twice are wrong use, so those that change are left out.
        let mut options = record.options();
        for name in more.iter().filter(|option| option.starts_with("--")) {
            let place = options.iter().position(|option| option == name).unwrap();
            options.drain(place..place + 2);
        }
        let run = open(secret, &options, more, line);
        assert_eq!(run.lines(), [error(reason)], "{what}");
        assert_eq!((run.status, run.err.as_str()), (1, ""), "{what}");
    }
}

#[test]
fn a_value_in_another_format_is_unreadable() {
    // Marshal, which `json` never reads, under a key that fits.
    let mut ran = 0;
    for mut record in vectors::<Record>("jars/rails-6.1.7.10.jsonl") {
        if record.jar.as_deref() != Some("encrypted_gcm")
            || record.serializer != "marshal"
            || record.kind != "jar"
        {
            continue;
        }
        "json".clone_into(&mut record.serializer);
        let run = open(&record.secret, &record.options(), &[], &record.escaped());
        assert_eq!(run.lines(), [error("unreadable value")], "{}", record.name);
        ran += 1;
    }
    assert_eq!(ran, 26);
}

#[test]
fn what_cannot_be_sealed_says_why() {
    let deep = |levels| "[".repeat(levels) + &"]".repeat(levels);
    let (deep, too_deep) = (deep(100), deep(101));
    let bomb = "[".repeat(1_000_000);
    let long = format!("\"{}\"", "x".repeat(4_000));
    let cases = [
        ("", "unreadable value"),
        ("text", "unreadable value"),
        ("{", "unreadable value"),
        ("[1,]", "unreadable value"),
        ("1 2", "unreadable value"),
        ("01", "unreadable value"),
        ("NaN", "unreadable value"),
        ("{1:2}", "unreadable value"),
        ("{'a':2}", "unreadable value"),
        ("1e400", "unreadable value"),
        ("\"\\ud800\"", "unreadable value"),
        (&bomb, "unreadable value"),
        (&too_deep, "unreadable value"),
        (&deep, ""),
        (&long, "too large"),
    ];
    let input: Vec<_> = cases.iter().map(|(value, _)| *value).collect();
    let run = piped("seal --jsonl", input.join("\n"));
    assert_eq!((run.status, run.err.as_str()), (1, ""));
    assert_eq!(run.lines().len(), cases.len());
    for ((value, reason), answer) in cases.iter().zip(run.lines()) {
        if reason.is_empty() {
            assert!(answer.starts_with("{\"cookie\":\""), "{value}");
        } else {
            assert_eq!(answer, error(reason), "{}", &value[..value.len().min(40)]);
        }
    }
    let run = piped("seal --jsonl", b"\"\xFF\"\n1\n");
    assert_eq!(run.lines()[0], error("unreadable value"));
    assert_eq!((run.lines().len(), run.status), (2, 1));
}

#[test]
fn an_expiry_holds() {
    for (jar, at, opens) in [
        ("encrypted", "2001-02-03T04:05:06Z", false),
        ("signed", "2001-02-03T04:05:06.789+01:00", false),
        ("encrypted", "9999-12-31T00:00:00Z", true),
        ("signed", "9999-12-31t00:00:00.5-00:30", true),
    ] {
        let sealed = piped(&format!("seal --jar {jar} --expires {at}"), "1");
        let opened = piped(&format!("open --jsonl --jar {jar}"), sealed.ok());
        let expected = if opens {
            "{\"value\":1}"
        } else {
            "{\"error\":\"expired\"}"
        };
        assert_eq!(opened.lines(), [expected], "{at}");
    }
}

#[test]
fn without_jsonl_messages_name_the_place_and_the_rest_goes_on() {
    let run = piped("seal", "1\ntext\n2\n\n");
    assert_eq!((run.status, run.lines().len()), (1, 2));
    let messages: Vec<_> = run.err.lines().collect();
    assert_eq!(messages.len(), 2);
    assert!(
        messages[0].starts_with("error: line 2: unreadable value: "),
        "{}",
        run.err
    );
    assert!(
        messages[1].starts_with("error: line 4: unreadable value: "),
        "{}",
        run.err
    );

    let run = crate::program::hardtack(["seal", "1", "text"]);
    assert!(
        run.err.starts_with("error: value 2: unreadable value: "),
        "{}",
        run.err
    );
    assert_eq!((run.status, run.lines().len()), (1, 1));
}
