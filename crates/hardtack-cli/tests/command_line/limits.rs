//! The 4096 bytes, by each rule.

use serde::Deserialize;

use crate::program::piped;
use crate::support::vectors;

#[derive(Deserialize)]
struct Record {
    rails: String,
    key_digest: String,
    jar: String,
    name: String,
    largest_x_count: usize,
    first_overflow_x_count: usize,
}

#[test]
fn rails_rule_is_that_of_the_recorded_versions() {
    let mut ran = 0;
    for version in ["6.1", "7.1", "8.1"] {
        for record in vectors::<Record>(&format!("limits/rails-{version}.jsonl")) {
            let options = format!(
                "seal --jsonl --limit rails --rails {} --jar {} --key-digest {} --name {} --serializer json",
                record.rails, record.jar, record.key_digest, record.name
            );
            let text = |count| format!("\"{}\"", "x".repeat(count));
            let input = [
                text(record.largest_x_count),
                text(record.first_overflow_x_count),
            ];
            let run = piped(&options, input.join("\n"));
            assert_eq!(run.lines().len(), 2, "{}", run.err);
            assert!(
                run.lines()[0].starts_with("{\"cookie\""),
                "{version} {}",
                record.jar
            );
            assert_eq!(
                run.lines()[1],
                "{\"error\":\"too large\"}",
                "{version} {}",
                record.jar
            );
            ran += 1;
        }
    }
    assert_eq!(ran, 6);
}

#[test]
fn the_rules_differ_and_strict_is_the_default() {
    // What Rails lets through and browsers drop: 4092 bytes before escaping, and more than 4096
    // with the name, whatever the nonce.
    let value = format!("\"{}\"", "x".repeat(2_227));
    for (options, fits) in [
        ("--rails 7.1", false),
        ("--rails 7.1 --limit strict", false),
        ("--rails 7.1 --limit STRICT", false),
        ("--rails 7.1 --limit rails", true),
        ("--rails 8.1 --limit rails", false),
        ("--rails 7.1 --limit none", true),
    ] {
        let run = piped(&format!("seal --name _app_session {options}"), &value);
        assert_eq!(run.status, i32::from(!fits), "{options}: {}", run.err);
        assert_eq!(run.out.is_empty(), !fits, "{options}");
    }
    // About 2,020 bytes always fit.
    let value = format!("\"{}\"", "x".repeat(2_018));
    assert_eq!(piped("seal --name _app_session", value).status, 0);
}

#[test]
fn what_takes_the_room_is_told() {
    let value = format!(r#"{{"small":1,"cart":"{}"}}"#, "x".repeat(5_000));
    let run = piped("seal", value);
    assert_eq!((run.status, run.out.as_str()), (1, ""));
    for part in ["line 1: too large: ", "4096", "cart 50"] {
        assert!(run.err.contains(part), "{}", run.err);
    }
}
