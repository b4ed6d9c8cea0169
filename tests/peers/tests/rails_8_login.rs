//! The authentication that `bin/rails generate authentication` sets up (Rails 8), in a live Rails beside the
//! axum app of `crates/hardtack-sqlx/examples/rails_8_login.rs`: one table of logins in SQLite, and
//! one cookie.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../../crates/hardtack-sqlx/examples/rails_8_login.rs"]
#[expect(dead_code, reason = "its own program is not run")]
mod rails_8_login;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use hardtack::authentication::RecordId;
use hardtack::{CookieAttributes, CookieStore, Jar};
use hardtack_peers::{JarKind, Puma, RailsVersion, Response, Settings, get, post};
use hardtack_sqlx::SqlLogins;
use rails_8_login::AuthenticateBy;
use serde_json::{Value, json};
use sqlx::sqlite::{SqliteConnectOptions, SqlitePool};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;
use tokio::runtime::Runtime;

const COOKIE: &str = "session_id";

/// The columns of the tables' ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keys {
    Integer,
    Uuid,
}

/// The app that a step is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum App {
    Rails,
    Rust,
}

impl App {
    const BOTH: [Self; 2] = [Self::Rails, Self::Rust];

    fn other(self) -> Self {
        match self {
            Self::Rails => Self::Rust,
            Self::Rust => Self::Rails,
        }
    }
}

/// Both apps and their table.
struct World {
    keys: Keys,
    settings: Settings,
    puma: Puma,
    rust: SocketAddr,
    database: SqlitePool,
    runtime: Runtime,
    /// The ids of the users, by their names.
    users: BTreeMap<String, Value>,
    folder: PathBuf,
}

impl World {
    fn start(keys: Keys, settings: Settings) -> Self {
        let name = format!(
            "hardtack-logins-{keys:?}-{}-{}",
            std::process::id(),
            settings.old_secrets.len()
        );
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir(&folder).unwrap();
        let file = folder.join("logins.sqlite3");
        let database = json!({"adapter": "sqlite3", "database": file, "timeout": 5000});
        let mut variables = vec![("LOGINS", database.to_string())];
        if keys == Keys::Uuid {
            variables.push(("KEYS", "uuid".to_owned()));
        }
        let puma = Puma::start_app("login_app/config.ru", &settings, &variables);

        let runtime = tokio::runtime::Builder::new_multi_thread();
        let runtime = { runtime }.worker_threads(1).enable_all().build().unwrap();
        let inside = runtime.enter();
        let options = SqliteConnectOptions::new().filename(&file);
        let database = SqlitePool::connect_lazy_with(options);
        let users = runtime.block_on(users(&database));
        let logins = SqlLogins::sqlite(database.clone());
        let logins = match keys {
            Keys::Integer => logins,
            Keys::Uuid => logins.uuid_keys(),
        };
        let sessions = CookieStore::with_keyring(keyring(&settings), "_app_session").logins(logins);
        let rust = serve(&runtime, sessions, authenticate_by(users.clone()));
        drop(inside);
        Self {
            keys,
            settings,
            puma,
            rust,
            database,
            runtime,
            users,
            folder,
        }
    }

    fn address(&self, app: App) -> SocketAddr {
        match app {
            App::Rails => self.puma.address(),
            App::Rust => self.rust,
        }
    }

    /// Deletes every row, as an operator does.
    fn delete_rows(&self) -> u64 {
        let deletion = sqlx::query("DELETE FROM sessions").execute(&self.database);
        self.runtime.block_on(deletion).unwrap().rows_affected()
    }

