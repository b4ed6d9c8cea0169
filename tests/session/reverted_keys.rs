//! Keys that were saved here, and that have their former values again.

use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use bytes::Bytes;
use hardtack::observe::Tally;
use hardtack::stores::{ConflictPolicy, SessionFormat, SessionStore, StoredJson, When};
use hardtack::{ServerSessions, Session};

use crate::held_store::{Crowd, Held, ID, NAME, now, open, put, request, sessions};

/// Sessions whose observer counts, and another program at the same store.
struct Beside {
    store: Held,
    tally: Arc<Tally>,
    sessions: Arc<ServerSessions>,
}

impl Beside {
    fn new(policy: ConflictPolicy) -> Self {
        let (store, tally) = (Held::default(), Arc::new(Tally::new()));
        let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
        let sessions = sessions.conflicts(policy).observer(tally.clone());
        let beside = Self {
            store,
            tally,
            sessions: Arc::new(sessions),
        };
        beside.overwrite(r#"{"a":1,"b":1}"#);
        beside
    }

    /// Saves a change of this program.
    fn save(&self, change: impl FnOnce(&Session)) {
        let lazy = request(&self.sessions, ID, change);
        assert!(now(lazy.commit(200)).is_ok());
    }

    fn set(&self, key: &str, value: u64) {
        self.save(|session| session.insert(key, value).unwrap());
    }

    /// Writes the whole session, as another program does.
    fn overwrite(&self, json: &'static str) {
        let (key, bytes) = (
            StoredJson.keys(ID).remove(0),
            Bytes::from_static(json.as_bytes()),
        );
        now(self.store.0.store.save(&key, bytes, None, &When::Always)).unwrap();
    }

    fn load(&self) {
        now(open(&self.sessions, ID).load()).unwrap();
    }

    /// Loads the session, and returns the number of keys that the observer has heard of so far.
    fn reverts(&self) -> u64 {
        self.load();
        self.tally.reverts().iter().map(|(_, keys)| keys).sum()
    }
}

/// The work of this program and another one, and the number of keys that are found changed back.
type Row = (&'static str, fn(&Beside), u64);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    ("a change", |b| { b.set("a", 2); b.overwrite(r#"{"a":1,"b":5}"#); }, 1),
    ("a new key", |b| { b.set("c", 2); b.overwrite(r#"{"a":1,"b":1}"#); }, 1),
    ("a removal", |b| { b.save(|s| assert!(s.remove("a").is_ok())); b.overwrite(r#"{"a":1,"b":1}"#); }, 1),
    ("two keys", |b| {
        b.save(|s| { s.insert("a", 2).unwrap(); s.insert("b", 2).unwrap(); });
        b.overwrite(r#"{"b":1,"a":1}"#);
    }, 2),
    ("one of two, and the other one changed", |b| {
        b.save(|s| { s.insert("a", 2).unwrap(); s.insert("b", 2).unwrap(); });
        b.overwrite(r#"{"a":1,"b":7}"#);
    }, 1),
    // Whoever wrote it had loaded our save, and set `a` back.
    ("one of two", |b| {
        b.save(|s| { s.insert("a", 2).unwrap(); s.insert("b", 2).unwrap(); });
        b.overwrite(r#"{"a":1,"b":2}"#);
    }, 0),
    ("another value", |b| { b.set("a", 2); b.overwrite(r#"{"a":3,"b":1}"#); }, 0),
    ("our value, in other words", |b| { b.set("a", 2); b.overwrite(r#"{ "b": 1, "a": 2 }"#); }, 0),
    ("nothing changed", |b| { b.set("a", 1); b.overwrite(r#"{"a":1,"b":5}"#); }, 0),
    ("changed back here", |b| { b.set("a", 2); b.set("a", 1); }, 0),
    ("changed back here, and written there", |b| { b.set("a", 2); b.set("a", 1); b.overwrite(r#"{"a":1,"b":5}"#); }, 0),
    // The later save alone is remembered.
    ("the change before the last one", |b| { b.set("a", 2); b.set("b", 2); b.overwrite(r#"{"a":1,"b":2}"#); }, 0),
    ("both changes", |b| { b.set("a", 2); b.set("b", 2); b.overwrite(r#"{"a":1,"b":1}"#); }, 1),
    ("noticed once", |b| { b.set("a", 2); b.overwrite(r#"{"a":1,"b":5}"#); b.load(); b.load(); }, 1),
    ("twice", |b| {
        for _ in 0..2 { b.set("a", 2); b.overwrite(r#"{"a":1,"b":5}"#); b.load(); }
    }, 2),
    ("a session that was cleared", |b| {
        b.save(|s| { s.clear().unwrap(); s.insert("a", 2).unwrap(); });
        b.overwrite(r#"{"a":1,"b":1}"#);
    }, 0),
    ("after a logout here", |b| {
        b.set("a", 2); b.save(|s| s.reset().unwrap()); b.overwrite(r#"{"a":1,"b":1}"#);
    }, 0),
    ("more than four keys", |b| {
        b.save(|s| for key in ["c", "d", "e", "f", "g", "h"] { s.insert(key, 1).unwrap(); });
        b.overwrite(r#"{"a":1,"b":1}"#);
    }, 4),
    // Found by the conflict, before the session is loaded again.
    ("at a save", |b| {
        b.set("a", 2);
        let lazy = request(&b.sessions, ID, |s| s.insert("b", 2).unwrap());
        b.overwrite(r#"{"a":1,"b":1}"#);
        assert!(now(lazy.commit(200)).is_ok());
    }, 1),
];

#[test]
fn keys_that_another_program_changed_back_are_counted() {
    let mut ran = 0;
    for (what, work, expected) in ROWS {
        let beside = Beside::new(ConflictPolicy::Merge);
        work(&beside);
        assert_eq!(beside.reverts(), *expected, "{what}");
        ran += 1;
    }
    assert_eq!(ran, 19);
}

/// Whoever overwrites undoes the changes of others as well.
#[test]
fn overwriting_sessions_remember_nothing() {
    let beside = Beside::new(ConflictPolicy::Overwrite);
    beside.set("a", 2);
    beside.overwrite(r#"{"a":1,"b":5}"#);
    assert_eq!(beside.reverts(), 0);
}

/// A loading that began before the save was answered may have seen the session before it.
#[test]
fn a_loading_beside_the_save_proves_nothing() {
    use std::pin::pin;
    use std::task::{Context, Waker};

    let beside = Beside::new(ConflictPolicy::Merge);
    beside.set("b", 3); // so that there is a save to compare with
    let lazy = request(&beside.sessions, ID, |session| {
        session.insert("a", 2).unwrap();
    });
    let mut crowd = Crowd::default();
    crowd.add(lazy);
    beside.store.0.is_held.store(true, SeqCst);
    crowd.run();
    let late = open(&beside.sessions, ID);
    let mut loading = pin!(late.load());
    let mut cx = Context::from_waker(Waker::noop());
    assert!(loading.as_mut().poll(&mut cx).is_pending());
    crowd.finish(&beside.store);
    beside.overwrite(r#"{"a":1,"b":5}"#);
    assert!(loading.as_mut().poll(&mut cx).is_ready());
    assert!(beside.tally.reverts().is_empty());
    beside.store.0.is_held.store(false, SeqCst);
    assert_eq!(beside.reverts(), 1, "the next one does");
}

/// Another session with the same keys and values is another session.
#[test]
fn sessions_are_told_apart() {
    let beside = Beside::new(ConflictPolicy::Merge);
    let reader = sessions(&beside.store);
    for number in 0..2000_u32 {
        put(&reader, &beside.store, &format!("{number:032x}"));
    }
    for number in 0..1000_u32 {
        let id = format!("{number:032x}");
        let lazy = request(&beside.sessions, &id, |session| {
            session.insert("a", 2).unwrap();
        });
        assert!(now(lazy.commit(200)).is_ok());
    }
    for number in 1000..2000_u32 {
        now(open(&beside.sessions, &format!("{number:032x}")).load()).unwrap();
    }
    assert!(beside.tally.reverts().is_empty());
}

#[cfg(feature = "tracing")]
#[test]
fn an_event_tells_their_number() {
    let beside = Beside::new(ConflictPolicy::Merge);
    let lines = crate::logged::logged(|| {
        beside.set("a", 2);
        beside.overwrite(r#"{"a":1,"b":5}"#);
        beside.load();
    });
    let expected = [
        r#"INFO hardtack: keys of a session that this process saved have their former values again; another program overwrote the session, or changed them back cookie="_session_id" keys=1 untold=0"#,
    ];
    assert_eq!(lines, expected);
}

#[cfg(feature = "metrics")]
#[test]
fn a_metric_counts_them() {
    use hardtack::observe::CookieMetrics;

    use crate::cookie_metrics::counters;

    let store = Held::default();
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
    let beside = Beside {
        store,
        tally: Arc::default(),
        sessions: Arc::new(sessions.observer(CookieMetrics::new())),
    };
    beside.overwrite(r#"{"a":1}"#);
    let counted = counters(|| {
        beside.set("a", 2);
        beside.overwrite(r#"{"a":1}"#);
        beside.load();
    });
    let name = r#"hardtack_store_reverts_total{cookie="_session_id"}"#;
    assert_eq!(counted.get(name), Some(&1));
}
