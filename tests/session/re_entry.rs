//! Code of the app that a session calls may use the same session without a deadlock.
//!
//! Each case runs in a thread of its own. A case that does not end in time fails.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use hardtack::message::SealedBy;
use hardtack::observe::Observer;
use hardtack::{
    CookieAttributes, CookieStore, Keyring, LoadDefaults, Refusal, RequestOrigin, SameSite,
    SecretKeyBase, Session, SetCookie,
};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::OffsetDateTime;

use crate::logged::heard_by;
use crate::support::{in_time, secret};

const NAME: &str = "_app_session";

/// The store of all cases, since deriving its keys takes long.
static JARS: LazyLock<Keyring> = LazyLock::new(|| Keyring::new(&secret(), LoadDefaults::V7_1));

fn store() -> CookieStore {
    CookieStore::with_keyring(JARS.clone(), NAME)
}

fn open(store: &Arc<CookieStore>, header: &str) -> Session {
    Session::open(store, header.to_owned(), RequestOrigin::default())
}

/// Returns the header of a browser with a session and another cookie.
fn sent() -> String {
    let store = Arc::new(store().absolute_lifetime(Duration::from_secs(6000)));
    let session = open(&store, "");
    session.insert("user_id", 42).unwrap();
    session.insert("a", "text").unwrap();
    session.flash().set("notice", "Saved").unwrap();
    let signed = session.cookies().signed();
    signed.write("seen", 1, None).unwrap();
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
const USES: [(&str, Use); 46] = [
    ("expire_after", |session| {
        drop(session.expire_after(Duration::from_secs(60)));
    }),
    ("same_site", |session| {
        drop(session.same_site(SameSite::Lax));
    }),
    ("skip", |session| drop(session.skip())),
    ("drop", |session| drop(session.drop())),
    ("get", |session| drop(session.get::<u32>("user_id"))),
    ("insert", |session| drop(session.insert("b", 1))),
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
        drop(session.view::<BTreeMap<String, hardtack::value::Value>>());
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
            session.update(|inner| inner.insert("d", 1))?;
            data.insert("e", 1)
        });
    }),
    ("update_key", |session| {
        drop(session.update_key("user_id", |id: Option<u32>| id.map(|id| id + 1)));
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
        let cookie = SetCookie::new("theme", "dark", None).unwrap();
        drop(session.cookies().set(cookie));
    }),
    ("cookies delete", |session| {
        drop(session.cookies().delete("theme", None));
    }),
    ("cookies take", |session| drop(session.cookies().take())),
    ("signed read", |session| {
        drop(session.cookies().signed().get::<u8>("seen"));
    }),
    ("signed write", |session| {
        let signed = session.cookies().signed();
        drop(signed.write("seen", 2, None));
    }),
];

/// Code of the app that uses a session, once.
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

/// A value whose `Serialize` or `Deserialize` runs the errand of its thread.
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

impl AsRef<str> for Busy {
    fn as_ref(&self) -> &'static str {
        ERRAND.with(Errand::run);
        "busy"
    }
}

impl From<Busy> for hardtack::value::Value {
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
    fn opened(&self, _: &str, _: &SealedBy) {
        ERRAND.with(Errand::run);
    }

    fn refused(&self, _: &str, _: Refusal) {
        ERRAND.with(Errand::run);
    }
}

/// Runs the errand of its thread when it is dropped.
struct DropsBusy;

