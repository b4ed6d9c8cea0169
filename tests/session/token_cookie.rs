//! Authenticity tokens in a cookie of their own (`protect_from_forgery store: :cookie`): the same
//! decisions as a recorded Rails 7.2 at each step of a browser.

use std::collections::BTreeMap;
use std::sync::Arc;

use hardtack::csrf::CsrfSettings;
use hardtack::{
    Commit, CookieStore, LoadDefaults, RequestOrigin, SecretKeyBase, Session, SessionData,
    SetCookie,
};
use serde::Deserialize;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;

use crate::support;

#[derive(Deserialize)]
struct Step {
    browser: u32,
    r#do: String,
    sent: String,
    verified_token: Option<String>,
    status: u16,
    token: String,
    set_cookie: Vec<String>,
    /// The cookie's content after the step.
    csrf_token: Option<String>,
    session: Option<Value>,
}

fn steps() -> Vec<Step> {
    let steps: Vec<Step> = support::vectors("csrf/token-cookie-7.2.jsonl");
    assert_eq!(steps.len(), 31);
    steps
}

fn store() -> CookieStore {
    let secret = SecretKeyBase::new("c".repeat(64)).unwrap();
    CookieStore::new(&secret, LoadDefaults::V7_2, "_s")
        .csrf(CsrfSettings::from(LoadDefaults::V7_2).token_cookie("csrf_token"))
}

fn open(store: &Arc<CookieStore>, header: &str) -> Session {
    Session::open(store, header.to_owned(), RequestOrigin::default())
}

/// Returns the cookies of a browser after a response.
fn after(sent: &str, answer: &[SetCookie]) -> BTreeMap<String, String> {
    let pairs = sent.split("; ").filter_map(|pair| pair.split_once('='));
    let mut jar: BTreeMap<_, _> = pairs.map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
    for cookie in answer {
        if cookie.max_age().is_some_and(|age| age.is_zero()) {
            jar.remove(cookie.name());
        } else {
            jar.insert(cookie.name().to_owned(), cookie.escaped_value().to_string());
        }
    }
    jar
}

fn header(jar: &BTreeMap<String, String>) -> String {
    let pairs: Vec<_> = jar
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    pairs.join("; ")
}

/// Finishes a request, and returns the cookies that its response sets.
fn finish(session: &Session) -> Vec<SetCookie> {
    let mut set = match session.commit(200).unwrap() {
        Commit::Set(set) | Commit::Remove(set) => set,
        Commit::Keep => Vec::new(),
    };
    set.extend(session.cookies().take());
    set
}

/// Returns the content of a browser's token cookie, and its session's id.
fn held(store: &CookieStore, jar: &BTreeMap<String, String>) -> (Option<String>, Option<String>) {
    let text = header(jar);
    let header = hardtack::CookieHeader::new(&text);
    let jars = store.keyring();
    let token = jars
        .encrypted()
        .read::<String>("csrf_token", &header)
        .unwrap();
    let session = SessionData::read(jars.session(), "_s", &header).unwrap();
    (
        token.map(|token| token.value().clone()),
        session.and_then(|session| session.value().session_id()),
    )
}

/// A way to end a session.
type End = fn(&Session);

/// Returns what is the same in every run: whose token the cookie holds, and to what it is bound.
fn shape(before: Option<&str>, (content, id): (Option<String>, Option<String>)) -> Value {
    let token = |text: &str| serde_json::from_str::<Value>(text).unwrap()["token"].clone();
    let Some(content) = content else {
        return json!({"session": id.is_some()});
    };
    let bound_to =
        serde_json::from_str::<Value>(&content).unwrap()["session_id"]["public_id"].clone();
    json!({
        "same_token": before.map(token) == Some(token(&content)),
        "bound": !bound_to.is_null(),
        "bound_to_session": bound_to.as_str().map(str::to_owned) == id,
        "session": id.is_some(),
    })
}

#[test]
fn tokens_count_where_rails_lets_them_and_are_bound_as_by_rails() {
    let store = Arc::new(store());
    let (mut verified, mut bound, mut before) = (0, 0, None);
    for (at, step) in steps().iter().enumerate() {
        let session = open(&store, &step.sent);
        let place = format!("step {at} of browser {}: {}", step.browser, step.r#do);
        let before = std::mem::replace(&mut before, step.csrf_token.clone())
            .filter(|_| step.sent.contains("csrf_token="));
        if let Some(token) = &step.verified_token {
            let is_authentic = session.is_authentic(token, "/page", "POST");
            assert_eq!(is_authentic, step.status == 200, "{place}");
            verified += 1;
        }
        // Rails' `clear` keeps the session's id.
        if step.r#do == "clear" || step.status != 200 {
            continue;
        }
        for part in step.r#do.split(',') {
            match part {
                "insert" => session.insert("cart", "tea").unwrap(),
                "reset" => session.reset().unwrap(),
                "token" => drop(session.authenticity_tokens().unwrap()),
                _ => {}
            }
        }
        let jar = after(&step.sent, &finish(&session));
        let id = step
            .session
            .as_ref()
            .map(|session| session["session_id"].as_str().unwrap());
        let rails = shape(
            before.as_deref(),
            (step.csrf_token.clone(), id.map(str::to_owned)),
        );
        assert_eq!(
            shape(before.as_deref(), held(&store, &jar)),
            rails,
            "{place}"
        );
        bound += 1;
    }
    assert_eq!((verified, bound), (14, 28));
}

