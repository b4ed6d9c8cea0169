//! The options of a session and of a response, clones, clocks, and values that are set.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, MemoryStore, Saved, SessionStore, StoreError, StoredJson, When};
use hardtack::{
    Commit, CookieAttributes, CookieStore, Error, Keyring, LazySession, LoadDefaults,
    RequestOrigin, SameSite, ServerSessions, Session, SessionData,
};
use serde::{Serialize, Serializer};
use time::OffsetDateTime;

use crate::support::{in_time, secret};

const NAME: &str = "_app_session";

type Handler = fn(&Session);
const NOON: i64 = 1_900_000_000;

fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn at(clock: &Arc<AtomicI64>) -> impl Fn() -> OffsetDateTime + Send + Sync + 'static {
    let clock = clock.clone();
    move || OffsetDateTime::from_unix_timestamp(clock.load(SeqCst)).unwrap()
}

fn header(commit: &Commit) -> String {
    let cookie = &commit.cookies()[0];
    format!("{}={}", cookie.name(), cookie.escaped_value())
}

fn open(store: &Arc<CookieStore>, header: &str) -> Session {
    Session::open(store, header.to_owned(), RequestOrigin::default())
}

fn cookie_store() -> CookieStore {
    CookieStore::new(&secret(), LoadDefaults::V7_1, NAME)
}

const MONTH: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// "`None` goes back to the store's": a cookie of a store without an expiry ends with the browser.
#[test]
fn a_cookie_goes_back_to_the_browsers_end() {
    let store = Arc::new(cookie_store());
    let session = open(&store, "");
    session.insert("user_id", 42).unwrap();
    session.expire_after(MONTH).unwrap();
    let sent = header(&session.commit(200).unwrap());

    let session = open(&store, &sent);
    session.expire_after(None).unwrap();
    let commit = session.commit(200).unwrap();
    assert_eq!(commit.cookies()[0].expires(), None);
}

/// The same with an expiry of the store that is fixed: an hour, not the month of before.
#[test]
fn a_cookie_goes_back_to_the_stores_fixed_end() {
    let clock = Arc::new(AtomicI64::new(NOON));
    let store = cookie_store()
        .expire_after_fixed(Duration::from_secs(3600))
        .clock(at(&clock));
    let store = Arc::new(store);
    let session = open(&store, "");
    session.insert("user_id", 42).unwrap();
    session.expire_after(MONTH).unwrap();
    let sent = header(&session.commit(200).unwrap());

    let session = open(&store, &sent);
    session.expire_after(None).unwrap();
    let commit = session.commit(200).unwrap();
    let end = OffsetDateTime::from_unix_timestamp(NOON + 3600).unwrap();
    assert!(commit.cookies()[0].expires().unwrap() <= end);
}

/// A store that several sessions share.
pub(crate) struct Shared(pub(crate) Arc<MemoryStore>);

impl SessionStore for Shared {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.0.load(key).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.0.save(key, bytes, ttl, when).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.0.touch(key, ttl).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.0.delete(key, when).await
    }
}

/// A server whose store goes by the same clock.
fn server(clock: &Arc<AtomicI64>) -> (ServerSessions, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new().clock(at(clock)));
    let sessions = ServerSessions::new(StoredJson, Shared(store.clone()), NAME).clock(at(clock));
    (sessions, store)
}

fn request(sessions: &Arc<ServerSessions>, header: &str, handler: impl FnOnce(&Session)) -> Commit {
    let lazy = LazySession::open(sessions, header.to_owned(), RequestOrigin::default());
    handler(&now(lazy.load()).unwrap());
    now(lazy.commit(200)).unwrap()
}

