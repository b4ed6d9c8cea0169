//! hardtack reads the cookies that Rails writes: every kind of value, both jars, each setting.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::CookieHeader;
use hardtack::value::Value;
use hardtack_peers::{
    Data, Generator, JarKind, Rails, RailsVersion, Serializer, Settings, cookie_value, hard_cases,
    nested,
};
use serde_json::json;
use time::macros::datetime;

const SECRET: &str = "a secret that both sides have";
const HARD_CASES: usize = 240;

fn reads_all(settings: &Settings) {
    let mut rails = Rails::start(settings);
    let mut generator = Generator::new(2);
    let mut cases = hard_cases();
    assert_eq!(cases.len(), HARD_CASES);
    cases.push(Data::Nil);
    cases.extend((0..100).map(|_| generator.data()));

    let mut read = 0;
    for kind in JarKind::ALL {
        let jar = settings.jar(kind);
        for data in &cases {
            let expires = (read % 2 == 1).then_some("2999-01-02T03:04:05.678Z");
            let what = format!("{kind:?} {}", data.ruby());
            let answer = rails.ask(json!({
                "op": "eval_write", "jar": kind.name(), "name": "c1",
                "ruby": data.ruby(), "expires": expires,
            }));
            let header = format!("c1={}; c1=second", cookie_value(&answer, "c1"));
            let opened = jar.read::<Value>("c1", &CookieHeader::new(&header));
            let opened = opened.unwrap_or_else(|_| panic!("{what}: refused"));
            let opened = opened.unwrap_or_else(|| panic!("{what}: no cookie"));
            assert_eq!(Data::from(opened.value()).ruby(), data.ruby(), "{what}");
            assert!(
                !opened.needs_rewrite() && opened.rotation().is_none(),
                "{what}"
            );
            let sealed = expires.map(|_| datetime!(2999-01-02 03:04:05.678 UTC));
            assert_eq!(opened.expires_at(), sealed, "{what}");
            read += 1;
        }
    }
    // An odd number of cases: each has an expiry in one of the two jars.
    assert_eq!(read, 2 * (HARD_CASES + 1 + 100));
}

#[test]
fn under_json() {
    reads_all(&Settings::new(SECRET));
}

#[test]
fn under_json_without_metadata() {
    reads_all(&Settings::new(SECRET).bare());
}

#[test]
fn under_json_with_cbc() {
    reads_all(&Settings::new(SECRET).cbc());
}

#[test]
fn under_hybrid() {
    reads_all(&Settings::new(SECRET).with(Serializer::Hybrid));
}

#[test]
fn under_marshal() {
    reads_all(&Settings::new(SECRET).with(Serializer::Marshal));
}

/// `message_pack.rs` checks that a Rails of before 7.1 cannot write it.
#[test]
fn under_message_pack() {
    if RailsVersion::current().has_message_pack {
        reads_all(&Settings::new(SECRET).with(Serializer::MessagePack));
        reads_all(
            &Settings::new(SECRET)
                .with(Serializer::MessagePackAllowMarshal)
                .bare(),
        );
    }
}

/// The format of Rails 4.0 to 5.1.
#[test]
fn under_marshal_with_cbc_without_metadata() {
    let settings = Settings::new(SECRET).with(Serializer::Marshal);
    reads_all(&settings.cbc().bare());
}

/// To the bit, as a user's own types too: a session that goes back must not drift.
#[test]
fn floats_and_integers_as_rusts_own() {
    let settings = Settings::new(SECRET);
    let jar = settings.jar(JarKind::Encrypted);
    let mut rails = Rails::start(&settings);
    let mut generator = Generator::new(17);
    let random = (0..300).map(|_| generator.float());
    let (mut floats, mut integers) = (0, 0);
    for data in hard_cases().into_iter().chain(random) {
        if !matches!(data, Data::Float(_) | Data::Integer(_)) {
            continue;
        }
        let written = rails.ask(json!({
            "op": "eval_write", "jar": "encrypted", "name": "c1", "ruby": data.ruby(),
        }));
        let header = format!("c1={}", cookie_value(&written, "c1"));
        let header = CookieHeader::new(&header);
        match data {
            Data::Float(float) => {
                let opened = jar
                    .read::<f64>("c1", &header)
                    .expect("it opens")
                    .expect("it is there");
                let bits = opened.value().to_bits();
                assert_eq!(
                    bits,
                    float.to_bits(),
                    "{float:?}, read {:?}",
                    opened.value()
                );
                floats += 1;
            }
            Data::Integer(digits) => {
                let opened = jar.read::<i128>("c1", &header);
                let opened = opened.map(|opened| *opened.expect("it is there").value());
                assert_eq!(opened.ok(), digits.parse().ok(), "{digits}");
                integers += 1;
            }
            _ => {}
        }
    }
    assert_eq!((floats, integers), (362, 81));
}

