//! Saves of one session whose requests are dropped while they wait, or while they save.

use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hardtack::ServerSessions;
use hardtack::stores::{Entry, Saved, SessionStore, StoreError, StoredJson, When};
use time::OffsetDateTime;

use crate::held_store::{
    Crowd, Held, ID, NAME, crowd, kept, look, now, open, put, release, sessions, set,
};

/// What is dropped, and when; and the operations of the others.
#[test]
fn a_dropped_commit_passes_the_turn_on() {
    type Row = (
        &'static str,
        fn(&mut Crowd, &Held),
        &'static [&'static str],
        &'static [&'static str],
    );
    let rows: &[Row] = &[
        (
            "one that waits",
            |crowd, _| {
                crowd.run();
                crowd.drop_commit(1);
            },
            &["save", "save"],
            &["begun", "a", "c"],
        ),
        (
            "the last one that waits",
            |crowd, _| {
                crowd.run();
                crowd.drop_commit(2);
            },
            &["save", "save"],
            &["begun", "a", "b"],
        ),
        (
            "the one whose turn it is",
            |crowd, store| {
                crowd.run();
                crowd.drop_commit(0);
                // The store never carries it out.
                assert!(store.answer(true));
            },
            &["save", "save"],
            &["begun", "b", "c"],
        ),
        (
            // It takes along no entry that it was handed.
            "the one that just got its turn",
            |crowd, store| {
                crowd.run();
                assert!(store.answer(true) && crowd.poll(0) && !crowd.is_waiting(0));
                crowd.drop_commit(1);
            },
            &["save", "save"],
            &["begun", "a", "c"],
        ),
        (
            "all",
            |crowd, store| {
                crowd.run();
                (0..3).for_each(|number| crowd.drop_commit(number));
                assert!(store.answer(true));
            },
            &[],
            &["begun"],
        ),
        (
            "nobody",
            |_, _| {},
            &["save", "save", "save"],
            &["begun", "a", "b", "c"],
        ),
    ];
    let mut ran = 0;
    for (what, drop, commands, expected) in rows {
        let store = Held::default();
        let sessions = sessions(&store);
        put(&sessions, &store, ID);
        let mut crowd = crowd(&sessions, &store, &["a", "b", "c"]);
        drop(&mut crowd, &store);
        crowd.finish(&store);
        assert_eq!(store.answered(), *commands, "{what}");
        assert!((0..3).all(|number| !crowd.is_waiting(number)), "{what}");
        release(&store);
        assert_eq!(kept(&sessions), *expected, "{what}");
        // The turn is free again.
        assert!(now(set(&sessions, "d").commit(200)).is_ok(), "{what}");
        ran += 1;
    }
    assert_eq!(ran, 6);
}

/// The client of the first has left, and the app's runtime finishes its commit.
#[test]
fn a_detached_commit_keeps_its_turn() {
    type Tasks = Arc<Mutex<Vec<Pin<Box<dyn Future<Output = ()> + Send>>>>>;
    let (store, tasks) = (Held::default(), Tasks::default());
    let spawned = tasks.clone();
    let sessions = ServerSessions::new(StoredJson, store.clone(), NAME)
        .finish_commits(move |commit| spawned.lock().unwrap().push(commit));
    let sessions = Arc::new(sessions);
    put(&sessions, &store, ID);
    let mut crowd = crowd(&sessions, &store, &["a", "b"]);
    crowd.run();
    crowd.drop_commit(0);
    crowd.run();
    assert_eq!(store.waiting(), 1, "the second one waits for the first");
    assert!(store.answer(true));
    let mut task = tasks.lock().unwrap().pop().unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(task.as_mut().poll(&mut cx).is_ready());
    crowd.finish(&store);
    assert_eq!(store.answered(), ["save", "save"]);
    release(&store);
    assert_eq!(kept(&sessions), ["begun", "a", "b"]);
}

/// A store that lets other tasks run before and after each operation.
struct Yielding(Held);

impl SessionStore for Yielding {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        tokio::task::yield_now().await;
        self.0.load(key).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        tokio::task::yield_now().await;
        let saved = self.0.save(key, bytes, ttl, when).await;
        tokio::task::yield_now().await;
        saved
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.0.touch(key, ttl).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.0.delete(key, when).await
    }
}

/// Polls a future so many times, and then drops it.
async fn polled<F: Future>(times: usize, future: F) -> Option<F::Output> {
    let (mut future, mut left) = (Box::pin(future), times);
    std::future::poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(cx).map(Some)
    })
    .await
}

/// Threads that save one session, of which every third request is dropped while it waits or saves.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_that_are_dropped_at_any_time_hold_up_nobody() {
    const REQUESTS: usize = 64;
    const CHANGES: usize = 24;

    let store = Held::default();
    // By a clock that stands still nobody is let go, and whoever is not woken hangs.
    let sessions = ServerSessions::new(StoredJson, Yielding(store.clone()), NAME)
        .clock(|| OffsetDateTime::UNIX_EPOCH);
    let sessions = Arc::new(sessions);
    let reader = self::sessions(&store);
    put(&reader, &store, ID);
    let tasks: Vec<_> = (0..REQUESTS)
        .map(|number| {
            let sessions = sessions.clone();
            tokio::spawn(async move {
                let (key, mut acknowledged, mut dropped) = (format!("k{number}"), 0, 0_usize);
                for change in 1..=CHANGES {
                    let lazy = open(&sessions, ID);
                    let session = lazy.load().await.unwrap();
                    let there = session.get::<usize>(&key).unwrap().unwrap_or_default();
                    // A dropped save may have happened.
                    assert!(there >= acknowledged, "{there} after {acknowledged}");
                    session.insert(&key, change).unwrap();
                    let times = if (number + change) % 3 == 0 {
                        change % 5
                    } else {
                        usize::MAX
                    };
                    match polled(times, lazy.commit(200)).await {
                        Some(outcome) => {
                            assert!(outcome.is_ok());
                            acknowledged = change;
                        }
                        None => dropped += 1,
                    }
                }
                (acknowledged, dropped)
            })
        })
        .collect();
    let mut dropped = 0;
    for (number, task) in tasks.into_iter().enumerate() {
        let (acknowledged, dropped_here) = task.await.unwrap();
        dropped += dropped_here;
        let there = look(&reader, ID, &format!("k{number}"));
        assert!(there.unwrap() >= acknowledged as u64);
    }
    assert!(dropped > 100, "{dropped}");
}