/// The browser has a cookie of a month, and is told that it ends with the browser now.
#[test]
fn an_id_goes_back_to_the_browsers_end() {
    let clock = Arc::new(AtomicI64::new(NOON));
    let sessions = Arc::new(server(&clock).0);
    let commit = request(&sessions, "", |session| {
        session.insert("user_id", 42).unwrap();
        session.expire_after(MONTH).unwrap();
    });
    let sent = header(&commit);
    assert!(commit.cookies()[0].expires().is_some());
    let commit = request(&sessions, &sent, |session| {
        session.expire_after(None).unwrap();
    });
    let Commit::Set(cookies) = &commit else {
        panic!("the browser keeps the cookie of a month: {commit:?}")
    };
    assert_eq!(cookies[0].expires(), None);
}

/// "In place of the store's own expiry", in a cookie as on a server.
#[test]
fn an_own_expiry_takes_the_place_of_a_fixed_one() {
    let clock = Arc::new(AtomicI64::new(NOON));
    let remember = |session: &Session| {
        session.insert("user_id", 42).unwrap();
        session.expire_after(MONTH).unwrap();
    };
    let hour = Duration::from_secs(3600);
    let end = OffsetDateTime::from_unix_timestamp(NOON).unwrap() + MONTH;

    let store = Arc::new(cookie_store().expire_after_fixed(hour).clock(at(&clock)));
    let session = open(&store, "");
    remember(&session);
    assert_eq!(
        session.commit(200).unwrap().cookies()[0].expires(),
        Some(end)
    );

    let sessions = Arc::new(server(&clock).0.expire_after_fixed(hour));
    let commit = request(&sessions, "", remember);
    assert_eq!(commit.cookies()[0].expires(), Some(end));
    clock.fetch_add(3601, SeqCst);
    let _ = request(&sessions, &header(&commit), |session| {
        assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
    });
}

/// Rack deletes what is dropped before it asks whether the rest is skipped
/// (`Rack::Session::Abstract::Persisted#commit_session`), and Rails what is reset at once
/// (`Request::Session#destroy`): `skip` does not undo a logout.
#[test]
fn what_is_dropped_or_reset_is_gone_though_the_rest_is_skipped() {
    for end in [Session::drop, Session::reset] {
        let clock = Arc::new(AtomicI64::new(NOON));
        let (sessions, store) = server(&clock);
        let sessions = Arc::new(sessions);
        let sent = header(&request(&sessions, "", |session| {
            session.insert("user_id", 42).unwrap();
        }));
        assert_eq!(store.len(), 1);
        let _ = request(&sessions, &sent, |session| {
            end(session).unwrap();
            session.skip().unwrap();
        });
        assert_eq!(store.len(), 0);
    }
}

/// "Closures, values, observers and subscribers run under no lock", and so does the clock
/// (`Context::loaded`).
#[test]
fn the_clock_may_use_the_session_whose_expiry_is_set() {
    in_time("expire_after", || {
        let handle: Arc<std::sync::OnceLock<Session>> = Arc::default();
        let seen = handle.clone();
        let store = cookie_store().clock(move || {
            if let Some(session) = seen.get() {
                let _ = session.contains_key("user_id");
            }
            OffsetDateTime::from_unix_timestamp(NOON).unwrap()
        });
        let session = open(&Arc::new(store), "");
        assert!(handle.set(session.clone()).is_ok());
        session.expire_after(MONTH).unwrap();
    });
}