/// Rails itself says how JSON represents Ruby's other kinds of values.
#[test]
fn kinds_that_json_has_not() {
    let expressions = [
        ":symbol",
        "{sym: :bol, 1 => 2, nil => 3, 1.5 => [:a]}",
        "[Float::NAN, Float::INFINITY, -Float::INFINITY]",
        "[BigDecimal('1.25'), BigDecimal('1e400'), 1/3r, 2i]",
        "[Time.at(1, 5, :nsec, in: '+02:00'), Time.utc(2020), Date.new(2024, 2, 3)]",
        "[Time.utc(2020).in_time_zone('Berlin'), 3.days, DateTime.new(2024, 2, 3, 4)]",
        "[1..3, 'a'...'c', Set[1, :b], /a.b/ix, String, 'x'.html_safe]",
        "[Pair.new(1, 'two'), Pt.new(1, 'n'), {'a' => 1}.with_indifferent_access]",
        "[Pathname('/a/b'), URI('http://a/?b=<c>'), 'ascii'.encode('US-ASCII')]",
    ];
    let settings = Settings::new(SECRET);
    let mut rails = Rails::start(&settings);
    let mut read = 0;
    for kind in JarKind::ALL {
        let jar = settings.jar(kind);
        for ruby in expressions {
            let written = rails.ask(json!({
                "op": "eval_write", "jar": kind.name(), "name": "c1", "ruby": ruby,
            }));
            let cookie = cookie_value(&written, "c1");
            let expected = rails.ask(json!({
                "op": "read", "jar": kind.name(), "name": "c1", "cookie": cookie,
            }));
            let header = format!("c1={cookie}");
            let opened = jar.read::<serde_json::Value>("c1", &CookieHeader::new(&header));
            let opened = opened.expect("it opens").expect("it is there");
            assert_eq!(*opened.value(), expected["value"], "{ruby}");
            read += 1;
        }
    }
    assert_eq!(read, 18);
}

/// Rack 2 escapes the name in `Set-Cookie`, where no browser unescapes it; within the purpose Rails
/// escapes `&` for HTML.
#[test]
fn names_within_the_purpose() {
    let settings = Settings::new(SECRET);
    let mut rails = Rails::start(&settings);
    let names = [
        ("a&b", "a%26b"),
        ("a|b~c", "a%7Cb%7Ec"),
        ("a'b`c", "a%27b%60c"),
        ("a+b", "a%2Bb"),
    ];
    let mut read = 0;
    for kind in JarKind::ALL {
        let jar = settings.jar(kind);
        for (name, escaped) in names {
            let written = rails.ask(json!({
                "op": "eval_write", "jar": kind.name(), "name": name, "ruby": "[1]",
            }));
            let sent = if RailsVersion::current().escapes_names {
                escaped
            } else {
                name
            };
            let header = format!("{name}={}", cookie_value(&written, sent));
            let opened = jar.read::<Vec<u8>>(name, &CookieHeader::new(&header));
            let opened = opened.unwrap_or_else(|_| panic!("{name}: refused"));
            assert_eq!(opened.expect("it is there").into_value(), [1]);
            read += 1;
        }
    }
    assert_eq!(read, 8);
}

/// Rails writes what it cannot read itself; here it is refused like anything unreadable.
#[test]
fn a_hundred_levels_are_the_most() {
    let settings = Settings::new(SECRET);
    let mut rails = Rails::start(&settings);
    let written = rails.ask(json!({
        "op": "eval_write", "jar": "encrypted", "name": "c1", "ruby": nested(101).ruby(),
    }));
    let cookie = cookie_value(&written, "c1");
    let read = json!({"op": "read", "jar": "encrypted", "name": "c1", "cookie": cookie});
    match (
        rails.try_ask(&read),
        RailsVersion::current().unreadable_json,
    ) {
        (Err(error), Some(class)) => assert!(error.starts_with(class), "{error}"),
        (Ok(answer), None) => assert_eq!(answer["nil"], true, "{answer}"),
        (answer, expected) => panic!("{answer:?}, expected {expected:?}"),
    }

    let header = format!("c1={cookie}");
    let jar = settings.jar(JarKind::Encrypted);
    assert!(
        jar.read::<Value>("c1", &CookieHeader::new(&header))
            .is_err()
    );
}
