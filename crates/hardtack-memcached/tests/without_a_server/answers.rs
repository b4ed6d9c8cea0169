//! Answers that Memcached does not give: each is an error, never "no entry", and none is read twice.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hardtack::stores::{Saved, SessionStore, Version, When};

use crate::fake::{Does, Fake, entry, says, statistics};
use crate::{chain, save, store_on};

/// Answers commands on sessions with this text, once; then as a server without entries.
async fn odd_once(answer: String) -> Fake {
    let count = AtomicUsize::new(0);
    Fake::start(move |line| match line {
        "stats" => Does::AsUsual,
        // The first loads: the connection has answered before.
        _ => match count.fetch_add(1, Ordering::Relaxed) {
            1 => Does::Says(answer.clone()),
            _ => says("END\r\n"),
        },
    })
    .await
}

#[tokio::test]
async fn a_load_with_an_odd_answer_is_an_error_on_a_connection_that_is_closed() {
    let long = "x".repeat(3000);
    let odd = [
        "\r\n".to_owned(),
        "\n".to_owned(),
        "END\n".to_owned(),
        "end\r\n".to_owned(),
        "END \r\n".to_owned(),
        "\0\0\0\0\r\n".to_owned(),
        "HTTP/1.1 400 Bad Request\r\n\r\n".to_owned(),
        "STORED\r\n".to_owned(),
        "NOT_FOUND\r\n".to_owned(),
        "VALUE\r\n".to_owned(),
        "VALUE \r\n".to_owned(),
        "VALUE k 1 5\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 5 1 1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE  k 1 5 1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 -5 1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 +5 1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 5 -1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 5 18446744073709551616\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 18446744073709551616 1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 18446744073709551615 1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 134217729 1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 4 1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 6 1\r\nbytes\r\nEND\r\n".to_owned(),
        "VALUE k 1 5 1\r\nbytesEND\r\n".to_owned(),
        "VALUE k 1 5 1\r\nbytes..END\r\n".to_owned(),
        "VALUE k 1 5 1\r\nbytes\r\nSTORED\r\n".to_owned(),
        // The entries of other keys.
        entry("other", "bytes", 1),
        entry("kk", "bytes", 1),
        entry("K", "bytes", 1),
        "VALUE k 1 5 1\r\nbytes\r\nVALUE other 1 5 1\r\nbytes\r\nEND\r\n".to_owned(),
        format!("{long}\r\n"),
        format!("VALUE k{long} 1 5 1\r\nbytes\r\nEND\r\n"),
        long,
    ];
    assert_eq!(odd.len(), 33);
    for answer in odd {
        let fake = odd_once(answer.clone()).await;
        let store = store_on(&fake);
        assert!(store.load("k").await.unwrap().is_none());
        let error = store.load("k").await.unwrap_err();
        assert!(
            error.to_string().contains("not of its protocol"),
            "{answer:?}: {error}"
        );
        assert!(!chain(&error).contains("bytes"), "{error}");
        // The next one has a connection of its own, and its own answer.
        assert!(store.load("k").await.unwrap().is_none(), "{answer:?}");
        assert_eq!(fake.connected(), 2, "{answer:?}");
    }
}

/// The commands, and the answers that belong to them.
const COMMANDS: &[(&str, &[&str])] = &[
    ("set", &["STORED"]),
    ("replace", &["STORED", "NOT_STORED"]),
    ("add", &["STORED", "NOT_STORED"]),
    ("cas", &["STORED", "EXISTS", "EX", "NOT_FOUND", "NF"]),
    ("touch", &["TOUCHED", "NOT_FOUND", "NF"]),
    ("delete", &["DELETED", "HD", "OK", "NOT_FOUND", "NF"]),
    (
        "md",
        &["DELETED", "HD", "OK", "NOT_FOUND", "NF", "EXISTS", "EX"],
    ),
];

