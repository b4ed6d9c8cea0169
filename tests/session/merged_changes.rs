//! Two requests at once that change the flash, or create the first authenticity token.

use std::sync::Mutex;

use hardtack::csrf::AuthenticityTokens;
use hardtack::{Commit, Session};

use crate::visitor::{Visitor, sent};

type Change = fn(&Session);
type Messages = &'static [(&'static str, &'static str)];

fn read(session: &Session) {
    assert_eq!(session.flash().notice().as_deref(), Some("Saved"));
    session.insert("m", 1).unwrap();
}

fn set(session: &Session, key: &str, text: &str) {
    session.flash().set(key, text).unwrap();
}

/// What a request does with a flash whose notice is "Saved", what another one does meanwhile, and the
/// messages that the next request shows.
const CASES: [(&str, Change, Change, Messages); 12] = [
    (
        "both add a message",
        |session| set(session, "info", "1"),
        |session| set(session, "alert", "2"),
        &[("alert", "2"), ("info", "1")],
    ),
    (
        "one reads, and another adds",
        read,
        |session| set(session, "alert", "2"),
        &[("alert", "2")],
    ),
    (
        "one adds, and another reads",
        |session| set(session, "alert", "2"),
        read,
        &[("alert", "2")],
    ),
    ("both read", read, read, &[]),
    (
        "one reads, and another uses no flash",
        read,
        |session| session.insert("o", 1).unwrap(),
        &[],
    ),
    (
        "one uses no flash, and another adds",
        |session| session.insert("o", 1).unwrap(),
        |session| set(session, "alert", "2"),
        &[("alert", "2")],
    ),
    (
        "one reads, and another sets the same key",
        read,
        |session| set(session, "notice", "Newer"),
        &[("notice", "Newer")],
    ),
    // The later save counts, as with every key.
    (
        "both set one key",
        |session| set(session, "notice", "Mine"),
        |session| set(session, "notice", "Theirs"),
        &[("notice", "Mine")],
    ),
    (
        "one sets the message that another reads",
        |session| {
            set(session, "notice", "Saved");
            session.insert("o", 1).unwrap();
        },
        read,
        &[("notice", "Saved")],
    ),
    // It was shown, and nobody set it again.
    (
        "one keeps the message that another reads",
        |session| {
            session.flash().keep_all().unwrap();
            session.insert("o", 1).unwrap();
        },
        read,
        &[],
    ),
    (
        "one keeps it, and another keeps it and adds",
        |session| {
            session.flash().keep_all().unwrap();
            session.insert("o", 1).unwrap();
        },
        |session| {
            session.flash().keep_all().unwrap();
            set(session, "alert", "2");
        },
        &[("notice", "Saved"), ("alert", "2")],
    ),
    (
        "one clears, and another adds",
        |session| {
            session.flash().clear().unwrap();
            session.flash().now("info", "1").unwrap();
        },
        |session| set(session, "alert", "2"),
        &[("alert", "2")],
    ),
];

#[tokio::test]
async fn the_messages_of_both_are_shown_once() {
    let mut ran = 0;
    for (what, change, other, expected) in CASES {
        let saved = |session: &Session| set(session, "notice", "Saved");
        let visitor = Visitor::begin(|sessions| sessions, saved).await;
        let commit = visitor.two_requests(change, other).await;
        assert_eq!(commit, Ok(Commit::Keep), "{what}");
        for expected in [expected, &[]] {
            let shown = |session: &Session| {
                let flash = session.flash();
                let text = |key: String| (flash.text(&key).unwrap(), key);
                let texts: Vec<_> = flash.keys().into_iter().map(text).collect();
                let texts: Vec<_> = texts.iter().map(|(text, key)| (&**key, &**text)).collect();
                assert_eq!(texts, expected, "{what}");
            };
            let _ = visitor.request(shown).await.unwrap();
        }
        ran += 1;
    }
    assert_eq!(ran, 12);
}

/// Returns the tokens of a request's pages.
fn page(session: &Session) -> String {
    let tokens: AuthenticityTokens = session.authenticity_tokens().unwrap();
    tokens.masked_authenticity_token().unwrap()
}

#[tokio::test]
async fn of_two_first_tokens_the_first_that_is_saved_stays() {
    let insert = |session: &Session| session.insert("m", 1).unwrap();
    let visitor = Visitor::begin(|sessions| sessions, insert).await;
    let (first, last) = (Mutex::new(String::new()), Mutex::new(String::new()));
    let both = visitor.two_requests(
        |session| *last.lock().unwrap() = page(session),
        |session| *first.lock().unwrap() = page(session),
    );
    assert_eq!(both.await, Ok(Commit::Keep));
    let (first, last) = (first.into_inner().unwrap(), last.into_inner().unwrap());
    let session = visitor.open().load().await.unwrap();
    assert!(session.is_authentic(&first, "/", "POST"));
    assert!(!session.is_authentic(&last, "/", "POST"));
}

#[tokio::test]
async fn a_token_that_is_none_is_replaced() {
    let insert = |session: &Session| session.insert("m", 1).unwrap();
    let junk = |session: &Session| session.insert("_csrf_token", "junk").unwrap();
    let visitor = Visitor::begin(|sessions| sessions, insert).await;
    let token = Mutex::new(String::new());
    let both = visitor.two_requests(|session| *token.lock().unwrap() = page(session), junk);
    assert_eq!(both.await, Ok(Commit::Keep));
    let session = visitor.open().load().await.unwrap();
    assert!(session.is_authentic(token.into_inner().unwrap(), "/", "POST"));
}

/// Whoever knew the session before a login, and created its first token meanwhile, does not know the
/// token after it.
#[tokio::test]
async fn a_login_replaces_a_token_that_was_created_meanwhile() {
    let logins: [Change; 2] = [
        |session| session.renew().unwrap(),
        |session| {
            let _ = page(session);
            session.renew().unwrap();
        },
    ];
    for login in logins {
        let insert = |session: &Session| session.insert("m", 1).unwrap();
        let mut visitor = Visitor::begin(|sessions| sessions, insert).await;
        let (planted, own) = (Mutex::new(String::new()), Mutex::new(String::new()));
        let both = visitor.two_requests(
            |session| {
                login(session);
                *own.lock().unwrap() = page(session);
            },
            |session| *planted.lock().unwrap() = page(session),
        );
        visitor.header = sent(&both.await.unwrap());
        let (planted, own) = (planted.into_inner().unwrap(), own.into_inner().unwrap());
        let session = visitor.open().load().await.unwrap();
        assert!(session.is_authentic(&own, "/", "POST"));
        assert!(!session.is_authentic(&planted, "/", "POST"));
    }
}
