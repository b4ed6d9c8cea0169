//! A sealed value opens again as the same value.

use crate::program::{hardtack, piped};

/// A JSON value as it is given, and as it opens where that is written in another way (numbers as
/// Ruby writes them, text unescaped).
const VALUES: &[(&str, &str)] = &[
    ("null", ""),
    ("true", ""),
    ("false", ""),
    ("0", ""),
    ("-5", ""),
    ("9223372036854775807", ""),
    ("-9223372036854775809", ""),
    (
        "123456789012345678901234567890123456789012345678901234567890",
        "",
    ),
    ("1.0", ""),
    ("-0.0", ""),
    ("0.1", ""),
    ("0.30000000000000004", ""),
    ("2.638344616030823e-256", ""),
    ("1e20", "1.0e+20"),
    ("1.7976931348623157e308", "1.7976931348623157e+308"),
    ("5e-324", "5.0e-324"),
    ("\"\"", ""),
    ("\"text\"", ""),
    ("\"é 日本 😀\"", ""),
    ("\"\\ud83d\\ude00\"", "\"😀\""),
    ("\"\\u003c\\/\\u003e\"", "\"</>\""),
    ("\"\\u0000\\n\\t\\\"\\\\\"", ""),
    ("\"a--b==\"", ""),
    ("[]", ""),
    ("{}", ""),
    ("[1,[2,[3,null]]]", ""),
    ("{\"b\":1,\"a\":null,\"\":{}}", ""),
    ("{\"a\":1,\"b\":2,\"a\":3}", "{\"a\":3,\"b\":2}"),
    ("  [ 1 , 2 ]  ", "[1,2]"),
];

#[test]
fn values_survive_every_jar_and_version() {
    let input: Vec<_> = VALUES.iter().map(|(value, _)| *value).collect();
    let mut ran = 0;
    for jar in [
        "encrypted",
        "encrypted --cipher aes-256-cbc",
        "signed --hmac-digest SHA1",
        "signed --hmac-digest sha512",
    ] {
        for format in [
            "--rails 4.0 --serializer json",
            "--rails 4.2",
            "--rails 5.1 --serializer hybrid",
            "--rails 5.2 --serializer json",
            "--rails 6.0 --serializer marshal",
            "--rails 6.1 --serializer json",
            "--rails 7.0",
            "--rails 7.1 --serializer message_pack",
            "--rails 7.2",
            "--rails 8.0 --serializer message_pack_allow_marshal",
            "--rails 8.1",
        ] {
            let options = format!("--jsonl --name _app_session {format} --jar {jar}");
            let sealed = piped(&format!("seal {options}"), input.join("\n"));
            assert_eq!(sealed.status, 0, "{}{}", sealed.out, sealed.err);
            let cookies = sealed.lines().into_iter().map(|line| {
                let cookie = line.strip_prefix("{\"cookie\":\"")?.strip_suffix("\"}")?;
                assert!(
                    cookie
                        .bytes()
                        .all(|b| b.is_ascii_alphanumeric() || b"*-._%".contains(&b))
                );
                Some(cookie)
            });
            let cookies: Option<Vec<_>> = cookies.collect();
            let opened = piped(&format!("open {options}"), cookies.unwrap().join("\n"));
            assert_eq!((opened.status, opened.lines().len()), (0, VALUES.len()));
            for ((given, other), opened) in VALUES.iter().zip(opened.lines()) {
                let expected = if other.is_empty() { given } else { other };
                assert_eq!(opened, format!("{{\"value\":{expected}}}"), "{options}");
                ran += 1;
            }
        }
    }
    assert_eq!(ran, VALUES.len() * 4 * 11);
}

#[test]
fn without_jsonl_values_are_printed_for_people() {
    let cookie = hardtack(["seal", r#"{"session_id":42,"list":[1,null],"none":{}}"#]);
    let opened = hardtack(["open", cookie.ok()]);
    let pretty = r#"{
  "session_id": 42,
  "list": [
    1,
    null
  ],
  "none": {}
}"#;
    assert_eq!(opened.ok(), pretty);
}

#[test]
fn negative_numbers_are_arguments() {
    for value in ["-5", "-1.5"] {
        let sealed = hardtack(["seal", value]);
        assert_eq!(hardtack(["open", sealed.ok()]).ok(), value);
    }
}

#[test]
fn names_with_a_prefix_may_be_sealed() {
    for name in ["__Host-session", "__Secure-session", "a!#$%&'*+-.^_`|~9"] {
        let sealed = hardtack(["seal", "--name", name, "1"]);
        let pair = format!("{name}={}", sealed.ok());
        assert_eq!(hardtack(["open", "--name", name, &pair]).ok(), "1");
    }
}
