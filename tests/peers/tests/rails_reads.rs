//! Rails reads the cookies that hardtack seals: every kind of value, both jars, each setting.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::{CookieAttributes, Jar, SetCookie};
use hardtack_peers::{
    Data, Generator, JarKind, Rails, RailsVersion, Serializer, Settings, assert_same, hard_cases,
    nested,
};
use serde_json::json;
use serde_json::value::RawValue;
use time::{Duration, OffsetDateTime};

const SECRET: &str = "a secret that both sides have";

/// Any token is a name (RFC 6265), and it is sealed with the value.
const NAMES: [&str; 3] = ["c1", "remember_user_token", "A!#$%&'*+-.^_`|~9"];

/// The form in which hardtack gets a value.
#[derive(Clone, Copy, Debug)]
enum Given {
    /// As its own `Value`.
    Value,
    /// As a type of the user's.
    Type,
    /// As JSON, which goes as it is.
    Json,
}

const GIVEN: [Given; 3] = [Given::Value, Given::Type, Given::Json];

fn seal(
    jar: &Jar,
    name: &str,
    data: &Data,
    given: Given,
    attributes: &CookieAttributes,
) -> SetCookie {
    let sealed = match given {
        Given::Value => jar.write(name, data.value(), attributes),
        Given::Type => jar.write(name, data, attributes),
        Given::Json => {
            let json = RawValue::from_string(data.json()).expect("it is JSON");
            jar.write(name, &json, attributes)
        }
    };
    sealed.unwrap_or_else(|error| panic!("{given:?} {}: {error}", data.ruby()))
}

fn expiries() -> [CookieAttributes; 3] {
    let hour = std::time::Duration::from_hours(1);
    [
        CookieAttributes::new(),
        CookieAttributes::new().expires(OffsetDateTime::now_utc() + Duration::days(1)),
        CookieAttributes::new().max_age(hour).http_only(true),
    ]
}

/// Every value in both jars; names, ways to give it and expiries take turns.
fn reads_all(settings: &Settings) {
    let mut rails = Rails::start(settings);
    let mut generator = Generator::new(61);
    let mut cases = hard_cases();
    assert_eq!(cases.len(), HARD_CASES);
    cases.extend((0..100).map(|_| generator.data()));

    let expiries = expiries();
    let mut read = 0;
    for kind in JarKind::ALL {
        let jar = settings.jar(kind);
        for data in &cases {
            let name = NAMES[read % NAMES.len()];
            let given = GIVEN[read / NAMES.len() % GIVEN.len()];
            let attributes = &expiries[read / NAMES.len() / GIVEN.len() % expiries.len()];
            let cookie = seal(&jar, name, data, given, attributes);
            let answer = rails.ask(json!({
                "op": "eval_equal", "jar": kind.name(), "name": name,
                "cookie": cookie.escaped_value(), "ruby": data.ruby(),
            }));
            assert_same(&answer, &format!("{kind:?} {given:?} {}", data.ruby()));
            assert_eq!(answer["set_cookie"], json!([]), "nothing to write anew");
            read += 1;
        }
    }
    assert_eq!(read, 2 * (HARD_CASES + 100));
}

const HARD_CASES: usize = 240;

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

/// JSON that goes as it is: spellings that Rails' own encoder does not write.
#[test]
fn json_in_other_spellings() {
    let cases = [
        (r" { } ", "{}"),
        ("[\n\t1 ,\r 2 ]", "[1, 2]"),
        (r#""\/\b\f\n\r\t\"\\""#, r#""/\b\f\n\r\t\"\\""#),
        (r#""\u00E9\uD83C\uDF6A\u0000""#, r#""\u00e9\u{1f36a}\0""#),
        (r#"{"a":1,"b":2,"a":3}"#, r#"{"a" => 3, "b" => 2}"#),
        (r#"{"a":1,"\u0061":2}"#, r#"{"a" => 2}"#),
        (
            "[1E2,1e+2,1.0E-2,0.10,-0.0,-0]",
            "[100.0, 100.0, 0.01, 0.1, -0.0, 0]",
        ),
        ("[1e-400,0e5]", "[0.0, 0.0]"),
        (
            r#"{"_rails":1,"b":{"_rails":{"message":""}}}"#,
            r#"{"_rails" => 1, "b" => {"_rails" => {"message" => ""}}}"#,
        ),
    ];
    let settings = Settings::new(SECRET);
    let mut rails = Rails::start(&settings);
    let mut read = 0;
    for kind in JarKind::ALL {
        let jar = settings.jar(kind);
        for (json, ruby) in cases {
            let raw = RawValue::from_string(json.trim().to_owned()).expect("it is JSON");
            let cookie = jar.write("c1", &raw, None).expect("it fits");
            let answer = rails.ask(json!({
                "op": "eval_equal", "jar": kind.name(), "name": "c1",
                "cookie": cookie.escaped_value(), "ruby": ruby,
            }));
            assert_same(&answer, json);
            read += 1;
        }
    }
    assert_eq!(read, 18);
}

/// hardtack refuses to seal values that Rails cannot read back: Rails 6.1 answers such a cookie
/// with an error page.
#[test]
fn a_hundred_levels_are_the_most() {
    let settings = Settings::new(SECRET);
    let mut rails = Rails::start(&settings);
    let jar = settings.jar(JarKind::Encrypted);
    for given in GIVEN {
        let cookie = seal(&jar, "c1", &nested(100), given, &CookieAttributes::new());
        let answer = rails.ask(json!({
            "op": "eval_equal", "jar": "encrypted", "name": "c1",
            "cookie": cookie.escaped_value(), "ruby": nested(100).ruby(),
        }));
        assert_same(&answer, "100 levels");
    }
    let (deeper, attributes) = (nested(101), CookieAttributes::new());
    let written = [
        jar.write("c1", deeper.value(), &attributes),
        jar.write("c1", &deeper, &attributes),
    ];
    for (written, given) in written.into_iter().zip(GIVEN) {
        if let Ok(cookie) = written {
            let request = json!({
                "op": "read", "jar": "encrypted", "name": "c1", "cookie": cookie.escaped_value(),
            });
            let answer = rails.try_ask(&request);
            panic!("sealed as {given:?}, and Rails answers {answer:?}");
        }
    }
}