    /// The app's signed jar, without rotations.
    fn jar(&self) -> Jar {
        self.settings.jar(JarKind::Signed)
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // It fails only where somebody else has removed it.
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Reads the users whom Rails made; ids as text and as JSON.
async fn users(database: &SqlitePool) -> BTreeMap<String, Value> {
    let rows = "SELECT email_address, CAST(id AS TEXT) FROM users";
    let rows: Vec<(String, String)> = sqlx::query_as(rows).fetch_all(database).await.unwrap();
    let users: BTreeMap<_, _> = rows
        .into_iter()
        .map(|(address, id)| {
            (
                address,
                id.parse::<i64>().map_or_else(|_| json!(id), |id| json!(id)),
            )
        })
        .collect();
    assert_eq!(users.len(), 2);
    users
}

/// Returns the jars, with a rotation for each former secret.
fn keyring(settings: &Settings) -> hardtack::Keyring {
    let former = settings
        .old_secrets
        .iter()
        .map(|secret| Settings::new(secret));
    former.fold(settings.keyring(), |jars, former| {
        jars.signed_rotation(former.rotation(JarKind::Signed))
    })
}

fn authenticate_by(users: BTreeMap<String, Value>) -> AuthenticateBy {
    Arc::new(move |address, password| {
        let name = address.strip_suffix("@example.org")?;
        let is_right = password == format!("{name}'s password");
        let id = users.get(address).filter(|_| is_right)?;
        id.as_i64()
            .map(RecordId::from)
            .or_else(|| id.as_str().map(RecordId::from))
    })
}

/// Serves the example's app as long as the runtime lives.
fn serve(runtime: &Runtime, sessions: CookieStore, authenticate_by: AuthenticateBy) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
    let address = listener.local_addr().expect("it is bound");
    listener.set_nonblocking(true).expect("a socket can");
    let app = rails_8_login::app(sessions, authenticate_by);
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    runtime.spawn(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
        axum::serve(listener, service).await
    });
    address
}

/// A browser that has one cookie, the login's.
struct Browser<'w> {
    world: &'w World,
    cookie: Option<String>,
}

impl<'w> Browser<'w> {
    fn new(world: &'w World) -> Self {
        Self {
            world,
            cookie: None,
        }
    }

    fn with(world: &'w World, cookie: &str) -> Self {
        let cookie = Some(cookie.to_owned());
        Self { world, cookie }
    }

    /// Sends a request; a form makes it a POST.
    fn send(&mut self, app: App, page: &str, form: Option<&str>) -> Response {
        let cookie = self
            .cookie
            .as_ref()
            .map(|value| format!("{COOKIE}={value}"));
        let path = match app {
            App::Rails => format!("/{page}"),
            App::Rust => format!("/rust/{page}"),
        };
        let address = self.world.address(app);
        let response = match form {
            Some(form) => post(address, &path, cookie.as_deref(), form),
            None => get(address, &path, cookie.as_deref()),
        };
        for line in response.set_cookies() {
            let value = hardtack_peers::value_between(line, COOKIE);
            let value = value.unwrap_or_else(|| panic!("another cookie: {line}"));
            self.cookie = Some(value.to_owned()).filter(|value| !value.is_empty());
        }
        response
    }

    fn log_in(&mut self, app: App, name: &str) -> Response {
        let form = format!("email_address={name}@example.org&password={name}'s password");
        let response = self.send(app, "session", Some(&form));
        assert_eq!(response.status, 204, "{app:?}: {response:?}");
        assert!(self.cookie.is_some());
        response
    }

    fn log_out(&mut self, app: App) {
        let response = self.send(app, "session/delete", Some(""));
        assert_eq!(response.status, 204, "{app:?}: {response:?}");
        assert_eq!(self.cookie, None, "{app:?}");
    }

    fn show(&mut self, app: App) -> Value {
        let response = self.send(app, "show", None);
        assert_eq!(response.status, 200, "{app:?}: {response:?}");
        if app == App::Rust {
            assert_eq!(response.set_cookies().count(), 0, "reading sets no cookie");
            assert_eq!(response.headers("vary"), ["Cookie"]);
            let private = ["max-age=0, private, must-revalidate"];
            assert_eq!(response.headers("cache-control"), private);
        }
        response.json()
    }

