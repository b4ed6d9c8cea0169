//! 64 connections change 64 keys of one session, through two servers that have a store each; nothing
//! of it is lost, on Redis, on Postgres, beside a Rails that writes the same session, and as Redis fails
//! over.
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
mod writers;

use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use hardtack::stores::{RailsCache, SqlDatabase, StoredJson, TableLayout};
use hardtack_peers::{PostgresServer, Puma, RailsVersion, RedisServer, Settings, get};
use hardtack_redis::RedisStore;
use hardtack_sqlx::SqlStore;
use serde_json::json;
use sqlx::AssertSqlSafe;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use tokio::sync::Mutex;

use writers::{Outcome, Servers};

/// The tests are loads: they run one after the other.
static TURN: LazyLock<Mutex<()>> = LazyLock::new(Mutex::default);

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
    let servers = Servers::start(|| (StoredJson, RedisStore::new(redis.url()).unwrap()));
    let outcome = servers.change(&servers.begin()).await;
    check_all("Redis", &servers, &outcome);
}

#[tokio::test]
async fn no_change_is_lost_on_postgres() {
    let _turn = TURN.lock().await;
    let postgres = PostgresServer::start(&[]);
    let options: PgConnectOptions = postgres.url().parse().unwrap();
    let layout = TableLayout::new();
    let pool = PgPoolOptions::new().connect_lazy_with(options.clone());
    let schema = AssertSqlSafe(layout.schema(SqlDatabase::Postgres));
    sqlx::raw_sql(schema).execute(&pool).await.unwrap();
    let servers = Servers::start(|| {
        let pool = PgPoolOptions::new().connect_lazy_with(options.clone());
        (StoredJson, SqlStore::postgres(pool, layout.clone()))
    });
    let outcome = servers.change(&servers.begin()).await;
    check_all("Postgres", &servers, &outcome);
}

/// Rails writes a whole session back as it had read it: nothing of its own is lost, and what it
/// undid of ours is counted and reported.
#[tokio::test]
async fn what_rails_undoes_is_reported() {
    let _turn = TURN.lock().await;
    let redis = RedisServer::start(&[]);
    let version = RailsVersion::current();
    let form = *version.cache_forms.last().unwrap();
    let life = Duration::from_hours(1);
    let mut options = json!({"url": format!("{}/0", redis.url()), "namespace": "shop"});
    if form.is_message_pack {
        options["serializer"] = ":message_pack".into();
    }
    let store = json!(["cache_store", {"expire_after": life.as_secs()}]);
    let mut variables = vec![
        ("SESSION_STORE", store.to_string()),
        (
            "CACHE_STORE",
            json!(["redis_cache_store", options]).to_string(),
        ),
    ];
    variables.extend(
        form.setting
            .map(|version| ("CACHE_FORMAT", version.to_owned())),
    );
    let settings = Settings::new("a secret of one session");
    let puma = Puma::start_app("stored_app/config.ru", &settings, &variables);
    let servers = Servers::start(|| {
        let cache = RailsCache::new(form.version).namespace("shop");
        let cache = if form.is_message_pack {
            cache.message_pack(version.load_defaults)
        } else {
            cache
        };
        (cache, RedisStore::new(redis.url()).unwrap())
    });
    let cookie = servers.begin();

    let is_over = Arc::new(AtomicBool::new(false));
    let rails = {
        let (is_over, cookie, rails) = (is_over.clone(), cookie.clone(), puma.address());
        tokio::task::spawn_blocking(move || {
            let (mut lost, mut number) = (0, 0_u64);
            while !is_over.load(SeqCst) {
                let answer = get(rails, &format!("/set/rails/{}", number + 1), Some(&cookie));
                lost += u64::from(answer.body() != number.to_string());
                number += 1;
            }
            (lost, number)
        })
    };
    let outcome = servers.change(&cookie).await;
    is_over.store(true, SeqCst);
    let (lost_of_rails, changes) = rails.await.unwrap();
    let reports = servers.tallies.each_ref().map(|tally| tally.reverts());
    let reported: u64 = reports.iter().flatten().map(|(_, count)| count).sum();
    println!(
        "beside Rails: {outcome}; {reported} reported; {lost_of_rails} of {changes} changes by Rails lost"
    );
    assert!(changes > 1, "Rails wrote nothing beside the others");
    assert_eq!((outcome.errors, lost_of_rails), (0, 0));
    let session = servers.session(&cookie);
    assert_eq!(session["rails"], changes);
    // Among 64 writers Rails undoes something each time: it loads, and writes later.
    let lost = u64::try_from(outcome.lost).unwrap();
    assert!(
        lost > 0 && reported > 0 && reported <= lost,
        "{reported} of {lost}"
    );
}
