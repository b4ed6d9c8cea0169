//! Code of the app that a session calls may use that session: nothing waits for itself.
//!
//! Each case runs in a thread of its own, and one that does not end in time has failed.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread;
use std::time::Duration;

use hardtack::{
    Attributes, CookieStore, Error, Jars, Observer, Opening, RailsVersion, Refusal, RequestOrigin,
    SecretKeyBase, Session, SetCookie,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use support::secret;
use time::OffsetDateTime;

const NAME: &str = "_app_session";

/// Runs in a thread of its own; fails where that does not end.
fn in_time<R: Send + 'static>(what: &str, run: impl FnOnce() -> R + Send + 'static) -> R {
    let (done, ends) = channel();
    let thread = thread::spawn(move || {
        let outcome = run();
        done.send(()).unwrap();
        outcome
    });
    match ends.recv_timeout(Duration::from_secs(20)) {
        Err(RecvTimeoutError::Timeout) => panic!("{what}: it waits for itself"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {}
    }
    thread.join().unwrap_or_else(|_| panic!("{what}"))
}

/// Keys take long to derive.
static JARS: LazyLock<Jars> = LazyLock::new(|| Jars::new(&secret(), RailsVersion::V7_1));

fn store() -> CookieStore {
    CookieStore::with_jars(JARS.clone(), NAME)
}

fn open(store: &Arc<CookieStore>, header: &str) -> Session {
    Session::open(store, header.to_owned(), RequestOrigin::default())
}

/// The header of a browser that has a session, and another cookie.
fn sent() -> String {
    let store = Arc::new(store().absolute_lifetime(Duration::from_secs(6000)));
    let session = open(&store, "");
    session.insert("user_id", &42).unwrap();
    session.insert("a", "text").unwrap();
    session.flash().set("notice", "Saved").unwrap();
    let signed = session.cookies().signed();
    signed.write("seen", &1, &Attributes::new()).unwrap();
    let commit = session.commit(200).unwrap();
    let cookies = [commit.cookies(), &session.cookies().take()].concat();
    let pairs = cookies.iter();
    let pairs: Vec<_> = pairs
        .map(|cookie| format!("{}={}", cookie.name(), cookie.escaped_value()))
        .collect();
    pairs.join("; ")
}

type Use = fn(&Session);

/// Every method of a session, of its flash and its cookies.
const USES: [(&str, Use); 41] = [
    ("get", |session| drop(session.get::<u32>("user_id"))),
    ("insert", |session| drop(session.insert("b", &1))),
    ("remove", |session| drop(session.remove("user_id"))),
    ("take", |session| drop(session.take::<u32>("user_id"))),
    ("contains_key", |session| {
        let _ = session.contains_key("a");
    }),
    ("keys", |session| drop(session.keys())),
    ("is_empty", |session| {
        let _ = session.is_empty();
    }),
    ("clear", |session| drop(session.clear())),
    ("session_id", |session| drop(session.session_id())),
    ("reset", |session| drop(session.reset())),
    ("renew", |session| drop(session.renew())),
    ("view", |session| {
        drop(session.view::<BTreeMap<String, hardtack::Value>>());
    }),
    ("merge", |session| {
        drop(session.merge(&BTreeMap::from([("c", 1)])));
    }),
    ("read", |session| {
        session.read(|data| {
            let _ = session.read(|inner| inner.keys().len() + data.keys().len());
        });
    }),
    ("update", |session| {
        let _ = session.update(|data| {
            session.update(|inner| inner.insert("d", &1))?;
            data.insert("e", &1)
        });
    }),
    ("authenticity_tokens", |session| {
        drop(session.authenticity_tokens());
    }),
    ("is_authentic", |session| {
        let _ = session.is_authentic("AAAA", "/", "POST");
    }),
    ("refusal", |session| {
        let _ = session.refusal();
    }),
    ("check", |session| drop(session.check())),
    ("commit", |session| drop(session.commit(200))),
    ("Debug", |session| drop(format!("{session:?}"))),
    ("flash get", |session| {
        drop(session.flash().get::<String>("notice"));
    }),
    ("flash notice", |session| drop(session.flash().notice())),
    ("flash alert", |session| drop(session.flash().alert())),
    ("flash contains_key", |session| {
        let _ = session.flash().contains_key("notice");
    }),
    ("flash is_empty", |session| {
        let _ = session.flash().is_empty();
    }),
    ("flash keys", |session| drop(session.flash().keys())),
    ("flash set", |session| {
        drop(session.flash().set("alert", "No"));
    }),
    ("flash now", |session| {
        drop(session.flash().now("alert", "No"));
    }),
    ("flash keep", |session| {
        drop(session.flash().keep("notice"));
    }),
    ("flash keep_all", |session| {
        drop(session.flash().keep_all());
    }),
    ("flash discard", |session| {
        drop(session.flash().discard("notice"));
    }),
    ("flash discard_all", |session| {
        drop(session.flash().discard_all());
    }),
    ("flash remove", |session| {
        drop(session.flash().remove("notice"));
    }),
    ("flash clear", |session| drop(session.flash().clear())),
    ("cookies get", |session| {
        drop(session.cookies().get("seen"));
    }),
    ("cookies set", |session| {
        let cookie = SetCookie::new("theme", "dark", &Attributes::new()).unwrap();
        drop(session.cookies().set(cookie));
    }),
    ("cookies delete", |session| {
        drop(session.cookies().delete("theme", &Attributes::new()));
    }),
    ("cookies take", |session| drop(session.cookies().take())),
    ("signed read", |session| {
        drop(session.cookies().signed().read::<u8>("seen"));
    }),
    ("signed write", |session| {
        let signed = session.cookies().signed();
        drop(signed.write("seen", &2, &Attributes::new()));
    }),
];

/// What some code of the app is to do with a session, once.
#[derive(Clone, Default)]
struct Errand(Arc<Mutex<Option<(Session, Use)>>>);

impl Errand {
    fn give(&self, session: &Session, run: Use) {
        *self.0.lock().unwrap() = Some((session.clone(), run));
    }

    fn run(&self) {
        let errand = self.0.lock().unwrap().take();
        if let Some((session, run)) = errand {
            run(&session);
        }
    }

    fn is_done(&self) -> bool {
        self.0.lock().unwrap().is_none()
    }
}

thread_local! {
    /// For values that are made from nothing.
    static ERRAND: Errand = Errand::default();
}

/// A value whose own code runs the errand of its thread.
struct Busy;

impl Serialize for Busy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        ERRAND.with(Errand::run);
        serializer.collect_map([("busy", 1)])
    }
}

