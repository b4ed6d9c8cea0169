//! The rules of every store, on every kind of server; login, TLS, lives and the check at the start.

use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, When};
use hardtack::test_util::check_session_store;
use hardtack_peers::{RedisCluster, RedisSentinels, RedisServer};
use hardtack_redis::{RedisStore, Warning};

#[tokio::test]
async fn one_server_keeps_every_rule() {
    let redis = RedisServer::start(&["--requirepass", "wordpass"]);
    let url = redis.url().replace("redis://", "redis://:wordpass@");
    for store in [
        RedisStore::new(&url).unwrap(),
        RedisStore::new(format!("{url}/3?protocol=resp3")).unwrap(),
        RedisStore::new(&url).unwrap().namespace("shop"),
    ] {
        assert_eq!(check_session_store(&store).await, Ok(17));
        assert!(store.check().await.unwrap().warnings.is_empty());
    }
    for url in [redis.url(), url.replace("wordpass", "otherpass")] {
        let error = RedisStore::new(&url).unwrap().check().await.unwrap_err();
        assert!(error.to_string().contains("cannot connect"), "{error}");
        assert!(!error.to_string().contains("otherpass"), "{error}");
    }
}

#[tokio::test]
async fn sentinels_lead_to_the_master_which_keeps_every_rule() {
    let group = RedisSentinels::start();
    let store = RedisStore::sentinel(group.urls(), "mymaster").unwrap();
    assert_eq!(check_session_store(&store).await, Ok(17));
    assert!(store.check().await.unwrap().warnings.is_empty());

    let unknown = RedisStore::sentinel(group.urls(), "nobody").unwrap();
    let error = unknown.check().await.unwrap_err().to_string();
    assert!(error.contains("watches no master of this name"), "{error}");
    for (url, advice) in [
        (group.servers[1].url(), "it is a replica"),
        (group.sentinels[0].url(), "RedisStore::sentinel"),
    ] {
        let error = RedisStore::new(url).unwrap().check().await.unwrap_err();
        assert!(error.to_string().contains(advice), "{error}");
    }
}

#[tokio::test]
async fn a_cluster_keeps_every_rule() {
    let cluster = RedisCluster::start();
    // One address is enough, that of a replica too.
    for urls in [cluster.urls(), vec![cluster.nodes[4].url()]] {
        let store = RedisStore::cluster(urls).unwrap();
        assert_eq!(check_session_store(&store).await, Ok(17));
        assert!(store.check().await.unwrap().warnings.is_empty());
        // Keys of every node.
        for number in 0..50 {
            let (key, bytes) = (format!("session-{number}"), Bytes::from(vec![number]));
            let saved = store.save(&key, bytes.clone(), None, &When::Always);
            assert!(matches!(saved.await, Ok(Saved::Done(_))));
            assert_eq!(store.load(&key).await.unwrap().unwrap().bytes, bytes);
        }
    }
    let one = RedisStore::new(cluster.nodes[0].url()).unwrap();
    let error = one.load("k").await.unwrap_err().to_string();
    assert!(error.contains("RedisStore::cluster"), "{error}");

    // While a slot moves, its keys are found at either node (ASK), and afterwards at the new one.
    let store = RedisStore::cluster(cluster.urls()).unwrap();
    let keys: Vec<String> = (0..20)
        .map(|number| format!("{{moving}}{number}"))
        .collect();
    for key in &keys[..10] {
        let saved = store.save(key, Bytes::from(key.clone()), None, &When::Absent);
        assert!(matches!(saved.await, Ok(Saved::Done(_))));
    }
    let slot = cluster.nodes[0].command(&["CLUSTER", "KEYSLOT", "{moving}"]);
    let owner = usize::from(slot.parse::<u16>().unwrap() / 5461).min(2);
    let (from, to) = (&cluster.nodes[owner], &cluster.nodes[(owner + 1) % 3]);
    let id = |node: &RedisServer| node.command(&["CLUSTER", "MYID"]);
    let importing = ["CLUSTER", "SETSLOT", &slot, "IMPORTING", &id(from)];
    assert_eq!(to.command(&importing), "OK");
    let migrating = ["CLUSTER", "SETSLOT", &slot, "MIGRATING", &id(to)];
    assert_eq!(from.command(&migrating), "OK");
    let port = to.address().port().to_string();
    for key in &keys[..5] {
        let migrate = ["MIGRATE", "127.0.0.1", &port, key, "0", "5000"];
        assert_eq!(from.command(&migrate), "OK");
    }
    let check = async |store: &RedisStore| {
        for (number, key) in keys.iter().enumerate() {
            let entry = store.load(key).await.unwrap();
            let expected = (number < 10).then_some(key.as_bytes());
            assert_eq!(entry.as_ref().map(|entry| &*entry.bytes), expected, "{key}");
        }
    };
    check(&store).await;
    for key in &keys[5..10] {
        let migrate = ["MIGRATE", "127.0.0.1", &port, key, "0", "5000"];
        assert_eq!(from.command(&migrate), "OK");
    }
    for node in [to, from] {
        let assigned = ["CLUSTER", "SETSLOT", &slot, "NODE", &id(to)];
        assert_eq!(node.command(&assigned), "OK");
    }
    check(&store).await;
}