/// A closure put another session in its place, and somebody else wrote meanwhile.
#[test]
fn a_session_that_was_put_in_place_outlives_a_conflict() {
    let run = |has_conflict: bool| {
        let clock = Arc::new(AtomicI64::new(NOON));
        let sessions = Arc::new(server(&clock).0);
        let sent = header(&request(&sessions, "", |session| {
            session.insert("user_id", 42).unwrap();
        }));
        let _ = request(&sessions, &sent, |session| {
            session
                .update(|data| {
                    *data = SessionData::from_json(r#"{"a":1,"b":2}"#).unwrap();
                    data.insert("c", 3)
                })
                .unwrap();
            if has_conflict {
                let _ = request(&sessions, &sent, |other| other.insert("other", 1).unwrap());
            }
        });
        let mut keys = Vec::new();
        let _ = request(&sessions, &sent, |session| {
            keys = session.keys();
            keys.retain(|key| key != "other");
        });
        keys
    };
    assert_eq!(run(false), ["a", "b", "c"]);
    assert_eq!(run(true), ["a", "b", "c"]);
}

/// The clock of a server's sessions is that of its sealed cookies, as a `CookieStore`'s is.
#[test]
fn sealed_cookies_go_by_the_clock_of_the_sessions() {
    let minute = CookieAttributes::new().max_age(Duration::from_secs(60));
    let clock = Arc::new(AtomicI64::new(NOON));
    let keyring = Keyring::new(&secret(), LoadDefaults::V7_1);

    let cookies = Arc::new(CookieStore::with_keyring(keyring.clone(), NAME).clock(at(&clock)));
    let server = Arc::new(server(&clock).0.keyring(keyring));
    let on_server = |header: &str| {
        let lazy = LazySession::open(&server, header.to_owned(), RequestOrigin::default());
        now(lazy.load()).unwrap()
    };
    let written = |session: Session| {
        let encrypted = session.cookies().encrypted();
        encrypted.write("offer", 7, &minute).unwrap();
        let cookie = session.cookies().take().remove(0);
        format!("offer={}", cookie.escaped_value())
    };
    let (in_cookie, in_server) = (written(open(&cookies, "")), written(on_server("")));
    clock.fetch_add(61, SeqCst);
    let read = |session: Session| session.cookies().encrypted().get::<u8>("offer").unwrap();
    assert_eq!(read(open(&cookies, &in_cookie)), None);
    assert_eq!(read(on_server(&in_server)), None);
}

/// `request.session_options[:expire_after] = ..` alone makes no session in Rails: nothing was loaded
/// (`commit_session?` and `forced_update?`), and an empty one is none.
#[test]
fn an_expiry_alone_makes_no_session() {
    let session = open(&Arc::new(cookie_store()), "");
    session.expire_after(MONTH).unwrap();
    assert_eq!(session.commit(200).unwrap(), Commit::Keep);
}

/// The cookie of a session in a store is set again only where somebody asks for it.
#[test]
fn an_id_goes_back_to_the_stores_same_site() {
    let clock = Arc::new(AtomicI64::new(NOON));
    let sessions = server(&clock).0.secure(true).assume_ssl(true);
    let sessions = Arc::new(sessions);
    let run = |header: &str, handler: fn(&Session)| {
        let origin = RequestOrigin::new(true, None);
        let lazy = LazySession::open(&sessions, header.to_owned(), origin);
        handler(&now(lazy.load()).unwrap());
        now(lazy.commit(200)).unwrap()
    };
    let sent = header(&run("", |session| {
        session.insert("oauth_state", "5ca75bd30").unwrap();
        session.same_site(SameSite::None).unwrap();
    }));
    let commit = run(&sent, |session| session.insert("user_id", 42).unwrap());
    assert_eq!(commit.cookies(), []);
    let commit = run(&sent, |session| session.same_site(SameSite::Lax).unwrap());
    assert_eq!(commit.cookies()[0].same_site(), Some(SameSite::Lax));
}

/// `clear` removes every key, the expiry too: what a session was remembered for is not the end of
/// the one that follows.
#[test]
fn a_cleared_session_has_no_end_of_the_one_before() {
    let store = Arc::new(cookie_store());
    let session = open(&store, "");
    session.insert("user_id", 42).unwrap();
    session.expire_after(MONTH).unwrap();
    let sent = header(&session.commit(200).unwrap());
    let session = open(&store, &sent);
    session.clear().unwrap();
    session.insert("theme", "dark").unwrap();
    assert_eq!(session.commit(200).unwrap().cookies()[0].expires(), None);
}

// The rules that the first review found kept.

#[test]
fn dropped_sessions_are_gone() {
    let cases: [(&str, Handler); 5] = [
        ("alone", |_| ()),
        ("renewed", |session| session.renew().unwrap()),
        ("reset", |session| {
            session.reset().unwrap();
            session.insert("a", 1).unwrap();
        }),
        ("checked", |session| {
            session.insert("a", 1).unwrap();
            session.check().unwrap();
        }),
        ("expiring", |session| session.expire_after(MONTH).unwrap()),
    ];
    for (what, handler) in cases {
        for (ssl, secure) in [(true, true), (false, true), (false, false)] {
            let clock = Arc::new(AtomicI64::new(NOON));
            let (sessions, store) = server(&clock);
            let sent = header(&request(&Arc::new(sessions.clone()), "", |session| {
                session.insert("user_id", 42).unwrap();
            }));
            let sessions = Arc::new(
                sessions
                    .secure(secure)
                    .absolute_lifetime(Duration::from_secs(60)),
            );
            let origin = RequestOrigin::new(ssl, None);
            let lazy = LazySession::open(&sessions, sent.clone(), origin);
            let session = now(lazy.load()).unwrap();
            handler(&session);
            session.drop().unwrap();
            assert_eq!(now(lazy.commit(200)).unwrap().cookies().len(), 0, "{what}");
            assert_eq!(store.len(), 0, "{what} {ssl} {secure}");
        }
    }
}

#[test]
fn expiries_of_others_are_passed_over() {
    let odd = [
        r#""600""#,
        "-1",
        "0",
        "1.5",
        "18446744073709551615",
        "1e30",
        "null",
        "[60]",
        "true",
        "253402300800",
        "99999999999999999999999999",
        r#""\ud800""#,
    ];
    for odd in odd {
        let clock = Arc::new(AtomicI64::new(NOON));
        let (sessions, store) = server(&clock);
        let id = "0123456789abcdef".repeat(2);
        let json = format!(r#"{{"user_id":42,"_expire_after":{odd}}}"#);
        now(store.save(&id, json.into(), None, &When::Always)).unwrap();
        let sessions = sessions.expire_after(Duration::from_secs(600));
        let sessions = Arc::new(sessions.absolute_lifetime(Duration::from_secs(6000)));
        let commit = request(&sessions, &format!("{NAME}={id}"), |session| {
            assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
        });
        let end = OffsetDateTime::from_unix_timestamp(NOON + 600).unwrap();
        assert_eq!(commit.cookies()[0].expires(), Some(end), "{odd}");
    }
}

#[test]
fn the_cookie_of_check_has_the_expiry_set_after() {
    let clock = Arc::new(AtomicI64::new(NOON));
    let store = cookie_store()
        .absolute_lifetime(Duration::from_secs(60))
        .clock(at(&clock));
    let session = open(&Arc::new(store), "");
    session.insert("a", 1).unwrap();
    session.check().unwrap();
    session.expire_after(MONTH).unwrap();
    session.same_site(SameSite::Strict).unwrap();
    let commit = session.commit(200).unwrap();
    let end = OffsetDateTime::from_unix_timestamp(NOON + 60).unwrap();
    assert_eq!(commit.cookies()[0].expires(), Some(end));
    assert_eq!(commit.cookies()[0].same_site(), Some(SameSite::Strict));
}

#[test]
fn a_clone_shares_the_keyring() {
    let store = cookie_store();
    let clone = store.clone().secure(true);
    let other = Keyring::new(&crate::support::other_secret(), LoadDefaults::V7_1);
    clone.replace_keyring(other);
    assert!(Arc::ptr_eq(&store.keyring(), &clone.keyring()));
    let own = clone.clone().limit(hardtack::settings::SizeLimit::Rails);
    store.replace_keyring(Keyring::new(&secret(), LoadDefaults::V7_1));
    assert!(Arc::ptr_eq(&store.keyring(), &clone.keyring()));
    assert!(!Arc::ptr_eq(&store.keyring(), &own.keyring()));
}

struct Panics;

impl Serialize for Panics {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeMap;
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("\u{2028}", &"<".repeat(2000))?;
        panic!("in a map")
    }
}

#[test]
fn what_fails_leaves_nothing() {
    let mut data = SessionData::from_json(r#"{"a":1,"b":null,"a":3,"":0,"\u0061b":7}"#).unwrap();
    let panicked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        data.insert("panics", Panics)
    }));
    assert!(panicked.is_err());
    assert!(!data.is_changed());
    data.insert("ab", "\u{2028}&").unwrap();
    data.insert("", ["<", "\u{2029}"]).unwrap();
    data.insert("\u{2028}\"\\", -0.0).unwrap();
    data.insert("a", 4).unwrap();
    data.remove("a");
    data.insert("a", i128::MIN).unwrap();
    let json = format!(
        r#"{{"":["\u003c"," "],"ab":" \u0026"," \"\\":-0.0,"a":{}}}"#,
        i128::MIN
    )
    .replace(r#""ab""#, r#""\u0061b""#);
    assert_eq!(String::from_utf8(data.to_json().unwrap()).unwrap(), json);
}

