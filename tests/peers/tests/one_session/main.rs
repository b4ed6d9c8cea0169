//! 64 connections change 64 keys of one session, through two servers that have a store each; nothing
//! of it is lost, on Redis, on Postgres, beside a Rails or an Express that writes the same session, and
//! as Redis fails over.
//!
//! `SECONDS` sets how long each test runs; without it each connection makes 20 changes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod failover;
mod interleavings;
mod writers;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::{RailsCache, SqlDatabase, StoredHash, StoredJson, TableLayout};
use hardtack::{LazySession, RequestOrigin, ServerSessions};
use hardtack_peers::{
    CacheForm, Node, PostgresServer, Puma, RailsVersion, RedisServer, Settings, get,
};
use hardtack_redis::RedisStore;
use hardtack_sqlx::SqlStore;
use serde_json::json;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::Mutex;

use writers::{NAME, Outcome, Servers};

/// The tests are loads: they run one after the other.
static TURN: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

/// A limit that a busy machine does not reach.
const LIMIT: Duration = Duration::from_secs(20);

/// Nothing crashes here: Postgres need not wait for a disk, which others may keep busy.
const NO_SYNC: &[&str] = &["-c", "fsync=off"];

/// Checks the outcome of servers that have the session for themselves.
fn check_all(name: &str, servers: &Servers, outcome: &Outcome) {
    println!("{name}: {outcome}");
    assert_eq!((outcome.lost, outcome.errors), (0, 0));
    assert_eq!(
        outcome.saves,
        outcome.changes + 1,
        "the first request's too"
    );
    // One saver of each server is at the store: it loses to the other server's at most.
    assert!(outcome.conflicts <= outcome.saves);
    assert_eq!(
        servers
            .tallies
            .each_ref()
            .map(|tally| tally.conflicts().len()),
        [0, 0]
    );
    assert_eq!(servers.session(&outcome.cookie), outcome.session);
}

#[tokio::test]
async fn no_change_is_lost_on_redis() {
    let _turn = TURN.lock().await;
    let redis = RedisServer::start(&[]);
    let servers = Servers::start(|| {
        (
            StoredJson,
            RedisStore::new(redis.url()).unwrap().time_limit(LIMIT),
        )
    });
    let outcome = servers.change(&servers.begin()).await;
    check_all("Redis", &servers, &outcome);
}

#[tokio::test]
async fn no_change_is_lost_on_postgres() {
    let _turn = TURN.lock().await;
    let postgres = PostgresServer::start(NO_SYNC);
    let store = postgres_stores(&postgres).await;
    let servers = Servers::start(|| (StoredJson, store()));
    let outcome = servers.change(&servers.begin()).await;
    check_all("Postgres", &servers, &outcome);
}

/// Makes a table, and returns what makes stores in it, each with a pool of its own.
async fn postgres_stores(postgres: &PostgresServer) -> impl Fn() -> SqlStore {
    let options: PgConnectOptions = postgres.url().parse().unwrap();
    let layout = TableLayout::new();
    let pool = PgPoolOptions::new().connect_lazy_with(options.clone());
    let schema = AssertSqlSafe(layout.schema(SqlDatabase::Postgres));
    sqlx::raw_sql(schema).execute(&pool).await.unwrap();
    move || {
        let pool = PgPoolOptions::new().connect_lazy_with(options.clone());
        SqlStore::postgres(pool, layout.clone()).time_limit(LIMIT)
    }
}

/// Rails writes a whole session back as it had read it: nothing of its own is lost, and what it
/// undid of ours is counted and reported.
#[tokio::test]
async fn what_rails_undoes_is_reported() {
    let _turn = TURN.lock().await;
    let world = Beside::start();
    let servers = Servers::start(|| world.parts());
    let cookie = servers.begin();
    check_beside("Rails", &servers, world.puma.address(), cookie).await;
}

