//! Logins of passport and messages of connect-flash, against visits that Node recorded.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use hardtack::express::{ConnectFlash, CookieSignature, ExpressSession, Passport};
use hardtack::stores::{ReadEntry, SessionFormat};
use hardtack::{Commit, Error, LazySession, RequestOrigin, ServerSessions, Session, SessionData};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;

use super::lines;
use super::requests::Shelf;

#[derive(Deserialize)]
struct Visit {
    versions: BTreeMap<String, String>,
    keep_session_info: bool,
    user: Value,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    path: String,
    status: u16,
    body: String,
    store: BTreeMap<String, String>,
}

fn format() -> ExpressSession {
    ExpressSession::connect_redis(CookieSignature::new("keyboard cat").unwrap())
}

fn read(entry: &str) -> SessionData {
    match format().read(&Bytes::from(entry.to_owned()), OffsetDateTime::now_utc()) {
        ReadEntry::Session(session) => session,
        other => panic!("{other:?}"),
    }
}

/// Makes the change of a step, and checks what the app answered. Returns `false` if Node refused it.
fn visit(visit: &Visit, step: &Step, session: &mut SessionData) -> bool {
    let passport = Passport::new();
    // Up to 0.5 passport kept the session, and knew no option.
    let keeps = visit.keep_session_info || visit.versions["passport"].starts_with("0.5");
    let body = || serde_json::from_str::<Value>(&step.body).unwrap();
    match &*step.path {
        "/login" => {
            let logged_in = if keeps {
                passport.log_in_and_keep(session, &visit.user)
            } else {
                passport.log_in(session, &visit.user)
            };
            assert_eq!(logged_in.is_ok(), step.status == 200, "{}", visit.user);
            if let Err(error) = logged_in {
                assert!(matches!(error, Error::UnwritableValue { .. }));
                return false;
            }
        }
        "/who" => {
            let answer = match passport.user::<Value>(session).unwrap() {
                Some(user) => json!({ "in": true, "user": user }),
                None => json!({ "in": false }),
            };
            assert_eq!(answer, body());
        }
        "/note" => {
            let mut count = 0;
            for message in ["one", "two %d", "three"] {
                count = ConnectFlash::add(session, "info", message).unwrap();
            }
            // The app answers with the sum of what its three calls returned.
            let first = count - 2;
            let error = ConnectFlash::add(session, "error", "a b of 3").unwrap();
            assert_eq!(json!(first + count + error), body());
        }
        "/read" => {
            let messages = ConnectFlash::take::<Value>(session, "info").unwrap();
            assert_eq!(json!(messages), body());
        }
        "/none" => {
            let messages = ConnectFlash::take::<Value>(session, "none").unwrap();
            assert_eq!(json!(messages), body());
        }
        "/all" => {
            let all = ConnectFlash::take_all::<Value>(session).unwrap();
            let all: serde_json::Map<_, _> = all
                .into_iter()
                .map(|(key, list)| (key, json!(list)))
                .collect();
            assert_eq!(Value::Object(all), body());
        }
        "/logout" if keeps => passport.log_out_and_keep(session).unwrap(),
        "/logout" => passport.log_out(session),
        "/cart" => {
            session.insert("cart", [3, 5]).unwrap();
            ConnectFlash::add(session, "info", "before").unwrap();
        }
        "/bare" => session.insert("views", 1).unwrap(),
        other => panic!("{other}"),
    }
    true
}

#[test]
fn visits_leave_what_node_leaves() {
    let (mut ran, mut refused) = (0, 0);
    for record in lines::<Visit>("passport.jsonl.gz") {
        let mut before = String::new();
        for step in &record.steps {
            let (_, after) = step.store.iter().next().unwrap();
            let mut session = match &*before {
                "" => SessionData::new(),
                entry => read(entry),
            };
            if visit(&record, step, &mut session) {
                let previous = Bytes::from(before.clone());
                let previous = (!before.is_empty()).then_some(&previous);
                let written = format()
                    .write(&session, previous, None, OffsetDateTime::now_utc())
                    .unwrap();
                assert_eq!(written, after.as_bytes(), "{} {}", step.path, record.user);
                ran += 1;
            } else {
                refused += 1;
            }
            before.clone_from(after);
        }
    }
    // Ten users, three versions, both ways; three users are nobody.
    assert_eq!((ran, refused), (60 * 12 - 18, 18));
}

