//! Cookies that real Rails set, sealed anew: byte for byte what Rails sealed, where it did.

use std::collections::HashMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::headers::unescape;

use crate::program::{Run, bare, file, run};
use crate::recorded::{Record, groups};
use crate::support::vectors;

const OTHER: &str = "another secret, and long enough for one";

/// The cookies of `--jsonl`, `None` where there is an error instead.
fn cookies(run: &Run) -> Vec<Option<&str>> {
    let lines = run.lines().into_iter();
    lines
        .map(|line| line.strip_prefix("{\"cookie\":\"")?.strip_suffix("\"}"))
        .collect()
}

/// The text that a signed cookie carries for everybody to read.
pub(crate) fn signed_text(cookie: &str) -> String {
    let cookie = unescape(cookie.as_bytes()).into_owned();
    let cookie = String::from_utf8(cookie).unwrap();
    let (data, _) = cookie.rsplit_once("--").unwrap();
    String::from_utf8(STANDARD.decode(data).unwrap()).unwrap()
}

/// Of each value Rails recorded the signed cookie too, whose every byte is known: the payload, the
/// envelope with its expiry, the digest. Rotated into the signed jar, the encrypted ones become it.
fn rotate_to_signed(version: &str) -> usize {
    let key = |record: &Record| {
        let Record {
            key_digest,
            digest,
            serializer,
            metadata,
            name,
            value,
            ..
        } = record;
        format!("{key_digest:?} {digest:?} {serializer} {metadata} {name} {value:?}")
    };
    let records = vectors::<Record>(&format!("jars/rails-{version}.jsonl"));
    let signed = records
        .into_iter()
        .filter(|record| record.jar.as_deref().is_none_or(|jar| jar == "signed"));
    let signed: HashMap<_, _> = signed
        .map(|record| (key(&record), record.unescaped()))
        .collect();
    let mut ran = 0;
    for group in groups(version) {
        for metadata in [false, true] {
            // With a GCM app of Rails 5.2 an expiry is sealed by the signed jar too, and the
            // signed cookies there are those of a CBC app.
            let records: Vec<_> = group
                .iter()
                .filter(|record| record.metadata == metadata && record.kind != "expired")
                .filter(|record| record.expires.is_none() || !record.rails.starts_with("5.2"))
                .collect();
            let Some(first) = records.first() else {
                continue;
            };
            let mut options = first.options();
            if let Some(place) = options.iter().position(|option| option == "--jar") {
                let old = std::mem::replace(&mut options[place + 1], "signed".to_owned());
                options.extend(["--from-jar".to_owned(), old]);
            }
            let lines: Vec<_> = records.iter().map(|record| record.escaped()).collect();
            let run = run(first.command("rotate").args(options), lines.join("\n"));
            assert_eq!((run.status, run.err.as_str()), (0, ""), "{}", run.out);
            assert_eq!(run.lines().len(), records.len());
            for (record, cookie) in records.iter().zip(cookies(&run)) {
                let cookie = unescape(cookie.unwrap().as_bytes()).into_owned();
                let cookie = String::from_utf8(cookie).unwrap();
                assert_eq!(cookie, signed[&key(record)], "{:?}", record.options());
                ran += 1;
            }
        }
    }
    ran
}

#[test]
fn cookies_become_what_rails_2_3_signed() {
    assert_eq!(rotate_to_signed("2.3.18"), 24);
}

#[test]
fn cookies_become_what_rails_3_2_signed() {
    assert_eq!(rotate_to_signed("3.2.22.5"), 6);
}

#[test]
fn cookies_become_what_rails_4_2_signed() {
    assert_eq!(rotate_to_signed("4.2.11.3"), 24);
}

#[test]
fn cookies_become_what_rails_5_2_signed() {
    // But for three that expired and three that will.
    assert_eq!(rotate_to_signed("5.2.8.1"), 120);
}

#[test]
fn cookies_become_what_rails_6_1_signed() {
    assert_eq!(rotate_to_signed("6.1.7.10"), 234);
}

/// Rotates every cookie of a version to the defaults of Rails 8.1 under another secret and name,
/// and opens them there; counts them, and those with an expiry.
fn rotate_to_newest(version: &str) -> (usize, usize) {
    let secret = file(&format!("rotated from {version}"), OTHER);
    let new = ["--name", "_new", "--rails", "8.1", "--secret-key-base-file"];
    let (mut ran, mut expiring) = (0, 0);
    let mut rotated = Vec::new();
    for group in groups(version) {
        let old = file(&format!("secret of {version}"), &group[0].secret);
        let kind = if group[0].kind == "legacy_signed" {
            "--from-secret-token-file"
        } else {
            "--from-secret-key-base-file"
        };
        let mut command = bare();
        command
            .args(["rotate", "--jsonl", kind])
            .arg(old)
            .args(group[0].prefixed("from-"))
            .args(new)
            .arg(&secret);
        let lines: Vec<_> = group
            .iter()
            .map(|record| format!("Cookie: {}={}", record.name, record.escaped()))
            .collect();
        let run = run(&mut command, lines.join("\n"));
        assert_eq!((run.lines().len(), run.err.as_str()), (group.len(), ""));
        for ((record, cookie), answer) in group.iter().zip(cookies(&run)).zip(run.lines()) {
            match cookie {
                Some(cookie) => rotated.push((record.clone(), cookie.to_owned())),
                None => record.assert_opens_as(answer),
            }
            ran += 1;
        }
    }
    let lines: Vec<_> = rotated.iter().map(|(_, cookie)| cookie.as_str()).collect();
    let answers = |command: &str, more: &[&str]| {
        let mut program = bare();
        program.args([command, "--jsonl"]).args(new).arg(&secret);
        let run = run(program.args(more), lines.join("\n"));
        assert_eq!((run.status, run.lines().len()), (0, rotated.len()));
        run
    };
    let opened = answers("open", &[]);
    for ((record, _), answer) in rotated.iter().zip(opened.lines()) {
        record.assert_opens_as(answer);
    }
    // Signed, so that the envelope can be seen.
    let signed = answers("rotate", &["--jar", "signed", "--from-jar", "encrypted"]);
    for ((record, _), cookie) in rotated.iter().zip(cookies(&signed)) {
        let expiry = match &record.expires {
            Some(expires) => format!("\"{expires}\""),
            None => "null".to_owned(),
        };
        let end = format!(",\"exp\":{expiry},\"pur\":\"cookie._new\"}}}}");
        let text = signed_text(cookie.unwrap());
        assert!(text.ends_with(&end), "{text}: {:?}", record.options());
        expiring += usize::from(record.expires.is_some());
    }
    (ran, expiring)
}

#[test]
fn cookies_of_rails_2_3_open_anew() {
    assert_eq!(rotate_to_newest("2.3.18"), (24, 0));
}

#[test]
fn cookies_of_rails_3_2_open_anew() {
    assert_eq!(rotate_to_newest("3.2.22.5"), (6, 0));
}

#[test]
fn cookies_of_rails_4_2_open_anew() {
    assert_eq!(rotate_to_newest("4.2.11.3"), (24, 0));
}

#[test]
fn cookies_of_rails_5_2_open_anew() {
    assert_eq!(rotate_to_newest("5.2.8.1"), (126, 3));
}

#[test]
fn cookies_of_rails_7_1_open_anew() {
    // A third of them in MessagePack.
    assert_eq!(rotate_to_newest("7.1.5"), (288, 36));
}
