//! The rules of a store, ended sessions, the index, and the check at the start.

use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, When};
use hardtack::test_util::check_session_store;
use hardtack_mongodb::{MongoStore, Warning};
use mongodb::bson::{Bson, DateTime, doc};

use crate::server::Server;
use crate::store;

const HOUR: Option<Duration> = Some(Duration::from_secs(3600));

#[tokio::test]
async fn the_store_keeps_every_rule() {
    let second = Duration::from_secs(1);
    let mut count = 0;
    for replica_set in [None, Some("rs0")] {
        let server = Server::with_faults(replica_set, |_, _| None).await;
        for store in [
            store(&server),
            store(&server).documents(),
            store(&server).timestamps().touch_after(second),
        ] {
            assert_eq!(check_session_store(&store).await, Ok(17));
            count += 1;
        }
        assert_eq!(server.documents(), []);
    }
    assert_eq!(count, 6);
}

/// Whether a document is live: by connect-mongo's filter, without `expires` or with a later time.
#[tokio::test]
async fn an_ended_session_counts_as_absent() {
    let at = |millis: i64| {
        let now = DateTime::now().timestamp_millis();
        Bson::DateTime(DateTime::from_millis(now + millis))
    };
    let cases = [
        (None, true),
        (Some(at(60_000)), true),
        (Some(at(-1)), false),
        (Some(at(-86_400_000)), false),
        (Some(Bson::Null), false),
        (Some(Bson::String("2100-01-01".to_owned())), false),
    ];
    assert_eq!(cases.len(), 6);
    for (expires, is_live) in cases {
        let server = Server::start().await;
        let store = store(&server);
        let mut document = doc! { "_id": "a", "session": "{\"old\":1}" };
        if let Some(expires) = expires.clone() {
            document.insert("expires", expires);
        }
        server.put(document);
        let bytes = Bytes::from_static(b"{\"new\":1}");
        let loaded = store.load("a").await.unwrap();
        assert_eq!(loaded.is_some(), is_live, "{expires:?}");
        assert_eq!(store.touch("a", None).await.unwrap(), is_live);
        let version = store.load("a").await.unwrap().map(|entry| entry.version);
        if !is_live {
            assert!(!store.touch("a", HOUR).await.unwrap(), "{expires:?}");
            assert!(!store.delete("a", &When::Present).await.unwrap());
            let saved = store.save("a", bytes.clone(), HOUR, &When::Present).await;
            assert!(matches!(saved, Ok(Saved::Gone)), "{expires:?}: {saved:?}");
        }
        let saved = store.save("a", bytes.clone(), HOUR, &When::Absent).await;
        let saved = saved.unwrap();
        assert_eq!(
            matches!(saved, Saved::Done(_)),
            !is_live,
            "{expires:?}: {saved:?}"
        );
        assert_eq!(matches!(saved, Saved::Conflict(_)), is_live, "{expires:?}");
        if let Some(version) = version {
            let when = When::Unchanged(version);
            let saved = store.save("a", bytes.clone(), HOUR, &when).await.unwrap();
            assert!(matches!(saved, Saved::Done(_)), "{expires:?}: {saved:?}");
        }
        assert_eq!(store.load("a").await.unwrap().unwrap().bytes, bytes);
        assert_eq!(server.documents().len(), 1);
    }
}

#[tokio::test]
async fn of_many_saves_of_a_new_key_one_is_done() {
    let server = Server::start().await;
    let store = store(&server);
    let saves = (0..20).map(|number| {
        let store = store.clone();
        tokio::spawn(async move {
            let bytes = Bytes::from(format!("{{\"n\":{number}}}"));
            store.save("a", bytes, HOUR, &When::Absent).await.unwrap()
        })
    });
    let (mut done, mut conflicts) = (0, 0);
    for save in saves.collect::<Vec<_>>() {
        match save.await.unwrap() {
            Saved::Done(_) => done += 1,
            Saved::Conflict(_) => conflicts += 1,
            Saved::Gone => panic!("gone"),
        }
    }
    assert_eq!((done, conflicts), (1, 19));
}

#[tokio::test]
async fn a_condition_is_part_of_one_command() {
    let server = Server::start().await;
    let store = store(&server);
    let (one, two) = (
        Bytes::from_static(b"{\"n\":1}"),
        Bytes::from_static(b"{\"n\":2}"),
    );
    let saved = store.save("a", one, HOUR, &When::Absent).await.unwrap();
    let Saved::Done(Some(version)) = saved else {
        panic!("{saved:?}");
    };
    let unchanged = When::Unchanged(version);
    store
        .save("a", two.clone(), HOUR, &unchanged)
        .await
        .unwrap();
    store.save("a", two, HOUR, &When::Present).await.unwrap();
    store.touch("a", HOUR).await.unwrap();
    store.delete("a", &When::Present).await.unwrap();
    assert_eq!(
        server.names(),
        ["update", "update", "update", "update", "delete"]
    );
}

