//! A browser walks between an Express app and a Rust app that keep their sessions in one store: log in,
//! read, change, stay, regenerate, log out, with secrets that rotate.
//!
//! Needs Node with the packages that `scripts/peers` installs, nginx, chromium and chromedriver.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod cookies;
mod example;
#[path = "../browser/program.rs"]
mod program;
mod rust_app;
#[path = "../browser/window.rs"]
mod window;
mod world;

use std::ops::RangeInclusive;
use std::time::Duration;

use hardtack_peers::{get, value_between};
use time::OffsetDateTime;

use window::Window;
use world::{App, Apps, Life, NAME, Server};

const SECRET: &str = "keyboard cat 779c6e755323";

impl Window {
    /// Opens a page of an app, and returns who is logged in there.
    async fn name(&self, apps: &Apps, app: App) -> String {
        self.go(&apps.url(app, "page")).await;
        self.name_shown(app).await
    }

    /// Returns who is logged in by the page that is shown, which is by this app.
    async fn name_shown(&self, app: App) -> String {
        assert_eq!(self.text("h1").await, format!("{app:?}"));
        self.text("#name").await
    }

    async fn log_in(&self, apps: &Apps, app: App, name: &str) {
        self.go(&apps.url(app, "page")).await;
        self.fill("name", name).await;
        self.press("Log in").await;
        assert_eq!(self.name_shown(app).await, name);
    }

    async fn change(&self, apps: &Apps, app: App, note: &str) {
        self.go(&apps.url(app, "page")).await;
        self.fill("note", note).await;
        self.press("Change").await;
        assert_eq!(self.text("#note").await, note);
    }

    /// Presses a button of an app's page.
    async fn press_at(&self, apps: &Apps, app: App, button: &str) {
        self.go(&apps.url(app, "page")).await;
        self.press(button).await;
        assert_eq!(self.path().await, app.path("page"));
    }

    /// Leaves some seconds to the session's cookie, if it has an end.
    async fn shorten(&self, life: Life, seconds: u64) {
        if life != Life::OfTheBrowser {
            let mut cookie = self.client.get_named_cookie(NAME).await.expect("a cookie");
            cookie.set_expires(OffsetDateTime::now_utc() + Duration::from_secs(seconds));
            self.client.add_cookie(cookie).await.expect("its cookie");
        }
    }

    /// Returns the seconds that are left to the session's cookie; `None` if it ends with the browser.
    async fn life(&self) -> Option<i64> {
        let cookie = self.client.get_named_cookie(NAME).await;
        let end = cookie.expect("a cookie").expires_datetime()?;
        Some((end - OffsetDateTime::now_utc()).whole_seconds())
    }

    /// Returns the value of the session's cookie, and the id in it.
    async fn session(&self) -> (String, String) {
        let cookie = self.client.get_named_cookie(NAME).await;
        let value = cookie.expect("a cookie").value().to_owned();
        let id = value
            .strip_prefix("s%3A")
            .and_then(|id| id.split('.').next());
        let id = id.expect("a signed id").to_owned();
        (value, id)
    }
}

/// Checks that a value of the cookie opens nothing any more.
fn assert_ended(server: &Server, apps: &Apps, (cookie, id): &(String, String)) {
    for app in App::BOTH {
        assert_eq!(apps.name(app, cookie), "", "{app:?}");
        assert_eq!(server.life(id), None, "{app:?}");
    }
}

#[tokio::test]
async fn one_session_at_both() {
    let mut walks = 0;
    for server in Server::all() {
        for life in Life::ALL {
            let apps = Apps::start(&server, life, &[SECRET], &[SECRET]);
            let window = Window::open().await;
            for first in App::BOTH {
                walk(&server, &apps, &window, first).await;
                walks += 1;
            }
            window.close().await;
        }
    }
    assert_eq!(walks, 12);
}