#[test]
fn the_cookie_is_set_as_by_rails() {
    let mut compared = 0;
    for step in steps() {
        let Some(line) = step
            .set_cookie
            .iter()
            .find(|line| line.starts_with("csrf_token="))
        else {
            continue;
        };
        let attributes = line.split_once("; ").unwrap().1;
        let expires = attributes
            .split("; ")
            .find_map(|one| one.strip_prefix("expires="));
        let expires = OffsetDateTime::parse(expires.unwrap(), &Rfc2822).unwrap();
        if step.token.is_empty() || attributes.contains("max-age=0") {
            continue;
        }
        let now = expires.replace_year(expires.year() - 20).unwrap();
        let store = Arc::new(store().clock(move || now));
        let session = open(&store, "");
        session.authenticity_tokens().unwrap();
        let set = finish(&session);
        assert_eq!(set.len(), 1);
        assert_eq!(set[0].to_string().split_once("; ").unwrap().1, attributes);

        // The same text, and the same expiry under the seal.
        let read = |cookie: &str| {
            let header = hardtack::CookieHeader::new(cookie);
            let jars = store.keyring();
            jars.encrypted()
                .read::<String>("csrf_token", &header)
                .unwrap()
                .unwrap()
        };
        let rails = read(line.split_once(';').unwrap().0);
        let ours = read(&format!("csrf_token={}", set[0].escaped_value()));
        let seconds = |at: Option<OffsetDateTime>| at.map(OffsetDateTime::unix_timestamp);
        assert_eq!(seconds(ours.expires_at()), seconds(rails.expires_at()));
        let content: Value = serde_json::from_str(ours.value()).unwrap();
        let token = content["token"].as_str().unwrap();
        assert_eq!(token.len(), 43);
        assert_eq!(
            *ours.value(),
            format!(r#"{{"token":"{token}","session_id":null}}"#)
        );
        compared += 1;
    }
    assert_eq!(compared, 12);
}

#[test]
fn tokens_end_with_the_session_that_they_were_made_in() {
    let store = Arc::new(store());
    let session = open(&store, "");
    let token = session
        .authenticity_tokens()
        .unwrap()
        .masked_authenticity_token()
        .unwrap();
    let anonymous = header(&after("", &finish(&session)));
    let is_authentic = |session: &Session| session.is_authentic(&token, "/", "POST");
    assert!(is_authentic(&open(&store, &anonymous)));
    let ends: [(&str, End); 3] = [
        ("reset", |session| session.reset().unwrap()),
        ("renew", |session| session.renew().unwrap()),
        ("log in", |session| {
            let scope = hardtack::warden::WardenScope::new("user");
            session.update(|data| scope.log_in(data, &7, None)).unwrap();
        }),
    ];
    for (name, end) in ends {
        for is_used in [true, false] {
            let session = open(&store, &anonymous);
            assert!(!is_used || is_authentic(&session));
            end(&session);
            assert!(!is_authentic(&session), "{name}");
            let next = session
                .authenticity_tokens()
                .unwrap()
                .masked_authenticity_token()
                .unwrap();
            let jar = header(&after(&anonymous, &finish(&session)));
            assert!(!is_authentic(&open(&store, &jar)), "{name}");
            assert!(
                open(&store, &jar).is_authentic(&next, "/", "POST"),
                "{name}"
            );
        }
    }
    // A cookie of another session, and one that its own session outlived.
    let other = open(&store, &anonymous);
    other.insert("cart", "tea").unwrap();
    let with_session = header(&after(&anonymous, &finish(&other)));
    assert!(!is_authentic(&open(&store, &with_session)));
}

#[test]
fn a_cookie_that_is_not_rails_own_has_no_tokens() {
    let store = Arc::new(store());
    let token = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let contents = [
        (format!(r#"{{"token":"{token}","session_id":null}}"#), true),
        (format!(r#"{{"token":"{token}"}}"#), true),
        (
            format!(r#"{{"token":"{token}","session_id":{{"public_id":null}}}}"#),
            true,
        ),
        (
            format!(r#"{{"token":"{token}","session_id":{{"public_id":"a"}}}}"#),
            false,
        ),
        (r#"{"token":"AAEC","session_id":null}"#.to_owned(), false),
        (r#"{"token":null,"session_id":null}"#.to_owned(), false),
        (r#"{"session_id":null}"#.to_owned(), false),
        (token.to_owned(), false),
        ("null".to_owned(), false),
        (String::new(), false),
    ];
    for (content, expected) in contents {
        let cookie = store
            .keyring()
            .encrypted()
            .write("csrf_token", &content, None)
            .unwrap();
        let session = open(&store, &format!("csrf_token={}", cookie.escaped_value()));
        assert_eq!(
            session.is_authentic(token, "/", "POST"),
            expected,
            "{content}"
        );
    }
    let session = open(&store, "csrf_token=AAAA--AAAA--AAAA");
    assert!(!session.is_authentic(token, "/", "POST"));
}