#[tokio::test]
async fn a_write_with_the_answer_of_another_command_is_an_error() {
    let words = [
        "STORED",
        "NOT_STORED",
        "EXISTS",
        "NOT_FOUND",
        "TOUCHED",
        "DELETED",
        "HD",
        "EX",
        "NF",
        "NS",
        "EN",
        "OK",
        "END",
        "",
        "VALUE k 1 1 1",
    ];
    let hour = Some(Duration::from_secs(3600));
    let mut errors = 0;
    for word in words {
        let fake = Fake::start(move |line| match line.split(' ').next() {
            Some("stats") => Does::AsUsual,
            Some("gets") => Does::Says(entry("k", "there", 5)),
            _ => says(&format!("{word}\r\n")),
        })
        .await;
        let store = store_on(&fake);
        let mut right = 0;
        for (command, allowed) in COMMANDS {
            // The connection has answered before.
            let version = store.load("k").await.unwrap().unwrap().version;
            let unchanged = When::Unchanged(version);
            let save = async |when| save_k(&store, &when).await.map(drop);
            let result = match *command {
                "set" => save(When::Always).await,
                "replace" => save(When::Present).await,
                "add" => save(When::Absent).await,
                "cas" => save(unchanged).await,
                "touch" => store.touch("k", hour).await.map(drop),
                "delete" => store.delete("k", &When::Always).await.map(drop),
                _ => store.delete("k", &unchanged).await.map(drop),
            };
            let is_right = allowed.contains(&word);
            assert_eq!(result.is_ok(), is_right, "{command} {word}: {result:?}");
            right += usize::from(is_right);
            errors += usize::from(!is_right);
        }
        // After each error a connection is closed; the next load opens another.
        assert!(store.load("k").await.unwrap().is_some());
        assert_eq!(fake.connected(), 1 + COMMANDS.len() - right, "{word}");
    }
    // 15 words for each of 7 commands, 25 of which belong together.
    assert_eq!(errors, 15 * 7 - 25);
}

async fn save_k(
    store: &hardtack_memcached::MemcachedStore,
    when: &When,
) -> Result<Saved, hardtack::stores::StoreError> {
    store.save("k", "mine".into(), None, when).await
}

/// Text after an answer is not taken for the answer to the next command.
#[tokio::test]
async fn what_comes_unasked_is_not_the_next_answer() {
    let unasked = "VALUE k 1 6 9\r\nforged\r\nEND\r\n";
    let count = AtomicUsize::new(0);
    let fake = Fake::start(move |line| match line {
        "stats" => Does::AsUsual,
        _ => match count.fetch_add(1, Ordering::Relaxed) {
            0 => says(&format!("END\r\n{unasked}")),
            _ => says("END\r\n"),
        },
    })
    .await;
    let store = store_on(&fake);
    for _ in 0..3 {
        assert!(store.load("k").await.unwrap().is_none());
    }
    assert_eq!(fake.connected(), 2);
}

#[tokio::test]
async fn a_greeting_that_is_odd_is_an_error() {
    let endless = "STAT name value\r\n".repeat(2000);
    for greeting in [
        "HTTP/1.1 400 Bad Request\r\n\r\n".to_owned(),
        "STAT pid 7\r\n+OK\r\n".to_owned(),
        "SERVER_ERROR out of order\r\n".to_owned(),
        "x".repeat(5000),
        endless,
    ] {
        let fake = Fake::start(move |_| Does::Says(greeting.clone())).await;
        let store = store_on(&fake).time_limit(Duration::from_millis(300));
        let error = store.load("k").await.unwrap_err().to_string();
        assert!(error.contains("cannot connect"), "{error}");
        let error = store.load("k").await.unwrap_err().to_string();
        assert!(error.contains("connecting again in"), "{error}");
    }
}

#[tokio::test]
async fn an_entry_without_a_cas_id_is_an_error() {
    let fake = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => Does::Says(entry("k", "bytes", 0)),
    })
    .await;
    let store = store_on(&fake);
    for _ in 0..2 {
        let error = store.load("k").await.unwrap_err().to_string();
        assert!(error.contains("without cas ids"), "{error}");
    }
    assert_eq!(fake.connected(), 1);
}

/// A server that claims much and sends little costs the little.
#[tokio::test]
async fn an_announced_length_is_no_memory() {
    let fake = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => says("VALUE k 1 134217728 1\r\nbytes"),
    })
    .await;
    let limit = Duration::from_millis(500);
    let store = store_on(&fake).connections(64).time_limit(limit);
    // Together 8 GiB, if a length were believed.
    let loads = (0..64).map(|_| {
        let store = store.clone();
        tokio::spawn(async move { store.load("k").await.is_err() })
    });
    for load in loads.collect::<Vec<_>>() {
        assert!(load.await.unwrap());
    }
    assert_eq!(fake.connected(), 64, "at one time");
    let peak = std::fs::read_to_string("/proc/self/status").unwrap();
    let peak = peak.lines().find_map(|line| line.strip_prefix("VmPeak:"));
    let peak: u64 = peak
        .unwrap()
        .trim()
        .trim_end_matches(" kB")
        .parse()
        .unwrap();
    assert!(peak < 4 << 20, "{peak} kB of address space");
}