impl<'de> Deserialize<'de> for Busy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ERRAND.with(Errand::run);
        serde::de::IgnoredAny::deserialize(deserializer).map(|_| Self)
    }
}

impl From<Busy> for String {
    fn from(_: Busy) -> Self {
        ERRAND.with(Errand::run);
        "busy".to_owned()
    }
}

impl From<Busy> for hardtack::Value {
    fn from(_: Busy) -> Self {
        ERRAND.with(Errand::run);
        Self::Nil
    }
}

/// A writer, an observer and a header that run the errand of their thread.
impl std::fmt::Write for Busy {
    fn write_str(&mut self, _: &str) -> std::fmt::Result {
        ERRAND.with(Errand::run);
        Ok(())
    }
}

impl std::io::Write for Busy {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        ERRAND.with(Errand::run);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Observer for Busy {
    fn opened(&self, _: &str, _: &Opening) {
        ERRAND.with(Errand::run);
    }

    fn refused(&self, _: &str, _: Refusal) {
        ERRAND.with(Errand::run);
    }
}

struct BusyHeader(String);

impl AsRef<[u8]> for BusyHeader {
    fn as_ref(&self) -> &[u8] {
        ERRAND.with(Errand::run);
        self.0.as_bytes()
    }
}

/// A store whose clock runs the errand of its thread.
fn busy_clock() -> CookieStore {
    let store = store()
        .expire_after(Duration::from_secs(600))
        .absolute_lifetime(Duration::from_secs(6000));
    store.clock(|| {
        ERRAND.with(Errand::run);
        OffsetDateTime::now_utc()
    })
}

/// Has the session run code of the app, which does what is given.
type Call = fn(header: &str, run: Use);

/// Gives the errand, and sees that it was run.
fn errand(session: &Session, run: Use, call: impl FnOnce(&Session)) {
    ERRAND.with(|errand| errand.give(session, run));
    call(session);
    assert!(
        ERRAND.with(Errand::is_done),
        "the app's code was not called"
    );
}

fn logged(run: impl FnOnce()) {
    let subscriber = tracing_subscriber::fmt().with_writer(|| Busy).finish();
    tracing::subscriber::with_default(subscriber, run);
}

/// Every place where a session, or what belongs to it, calls code of the app.
const CALLS: [(&str, Call); 24] = [
    ("update", |header, run| {
        let session = open(&Arc::new(store()), header);
        let _ = session.update(|data| {
            run(&session);
            data.insert("f", &1)
        });
    }),
    ("read", |header, run| {
        let session = open(&Arc::new(store()), header);
        session.read(|_| run(&session));
    }),
    ("value of insert", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.insert("f", &Busy));
        });
    }),
    ("key of insert", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.insert(Busy, &1));
        });
    }),
    ("value of merge", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.merge(&Busy));
        });
    }),
    ("type of get", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.get::<Busy>("a"));
        });
    }),
    ("type of take", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.take::<Busy>("a"));
        });
    }),
    ("type of view", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.view::<Busy>());
        });
    }),
    ("type of flash", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.flash().get::<Busy>("notice"));
        });
    }),
    ("key of flash", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.flash().set(Busy, 1));
        });
    }),
    ("value of flash", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.flash().now("alert", Busy));
        });
    }),
    ("value of a cookie", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            let signed = session.cookies().signed();
            drop(signed.write("seen", &Busy, &Attributes::new()));
        });
    }),
    ("type of a cookie", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.cookies().signed().read::<Busy>("seen"));
        });
    }),
    ("observer of a session", |header, run| {
        let store = Arc::new(store().observer(Busy));
        errand(&open(&store, header), run, |session| {
            let _ = session.is_empty();
        });
    }),
    ("observer of a refused session", |_, run| {
        let store = Arc::new(store().observer(Busy));
        errand(&open(&store, "_app_session=junk"), run, |session| {
            drop(session.insert("f", &1));
        });
    }),
    ("clock, when it is read", |header, run| {
        errand(&open(&Arc::new(busy_clock()), header), run, |session| {
            let _ = session.is_empty();
        });
    }),
    ("clock, when it is checked", |header, run| {
        let session = open(&Arc::new(busy_clock()), header);
        session.insert("f", &1).unwrap();
        errand(&session, run, |session| drop(session.check()));
    }),
    ("clock, when it is committed", |header, run| {
        let session = open(&Arc::new(busy_clock()), header);
        session.insert("f", &1).unwrap();
        errand(&session, run, |session| drop(session.commit(200)));
    }),
    ("header", |header, run| {
        let header = BusyHeader(header.to_owned());
        let session = Session::open(&Arc::new(store()), header, RequestOrigin::default());
        errand(&session, run, |session| {
            let _ = session.is_empty();
        });
    }),
    ("writer of Debug", |header, run| {
        let session = open(&Arc::new(store()), header);
        session.insert("f", &1).unwrap();
        errand(&session, run, |session| {
            write!(Busy, "{session:?}").unwrap();
        });
    }),
    ("subscriber, of a refused session", |_, run| {
        logged(|| {
            let session = open(&Arc::new(store()), "_app_session=junk");
            errand(&session, run, |session| drop(session.keys()));
        });
    }),
    ("subscriber, of one not set over HTTP", |header, run| {
        logged(|| {
            let session = open(&Arc::new(store().secure(true)), header);
            session.insert("f", &1).unwrap();
            errand(&session, run, |session| drop(session.commit(200)));
        });
    }),
    (
        "subscriber, of a cookie not set over HTTP",
        |header, run| {
            logged(|| {
                let session = open(&Arc::new(store()), header);
                let secure = Attributes::new().secure(true);
                let signed = session.cookies().signed();
                signed.write("safe", &1, &secure).unwrap();
                errand(&session, run, |session| drop(session.cookies().take()));
            });
        },
    ),
    ("subscriber, of one too large", |header, run| {
        logged(|| {
            let session = open(&Arc::new(store()), header);
            session.insert("f", &"x".repeat(5000)).unwrap();
            errand(&session, run, |session| drop(session.commit(200)));
        });
    }),
];

