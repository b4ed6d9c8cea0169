//! Sessions of Laravel in a store, through requests.

use std::sync::Arc;

use hardtack::headers::unescape;
use hardtack::laravel::{LaravelVersion, SessionGuard};
use hardtack::stores::{MemoryStore, SessionFormat, SessionStore, When};
use hardtack::{Commit, Error, Session};
use serde_json::json;

use super::stored_sessions::{Scenario, Step};
use super::{APP_KEY, encrypter, format_of, lines};
use crate::session_options::Shared;
use crate::visitor::{Visitor, sent};

/// A visitor whose browser and whose store are as Laravel left them after a step.
async fn visitor(scenario: &Scenario, step: &Step) -> (Visitor, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    let (key, bytes) = step.entry();
    let saved = store.save(&key, bytes.into(), None, &When::Always);
    saved.await.unwrap();
    let format = scenario.format(&scenario.driver);
    let cookie = &step.set_cookie[0];
    let visitor = Visitor {
        sessions: Arc::new(format.sessions(Shared(store.clone()))),
        header: cookie.split_once(';').unwrap().0.to_owned(),
    };
    (visitor, store)
}

type Handler<'a> = &'a dyn Fn(&Session);

/// What the steps of the recordings do, done by hardtack: the entry is then Laravel's, byte for
/// byte. The steps 4 and 5 make random tokens.
#[tokio::test]
async fn a_request_leaves_the_bytes_that_laravel_leaves() {
    let put = |session: &Session| {
        session.insert("user_id", 0).unwrap();
        session.insert("name", "Zoë").unwrap();
        let items = json!({ "items": { "0": 1, "b": 2.5 } });
        session.insert("cart", items).unwrap();
    };
    let flash = |session: &Session| session.laravel().flash("status", "Saved").unwrap();
    let shown = |session: &Session| {
        let status = session.laravel().take_flash::<String>("status");
        assert_eq!(status.unwrap().as_deref(), Some("Saved"));
    };
    let forget = |session: &Session| assert!(session.remove("name").unwrap());
    let requests: [(usize, Handler<'_>); 4] = [(1, &put), (2, &flash), (3, &shown), (6, &forget)];

    let mut count = 0;
    let scenarios = lines::<Scenario>("laravel_session");
    let scenarios = scenarios.iter().filter(|one| one.driver != "cookie");
    for scenario in scenarios.filter(|one| !one.is_encrypted()) {
        for (place, handler) in requests {
            let (visitor, store) = visitor(scenario, &scenario.steps[place - 1]).await;
            let (key, expected) = scenario.steps[place].entry();
            let commit = visitor.request(|session| {
                handler(session);
                if place == 1 {
                    let user_id = user_id(&expected, scenario);
                    session.insert("user_id", user_id).unwrap();
                }
            });
            let commit = commit.await.unwrap();
            let entry = store.load(&key).await.unwrap().unwrap();
            assert_eq!(entry.bytes, expected, "{} {place}", scenario.driver);
            let cookie = &commit.cookies()[0];
            assert_eq!(cookie.name(), scenario.cookie_name());
            assert!(cookie.expires().is_some());
            count += 1;
        }
    }
    assert_eq!(count, 32);
}

/// Returns the number that the recording put, which differs in each scenario.
fn user_id(bytes: &[u8], scenario: &Scenario) -> u64 {
    let format = scenario.format(&scenario.driver);
    let session = super::read(&format, bytes).unwrap();
    session.get("user_id").unwrap().unwrap()
}

/// A login at hardtack: another id, no token that an attacker may know, and the old entry is gone.
#[tokio::test]
async fn a_login_takes_another_id() {
    let web = SessionGuard::new("web");
    let mut count = 0;
    let scenarios = lines::<Scenario>("laravel_session");
    for scenario in scenarios.iter().filter(|one| one.driver != "cookie") {
        let (visitor, store) = visitor(scenario, &scenario.steps[3]).await;
        let (old_key, _) = scenario.steps[3].entry();
        let commit = visitor.request(|session| {
            session.renew().unwrap();
            session.update(|data| web.log_in(data, &42)).unwrap();
        });
        let commit = commit.await.unwrap();
        assert!(store.load(&old_key).await.unwrap().is_none());

        // Laravel opens the cookie, and finds the entry under the id in it.
        let format = scenario.format(&scenario.driver);
        let value = unescape(commit.cookies()[0].escaped_value().as_bytes()).into_owned();
        let id = format.id_of_cookie(&value).unwrap();
        let key = &format.keys(&id)[0];
        assert!(key.ends_with(&id) && *key != old_key);
        let entry = store.load(key).await.unwrap().unwrap();
        let session = super::read(&format, &entry.bytes).unwrap();
        assert_eq!(web.user_id::<u64>(&session).unwrap(), Some(42));
        assert!(session.contains_key("cart") && !session.contains_key("_token"));

        // And the login of Laravel's own recording.
        let (_, bytes) = scenario.steps[4].entry();
        let session = super::read(&format, &bytes).unwrap();
        assert_eq!(web.user_id::<u64>(&session).unwrap(), Some(42));
        count += 1;
    }
    assert_eq!(count, 12);
}

/// The sender cannot choose an id: it is sealed, an unknown one is replaced, and a damaged or a
/// foreign one is none.
#[tokio::test]
async fn no_id_is_adopted() {
    let other_key = "base64:nKRPDK/snBXy7uivwQ9j/O8TAh2U1OS6VuEhGr0OvJ8=";
    let id = "a".repeat(40);
    let format = format_of("redis", APP_KEY, LaravelVersion::V12);
    let sealed = |app_key: &str, name: &str, id: &str| {
        let encrypter = encrypter(app_key, "AES-256-CBC");
        encrypter.seal_cookie(name, id).unwrap()
    };
    let name = "laravel_session";
    let values = [
        (true, sealed(APP_KEY, name, &id)),
        (false, id.clone()),
        (false, sealed(other_key, name, &id)),
        (false, sealed(APP_KEY, "laravel_sessions", &id)),
        (false, sealed(APP_KEY, name, &id[1..])),
        (false, sealed(APP_KEY, name, &format!("{id}a"))),
        (false, sealed(APP_KEY, name, &format!("../{}", &id[3..]))),
        (false, sealed(APP_KEY, name, &format!("é{}", &id[2..]))),
        (false, sealed(APP_KEY, name, "")),
    ];
    for (is_id, value) in values {
        let opened = format.id_of_cookie(value.as_bytes());
        assert_eq!(opened, is_id.then(|| id.clone()), "{value}");
        let store = Arc::new(MemoryStore::new());
        let sessions = format.clone().sessions(Shared(store.clone()));
        let visitor = Visitor {
            sessions: Arc::new(sessions),
            header: format!("{name}={}", hardtack::headers::escape(value.as_bytes())),
        };
        let commit = visitor.request(|session| session.insert("n", 1).unwrap());
        let commit = commit.await.unwrap();
        assert!(store.load(&format.keys(&id)[0]).await.unwrap().is_none());
        assert_eq!(commit.cookies().len(), 1);
        let visitor = Visitor {
            header: sent(&commit),
            ..visitor
        };
        assert_eq!(visitor.json().await, r#"{"n":1}"#);
    }
}

/// `APP_KEY` changes while browsers hold cookies: they stay logged in, and their sessions are
/// sealed anew when they are written.
#[tokio::test]
async fn sessions_survive_another_app_key() {
    let new_key = "base64:nKRPDK/snBXy7uivwQ9j/O8TAh2U1OS6VuEhGr0OvJ8=";
    let store = Arc::new(MemoryStore::new());
    let before = format_of("file", APP_KEY, LaravelVersion::V11).encrypt();
    let visitor = Visitor {
        sessions: Arc::new(before.sessions(Shared(store.clone()))),
        header: String::new(),
    };
    let commit = visitor.request(|session| session.insert("user_id", 42).unwrap());
    let header = sent(&commit.await.unwrap());

    let both = encrypter(new_key, "AES-256-CBC")
        .previous_keys(APP_KEY)
        .unwrap();
    let both = hardtack::laravel::LaravelSession::file(both, LaravelVersion::V11).encrypt();
    let visitor = Visitor {
        sessions: Arc::new(both.sessions(Shared(store.clone()))),
        header,
    };
    let commit = visitor.request(|session| {
        assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
        session.insert("n", 1).unwrap();
    });
    let header = sent(&commit.await.unwrap());

    let after = format_of("file", new_key, LaravelVersion::V11).encrypt();
    let visitor = Visitor {
        sessions: Arc::new(after.sessions(Shared(store))),
        header,
    };
    assert_eq!(visitor.json().await, r#"{"user_id":42,"n":1}"#);
}

/// A session that cannot be read is an error, and stays as it is.
#[tokio::test]
async fn an_unreadable_session_stays() {
    let scenarios = lines::<Scenario>("laravel_session");
    let of_redis = scenarios.iter().find(|one| one.driver == "redis").unwrap();
    let step = &of_redis.steps[1];
    let (visitor, store) = visitor(of_redis, step).await;
    let (key, _) = step.entry();
    for bytes in [
        &b"a:0:{}"[..],
        b"s:4:\"N;a:\"",
        b"i:1;",
        b"s:4:\"i:1;\";",
        b"\x00",
    ] {
        let bytes = bytes.to_vec();
        let saved = store.save(&key, bytes.clone().into(), None, &When::Always);
        saved.await.unwrap();
        let outcome: Result<Commit, Error> = visitor.request(|_| {}).await;
        assert!(matches!(outcome, Err(Error::UnreadableSession { .. })));
        assert_eq!(store.load(&key).await.unwrap().unwrap().bytes, bytes);
    }
}

/// The token of a form and that of JavaScript, of a session that Laravel made.
#[tokio::test]
async fn the_tokens_of_laravel_are_accepted() {
    let scenarios = lines::<Scenario>("laravel_session");
    let scenario = &scenarios[0];
    let (visitor, _) = visitor(scenario, &scenario.steps[1]).await;
    let encrypter = encrypter(&scenario.app_key, "AES-256-CBC");
    let commit = visitor.request(|session| {
        let token: String = session.get("_token").unwrap().unwrap();
        let keys = session.laravel();
        assert_eq!(keys.token().unwrap(), token);
        assert!(keys.is_token(&token));
        assert!(!keys.is_token(&token[1..]) && !keys.is_token(""));
        // As EncryptCookies seals it, and as a page without a prefix would.
        let sealed = encrypter.seal_cookie("XSRF-TOKEN", &token).unwrap();
        assert!(keys.is_xsrf_token(&encrypter, sealed));
        let bare = encrypter.seal(&token).unwrap();
        assert!(!keys.is_xsrf_token(&encrypter, bare));
        assert!(!keys.is_xsrf_token(&encrypter, &token));
    });
    let _ = commit.await.unwrap();

    let empty = Session::ephemeral().unwrap();
    assert!(!empty.laravel().is_token(""));
    empty.insert("_token", "").unwrap();
    assert!(!empty.laravel().is_token(""));
}

/// Names that `array_diff` left with gaps, and more than one.
#[test]
fn flashed_names_stay_in_order() {
    let session = Session::ephemeral().unwrap();
    let gaps = json!({ "old": { "1": "a", "3": "b" }, "new": [], "x": 1 });
    session.insert("_flash", gaps).unwrap();
    session.insert("a", 1).unwrap();
    session.insert("b", 2).unwrap();
    let keys = session.laravel();
    keys.flash("c", 3).unwrap();
    keys.flash("a", 4).unwrap();
    assert_eq!(keys.take_flash::<u8>("b").unwrap(), Some(2));
    let flash: serde_json::Value = session.get("_flash").unwrap().unwrap();
    assert_eq!(flash, json!({ "old": ["c", "a"], "new": [] }));
    // Not flashed: the value goes, and the names stay.
    session.insert("d", 5).unwrap();
    assert_eq!(keys.take_flash::<u8>("d").unwrap(), Some(5));
    assert_eq!(session.keys(), ["_flash", "a", "c"]);
}