    /// Checks that both apps know this user, and the same row; a page behind the login answers.
    #[track_caller]
    fn is(&mut self, name: &str) {
        let id = &self.world.users[&format!("{name}@example.org")];
        let [rails, rust] = App::BOTH.map(|app| self.show(app));
        assert_eq!((&rails["user_id"], &rust["user_id"]), (id, id));
        assert!(!rails["session"].is_null());
        assert_eq!(rails["session"], rust["session"]);
        assert_eq!(rails["session"].is_i64(), self.world.keys == Keys::Integer);
        for app in App::BOTH {
            assert_eq!(self.send(app, "account", None).status, 200, "{app:?}");
        }
    }

    /// Checks that both apps know nobody, and send the visitor to the form.
    #[track_caller]
    fn is_nobody(&mut self) {
        for app in App::BOTH {
            let shown = self.show(app);
            assert!(shown["user_id"].is_null(), "{app:?}: {shown}");
            let response = self.send(app, "account", None);
            assert!(
                [302, 303].contains(&response.status),
                "{app:?}: {response:?}"
            );
            let place = response.headers("location");
            assert!(place[0].ends_with("/session/new"), "{app:?}: {place:?}");
        }
    }
}

/// Logs in at one app; both know the user. Logs out at one app; both know nobody, of a copy of the
/// cookie neither.
fn a_login_and_a_logout_count_on_both_sides(world: &World) {
    let mut ran = 0;
    for (in_at, out_at) in [
        (App::Rails, App::Rails),
        (App::Rails, App::Rust),
        (App::Rust, App::Rails),
        (App::Rust, App::Rust),
    ] {
        let mut browser = Browser::new(world);
        browser.is_nobody();
        browser.log_in(in_at, "ada");
        browser.is("ada");
        let mut other = Browser::new(world);
        other.log_in(in_at.other(), "grace");
        other.is("grace");
        let mut copy = Browser::with(world, browser.cookie.as_ref().unwrap());
        copy.is("ada");

        browser.log_out(out_at);
        browser.is_nobody();
        copy.is_nobody();
        other.is("grace");
        assert_eq!(other.show(App::Rails)["rows"], 1);
        other.log_out(out_at.other());
        assert_eq!(other.show(App::Rails)["rows"], 0);
        ran += 1;
    }
    assert_eq!(ran, 4);
}

fn a_wrong_password_logs_nobody_in(world: &World) {
    for app in App::BOTH {
        let mut browser = Browser::new(world);
        for form in [
            "email_address=ada@example.org&password=grace's password",
            "email_address=eve@example.org&password=eve's password",
        ] {
            let response = browser.send(app, "session", Some(form));
            assert_eq!((response.status, &browser.cookie), (422, &None), "{app:?}");
        }
    }
    assert_eq!(world.delete_rows(), 0);
}

