//! Sessions of PHP in a store, through requests.

use std::sync::Arc;

use hardtack::php::{PhpHandler, PhpSessions};
use hardtack::stores::{MemoryStore, SessionFormat, SessionStore, When};
use hardtack::{Error, ServerSessions};
use serde::Deserialize;

use super::shown;
use crate::session_options::Shared;
use crate::visitor::Visitor;

const ID: &str = "2mijtsfa7kpfj7hgb7rj9f3675";
const KEY: &str = "PHPREDIS_SESSION:2mijtsfa7kpfj7hgb7rj9f3675";

/// A visitor of a PHP app whose session is stored, and the store.
async fn visitor(handler: PhpHandler, stored: &[u8]) -> (Visitor, Arc<MemoryStore>) {
    let store = Arc::new(MemoryStore::new());
    let bytes = stored.to_vec().into();
    store.save(KEY, bytes, None, &When::Always).await.unwrap();
    let format = PhpSessions::new()
        .key_prefix("PHPREDIS_SESSION:")
        .handler(handler);
    let sessions = ServerSessions::new(format, Shared(store.clone()), "PHPSESSID");
    let visitor = Visitor {
        sessions: Arc::new(sessions),
        header: format!("PHPSESSID={ID}"),
    };
    (visitor, store)
}

async fn stored(store: &MemoryStore) -> String {
    let entry = store.load(KEY).await.unwrap().unwrap();
    shown(&entry.bytes)
}

#[tokio::test]
async fn two_requests_at_once_lose_nothing() {
    let (visitor, store) = visitor(
        PhpHandler::Php,
        b"n|i:1;user|O:1:\"U\":1:{s:2:\"id\";i:7;}also|r:2;",
    )
    .await;
    let add = |n: Option<u64>| n.unwrap_or(0) + 1;
    let commit = visitor.two_requests(
        |session| {
            session.insert("mine", "a").unwrap();
            session.update_key("n", add).unwrap();
        },
        |session| {
            assert!(session.remove("user").unwrap());
            session.update_key("n", add).unwrap();
        },
    );
    let _ = commit.await.unwrap();
    assert_eq!(
        stored(&store).await,
        shown(b"n|i:3;also|O:1:\"U\":1:{s:2:\"id\";i:7;}mine|s:1:\"a\";")
    );
}

#[tokio::test]
async fn the_cookie_of_php_is_read_and_none_is_adopted() {
    #[derive(Deserialize)]
    struct User {
        id: u64,
    }
    let (visitor, store) = visitor(
        PhpHandler::PhpSerialize,
        b"a:1:{s:4:\"user\";O:1:\"U\":1:{s:5:\"\0*\0id\";i:7;}}",
    )
    .await;
    let commit = visitor.request(|session| {
        assert_eq!(session.get::<User>("user").unwrap().unwrap().id, 7);
        session.insert("seen", true).unwrap();
    });
    // The cookie without an end stays as it is.
    assert!(commit.await.unwrap().cookies().is_empty());
    assert_eq!(
        stored(&store).await,
        shown(b"a:2:{s:4:\"user\";O:1:\"U\":1:{s:5:\"\0*\0id\";i:7;}s:4:\"seen\";b:1;}")
    );
    let unknown = Visitor {
        header: "PHPSESSID=unknown".to_owned(),
        ..visitor
    };
    let commit = unknown.request(|session| session.insert("n", 1).unwrap());
    let commit = commit.await.unwrap();
    let id = commit.cookies()[0].escaped_value().to_string();
    assert!(
        id.len() == 32 && id.bytes().all(|digit| digit.is_ascii_hexdigit()),
        "{id}"
    );
}

#[tokio::test]
async fn what_cannot_be_read_stays_and_is_named() {
    let (visitor, store) = visitor(PhpHandler::Php, b"\0\0\0\x02\x14\x01\x11\x01a\x06\x05").await;
    let error = visitor.request(|_| unreachable!()).await.unwrap_err();
    assert!(matches!(error, Error::UnreadableSession { .. }));
    let text = error.to_string();
    assert!(
        text.contains("igbinary") && text.contains("PHPSESSID"),
        "{text}"
    );
    assert_eq!(
        stored(&store).await,
        shown(b"\0\0\0\x02\x14\x01\x11\x01a\x06\x05")
    );
}

#[tokio::test]
async fn what_php_would_lose_is_an_error() {
    let mut checked = 0;
    for (handler, key, reason) in [
        (PhpHandler::Php, "a|b", "'|'"),
        (PhpHandler::Php, "5", "is an integer in PHP"),
        (PhpHandler::PhpBinary, "-7", "is an integer in PHP"),
        (
            PhpHandler::PhpBinary,
            &"k".repeat(128),
            "more than 127 bytes",
        ),
    ] {
        let (visitor, store) = visitor(handler, b"").await;
        let commit = visitor
            .request(|session| session.insert(key, 1).unwrap())
            .await;
        let error = commit.unwrap_err();
        assert!(matches!(error, Error::UnwritableValue { .. }));
        assert!(error.to_string().contains(reason), "{error}");
        assert_eq!(stored(&store).await, "");
        checked += 1;
    }
    assert_eq!(checked, 4);
    for (handler, key, expected) in [
        (PhpHandler::PhpSerialize, "a|b", r#"a:1:{s:3:\"a|b\";i:1;}"#),
        (PhpHandler::PhpSerialize, "5", "a:1:{i:5;i:1;}"),
        (PhpHandler::PhpSerialize, "05", r#"a:1:{s:2:\"05\";i:1;}"#),
        (PhpHandler::PhpBinary, "a|b", r"\x03a|bi:1;"),
    ] {
        let (visitor, store) = visitor(handler, b"").await;
        let _ = visitor
            .request(|session| session.insert(key, 1).unwrap())
            .await
            .unwrap();
        assert_eq!(stored(&store).await, expected);
    }
}

#[test]
fn ids_are_those_of_php() {
    let format = PhpSessions::new();
    let is_id = |value: &[u8]| format.id_of_cookie(value).is_some();
    let long = [b'a'; 257];
    let mut checked = 0;
    for value in [&b"a"[..], b"A-z,9", &long[..256]] {
        assert!(is_id(value), "{}", shown(value));
        checked += 1;
    }
    for value in [
        &b""[..],
        &long,
        b"a b",
        b"a.b",
        b"../a",
        b"a/b",
        b"a\0b",
        b"a\xe9",
        b"a%2C",
    ] {
        assert!(!is_id(value), "{}", shown(value));
        checked += 1;
    }
    for bits in 4..=6 {
        for length in [22, 26, 48, 256] {
            let format = PhpSessions::new()
                .sid_length(length)
                .sid_bits_per_character(bits);
            // Of some, so that each kind of character comes.
            let ids: String = (0..50).map(|_| format.new_id().unwrap()).collect();
            assert_eq!(ids.len(), 50 * length);
            let last = ids.chars().max().unwrap();
            assert_eq!(last, [' ', ' ', ' ', ' ', 'f', 'v', 'z'][usize::from(bits)]);
            assert_eq!(ids.contains([',', '-']), bits == 6);
            checked += 1;
        }
    }
    assert_eq!(checked, 24);
}
