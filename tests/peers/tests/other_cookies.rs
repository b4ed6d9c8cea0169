//! Cookies beside the session, after a change of secret, cipher or serializer: hardtack sets the
//! same cookies again as Rails does.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use hardtack::{CookieStore, Cookies, LoadDefaults, RequestOrigin, SecretKeyBase, Session};
use hardtack_peers::{
    JarKind, Rails, Serializer, Settings, cookie_value, set_cookie_lines, value_between,
};
use serde_json::{Value, json};

const SECRET: &str = "the secret after the change";
const OLD: &str = "the secret before the change";

/// The attributes of a `Set-Cookie` line, without case: Rack 2.2 writes `SameSite=Lax`.
fn attributes(line: &str) -> String {
    let (_, attributes) = line.split_once(';').expect("it has a path");
    attributes.to_ascii_lowercase()
}

/// The line that sets this cookie.
fn line_of<'a>(answer: &'a Value, name: &str) -> Option<&'a str> {
    set_cookie_lines(answer).find(|line| value_between(line, name).is_some())
}

/// Returns the other cookies of a request with this header, for an app with any secret.
fn cookies(header: &str) -> Cookies {
    let secret = SecretKeyBase::generate().expect("randomness");
    let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_app_session");
    let origin = RequestOrigin::default();
    Session::open(&Arc::new(store), header.to_owned(), origin).cookies()
}

#[test]
fn hardtack_sets_again_what_rails_does_and_rails_reads_it() {
    let after = Settings {
        old_secrets: vec![OLD.to_owned()],
        ..Settings::new(SECRET)
    };
    let hybrid = after.clone().with(Serializer::Hybrid);
    // How the cookie was set, and who reads it.
    let cases = [
        (Settings::new(OLD), &after),
        (Settings::new(OLD).bare(), &after),
        (Settings::new(OLD).cbc(), &after),
        (Settings::new(SECRET).cbc(), &after),
        (Settings::new(OLD).with(Serializer::Marshal), &hybrid),
        (Settings::new(SECRET).with(Serializer::Marshal), &hybrid),
        // Nothing was changed, and nothing is set again.
        (Settings::new(SECRET), &after),
        (Settings::new(SECRET).bare(), &after),
    ];
    let mut without_rotations = Rails::start(&Settings::new(SECRET));
    let value = json!({"plan": "pro", "seats": [12, 13]});
    let (mut again, mut kept) = (0, 0);
    for (before, now) in &cases {
        let (mut old_rails, mut rails) = (Rails::start(before), Rails::start(now));
        for kind in JarKind::ALL {
            for expires in [None, Some("2100-01-01T00:00:00Z")] {
                let mut write = json!({
                    "op": "write", "jar": kind.name(), "name": "c1", "value": value,
                });
                if let Some(expires) = expires {
                    write["expires"] = json!(expires);
                }
                let written = old_rails.ask(write);
                let cookie = cookie_value(&written, "c1");
                let by_rails = rails.ask(json!({
                    "op": "read", "jar": kind.name(), "name": "c1", "cookie": cookie,
                }));
                assert_eq!(by_rails["value"], value);

                let old = Settings {
                    serializer: now.serializer,
                    ..Settings::new(OLD)
                };
                let jar = now
                    .jar(kind)
                    .rotation(old.rotation(kind))
                    .rotation(old.cbc().rotation(kind));
                let cookies = cookies(&format!("c1={cookie}"));
                let read = cookies.through(Arc::new(jar)).get::<Value>("c1");
                assert_eq!(read, Ok(Some(value.clone())));
                let set = cookies.take();
                let line = set.first().map(ToString::to_string);
                let case = format!("{before:?} {kind:?} {expires:?}");
                match (line, line_of(&by_rails, "c1")) {
                    (Some(line), Some(by_rails)) => {
                        // Rails forgets what was sealed: that cookie never ends. Here it does, in 2100.
                        let ends = line.replace(" expires=Fri, 01 Jan 2100 00:00:00 GMT;", "");
                        assert_eq!(attributes(&ends), attributes(by_rails), "{case}");
                        assert_eq!(ends != line, expires.is_some(), "{case}");

                        let again_read = without_rotations.ask(json!({
                            "op": "read", "jar": kind.name(), "name": "c1",
                            "cookie": value_between(&line, "c1"),
                        }));
                        assert_eq!(again_read["value"], value, "{case}");
                        assert_eq!(line_of(&again_read, "c1"), None, "{case}");
                        again += 1;
                    }
                    (None, None) => kept += 1,
                    (ours, theirs) => panic!("{case}: {ours:?} beside {theirs:?}"),
                }
            }
        }
    }
    assert_eq!((again, kept), (22, 10));
}

/// A secret that nobody knows any more: nil, and nothing is set.
#[test]
fn what_does_not_open_is_nil_on_both_sides() {
    let mut old_rails = Rails::start(&Settings::new(OLD));
    let mut rails = Rails::start(&Settings::new(SECRET));
    let mut read = 0;
    for kind in JarKind::ALL {
        let written = old_rails.ask(json!({
            "op": "write", "jar": kind.name(), "name": "c1", "value": "lost",
        }));
        for cookie in [cookie_value(&written, "c1"), "junk", "AAAA--AAAA--AAAA"] {
            let by_rails = rails.ask(json!({
                "op": "read", "jar": kind.name(), "name": "c1", "cookie": cookie,
            }));
            assert_eq!(by_rails["nil"], true);
            assert_eq!(line_of(&by_rails, "c1"), None);
            let cookies = cookies(&format!("c1={cookie}"));
            let jar = Arc::new(Settings::new(SECRET).jar(kind));
            assert_eq!(cookies.through(jar).get::<Value>("c1"), Ok(None));
            assert!(cookies.take().is_empty());
            read += 1;
        }
    }
    assert_eq!(read, 6);
}
