//! Addresses, time limits, errors and events, on fake servers in this process.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod answers;
mod failover;
mod fake;
mod faults;
mod logged;

use std::time::Duration;

use hardtack::stores::{Saved, SessionStore, StoreError, When};
use hardtack_memcached::{MemcachedStore, Warning};
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::fake::{Does, Fake, entry, says, statistics};
use crate::logged::Logged;

const SESSION: &str = "a-session-of-somebody";

/// An error with all its sources, as an operator's log has it.
fn chain(error: &StoreError) -> String {
    let mut text = format!("{error} | {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.extend([" | ", &error.to_string(), " | ", &format!("{error:?}")]);
        source = error.source();
    }
    text
}

async fn save(store: &MemcachedStore, when: &When) -> Result<Saved, StoreError> {
    let hour = Some(Duration::from_secs(3600));
    store
        .save("key-of-somebody", SESSION.into(), hour, when)
        .await
}

fn store_on(fake: &Fake) -> MemcachedStore {
    MemcachedStore::new(&fake.address).unwrap()
}

/// An address at which nobody listens any more.
async fn nobody() -> String {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap();
    gone.local_addr().unwrap().to_string()
}

#[test]
fn a_wrong_address_is_an_error_that_does_not_show_it() {
    let wrong = [
        "",
        " , ",
        "redis://anna:wordpass@10.0.0.5",
        "memcached://anna:wordpass@10.0.0.5:11211",
        "memcached://10.0.0.5:11211:2",
        "memcached://10.0.0.5:11211/wordpass",
        "10.0.0.5:wordpass",
        "10.0.0.5:65536",
        "10.0.0.5:0",
        "10.0.0.5:+1",
        "10.0.0.5:11211:-1",
        "10.0.0.5:11211:1:1",
        "10.0.0.5:11211:0",
        "/run/memcached.sock",
        "10.0.0.5 wordpass",
        "[wordpass]:11211",
        "[::1",
        "::1",
        "10.0.0.5\r\nflush_all",
    ];
    for servers in wrong {
        let error = chain(&MemcachedStore::new(servers).unwrap_err());
        assert!(error.contains("of Memcached is"), "{servers}: {error}");
        assert!(!error.contains("wordpass"), "{servers}: {error}");
    }
    assert_eq!(wrong.len(), 19);
}

/// The clock stands still but for the time limits: what takes longer than they allow would hang.
#[tokio::test(start_paused = true)]
async fn a_server_that_never_answers_costs_the_time_limit() {
    let limit = Duration::from_millis(300);
    let silent = Fake::start(|_| Does::IsSilent).await;
    let greets = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => Does::IsSilent,
    })
    .await;
    let trickles = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => Does::Trickles(entry("key-of-somebody", "bytes", 1), 50),
    })
    .await;
    let unconnected = "could not be connected to within the time limit";
    let late = "did not answer the load of a session within the time limit";
    for (fake, expected) in [(&silent, unconnected), (&greets, late), (&trickles, late)] {
        let store = store_on(fake).time_limit(limit);
        let start = Instant::now();
        let error = store.load("key-of-somebody").await.unwrap_err();
        let took = start.elapsed();
        assert!(took >= limit, "{expected}: {took:?}");
        assert!(
            took <= limit + Duration::from_millis(5),
            "{expected}: {took:?}"
        );
        assert!(error.to_string().contains(expected), "{error}");
        assert!(!chain(&error).contains("somebody"));
        // The next one fails at once: nobody has answered for a whole limit.
        let start = Instant::now();
        let error = store.load("key-of-somebody").await.unwrap_err().to_string();
        assert!(error.contains("connecting again in"), "{error}");
        assert!(start.elapsed() < Duration::from_millis(5));
    }
}

#[tokio::test]
async fn a_server_that_is_away_fails_at_once_and_is_not_stormed() {
    let store = MemcachedStore::new(nobody().await).unwrap();
    let start = Instant::now();
    let (mut tried, mut refused) = (0, 0);
    while start.elapsed() < Duration::from_millis(300) {
        let error = store.load("k").await.unwrap_err();
        assert!(std::error::Error::source(&error).is_some());
        let error = error.to_string();
        assert!(
            error.contains("cannot connect to Memcached at 127.0.0.1:"),
            "{error}"
        );
        if error.contains("connecting again in") {
            refused += 1;
        } else {
            tried += 1;
        }
    }
    assert!(refused > 20, "only {refused}: does it fail at once?");
    // The pauses between them double: 25 to 50 ms, 50 to 100 ms ...
    assert!((1..=5).contains(&tried), "{tried}");
}