#[test]
fn other_values_are_refused_or_nobody() {
    let session = |json: &str| SessionData::from_json(json).unwrap();
    let nobody = [
        "{}",
        r#"{"passport":{}}"#,
        r#"{"passport":{"user":null}}"#,
        r#"{"passport":{"user":false}}"#,
        r#"{"passport":{"user":""}}"#,
        r#"{"passport":null}"#,
        r#"{"passport":"user"}"#,
        r#"{"passport":[7]}"#,
        r#"{"passport":7}"#,
        r#"{"staff":{"user":7}}"#,
    ];
    for json in nobody {
        let mut session = session(json);
        assert!(
            Passport::new().user::<Value>(&session).unwrap().is_none(),
            "{json}"
        );
        Passport::new().log_in_and_keep(&mut session, &7).unwrap();
        assert_eq!(
            Passport::new().user::<u8>(&session).unwrap(),
            Some(7),
            "{json}"
        );
    }
    // What else the login holds stays.
    let mut kept = session(r#"{"passport":{"a":1.0,"user":1,"b":2}}"#);
    Passport::new().log_in_and_keep(&mut kept, &2).unwrap();
    assert_eq!(
        kept.to_json().unwrap(),
        br#"{"passport":{"a":1.0,"user":2,"b":2}}"#
    );

    // Not a flash of connect-flash: an error, and nothing changes.
    let others = [
        r#"{"flash":"notice"}"#,
        r#"{"flash":[1]}"#,
        r#"{"flash":7}"#,
        r#"{"flash":{"info":"notice"}}"#,
        r#"{"flash":{"info":{"a":1}}}"#,
    ];
    for json in others {
        let mut session = session(json);
        let results = [
            ConnectFlash::add(&mut session, "info", "a").err(),
            ConnectFlash::take::<String>(&mut session, "info").err(),
            ConnectFlash::take_all::<String>(&mut session).err(),
        ];
        for error in results {
            assert!(
                matches!(error, Some(Error::UnexpectedValue { .. })),
                "{json}"
            );
        }
        assert_eq!(session.to_json().unwrap(), json.as_bytes());
    }
    // A message of another type stays where it is.
    let json = r#"{"flash":{"info":["a",1]}}"#;
    let mut mixed = session(json);
    assert!(ConnectFlash::take::<String>(&mut mixed, "info").is_err());
    assert_eq!(mixed.to_json().unwrap(), json.as_bytes());
    assert_eq!(
        ConnectFlash::take::<Value>(&mut mixed, "info")
            .unwrap()
            .len(),
        2
    );
    // What JavaScript takes for false is no flash.
    let mut ran = 0;
    for json in ["null", "false", "0", "\"\"", "0.0"] {
        for text in [
            format!("{{\"flash\":{json}}}"),
            format!("{{\"flash\":{{\"info\":{json}}}}}"),
        ] {
            let mut session = session(&text);
            assert!(
                ConnectFlash::take::<Value>(&mut session, "info")
                    .unwrap()
                    .is_empty()
            );
            assert_eq!(ConnectFlash::add(&mut session, "info", "a").unwrap(), 1);
            ran += 1;
        }
    }
    assert_eq!((nobody.len(), others.len(), ran), (10, 5, 10));
}

/// A login and a logout leave the former id behind, with its entry.
#[tokio::test]
async fn a_login_has_another_id() {
    type Change = fn(&mut SessionData) -> Result<(), Error>;
    let changes: [(Change, &[&str]); 4] = [
        (|data| Passport::new().log_in(data, &7), &["passport"]),
        (
            |data| Passport::new().log_in_and_keep(data, &7),
            &["cart", "passport"],
        ),
        (
            |data| {
                Passport::new().log_out(data);
                Ok(())
            },
            &[],
        ),
        (|data| Passport::new().log_out_and_keep(data), &["cart"]),
    ];
    let mut ran = 0;
    for (change, keys) in changes {
        let format = format();
        let id = format.new_id().unwrap();
        let entry = r#"{"cookie":{"originalMaxAge":null,"expires":null},"cart":[3,5]}"#;
        let key = format.keys(&id).remove(0);
        let store = Shelf::of(&key, entry);
        let cookie = format.cookie_of_id(&id).unwrap();
        let header = format!(
            "connect.sid={}",
            hardtack::headers::escape(cookie.as_bytes())
        );
        let sessions = Arc::new(ServerSessions::new(
            format.clone(),
            store.clone(),
            "connect.sid",
        ));
        let request = LazySession::open(&sessions, header, RequestOrigin::default());
        let session: Session = request.load().await.unwrap();
        session.update(change).unwrap();
        let commit = request.commit(200).await.unwrap();
        assert!(!store.keys().contains(&key));
        if let Commit::Set(cookies) = commit
            && !keys.is_empty()
        {
            let other = format.id_of_cookie(&cookies[0].value()).unwrap();
            assert_ne!(other, id);
            let (entry, _) = store.text(&format.keys(&other)[0]);
            assert_eq!(read(&entry).keys(), keys);
        } else {
            // An empty session is not stored.
            assert!(keys.is_empty());
        }
        ran += 1;
    }
    assert_eq!(ran, 4);
}