#[test]
fn no_code_of_the_app_waits_for_the_session_that_calls_it() {
    let header = sent();
    let mut ran = 0;
    for (place, call) in CALLS {
        for (name, run) in USES {
            let header = header.clone();
            in_time(&format!("{place}: {name}"), move || call(&header, run));
            ran += 1;
        }
    }
    assert_eq!(ran, 24 * 41);
}

/// That a key has sealed much is told once in a process, so that each has a key of its own.
#[test]
fn who_hears_of_a_worn_key_may_use_the_session() {
    let calls: [(&str, Use); 2] = [
        ("check", |session| session.check().unwrap()),
        ("commit", |session| {
            assert_ne!(session.commit(200).unwrap(), hardtack::Commit::Keep);
        }),
    ];
    let mut ran = 0;
    for (what, call) in calls {
        in_time(what, move || {
            let secret = SecretKeyBase::generate().unwrap();
            let store = CookieStore::new(&secret, RailsVersion::V7_1, NAME);
            store.raise_seals((1 << 30) - 1);
            let session = open(&Arc::new(store), "");
            session.insert("a", &1).unwrap();
            logged(|| errand(&session, |session| drop(session.keys()), call));
        });
        ran += 1;
    }
    assert_eq!(ran, 2);
}

#[test]
fn what_both_changed_is_there() {
    let store = Arc::new(store());
    let session = open(&store, &sent());
    let inner = session.clone();
    in_time("update", move || {
        inner.insert("theme", "dark").unwrap();
        inner.insert("visits", &1).unwrap();
        let outcome = inner.update(|data| {
            // Not seen by the copy, and not lost.
            inner.insert("inner", &1).unwrap();
            inner.insert("theme", "light").unwrap();
            inner.remove("user_id").unwrap();
            assert_eq!(data.get::<u32>("user_id").unwrap(), Some(42));
            data.insert("outer", &2)?;
            // Both change it: the closure ends last.
            inner.insert("visits", &2).unwrap();
            data.insert("visits", &3)?;
            // Removed and set again, it comes last.
            data.remove("a");
            data.insert("a", "anew")?;
            data.get::<u32>("outer")
        });
        assert_eq!(outcome, Ok(Some(2)));
    });
    let keys = [
        "flash",
        "_began_at",
        "session_id",
        "theme",
        "visits",
        "inner",
        "outer",
        "a",
    ];
    assert_eq!(session.keys(), keys);
    assert_eq!(session.get::<String>("theme").unwrap().unwrap(), "light");
    assert_eq!(session.get::<u8>("visits").unwrap(), Some(3));
    assert_eq!(session.get::<String>("a").unwrap().unwrap(), "anew");
}

