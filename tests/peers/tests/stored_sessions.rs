//! A live Rails that keeps its sessions in Redis or in Memcached, beside the axum app of
//! `crates/hardtack-redis/examples/beside_rails.rs`: one session, both ways.
//!
//! After each step the store has what it should: the key of the browser's cookie and no other, with the
//! time to live that Rails sets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../../../crates/hardtack-redis/examples/beside_rails.rs"]
#[expect(dead_code, reason = "its own program is not run")]
#[expect(
    clippy::duration_suboptimal_units,
    reason = "the example's Rust is older"
)]
mod beside_rails;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use hardtack::ServerSessions;
use hardtack::stores::{RailsCache, SessionFormat, StoredHash};
use hardtack_memcached::MemcachedStore;
use hardtack_peers::{
    CacheForm, MemcachedServer, Puma, RailsVersion, RedisServer, Response, Settings, get, post,
};
use hardtack_redis::RedisStore;
use serde_json::{Value, json};
use time::OffsetDateTime;

/// The name of the peer's session cookie.
const SESSION: &str = "_app_session";

const LIFE: Duration = Duration::from_mins(90);

/// A way in which an app keeps its sessions on a server.
#[derive(Clone, Copy, Debug)]
enum Kept {
    /// `:cache_store`, in `RedisCacheStore`.
    InCache(CacheForm),
    /// `:cache_store`, in `MemCacheStore`.
    InMemCache(CacheForm),
    /// `:redis_store`, of redis-actionpack.
    ByRedisStore,
}

impl Kept {
    /// The ways of the present Rails.
    fn all() -> Vec<Self> {
        let version = RailsVersion::current();
        let forms = || version.cache_forms.iter().copied();
        let redis_store = version.has_redis_actionpack.then_some(Self::ByRedisStore);
        let caches = forms().map(Self::InCache);
        let caches = caches.chain(forms().map(Self::InMemCache));
        caches.chain(redis_store).collect()
    }

    /// The settings of the Rails app.
    fn variables(self, place: &str) -> Vec<(&'static str, String)> {
        let life = LIFE.as_secs();
        let (cache, form) = match self {
            Self::InCache(form) => {
                let options = json!({"url": place, "namespace": "shop"});
                (vec![json!("redis_cache_store"), options], form)
            }
            Self::InMemCache(form) => {
                // Rails escapes the space.
                let options = json!({"namespace": "my shop"});
                (vec![json!("mem_cache_store"), json!(place), options], form)
            }
            Self::ByRedisStore => {
                // Without expire_after this gem fails under Rails 6.1 (NoMethodError `key?`).
                let options =
                    json!({"servers": [format!("{place}/session")], "expire_after": life});
                return vec![("SESSION_STORE", json!(["redis_store", options]).to_string())];
            }
        };
        let mut cache = Value::from(cache);
        if form.is_message_pack {
            let options = cache.as_array_mut().and_then(|parts| parts.last_mut());
            options.expect("options")["serializer"] = ":message_pack".into();
        }
        let store = json!(["cache_store", {"expire_after": life}]);
        let version = form
            .setting
            .map(|version| ("CACHE_FORMAT", version.to_owned()));
        [
            ("SESSION_STORE", store.to_string()),
            ("CACHE_STORE", cache.to_string()),
        ]
        .into_iter()
        .chain(version)
        .collect()
    }

    /// The sessions of the Rust app.
    fn sessions(self, place: &str) -> ServerSessions {
        let redis = || RedisStore::new(place).expect("an address");
        let memcached = || MemcachedStore::new(place).expect("an address");
        let sessions = match self {
            Self::InCache(form) => ServerSessions::new(self.cache(form), redis(), SESSION),
            Self::InMemCache(form) => ServerSessions::new(self.cache(form), memcached(), SESSION),
            Self::ByRedisStore => {
                ServerSessions::new(StoredHash::redis_store("session"), redis(), SESSION)
            }
        };
        let version = RailsVersion::current().load_defaults;
        sessions.expire_after(LIFE).csrf(version)
    }

    fn cache(self, form: CacheForm) -> RailsCache {
        let cache = RailsCache::new(form.version);
        let cache = match self {
            Self::InMemCache(_) => cache.namespace("my shop").mem_cache_store(),
            _ => cache.namespace("shop"),
        };
        if form.is_message_pack {
            cache.message_pack(RailsVersion::current().load_defaults)
        } else {
            cache
        }
    }