#[test]
fn sizes_are_of_what_is_written() {
    let session = open(&Arc::new(cookie_store()), "");
    session.insert("cart", "<".repeat(1000)).unwrap();
    session.insert("user", "x".repeat(100)).unwrap();
    let Err(Error::CookieOverflow(overflow)) = session.check() else {
        panic!("it fits")
    };
    // Key, colon, value, and what follows.
    assert_eq!(overflow.entries[0], ("cart".to_owned(), 6 + 6002 + 2));
    assert_eq!(overflow.entries[1], ("user".to_owned(), 6 + 102 + 2));
    assert!(!format!("{session:?} {overflow:?} {overflow}").contains("xxx"));
}

/// A jar's own clock ("decides whether a cookie has expired") counts in a keyring, whichever way
/// that came to its store.
#[test]
fn a_jar_that_replaces_another_keeps_its_clock() {
    let minute = CookieAttributes::new().max_age(Duration::from_secs(60));
    let sent = crate::support::encrypted_jar().write("code", 7, &minute);
    let sent = sent.unwrap();
    let keyring = || {
        let later = || OffsetDateTime::now_utc() + time::Duration::hours(1);
        let jar = crate::support::encrypted_jar().clock(later);
        Keyring::new(&secret(), LoadDefaults::V7_1).session_in(jar)
    };
    let opens = |store: &CookieStore| {
        let jars = store.keyring();
        jars.session()
            .read_value::<u8>("code", sent.value())
            .is_ok()
    };
    let store = CookieStore::with_keyring(keyring(), NAME);
    assert!(!opens(&store), "made with it");
    store.replace_keyring(keyring());
    assert!(!opens(&store), "put in its place");
}