#[tokio::test]
async fn a_server_that_closes_connections_is_not_stormed() {
    let fake = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => Does::Cuts(String::new()),
    })
    .await;
    let store = store_on(&fake);
    let start = Instant::now();
    let (mut sent, mut refused) = (0, 0);
    while start.elapsed() < Duration::from_millis(500) {
        let error = store
            .touch("k", Some(Duration::from_secs(9)))
            .await
            .unwrap_err();
        let error = error.to_string();
        if error.contains("failed during the touch") {
            sent += 1;
        } else {
            assert!(error.contains("connecting again in"), "{error}");
            refused += 1;
        }
    }
    assert!(refused > 100, "only {refused}: does it fail at once?");
    assert!((2..=6).contains(&sent), "{sent}");
    assert_eq!(fake.connected(), sent);
}

#[tokio::test]
async fn errors_say_how_to_mend_them_and_show_no_session() {
    let cases = [
        ("SERVER_ERROR out of memory storing object", "(`-M`)", true),
        ("SERVER_ERROR object too large for cache", "(`-I`)", true),
        ("SERVER_ERROR \u{1b}[2Jcleared", r"\u{1b}[2J", true),
        ("SERVER_ERROR unavailable", "SERVER_ERROR unavailable", true),
        ("CLIENT_ERROR unauthenticated", "a login", false),
        ("CLIENT_ERROR bad data chunk", "bad data chunk", false),
        ("ERROR", "is it a Memcached server", false),
    ];
    let mut count = 0;
    for (answer, advice, keeps_connection) in cases {
        let fake = Fake::start(move |line| match line {
            "stats" => Does::AsUsual,
            _ => says(&format!("{answer}\r\n")),
        })
        .await;
        let store = store_on(&fake);
        for when in [When::Always, When::Absent, When::Present] {
            let error = save(&store, &when).await.unwrap_err();
            assert!(error.to_string().contains(advice), "{error}");
            assert!(error.to_string().contains("127.0.0.1:"), "{error}");
            assert!(!chain(&error).contains("somebody"), "{}", chain(&error));
            assert!(!chain(&error).contains('\u{1b}'));
            count += 1;
        }
        // A connection that is not kept is no server that is away.
        let expected = if keeps_connection { 1 } else { 3 };
        assert_eq!(fake.connected(), expected, "{answer}");
        assert_eq!(fake.words(), ["set", "add", "replace"], "{answer}");
    }
    assert_eq!(count, 7 * 3);
}

#[tokio::test]
async fn an_old_server_and_a_proxy_are_told_in_check_and_error() {
    let cases = [
        (statistics("1.5.6", 7), "has the version 1.5.6"),
        (statistics("1.6.0", 7), ""),
        (statistics("2.0.0", 7), ""),
        (statistics("\u{1b}[2J", 7), r"has the version \u{1b}[2J"),
        // A proxy that has no statistics.
        ("ERROR\r\n".to_owned(), "does not tell its version"),
    ];
    for (greeting, expected) in cases {
        let fake = Fake::start(move |line| {
            Does::Says(match line.split(' ').next() {
                Some("stats") => greeting.clone(),
                Some("gets") => entry("k", "bytes", 4),
                Some("md") => "HD\r\n".to_owned(),
                _ => "ERROR\r\n".to_owned(),
            })
        })
        .await;
        let store = store_on(&fake);
        let warnings = store.check().await.unwrap().warnings;
        let too_old = |warning: &&Warning| matches!(warning, Warning::TooOld { .. });
        let told = warnings.iter().find(too_old).map(ToString::to_string);
        assert_eq!(told.is_none(), expected.is_empty(), "{told:?}");
        assert!(told.unwrap_or_default().contains(expected));
        let version = store.load("k").await.unwrap().unwrap().version;
        let deleted = store.delete("k", &When::Unchanged(version)).await;
        if expected.is_empty() {
            assert!(deleted.unwrap());
            assert_eq!(fake.commands()[1], "md k C4");
        } else {
            let error = deleted.unwrap_err().to_string();
            assert!(error.contains("needs Memcached 1.6 or later"), "{error}");
            assert_eq!(fake.words(), ["gets"]);
        }
    }
}

