//! Devise's logins.

use std::sync::Arc;

use hardtack::stores::{MemoryStore, StoredJson};
use hardtack::value::Value;
use hardtack::warden::WardenScope;
use hardtack::{Commit, LazySession, RequestOrigin, ServerSessions, SessionData};

const HASH: &str = "$2a$12$abcdefghijklmnopqrstuv0123456789ABCDEFGHIJKLMNOPQRSTU";
const SALT: &str = "$2a$12$abcdefghijklmnopqrstuv";

fn session(json: &str) -> SessionData {
    let value: Value = serde_json::from_str(json).unwrap();
    let mut session = SessionData::new();
    session.insert("warden.user.user.key", &value).unwrap();
    session
}

#[test]
fn logins_of_every_form() {
    let user = WardenScope::new("user");
    // The stored entry, the ids, and `true` if the record still has that password.
    let cases = [
        (r#"[[7],"SALT"]"#, "[7]", true),
        (r#"["User",[7],"SALT"]"#, "[7]", true),
        (r#"["User",7,"SALT"]"#, "[7]", true),
        (r#"[7,"SALT"]"#, "[7]", true),
        (r#"[["5f2c-11"],"SALT"]"#, r#"["5f2c-11"]"#, true),
        (r#"[[3,7],"SALT"]"#, "[3,7]", true),
        (
            r#"[[{"$oid":"5f2c"}],"SALT"]"#,
            r#"[{"$oid":"5f2c"}]"#,
            true,
        ),
        (
            r#"[[18446744073709551616],"SALT"]"#,
            "[18446744073709551616]",
            true,
        ),
        (r#"[[7],"$2a$12$abcdefghijklmnopqrstuw"]"#, "[7]", false),
        (r#"[[7],"$2a$12$abcdefghijklmnopqrstu"]"#, "[7]", false),
        (r#"[[7],"SALT0"]"#, "[7]", false),
        (r#"[[7],""]"#, "[7]", false),
        ("[[7],null]", "[7]", false),
    ];
    assert_eq!(cases.len(), 13);
    for (json, ids, matches) in cases {
        let session = session(&json.replace("SALT", SALT));
        let login = user.login(&session).unwrap();
        assert_eq!(
            Value::from_iter(login.ids().to_vec()).to_string(),
            ids,
            "{json}"
        );
        assert_eq!(login.matches(HASH), matches, "{json}");
        assert!(!session.contains_key("warden.user.admin.key"));
        assert!(WardenScope::new("admin").login(&session).is_none());
    }
}

#[test]
fn odd_shapes_are_nobody() {
    let odd = [
        "null",
        "true",
        "7",
        "1.5",
        r#""user""#,
        "{}",
        r#"{"0":[7],"1":"salt"}"#,
        "[]",
        "[[]]",
        "[[7]]",
        r#"[[],"salt"]"#,
        r#"[null,"salt"]"#,
        "[[7],7]",
        "[[7],[]]",
        r#"[[7],{"a":1}]"#,
        r#"[7,[7],"salt"]"#,
        r#"["User",7]"#,
        r#"["User",[7],"salt",1]"#,
    ];
    assert_eq!(odd.len(), 18);
    for json in odd {
        let mut session = session(json);
        assert!(WardenScope::new("user").login(&session).is_none(), "{json}");
        assert!(WardenScope::new("user").log_out(&mut session), "{json}");
        assert!(session.is_empty(), "{json}");
    }
}

#[test]
fn a_record_without_a_password() {
    let user = WardenScope::new("user");
    let mut session = SessionData::new();
    user.log_in(&mut session, &7, None).unwrap();
    let login = user.login(&session).unwrap();
    assert!(login.matches(None) && !login.matches("") && !login.matches(HASH));

    user.log_in(&mut session, &7, "").unwrap();
    let login = user.login(&session).unwrap();
    assert!(login.matches("") && !login.matches(None) && !login.matches(HASH));
}

#[test]
fn the_salt_is_29_characters() {
    let user = WardenScope::new("user");
    let cases = [(HASH, SALT), ("short", "short"), ("", ""), (SALT, SALT)];
    for (password, salt) in cases {
        let mut session = SessionData::new();
        user.log_in(&mut session, &7, password).unwrap();
        let stored = session.get::<(Vec<u8>, String)>("warden.user.user.key");
        assert_eq!(stored.unwrap(), Some((vec![7], salt.to_owned())));
    }
    // Characters, not bytes.
    let wide = "é".repeat(40);
    let mut session = SessionData::new();
    user.log_in(&mut session, &7, wide.as_str()).unwrap();
    let stored = session.get::<(Vec<u8>, String)>("warden.user.user.key");
    assert_eq!(stored.unwrap().unwrap().1.chars().count(), 29);
    assert!(user.login(&session).unwrap().matches(wide.as_str()));
}

#[test]
fn logging_in_leaves_nothing_that_was_planted() {
    let mut session = SessionData::new();
    for key in ["session_id", "_csrf_token", "cart"] {
        session
            .insert(key, "00112233445566778899aabbccddeeff")
            .unwrap();
    }
    WardenScope::new("user")
        .log_in(&mut session, &7, HASH)
        .unwrap();
    assert_eq!(session.keys(), ["cart", "warden.user.user.key"]);

    let mut unchanged = SessionData::new();
    let mut deep = Value::Nil;
    for _ in 0..200 {
        deep = Value::Array(vec![deep]);
    }
    assert!(
        WardenScope::new("user")
            .log_in(&mut unchanged, &deep, HASH)
            .is_err()
    );
    assert!(!unchanged.is_changed());
}

#[test]
fn logging_out_touches_one_scope() {
    let mut session = SessionData::new();
    let keys = [
        "warden.user.user.key",
        "warden.user.user.session",
        "warden.user.admin.key",
        "warden.user.user_two.key",
        "warden.user.user",
        "cart",
    ];
    for key in keys {
        session.insert(key, 1).unwrap();
    }
    assert!(WardenScope::new("user").log_out(&mut session));
    assert_eq!(session.keys(), keys[2..]);
    assert!(!WardenScope::new("user").log_out(&mut session));
}

#[test]
fn debug_shows_no_salt() {
    let login = WardenScope::new("user").login(&session(&format!(r#"[[7],"{SALT}"]"#)));
    let shown = format!("{login:?}");
    assert!(
        shown.contains("WardenLogin") && !shown.contains("abcdef"),
        "{shown}"
    );
}

#[cfg(feature = "marshal")]
mod in_cookies_of_rails {
    use hardtack::SessionData;
    use hardtack::warden::WardenScope;

    use super::HASH;
    use crate::recorded::records;

    #[test]
    fn the_logins_that_rails_sealed() {
        let users = WardenScope::new("user");
        let mut ran = 0;
        for record in records("6.1.7.10") {
            if record.name != "c_warden" || record.kind != "jar" {
                continue;
            }
            ran += 1;
            let place = format!("{} {:?} {}", record.serializer, record.jar, record.metadata);
            let jar = record.jar();
            let value = record.unescaped();
            let opened = SessionData::read_value(&jar, &record.name, &value).expect(&place);
            let mut session = opened.into_value();
            let login = users.login(&session).unwrap();
            assert_eq!(login.id::<u32>().unwrap(), 7, "{place}");
            assert!(login.matches(HASH), "{place}");
            assert!(!login.matches(&*HASH.replace('v', "w")), "{place}");

            users.log_out(&mut session);
            assert_eq!(session.keys(), ["session_id"], "{place}");

            users.log_in(&mut session, &8, HASH).unwrap();
            let cookie = session.write(&jar, &record.name, None);
            let opened = SessionData::read_value(&jar, &record.name, cookie.unwrap().value());
            let session = opened.unwrap().into_value();
            assert_eq!(
                users.login(&session).unwrap().id::<u32>().unwrap(),
                8,
                "{place}"
            );
            let id = session.session_id().unwrap();
            assert_ne!(id, "00112233445566778899aabbccddeeff", "{place}");
        }
        assert_eq!(ran, 18);
    }
}

/// The id of a session in a store is no entry of its data, and a login changes it all the same: an
/// attacker may have planted it.
#[tokio::test(flavor = "current_thread")]
async fn a_login_changes_the_id_of_a_session_in_a_store() {
    let sessions = ServerSessions::new(StoredJson, MemoryStore::new(), "_session_id");
    let sessions = Arc::new(sessions);
    let open = |id: &str| {
        let header = format!("_session_id={id}");
        LazySession::open(&sessions, header, RequestOrigin::default())
    };
    let id_of = |commit: Commit| {
        let Commit::Set(cookies) = commit else {
            panic!("{commit:?}")
        };
        cookies[0].escaped_value().to_owned()
    };
    let lazy = open("");
    let planted = lazy.load().await.unwrap();
    planted.insert("cart", [1]).unwrap();
    planted.insert("_csrf_token", "planted").unwrap();
    let planted = id_of(lazy.commit(200).await.unwrap());

    let lazy = open(&planted);
    let session = lazy.load().await.unwrap();
    assert_eq!(session.session_id().as_ref(), Some(&planted));
    session
        .update(|data| WardenScope::new("user").log_in(data, &7, HASH))
        .unwrap();
    let own = session.session_id().unwrap();
    assert_ne!(own, planted);
    // A later closure leaves the id as it is.
    session.update(|data| data.insert("visits", 1)).unwrap();
    assert_eq!(session.session_id().as_ref(), Some(&own));
    assert_eq!(id_of(lazy.commit(200).await.unwrap()), own);

    let left = open(&planted).load().await.unwrap();
    assert!(left.is_empty());
    let session = open(&own).load().await.unwrap();
    assert_eq!(session.get::<Vec<u8>>("cart").unwrap(), Some(vec![1]));
    assert!(!session.contains_key("_csrf_token"));
    let login = session.read(|data| WardenScope::new("user").login(data));
    assert_eq!(login.unwrap().id::<u32>().unwrap(), 7);
}
