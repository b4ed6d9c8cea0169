//! The 4096-byte limit: the rule of each Rails version, and the count of browsers.

use hardtack::headers::CookieOverflow;
use hardtack::settings::SizeLimit;
use hardtack::{Error, Jar, LoadDefaults, SecretKeyBase, Serializer, SessionData, SetCookie};
use serde::Deserialize;
use serde_json::json;

use crate::support::{self, secret};

const NAME: &str = "_app_session";

#[derive(Deserialize)]
struct Record {
    rails: String,
    secret_key_base: String,
    jar: String,
    name: String,
    largest_x_count: usize,
    its_value_bytes: usize,
    first_overflow_x_count: usize,
    message: String,
}

fn overflow(result: Result<SetCookie, Error>) -> CookieOverflow {
    match result {
        Err(Error::CookieOverflow(overflow)) => overflow,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_rule_of_each_rails_version() {
    let mut ran = 0;
    for file in [
        "limits/rails-6.1.jsonl",
        "limits/rails-7.1.jsonl",
        "limits/rails-8.1.jsonl",
    ] {
        for record in support::vectors::<Record>(file) {
            let version: LoadDefaults = record.rails.parse().unwrap();
            let settings = version
                .settings()
                .cookies_serializer(Serializer::Json)
                .limit(SizeLimit::Rails);
            let secret = SecretKeyBase::new(record.secret_key_base.as_str()).unwrap();
            let jar = match record.jar.as_str() {
                "signed" => Jar::signed(&secret, settings),
                _ => Jar::encrypted(&secret, settings),
            };
            let write = |count| jar.write(&record.name, "x".repeat(count), None);

            let largest = write(record.largest_x_count).unwrap();
            assert_eq!(
                largest.value().len(),
                record.its_value_bytes,
                "{file} {}",
                record.jar
            );

            let overflow = overflow(write(record.first_overflow_x_count));
            assert_eq!(overflow.limit, 4096);
            // 6.1 gives the class alone; later versions tell the size.
            if record.message.contains("size") {
                let size = format!("size {} bytes", overflow.size);
                assert!(record.message.contains(&size), "{size}: {}", record.message);
            }
            ran += 1;
        }
    }
    assert_eq!(ran, 6);
}

#[test]
fn the_strict_rule_is_what_browsers_count() {
    let jar = support::encrypted_jar();
    // The largest value that always fits, with any nonce, as documented.
    let safe =
        json!({ "session_id": "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6", "text": "x".repeat(1961) });
    assert_eq!(safe.to_string().len(), 2020);
    for _ in 0..200 {
        let cookie = jar.write(NAME, &safe, None).unwrap();
        let sent = NAME.len() + cookie.escaped_value().len();
        assert_eq!(cookie.size(), sent);
        assert!(sent <= 4096, "{sent}");
    }
    // Cookies that Rails accepts and browsers lose are refused here.
    let lost = "x".repeat(2200);
    assert!(overflow(jar.write(NAME, &lost, None)).size > 4096);
    let as_rails = LoadDefaults::V7_1.settings().limit(SizeLimit::Rails);
    let let_through = Jar::encrypted(&secret(), as_rails)
        .write(NAME, &lost, None)
        .unwrap();
    assert!(let_through.size() > 4096);
    let unlimited = LoadDefaults::V7_1.settings().limit(SizeLimit::None);
    let large = "x".repeat(10_000);
    assert!(
        Jar::encrypted(&secret(), unlimited)
            .write(NAME, &large, None)
            .is_ok()
    );
}

#[test]
fn several_nonces_are_tried_before_giving_up() {
    // A size that fits with about every other nonce: with eight tries nearly always, with one
    // half the time. Of 64 cookies 32 would fail with one try each; with eight, one in four runs
    // of this whole test would see a single failure if each try were a coin's toss, and a
    // hundred failures never.
    let jar = support::encrypted_jar();
    let fits = |length: usize| {
        (0..64)
            .filter(|_| jar.write(NAME, "x".repeat(length), None).is_ok())
            .count()
    };
    let one_try = LoadDefaults::V7_1.settings().limit(SizeLimit::None);
    let one_try = Jar::encrypted(&secret(), one_try);
    let fits_at_once = |length: usize| {
        let sizes = (0..64).map(|_| {
            one_try
                .write(NAME, "x".repeat(length), None)
                .unwrap()
                .size()
        });
        sizes.filter(|size| *size <= 4096).count()
    };
    let middle = (2060..2200)
        .find(|length| fits_at_once(*length) < 32)
        .unwrap();
    let (once, several) = (fits_at_once(middle), fits(middle));
    assert!(
        several > 56 && several > once,
        "{middle}: {once} at once, {several} with several tries"
    );
}

#[test]
fn an_overflow_names_what_takes_the_room() {
    let mut session = SessionData::new();
    session
        .insert("session_id", "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6")
        .unwrap();
    session.insert("cart", "x".repeat(3000)).unwrap();
    session.insert("user_id", 42).unwrap();
    let overflow = overflow(session.write(&support::encrypted_jar(), NAME, None));
    assert_eq!(overflow.name, NAME);
    // Key, colon, value and comma: `"cart":"xxx",` and so on.
    let expected = [
        ("cart", 4 + 2 + 1 + 3002 + 1),
        ("session_id", 10 + 2 + 1 + 34 + 1),
        ("user_id", 7 + 2 + 1 + 2 + 1),
    ]
    .map(|(key, size)| (key.to_owned(), size));
    assert_eq!(overflow.entries, expected);
    let text = overflow.to_string();
    assert!(
        text.contains("4096") && text.contains("cart 3010"),
        "{text}"
    );
    // A value that is no map has no entries to report.
    let plain = support::encrypted_jar().write(NAME, "x".repeat(3000), None);
    assert!(matches!(plain, Err(Error::CookieOverflow(overflow)) if overflow.entries.is_empty()));
}
