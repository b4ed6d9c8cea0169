//! Over real HTTP: puma with Rails' whole middleware, and cookies as a browser returns them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fmt::Write as _;
use std::sync::LazyLock;

use hardtack::{CookieAttributes, CookieHeader, Jar, SessionData};
use hardtack_peers::{
    Data, Generator, JarKind, Puma, Response, Settings, hard_cases, value_between,
};
use serde_json::{Value, json};

const SESSION: &str = "_app_session";

static SETTINGS: LazyLock<Settings> = LazyLock::new(|| Settings::new("a secret over HTTP"));

/// Returns the part that a browser sends back: the pair before the first `;`.
fn pair(set_cookie: &str) -> &str {
    set_cookie.split(';').next().unwrap_or_default()
}

/// Of the cookie of this name that a response set.
fn sent<'a>(response: &'a Response, name: &str) -> &'a str {
    let line = response
        .set_cookies()
        .find(|line| value_between(line, name).is_some());
    pair(line.unwrap_or_else(|| panic!("no cookie {name} in {response:?}")))
}

fn in_query(text: &str) -> String {
    text.bytes().fold(String::new(), |mut query, byte| {
        write!(query, "%{byte:02X}").expect("a String takes all");
        query
    })
}

/// Returns the values that `serde_json` carries without loss. It rounds long integers, and some floats
/// by a bit.
fn values() -> Vec<Value> {
    let mut generator = Generator::new(13);
    let random = (0..200).map(|_| generator.data());
    let parse = |text: &str| serde_json::from_str::<Value>(text).ok();
    let all = hard_cases().into_iter().chain(random);
    all.filter(|data| !has_long_integer(data))
        .filter_map(|data| parse(&data.json()))
        .filter(|value| parse(&value.to_string()).as_ref() == Some(value))
        .collect()
}

fn has_long_integer(data: &Data) -> bool {
    match data {
        Data::Integer(digits) => digits.parse::<i64>().is_err(),
        Data::List(items) => items.iter().any(has_long_integer),
        Data::Map(pairs) => pairs.iter().any(|(_, value)| has_long_integer(value)),
        _ => false,
    }
}

#[test]
fn puma_reads_what_hardtack_renders() {
    let puma = Puma::start(&SETTINGS);
    let mut read = 0;
    for kind in JarKind::ALL {
        let jar = SETTINGS.jar(kind);
        for value in values() {
            let attributes = CookieAttributes::new().http_only(true);
            let header = jar
                .write("c1", &value, &attributes)
                .expect("it fits")
                .to_string();
            assert!(
                header.ends_with("; path=/; httponly; samesite=lax"),
                "{header}"
            );
            let cookies = format!("theme=dark; {}; c1=second", pair(&header));
            let path = format!("/read?jar={}&name=c1", kind.name());
            let response = puma.get(&path, Some(&cookies));
            assert_eq!(
                (response.status, response.json()),
                (200, json!({"value": value}))
            );
            read += 1;
        }
    }
    assert!(read >= 500, "{read}");
}

#[test]
fn hardtack_reads_what_puma_sends() {
    let puma = Puma::start(&SETTINGS);
    let mut read = 0;
    for kind in JarKind::ALL {
        let jar = SETTINGS.jar(kind);
        for value in values() {
            let query = in_query(&value.to_string());
            let path = format!("/write?jar={}&name=c1&value={query}", kind.name());
            let response = puma.get(&path, None);
            assert_eq!(response.status, 204, "{response:?}");
            let cookies = format!("theme=dark; {}; c1=second", sent(&response, "c1"));
            let opened = jar.read::<Value>("c1", &CookieHeader::new(&cookies));
            let opened = opened.unwrap_or_else(|_| panic!("refused: {value}"));
            assert_eq!(*opened.expect("it is there").value(), value);
            read += 1;
        }
    }
    assert!(read >= 500, "{read}");
}

fn session(jar: &Jar, response: &Response) -> SessionData {
    let cookies = format!("theme=dark; {}", sent(response, SESSION));
    let opened = SessionData::read(jar, SESSION, &CookieHeader::new(&cookies));
    opened.expect("it opens").expect("it is there").into_value()
}

fn rendered(session: &mut SessionData, jar: &Jar) -> String {
    let written = session.write(jar, SESSION, &CookieAttributes::new().http_only(true));
    pair(&written.expect("it fits").to_string()).to_owned()
}