/// Walks between both, from nobody to nobody.
async fn walk(server: &Server, apps: &Apps, window: &Window, first: App) {
    let second = first.other();
    assert_eq!(window.name(apps, first).await, "");
    assert_eq!(window.name(apps, second).await, "");

    // A login at one is a login at the other, and each reads what the other changed.
    window.log_in(apps, first, "Ada").await;
    let logged_in = window.session().await;
    assert_eq!(window.name(apps, second).await, "Ada");
    for (app, note) in [
        (second, "lee shore"),
        (first, "fair wind"),
        (second, "é\u{1F980}"),
    ] {
        window.change(apps, app, note).await;
        assert_eq!(window.name(apps, app.other()).await, "Ada");
        assert_eq!(window.text("#note").await, note);
    }
    assert_eq!(window.session().await.1, logged_in.1);

    // Another id with the same session: the old id is gone at both.
    for app in [second, first] {
        let old = window.session().await;
        window.press_at(apps, app, "Regenerate").await;
        assert_ne!(window.session().await.1, old.1, "{app:?}");
        for app in App::BOTH {
            assert_eq!(window.name(apps, app).await, "Ada");
            assert_eq!(window.text("#note").await, "é\u{1F980}");
        }
        assert_ended(server, apps, &old);
    }

    // Another user's login ends the session before it, and takes nothing along.
    let old = window.session().await;
    window.log_in(apps, second, "Grace").await;
    assert_eq!(window.name(apps, first).await, "Grace");
    assert_eq!(window.text("#note").await, "");
    assert_ended(server, apps, &old);

    // A logout at either is one at both.
    let old = window.session().await;
    window.press_at(apps, second, "Destroy").await;
    let is_kept = window.client.get_named_cookie(NAME).await.is_ok();
    assert_eq!(is_kept, second == App::Express);
    for app in App::BOTH {
        assert_eq!(window.name(apps, app).await, "", "{app:?}");
    }
    assert_ended(server, apps, &old);
}

/// The seconds of a life that is whole: connect-pg-simple rounds up to a second.
fn whole(seconds: i64) -> RangeInclusive<i64> {
    seconds - 60..=seconds + 1
}

/// Each request at either side gives the session its whole life again, in the store and, as the
/// options say, in the browser.
#[tokio::test]
async fn each_request_extends_the_session() {
    let mut visits = 0;
    for server in Server::all() {
        for life in Life::ALL {
            let apps = Apps::start(&server, life, &[SECRET], &[SECRET]);
            let window = Window::open().await;
            window.log_in(&apps, App::Express, "Ada").await;
            for app in [App::Express, App::Rust, App::Express] {
                let (_, id) = window.session().await;
                for is_change in [false, true] {
                    server.set_life(&id, 100);
                    window.shorten(life, 100).await;
                    if is_change {
                        // Another note than before, or it would be none.
                        let note = format!("{app:?} {visits}");
                        window.change(&apps, app, &note).await;
                    } else {
                        assert_eq!(window.name(&apps, app).await, "Ada");
                    }

                    let place = format!("{app:?}, {life:?}, {is_change}");
                    let left = server.life(&id).expect("a session");
                    assert!(whole(life.seconds()).contains(&left), "{place}: {left}");
                    let expected = match life {
                        Life::OfTheBrowser => None,
                        Life::Hour if !is_change => Some(whole(100)),
                        Life::Hour | Life::RollingHour => Some(whole(life.seconds())),
                    };
                    let left = window.life().await;
                    let is_expected = match (&expected, left) {
                        (Some(range), Some(left)) => range.contains(&left),
                        (expected, left) => expected.is_none() && left.is_none(),
                    };
                    assert!(is_expected, "{place}: {left:?}, not {expected:?}");
                    visits += 1;
                }
            }
            window.close().await;
        }
    }
    assert_eq!(visits, 36);
}

/// A life that one side gives to a session counts at the other.
#[tokio::test]
async fn a_life_of_its_own_counts_at_both() {
    let month = whole(30 * 24 * 60 * 60);
    let mut logins = 0;
    for server in Server::all() {
        for life in Life::ALL {
            let apps = Apps::start(&server, life, &[SECRET], &[SECRET]);
            let window = Window::open().await;
            for app in App::BOTH {
                window.log_in(&apps, app, "Ada").await;
                window.press_at(&apps, app, "Remember").await;
                let (_, id) = window.session().await;
                for app in [app.other(), app] {
                    server.set_life(&id, 100);
                    window.shorten(life, 100).await;
                    window.change(&apps, app, &format!("by {app:?}")).await;
                    let left = (server.life(&id), window.life().await);
                    let (Some(in_store), Some(in_browser)) = left else {
                        panic!("{app:?}, {life:?}: {left:?}")
                    };
                    let is_whole = month.contains(&in_store) && month.contains(&in_browser);
                    assert!(is_whole, "{app:?}, {life:?}: {left:?}");
                }
                window.press_at(&apps, app, "Destroy").await;
                logins += 1;
            }
            window.close().await;
        }
    }
    assert_eq!(logins, 12);
}

