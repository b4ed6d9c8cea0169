//! The sessions of cookie-session: what Node did in each recorded step is done here, but for the
//! differences that its documentation names.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hardtack::express::{CookieSessions, Keygrip};
use hardtack::{Commit, Error, Refusal, RequestOrigin, SameSite, Session, SessionData, SetCookie};
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use super::lines;

const KEY: &str = "ein Geheimnis 5d25d3decd71";

#[derive(Deserialize)]
struct Scenario {
    kind: String,
    #[serde(default)]
    options: Value,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    path: String,
    now_ms: i64,
    cookie: Option<String>,
    body: String,
    set_cookie: Vec<String>,
}

/// Returns the sessions of these options; `None` for unsigned ones.
fn sessions(options: &Value, now: OffsetDateTime) -> Option<CookieSessions> {
    let secret = options.get("secret").into_iter();
    let keys = options.get("keys").and_then(Value::as_array);
    let mut keys = keys.into_iter().flatten().chain(secret);
    let keygrip = Keygrip::new(keys.next()?.as_str().unwrap()).unwrap();
    let keygrip = keys.fold(keygrip, |all, key| {
        all.older_key(key.as_str().unwrap()).unwrap()
    });
    let name = options
        .get("name")
        .map_or("session", |it| it.as_str().unwrap());
    let mut sessions = CookieSessions::new(keygrip, name).clock(move || now);
    for (option, value) in options.as_object().unwrap() {
        sessions = match &**option {
            "maxAge" => sessions.expire_after(Duration::from_millis(value.as_u64().unwrap())),
            "path" => sessions.path(value.as_str().unwrap()),
            "domain" => sessions.domain(value.as_str().unwrap()),
            "secure" => sessions.secure(value.as_bool().unwrap()),
            "httpOnly" => sessions.http_only(value.as_bool().unwrap()),
            "sameSite" if *value == Value::Bool(true) => sessions.same_site(Some(SameSite::Strict)),
            _ => sessions,
        };
    }
    Some(sessions)
}

/// Does what the recorded app did.
fn act(session: &Session, path: &str) {
    let (path, query) = path.split_once("?v=").unwrap_or((path, ""));
    let query = hardtack::headers::unescape(query.as_bytes());
    let set_all = || {
        let data = SessionData::from_json(&*query).unwrap();
        for key in data.keys() {
            let value = data.get::<hardtack::value::Value>(&key).unwrap();
            session.insert(&key, value).unwrap();
        }
    };
    match path {
        "/none" => {}
        "/read" | "/state" => {
            let _ = session.is_empty();
        }
        "/set" => set_all(),
        "/replace" => {
            session.clear().unwrap();
            set_all();
        }
        "/count" => {
            let views = session.get::<u64>("views").unwrap().unwrap_or_default();
            session.insert("views", views + 1).unwrap();
        }
        "/age" => {
            let n = session.get::<u64>("n").unwrap().unwrap_or_default();
            session.insert("n", n + 1).unwrap();
        }
        "/empty" | "/clear" => {
            session.clear().unwrap();
        }
        other => panic!("{other}"),
    }
}

/// Returns the values that cookies are set to; empty for one that is removed.
fn set(commit: &Commit) -> BTreeMap<String, String> {
    let cookies = commit.cookies().iter();
    cookies
        .map(|cookie| (cookie.name().to_owned(), cookie.escaped_value().to_owned()))
        .collect()
}

fn recorded(step: &Step) -> BTreeMap<String, String> {
    let pairs = step.set_cookie.iter().map(|cookie| {
        let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
        // A removed cookie's signature is of no use.
        let is_removed = cookie.contains("expires=Thu, 01 Jan 1970");
        let value = if is_removed { "" } else { value };
        (name.to_owned(), value.to_owned())
    });
    pairs.collect()
}