    /// The key of a cookie's session: the one that is written.
    fn key(self, id: &str) -> String {
        let keys = match self {
            Self::InCache(form) | Self::InMemCache(form) => self.cache(form).keys(id),
            Self::ByRedisStore => StoredHash::redis_store("session").keys(id),
        };
        keys[0].clone()
    }
}

/// The server that both apps use.
enum Place {
    Redis(RedisServer),
    Memcached(MemcachedServer),
}

impl Place {
    fn start(kept: Kept) -> Self {
        match kept {
            Kept::InMemCache(_) => Self::Memcached(MemcachedServer::start(&[])),
            _ => Self::Redis(RedisServer::start(&[])),
        }
    }

    /// The address, as both apps are told it.
    fn address(&self) -> String {
        match self {
            Self::Redis(redis) => format!("{}/0", redis.url()),
            Self::Memcached(memcached) => memcached.address().to_string(),
        }
    }

    /// The keys of all entries, sorted.
    fn keys(&self) -> Vec<String> {
        match self {
            Self::Redis(redis) => {
                let keys = redis.command(&["keys", "*"]);
                let mut keys: Vec<_> = keys.lines().map(str::to_owned).collect();
                keys.sort();
                keys
            }
            Self::Memcached(memcached) => memcached.keys(),
        }
    }

    fn clear(&self) {
        match self {
            Self::Redis(redis) => {
                redis.command(&["flushall"]);
            }
            // `flush_all` takes whole seconds: what is written next would be lost too.
            Self::Memcached(memcached) => {
                for key in memcached.keys() {
                    memcached.command(&format!("delete {key}"));
                }
            }
        }
    }

    /// When an entry ends, in milliseconds since 1970.
    #[track_caller]
    fn end_of(&self, key: &str) -> u128 {
        match self {
            Self::Redis(redis) => {
                let end = redis.command(&["pexpiretime", key]);
                end.parse()
                    .unwrap_or_else(|_| panic!("it has no end: {end}"))
            }
            Self::Memcached(memcached) => {
                let life = memcached.life_of(key).expect("an entry");
                let life = u128::try_from(life).unwrap_or_else(|_| panic!("it has no end"));
                now() + life * 1000
            }
        }
    }

    /// Sets the life of an entry from now on; 0 is over.
    fn end_in(&self, key: &str, seconds: u32) {
        match self {
            Self::Redis(redis) => {
                let life = (seconds * 1000).to_string();
                assert_eq!(redis.command(&["pexpire", key, &life]), "1");
            }
            Self::Memcached(memcached) => {
                let life = if seconds == 0 { -1 } else { i64::from(seconds) };
                assert_eq!(memcached.command(&format!("touch {key} {life}")), "TOUCHED");
            }
        }
    }
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

/// Both apps and their server.
struct World {
    kept: Kept,
    puma: Puma,
    rust: SocketAddr,
    place: Place,
}

impl World {
    fn start(kept: Kept) -> Self {
        let place = Place::start(kept);
        let address = place.address();
        let settings = Settings::new("a secret of stored sessions");
        Self {
            kept,
            puma: Puma::start_app("stored_app/config.ru", &settings, &kept.variables(&address)),
            rust: serve(kept.sessions(&address)),
            place,
        }
    }

    fn keys(&self) -> Vec<String> {
        self.place.keys()
    }

    fn clear(&self) {
        self.place.clear();
    }

    fn address(&self, app: App) -> SocketAddr {
        match app {
            App::Rails => self.puma.address(),
            App::Rust => self.rust,
        }
    }
}

/// Serves the example's app as long as the test runs.
fn serve(sessions: ServerSessions) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free loopback port");
    let address = listener.local_addr().expect("it is bound");
    listener.set_nonblocking(true).expect("a socket can");
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).expect("a socket");
            axum::serve(listener, beside_rails::app(sessions)).await
        })
    });
    address
}

/// A browser that has one cookie, the session's.
struct Browser<'w> {
    world: &'w World,
    id: Option<String>,
    /// The time before the last request, in milliseconds since 1970.
    asked_at: u128,
}

fn now() -> u128 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    now.expect("after 1970").as_millis()
}

impl<'w> Browser<'w> {
    fn new(world: &'w World) -> Self {
        Self {
            world,
            id: None,
            asked_at: 0,
        }
    }

    fn with_id(world: &'w World, id: &str) -> Self {
        Self {
            id: Some(id.to_owned()),
            ..Self::new(world)
        }
    }