type Closure = fn(&mut hardtack::SessionData);

#[test]
fn what_is_cleared_or_put_in_place_is_written() {
    let store = Arc::new(store());
    // The closure, whether somebody else changes the session meanwhile, and what is left.
    let cases: [(&str, Closure, bool, &[&str]); 8] = [
        ("clear", |data| data.clear(), false, &[]),
        ("clear, and another", |data| data.clear(), true, &[]),
        (
            "clear and set, and another",
            |data| {
                data.clear();
                data.insert("new", &1).unwrap();
            },
            true,
            &["new"],
        ),
        (
            "new",
            |data| *data = hardtack::SessionData::new(),
            false,
            &[],
        ),
        (
            "new, and another",
            |data| *data = hardtack::SessionData::new(),
            true,
            &[],
        ),
        (
            "another session, and another",
            |data| {
                let mut other = hardtack::SessionData::new();
                other.insert("x", &1).unwrap();
                other.insert("y", &2).unwrap();
                *data = other;
            },
            true,
            &["x", "y"],
        ),
        (
            "undone",
            |data| {
                let before = data.clone();
                data.clear();
                *data = before;
                data.insert("new", &1).unwrap();
            },
            false,
            &["user_id", "a", "flash", "_began_at", "session_id", "new"],
        ),
        (
            "undone, and another",
            |data| {
                let before = data.clone();
                data.clear();
                *data = before;
                data.insert("new", &1).unwrap();
            },
            true,
            &[
                "user_id",
                "a",
                "flash",
                "_began_at",
                "session_id",
                "other",
                "new",
            ],
        ),
    ];
    let mut ran = 0;
    for (what, closure, other, left) in cases {
        let session = open(&store, &sent());
        session
            .update(|data| {
                if other {
                    session.insert("other", &1)?;
                }
                closure(data);
                Ok(())
            })
            .unwrap();
        assert_eq!(session.keys(), left, "{what}");
        let commit = session.commit(200).unwrap();
        assert_ne!(commit, hardtack::Commit::Keep, "{what}");
        ran += 1;
    }
    assert_eq!(ran, 8);
}