/// Express writes a whole session back if it has changed it.
#[tokio::test]
async fn what_express_undoes_is_reported() {
    let _turn = TURN.lock().await;
    let redis = RedisServer::start(&[]);
    let express = Node::start("express_app/app.mjs", &[&redis.url()]);
    let signature = CookieSignature::new("a secret of the peers").unwrap();
    let servers = Servers::named("connect.sid", || {
        let format = ExpressSession::connect_redis(signature.clone());
        let store = RedisStore::new(redis.url()).unwrap();
        (format, store.time_limit(LIMIT))
    });
    let begun = get(express.address(), "/set/begun/1", None);
    let cookie = begun.set_cookies().next().unwrap().split(';').next();
    let cookie = cookie.unwrap().to_owned();
    check_beside("Express", &servers, express.address(), cookie).await;
}

/// Changes a session that the app of a framework changes too, in one request after the other.
async fn check_beside(name: &str, servers: &Servers, app: SocketAddr, cookie: String) {
    let is_over = Arc::new(AtomicBool::new(false));
    let beside = {
        let (is_over, cookie) = (is_over.clone(), cookie.clone());
        tokio::task::spawn_blocking(move || {
            let (mut lost, mut number) = (0, 0_u64);
            while !is_over.load(SeqCst) {
                let answer = get(app, &format!("/set/theirs/{}", number + 1), Some(&cookie));
                lost += u64::from(answer.body() != number.to_string());
                number += 1;
            }
            (lost, number)
        })
    };
    let outcome = servers.change(&cookie).await;
    is_over.store(true, SeqCst);
    let (lost_of_theirs, changes) = beside.await.unwrap();
    let reports = servers.tallies.each_ref().map(|tally| tally.reverts());
    let reported: u64 = reports.iter().flatten().map(|(_, count)| count).sum();
    println!(
        "beside {name}: {outcome}; {reported} reported; {lost_of_theirs} of its {changes} changes lost"
    );
    assert!(changes > 1, "it wrote nothing beside the others");
    assert_eq!((outcome.errors, lost_of_theirs), (0, 0));
    let session = servers.session(&cookie);
    assert_eq!(session["theirs"], changes);
    // A connection sees at its next change that one is lost: the last ones are seen here.
    let expected = outcome.session.as_object().unwrap();
    let unseen = expected
        .iter()
        .filter(|(key, value)| session[*key] != **value);
    let lost = u64::try_from(outcome.lost + unseen.count()).unwrap();
    // Among 64 writers it undoes something each time: it loads, and writes later.
    let is_told = lost > 0 && reported > 0 && reported <= lost;
    assert!(is_told, "{reported} of {lost}");
}

/// A Rails that keeps its sessions in Redis.
struct Beside {
    redis: RedisServer,
    puma: Puma,
    form: CacheForm,
}

impl Beside {
    /// Starts a Rails whose sessions are in its cache.
    fn start() -> Self {
        let redis = RedisServer::start(&[]);
        let form = *RailsVersion::current().cache_forms.last().unwrap();
        let mut options = json!({"url": format!("{}/0", redis.url()), "namespace": "shop"});
        if form.is_message_pack {
            options["serializer"] = ":message_pack".into();
        }
        let store = json!(["cache_store", {"expire_after": 3600}]);
        let cache = json!(["redis_cache_store", options]);
        let mut variables = vec![
            ("SESSION_STORE", store.to_string()),
            ("CACHE_STORE", cache.to_string()),
        ];
        let setting = form.setting.map(str::to_owned);
        variables.extend(setting.map(|version| ("CACHE_FORMAT", version)));
        Self::with(redis, form, &variables)
    }

    /// Starts a Rails whose sessions redis-actionpack keeps.
    fn redis_store() -> Self {
        let redis = RedisServer::start(&[]);
        let options =
            json!({"servers": [format!("{}/0/session", redis.url())], "expire_after": 3600});
        let store = json!(["redis_store", options]).to_string();
        let form = RailsVersion::current().cache_forms[0];
        Self::with(redis, form, &[("SESSION_STORE", store)])
    }

