//! A session that moves from its older key, beside another request: each a script of operations.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use bytes::Bytes;
use hardtack::stores::{SessionFormat, SessionStore, StoredJson, When};
use hardtack::{Commit, ServerSessions};

use crate::held_store::{Crowd, Held, ID, NAME, look, now, release, request, sessions, set};

/// Returns the present key, and the older one.
fn keys() -> [String; 2] {
    StoredJson.keys(ID).try_into().unwrap()
}

fn put(store: &Held, key: &str, text: &'static str) {
    let bytes = Bytes::from_static(text.as_bytes());
    let saved = store.0.store.save(key, bytes, None, &When::Always);
    now(saved).unwrap();
}

/// Returns a store with a session under its older key.
fn older() -> (Held, Arc<ServerSessions>) {
    let store = Held::default();
    put(&store, &keys()[1], r#"{"begun":true}"#);
    let sessions = sessions(&store);
    (store, sessions)
}

/// The older key is changed by a program that knows no other, and the present one by a request that
/// found the session there already.
#[test]
fn a_change_under_the_present_key_is_kept() {
    let (store, sessions) = older();
    let moving = set(&sessions, "moved");
    let mut crowd = Crowd::default();
    store.0.is_held.store(true, SeqCst);
    let moving = crowd.add(moving);
    crowd.run();
    assert!(store.answer(true));
    crowd.run();
    let [present, older] = keys();
    put(&store, &older, r#"{"begun":true,"older":2}"#);
    put(&store, &present, r#"{"begun":true,"moved":1,"beside":3}"#);
    crowd.finish(&store);
    assert!(crowd.outcome(moving).is_ok());
    release(&store);
    assert_eq!(look(&sessions, ID, "beside"), Some(3));
    assert_eq!(look(&sessions, ID, "moved"), Some(1));
    assert_eq!(look(&sessions, ID, "older"), Some(2));
    assert_eq!(store.0.store.len(), 1);
}

/// The entry stays in the older store for ten minutes after a move. A renewal ends the former id
/// there, too.
#[test]
fn a_renewal_after_a_move_ends_the_former_id() {
    let [store, older] = [Held::default(), Held::default()];
    put(&older, &keys()[0], r#"{"begun":true}"#);
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
    let sessions = sessions.migrating_from(ServerSessions::new(StoredJson, older.clone(), NAME));
    let sessions = Arc::new(sessions);
    assert!(now(set(&sessions, "moved").commit(200)).is_ok());
    assert_eq!((store.0.store.len(), older.0.store.len()), (1, 1));

    let renewing = request(&sessions, ID, |session| session.renew().unwrap());
    let Ok(Commit::Set(cookies)) = now(renewing.commit(200)) else {
        panic!("it is not renewed")
    };
    assert_eq!((store.0.store.len(), older.0.store.len()), (1, 0));
    assert_eq!(look(&sessions, ID, "moved"), None);
    assert_eq!(
        look(&sessions, cookies[0].escaped_value(), "moved"),
        Some(1)
    );
}
