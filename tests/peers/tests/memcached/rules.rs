//! The rules of every store; lives, keys, flags, lengths and the check at the start.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use hardtack::stores::{CacheFormatVersion, RailsCache, Saved, SessionFormat, SessionStore, When};
use hardtack::test_util::check_session_store;
use hardtack_memcached::{MemcachedStore, Warning};
use hardtack_peers::MemcachedServer;

fn store_on(server: &MemcachedServer) -> MemcachedStore {
    MemcachedStore::new(server.address().to_string()).unwrap()
}

async fn save(store: &MemcachedStore, key: &str, bytes: impl Into<Bytes>, ttl: Option<Duration>) {
    let saved = store.save(key, bytes.into(), ttl, &When::Always).await;
    assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
}

#[tokio::test]
async fn one_server_and_three_keep_every_rule() {
    let servers = [(); 3].map(|()| MemcachedServer::start(&[]));
    let addresses = servers
        .each_ref()
        .map(|server| server.address().to_string());
    let all = addresses.join(",");
    for store in [
        MemcachedStore::new(&addresses[0]).unwrap(),
        MemcachedStore::new(format!("memcached://{}", addresses[0])).unwrap(),
        MemcachedStore::new(&addresses[0])
            .unwrap()
            .namespace("shop"),
        MemcachedStore::new(&addresses[0]).unwrap().connections(1),
        MemcachedStore::new(&all).unwrap(),
        MemcachedStore::new(&all).unwrap().fail_over(true),
    ] {
        assert_eq!(check_session_store(&store).await, Ok(17));
    }
}

/// A touch keeps the cas id: a session that another request has only read can be saved.
#[tokio::test]
async fn a_touch_leaves_the_version_as_it_is() {
    let server = MemcachedServer::start(&[]);
    let store = store_on(&server);
    save(&store, "k", "first", None).await;
    let version = store.load("k").await.unwrap().unwrap().version;
    for ttl in [Some(Duration::from_mins(1)), None] {
        assert!(store.touch("k", ttl).await.unwrap());
    }
    let unchanged = When::Unchanged(version);
    let saved = store.save("k", "second".into(), None, &unchanged).await;
    assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
}

fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    now.as_secs().try_into().unwrap()
}

#[tokio::test]
async fn lives_are_those_that_were_asked_for() {
    let server = MemcachedServer::start(&[]);
    let store = store_on(&server);
    let day = Duration::from_hours(24);
    let last = i64::from(i32::MAX);
    let cases = [
        (Some(Duration::from_secs(90)), Some(91)),
        (Some(Duration::from_millis(90_001)), Some(92)),
        (Some(Duration::from_secs(2_591_999)), Some(2_592_000)),
        (Some(day * 30), Some(2_592_001)),
        (Some(day * 365), Some(31_536_001)),
        (Some(Duration::MAX), None),
        (None, None),
    ];
    let mut count = 0;
    for (ttl, life) in cases {
        for is_touched in [false, true] {
            if is_touched && ttl.is_none() {
                continue; // it keeps its time
            }
            save(&store, "k", "bytes", ttl.filter(|_| !is_touched)).await;
            assert!(store.touch("k", ttl.filter(|_| is_touched)).await.unwrap());
            let left = server.life_of("k").unwrap();
            // Memcached's clock stands still for up to a second, and so does this one's.
            let expected = match (ttl, life) {
                (Some(_), Some(life)) => life - 3..=life + 2,
                (Some(_), None) => last - now() - 3..=last - now() + 2,
                (None, _) => -1..=-1,
            };
            assert!(
                expected.contains(&left),
                "{ttl:?}: {left} is not in {expected:?}"
            );
            count += 1;
        }
    }
    assert_eq!(count, 13);
    // A life of nothing is over within a second, and no error.
    save(&store, "k", "bytes", Some(Duration::ZERO)).await;
    let start = std::time::Instant::now();
    while store.load("k").await.unwrap().is_some() {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "it is still there"
        );
    }
}