/// A request that began before a logout brings nobody back.
#[tokio::test]
async fn a_logout_holds_against_a_slow_request() {
    let mut logouts = 0;
    for server in Server::all() {
        let apps = Apps::start(&server, Life::RollingHour, &[SECRET], &[SECRET]);
        let window = Window::open().await;
        for slow in App::BOTH {
            window.log_in(&apps, App::Express, "Ada").await;
            let old = window.session().await;
            let answer = std::thread::scope(|threads| {
                let request = threads.spawn(|| apps.get(slow, "slow", &old.0));
                assert_eq!(apps.get(slow, "begun", "").body(), "begun");
                let logout = apps.post(slow.other(), "destroy", &old.0, "");
                assert_eq!(logout.status, 303);
                assert_eq!(server.life(&old.1), None);
                assert_eq!(apps.get(slow, "finish", "").body(), "finish");
                request.join().expect("an answer")
            });
            assert_eq!((answer.status, answer.body()), (200, "slow"));
            match slow {
                // It writes the session again: so the browser's next request at Rust has to end it.
                App::Express => assert!(server.life(&old.1).is_some()),
                App::Rust => {
                    assert_eq!(server.life(&old.1), None);
                    assert_eq!(answer.set_cookies().count(), 0);
                }
            }
            assert_eq!(window.name(&apps, App::Rust).await, "");
            assert_ended(&server, &apps, &old);
            logouts += 1;
        }
        window.close().await;
    }
    assert_eq!(logouts, 4);
}

/// A user whom Express logged in stays logged in as the sessions move to a format without Express.
#[tokio::test]
async fn a_session_moves_away_from_express() {
    let mut count = 0;
    for server in Server::all() {
        let apps = Apps::start(&server, Life::RollingHour, &[SECRET], &[SECRET]);
        let window = Window::open().await;
        window.log_in(&apps, App::Express, "Ada").await;
        let (cookie, _) = window.session().await;
        let moved = server.moved(&[SECRET]);
        let old = format!("{NAME}={cookie}");
        let response = get(moved, "/rust/page", Some(&old));
        assert!(response.body().contains("<p id=\"name\">Ada</p>"));
        let set = response.set_cookies().collect::<Vec<_>>().join("\n");
        let removed = format!("{NAME}=; path=/; max-age=0");
        assert!(set.contains(&removed), "{set}");
        let new = set.lines().find(|line| line.starts_with("_session_id="));
        let new = new.and_then(|line| line.split(';').next());
        let response = get(moved, "/rust/page", new);
        assert!(response.body().contains("<p id=\"name\">Ada</p>"));
        window.close().await;
        count += 1;
    }
    assert_eq!(count, 2);
}

/// The secret is replaced at one side after the other, and the user stays logged in.
#[tokio::test]
async fn a_new_secret_logs_nobody_out() {
    const NEW: &str = "keyboard cat 97ec844891e3";
    // Each side verifies the new secret before the other one signs with it.
    let stages: [(&[&str], &[&str]); 6] = [
        (&[SECRET], &[SECRET]),
        (&[SECRET, NEW], &[SECRET]),
        (&[SECRET, NEW], &[SECRET, NEW]),
        (&[NEW, SECRET], &[SECRET, NEW]),
        (&[NEW, SECRET], &[NEW, SECRET]),
        (&[NEW], &[NEW]),
    ];
    let mut visits = 0;
    for server in Server::all() {
        let window = Window::open().await;
        for (stage, (express, rust)) in stages.iter().enumerate() {
            // On other ports, to which a browser sends the cookies of the same host.
            let apps = Apps::start(&server, Life::RollingHour, express, rust);
            if stage == 0 {
                window.log_in(&apps, App::Express, "Ada").await;
            }
            for app in [App::Rust, App::Express, App::Rust] {
                assert_eq!(window.name(&apps, app).await, "Ada", "{stage} {app:?}");
                let note = format!("{stage} {app:?}");
                window.change(&apps, app, &note).await;
                visits += 1;
            }
        }
        window.close().await;
    }
    assert_eq!(visits, 36);
}

/// Behind a proxy that ends TLS, both set a `Secure` cookie if it tells them so.
#[tokio::test]
async fn a_secure_cookie_needs_the_word_of_the_proxy() {
    let mut logins = 0;
    for server in Server::all() {
        for (scheme, is_set) in [("https", true), ("http", false)] {
            let apps = Apps::secure(&server, SECRET, scheme);
            for app in App::BOTH {
                let response = apps.post(app, "log_in", "", "name=Ada");
                assert_eq!(response.status, 303, "{app:?}: {response:?}");
                let cookies: Vec<_> = response.set_cookies().collect();
                assert_eq!(cookies.len(), usize::from(is_set), "{app:?}: {cookies:?}");
                if let [cookie] = cookies[..] {
                    let attributes = cookie.to_lowercase();
                    assert!(attributes.contains("; secure"), "{app:?}: {cookie}");
                    let value = value_between(cookie, NAME).expect("the session's");
                    assert_eq!(apps.name(app.other(), value), "Ada");
                }
                logins += 1;
            }
        }
    }
    assert_eq!(logins, 8);
}
