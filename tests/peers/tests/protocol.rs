//! Each operation of the peer at least once, and the app's answers to cookies that are not its own.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack_peers::{Rails, RailsVersion, Serializer, Settings, cookie_value, set_cookie_lines};
use serde_json::{Value, json};

const SECRET: &str = "a secret of any length";

fn rails(serializer: Serializer) -> Rails {
    Rails::start(&Settings {
        serializer,
        ..Settings::new(SECRET)
    })
}

/// Every answer that compares says where the values differ.
fn assert_same(answer: &Value) {
    assert_eq!(answer["equal"], true, "{answer}");
    assert_eq!(answer["classes_equal"], true, "{answer}");
}

#[test]
fn a_written_cookie_is_read_back() {
    let mut rails = rails(Serializer::Json);
    for jar in ["encrypted", "signed"] {
        let value = json!({"a": [1, 1.5, null], "é": "<&>"});
        let written = rails.ask(json!({
            "op": "write", "jar": jar, "name": "c1", "value": value, "expires": "2999-01-02T03:04:05.678Z",
        }));
        let line = set_cookie_lines(&written).next().expect("one cookie");
        let same_site = RailsVersion::current().same_site;
        let attributes = format!("; path=/; expires=Wed, 02 Jan 2999 03:04:05 GMT; {same_site}");
        assert!(line.ends_with(&attributes), "{line}");

        let cookie = cookie_value(&written, "c1");
        let read = rails.ask(json!({"op": "read", "jar": jar, "name": "c1", "cookie": cookie}));
        assert_eq!(read["value"], value);

        let renamed = rails.ask(json!({"op": "read", "jar": jar, "name": "c2", "cookie": cookie}));
        assert_eq!(renamed["nil"], true, "the purpose names the cookie");
    }
}

#[test]
fn a_session_is_written_and_read_back() {
    let mut rails = rails(Serializer::Json);
    let written =
        rails.ask(json!({"op": "session_write", "set": {"user_id": 42, "gone": 1, "none": null}}));
    let first = cookie_value(&written, "_app_session");
    let changed = rails.ask(json!({
        "op": "session_write", "cookie": first, "set": {"name": "Ada"}, "delete": ["gone"],
    }));
    let cookie = cookie_value(&changed, "_app_session");
    let read = rails.ask(json!({"op": "session_read", "cookie": cookie}));
    let id = &written["session"]["session_id"];
    assert_eq!(
        read["session"],
        json!({"session_id": id, "user_id": 42, "name": "Ada"})
    );
    assert_eq!(
        set_cookie_lines(&read).count(),
        1,
        "Rails writes a session that was read"
    );

    let absent = rails.ask(json!({"op": "session_read"}));
    assert_eq!(
        (&absent["session"], &absent["set_cookie"]),
        (&json!({}), &json!([]))
    );
}

#[test]
fn ruby_values_pass_through_marshal_unchanged() {
    let mut rails = rails(Serializer::Marshal);
    let expressions = [
        "[:sym, 2**80, -0.0, Float::NAN.to_s, BigDecimal('1.25'), 1/3r, 2i, nil..3, 1...4]",
        "[Time.at(1, 5, :nsec, in: '+02:00'), Time.utc(2020), Date.new(2024, 2, 3), DateTime.new(2024, 2, 3, 4)]",
        "[Time.utc(2020).in_time_zone('Berlin'), 3.days, Set[1, :b], /a.b/ix, String, Comparable]",
        "{'a' => 1}.with_indifferent_access.merge(b: {'c' => [1]})",
        "['é', 'é'.encode('ISO-8859-1'), \"\\xFF\".b, 'ascii'.encode('US-ASCII'), 'x'.html_safe]",
        "[Pair.new(1, 'two'), Pt.new(1, 'n'), Hash.new(7).merge('k' => 1), [].extend(Comparable)]",
        "a = ['cyclic']; a << a",
    ];
    for ruby in expressions {
        for jar in ["encrypted", "signed"] {
            let written =
                rails.ask(json!({"op": "eval_write", "jar": jar, "name": "c1", "ruby": ruby}));
            let cookie = cookie_value(&written, "c1");
            assert_same(&rails.ask(json!({
                "op": "eval_equal", "jar": jar, "name": "c1", "cookie": cookie, "ruby": ruby,
            })));
        }
        let dumped = rails.ask(json!({"op": "marshal_dump", "ruby": ruby}));
        assert_same(&rails.ask(json!({"op": "marshal_load", "hex": dumped["hex"], "ruby": ruby})));
    }
}

