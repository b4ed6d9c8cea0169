//! Ids of new sessions that the store already has: a session of somebody else is never overwritten
//! or adopted.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hardtack::csrf::CsrfSettings;
use hardtack::stores::{ReadEntry, SessionFormat, StoredJson};
use hardtack::test_util::Browser;
use hardtack::{Error, Keyring, LoadDefaults, SecretKeyBase, ServerSessions, Session, SessionData};
use time::OffsetDateTime;

use super::app::{Framework, Handler, Reply, Request, Sessions};
use super::cases::Case;
use super::recorded::{Recorded, private_id};

pub(crate) const ALL: &[(&str, Case)] = &[
    (
        "server_new_ids_that_are_taken",
        server_new_ids_that_are_taken,
    ),
    (
        "server_new_ids_without_randomness",
        server_new_ids_without_randomness,
    ),
    (
        "server_tokens_belong_to_the_id_that_was_written",
        server_tokens_belong_to_the_id_that_was_written,
    ),
];

const NAME: &str = "_session_id";

/// A format whose new ids are known before.
struct KnownIds(Mutex<VecDeque<String>>);

impl KnownIds {
    fn new(ids: impl IntoIterator<Item = String>) -> Self {
        Self(Mutex::new(ids.into_iter().collect()))
    }
}

impl SessionFormat for KnownIds {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        StoredJson.id_of_cookie(value)
    }

    fn cookie_of_id(&self, id: &str) -> Result<String, Error> {
        StoredJson.cookie_of_id(id)
    }

    fn new_id(&self) -> Result<String, Error> {
        self.0
            .lock()
            .unwrap()
            .pop_front()
            .ok_or(Error::NoRandomness)
    }

    fn keys(&self, id: &str) -> Vec<String> {
        StoredJson.keys(id)
    }

    fn read(&self, bytes: &Bytes, now: OffsetDateTime) -> ReadEntry {
        StoredJson.read(bytes, now)
    }

    fn write(
        &self,
        session: &SessionData,
        previous: Option<&Bytes>,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        StoredJson.write(session, previous, ttl, now)
    }
}

fn id(number: usize) -> String {
    format!("{number:032x}")
}

fn write(session: &Session) {
    session.insert("user_id", 7).unwrap();
}

/// The session that the browser has, under an id that is not among the new ones.
const OWN: usize = 0xffff;

type Change = (
    &'static str,
    fn(&Session),
    bool,
    &'static [&'static str],
    &'static [&'static str],
);

/// The kinds of requests that make an id, and the operations before and after the new entry.
const CHANGES: &[Change] = &[
    ("begin", write, false, &[], &[]),
    (
        "renew",
        |session| {
            session.renew().unwrap();
            write(session);
        },
        true,
        &["load private"],
        &["delete public", "delete private"],
    ),
    (
        "reset",
        |session| {
            session.reset().unwrap();
            write(session);
        },
        true,
        &["load private", "delete public", "delete private"],
        &[],
    ),
];

/// The session of somebody else: another one, and one with the same bytes.
const OTHERS: [&str; 2] = [r#"{"user_id":1}"#, r#"{"user_id":7}"#];

fn server_new_ids_that_are_taken(framework: &dyn Framework) {
    let mut ran = 0;
    for (kind, change, is_known, before, after) in CHANGES {
        for other in OTHERS {
            for taken in 0..=4 {
                let what = format!("{kind}: {taken} taken, {other}");
                let store = Recorded::default();
                for number in 0..taken {
                    store.put(&private_id(&id(number)), other);
                }
                let format = KnownIds::new((0..9).map(id));
                let sessions = Arc::new(ServerSessions::new(format, store.clone(), NAME));
                let mut request = Request::default();
                if *is_known {
                    store.put(&private_id(&id(OWN)), "{}");
                    request.cookies.push(format!("{NAME}={}", id(OWN)));
                }
                let change = *change;
                let handler = Handler::new(move |session| {
                    change(session);
                    Reply::text("")
                });
                let sessions = Sessions::OnServer(sessions);
                let response = framework.serve(&sessions, request, handler).unwrap();

                let tries = (taken + 1).min(3);
                let is_written = taken < 3;
                let mut commands = before.to_vec();
                commands.extend(vec!["save private absent"; tries]);
                if is_written {
                    commands.extend(*after);
                }
                assert_eq!(store.asked(), commands, "{what}");
                for number in 0..taken {
                    let text = store.text(&private_id(&id(number)));
                    assert_eq!(text.as_deref(), Some(other), "{what}");
                }
                if is_written {
                    // The cookie has the id that was written, and all its attributes.
                    let cookie = format!("{NAME}={}; path=/; httponly; samesite=lax", id(taken));
                    assert_eq!(response.set_cookies, [cookie], "{what}");
                    let text = store.text(&private_id(&id(taken)));
                    assert_eq!(text.as_deref(), Some(OTHERS[1]), "{what}");
                } else {
                    assert_eq!(
                        (response.status, response.set_cookies.len()),
                        (500, 0),
                        "{what}"
                    );
                }
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 30);
}

fn server_new_ids_without_randomness(framework: &dyn Framework) {
    let store = Recorded::default();
    store.put(&private_id(&id(0)), OTHERS[0]);
    let format = KnownIds::new([id(0)]);
    let sessions = Arc::new(ServerSessions::new(format, store.clone(), NAME));
    let handler = Handler::new(|session| {
        write(session);
        Reply::text("")
    });
    let sessions = Sessions::OnServer(sessions);
    let response = framework
        .serve(&sessions, Request::default(), handler)
        .unwrap();
    assert_eq!((response.status, response.set_cookies.len()), (500, 0));
    assert_eq!(store.asked(), ["save private absent"]);
    assert_eq!(store.text(&private_id(&id(0))).as_deref(), Some(OTHERS[0]));
}

/// A token in a cookie of its own is bound to the session's id (Rails 7.1,
/// `protect_from_forgery store: :cookie`).
fn server_tokens_belong_to_the_id_that_was_written(framework: &dyn Framework) {
    let store = Recorded::default();
    for number in 0..2 {
        store.put(&private_id(&id(number)), OTHERS[0]);
    }
    let secret = SecretKeyBase::new("c".repeat(64)).unwrap();
    let settings = CsrfSettings::from(LoadDefaults::V7_2).token_cookie("csrf_token");
    let sessions = ServerSessions::new(KnownIds::new((0..9).map(id)), store, NAME)
        .keyring(Keyring::new(&secret, LoadDefaults::V7_2))
        .csrf(settings);
    let sessions = Sessions::OnServer(Arc::new(sessions));
    let mut browser = Browser::default();
    let begin = Handler::new(|session| {
        write(session);
        let tokens = session.authenticity_tokens().unwrap();
        Reply::text(tokens.masked_authenticity_token().unwrap())
    });
    let response = framework.serve(&sessions, Request::default(), begin);
    let response = response.unwrap();
    browser.receive(&response.set_cookies);
    let token = response.body;
    let request = Request {
        cookies: vec![browser.cookie_header()],
        ..Request::default()
    };
    assert!(request.cookies[0].contains(&id(2)) && request.cookies[0].contains("csrf_token="));
    let check = Handler::new(move |session| {
        assert_eq!(session.session_id(), Some(id(2)));
        assert!(session.is_authentic(&token, "/", "POST"));
        Reply::text("")
    });
    assert_eq!(
        framework.serve(&sessions, request, check).unwrap().status,
        200
    );
}