/// Both apps write the same columns, in the same form, and the same cookie.
fn both_write_the_same(world: &World) {
    let [rails, rust] = App::BOTH.map(|app| {
        let mut browser = Browser::new(world);
        let before = SystemTime::now() - Duration::from_millis(1);
        let response = browser.log_in(app, "ada");
        let row = browser.show(App::Rails);
        let after = SystemTime::now() + Duration::from_millis(1);
        assert_eq!(row["ip_address"], "127.0.0.1", "{app:?}");
        assert_eq!(row["user_agent"], "hardtack-peers", "{app:?}");
        assert_eq!(row["created_at"], row["updated_at"], "{app:?}");
        let at = OffsetDateTime::parse(row["created_at"].as_str().unwrap(), &Rfc3339).unwrap();
        assert!(
            before < SystemTime::from(at) && SystemTime::from(at) < after,
            "{app:?}: {at}"
        );
        let line = response.set_cookies().next().unwrap().to_owned();
        (line, browser.cookie.unwrap())
    });

    // The attributes: the date's own is beside the other's.
    let attributes = |line: &str| {
        let attributes = line.to_ascii_lowercase();
        let attributes: Vec<_> = attributes.split("; ").skip(1).map(str::to_owned).collect();
        let [path, expires, others @ ..] = &attributes[..] else {
            panic!("{line}")
        };
        let expires = expires.strip_prefix("expires=").unwrap();
        (path.clone(), expires.to_owned(), others.to_vec())
    };
    let (rails_has, rust_has) = (attributes(&rails.0), attributes(&rust.0));
    assert_eq!(rails_has.0, "path=/");
    assert_eq!(rails_has.2, ["httponly", "samesite=lax"]);
    assert_eq!((&rust_has.0, &rust_has.2), (&rails_has.0, &rails_has.2));
    let year = |expires: &str| expires.split(' ').nth(3).unwrap().parse::<i32>().unwrap();
    assert_eq!(year(&rails_has.1), year(&rust_has.1));

    // The sealed value: an id, and an expiry in twenty years.
    let now = OffsetDateTime::now_utc();
    let ends = |cookie: &str| {
        let value = hardtack::headers::unescape(cookie.as_bytes());
        let opened = world.jar().explain(COOKIE, value).unwrap();
        opened.expires_at().expect("the expiry is sealed")
    };
    let [rails_ends, rust_ends] = [&rails.1, &rust.1].map(|cookie| ends(cookie));
    assert!((rust_ends - rails_ends).abs() < Duration::from_secs(10));
    assert_eq!(rust_ends.year() - now.year(), 20);

    // The text of the times in SQLite, which sorts by it.
    let texts = "SELECT CAST(created_at AS TEXT) FROM sessions ORDER BY created_at";
    let texts = sqlx::query_scalar(texts).fetch_all(&world.database);
    let texts: Vec<String> = world.runtime.block_on(texts).unwrap();
    let form = |text: &String| text.replace(|c: char| c.is_ascii_digit(), "0");
    let forms: Vec<_> = texts.iter().map(form).collect();
    assert_eq!(forms, ["0000-00-00 00:00:00.000000"; 2]);
    assert_eq!(world.delete_rows(), 2);
}

fn a_row_that_an_operator_deletes_ends_the_login(world: &World) {
    for app in App::BOTH {
        let mut browser = Browser::new(world);
        browser.log_in(app, "ada");
        browser.is("ada");
        assert_eq!(world.delete_rows(), 1);
        browser.is_nobody();
    }
}