#[test]
fn tokens_and_keyrings_in_either_order() {
    let keyring = || Keyring::new(&secret(), LoadDefaults::V7_1);
    let clock = Arc::new(AtomicI64::new(NOON));
    let sessions = server(&clock).0;
    let before = sessions.clone().csrf(LoadDefaults::V6_0).keyring(keyring());
    let after = sessions.clone().keyring(keyring()).csrf(LoadDefaults::V6_0);
    let none = after.clone().csrf(LoadDefaults::V7_1);
    let tokens = |sessions: ServerSessions| {
        let lazy = LazySession::open(&Arc::new(sessions), "", RequestOrigin::default());
        let session = now(lazy.load()).unwrap();
        session.cookies().signed().write("a", 1, None).unwrap();
        let tokens = session.authenticity_tokens().unwrap();
        let made = (0..50).map(|_| tokens.masked_authenticity_token().unwrap());
        made.collect::<String>()
    };
    for (sessions, is_url_safe) in [(before, false), (after, false), (none, true)] {
        assert_ne!(tokens(sessions).contains(['+', '/']), is_url_safe);
    }
    let lazy = LazySession::open(&Arc::new(sessions), "", RequestOrigin::default());
    let signed = lazy.cookies().signed();
    assert_eq!(signed.write("a", 1, None), Err(Error::NoKeyring));
}