#[tokio::test]
async fn tls_trusts_the_given_certificate_and_no_other() {
    let folder = std::env::temp_dir().join(format!("hardtack-redis-tls-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = |name: &str| folder.join(name).display().to_string();
    let (key, certificate) = (file("key"), file("certificate"));
    // No authority: rustls takes one for a server only if it is said to be none.
    let made = Command::new("openssl")
        .args([
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
        ])
        .args([
            "-subj",
            "/CN=localhost",
            "-addext",
            "subjectAltName=DNS:localhost",
        ])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", &key, "-out", &certificate])
        .output()
        .expect("openssl: run `scripts/peers`, which installs it");
    assert!(made.status.success(), "{made:?}");
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let tls = port.local_addr().unwrap().port().to_string();
    drop(port);
    let files = ["--tls-cert-file", &certificate, "--tls-key-file", &key];
    let options = ["--tls-port", &tls, "--tls-auth-clients", "no"];
    let _redis = RedisServer::start(&[&options[..], &files[..]].concat());

    let url = format!("rediss://localhost:{tls}");
    let pem = std::fs::read(&certificate).unwrap();
    let store = RedisStore::new(&url).unwrap().root_certificates(&pem);
    assert_eq!(check_session_store(&store).await, Ok(17));
    let error = RedisStore::new(&url).unwrap().load("k").await.unwrap_err();
    assert!(error.to_string().contains("certificate"), "{error}");
    let other_name = url.replace("localhost", "127.0.0.1");
    let store = RedisStore::new(&other_name)
        .unwrap()
        .root_certificates(&pem);
    assert!(store.load("k").await.is_err());
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn lives_are_those_that_were_asked_for() {
    let redis = RedisServer::start(&[]);
    let store = RedisStore::new(redis.url()).unwrap();
    let bytes = || Bytes::from_static(b"bytes");
    let year = Duration::from_hours(365 * 24);
    for (ttl, least, most) in [
        (Some(Duration::from_secs(90)), 60_000, 90_000),
        (Some(Duration::MAX), 900_000_000_000_000, i64::MAX),
        (Some(year * 1000), 31_000_000_000_000, i64::MAX),
        (None, -1, -1),
    ] {
        for when in [When::Always, When::Present] {
            let saved = store.save("k", bytes(), ttl, &when).await;
            assert!(matches!(saved, Ok(Saved::Done(_))), "{saved:?}");
            let left: i64 = redis.command(&["PTTL", "k"]).parse().unwrap();
            assert!(left >= least && left <= most, "{ttl:?}: {left}");
        }
        if ttl.is_some() {
            store.save("k", bytes(), None, &When::Always).await.unwrap();
            assert!(store.touch("k", ttl).await.unwrap());
            let left: i64 = redis.command(&["PTTL", "k"]).parse().unwrap();
            assert!(left >= least && left <= most, "touched {ttl:?}: {left}");
            assert!(store.touch("k", None).await.unwrap());
        }
    }
    // A life of nothing is over at once, and no error.
    let saved = store.save("k", bytes(), Some(Duration::ZERO), &When::Present);
    assert!(matches!(saved.await, Ok(Saved::Done(_))));
    let start = Instant::now();
    while store.load("k").await.unwrap().is_some() {
        assert!(
            start.elapsed() < Duration::from_secs(5),
            "it is still there"
        );
    }
}

#[tokio::test]
async fn the_check_warns_of_every_policy_that_deletes_sessions() {
    let redis = RedisServer::start(&[]);
    let store = RedisStore::new(redis.url()).unwrap();
    for policy in [
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
    ] {
        redis.command(&["CONFIG", "SET", "maxmemory-policy", policy]);
        let warnings = store.check().await.unwrap().warnings;
        let expected = Warning::Evicts {
            server: redis.address().to_string(),
            policy: policy.to_owned(),
        };
        assert_eq!(warnings, [expected]);
    }
    let user = ["ACL", "SETUSER", "shop", "on", ">wordpass", "~*", "+@all"];
    assert_eq!(
        redis.command(&[&user[..], &["-info", "-config"]].concat()),
        "OK"
    );
    let url = redis.url().replace("redis://", "redis://shop:wordpass@");
    let warnings = RedisStore::new(url)
        .unwrap()
        .check()
        .await
        .unwrap()
        .warnings;
    let server = redis.address().to_string();
    assert_eq!(warnings, [Warning::PolicyUnknown { server }]);
}

/// The rights that the guide names are enough, in a database of its own too.
#[tokio::test]
async fn the_rights_of_the_guide_are_enough() {
    let redis = RedisServer::start(&[]);
    let user = ["ACL", "SETUSER", "shop", "on", ">wordpass", "~shop:*"];
    let rights = [
        "+get", "+set", "+del", "+exists", "+pexpire", "+eval", "+evalsha",
    ];
    assert_eq!(redis.command(&[&user[..], &rights].concat()), "OK");
    let url = redis.url().replace("redis://", "redis://shop:wordpass@");
    let store = |url: &str| RedisStore::new(url).unwrap().namespace("shop");
    assert_eq!(check_session_store(&store(&url)).await, Ok(17));
    let url = format!("{url}/3");
    let error = store(&url).load("k").await.unwrap_err().to_string();
    assert!(error.contains("SELECT"), "{error}");
    assert_eq!(redis.command(&["ACL", "SETUSER", "shop", "+select"]), "OK");
    assert_eq!(check_session_store(&store(&url)).await, Ok(17));
}