/// Memcached counts the strokes of its clock, the first of which may come at once.
#[tokio::test]
async fn no_life_ends_early() {
    let server = MemcachedServer::start(&[]);
    let store = store_on(&server);
    let life = Duration::from_secs(1);
    let mut lives = Vec::new();
    for number in 0..10 {
        let store = store.clone();
        lives.push(tokio::spawn(async move {
            // Spread over a second.
            tokio::time::sleep(Duration::from_millis(100) * number).await;
            let key = format!("k{number}");
            let start = std::time::Instant::now();
            save(&store, &key, "bytes", Some(life)).await;
            while store.load(&key).await.unwrap().is_some() {
                assert!(start.elapsed() < life * 5, "{key} is still there");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            start.elapsed()
        }));
    }
    for ended in lives {
        let ended = ended.await.unwrap();
        assert!(ended >= life, "it lived {ended:?}");
    }
}

/// Memcached deletes what a refused `set` would have replaced; the other commands keep it.
#[tokio::test]
async fn only_a_set_that_is_too_long_deletes_what_was_there() {
    let server = MemcachedServer::start(&[]);
    let store = store_on(&server);
    let long = Bytes::from(vec![b'x'; 2 << 20]);
    save(&store, "k", "first", None).await;
    let version = store.load("k").await.unwrap().unwrap().version;
    for (when, is_kept) in [
        (When::Unchanged(version), true),
        (When::Absent, true),
        (When::Present, true),
        (When::Always, false),
    ] {
        let saved = store.save("k", long.clone(), None, &when).await;
        let error = saved.unwrap_err().to_string();
        assert!(error.contains("(`-I`)"), "{when:?}: {error}");
        let there = store.load("k").await.unwrap();
        assert_eq!(there.is_some(), is_kept, "{when:?}");
    }
}

#[tokio::test]
async fn a_server_with_too_many_clients_says_so() {
    let server = MemcachedServer::start(&["-t", "1", "-c", "32"]);
    let mut clients = Vec::new();
    let mut told = 0;
    while told < 5 {
        clients.push(std::net::TcpStream::connect(server.address()).unwrap());
        assert!(clients.len() < 100, "no limit");
        match store_on(&server).load("k").await {
            Ok(loaded) => assert!(loaded.is_none() && told == 0),
            Err(error) => {
                let error = error.to_string();
                assert!(error.contains("(`-c`)"), "{error}");
                told += 1;
            }
        }
    }
    drop(clients);
}

/// The app has shortened such a key in its own way: under another one, all users would be logged out.
#[tokio::test]
async fn a_session_under_a_key_that_rails_shortens_is_an_error() {
    let server = MemcachedServer::start(&[]);
    let id = "c5829f921fee456fdd2b54fc408dfc2e";
    let mut count = 0;
    // `:_session_id:` and the private id have 80 characters; an escaped one counts as three.
    for (namespace, fits) in [
        ("a".repeat(170), true),
        ("a".repeat(171), false),
        ("é".repeat(28), true),
        ("é".repeat(29), false),
    ] {
        let format = RailsCache::new(CacheFormatVersion::V7_1).namespace(namespace);
        let key = format.mem_cache_store().keys(id).swap_remove(0);
        assert_eq!(key.len() <= 250, fits, "{key}");
        for store in [store_on(&server), store_on(&server).namespace("n")] {
            match store.load(&key).await {
                Ok(loaded) => assert!(fits && loaded.is_none(), "{key}"),
                Err(error) => {
                    let error = error.to_string();
                    assert!(!fits && error.contains("more than 250 bytes"), "{error}");
                }
            }
            count += 1;
        }
    }
    assert_eq!(count, 8);
}

#[tokio::test]
async fn every_byte_and_length_comes_back() {
    let server = MemcachedServer::start(&["-I", "2m"]);
    let store = store_on(&server);
    let every: Vec<u8> = (0..=255).collect();
    let protocol = b"END\r\nVALUE k 0 1 1\r\nx\r\nEND\r\nflush_all\r\n".to_vec();
    let lengths = [
        0, 1, 2046, 2047, 2048, 4095, 16_384, 16_385, 100_000, 1_500_000,
    ];
    let lengths = lengths.map(|length| every.iter().copied().cycle().take(length).collect());
    let mut count = 0;
    for bytes in lengths.into_iter().chain([every.clone(), protocol]) {
        save(&store, "k", bytes.clone(), None).await;
        assert_eq!(store.load("k").await.unwrap().unwrap().bytes, bytes);
        let other = When::Absent;
        let saved = store.save("k", "x".into(), None, &other).await;
        let Ok(Saved::Conflict(there)) = saved else {
            panic!("{saved:?}");
        };
        assert_eq!(there.bytes, bytes);
        count += 1;
    }
    assert_eq!(count, 12);
    // Too long is an error, after which the connection is in order.
    let long = Bytes::from(vec![b'x'; 3 << 20]);
    let error = store
        .save("k", long, None, &When::Present)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("(`-I`)"), "{error}");
    assert!(store.load("k").await.unwrap().is_some());
    let total: u32 = statistic(&server, "total_connections").parse().unwrap();
    // Those of this test's own questions come on top.
    assert!(total < 8, "{total} connections");
}

