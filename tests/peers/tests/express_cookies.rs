//! Sessions in the cookies of Express apps, to and fro: cookie-session 2, and iron-session 8 and 9.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::collections::BTreeMap;
use std::sync::Arc;

use hardtack::express::{CookieSessions, IronPasswords, IronSessions, Keygrip};
use hardtack::{RequestOrigin, Session, SetCookie};
use hardtack_peers::{Node, get, post};
use serde_json::{Value, json};

const NAME: &str = "app-session";
const OLD: &str = "an old secret of forty characters ......";
const NEW: &str = "a new secret of forty characters .......";

/// The cookies of a browser.
#[derive(Clone, Default)]
struct Browser(BTreeMap<String, String>);

impl Browser {
    fn header(&self) -> String {
        let cookies = self.0.iter().map(|(name, value)| format!("{name}={value}"));
        cookies.collect::<Vec<_>>().join("; ")
    }

    fn take<'c>(&mut self, set: impl Iterator<Item = &'c str>) {
        for cookie in set {
            let (name, value) = cookie.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.0.remove(name);
            } else {
                self.0.insert(name.to_owned(), value.to_owned());
            }
        }
    }

    fn at_node(&mut self, node: &Node, path: &str) -> Value {
        let answer = get(node.address(), path, Some(&self.header()));
        self.take(answer.set_cookies());
        answer.json()
    }

    fn end_at_node(&mut self, node: &Node) {
        let answer = post(node.address(), "/destroy", Some(&self.header()), "");
        self.take(answer.set_cookies());
    }

    /// Lets a handler of Rust run, and returns the session as it was before.
    fn at_rust(&mut self, rust: &Rust, handler: fn(&Session)) -> Value {
        let session = rust.open(self.header());
        let before = session.read(|data| serde_json::from_slice(&data.to_json().unwrap()));
        handler(&session);
        let commit = session.commit(200).unwrap();
        self.take(commit.cookies().iter().map(SetCookie::header));
        before.unwrap()
    }
}

/// The sessions of the app in Rust.
enum Rust {
    CookieSession(Arc<CookieSessions>),
    Iron(Arc<IronSessions>),
}

impl Rust {
    /// The newest secret comes first.
    fn new(package: &str, secrets: &[&str]) -> Self {
        if package == "cookie-session" {
            let keys = Keygrip::new(secrets[0]).unwrap();
            let keys = secrets[1..]
                .iter()
                .fold(keys, |keys, key| keys.older_key(key).unwrap());
            return Self::CookieSession(Arc::new(CookieSessions::new(keys, NAME)));
        }
        let mut oldest_first = secrets.iter().rev();
        let first = IronPasswords::new(oldest_first.next().unwrap()).unwrap();
        let passwords = oldest_first.zip(2..).fold(first, |all, (password, id)| {
            all.password(id, password).unwrap()
        });
        Self::Iron(Arc::new(IronSessions::new(passwords, NAME).secure(false)))
    }

    fn open(&self, header: String) -> Session {
        match self {
            Self::CookieSession(sessions) => sessions.open(header, RequestOrigin::default()),
            Self::Iron(sessions) => sessions.open(header, RequestOrigin::default()),
        }
    }
}

/// Starts the Node app; the newest secret comes first.
fn node_of(package: &str, secrets: &[&str]) -> Node {
    let options = if package == "cookie-session" {
        json!({"name": NAME, "keys": secrets})
    } else {
        let ids = (1..=secrets.len()).rev().map(|id| id.to_string());
        let passwords: BTreeMap<_, _> = ids.zip(secrets).collect();
        json!({"cookieName": NAME, "password": passwords, "cookieOptions": {"secure": false}})
    };
    Node::start("express_app/cookies.mjs", &[package, &options.to_string()])
}

fn nothing(_: &Session) {}

#[test]
fn sessions_go_to_and_fro() {
    let packages = ["cookie-session", "iron-session-8", "iron-session"];
    for package in packages {
        let node = node_of(package, &[OLD]);
        let rust = Rust::new(package, &[OLD]);
        let mut browser = Browser::default();

        // Node begins.
        browser.at_node(&node, "/set/a/1");
        let before = browser.at_rust(&rust, |session| session.insert("b", 2).unwrap());
        assert_eq!(before, json!({"a": 1}), "{package}");
        assert_eq!(browser.at_node(&node, "/all"), json!({"a": 1, "b": 2}));
        browser.at_node(&node, "/set/a/3");
        let after = json!({"a": 3, "b": 2});
        assert_eq!(browser.at_rust(&rust, nothing), after, "{package}");

        // The secret is rotated on both sides: in Rust first, and the session is written again.
        let rotated = node_of(package, &[NEW, OLD]);
        let new = Rust::new(package, &[NEW, OLD]);
        let mut late = browser.clone();
        assert_eq!(browser.at_rust(&new, nothing), after, "{package}");
        assert_eq!(browser.at_rust(&rust, nothing), json!({}), "{package}");
        assert_eq!(browser.at_node(&rotated, "/all"), after, "{package}");
        assert_eq!(late.at_node(&rotated, "/set/a/3"), after, "{package}");
        assert_eq!(late.at_rust(&new, nothing), after, "{package}");

        // A changed cookie is no session.
        let names: Vec<_> = browser.0.keys().cloned().collect();
        assert_eq!(names.len(), if package == "cookie-session" { 2 } else { 1 });
        for name in names {
            let mut changed = browser.clone();
            let value = changed.0.get_mut(&name).unwrap();
            // In the code of a seal: iron-session 8 fails at an end that is no number.
            let place = value.len() - 8;
            let other = if value.as_bytes()[place] == b'A' {
                "B"
            } else {
                "A"
            };
            value.replace_range(place..=place, other);
            let mut same = changed.clone();
            assert_eq!(changed.at_rust(&new, nothing), json!({}), "{package}");
            assert_eq!(same.at_node(&rotated, "/all"), json!({}), "{package}");
        }

        // The session ends on either side.
        let mut other = browser.clone();
        browser.at_rust(&new, |session| session.reset().unwrap());
        assert!(browser.0.is_empty(), "{package}");
        other.end_at_node(&rotated);
        assert_eq!(other.at_rust(&new, nothing), json!({}), "{package}");

        // Rust begins.
        let mut browser = Browser::default();
        browser.at_rust(&new, |session| {
            session.insert("text", "Zoë 🍪 \"<&>\"").unwrap();
        });
        let text = json!({"text": "Zoë 🍪 \"<&>\""});
        assert_eq!(browser.at_node(&rotated, "/all"), text, "{package}");
    }
}
