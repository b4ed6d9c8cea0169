//! The sessions of cookie-session and of iron-session, which are in their cookie.

use hardtack::express::{CookieSessions, IronPasswords, IronSessions, Keygrip};
use hardtack::tower::SessionLayer;
use hardtack_peers::Node;
use serde_json::{Map, Value, json};

use crate::rust_app;
use crate::window::Window;
use crate::world::{App, Apps};

/// A package that keeps the session in a cookie.
#[derive(Clone, Copy, Debug)]
enum Package {
    CookieSession,
    /// With the folder of its version.
    IronSession(&'static str),
}

/// A secret, with the number by which iron-session names it.
type Secret = (u32, &'static str);

const OLD: Secret = (1, "keyboard cat 779c6e755323, and a second one");
const NEW: Secret = (2, "keyboard cat 97ec844891e3, and a second one");

impl Package {
    /// Starts both apps with these secrets: the first signs or seals.
    fn start(self, secrets: &[Secret]) -> Apps {
        let texts: Vec<_> = secrets.iter().map(|(_, secret)| secret).collect();
        let (name, options) = match self {
            Self::CookieSession => ("cookie-session", json!({"keys": texts})),
            Self::IronSession(folder) => {
                let passwords = secrets
                    .iter()
                    .map(|(id, text)| (id.to_string(), json!(text)));
                let options = json!({
                    "password": Value::Object(passwords.collect::<Map<_, _>>()),
                    "cookieName": "session",
                    "cookieOptions": {"secure": false},
                });
                (folder, options)
            }
        };
        let express = Node::start("express_app/cookies.mjs", &[name, &options.to_string()]);
        let rust = match self {
            Self::CookieSession => {
                let keys = Keygrip::new(texts[0]).unwrap();
                let older = texts[1..].iter();
                let keys = older.fold(keys, |keys, key| keys.older_key(key).unwrap());
                rust_app::serve(SessionLayer::new(CookieSessions::new(keys, "session")))
            }
            Self::IronSession(_) => {
                let (id, text) = secrets[0];
                let first = IronPasswords::with_id(id, text).unwrap();
                let passwords = secrets[1..].iter().fold(first, |passwords, (id, text)| {
                    passwords.password(*id, text).unwrap()
                });
                rust_app::serve(SessionLayer::new(
                    IronSessions::new(passwords, "session").secure(false),
                ))
            }
        };
        Apps::behind_one_origin(express, rust, "$scheme")
    }
}

#[tokio::test]
async fn a_cookie_is_read_and_written_at_both() {
    let mut walks = 0;
    let packages = [
        Package::CookieSession,
        Package::IronSession("iron-session-8"),
        Package::IronSession("iron-session"),
    ];
    for package in packages {
        let window = Window::open().await;
        // Each stage is on other ports, to which a browser sends the cookies of the same host.
        for (stage, secrets) in [&[OLD][..], &[NEW, OLD], &[NEW]].into_iter().enumerate() {
            let apps = package.start(secrets);
            for first in App::BOTH {
                let second = first.other();
                let place = format!("{package:?}, {stage}, {first:?}");
                if walks % 6 == 0 {
                    assert_eq!(window.name(&apps, first).await, "", "{place}");
                    window.log_in(&apps, first, "Ada").await;
                }
                // The user of the stage before is logged in at both.
                assert_eq!(window.name(&apps, second).await, "Ada", "{place}");
                for (app, note) in [
                    (second, "lee shore"),
                    (first, "fair wind"),
                    (second, "é\u{1F980}"),
                ] {
                    window.change(&apps, app, note).await;
                    assert_eq!(window.name(&apps, app.other()).await, "Ada", "{place}");
                    assert_eq!(window.text("#note").await, note, "{place}");
                }
                walks += 1;
            }
            if stage == 2 {
                for (app, name) in [(App::Express, "Grace"), (App::Rust, "Ada")] {
                    window.press_at(&apps, app, "Destroy").await;
                    assert_eq!(window.name(&apps, app.other()).await, "", "{package:?}");
                    window.log_in(&apps, app, name).await;
                    assert_eq!(window.name(&apps, app.other()).await, name, "{package:?}");
                    assert_eq!(window.text("#note").await, "", "{package:?}");
                }
            }
        }
        window.close().await;
    }
    assert_eq!(walks, 18);
}
