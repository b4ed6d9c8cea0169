//! No change is lost silently: a change that will not be written is an error and has no effect.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::thread;
use std::time::Duration;

use hardtack::flash::FlashHash;
use hardtack::settings::SizeLimit;
use hardtack::test_util::{Browser, cookie_header};
use hardtack::{
    Commit, CookieStore, Error, Keyring, LoadDefaults, RequestOrigin, SameSite, Session, SetCookie,
    WritePolicy,
};

use crate::support::secret;

const NAME: &str = "_app_session";

/// The store of all tests, since deriving its keys takes long.
static JARS: LazyLock<Keyring> = LazyLock::new(|| Keyring::new(&secret(), LoadDefaults::V7_1));

fn store() -> CookieStore {
    CookieStore::with_keyring(JARS.clone(), NAME)
}

/// Opens a session without an id, which Rails never writes.
fn open(store: CookieStore) -> Session {
    let raw = serde_json::json!({
        "user_id": 42,
        "_csrf_token": "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8",
        "flash": { "discard": [], "flashes": { "notice": "Saved" } },
    });
    let jar = store.keyring();
    let cookie = jar.session().write(NAME, &raw, None);
    let header = format!("{NAME}={}", cookie.unwrap().escaped_value());
    Session::open(&Arc::new(store), header, RequestOrigin::default())
}

type Change = fn(&Session) -> Result<(), Error>;

/// Every method that changes a session or its flash, or decides if the session is written.
const CHANGES: [(&str, Change); 27] = [
    ("insert", |session| session.insert("a", 1)),
    ("remove", |session| session.remove("user_id").map(drop)),
    ("remove nothing", |session| {
        session.remove("absent").map(drop)
    }),
    ("take", |session| session.take::<u8>("user_id").map(drop)),
    ("take nothing", |session| {
        session.take::<u8>("absent").map(drop)
    }),
    ("clear", Session::clear),
    ("check", Session::check),
    ("reset", Session::reset),
    ("renew", Session::renew),
    ("expire_after", |session| {
        session.expire_after(Duration::from_secs(60))
    }),
    ("expire_after nothing", |session| session.expire_after(None)),
    ("same_site", |session| session.same_site(SameSite::Strict)),
    ("drop", Session::drop),
    ("merge", |session| {
        session.merge(&BTreeMap::from([("a", 1)]))
    }),
    ("update", |session| {
        session.update(|data| data.insert("a", 1))
    }),
    ("update nothing", |session| session.update(|_| Ok(()))),
    ("set", |session| session.flash().set("notice", "No")),
    ("now", |session| session.flash().now("notice", "No")),
    ("keep", |session| session.flash().keep("notice")),
    ("keep_all", |session| session.flash().keep_all()),
    ("discard", |session| session.flash().discard("notice")),
    ("discard_all", |session| session.flash().discard_all()),
    ("flash remove", |session| {
        session.flash().remove("notice").map(drop)
    }),
    ("flash clear", |session| session.flash().clear()),
    ("insert after a look at the flash", |session| {
        assert_eq!(session.flash().notice().as_deref(), Some("Saved"));
        session.insert("a", 1)
    }),
    ("tokens of a session without", |session| {
        if session.contains_key("user_id") {
            return session.insert("a", 1);
        }
        session.authenticity_tokens().map(drop)
    }),
    ("insert after an id was asked for", |session| {
        assert_eq!(session.session_id(), None);
        session.insert("a", 1)
    }),
];

