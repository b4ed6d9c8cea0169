//! Requests of one session at the same time, under each `ConflictPolicy`.

use std::sync::Arc;

use hardtack::stores::{ConflictPolicy, StoredJson};
use hardtack::{LazySession, RequestOrigin, ServerSessions, Session};

use super::app::{Framework, Handler, Reply, Request, Response, Sessions};
use super::cases::Case;
use super::recorded::{Recorded, now, private_id};

pub(crate) const ALL: &[(&str, Case)] = &[
    (
        "server_two_requests_under_each_policy",
        server_two_requests_under_each_policy,
    ),
    (
        "server_renewal_beside_an_older_key",
        server_renewal_beside_an_older_key,
    ),
    #[cfg(feature = "rails-stores")]
    (
        "server_reading_overwrites_nothing",
        server_reading_overwrites_nothing,
    ),
];

const NAME: &str = "_session_id";
const ID: &str = "0123456789abcdef0123456789abcdef";

type Change = fn(&Session);

/// A request, another one that runs to its end during it, and per policy the commands of the first
/// one's commit and what is then under the id of both.
type Row = (&'static str, Change, Change, [Outcome; 2]);
type Outcome = (&'static [&'static str], Option<&'static str>);

fn set_a(session: &Session) {
    session.insert("a", 1).unwrap();
}

fn set_b(session: &Session) {
    session.insert("b", 2).unwrap();
}

fn update_a(session: &Session) {
    let add = |a: Option<u32>| a.map(|a| a + 1);
    session.update_key("a", add).unwrap();
}

fn clear(session: &Session) {
    session.clear().unwrap();
}

fn empty(session: &Session) {
    session.remove("a").unwrap();
}

fn reset(session: &Session) {
    session.reset().unwrap();
}

fn renew(session: &Session) {
    session.renew().unwrap();
}

/// The policies, in the order of the outcomes.
const POLICIES: [ConflictPolicy; 2] = [ConflictPolicy::Merge, ConflictPolicy::Overwrite];

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("a change beside a change", set_a, set_b, [
        (&["save private unchanged", "save private unchanged"], Some(r#"{"a":1,"b":2}"#)),
        (&["save private present"], Some(r#"{"a":1}"#)),
    ]),
    ("an update beside an update", update_a, update_a, [
        (&["save private unchanged", "save private unchanged"], Some(r#"{"a":2}"#)),
        (&["save private present"], Some(r#"{"a":1}"#)),
    ]),
    ("an update and a renewal beside an update", |session| { update_a(session); renew(session); }, update_a, [
        (&["save private absent", "delete public", "delete private", "load private", "save private present", "delete private"], None),
        (&["save private absent", "delete public", "delete private"], None),
    ]),
    // What was deleted stays deleted.
    ("a change beside a logout", set_a, reset, [
        (&["save private unchanged"], None),
        (&["save private present"], None),
    ]),
    ("a change beside a renewal", set_a, renew, [
        (&["save private unchanged"], None),
        (&["save private present"], None),
    ]),
    ("a logout beside a change", reset, set_b, [
        (&["delete public", "delete private"], None),
        (&["delete public", "delete private"], None),
    ]),
    ("a clear beside a change", clear, set_b, [
        (&["delete public", "delete private"], None),
        (&["delete public", "delete private"], None),
    ]),
    ("an emptied session beside a change", empty, set_b, [
        (&["delete public", "delete private", "load private", "save private unchanged"], Some(r#"{"b":2}"#)),
        (&["delete public", "delete private"], None),
    ]),
    ("a renewal beside a change", renew, set_b, [
        (&["save private absent", "delete public", "delete private", "load private", "save private present", "delete private"], None),
        (&["save private absent", "delete public", "delete private"], None),
    ]),
    ("a renewal beside a logout", renew, reset, [
        (&["save private absent", "delete public", "delete private", "load private", "delete private"], None),
        (&["save private absent", "delete public", "delete private", "load private", "delete private"], None),
    ]),
];

fn sessions(store: &Recorded, policy: ConflictPolicy) -> Arc<ServerSessions> {
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
    Arc::new(sessions.conflicts(policy))
}

/// Runs a whole request of the same browser.
fn beside(sessions: &Arc<ServerSessions>, change: impl FnOnce(&Session)) {
    let header = format!("{NAME}={ID}");
    let lazy = LazySession::open(sessions, header, RequestOrigin::default());
    change(&now(lazy.load()).unwrap());
    let _ = now(lazy.commit(200)).unwrap();
}

fn serve(framework: &dyn Framework, sessions: Arc<ServerSessions>, handler: Handler) -> Response {
    let request = Request {
        cookies: vec![format!("{NAME}={ID}")],
        ..Request::default()
    };
    let response = framework.serve(&Sessions::OnServer(sessions), request, handler);
    response.unwrap()
}

fn server_two_requests_under_each_policy(framework: &dyn Framework) {
    let mut ran = 0;
    for (name, change, other, outcomes) in ROWS {
        for (policy, (commands, expected)) in POLICIES.iter().zip(outcomes) {
            let what = format!("{name}, {policy:?}");
            let store = Recorded::default();
            store.put(&private_id(ID), r#"{"a":0}"#);
            let sessions = sessions(&store, *policy);
            let (change, other) = (*change, *other);
            let (same, log) = (sessions.clone(), store.clone());
            let handler = Handler::new(move |session| {
                change(session);
                beside(&same, other);
                log.asked();
                Reply::text("")
            });
            let response = serve(framework, sessions, handler);
            assert_eq!(response.status, 200, "{what}");
            assert_eq!(store.asked(), *commands, "{what}");
            let text = store.text(&private_id(ID));
            assert_eq!(text.as_deref(), *expected, "{what}");
            // A cookie is set only if a session is there under its id.
            for cookie in &response.set_cookies {
                let value = cookie.strip_prefix("_session_id=").unwrap();
                let id = value.split(';').next().unwrap();
                let is_there = store.text(&private_id(id)).is_some();
                assert!(id.is_empty() || is_there, "{what}: {cookie}");
            }
            ran += 1;
        }
    }
    assert_eq!(ran, 20);
}

/// Rack after an upgrade keeps the session under both keys. While it is renewed, another request of
/// the browser finds the session as it was or none, and never leaves the older state behind.
fn server_renewal_beside_an_older_key(framework: &dyn Framework) {
    let mut ran = 0;
    for policy in POLICIES {
        for deletion in 0..2 {
            let store = Recorded::default();
            store.put(ID, r#"{"a":"older"}"#);
            store.put(&private_id(ID), r#"{"a":0}"#);
            let sessions = sessions(&store, policy);
            let same = sessions.clone();
            store.after_deletion(deletion, move || {
                beside(&same, |session| {
                    assert_ne!(
                        session.get::<String>("a").ok().flatten().as_deref(),
                        Some("older")
                    );
                });
            });
            let handler = Handler::new(|session| {
                renew(session);
                Reply::text("")
            });
            let response = serve(framework, sessions, handler);
            assert_eq!((response.status, response.set_cookies.len()), (200, 1));
            assert_eq!((store.text(ID), store.text(&private_id(ID))), (None, None));
            assert_eq!(store.len(), 1);
            ran += 1;
        }
    }
    assert_eq!(ran, 4);
}

/// A request that only read rewrites the entry to extend its life, and undoes nobody's change.
#[cfg(feature = "rails-stores")]
fn server_reading_overwrites_nothing(framework: &dyn Framework) {
    use hardtack::stores::{CacheFormatVersion, RailsCache};

    for policy in POLICIES {
        let store = Recorded::default();
        let sessions = |policy| {
            let format = RailsCache::new(CacheFormatVersion::V7_1);
            let sessions = ServerSessions::new(format, store.clone(), NAME).conflicts(policy);
            Arc::new(sessions.expire_after(std::time::Duration::from_secs(600)))
        };
        let sessions = sessions(policy);
        let begun = LazySession::open(&sessions, "", RequestOrigin::default());
        set_a(&now(begun.load()).unwrap());
        let commit = now(begun.commit(200)).unwrap();
        let header = format!("{NAME}={}", commit.cookies()[0].escaped_value());
        let request = Request {
            cookies: vec![header.clone()],
            ..Request::default()
        };
        let (same, log) = (sessions.clone(), store.clone());
        let other = header.clone();
        let handler = Handler::new(move |session| {
            assert_eq!(session.get::<u32>("a").unwrap(), Some(1));
            let lazy = LazySession::open(&same, other.clone(), RequestOrigin::default());
            set_b(&now(lazy.load()).unwrap());
            let _ = now(lazy.commit(200)).unwrap();
            log.asked();
            Reply::text("")
        });
        let sent = Sessions::OnServer(sessions.clone());
        assert_eq!(
            framework.serve(&sent, request, handler).unwrap().status,
            200
        );
        assert_eq!(store.asked(), ["save private unchanged for 600 s"]);
        let lazy = LazySession::open(&sessions, header, RequestOrigin::default());
        assert_eq!(now(lazy.load()).unwrap().get::<u32>("b").unwrap(), Some(2));
    }
}
