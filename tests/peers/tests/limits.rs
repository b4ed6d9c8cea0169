//! The longest cookies: Rails reads every cookie that fits, and counts as hardtack does under
//! Rails' rule.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::settings::SizeLimit;
use hardtack::{Error, Jar, SetCookie};
use hardtack_peers::{JarKind, Rails, Serializer, Settings, assert_same};
use serde_json::{Value, json};

const SECRET: &str = "a secret that both sides have";
const OVERFLOW: &str = "ActionDispatch::Cookies::CookieOverflow";

fn jar(settings: &Settings, kind: JarKind, limit: SizeLimit) -> Jar {
    let secret = hardtack::SecretKeyBase::allow_short(SECRET).expect("it is not blank");
    let settings = settings.of_hardtack().limit(limit);
    match kind {
        JarKind::Encrypted => Jar::encrypted(&secret, settings),
        JarKind::Signed => Jar::signed(&secret, settings),
    }
}

/// Settings of which each seals a text of some length in a length of its own.
fn apps() -> [Settings; 4] {
    let json = Settings::new(SECRET);
    let marshal = json.clone().with(Serializer::Marshal);
    [
        json.clone().bare(),
        json.clone(),
        json.cbc(),
        marshal.cbc().bare(),
    ]
}

/// `None` where it is too long.
fn seal(jar: &Jar, length: usize) -> Option<SetCookie> {
    match jar.write("c1", "x".repeat(length), None) {
        Ok(cookie) => Some(cookie),
        Err(Error::CookieOverflow(_)) => None,
        Err(error) => panic!("{length}: {error}"),
    }
}

fn read(rails: &mut Rails, kind: JarKind, cookie: &SetCookie, length: usize) {
    let answer = rails.ask(json!({
        "op": "eval_equal", "jar": kind.name(), "name": "c1",
        "cookie": cookie.escaped_value(), "ruby": format!("'x' * {length}"),
    }));
    assert_same(&answer, &format!("{kind:?}, {length} characters"));
}

/// Around the limit whether a length fits depends on the nonce: each is tried, and what is sealed
/// is read.
#[test]
fn rails_reads_every_length_up_to_the_strict_limit() {
    for settings in apps() {
        let mut rails = Rails::start(&settings);
        for kind in JarKind::ALL {
            let jar = jar(&settings, kind, SizeLimit::Strict);
            // Samples, more of them where some lengths do not fit.
            let lengths = (0..1500).step_by(100).chain((1500..3500).step_by(5));
            let (mut sealed, mut largest) = (0, 0);
            for length in lengths {
                let Some(cookie) = seal(&jar, length) else {
                    continue;
                };
                assert!(cookie.size() <= 4096);
                assert_eq!(cookie.size(), "c1".len() + cookie.escaped_value().len());
                largest = largest.max(cookie.size());
                read(&mut rails, kind, &cookie, length);
                sealed += 1;
            }
            // A block of CBC more takes 28 bytes, or 29.
            let fullest = if settings.gcm || kind == JarKind::Signed {
                4080
            } else {
                4060
            };
            assert!(largest > fullest, "{kind:?} {settings:?}: {largest}");
            assert!(sealed >= 45, "{kind:?} {settings:?}: {sealed}");
        }
    }
}

/// Rails' rule: the longest value that Rails itself writes is the longest that hardtack seals.
#[test]
fn rails_counts_as_hardtack_does() {
    let mut boundaries = 0;
    for settings in apps() {
        let mut rails = Rails::start(&settings);
        for kind in JarKind::ALL {
            let jar = jar(&settings, kind, SizeLimit::Rails);
            let longest = (1500..4000)
                .rev()
                .find(|length| seal(&jar, *length).is_some());
            let longest = longest.expect("some length fits");
            let cookie = seal(&jar, longest).expect("no nonce counts under this rule");
            read(&mut rails, kind, &cookie, longest);

            let mut write = |length: usize| {
                rails.try_ask(&json!({
                    "op": "write", "jar": kind.name(), "name": "c1", "value": "x".repeat(length),
                }))
            };
            write(longest).unwrap_or_else(|error| panic!("{kind:?} {settings:?}: {error}"));
            let error = write(longest + 1)
                .map_err(Value::from)
                .expect_err("one more");
            assert!(
                error
                    .as_str()
                    .is_some_and(|error| error.starts_with(OVERFLOW)),
                "{error}"
            );
            boundaries += 1;
        }
    }
    assert_eq!(boundaries, 8);
}