#[tokio::test]
async fn a_young_session_is_not_touched() {
    let server = Server::start().await;
    let minute = Duration::from_secs(60);
    let store = store(&server).touch_after(minute);
    let ago = |seconds: i64| {
        let now = DateTime::now().timestamp_millis();
        DateTime::from_millis(now - seconds * 1000)
    };
    let soon = ago(-600);
    let cases = [
        ("young", Some(50), false),
        ("old", Some(70), true),
        ("without", None, true),
    ];
    for (key, seconds, is_touched) in cases {
        let mut document = doc! { "_id": key, "session": "{}", "expires": soon };
        if let Some(seconds) = seconds {
            document.insert("lastModified", ago(seconds));
        }
        server.put(document.clone());
        assert!(store.touch(key, HOUR).await.unwrap());
        let now = server.documents().pop().unwrap();
        assert_eq!(
            now.get("expires") != document.get("expires"),
            is_touched,
            "{key}"
        );
        let is_modified = is_touched && seconds.is_some();
        assert_eq!(
            now.get("lastModified") != document.get("lastModified"),
            is_modified,
            "{key}"
        );
    }
    assert!(!store.touch("missing", HOUR).await.unwrap());
}

#[tokio::test]
async fn the_check_tells_what_puts_sessions_at_risk() {
    let server = Server::with_faults(Some("rs0"), |_, _| None).await;
    let collection = "sessions".to_owned();
    let servers = server.address.clone();
    let store = store(&server);
    let warnings = store.check().await.unwrap().warnings;
    let nothing_expires = Warning::NothingExpires {
        servers: servers.clone(),
        collection: collection.clone(),
    };
    assert_eq!(warnings, [nothing_expires]);

    store.create_index().await.unwrap();
    assert_eq!(store.check().await.unwrap().warnings, []);

    let one = MongoStore::new(format!("{}?w=1", server.url())).unwrap();
    let lost = Warning::LostAtFailover {
        servers: servers.clone(),
        replica_set: "rs0".to_owned(),
    };
    assert_eq!(one.check().await.unwrap().warnings, [lost]);

    let mut index = doc! { "key": { "expires": 1 }, "name": "expires_1", "v": 2 };
    index.insert("expireAfterSeconds", 3600);
    let sessions = |indexes| {
        let mut model = server.model.lock().unwrap();
        model.collections.get_mut("sessions").unwrap().indexes = indexes;
    };
    sessions(vec![index]);
    let late = Warning::ExpiresLate {
        servers: servers.clone(),
        collection: collection.clone(),
        seconds: 3600,
    };
    assert_eq!(store.check().await.unwrap().warnings, [late]);
    sessions(vec![
        doc! { "key": { "expires": 1 }, "name": "expires_1", "v": 2 },
    ]);
    let warnings = store.check().await.unwrap().warnings;
    assert!(
        matches!(warnings[..], [Warning::NothingExpires { .. }]),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn ended_sessions_are_deleted_where_no_index_does_it() {
    let server = Server::start().await;
    let store = store(&server);
    let at = |millis: i64| DateTime::from_millis(DateTime::now().timestamp_millis() + millis);
    server.put(doc! { "_id": "a", "session": "{}", "expires": at(-1000) });
    server.put(doc! { "_id": "b", "session": "{}", "expires": at(-60_000) });
    server.put(doc! { "_id": "c", "session": "{}", "expires": at(60_000) });
    server.put(doc! { "_id": "d", "session": "{}" });
    assert_eq!(store.delete_expired().await.unwrap(), 2);
    let left: Vec<_> = server.documents();
    let left: Vec<_> = left
        .iter()
        .map(|document| document.get_str("_id").unwrap())
        .collect();
    assert_eq!(left, ["c", "d"]);
}

/// A mark of a logout and a lock are no JSON.
#[tokio::test]
async fn other_bytes_are_kept_too() {
    let server = Server::start().await;
    for store in [store(&server), store(&server).documents()] {
        for bytes in [&b"1"[..], b"", b"\0\xff", b"[1]", "{}".as_bytes()] {
            let bytes = Bytes::copy_from_slice(bytes);
            store
                .save("a", bytes.clone(), None, &When::Always)
                .await
                .unwrap();
            assert_eq!(store.load("a").await.unwrap().unwrap().bytes, bytes);
            let document = server.documents().pop().unwrap();
            assert_eq!(document.get("expires"), None);
        }
    }
}