fn statistic(server: &MemcachedServer, name: &str) -> String {
    let all = server.command("stats");
    let line = all.lines().find_map(|line| {
        let (found, value) = line.strip_prefix("STAT ")?.split_once(' ')?;
        (found == name).then_some(value)
    });
    line.unwrap_or_else(|| panic!("{name}: {all}")).to_owned()
}

#[tokio::test]
async fn keys_and_flags_are_as_they_were_set() {
    let server = MemcachedServer::start(&[]);
    let store = store_on(&server).namespace("shop");
    save(&store, "k", "bytes", None).await;
    save(&store.clone().flags(0), "zero", "bytes", None).await;
    save(&store.clone().flags(u32::MAX), "most", "bytes", None).await;
    for (key, flags) in [("k", "1"), ("zero", "0"), ("most", "4294967295")] {
        let expected = format!("VALUE shop:{key} {flags} 5\nbytes\nEND");
        assert_eq!(server.command(&format!("get shop:{key}")), expected);
    }
    for key in ["", "a b", "a\r\nflush_all", "a\0b", "\u{7f}"] {
        let error = store.load(key).await.unwrap_err().to_string();
        assert!(
            error.contains("must not be empty, nor hold spaces"),
            "{error}"
        );
        let saved = store.save(key, "x".into(), None, &When::Always).await;
        assert!(saved.is_err());
        assert!(store.touch(key, None).await.is_err());
        assert!(store.delete(key, &When::Always).await.is_err());
    }
    assert_eq!(server.keys().len(), 3);
    let spaced = store.namespace("my shop");
    assert!(spaced.check().await.is_err());
}

#[tokio::test]
async fn the_check_tells_version_and_settings() {
    let expect = async |options: &[&str], warnings: &[Warning]| {
        let server = MemcachedServer::start(options);
        let check = store_on(&server).check().await.unwrap();
        let address = server.address().to_string();
        assert_eq!(check.servers.len(), 1);
        assert_eq!(check.servers[0].address, address);
        assert_eq!(check.servers[0].version, statistic(&server, "version"));
        let warnings: Vec<_> = warnings
            .iter()
            .map(|warning| of(warning, &address))
            .collect();
        assert_eq!(check.warnings, warnings, "{options:?}");
    };
    let server = String::new;
    let evicts = Warning::Evicts {
        server: server(),
        evicted: 0,
    };
    let small = Warning::SmallItems {
        server: server(),
        bytes: 32 << 10,
    };
    let no_versions = Warning::NoVersions { server: server() };
    expect(&["-M"], &[]).await;
    expect(&[], std::slice::from_ref(&evicts)).await;
    let options = ["-M", "-I", "32k", "-o", "slab_chunk_max=16384"];
    expect(&options, &[small]).await;
    expect(&["-M", "-C"], &[no_versions]).await;

    // A server that has evicted tells the number.
    let server = MemcachedServer::start(&["-m", "2"]);
    let store = store_on(&server);
    for number in 0..200 {
        save(&store, &format!("k{number}"), vec![b'x'; 50_000], None).await;
    }
    let warnings = store.check().await.unwrap().warnings;
    let evicted = statistic(&server, "evictions").parse().unwrap();
    assert_ne!(evicted, 0);
    let address = server.address().to_string();
    assert_eq!(
        warnings,
        [Warning::Evicts {
            server: address,
            evicted
        }]
    );
}

/// The same warning, of a server at this address.
fn of(warning: &Warning, address: &str) -> Warning {
    let server = address.to_owned();
    match warning.clone() {
        Warning::Evicts { evicted, .. } => Warning::Evicts { server, evicted },
        Warning::SmallItems { bytes, .. } => Warning::SmallItems { server, bytes },
        Warning::NoVersions { .. } => Warning::NoVersions { server },
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_server_without_cas_ids_is_an_error() {
    let server = MemcachedServer::start(&["-C"]);
    let store = store_on(&server);
    save(&store, "k", "bytes", None).await;
    let error = store.load("k").await.unwrap_err().to_string();
    assert!(error.contains("without cas ids"), "{error}");
}