/// A cas id of an earlier life, or of another server, opens nothing.
#[tokio::test]
async fn a_version_belongs_to_one_life_of_one_server() {
    let lives = Arc::new(AtomicUsize::new(7));
    let life = lives.clone();
    let fake = Fake::start(move |line| match line.split(' ').next() {
        Some("stats") => {
            let life = u32::try_from(life.load(Ordering::Relaxed)).unwrap();
            Does::Says(statistics("1.6.18", life))
        }
        Some("gets") if line == "gets other" => says("END\r\n"),
        Some("gets") => Does::Says(entry("key-of-somebody", "there", 5)),
        Some("cas") => says("STORED\r\n"),
        // The connection that is open belongs to the former life.
        Some("touch") => Does::Cuts(String::new()),
        _ => says("HD\r\n"),
    })
    .await;
    let store = store_on(&fake);
    let version = store
        .load("key-of-somebody")
        .await
        .unwrap()
        .unwrap()
        .version;
    let unchanged = When::Unchanged(version);
    assert!(matches!(save(&store, &unchanged).await, Ok(Saved::Done(_))));
    lives.store(8, Ordering::Relaxed);
    assert!(
        store
            .touch("k", Some(Duration::from_secs(9)))
            .await
            .is_err()
    );
    // The pause after a failed connection.
    let start = tokio::time::Instant::now();
    while store.touch("other", None).await.is_err() {
        assert!(start.elapsed() < Duration::from_secs(5));
    }
    let others = When::Unchanged(Version::new("7"));
    for when in [&unchanged, &others] {
        let saved = save(&store, when).await;
        assert!(matches!(saved, Ok(Saved::Conflict(_))), "{saved:?}");
        assert!(!store.delete("key-of-somebody", when).await.unwrap());
    }
    let expected = ["gets", "cas", "touch", "touch", "gets", "gets", "gets"];
    assert_eq!(fake.words(), expected);
}

/// A small session does not keep the memory of what was read with it.
#[tokio::test]
async fn a_small_entry_has_memory_of_its_own() {
    let fake = Fake::start(|line| match line {
        "stats" => Does::AsUsual,
        _ => Does::Says(entry("k", &"x".repeat(100), 5)),
    })
    .await;
    let store = store_on(&fake);
    for _ in 0..3 {
        let bytes = store.load("k").await.unwrap().unwrap().bytes;
        let memory = bytes.try_into_mut().unwrap();
        assert_eq!((memory.len(), memory.capacity()), (100, 100));
    }
    assert_eq!(fake.connected(), 1);
}

/// A proxy may lack a command: that says nothing of the server, nor of the other commands.
#[tokio::test]
async fn a_server_that_refuses_a_command_is_not_away() {
    let fake = Fake::start(|line| match line.split(' ').next() {
        Some("gets") => says("END\r\n"),
        // As a proxy answers, also to the statistics.
        _ => says("ERROR\r\n"),
    })
    .await;
    let store = store_on(&fake);
    let hour = Some(Duration::from_secs(3600));
    for _ in 0..3 {
        let error = store.touch("k", hour).await.unwrap_err().to_string();
        assert!(error.contains("with ERROR; is it"), "{error}");
        assert!(store.load("k").await.unwrap().is_none());
    }
    assert_eq!(fake.words(), ["touch", "gets"].repeat(3));
}

#[tokio::test]
async fn a_server_with_too_many_connections_is_told_from_others() {
    let fake = Fake::start(|_| Does::Cuts("ERROR Too many open connections\r\n".to_owned())).await;
    let error = store_on(&fake).load("k").await.unwrap_err().to_string();
    assert!(error.contains("ERROR Too many open connections"), "{error}");
    assert!(error.contains("(`-c`)"), "{error}");
    assert!(!error.contains("is it a Memcached server"), "{error}");
}
