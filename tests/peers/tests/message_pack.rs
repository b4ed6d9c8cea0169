//! MessagePack, which Rails has from 7.1 on: values of every kind to and fro, sessions, and the
//! cookies that an app finds when it changes its serializer.
//!
//! `rails_reads.rs`, `reads_rails.rs` and `sessions.rs` run under these serializers too.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::value::Value;
use hardtack::{CookieHeader, SessionData};
use hardtack_peers::{
    Generator, JarKind, Rails, RailsVersion, Serializer, Settings, assert_same, cookie_value,
    set_cookie_lines,
};
use serde_json::json;

const SECRET: &str = "a secret that both sides have";
const SESSION: &str = "_app_session";

const WRITING: [Serializer; 2] = [Serializer::MessagePack, Serializer::MessagePackAllowMarshal];

/// Values of every kind that Active Support's MessagePack has.
const KINDS: [&str; 22] = [
    "[nil, true, false, 0, -1, 127, -33, 2**32, 2**63 - 1, -(2**63), 2**64 - 1]",
    "[2**64, -(2**63) - 1, 2**200, -(2**1000)]",
    "[1.5, -0.0, 5e-324, 1e308, Float::INFINITY, -Float::INFINITY, 0.1 + 0.2]",
    "['', 'Zoë 🍪', \"\\0\", 'x' * 31, 'x' * 32, 'x' * 255, 'x' * 256, 'x' * 1000]",
    "[\"\\xFF\\0\".b, ''.b, 'abc'.b, (\"\\xFE\" * 300).b]",
    "[:symbol, :'é <&>', :'', ('s' * 300).to_sym]",
    "[[], [[]], (0..15).to_a, (0..16).to_a, [nil] * 500]",
    "{}",
    "{'a' => 1, 'b' => {'c' => [{}]}, 'é' => nil, '' => 0}",
    "{sym: :bol, 1 => {nil => true}, 2.5 => 'x', [1] => 'y', false => {}}",
    "(0..20).to_h { |number| [\"key#{number}\", number] }",
    "{'a' => 1, 'b' => {'c' => [{'d' => 1}]}}.with_indifferent_access",
    "[BigDecimal('1.10'), BigDecimal('-0.5'), BigDecimal('1e400'), BigDecimal('0')]",
    "[1/3r, Rational(-(2**65), 3), Complex(1, -2.5), Complex(1/2r, 2**70)]",
    "[Time.at(0).utc, Time.at(1_700_000_000, 123_456_789, :nsec, in: '+02:00'), Time.at(-1, in: '-09:30')]",
    "[Time.at(1_700_000_000, 5, :nsec).in_time_zone('Tokyo'), Time.at(0).in_time_zone('America/New_York')]",
    "[Date.new(2024, 2, 29), Date.new(1582, 10, 4), DateTime.new(2024, 2, 3, 4, 5, 6.5r, '+02:00')]",
    "[90.minutes + 1.month, 3.days, 1.5.hours, ActiveSupport::Duration.new(0, {})]",
    "[1..3, 'a'...'c', (1..), (..2.5), Date.new(2024, 1, 2)..Date.new(2024, 1, 3)]",
    "[Set[1, :b, 'c', [nil]], Set.new]",
    "[/a.b/, /é/mix, %r{a/b}i]",
    "[IPAddr.new('10.0.0.0/8'), IPAddr.new('2001:db8::/32'), Pathname.new('/tmp/ä'), URI('http://a.b/?c=<d>')]",
];

/// Returns the expression of the value that Rails reads after it wrote this one: it reads a Time in
/// UTC as one at `+00:00`, and US-ASCII as UTF-8.
fn once_through_rails(ruby: &str) -> String {
    format!("ActiveSupport::MessagePack.load(ActiveSupport::MessagePack.dump([{ruby}]))")
}

/// Checks that a Rails without MessagePack cannot write it; returns true if this Rails has it.
fn has_message_pack() -> bool {
    if RailsVersion::current().has_message_pack {
        return true;
    }
    let mut rails = Rails::start(&Settings::new(SECRET).with(Serializer::MessagePack));
    let request = json!({"op": "write", "jar": "signed", "name": "c1", "value": 1});
    let error = rails.try_ask(&request).expect_err("it has no MessagePack");
    assert!(error.starts_with("NoMethodError"), "{error}");
    false
}