#[test]
fn the_comparison_sees_what_equality_overlooks() {
    let mut rails = rails(Serializer::Marshal);
    let pairs = [
        ("1", "1.0"),
        ("0.0", "-0.0"),
        ("'a'", "'a'.encode('US-ASCII')"),
        ("{'a' => 1}", "{'a' => 1}.with_indifferent_access"),
        ("{a: 1, b: 2}", "{b: 2, a: 1}"),
        ("{'a' => 1}", "{'a'.b => 1}"),
        ("Hash.new(1)", "{}"),
        ("[]", "[].extend(Comparable)"),
        ("Time.utc(2020)", "Time.utc(2020).getlocal('+02:00')"),
        ("Time.at(0, in: '+01:00')", "Time.at(0, in: '+02:00')"),
        ("Time.at(0, in: '+00:00')", "Time.at(0, in: 'UTC')"),
        ("'a'", "'a'.dup.tap { |s| s.instance_variable_set(:@x, 1) }"),
    ];
    for (stored, expected) in pairs {
        let dumped = rails.ask(json!({"op": "marshal_dump", "ruby": stored}));
        let answer =
            rails.ask(json!({"op": "marshal_load", "hex": dumped["hex"], "ruby": expected}));
        assert_eq!(
            (&answer["equal"], &answer["classes_equal"]),
            (&json!(true), &json!(false)),
            "{answer}"
        );
        assert!(answer["difference"].is_string(), "{answer}");
    }
}

#[test]
fn the_comparison_sees_what_is_shared() {
    let mut rails = rails(Serializer::Marshal);
    let pairs = [
        ("a = 'x'.dup; [a, a]", "['x', 'x']", false),
        ("['x', 'x']", "a = 'x'.dup; [a, a]", false),
        (
            "a = ['x']; {k: a, 1 => [a]}",
            "{k: ['x'], 1 => [['x']]}",
            false,
        ),
        (
            "a = 'x'.dup; b = 'x'.dup; [a, b, a]",
            "a = 'x'.dup; b = 'x'.dup; [a, b, b]",
            false,
        ),
        (
            "a = 'x'.dup; [a, a, 1.5]",
            "b = 'x'.dup; [b, b, 3 / 2.0]",
            true,
        ),
        (
            "[{'k' => 1}, {'k' => 2}]",
            "[{'k'.dup => 1}, {'k'.dup => 2}]",
            true,
        ),
    ];
    for (stored, expected, same) in pairs {
        let dumped = rails.ask(json!({"op": "marshal_dump", "ruby": stored}));
        let answer =
            rails.ask(json!({"op": "marshal_load", "hex": dumped["hex"], "ruby": expected}));
        assert_same(&answer);
        assert_eq!(answer["sharing_equal"], same, "{stored}: {answer}");
        assert_eq!(answer["sharing"].is_null(), same, "{stored}: {answer}");
    }
}

#[test]
fn what_rails_3_signed_is_read_back() {
    let mut rails = rails(Serializer::Json);
    let ruby = "{'session_id' => 'x', :role => [:admin]}";
    let written = rails.ask(json!({"op": "verifier_write", "secret": "token", "ruby": ruby}));
    let read = |secret: &str| json!({"op": "verifier_read", "secret": secret, "message": written["message"], "ruby": ruby});
    assert_same(&rails.ask(read("token")));
    let error = rails.try_ask(&read("other")).expect_err("it is refused");
    assert!(
        error.starts_with("ActiveSupport::MessageVerifier::InvalidSignature"),
        "{error}"
    );
}