    fn with(redis: RedisServer, form: CacheForm, variables: &[(&'static str, String)]) -> Self {
        let settings = Settings::new("a secret of one session");
        let puma = Puma::start_app("stored_app/config.ru", &settings, variables);
        Self { redis, puma, form }
    }

    /// Returns the format and the store of the Rust app beside it.
    fn parts(&self) -> (RailsCache, RedisStore) {
        let cache = RailsCache::new(self.form.version).namespace("shop");
        let cache = if self.form.is_message_pack {
            cache.message_pack(RailsVersion::current().load_defaults)
        } else {
            cache
        };
        (
            cache,
            RedisStore::new(self.redis.url()).unwrap().time_limit(LIMIT),
        )
    }
}

/// A slow request of Rails writes the session again that somebody has ended meanwhile: with
/// `remember_logouts` it is ended all the same.
///
/// The store of redis-actionpack always does that. Rails' `CacheStore` does it before Rails 8.0.5.2
/// (CVE-2026-126076), of which Debian has a backport.
#[tokio::test]
async fn a_logout_holds_against_a_slow_request_of_rails() {
    let _turn = TURN.lock().await;
    let has_redis_store = RailsVersion::current().has_redis_actionpack;
    let mut ran = 0;
    for is_redis_store in [false, true] {
        if is_redis_store && !has_redis_store {
            continue;
        }
        let world = if is_redis_store {
            Beside::redis_store()
        } else {
            Beside::start()
        };
        for is_remembered in [false, true] {
            let (cache, store) = world.parts();
            let sessions = if is_redis_store {
                ServerSessions::new(StoredHash::redis_store("session"), store, NAME)
            } else {
                ServerSessions::new(cache, store, NAME)
            };
            let sessions = sessions.expire_after(Duration::from_hours(1));
            let sessions = if is_remembered {
                sessions.remember_logouts(Duration::from_mins(1))
            } else {
                sessions
            };
            let is_revived = log_out_beside(&world, &Arc::new(sessions), is_remembered).await;
            assert!(is_revived || !is_redis_store, "Rails wrote nothing");
            world.redis.command(&["FLUSHALL"]);
            ran += 1;
        }
    }
    assert_eq!(ran, if has_redis_store { 4 } else { 2 });
}

/// Logs out at Rust during a request of Rails; returns whether that writes its session again.
async fn log_out_beside(
    world: &Beside,
    sessions: &Arc<ServerSessions>,
    is_remembered: bool,
) -> bool {
    let begun = get(world.puma.address(), "/set/begun/1", None);
    let cookie = begun.set_cookies().next().unwrap().split(';').next();
    let cookie = cookie.unwrap().to_owned();

    let file = world.redis.folder().join(format!("go-{is_remembered}"));
    let path = format!("/slow/late?file={}", file.display());
    let (rails, sent) = (world.puma.address(), cookie.clone());
    let slow = tokio::task::spawn_blocking(move || get(rails, &path, Some(&sent)));
    let has_begun = file.with_extension("begun");
    while !has_begun.exists() {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    let open = || LazySession::open(sessions, cookie.clone(), RequestOrigin::default());
    let logout = open();
    let session = logout.load().await.unwrap();
    assert_eq!(session.get::<u64>("begun").unwrap(), Some(1));
    session.reset().unwrap();
    let _ = logout.commit(200).await.unwrap();
    let is_there = || {
        let keys = world.redis.command(&["KEYS", "*"]);
        keys.lines().any(|key| !key.ends_with(":gone"))
    };
    assert!(!is_there());

    std::fs::write(&file, "").unwrap();
    assert_eq!(slow.await.unwrap().status, 204);
    let is_revived = is_there();
    let is_open = !open().load().await.unwrap().is_empty();
    assert_eq!(is_open, is_revived && !is_remembered);
    assert_eq!(is_there(), is_open);
    is_revived
}