    /// Sends a request; a form makes it a POST.
    fn send(&mut self, app: App, page: &str, form: Option<&str>) -> Response {
        let cookie = self.id.as_ref().map(|id| format!("{SESSION}={id}"));
        let path = match app {
            App::Rails => format!("/{page}"),
            App::Rust => format!("/rust/{page}"),
        };
        let address = self.world.address(app);
        self.asked_at = now();
        let response = match form {
            Some(form) => post(address, &path, cookie.as_deref(), form),
            None => get(address, &path, cookie.as_deref()),
        };
        for line in response.set_cookies() {
            let pair = line.split(';').next().unwrap_or_default();
            let id = pair
                .strip_prefix(SESSION)
                .and_then(|id| id.strip_prefix('='));
            let id = id.unwrap_or_else(|| panic!("another cookie: {line}"));
            self.id = Some(id.to_owned()).filter(|id| !id.is_empty());
        }
        response
    }

    fn show(&mut self, app: App) -> Value {
        let response = self.send(app, "session", None);
        assert_eq!(response.status, 200, "{app:?}: {response:?}");
        response.json()
    }

    fn token(&mut self, app: App) -> String {
        let response = self.send(app, "form", None);
        assert_eq!(response.status, 200, "{app:?}: {response:?}");
        // Standard base64 has characters that a form escapes.
        let token = response.body().replace('+', "%2B").replace('/', "%2F");
        token.replace('=', "%3D")
    }

    /// Posts a form, with the token of one app, to an app.
    fn post(&mut self, token_of: App, app: App, page: &str, field: &str) {
        let token = self.token(token_of);
        let form = format!("authenticity_token={token}&{field}");
        let response = self.send(app, page, Some(&form));
        assert_eq!(response.status, 204, "{app:?} {page}: {response:?}");
    }

    fn key(&self) -> String {
        let id = self.id.as_deref().expect("a cookie");
        self.world.kept.key(id)
    }

    /// Checks that the server has the session of this browser and no other, with its whole life before
    /// it, within two seconds.
    #[track_caller]
    fn is_alone(&self) {
        assert_eq!(self.world.keys(), [self.key()], "{:?}", self.world.kept);
        self.is_fresh();
    }

    #[track_caller]
    fn is_fresh(&self) {
        let end = self.world.place.end_of(&self.key());
        let life = LIFE.as_millis();
        // Memcached counts whole seconds, by a clock that is up to a second late.
        let right = self.asked_at + life - 2000..=now() + life + 2000;
        assert!(right.contains(&end), "{end} is not in {right:?}");
    }
}

fn in_cart(items: &[&str], user: Option<u32>, notice: Option<&str>) -> Value {
    json!({"user": user, "cart": items, "notice": notice})
}

/// Logs in at one app; the other knows the user, changes the session, and shows the message.
fn a_login_counts_on_the_other_side(world: &World) {
    for app in App::BOTH {
        let other = app.other();
        let mut browser = Browser::new(world);
        let before = {
            browser.token(app);
            browser.is_alone();
            browser.key()
        };
        // The form is the other app's.
        browser.post(other, app, "log_in", "user_id=7");
        assert_ne!(browser.key(), before, "{app:?} did not change the id");
        browser.is_alone();
        let after = browser.key();

        assert_eq!(
            browser.show(other),
            in_cart(&[], Some(7), Some("Signed in"))
        );
        browser.is_alone();
        assert_eq!(browser.show(other), in_cart(&[], Some(7), None));
        browser.post(app, other, "cart", "item=tea");
        browser.is_alone();
        let added = in_cart(&["tea"], Some(7), Some("Added tea"));
        assert_eq!(browser.show(app), added);
        browser.is_alone();
        assert_eq!(browser.show(other), in_cart(&["tea"], Some(7), None));
        assert_eq!(browser.key(), after);
        world.clear();
    }
}

/// A second login changes the id again; the first id opens nothing anywhere.
fn a_new_login_ends_the_old_id(world: &World) {
    for app in App::BOTH {
        let mut browser = Browser::new(world);
        browser.post(app, app, "log_in", "user_id=7");
        let old = browser.id.clone().expect("a cookie");
        browser.post(app, app.other(), "log_in", "user_id=8");
        assert_ne!(browser.id.as_ref(), Some(&old));
        browser.is_alone();
        for asked in App::BOTH {
            assert_eq!(browser.show(asked)["user"], 8);
        }
        browser.is_alone();
        let known = browser.key();
        // Rust stores nothing for an id that is gone; Rails stores an empty session.
        let mut thief = Browser::with_id(world, &old);
        assert_eq!(thief.show(App::Rust), in_cart(&[], None, None));
        assert_eq!(world.keys(), std::slice::from_ref(&known));
        assert_eq!(thief.show(App::Rails), in_cart(&[], None, None));
        assert_ne!(thief.id.as_ref(), Some(&old));
        assert!(!world.keys().contains(&world.kept.key(&old)));
        assert!(world.keys().contains(&known));
        world.clear();
    }
}

