//! Servers that are away, hang, close connections, and answer with errors.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, StoreError, When};
use hardtack_mongodb::MongoStore;
use mongodb::bson::doc;
use tokio::net::TcpListener;

use crate::chain;
use crate::server::{Fault, Server};

const SESSION: &str = "{\"a\":\"session-of-somebody\"}";
const HOUR: Option<Duration> = Some(Duration::from_secs(3600));

async fn save(store: &MongoStore, when: &When) -> Result<Saved, StoreError> {
    let bytes = Bytes::from_static(SESSION.as_bytes());
    store.save("key-of-somebody", bytes, HOUR, when).await
}

fn quiet(error: &StoreError) -> String {
    let error = chain(error);
    for secret in ["key-of-somebody", "session-of-somebody", "wordpass"] {
        assert!(!error.contains(secret), "{error}");
    }
    error
}

/// The limit, and what a busy machine adds.
fn in_time(start: Instant, limit: Duration) {
    let took = start.elapsed();
    assert!(took < limit + Duration::from_secs(5), "{took:?}");
}

#[tokio::test]
async fn a_server_that_refuses_is_an_error_that_names_it() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let limit = Duration::from_secs(3);
    let url = format!("mongodb://anna:wordpass@{address}/shop");
    let store = MongoStore::new(url).unwrap().time_limit(limit);
    let start = Instant::now();
    let error = quiet(&store.load("key-of-somebody").await.unwrap_err());
    in_time(start, limit);
    assert!(error.contains(&address), "{error}");
    assert!(error.contains("refused"), "{error}");
    assert!(!error.contains("anna"), "{error}");
    assert!(save(&store, &When::Always).await.is_err());
    assert!(store.check().await.is_err());
}

#[tokio::test]
async fn a_server_that_never_answers_costs_the_time_limit() {
    let limit = Duration::from_secs(3);
    let greets =
        Server::with_faults(None, |at, _| (at != usize::MAX).then_some(Fault::Hangs)).await;
    let silent = Server::with_faults(None, |_, _| Some(Fault::Hangs)).await;
    for (server, expected) in [
        (
            &greets,
            "did not answer update within the time limit; if it was a write, it may have happened",
        ),
        (&silent, "MongoDB at 127.0.0.1"),
    ] {
        let store = MongoStore::new(server.url()).unwrap().time_limit(limit);
        let start = Instant::now();
        let error = quiet(&save(&store, &When::Always).await.unwrap_err());
        in_time(start, limit);
        assert!(error.contains(expected), "{error}");
    }
}

/// The connection of an operation that was given up is not used again: its answer would be taken for
/// the next one's.
#[tokio::test]
async fn an_answer_is_never_another_operations() {
    let server = Server::with_faults(None, |at, _| (at == 0).then_some(Fault::Hangs)).await;
    server.put(doc! { "_id": "b", "session": "{\"b\":1}" });
    let store = MongoStore::new(server.url())
        .unwrap()
        .time_limit(Duration::from_secs(20));
    let given_up = store.clone();
    let given_up = tokio::spawn(async move { given_up.load("a").await });
    while server.names().is_empty() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    given_up.abort();
    assert!(given_up.await.unwrap_err().is_cancelled());
    let entry = store.load("b").await.unwrap().unwrap();
    assert_eq!(entry.bytes, "{\"b\":1}");
    assert!(store.load("a").await.unwrap().is_none());
}

/// On a replica set the driver sends a write again under its number, and it is executed once. A
/// server alone knows no numbers: the error says that the write may have happened.
#[tokio::test]
async fn a_write_is_executed_once() {
    let limit = Duration::from_secs(20);
    let cases = [
        (Some("rs0"), Fault::ClosesBefore, true),
        (Some("rs0"), Fault::ClosesAfter, true),
        (None, Fault::ClosesBefore, false),
        (None, Fault::ClosesAfter, false),
    ];
    assert_eq!(cases.len(), 4);
    for (replica_set, fault, is_saved) in cases {
        let at = format!("{replica_set:?} {fault:?}");
        let only_first = fault.clone();
        let is_first = AtomicBool::new(true);
        let server = Server::with_faults(replica_set, move |_, command| {
            let is_it = command.contains_key("update") && is_first.swap(false, Ordering::Relaxed);
            is_it.then(|| only_first.clone())
        })
        .await;
        let store = MongoStore::new(server.url()).unwrap().time_limit(limit);
        let saved = save(&store, &When::Absent).await;
        if is_saved {
            assert!(matches!(saved, Ok(Saved::Done(_))), "{at}: {saved:?}");
        } else {
            let error = quiet(&saved.unwrap_err());
            assert!(error.contains("it may have happened"), "{at}: {error}");
        }
        let is_there = is_saved || fault == Fault::ClosesAfter;
        assert_eq!(server.documents().len(), usize::from(is_there), "{at}");
        // The store goes on.
        let loaded = store.load("key-of-somebody").await.unwrap();
        assert_eq!(loaded.is_some(), is_there, "{at}");
    }
}

#[tokio::test]
async fn an_error_of_the_server_is_told_without_its_text() {
    let cases = [
        (
            Fault::Refuses(13, "Unauthorized"),
            "error 13 (Unauthorized); the user needs the role",
        ),
        (
            Fault::Refuses(8000, "AtlasError"),
            "error 8000 (AtlasError)",
        ),
        (
            Fault::Refuses(50, "MaxTimeMSExpired"),
            "error 50 (MaxTimeMSExpired)",
        ),
        (
            Fault::Unacknowledged,
            "error 64 (WriteConcernFailed); the write has happened",
        ),
    ];
    assert_eq!(cases.len(), 4);
    for (fault, expected) in cases {
        let server =
            Server::with_faults(None, move |at, _| (at != usize::MAX).then(|| fault.clone()));
        let server = server.await;
        let store = MongoStore::new(server.url())
            .unwrap()
            .time_limit(Duration::from_secs(20));
        let error = quiet(&save(&store, &When::Always).await.unwrap_err());
        assert!(error.contains(expected), "{error}");
    }
}

#[tokio::test]
async fn bytes_that_are_no_message_are_an_error() {
    let server = Server::with_faults(None, |_, _| Some(Fault::Babbles)).await;
    let limit = Duration::from_millis(700);
    let store = MongoStore::new(server.url()).unwrap().time_limit(limit);
    let start = Instant::now();
    let error = quiet(&save(&store, &When::Always).await.unwrap_err());
    in_time(start, limit);
    assert!(error.contains("MongoDB at 127.0.0.1"), "{error}");
}

#[tokio::test]
async fn the_store_recovers_by_itself() {
    let is_away = Arc::new(AtomicBool::new(true));
    let away = is_away.clone();
    let server = Server::with_faults(None, move |_, _| {
        away.load(Ordering::Relaxed).then_some(Fault::ClosesBefore)
    })
    .await;
    let store = MongoStore::new(server.url())
        .unwrap()
        .time_limit(Duration::from_millis(500));
    for _ in 0..3 {
        quiet(&save(&store, &When::Always).await.unwrap_err());
    }
    let attempts = server.connections();
    assert!(attempts < 30, "{attempts} connections: a storm");
    is_away.store(false, Ordering::Relaxed);
    let start = Instant::now();
    while save(&store, &When::Always).await.is_err() {
        in_time(start, Duration::from_secs(20));
    }
    assert_eq!(server.documents().len(), 1);
}
