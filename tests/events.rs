//! What the operator hears of cookies and sessions: why, how often, and nothing secret.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::io::Write;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Mutex};

use hardtack::{Attributes, CookieStore, RailsVersion, RequestOrigin, Session, SetCookie, Writes};
use support::{other_secret, secret};
use time::OffsetDateTime;

const NAME: &str = "_app_session";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The lines that are logged meanwhile.
fn logged(run: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .without_time()
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, run);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn store() -> CookieStore {
    CookieStore::new(&secret(), RailsVersion::V7_1, NAME)
}

/// A request without cookies.
fn new(store: CookieStore) -> Session {
    Session::open(&Arc::new(store), "", RequestOrigin::default())
}

fn open(store: &Arc<CookieStore>, value: &str) -> Session {
    Session::open(store, format!("{NAME}={value}"), RequestOrigin::default())
}

/// One after the other: subscribers of several threads are in each other's way.
#[test]
fn what_the_operator_hears() {
    why_a_cookie_was_refused_once_in_ten_seconds();
    what_could_not_be_set();
}

fn why_a_cookie_was_refused_once_in_ten_seconds() {
    let now = Arc::new(AtomicI64::new(1_000));
    let clock = now.clone();
    let store =
        store().clock(move || OffsetDateTime::from_unix_timestamp(clock.load(SeqCst)).unwrap());
    let store = Arc::new(store);
    let foreign = CookieStore::new(&other_secret(), RailsVersion::V7_1, NAME);
    let foreign = foreign
        .jars()
        .session()
        .write(NAME, "private matter", &Attributes::new());
    let foreign = foreign.unwrap().escaped_value().to_owned();

    let lines = logged(|| {
        for _ in 0..1000 {
            assert!(open(&store, "AAAA--AAAA--AAAA").is_empty());
        }
        assert!(open(&store, &foreign).is_empty());
        now.fetch_add(10, SeqCst);
        assert!(open(&store, "junk").is_empty());
    });
    let expected = [
        r#"WARN hardtack: a session's cookie was refused cookie="_app_session" reason=malformed hint="the value is cut off"#,
        r#"WARN hardtack: a session's cookie was refused cookie="_app_session" reason=invalid hint="another secret_key_base"#,
        r#"WARN hardtack: a session's cookie was refused cookie="_app_session" reason=malformed hint="the value is cut off"#,
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.trim_start().starts_with(expected), "{line}");
    }
    assert!(
        lines[0].ends_with("untold=0") && lines[2].ends_with("untold=999"),
        "{lines:#?}"
    );
    for secret in ["AAAA--", &foreign, "b3c631c3", "01234567", "private matter"] {
        assert!(!lines.concat().contains(secret), "{secret}");
    }
}

fn what_could_not_be_set() {
    type Run = fn();
    let cases: [(Run, &str); 8] = [
        (
            || {
                let session = new(store().writes(Writes::Never));
                session.flash(|flash| flash.set("card", "4111"));
                assert!(session.commit(200).unwrap().cookies().is_empty());
            },
            "WARN hardtack: a session was changed whose store writes nothing",
        ),
        (
            || {
                let session = new(store());
                assert!(session.commit(200).unwrap().cookies().is_empty());
                // Looking is no change.
                assert!(session.flash(|flash| flash.notice().is_none()));
                session.flash(|flash| flash.now("card", "4111"));
                session.flash(|flash| flash.set("card", "4111"));
            },
            "WARN hardtack: a session was changed when the response's head was gone",
        ),
        (
            || {
                let session = new(store());
                assert!(session.commit(200).unwrap().cookies().is_empty());
                let cookie = SetCookie::new("card", "4111", &Attributes::new()).unwrap();
                session.cookies().set(cookie);
            },
            "WARN hardtack: a cookie was set when the response's head was gone; it is lost cookie=\"card\"",
        ),
        (
            || {
                let session = new(store().secure(true));
                session.insert("card", "4111").unwrap();
                assert!(session.commit(200).unwrap().cookies().is_empty());
            },
            "WARN hardtack: a cookie was not set over plain HTTP, since it is secure; where a proxy ends TLS, see CookieStore::trust_proxy and assume_ssl cookie=\"_app_session\"",
        ),
        (
            || {
                let session = new(store());
                let secure = Attributes::new().secure(true);
                session
                    .cookies()
                    .set(SetCookie::new("card", "4111", &secure).unwrap());
                assert!(session.cookies().take().is_empty());
            },
            "WARN hardtack: a cookie was not set over plain HTTP, since it is secure; where a proxy ends TLS, see CookieStore::trust_proxy and assume_ssl cookie=\"card\"",
        ),
        (
            || {
                let looked_at = new(store().writes(Writes::Never));
                assert!(looked_at.flash(|flash| flash.is_empty()) && looked_at.is_empty());
                let _ = looked_at.commit(200).unwrap();
                let session = new(store().writes(Writes::Never));
                session.update(|data| data.insert("card", "4111")).unwrap();
                assert!(session.commit(200).unwrap().cookies().is_empty());
            },
            "WARN hardtack: a session was changed whose store writes nothing",
        ),
        (
            || {
                let session = new(store());
                assert!(session.commit(200).unwrap().cookies().is_empty());
                session.update(|data| data.insert("card", "4111")).unwrap();
            },
            "WARN hardtack: a session was changed when the response's head was gone",
        ),
        (
            || {
                let session = new(store());
                session.insert("cards", &"4111".repeat(2000)).unwrap();
                assert!(session.commit(200).is_err());
            },
            "ERROR hardtack: a session could not be written cookie=\"_app_session\" reason=the cookie _app_session takes",
        ),
    ];
    let mut ran = 0;
    for (run, expected) in cases {
        let lines = logged(run);
        assert_eq!(lines.len(), 1, "{expected}: {lines:#?}");
        assert!(lines[0].trim_start().starts_with(expected), "{lines:#?}");
        assert!(!lines[0].contains("4111"), "{lines:#?}");
        ran += 1;
    }
    assert_eq!(ran, 8);
}
