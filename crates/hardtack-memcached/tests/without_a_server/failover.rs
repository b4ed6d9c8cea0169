//! Two servers with `fail_over`: a key goes to the next server only while its own is away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use hardtack::stores::{SessionStore, When};
use hardtack_memcached::MemcachedStore;

use crate::fake::{Does, Fake, entry, says};
use crate::save;

const KEY: &str = "key-of-somebody";

/// A read goes to the next server with `fail_over`; a write that may have happened does not.
#[tokio::test]
async fn only_what_was_not_sent_fails_over() {
    let vanishes = Arc::new(AtomicUsize::new(0));
    let mut fakes = Vec::new();
    for _ in 0..2 {
        let vanishes = vanishes.clone();
        fakes.push(
            Fake::start(move |line| {
                let is_gone = vanishes.load(Ordering::Relaxed) == 1;
                match line.split(' ').next() {
                    // The first server to be asked loses the connection, and is not there again.
                    Some("stats") if vanishes.load(Ordering::Relaxed) == 2 => {
                        vanishes.store(0, Ordering::Relaxed);
                        Does::Cuts(String::new())
                    }
                    Some("stats") => Does::AsUsual,
                    _ if is_gone => {
                        vanishes.store(2, Ordering::Relaxed);
                        Does::Cuts(String::new())
                    }
                    Some("gets") => says("END\r\n"),
                    _ => says("STORED\r\n"),
                }
            })
            .await,
        );
    }
    let both = format!("{},{}", fakes[0].address, fakes[1].address);
    let total = || {
        fakes
            .iter()
            .map(|fake| fake.commands().len())
            .sum::<usize>()
    };
    for (is_write, fails_over) in [(false, false), (false, true), (true, false), (true, true)] {
        let store = MemcachedStore::new(&both).unwrap().fail_over(fails_over);
        assert!(store.load(KEY).await.unwrap().is_none());
        let before = total();
        vanishes.store(1, Ordering::Relaxed);
        let result = if is_write {
            save(&store, &When::Present).await.map(drop)
        } else {
            store.load(KEY).await.map(drop)
        };
        assert_eq!(result.is_ok(), fails_over && !is_write, "{result:?}");
        let sent = if result.is_ok() { 2 } else { 1 };
        assert_eq!(total() - before, sent, "{is_write} {fails_over}");
        if let (true, Err(error)) = (is_write, result) {
            assert!(error.to_string().contains("may have happened"), "{error}");
        }
        vanishes.store(0, Ordering::Relaxed);
    }
}

/// An operation that waited for a connection has little time left to open one: its server is not away.
#[tokio::test]
async fn a_busy_server_is_not_passed_over() {
    let mut fakes = Vec::new();
    for _ in 0..2 {
        let count = AtomicUsize::new(0);
        fakes.push(
            Fake::start(move |line| match line {
                "stats" => Does::AsUsual,
                // What comes unasked closes the connection: the next operation has to connect.
                _ if count.fetch_add(1, Ordering::Relaxed) == 0 => {
                    Does::SaysLate(entry(KEY, "there", 5) + "END\r\n")
                }
                _ => Does::Says(entry(KEY, "there", 5)),
            })
            .await,
        );
    }
    let both = format!("{},{}", fakes[0].address, fakes[1].address);
    let store = MemcachedStore::new(&both)
        .unwrap()
        .fail_over(true)
        .connections(1)
        // Half of it is over when the first load ends.
        .time_limit(Duration::from_millis(700));
    let (first, second) = tokio::join!(store.load(KEY), store.load(KEY));
    for loaded in [first, second] {
        assert_eq!(loaded.unwrap().unwrap().bytes, "there");
    }
    let mut asked = [fakes[0].commands().len(), fakes[1].commands().len()];
    asked.sort_unstable();
    assert_eq!(asked, [0, 2]);
}

/// The next server knows nothing of a version: "no entry" would be taken for another's logout.
#[tokio::test]
async fn a_version_of_another_server_is_an_error() {
    let gone = [(); 2].map(|()| Arc::new(AtomicBool::new(false)));
    let mut fakes = Vec::new();
    for gone in &gone {
        let gone = gone.clone();
        fakes.push(
            Fake::start(move |line| match line.split(' ').next() {
                _ if gone.load(Ordering::Relaxed) => Does::Cuts(String::new()),
                Some("stats") => Does::AsUsual,
                Some("gets") => Does::Says(entry(KEY, "there", 5)),
                Some("cas") => says("STORED\r\n"),
                _ => says("HD\r\n"),
            })
            .await,
        );
    }
    let both = format!("{},{}", fakes[0].address, fakes[1].address);
    let store = MemcachedStore::new(&both).unwrap().fail_over(true);
    let version = store.load(KEY).await.unwrap().unwrap().version;
    let own = fakes.iter().position(|fake| !fake.commands().is_empty());
    let own = own.unwrap();
    gone[own].store(true, Ordering::Relaxed);
    // The next server answers, and its own versions count.
    let there = store.load(KEY).await.unwrap().unwrap().version;
    let unchanged = When::Unchanged(there);
    assert!(save(&store, &unchanged).await.is_ok());
    assert!(store.delete(KEY, &unchanged).await.unwrap());
    let foreign = When::Unchanged(version);
    let errors = [
        save(&store, &foreign).await.unwrap_err().to_string(),
        store.delete(KEY, &foreign).await.unwrap_err().to_string(),
    ];
    for error in errors {
        assert!(error.contains("read from another server"), "{error}");
        assert!(error.contains(&fakes[1 - own].address), "{error}");
    }
    assert_eq!(fakes[1 - own].words(), ["gets", "cas", "md"]);
}
