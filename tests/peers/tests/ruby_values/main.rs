//! Objects that Rust made as [`hardtack::value::Value`] and wrote as Marshal: Rails loads them as
//! equal objects of the same classes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::value::{RubyObject, RubyTime, Value};
use hardtack::{CookieHeader, SessionData};
use hardtack_peers::{
    JarKind, Rails, Serializer, Settings, assert_same, assert_same_and_shared, cookie_value,
};
use serde_json::json;

mod core;
mod kinds;
mod numbers_and_times;
mod objects;

use kinds::{decimal, object, owned, time};

const SECRET: &str = "a secret that both sides have";

/// Values, and the Ruby expression of each.
type Table = Vec<(Value, &'static str)>;

fn settings() -> Settings {
    Settings::new(SECRET).with(Serializer::Marshal)
}

fn all() -> Table {
    [
        core::core(),
        numbers_and_times::numbers_and_times(),
        objects::texts(),
        objects::objects(),
    ]
    .concat()
}

const KINDS: usize = 112;

#[test]
fn rails_loads_each() {
    let mut rails = Rails::start(&settings());
    let mut loaded = 0;
    for kind in JarKind::ALL {
        let jar = settings().unlimited_jar(kind);
        for (value, ruby) in all() {
            let cookie = jar.write("c1", &value, None);
            let cookie = cookie.unwrap_or_else(|error| panic!("{ruby}: {error}"));
            let answer = rails.ask(json!({
                "op": "eval_equal", "jar": kind.name(), "name": "c1",
                "cookie": cookie.escaped_value(), "ruby": ruby,
            }));
            assert_same(&answer, ruby);
            loaded += 1;
        }
    }
    assert_eq!(loaded, 2 * KINDS);
}

/// NaN is equal to nothing, itself included.
#[test]
fn rails_loads_what_is_no_number() {
    let mut rails = Rails::start(&settings());
    let jar = settings().unlimited_jar(JarKind::Encrypted);
    for (value, ruby) in [
        (Value::Float(f64::NAN), "Float::NAN"),
        (decimal("NaN"), "BigDecimal('NaN')"),
    ] {
        let cookie = jar.write("c1", &value, None).expect("it fits");
        let answer = rails.ask(json!({
            "op": "eval_equal", "jar": "encrypted", "name": "c1",
            "cookie": cookie.escaped_value(), "ruby": ruby,
        }));
        let same = (&answer["equal"], &answer["classes_equal"]);
        assert_eq!(same, (&json!(false), &json!(true)), "{answer}");
    }
}

/// One after the other, twice: each counts as many objects and Symbols as Ruby counts, or the
/// links to Symbols after it go astray.
#[test]
fn rails_loads_all_at_once() {
    let mut rails = Rails::start(&settings());
    let (values, ruby): (Vec<_>, Vec<_>) = all().into_iter().unzip();
    let twice = Value::Array(vec![values.clone().into(), values.into()]);
    let ruby = format!("[[{0}], [{0}]]", ruby.join(", "));
    let cookie = settings()
        .unlimited_jar(JarKind::Encrypted)
        .write("c1", &twice, None);
    let answer = rails.ask(json!({
        "op": "eval_equal", "jar": "encrypted", "name": "c1",
        "cookie": cookie.expect("it is written").escaped_value(), "ruby": ruby,
    }));
    assert_same(&answer, "all at once");
}

/// As a session's entries, beside objects that Ruby wrote and links to them: these get new numbers.
#[test]
fn rails_loads_each_in_a_session_of_its_own() {
    let name = "_app_session";
    let mut rails = Rails::start(&settings());
    let jar = settings().unlimited_jar(JarKind::Encrypted);
    let written = rails.ask(json!({"op": "eval_session", "ruby": {
        "a_value": "1", "b_shared": "[:sym, ($text = +'shared'), 1.5]", "c_shared": "[$text, :sym]",
    }}));
    let cookie = cookie_value(&written, name);
    let header = format!("{name}={cookie}");
    let session = SessionData::read(&jar, name, &CookieHeader::new(&header));
    let session = session
        .expect("it opens")
        .expect("it is there")
        .into_value();
    let mut loaded = 0;
    for (value, ruby) in all() {
        let mut session = session.clone();
        session.insert("a_value", &value).expect("it is written");
        let cookie = session.write(&jar, name, None);
        let answer = rails.ask(json!({
            "op": "eval_equal", "jar": "session",
            "cookie": cookie.expect("it is written").escaped_value(),
            "ruby": format!(
                "{{'a_value' => {ruby}, 'b_shared' => [:sym, ($text = +'shared'), 1.5], \
                 'c_shared' => [$text, :sym]}}.compact"
            ),
        }));
        assert_same_and_shared(&answer, ruby);
        loaded += 1;
    }
    assert_eq!(loaded, KINDS);
}

/// A value without a form in Marshal is an error, and is not written as another value.
#[test]
fn what_is_not_written() {
    let jar = settings().unlimited_jar(JarKind::Encrypted);
    let without_zone = Value::Time(RubyTime {
        with_zone: true,
        ..time(0, 0)
    });
    let refused = [
        (Value::Uri(owned("http://a.b/")), "URI cannot be written"),
        (
            Value::TimeZone(owned("Tokyo")),
            "ActiveSupport::TimeZone cannot be written",
        ),
        (
            object(RubyObject::Extension {
                kind: 42,
                bytes: vec![],
            }),
            "a MessagePack extension has no form in Marshal",
        ),
        (without_zone, "without its zone's name"),
        (decimal("1,5"), "a BigDecimal is not a number"),
        (Value::Date(-1), "a Date before 4713 BC"),
        (
            Value::IpAddr(owned("10.0.0")),
            "an IPAddr is not an address",
        ),
    ];
    for (value, message) in refused {
        let error = jar.write("c1", &value, None);
        let error = error.expect_err(message).to_string();
        assert!(error.contains(message), "{error}");
    }
}