fn a_logout_counts_on_the_other_side(world: &World) {
    for app in App::BOTH {
        let mut browser = Browser::new(world);
        browser.post(app.other(), app.other(), "log_in", "user_id=7");
        let mut tab = Browser::with_id(world, browser.id.as_deref().expect("a cookie"));
        let old = browser.key();
        browser.post(app.other(), app, "log_out", "");
        let left = world.keys();
        assert!(!left.contains(&old), "{app:?}: {left:?}");
        match app {
            // Rails begins an empty session at once.
            App::Rails => browser.is_alone(),
            App::Rust => assert_eq!(left, [""; 0]),
        }
        for asked in App::BOTH {
            assert_eq!(browser.show(asked)["user"], Value::Null);
        }
        // A tab that was open before is logged out too.
        for asked in [App::Rust, App::Rails] {
            assert_eq!(tab.show(asked)["user"], Value::Null);
        }
        assert!(!world.keys().contains(&old));
        world.clear();
    }
}

/// Two tabs send the same cookie, each to its app, in turns.
fn two_tabs_change_one_session(world: &World) {
    let mut rails = Browser::new(world);
    let token = rails.token(App::Rails);
    let mut rust = Browser::with_id(world, rails.id.as_deref().expect("a cookie"));
    let mut items = Vec::new();
    for turn in 0..6 {
        let (browser, app) = if turn % 2 == 0 {
            (&mut rails, App::Rails)
        } else {
            (&mut rust, App::Rust)
        };
        // One token for all: both apps leave it in the session.
        let form = format!("authenticity_token={token}&item=item{turn}");
        let response = browser.send(app, "cart", Some(&form));
        assert_eq!(response.status, 204, "{turn}: {response:?}");
        items.push(format!("item{turn}"));
        browser.is_alone();
    }
    assert_eq!(rails.id, rust.id);
    assert_eq!(rails.show(App::Rails)["cart"], json!(items));
    assert_eq!(rust.show(App::Rust)["cart"], json!(items));
}

/// Rust leaves values that it does not know as they are, in short entries and in compressed ones.
fn values_of_ruby_survive(world: &World) {
    for length in [10, 3000] {
        let mut browser = Browser::new(world);
        let response = browser.send(App::Rails, &format!("rich?length={length}"), None);
        assert_eq!(response.status, 204, "{response:?}");
        browser.is_alone();
        let values = browser.send(App::Rails, "inspect", None);
        let values = values.body().to_owned();
        for part in [":fresh", "1180591620717411303424", "Set: {1, :two}", "1..3"] {
            assert!(values.contains(part), "{part}: {values}");
        }
        browser.post(App::Rust, App::Rust, "cart", "item=tea");
        browser.is_alone();
        browser.post(App::Rails, App::Rust, "log_in", "user_id=7");
        browser.is_alone();
        assert_eq!(browser.send(App::Rails, "inspect", None).body(), values);
        assert_eq!(browser.show(App::Rails)["cart"], json!(["tea"]));
        world.clear();
    }
}

/// A token of another session is refused, and changes nothing.
fn a_forged_form_is_refused(world: &World) {
    for app in App::BOTH {
        let foreign = Browser::new(world).token(app.other());
        let mut browser = Browser::new(world);
        browser.token(app);
        for token in [foreign.as_str(), ""] {
            let form = format!("authenticity_token={token}&item=tea");
            let response = browser.send(app, "cart", Some(&form));
            assert_eq!(response.status, 422, "{app:?}: {response:?}");
        }
        assert_eq!(browser.show(app.other())["cart"], json!([]));
        world.clear();
    }
}

/// Neither side takes an id that it did not make, and Rust no private id, which is no secret.
fn an_unknown_id_is_not_adopted(world: &World) {
    let made_up = "0123456789abcdef0123456789abcdef";
    for app in App::BOTH {
        let mut browser = Browser::with_id(world, made_up);
        assert_eq!(browser.show(app), in_cart(&[], None, None));
        browser.post(app, app.other(), "cart", "item=tea");
        assert_ne!(browser.id.as_deref(), Some(made_up));
        assert!(!world.keys().contains(&world.kept.key(made_up)));
        browser.is_alone();
        world.clear();
    }
    let mut browser = Browser::new(world);
    browser.post(App::Rails, App::Rails, "log_in", "user_id=7");
    let key = browser.key();
    let private_id = &key[key.find("2::").expect("a private id")..];
    let mut thief = Browser::with_id(world, &private_id.replace(':', "%3A"));
    assert_eq!(thief.show(App::Rust), in_cart(&[], None, None));
    browser.is_alone();
}