#[test]
fn a_change_that_is_not_written_is_an_error_and_none() {
    let mut ran = 0;
    for (what, change) in CHANGES {
        let read_only = open(store().writes(WritePolicy::Never));
        let committed = open(store());
        let _ = committed.keys();
        assert_eq!(committed.commit(200).unwrap(), Commit::Keep);
        // Nobody asked for it before.
        let unread = open(store());
        assert_eq!(unread.commit(200).unwrap(), Commit::Keep);
        for (session, expected) in [
            (read_only, Error::ReadOnlySession),
            (committed, Error::CommittedSession),
            (unread, Error::CommittedSession),
        ] {
            assert_eq!(change(&session), Err(expected), "{what}");
            assert_eq!(
                session.keys(),
                ["_csrf_token", "flash", "user_id"],
                "{what}"
            );
            assert_eq!(session.get::<u8>("user_id").unwrap(), Some(42), "{what}");
            assert_eq!(session.flash().notice().as_deref(), Some("Saved"), "{what}");
            assert_eq!(session.flash().keys(), ["notice"], "{what}");
            assert_eq!(session.session_id(), None, "{what}");
            ran += 1;
        }
        // Where it is written it is none.
        assert_eq!(change(&open(store())), Ok(()), "{what}");
    }
    assert_eq!(ran, 27 * 3);
}

#[test]
fn tokens_that_cannot_be_kept_are_an_error() {
    for (store, is_committed, expected) in [
        (
            store().writes(WritePolicy::Never),
            false,
            Error::ReadOnlySession,
        ),
        (store(), true, Error::CommittedSession),
    ] {
        let session = Session::open(&Arc::new(store), "", RequestOrigin::default());
        if is_committed {
            assert_eq!(session.commit(200).unwrap(), Commit::Keep);
        }
        assert_eq!(session.authenticity_tokens().err(), Some(expected));
        assert!(session.is_empty());
    }
}

/// The closure runs, and the session is committed before it returns.
#[test]
fn what_is_committed_in_the_meantime_is_an_error() {
    let session = open(store());
    let outcome = session.update(|data| {
        assert_eq!(session.commit(200)?, Commit::Keep);
        data.insert("a", 1)
    });
    assert_eq!(outcome, Err(Error::CommittedSession));
    assert!(!session.contains_key("a"));
}

#[test]
fn a_cookie_that_is_set_too_late_is_an_error() {
    type Set = fn(&Session) -> Result<(), Error>;
    let sets: [(&str, Set); 5] = [
        ("set", |session| {
            let cookie = SetCookie::new("theme", "dark", None)?;
            session.cookies().set(cookie)
        }),
        ("delete", |session| session.cookies().delete("theme", None)),
        ("signed", |session| {
            let signed = session.cookies().signed();
            signed.write("theme", "dark", None)
        }),
        ("encrypted", |session| {
            let encrypted = session.cookies().encrypted();
            encrypted.write("theme", "dark", None)
        }),
        ("signed delete", |session| {
            session.cookies().signed().delete("theme", None)
        }),
    ];
    let mut ran = 0;
    for (what, set) in sets {
        let session = open(store());
        assert_eq!(session.commit(200).unwrap(), Commit::Keep);
        assert_eq!(set(&session), Err(Error::CommittedSession), "{what}");
        assert!(session.cookies().take().is_empty(), "{what}");
        // A store that is read-only is so for the session alone.
        let session = open(store().writes(WritePolicy::Never));
        assert_eq!(set(&session), Ok(()), "{what}");
        assert_eq!(session.cookies().take().len(), 1, "{what}");
        ran += 1;
    }
    assert_eq!(ran, 5);
}

#[test]
fn a_value_of_another_type_stays() {
    let session = open(store());
    let refused = session.take::<bool>("user_id");
    assert!(matches!(refused, Err(Error::UnexpectedValue { key, .. }) if key == "user_id"));
    assert_eq!(session.commit(200).unwrap(), Commit::Keep);

    let session = open(store());
    assert_eq!(session.take::<u8>("user_id"), Ok(Some(42)));
    assert_eq!(session.take::<u8>("user_id"), Ok(None));
    // Nil is taken away too, and is none.
    session.insert("nil", ()).unwrap();
    assert_eq!(session.take::<u8>("nil"), Ok(None));
    assert!(!session.contains_key("nil"));
    assert!(matches!(session.commit(200).unwrap(), Commit::Set(_)));
}