/// Rails counts to 1, 3, 5 ..., hardtack between them to 2, 4, 6.
#[test]
fn both_count_in_one_session() {
    let puma = Puma::start(&SETTINGS);
    let jar = SETTINGS.jar(JarKind::Encrypted);
    let mut cookies = None;
    let mut id = None;
    for turn in 0..20 {
        let response = puma.get("/count", cookies.as_deref());
        assert_eq!(response.json(), json!({"count": turn * 2 + 1}));
        let mut session = session(&jar, &response);
        assert_eq!(
            session.get::<u32>("count").expect("a number"),
            Some(turn * 2 + 1)
        );
        assert_eq!(
            *id.get_or_insert(session.session_id()),
            session.session_id()
        );
        session
            .insert("count", turn * 2 + 2)
            .expect("a number fits");
        cookies = Some(rendered(&mut session, &jar));
    }
}

/// Signed in at Rails: Rust knows the user. Signed in at Rust: Rails does, and shows the flash.
#[test]
fn who_signs_in_at_one_is_signed_in_at_the_other() {
    let puma = Puma::start(&SETTINGS);
    let jar = SETTINGS.jar(JarKind::Encrypted);
    let response = puma.get("/sign_in?user_id=7", None);
    let mut at_rust = session(&jar, &response);
    let user: Option<(Vec<u32>, String)> = at_rust.get("warden.user.user.key").expect("a user");
    let fingerprint = "$2a$12$abcdefghijklmnopqrstuv".to_owned();
    assert_eq!(user, Some((vec![7], fingerprint.clone())));
    let flash: Option<Value> = at_rust.get("flash").expect("a flash");
    assert_eq!(
        flash,
        Some(json!({"discard": [], "flashes": {"notice": "Signed in"}}))
    );

    let id = at_rust.session_id();
    let response = puma.get("/session", Some(&rendered(&mut at_rust, &jar)));
    let shown = response.json();
    assert_eq!(shown["notice"], "Signed in");
    assert_eq!(shown["session"]["session_id"].as_str(), id.as_deref());

    let mut session = SessionData::new();
    session
        .insert("warden.user.user.key", (vec![8], fingerprint))
        .expect("it fits");
    let flash = json!({"discard": [], "flashes": {"notice": "Hello <8>"}});
    session.insert("flash", &flash).expect("it fits");
    let response = puma.get("/session", Some(&rendered(&mut session, &jar)));
    let shown = response.json();
    assert_eq!(shown["notice"], "Hello <8>");
    assert_eq!(shown["session"]["warden.user.user.key"][0], json!([8]));
    assert_eq!(
        shown["session"]["session_id"].as_str(),
        session.session_id().as_deref()
    );
}

/// As long as a browser keeps one.
#[test]
fn the_longest_session_over_http() {
    let puma = Puma::start(&SETTINGS);
    let jar = SETTINGS.jar(JarKind::Encrypted);
    let (session, cookie) = (1900..2300)
        .rev()
        .find_map(|length| {
            let mut session = SessionData::new();
            session
                .insert("long", "x".repeat(length))
                .expect("text fits");
            let cookie = session.write(&jar, SESSION, None).ok()?;
            Some((session, cookie))
        })
        .expect("some length fits");
    assert!((4000..=4096).contains(&cookie.size()), "{}", cookie.size());
    let response = puma.get("/session", Some(pair(&cookie.to_string())));
    let long: Option<String> = session.get("long").expect("text");
    assert_eq!(response.json()["session"]["long"], json!(long));
}

#[test]
fn what_was_changed_on_the_way_is_no_session() {
    let puma = Puma::start(&SETTINGS);
    let jar = SETTINGS.jar(JarKind::Encrypted);
    let mut session = SessionData::new();
    session.insert("user_id", 7).expect("a number fits");
    let cookie = rendered(&mut session, &jar);
    let intact = puma.get("/session", Some(&cookie)).json();
    assert_eq!(intact["session"]["user_id"], 7);
    let unescaped = cookie.replace("%2F", "/").replace("%3D", "=");
    let intact = puma.get("/session", Some(&unescaped)).json();
    assert_eq!(
        intact["session"]["user_id"], 7,
        "only a plus must be escaped"
    );
    for changed in [
        format!("{cookie}A"),
        cookie.replacen("--", "-", 1),
        cookie.to_lowercase(),
    ] {
        let response = puma.get("/session", Some(&changed));
        assert_eq!(
            (response.status, &response.json()["session"]),
            (200, &json!({}))
        );
    }
}