impl Drop for DropsBusy {
    fn drop(&mut self) {
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

/// Makes the session run code of the app, which runs the given errand.
type Call = fn(header: &str, run: Use);

/// Sets the errand, and checks that it ran.
fn errand(session: &Session, run: Use, call: impl FnOnce(&Session)) {
    ERRAND.with(|errand| errand.give(session, run));
    call(session);
    assert!(
        ERRAND.with(Errand::is_done),
        "the app's code was not called"
    );
}

/// Updates a key by a closure that runs the errand of its thread when it is dropped.
fn update_and_drop(session: &Session) {
    let busy = DropsBusy;
    let update = move |f: Option<u32>| {
        let _ = &busy;
        f.unwrap_or(0) + 1
    };
    session.update_key("f", update).unwrap();
}

fn logged(run: impl FnOnce()) {
    let subscriber = tracing_subscriber::fmt().with_writer(|| Busy).finish();
    heard_by(subscriber, run);
}

/// Every place where a session, its flash or its cookies call code of the app.
const CALLS: [(&str, Call); 30] = [
    ("update_key", |header, run| {
        let session = open(&Arc::new(store()), header);
        let same = session.clone();
        // It ends, even if each run changes the key.
        drop(session.update_key("user_id", move |id: Option<u32>| {
            run(&same);
            id
        }));
        drop(session.commit(200));
    }),
    ("type of update_key", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.update_key("a", |_: Option<Busy>| 1));
        });
    }),
    ("value of update_key", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.update_key("a", |_: Option<String>| Busy));
        });
    }),
    ("key of update_key", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.update_key(Busy, |_: Option<u8>| 1));
        });
    }),
    ("closure of update_key that is replaced", |header, run| {
        let session = open(&Arc::new(store()), header);
        update_and_drop(&session);
        session.insert("f", 1).unwrap();
        session.update(|data| data.insert("f", 2)).unwrap();
        session.clear().unwrap();
        errand(&session, run, |session| drop(session.commit(200)));
    }),
    (
        "closure of update_key, when it is committed",
        |header, run| {
            let session = open(&Arc::new(store()), header);
            update_and_drop(&session);
            errand(&session, run, |session| drop(session.commit(200)));
        },
    ),
    ("update", |header, run| {
        let session = open(&Arc::new(store()), header);
        let _ = session.update(|data| {
            run(&session);
            data.insert("f", 1)
        });
    }),
    ("read", |header, run| {
        let session = open(&Arc::new(store()), header);
        session.read(|_| run(&session));
    }),
    ("value of insert", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.insert("f", Busy));
        });
    }),
    ("key of insert", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.insert(Busy, 1));
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
            drop(signed.write("seen", &Busy, None));
        });
    }),
    ("type of a cookie", |header, run| {
        errand(&open(&Arc::new(store()), header), run, |session| {
            drop(session.cookies().signed().get::<Busy>("seen"));
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
            drop(session.insert("f", 1));
        });
    }),
    ("clock, when it is read", |header, run| {
        errand(&open(&Arc::new(busy_clock()), header), run, |session| {
            let _ = session.is_empty();
        });
    }),
    ("clock, when it is checked", |header, run| {
        let session = open(&Arc::new(busy_clock()), header);
        session.insert("f", 1).unwrap();
        errand(&session, run, |session| drop(session.check()));
    }),
    ("clock, when it is committed", |header, run| {
        let session = open(&Arc::new(busy_clock()), header);
        session.insert("f", 1).unwrap();
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
        session.insert("f", 1).unwrap();
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
            session.insert("f", 1).unwrap();
            errand(&session, run, |session| drop(session.commit(200)));
        });
    }),
    (
        "subscriber, of a cookie not set over HTTP",
        |header, run| {
            logged(|| {
                let session = open(&Arc::new(store()), header);
                let secure = CookieAttributes::new().secure(true);
                let signed = session.cookies().signed();
                signed.write("safe", 1, &secure).unwrap();
                errand(&session, run, |session| drop(session.cookies().take()));
            });
        },
    ),
    ("subscriber, of one too large", |header, run| {
        logged(|| {
            let session = open(&Arc::new(store()), header);
            session.insert("f", "x".repeat(5000)).unwrap();
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
    assert_eq!(ran, 30 * 46);
}

/// The event of many seals comes once for each key in a process, so each case has its own key.
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
            let store = CookieStore::new(&secret, LoadDefaults::V7_1, NAME);
            store.raise_seals((1 << 30) - 1);
            let session = open(&Arc::new(store), "");
            session.insert("a", 1).unwrap();
            logged(|| errand(&session, |session| drop(session.keys()), call));
        });
        ran += 1;
    }
    assert_eq!(ran, 2);
}