/// An entry that the server dropped, and one that it still has after the end that stands in it.
fn an_expired_session_is_gone(world: &World) {
    for app in App::BOTH {
        let mut browser = Browser::new(world);
        browser.post(app, app, "log_in", "user_id=7");
        let (id, key) = (browser.id.clone(), browser.key());
        world.place.end_in(&key, 0);
        for asked in [app.other(), app] {
            browser.id.clone_from(&id);
            assert_eq!(browser.show(asked), in_cart(&[], None, None));
            assert!(!world.keys().contains(&key));
        }
        world.clear();
    }
    if matches!(world.kept, Kept::ByRedisStore) {
        return; // redis-store writes no end into a value
    }
    // A Rust app whose clock is two hours late: its entries have ended.
    let late = || OffsetDateTime::now_utc() - time::Duration::hours(2);
    let address = serve(world.kept.sessions(&world.place.address()).clock(late));
    for app in App::BOTH {
        let response = get(address, "/rust/form", None);
        let line = response.set_cookies().next().expect("a cookie").to_owned();
        let id = line[SESSION.len() + 1..].split(';').next().expect("an id");
        let token = response.body().to_owned();
        let form = format!("authenticity_token={token}&item=tea");
        let cookie = format!("{SESSION}={id}");
        let response = post(address, "/rust/cart", Some(&cookie), &form);
        assert_eq!(response.status, 204, "{response:?}");
        let shown = get(address, "/rust/session", Some(&cookie)).json();
        assert_eq!(shown["cart"], json!(["tea"]), "at its own time it is there");
        assert_eq!(world.keys(), [world.kept.key(id)]);
        assert_eq!(
            Browser::with_id(world, id).show(app),
            in_cart(&[], None, None)
        );
        world.clear();
    }
}

/// Each side extends the life of a session that it only reads, as `expire_after` says.
fn reading_extends_the_life(world: &World) {
    for app in App::BOTH {
        let mut browser = Browser::new(world);
        browser.post(app.other(), app.other(), "cart", "item=tea");
        world.place.end_in(&browser.key(), 60);
        assert_eq!(browser.show(app)["cart"], json!(["tea"]));
        browser.is_alone();
        // The end that stands in the entry was moved too: the other side reads it.
        assert_eq!(browser.show(app.other())["cart"], json!(["tea"]));
        world.clear();
    }
}

type Step = (&'static str, fn(&World));

const STEPS: &[Step] = &[
    ("login", a_login_counts_on_the_other_side),
    ("new login", a_new_login_ends_the_old_id),
    ("logout", a_logout_counts_on_the_other_side),
    ("two tabs", two_tabs_change_one_session),
    ("values of Ruby", values_of_ruby_survive),
    ("forged form", a_forged_form_is_refused),
    ("unknown id", an_unknown_id_is_not_adopted),
    ("expired", an_expired_session_is_gone),
    ("reading", reading_extends_the_life),
];

#[test]
fn rails_and_rust_share_a_session() {
    let mut ran = 0;
    for kept in Kept::all() {
        let world = World::start(kept);
        for (name, step) in STEPS {
            // A failure below stands under the name of its step.
            println!("{kept:?}: {name}");
            world.clear();
            step(&world);
            ran += 1;
        }
    }
    let version = RailsVersion::current();
    let ways = 2 * version.cache_forms.len() + usize::from(version.has_redis_actionpack);
    assert_eq!(ran, ways * 9);
}

/// The sessions of the example itself, with the settings that its comment shows.
#[test]
fn the_examples_own_settings_are_those_that_it_shows() {
    let redis = RedisServer::start(&[]);
    let url = format!("{}/0", redis.url());
    let address = serve(beside_rails::sessions(
        RedisStore::new(&url).expect("an address"),
    ));
    let response = get(address, "/rust/form", None);
    assert_eq!(response.status, 200, "{response:?}");
    let lines: Vec<_> = response.set_cookies().collect();
    assert_eq!(lines.len(), 1);
    assert!(lines[0].starts_with("_shop_session="), "{lines:?}");
    let keys = redis.command(&["keys", "*"]);
    assert!(keys.starts_with("shop:_session_id:2::"), "{keys}");
}