#[test]
fn ruby_values_pass_through_the_session() {
    let mut rails = rails(Serializer::Marshal);
    let written = rails.ask(json!({
        "op": "eval_session", "ruby": {"at": "Time.at(1, in: '+02:00')", "role": ":admin"},
    }));
    let cookie = cookie_value(&written, "_app_session");
    let compare = |ruby: &str, name: Option<&str>| json!({"op": "eval_equal", "jar": "session", "name": name, "cookie": cookie, "ruby": ruby});
    assert_same(&rails.ask(compare(":admin", Some("role"))));
    assert_same(&rails.ask(compare(
        "{'at' => Time.at(1, in: '+02:00'), 'role' => :admin}",
        None,
    )));
    assert_eq!(rails.ask(compare("'admin'", Some("role")))["equal"], false);
}

#[test]
fn an_old_secret_opens_under_both_ciphers_and_is_written_anew() {
    let mut current = Rails::start(&Settings {
        old_secrets: vec!["old".to_owned()],
        ..Settings::new(SECRET)
    });
    for gcm in [true, false] {
        let mut old = Rails::start(&Settings {
            gcm,
            ..Settings::new("old")
        });
        for jar in ["encrypted", "signed"] {
            let written =
                old.ask(json!({"op": "write", "jar": jar, "name": "c1", "value": "kept"}));
            let cookie = cookie_value(&written, "c1");
            let read =
                current.ask(json!({"op": "read", "jar": jar, "name": "c1", "cookie": cookie}));
            assert_eq!(read["value"], "kept");

            let rotated = cookie_value(&read, "c1");
            let again =
                current.ask(json!({"op": "read", "jar": jar, "name": "c1", "cookie": rotated}));
            assert_eq!(
                (&again["value"], &again["set_cookie"]),
                (&json!("kept"), &json!([]))
            );
        }
    }
}

#[test]
fn hybrid_writes_marshal_anew_as_json() {
    let written = rails(Serializer::Marshal).ask(json!({
        "op": "eval_write", "jar": "signed", "name": "c1", "ruby": "{a: :b}",
    }));
    let cookie = cookie_value(&written, "c1");
    let read = rails(Serializer::Hybrid)
        .ask(json!({"op": "read", "jar": "signed", "name": "c1", "cookie": cookie}));
    assert_eq!(
        (&read["value"], &read["inspect"]),
        (&json!({"a": "b"}), &json!("{:a=>:b}"))
    );
    assert_eq!(set_cookie_lines(&read).count(), 1);
}

#[test]
fn errors_are_answers_and_the_app_goes_on() {
    let mut rails = rails(Serializer::Json);
    let overflow = json!({"op": "session_write", "set": {"long": "x".repeat(4096)}});
    let refused = [
        (overflow, "ActionDispatch::Cookies::CookieOverflow"),
        (json!({"op": "marshal_dump", "ruby": "1 +"}), "SyntaxError"),
        (
            json!({"op": "marshal_dump", "ruby": "proc {}"}),
            "TypeError",
        ),
        (
            json!({"op": "marshal_load", "hex": "04086f3a08466f6f00"}),
            RailsVersion::current().unknown_class,
        ),
        (
            json!({"op": "read", "jar": "plain", "name": "c1"}),
            "ArgumentError: no jar",
        ),
        (json!({"op": "initialize"}), "ArgumentError: no operation"),
        (json!([]), "TypeError"),
    ];
    for (request, class) in refused {
        let error = rails.try_ask(&request).expect_err("this is refused");
        assert!(error.starts_with(class), "{request}: {error}");
    }
    let binary =
        rails.ask(json!({"op": "marshal_load", "hex": "04082207ff00", "ruby": "\"\\xFF\\x00\".b"}));
    assert!(binary["unencodable"].is_string(), "{binary}");
    assert_same(&binary);
}