/// The entries that `clear`, `renew` and `reset` keep of a session that somebody may have planted.
#[test]
fn what_clear_renew_and_reset_keep() {
    type End = (
        &'static str,
        Change,
        &'static [&'static str],
        Option<&'static str>,
    );
    // The keys in the session, and the flash of the next request if this request kept it.
    let cases: [End; 3] = [
        (
            "clear",
            Session::clear,
            &["flash", "session_id"],
            Some("Saved"),
        ),
        (
            "renew",
            Session::renew,
            &["user_id", "flash", "session_id"],
            Some("Saved"),
        ),
        ("reset", Session::reset, &["session_id"], None),
    ];
    let mut ran = 0;
    for (what, end, keys, notice) in cases {
        let shop = Arc::new(store());
        let id = "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6";
        let header = cookie_header(&shop, |session| {
            session.insert("session_id", id)?;
            session.insert("user_id", 42)?;
            session.insert("_csrf_token", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8")?;
            let mut flash = FlashHash::default();
            flash.set("notice", "Saved");
            flash.commit(session)
        });
        let session = Session::open(&shop, header.unwrap(), RequestOrigin::default());
        session.flash().keep_all().unwrap();
        end(&session).unwrap();
        let Commit::Set(cookies) = session.commit(200).unwrap() else {
            panic!("{what}: it is not set")
        };
        let mut browser = Browser::default();
        browser.receive([cookies[0].to_string()]);
        let next = browser.session(&shop).unwrap();
        assert_eq!(next.keys(), keys, "{what}");
        assert_ne!(next.session_id().as_deref(), Some(id), "{what}");
        assert_eq!(FlashHash::load(&next).notice(), notice, "{what}");
        ran += 1;
    }
    assert_eq!(ran, 3);
}

/// Threads change the session while it is committed: exactly the changes that returned `Ok` are in
/// its cookie.
#[test]
fn what_went_well_is_in_the_cookie() {
    const THREADS: usize = 4;
    const ROUNDS: usize = 200;
    let shop = Arc::new(store().limit(SizeLimit::None));
    for _ in 0..20 {
        let session = Session::open(&shop, "", RequestOrigin::default());
        session.insert("first", 0).unwrap();
        let done = AtomicUsize::new(0);
        let (commit, kept) = thread::scope(|scope| {
            let threads: Vec<_> = (0..THREADS)
                .map(|number| {
                    let (session, done) = (&session, &done);
                    scope.spawn(move || {
                        let mut kept = Vec::new();
                        // A commit that comes late leaves a cookie that is not read: 16 KiB.
                        for round in 0..ROUNDS {
                            let key = format!("{number}.{round}");
                            let outcome = match round % 3 {
                                0 => session.insert(key.as_str(), 1),
                                1 => session.update(|data| data.insert(key.as_str(), 1)),
                                _ => session.merge(&BTreeMap::from([(key.as_str(), 1)])),
                            };
                            if let Err(error) = outcome {
                                assert_eq!(error, Error::CommittedSession);
                                break;
                            }
                            kept.push(key);
                            done.fetch_add(1, SeqCst);
                        }
                        kept
                    })
                })
                .collect();
            while done.load(SeqCst) < 20 {
                thread::yield_now();
            }
            let commit = session.commit(200).unwrap();
            let kept = threads
                .into_iter()
                .flat_map(|thread| thread.join().unwrap());
            (commit, kept.collect::<BTreeSet<String>>())
        });
        assert!(kept.len() >= 20);
        let mut browser = Browser::default();
        browser.receive(commit.cookies().iter().map(ToString::to_string));
        let next = browser.session(&shop).unwrap();
        let keys = next.keys().into_iter().map(String::from);
        let keys: BTreeSet<String> = keys
            .filter(|key| key != "first" && key != "session_id")
            .collect();
        assert_eq!(keys, kept);
    }
}