/// Checks the attributes that both set; hardtack alone adds `SameSite=Lax`.
fn check_attributes(header: &str, recorded: &str) {
    for attribute in [
        "; path=/",
        "; path=/app",
        "; domain=example.com",
        "; httponly",
        "; samesite=strict",
    ] {
        let is_there = recorded.contains(attribute);
        assert_eq!(header.contains(attribute), is_there, "{header}");
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    scenarios: usize,
    steps: usize,
    same: usize,
    set: usize,
    wrong_signature_kept: usize,
    empty_removed: usize,
    rotated_whole: usize,
    renewed: usize,
    keys_kept: usize,
    unsigned: usize,
}

#[test]
fn what_node_did_is_done() {
    let mut counts = Counts::default();
    for scenario in lines::<Scenario>("cookies.jsonl.gz") {
        if scenario.kind != "cookie_session" {
            continue;
        }
        let name = scenario.options.get("name");
        let name = name
            .map_or("session", |name| name.as_str().unwrap())
            .to_owned();
        let signature = format!("{name}.sig");
        for step in &scenario.steps {
            let now = OffsetDateTime::from_unix_timestamp(step.now_ms / 1000).unwrap();
            let Some(sessions) = sessions(&scenario.options, now) else {
                counts.unsigned += 1;
                continue;
            };
            counts.steps += 1;
            let sent = step.cookie.clone().unwrap_or_default();
            let at = format!("{}: {} {sent}", scenario.options, step.path);
            let sessions = Arc::new(sessions);
            let session = sessions.open(sent.clone(), RequestOrigin::new(false, None));
            if step.path == "/read" {
                let read = session.read(|data| data.to_json().unwrap());
                let read: Value = serde_json::from_slice(&read).unwrap();
                let body: Value = serde_json::from_str(&step.body).unwrap();
                let is_odd = body == serde_json::json!({"0": "s"}) || read.get("isNew").is_some();
                assert!(read == body || is_odd, "{at}: {read}");
            }
            act(&session, &step.path);
            let commit = session.commit(200).unwrap();
            let (ours, theirs) = (set(&commit), recorded(step));
            if ours == theirs {
                counts.same += 1;
                let headers = commit.cookies().iter().map(SetCookie::header);
                for (header, recorded) in headers.zip(&step.set_cookie) {
                    check_attributes(header, recorded);
                }
                counts.set += usize::from(!ours.is_empty());
                continue;
            }
            let value = |cookies: &BTreeMap<String, String>| cookies.get(&name).cloned();
            let is_removed = ours.values().all(String::is_empty);
            let signs_sent = value(&ours).is_some_and(|value| sent.contains(&value));
            let count = if ours.is_empty() && theirs.get(&signature).is_some_and(String::is_empty) {
                &mut counts.wrong_signature_kept
            } else if is_removed
                && value(&theirs)
                    .as_deref()
                    .is_some_and(|it| it == "e30=" || it == "eyIwIjoicyJ9")
            {
                &mut counts.empty_removed
            } else if theirs.len() == 1
                && signs_sent
                && theirs.get(&signature) == ours.get(&signature)
            {
                &mut counts.rotated_whole
            } else if theirs.is_empty() && signs_sent && scenario.options.get("maxAge").is_some() {
                &mut counts.renewed
            } else if step.path == "/read"
                && value(&theirs).is_some()
                && (ours.is_empty()
                    || value(&ours).is_some_and(|it| it.trim_end_matches('=').len() > 12))
            {
                &mut counts.keys_kept
            } else {
                panic!("{at}: {ours:?}, not {theirs:?}");
            };
            *count += 1;
        }
        counts.scenarios += 1;
    }
    let expected = Counts {
        scenarios: 10,
        steps: 327,
        same: 207,
        set: 65,
        wrong_signature_kept: 24,
        empty_removed: 64,
        rotated_whole: 2,
        renewed: 7,
        keys_kept: 23,
        unsigned: 18,
    };
    assert_eq!(counts, expected);
}

fn open(sent: &str) -> Session {
    let keys = Keygrip::new(KEY).unwrap();
    let sessions = Arc::new(CookieSessions::new(keys, "session"));
    sessions.open(sent.to_owned(), RequestOrigin::default())
}

/// Both cookies have the same attributes, and both go.
#[test]
fn the_signature_goes_where_its_session_goes() {
    let keys = Keygrip::new(KEY).unwrap();
    let sessions = CookieSessions::new(keys, "session")
        .secure(true)
        .path("/shop")
        .domain("example.org")
        .expire_after(Duration::from_secs(60));
    let sessions = Arc::new(sessions);
    let origin = RequestOrigin::new(true, Some("example.org"));
    let session = sessions.open(
        "session=eyJhIjoxfQ==; session.sig=S03xSs1sTLv9wkV53xRrpxpGUP8",
        origin.clone(),
    );
    session.insert("a", 2).unwrap();
    let commit = session.commit(200).unwrap();
    let [cookie, signature] = commit.cookies() else {
        panic!("{commit:?}")
    };
    assert_eq!(cookie.escaped_value(), "eyJhIjoyfQ==");
    let rest = |header: &str| header.split_once(';').unwrap().1.to_owned();
    assert_eq!(rest(cookie.header()), rest(signature.header()));
    assert!(
        cookie
            .header()
            .contains("; domain=example.org; path=/shop; expires="),
        "{cookie}"
    );
    assert_eq!(
        (signature.path(), signature.domain()),
        ("/shop", Some("example.org"))
    );

    let sent = format!(
        "session={}; session.sig={}",
        cookie.escaped_value(),
        signature.escaped_value()
    );
    let session = sessions.open(sent, origin);
    assert_eq!(session.get::<u32>("a"), Ok(Some(2)));
    session.reset().unwrap();
    let Commit::Remove(removed) = session.commit(200).unwrap() else {
        panic!()
    };
    let names: Vec<_> = removed
        .iter()
        .map(|cookie| cookie.name().to_owned())
        .collect();
    assert_eq!(names, ["session", "session.sig"]);
}

/// Values that nobody changed are kept byte for byte, and one that is too large is an error where it
/// was set.
#[test]
fn the_limit_is_that_of_browsers() {
    let session = open("session=eyJhIjoxLjUwLCJiIjpudWxsfQ==; session.sig=x");
    assert!(session.is_empty());
    let keys = Keygrip::new(KEY).unwrap();
    let signature = keys.sign("session=eyJhIjoxLjUwLCJiIjpudWxsfQ==");
    let session = open(&format!(
        "session=eyJhIjoxLjUwLCJiIjpudWxsfQ==; session.sig={signature}"
    ));
    session.insert("c", true).unwrap();
    let commit = session.commit(200).unwrap();
    // {"a":1.50,"b":null,"c":true}
    assert_eq!(
        commit.cookies()[0].escaped_value(),
        "eyJhIjoxLjUwLCJiIjpudWxsLCJjIjp0cnVlfQ=="
    );

    let session = open("");
    session.insert("c", "x".repeat(3100)).unwrap();
    let error = session.commit(200).unwrap_err();
    assert!(matches!(error, Error::CookieOverflow(_)), "{error}");
    for (value, signature, refusal) in [
        (
            "ew==",
            "lo8vcan5nlFbs3I7Lqt0tHbZXPY",
            Refusal::UnreadableValue,
        ),
        ("eyJhIjoxfQ==", "", Refusal::Invalid),
        (
            "eyJhIjoxfQ==",
            "S03xSs1sTLv9wkV53xRrpxpGUP9",
            Refusal::Invalid,
        ),
    ] {
        let refused = keys.open("session", value, signature).map(|_| ());
        assert_eq!(refused, Err(refusal), "{value}");
    }
    let long = "A".repeat(16 * 1024 + 1);
    assert_eq!(
        keys.open("session", long, "").map(|_| ()),
        Err(Refusal::TooLarge)
    );
}
