//! Repeats the steps of Rails' session store with `CookieStore`, from the same cookies: the
//! sessions and attributes are the same, and so are the responses without a cookie. One difference
//! is intended: a session that was only read is not written.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hardtack::test_util::Browser;
use hardtack::{Commit, CookieStore, LoadDefaults, RequestOrigin, SameSite, Session, WritePolicy};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::steps::{Step, contents, steps};

const NAME: &str = "_app_session";
const DAYS: u32 = 7000;
const DAY: Duration = Duration::from_secs(86_400);

fn store(step: &Step) -> CookieStore {
    let version: LoadDefaults = step.rails.parse().unwrap();
    CookieStore::new(&step.secret(), version, NAME).serializer(step.serializer.parse().unwrap())
}

/// Returns the attributes of a `Set-Cookie`, in the lower case of Rack 3.1.
fn attributes(set_cookie: &str) -> String {
    let (_, attributes) = set_cookie.split_once(';').unwrap();
    attributes.to_ascii_lowercase()
}

/// Returns the time when Rails wrote the cookie, by its `expires`.
fn written_at(set_cookie: &str) -> OffsetDateTime {
    let expires = set_cookie.split("; expires=").nth(1).unwrap();
    let expires = expires.split(';').next().unwrap();
    OffsetDateTime::parse(expires, &Rfc2822).unwrap() - DAY * DAYS
}

/// Repeats a step. Returns the commit of the session, and the session that the handler saw.
fn perform(step: &Step, before: &str) -> (Commit, Option<Vec<String>>, CookieStore) {
    let plain = RequestOrigin::new(false, Some("www.example.org"));
    let ssl = RequestOrigin::new(true, Some("www.example.org"));
    let cookie = format!("{NAME}={before}");
    let none = String::new();
    let set_user = |session: &Session| session.insert("user_id", 1).unwrap();

    let store = store(step);
    let (store, header, origin) = match step.what.as_str() {
        "first write" | "flash" => (store, none, plain),
        "tampered cookie is an empty session" => (store, cookie.replacen("--", "x--", 1), plain),
        "expire_after 7000 days" => {
            let now = written_at(step.set_cookie.as_ref().unwrap());
            (
                store.expire_after(DAY * DAYS).clock(move || now),
                none,
                plain,
            )
        }
        "secure over http" => (store.secure(true), none, plain),
        "secure strict domain path over https" => {
            let store = store.secure(true).same_site(Some(SameSite::Strict));
            (store.domain("example.org").path("/app"), none, ssl)
        }
        _ => (store, cookie, plain),
    };
    let store = Arc::new(store);
    let session = Session::open(&store, header, origin);
    let mut seen = None;
    match step.what.as_str() {
        "first write" => {
            session.insert("user_id", 42).unwrap();
            session.insert("name", "Ada").unwrap();
        }
        "read only" => assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42)),
        "untouched" => {}
        "change" => {
            session
                .insert("n", (1, BTreeMap::from([("a", None::<u8>)])))
                .unwrap();
            assert!(session.remove("name").unwrap());
        }
        "reset_session" => {
            session.reset().unwrap();
            session.insert("after", true).unwrap();
        }
        "tampered cookie is an empty session" => {
            seen = Some(session.keys());
            session.insert("x", 1).unwrap();
        }
        "flash" => session.flash().set("notice", "Saved").unwrap(),
        "expire_after 7000 days" | "secure over http" | "secure strict domain path over https" => {
            set_user(&session);
        }
        unknown => panic!("no such step: {unknown}"),
    }
    let commit = session.commit(200).unwrap();
    drop(session);
    (commit, seen, Arc::into_inner(store).unwrap())
}

/// The value that a `Set-Cookie` has.
fn value(set_cookie: &str) -> &str {
    let pair = set_cookie.split(';').next().unwrap();
    pair.split_once('=').unwrap().1
}

#[test]
fn every_step_of_every_session() {
    let mut ran = 0;
    for (file, steps) in steps() {
        let mut first = String::new();
        for step in steps {
            let place = format!("{file}: {} {}", step.serializer, step.what);
            let (commit, seen, store) = perform(&step, &first);
            ran += 1;
            if step.what == "tampered cookie is an empty session" {
                assert_eq!(seen.unwrap(), [""; 0], "{place}");
            }
            let Some(set_cookie) = &step.set_cookie else {
                assert_eq!(commit, Commit::Keep, "{place}");
                continue;
            };
            if step.what == "first write" {
                value(set_cookie).clone_into(&mut first);
            }
            if step.what == "read only" {
                assert_eq!(commit, Commit::Keep, "{place}");
                let as_rails = Arc::new(store.writes(WritePolicy::WhenRead));
                let session = Session::open(
                    &as_rails,
                    format!("{NAME}={first}"),
                    RequestOrigin::default(),
                );
                assert!(session.contains_key("user_id"));
                assert!(
                    matches!(session.commit(200).unwrap(), Commit::Set(_)),
                    "{place}"
                );
                continue;
            }
            let Commit::Set(cookies) = commit else {
                panic!("{place}: {commit:?}")
            };
            let [ours] = &cookies[..] else {
                panic!("{place}: {cookies:?}")
            };
            assert_eq!(
                attributes(&ours.to_string()),
                attributes(set_cookie),
                "{place}"
            );

            let content = |cookie: &str| {
                let mut browser = Browser::default();
                browser.receive([cookie]);
                let session = browser.session(&store).expect(&place);
                let id = session.session_id().expect(&place);
                (id, session)
            };
            let (id, session) = content(&ours.to_string());
            assert_eq!(Some(contents(&session)), step.expected(), "{place}");
            if let Some(same_id) = step.same_id {
                let (first_id, _) = content(&format!("{NAME}={first}"));
                assert_eq!(id == first_id, same_id, "{place}");
            }
        }
    }
    assert_eq!(ran, 80);
}

/// A session that was opened without its older store is not replaced by an empty one.
#[test]
fn a_session_whose_store_was_not_asked_is_not_written() {
    use hardtack::stores::{MemoryStore, StoredJson};
    use hardtack::{CookieStore, Error, RequestOrigin, ServerSessions, Session};

    let older = ServerSessions::new(StoredJson, MemoryStore::new(), "_app_session");
    let store = CookieStore::ephemeral("_app_session").unwrap();
    let store = Arc::new(store.migrating_from(older));
    let open = |header: &'static str| Session::open(&store, header, RequestOrigin::default());
    let id = "_app_session=0123456789abcdef0123456789abcdef";
    let session = open(id);
    assert_eq!(session.get::<u32>("user_id").unwrap(), None);
    session.insert("user_id", 7).unwrap();
    assert_eq!(session.commit(200), Err(Error::NeedsStore));
    // Without an id there is nothing to ask for.
    let session = open("");
    session.insert("user_id", 7).unwrap();
    assert_eq!(session.commit(200).unwrap().cookies().len(), 1);
}
