//! The content of a cookie: sizes, the session, and values that cannot be read.

use hardtack::doctor::{Check, Doctor, SessionCheck};
use hardtack::settings::SizeLimit;
use hardtack::value::Value;
use hardtack::{Jar, LoadDefaults, SessionData};

use crate::support::secret;

fn doctor() -> Doctor {
    Doctor::new().secret("s", &secret())
}

fn jar() -> Jar {
    Jar::encrypted(&secret(), LoadDefaults::V7_1)
}

#[test]
fn sessions_are_checked() {
    use Check::{Absent, Odd, Sane};

    let id = "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6";
    let token = "kZ2J0p0l7e0mJb3kq3xw7Q4v1rQyqk9gq2Jb9G3VbqY";
    let sane = format!(
        r#"{{"session_id":"{id}","_csrf_token":"{token}","flash":{{"discard":[],"flashes":{{"notice":"Hi"}}}}}}"#
    );
    let cases = [
        (sane.as_str(), (Sane, Sane, true, Sane), &[][..]),
        (
            r#"{"flash":{"discard":["a"],"flashes":{"a":1}}}"#,
            (Absent, Sane, false, Absent),
            &["no-session-id"],
        ),
        (
            r#"{"session_id":5}"#,
            (Odd, Absent, false, Absent),
            &[], // Rails reads it
        ),
        (r#"{"session_id":"abc"}"#, (Odd, Absent, false, Absent), &[]),
        (
            r#"{"session_id":null,"flash":{"discard":[],"flashes":{}}}"#,
            (Absent, Sane, false, Absent),
            &["no-session-id"],
        ),
        (
            r#"{"_csrf_token":"abc","flash":"saved"}"#,
            (Absent, Odd, false, Odd),
            &["no-session-id", "bad-csrf-token", "bad-flash"],
        ),
        (
            r#"{"warden.user.user.key":[[1],"x"]}"#,
            (Absent, Absent, false, Absent),
            &["no-session-id"],
        ),
        (
            r#"{"_csrf_token":7}"#,
            (Absent, Absent, false, Odd),
            &["no-session-id", "bad-csrf-token"],
        ),
    ];
    let mut ran = 0;
    for (json, expected, causes) in cases {
        let value: Value = serde_json::from_str(json).unwrap();
        let cookie = jar().write("k", &value, None).unwrap();
        let diagnosis = doctor().examine(cookie.value());
        let SessionCheck {
            session_id,
            flash,
            flash_waits,
            csrf_token,
            ..
        } = *diagnosis.session().unwrap();
        assert_eq!(
            (session_id, flash, flash_waits, csrf_token),
            expected,
            "{json}"
        );
        let kinds: Vec<_> = diagnosis
            .causes
            .iter()
            .map(|cause| cause.kind().name())
            .collect();
        assert_eq!(kinds, causes, "{json}");
        ran += 1;
    }
    assert_eq!(ran, 8);
    // Any other cookie is no session.
    for value in ["[1]", "{\"a\":1}", "5"] {
        let value: Value = serde_json::from_str(value).unwrap();
        let cookie = jar().write("k", &value, None).unwrap();
        assert!(doctor().examine(cookie.value()).session().is_none());
    }
}

/// Sizes by arithmetic: in JSON an entry takes quotes, colon, value, and a comma or brace.
#[test]
fn sizes_are_browsers_and_each_keys() {
    let mut session = SessionData::new();
    session
        .insert("session_id", "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6")
        .unwrap();
    session.insert("cart", "x".repeat(1000)).unwrap();
    session.insert("n", 5).unwrap();
    let cookie = session.write(&jar(), "_shop_session", None).unwrap();
    let diagnosis = doctor().examine(cookie.to_string());
    assert_eq!(
        diagnosis.size(),
        Some("_shop_session".len() + cookie.escaped_value().len())
    );
    let entries: Vec<_> = diagnosis
        .entries()
        .iter()
        .map(|(key, size)| (key.as_str(), *size))
        .collect();
    assert_eq!(
        entries,
        [
            ("cart", 6 + 1 + 1002 + 1),
            ("session_id", 12 + 1 + 34 + 1),
            ("n", 3 + 1 + 1 + 1)
        ]
    );
    let report = diagnosis.to_string();
    assert!(
        report.contains("  1010  cart\n    48  session_id\n     6  n\n"),
        "{report}"
    );
}

#[test]
fn what_browsers_drop_is_told() {
    let settings = LoadDefaults::V7_1.settings().limit(SizeLimit::None);
    let cookie = Jar::encrypted(&secret(), settings).write("big", "x".repeat(4000), None);
    let diagnosis = doctor().examine(cookie.unwrap().to_string());
    assert_eq!(diagnosis.causes[0].kind().name(), "too-long");
    assert!(
        diagnosis.causes[0]
            .to_string()
            .contains("browsers drop what is over 4096")
    );
}

/// The key fits, but the value is invalid.
#[test]
fn unreadable_values_are_told() {
    let keys = hardtack::secret::KeyGenerator::new(&secret());
    let key = keys.generate_key("signed cookie", 64);
    for (text, said) in [
        (
            "no value at all",
            "neither JSON nor Marshal nor MessagePack",
        ),
        ("{\"a\":", "cannot be read"),
    ] {
        let message = signed(key.expose(), text.as_bytes());
        let diagnosis = doctor().examine(&message);
        assert!(diagnosis.opens, "{diagnosis}");
        assert_eq!(diagnosis.causes[0].kind().name(), "unreadable-value");
        assert!(
            diagnosis.causes[0].to_string().contains(said),
            "{diagnosis}"
        );
        assert!(
            diagnosis
                .to_string()
                .starts_with("The secret s fits, but the value cannot be read.\n")
        );
        assert!(diagnosis.value().is_none());
    }
}

/// The report names the entries that cannot be read, and describes the others.
#[test]
fn an_entry_that_cannot_be_read_is_named() {
    let key = hardtack::secret::KeyGenerator::new(&secret()).generate_key("signed cookie", 64);
    // {"{\e" => a Rational of one number, "b" => 7}
    let bytes = hex::decode("cc8082a27b1bd40301a16207");
    let many: Vec<_> = (0..7).map(|n| format!("\"k{n}\":\"\\x\"")).collect();
    let many = format!("{{{}}}", many.join(","));
    for (bytes, said) in [
        (
            bytes.unwrap(),
            "what stands under {\\u{1b} (end of input within a MessagePack value) cannot be read",
        ),
        (
            br#"{"a":"\ud800","user_id":1}"#.to_vec(),
            "what stands under a (an unpaired surrogate) cannot be read",
        ),
        (many.into_bytes(), "k4 (unknown escape) and 2 more cannot"),
    ] {
        let diagnosis = doctor().examine(signed(key.expose(), &bytes));
        let report = diagnosis.to_string();
        assert!(diagnosis.opens, "{report}");
        let cause = &diagnosis.causes[0];
        assert_eq!(cause.kind().name(), "unreadable-entry", "{report}");
        assert!(cause.to_string().contains(said), "{report}");
        assert!(report.starts_with("It opens, with the secret s, but something is wrong"));
        assert!(!diagnosis.entries().is_empty(), "{report}");
    }
}

/// Makes `data--digest` with independent libraries.
fn signed(key: &[u8], data: &[u8]) -> String {
    use base64::Engine;
    use hmac::{Hmac, KeyInit, Mac};

    let data = base64::engine::general_purpose::STANDARD.encode(data);
    let mut hmac = Hmac::<sha1::Sha1>::new_from_slice(key).unwrap();
    hmac.update(data.as_bytes());
    format!("{data}--{}", hex::encode(hmac.finalize().into_bytes()))
}

/// The report of a cookie never holds terminal control characters.
#[test]
fn reports_hold_no_control_characters() {
    let value = Value::hash([("\u{1b}[31mred\u{7}\n", 1), ("\u{202e}back", 2)]);
    let cookie = jar().write("k", &value, None).unwrap();
    let report = doctor().examine(cookie.value()).to_string();
    assert!(report.contains("\\u{1b}[31mred\\u{7}\\n"), "{report}");
    assert!(
        report
            .chars()
            .all(|one| one == '\n' || !one.is_control() && one != '\u{202e}')
    );
    let report = doctor().examine("a\u{1b}[31m=b; \u{7}\u{9b}=c").to_string();
    assert!(report.chars().all(|one| one == '\n' || !one.is_control()));
}