/// Each value is read as a [`Value`] and written as one: Rails finds an equal value of the same
/// classes.
#[test]
fn every_kind_goes_to_and_fro() {
    if !has_message_pack() {
        return;
    }
    let mut kept = 0;
    for serializer in WRITING {
        let settings = Settings::new(SECRET).with(serializer);
        let mut rails = Rails::start(&settings);
        for kind in JarKind::ALL {
            let jar = settings.unlimited_jar(kind);
            for ruby in KINDS {
                let written = rails.ask(json!({
                    "op": "eval_write", "jar": kind.name(), "name": "c1", "ruby": format!("[{ruby}]"),
                }));
                let header = format!("c1={}", cookie_value(&written, "c1"));
                let opened = jar.read::<Value>("c1", &CookieHeader::new(&header));
                let opened = opened.unwrap_or_else(|_| panic!("refused: {ruby}"));
                let opened = opened.expect("it is there");
                assert!(!opened.needs_rewrite(), "{ruby}");
                let cookie = jar.write("c1", opened.value(), None);
                let cookie = cookie.unwrap_or_else(|error| panic!("{ruby}: {error}"));
                let answer = rails.ask(json!({
                    "op": "eval_equal", "jar": kind.name(), "name": "c1",
                    "cookie": cookie.escaped_value(), "ruby": once_through_rails(ruby),
                }));
                assert_same(&answer, ruby);
                assert_eq!(answer["set_cookie"], json!([]), "nothing to write anew");
                kept += 1;
            }
        }
    }
    assert_eq!(kept, 4 * KINDS.len());
}

/// Beside a key that hardtack changes, and one that it removes.
#[test]
fn a_session_of_every_kind_stays() {
    if !has_message_pack() {
        return;
    }
    let settings = Settings::new(SECRET).with(Serializer::MessagePack);
    let jar = settings.jar(JarKind::Encrypted);
    let mut rails = Rails::start(&settings);
    for ruby in KINDS {
        let written = rails.ask(json!({"op": "eval_session", "ruby": {
            "a": "[:sym, 'before']", "b": format!("[{ruby}]"), "c": "1",
        }}));
        let header = format!("{SESSION}={}", cookie_value(&written, SESSION));
        let opened = SessionData::read(&jar, SESSION, &CookieHeader::new(&header));
        let mut session = opened.expect("it opens").expect("it is there").into_value();
        session
            .insert("a", json!(["new", {"n": 1.5}]))
            .expect("it is written");
        assert!(session.remove("c"));
        let cookie = session.write(&jar, SESSION, None).expect("it fits");
        let answer = rails.ask(json!({
            "op": "eval_equal", "jar": "session", "cookie": cookie.escaped_value(),
            "ruby": format!("{{'a' => ['new', {{'n' => 1.5}}], 'b' => {}}}", once_through_rails(ruby)),
        }));
        assert_same(&answer, ruby);
    }
}

/// A cookie of each serializer, read by an app under each other one: both sides read it or refuse
/// it alike, and both or neither write it anew, in a form that the other reads.
#[test]
fn cookies_of_every_other_serializer() {
    if !has_message_pack() {
        return;
    }
    let all = [
        Serializer::Json,
        Serializer::Hybrid,
        Serializer::Marshal,
        Serializer::MessagePack,
        Serializer::MessagePackAllowMarshal,
    ];
    let mut generator = Generator::new(37);
    let mut apps = all.map(|serializer| Rails::start(&Settings::new(SECRET).with(serializer)));
    let (mut read, mut refused, mut anew) = (0, 0, 0);
    for (before, old) in all.into_iter().enumerate() {
        for (after, new) in all.into_iter().enumerate() {
            for kind in JarKind::ALL {
                for by_rails in [true, false] {
                    let value = hardtack_peers::Data::List(vec![generator.data()]);
                    let (old, new) = (
                        Settings::new(SECRET).with(old),
                        Settings::new(SECRET).with(new),
                    );
                    let what = format!("{:?} under {:?}", old.serializer, new.serializer);
                    let cookie = if by_rails {
                        let written = apps[before].ask(json!({
                            "op": "eval_write", "jar": kind.name(), "name": "c1",
                            "ruby": value.ruby(),
                        }));
                        cookie_value(&written, "c1").to_owned()
                    } else {
                        let cookie = old.jar(kind).write("c1", value.value(), None);
                        cookie.expect("it fits").escaped_value().to_owned()
                    };
                    let answer = apps[after].ask(json!({
                        "op": "eval_equal", "jar": kind.name(), "name": "c1", "cookie": cookie,
                        "ruby": value.ruby(),
                    }));
                    let header = format!("c1={cookie}");
                    let jar = new.jar(kind);
                    let Ok(opened) = jar.read::<Value>("c1", &CookieHeader::new(&header)) else {
                        assert_eq!(answer["inspect"], "nil", "{what}: {answer}");
                        refused += 1;
                        continue;
                    };
                    assert_same(&answer, &what);
                    let opened = opened.expect("it is there");
                    read += 1;
                    let rails_writes = set_cookie_lines(&answer).count() == 1;
                    assert_eq!(opened.needs_rewrite(), rails_writes, "{what}");
                    if opened.needs_rewrite() {
                        let cookie = jar.write("c1", opened.value(), None).expect("it fits");
                        let answer = apps[after].ask(json!({
                            "op": "eval_equal", "jar": kind.name(), "name": "c1",
                            "cookie": cookie.escaped_value(), "ruby": value.ruby(),
                        }));
                        assert_same(&answer, &what);
                        assert_eq!(answer["set_cookie"], json!([]), "{what}");
                        anew += 1;
                    }
                }
            }
        }
    }
    // Marshal is refused under JSON and under MessagePack.
    assert_eq!((read, refused), (4 * 23, 4 * 2));
    assert!(anew >= 40, "{anew}");
}