#[tokio::test]
async fn the_check_tells_what_it_could_not_see_and_whom_it_could_not_reach() {
    let fake = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => says("ERROR\r\n"),
    })
    .await;
    let check = store_on(&fake).check().await.unwrap();
    let server = fake.address.clone();
    assert_eq!(check.warnings, [Warning::SettingsUnknown { server }]);
    let shown = check.warnings[0].to_string();
    assert!(
        shown.contains(&fake.address) && shown.contains("`-M`"),
        "{shown}"
    );

    let limit = Duration::from_millis(200);
    let silent = Fake::start(|_| Does::IsSilent).await;
    let login = Fake::start(|_| says("CLIENT_ERROR unauthenticated\r\n")).await;
    for (address, expected) in [
        (&nobody().await, "cannot connect"),
        (&silent.address, "within the time limit"),
        (&login.address, "wants a login"),
    ] {
        let both = format!("{},{address}", fake.address);
        let store = MemcachedStore::new(both).unwrap().time_limit(limit);
        let error = store.check().await.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(error.contains(&**address), "{error}");
    }
}

#[tokio::test]
async fn a_server_that_is_lost_restarted_or_back_is_an_event() {
    let logged = Logged::start();
    let process = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(7));
    let now = process.clone();
    let fake = Fake::start(move |line| {
        let process = now.load(std::sync::atomic::Ordering::Relaxed);
        match line {
            "stats" => Does::Says(statistics("1.6.18", process)),
            // Between two lives it hangs up.
            _ if process == 0 => Does::Cuts(String::new()),
            _ => says("END\r\n"),
        }
    })
    .await;
    let store = store_on(&fake).namespace("somebody");
    let lives = |number| process.store(number, std::sync::atomic::Ordering::Relaxed);
    assert!(store.load("k").await.unwrap().is_none());
    assert_eq!(logged.take(), [""; 0]);
    lives(0);
    let start = Instant::now();
    while fake.connected() < 4 {
        assert!(store.load("k").await.is_err());
        assert!(start.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    lives(8);
    let start = Instant::now();
    while store.load("k").await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(5));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let events = logged.take();
    let parts = [
        "started again",
        "cannot be reached",
        "started again",
        "is reached again",
    ];
    assert_eq!(events.len(), parts.len(), "{events:#?}");
    for (event, part) in events.iter().zip(parts) {
        assert!(event.contains(part), "{events:#?}");
        assert!(event.contains(&fake.address), "{event}");
        assert!(!event.contains("somebody"), "{event}");
    }
}

#[test]
fn without_a_runtime_an_operation_is_an_error() {
    let store = MemcachedStore::new("127.0.0.1:1").unwrap();
    let mut load = Box::pin(store.load("k"));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let std::task::Poll::Ready(Err(error)) = load.as_mut().poll(&mut context) else {
        panic!("it waits for nobody");
    };
    assert!(
        error.to_string().contains("needs a tokio runtime"),
        "{error}"
    );
}

#[tokio::test]
async fn an_absurd_life_or_limit_is_no_panic() {
    let fake = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => says("STORED\r\n"),
    })
    .await;
    let store = store_on(&fake).time_limit(Duration::MAX);
    for ttl in [Duration::ZERO, Duration::MAX] {
        let saved = store.save("k", "".into(), Some(ttl), &When::Always);
        assert!(matches!(saved.await, Ok(Saved::Done(_))));
    }
    assert_eq!(fake.commands(), ["set k 1 1 0", "set k 1 2147483647 0"]);
    let none = store_on(&fake).time_limit(Duration::ZERO);
    assert!(none.load("k").await.is_err());
    for connections in [0, usize::MAX] {
        let store = store_on(&fake).connections(connections);
        assert!(save(&store, &When::Always).await.is_ok());
    }
}