/// Cookies that are not those of a login, and one that is.
fn other_cookies_are_nobodys(world: &World) {
    let mut browser = Browser::new(world);
    browser.log_in(App::Rails, "ada");
    let good = browser.cookie.clone().unwrap();
    let id = browser.show(App::Rails)["session"].clone();
    let seal = |name: &str, value: &Value, attributes: &CookieAttributes| {
        let cookie = world.jar().write(name, value, attributes).unwrap();
        cookie.escaped_value().to_owned()
    };
    let (now, hour) = (OffsetDateTime::now_utc(), Duration::from_hours(1));
    let until = |end| CookieAttributes::new().expires(end);
    let stranger = Settings::new("another secret").jar(JarKind::Signed);
    let stranger = stranger.write(COOKIE, &id, None).unwrap();
    let encrypted = world.settings.jar(JarKind::Encrypted);
    let encrypted = encrypted.write(COOKIE, &id, None).unwrap();
    let gone = match world.keys {
        Keys::Integer => json!(1_000_000),
        Keys::Uuid => json!("0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11"),
    };
    let of_the_other_type = match world.keys {
        Keys::Integer => json!("0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11"),
        Keys::Uuid => json!(1),
    };
    let mut tampered = good.clone();
    tampered.replace_range(10..11, if &good[10..11] == "A" { "B" } else { "A" });
    let cut = &good[..good.len() - 1];
    let mut ran = 0;
    for (what, cookie, is_good) in [
        ("as it is", good.clone(), true),
        (
            "until in an hour",
            seal(COOKIE, &id, &until(now + hour)),
            true,
        ),
        (
            "without an end",
            seal(COOKIE, &id, &CookieAttributes::new()),
            true,
        ),
        ("expired", seal(COOKIE, &id, &until(now - hour)), false),
        ("tampered", tampered, false),
        ("cut", cut.to_owned(), false),
        (
            "of another secret",
            stranger.escaped_value().to_owned(),
            false,
        ),
        ("encrypted", encrypted.escaped_value().to_owned(), false),
        (
            "of another name",
            seal("seen", &id, &CookieAttributes::new()),
            false,
        ),
        (
            "a row that is not there",
            seal(COOKIE, &gone, &CookieAttributes::new()),
            false,
        ),
        (
            "of the other type",
            seal(COOKIE, &of_the_other_type, &CookieAttributes::new()),
            false,
        ),
        (
            "nil",
            seal(COOKIE, &Value::Null, &CookieAttributes::new()),
            false,
        ),
        (
            "an empty text",
            seal(COOKIE, &json!(""), &CookieAttributes::new()),
            false,
        ),
        ("plain", "1".to_owned(), false),
        ("empty", String::new(), false),
    ] {
        println!("{what}");
        let mut browser = Browser::with(world, &cookie);
        if is_good {
            browser.is("ada");
        } else {
            browser.is_nobody();
        }
        ran += 1;
    }
    assert_eq!(ran, 15);
    assert_eq!(world.delete_rows(), 1);
}

fn run_all(keys: Keys) {
    let world = World::start(keys, Settings::new("a secret of logins"));
    a_wrong_password_logs_nobody_in(&world);
    a_login_and_a_logout_count_on_both_sides(&world);
    both_write_the_same(&world);
    a_row_that_an_operator_deletes_ends_the_login(&world);
    other_cookies_are_nobodys(&world);
}

#[test]
fn logins_with_integers() {
    run_all(Keys::Integer);
}

#[test]
fn logins_with_uuids() {
    run_all(Keys::Uuid);
}

/// After a new secret both apps know the logins of the former one. Reading at Rust sets no cookie; Rails
/// writes the cookie again, but it then ends with the browser.
#[test]
fn a_secret_rotated() {
    let former = "a secret of yesterday";
    let settings = Settings {
        old_secrets: vec![former.to_owned()],
        ..Settings::new("a secret of today")
    };
    let world = World::start(Keys::Integer, settings);
    let mut browser = Browser::new(&world);
    browser.log_in(App::Rust, "ada");
    let id = browser.show(App::Rust)["session"].clone();
    let jar = Settings::new(former).jar(JarKind::Signed);
    let cookie = jar.write(COOKIE, &id, None).unwrap();
    let mut browser = Browser::with(&world, cookie.escaped_value());
    assert_eq!(browser.show(App::Rust)["session"], id);
    assert_eq!(browser.cookie.as_deref(), Some(cookie.escaped_value()));

    let response = browser.send(App::Rails, "show", None);
    let lines: Vec<_> = response.set_cookies().collect();
    let [line] = lines[..] else {
        panic!("{lines:?}")
    };
    let same_site = RailsVersion::current().same_site;
    assert!(line.ends_with(&format!("; path=/; {same_site}")), "{line}");
    assert!(
        world
            .jar()
            .explain(
                COOKIE,
                hardtack::headers::unescape(browser.cookie.as_ref().unwrap().as_bytes())
            )
            .is_ok()
    );
    browser.is("ada");

    browser = Browser::with(&world, cookie.escaped_value());
    browser.log_out(App::Rust);
    browser.is_nobody();
    assert_eq!(world.delete_rows(), 0);
}