#[test]
fn an_error_changes_nothing() {
    let store = Arc::new(store());
    let session = open(&store, &sent());
    let refused = session.update(|data| {
        data.clear();
        data.insert("user_id", "text")?;
        data.get::<u32>("user_id")
    });
    assert!(matches!(refused, Err(Error::UnexpectedValue { .. })));
    assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
    assert_eq!(session.commit(200).unwrap(), hardtack::Commit::Keep);
}

/// Threads that change one session at once: each has keys of its own, and all of them are there.
#[test]
fn no_thread_loses_what_another_changed() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 50;
    let store = Arc::new(store());
    let session = open(&store, "");
    let shared = session.clone();
    in_time("threads", move || {
        thread::scope(|scope| {
            for number in 0..THREADS {
                let session = &shared;
                scope.spawn(move || {
                    for round in 0..ROUNDS {
                        let key = format!("{number}.{round}");
                        if round % 2 == 0 {
                            session.insert(key.as_str(), &round).unwrap();
                        } else {
                            session.update(|data| data.insert(key, &round)).unwrap();
                        }
                        if round >= 10 {
                            let old = format!("{number}.{}", round - 10);
                            let taken = session.take::<usize>(&old).unwrap();
                            assert_eq!(taken, Some(round - 10));
                        }
                    }
                });
            }
        });
    });
    let mut keys = session.keys();
    keys.sort();
    let rounds = ROUNDS - 10..ROUNDS;
    let expected = (0..THREADS).flat_map(|number| {
        let rounds = rounds.clone();
        rounds.map(move |round| format!("{number}.{round}"))
    });
    assert_eq!(keys, expected.collect::<Vec<_>>());
}

thread_local! {
    /// The session that a value changes while it is read.
    static MEANWHILE: Cell<Option<Session>> = const { Cell::new(None) };
}

struct Takes;

impl<'de> Deserialize<'de> for Takes {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let session = MEANWHILE.take().unwrap();
        assert_eq!(session.take("token").unwrap(), Some(7));
        Ok(Self)
    }
}

struct Sets;

impl<'de> Deserialize<'de> for Sets {
    fn deserialize<D: Deserializer<'de>>(_: D) -> Result<Self, D::Error> {
        let session = MEANWHILE.take().unwrap();
        session.insert("token", &8).unwrap();
        Ok(Self)
    }
}

/// Of two that take a value at once one has it; and what is set meanwhile stays.
#[test]
fn a_value_is_taken_once() {
    in_time("take", || {
        let store = Arc::new(store());
        let with_token = || {
            let session = open(&store, "");
            session.insert("token", &7).unwrap();
            MEANWHILE.set(Some(session.clone()));
            session
        };
        let session = with_token();
        assert!(session.take::<Takes>("token").unwrap().is_none());
        assert!(!session.contains_key("token"));

        let session = with_token();
        assert!(session.take::<Sets>("token").unwrap().is_some());
        assert_eq!(session.get::<u8>("token").unwrap(), Some(8));
    });
}
