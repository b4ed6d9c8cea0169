//! Requests of one browser at once over a live Redis and a live Postgres: every outcome is explained by
//! an order of them, as over the store in memory (`tests/session/interleavings/`). Here they run at
//! the same time, so a number decides the requests alone.

use std::fmt::Write as _;
use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{ConflictPolicy, Entry, Saved, SessionStore, StoreError, When};
use hardtack_peers::{PostgresServer, RedisServer};
use hardtack_redis::RedisStore;
use tokio::time::timeout;

use browser::{Plan, serve};
use orders::Orders;
use rows::{Clients, PLAIN, Place, Row};
use rules::Rules;
use scheduler::{Choices, Running, Scene as _};
use stage::Stage;
use world::{Counted, KnownKeys, REQUEST, World};

#[path = "../../../session/interleavings/browser.rs"]
mod browser;
#[path = "../../../session/interleavings/orders.rs"]
mod orders;
#[path = "../../../session/interleavings/report.rs"]
mod report;
#[path = "../../../session/interleavings/rows.rs"]
mod rows;
#[path = "../../../session/interleavings/rules.rs"]
mod rules;
#[allow(dead_code, reason = "tokio schedules here")]
#[path = "../../../session/interleavings/scheduler.rs"]
mod scheduler;
#[path = "../../../session/interleavings/stage.rs"]
mod stage;
#[allow(dead_code, reason = "tokio schedules here")]
#[path = "../../../session/interleavings/world.rs"]
mod world;

const COUNT: u64 = 2_000;

const ROWS: &[Row] = &[
    PLAIN,
    Row {
        name: "merge, clients leave, commits are finished",
        clients: Clients::LeaveFinished,
        ..PLAIN
    },
    Row {
        name: "merge, reading extends, clients leave",
        expires: true,
        clients: Clients::Leave,
        ..PLAIN
    },
    Row {
        name: "merge, from an older key",
        first: Place::OlderKey,
        ..PLAIN
    },
    Row {
        name: "overwrite",
        conflicts: ConflictPolicy::Overwrite,
        ..PLAIN
    },
];

/// Runs a request until its client leaves, in the middle of a command as a rule.
async fn run(world: Arc<World>, request: usize, mut future: Running, mut stays: Option<usize>) {
    let ended = poll_fn(|context| {
        let poll = future.as_mut().poll(context).map(|()| true);
        if let Some(polls) = &mut stays {
            if *polls == 0 && poll.is_pending() {
                return Poll::Ready(false);
            }
            *polls = polls.saturating_sub(1);
        }
        poll
    });
    if !ended.await {
        drop(future);
        // Its last command may still be on its way.
        world.report(request, |report| report.is_dropped = true);
    }
}

/// A store in which the keys of each number are others.
struct Numbered<S> {
    store: Arc<S>,
    number: String,
}

impl<S> Numbered<S> {
    fn key(&self, key: &str) -> String {
        format!("{}:{key}", self.number)
    }
}

impl<S: SessionStore> SessionStore for Numbered<S> {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.store.load(&self.key(key)).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.store.save(&self.key(key), bytes, ttl, when).await
    }

    async fn save_once(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.store.save_once(&self.key(key), bytes, ttl, when).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.store.touch(&self.key(key), ttl).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.store.delete(&self.key(key), when).await
    }
}

/// Runs the requests of a number, and returns the conflicts; or the outcome that no order explains.
async fn interleave<S: SessionStore>(
    seed: u64,
    store: &Arc<S>,
    keys: &KnownKeys,
) -> Result<u64, String> {
    let mut choices = Choices::of(seed);
    let number = choices.below(ROWS.len());
    let row = &ROWS[number];
    let world = World::new(true);
    let format = Counted {
        format: (row.format)(),
        keys: keys.of_row(number),
        world: world.clone(),
    };
    let stores = ["own", "older"].map(|name| Numbered {
        store: store.clone(),
        number: format!("{seed}-{name}"),
    });
    let stage = Stage::new(row, format, stores, &world).await;
    let before = stage.state().await;
    let requests = 2 + choices.below(4);
    world.expect(requests);
    let running: Vec<_> = (0..requests)
        .map(|request| {
            let plan = Plan::choose(&mut choices, request, row);
            let stays = plan.stays;
            let sessions = stage.sessions(request);
            let future = serve(world.clone(), sessions, stage.first, request, plan);
            let request_ran = run(world.clone(), request, Box::pin(future), stays);
            tokio::spawn(REQUEST.scope(request, request_ran))
        })
        .collect();
    // The commits of clients that left run beside the others, which may wait for their turns.
    let finish = || {
        let commits = world.spawned().into_iter();
        let scoped = commits.map(|commit| REQUEST.scope(commit.request, commit.future));
        scoped.map(tokio::spawn).collect::<Vec<_>>()
    };
    let mut finishing = Vec::new();
    for mut request in running {
        let done = loop {
            match timeout(Duration::from_millis(1), &mut request).await {
                Ok(done) => break done,
                Err(_) => finishing.extend(finish()),
            }
        };
        done.unwrap();
    }
    finishing.extend(finish());
    for commit in finishing {
        commit.await.unwrap();
    }
    let reports = world.reports();
    let last = stage.state().await;
    let rules = Rules {
        conflicts: row.conflicts,
        expires: row.expires,
    };
    let failed = reports.iter().find_map(|report| report.error.as_ref());
    if failed.is_none() && Orders::new(rules, &reports, &last).explain(&before) {
        return Ok(world.conflicts.load(SeqCst));
    }
    let mut what = format!("{}: {failed:?}, {last:?}\n{}", row.name, world.trace());
    for (request, report) in reports.iter().enumerate() {
        write!(what, "\n  request {request}: {report:?}").unwrap();
    }
    Err(what)
}

async fn interleave_all(store: impl SessionStore) {
    let (store, keys) = (Arc::new(store), KnownKeys::default());
    let (mut ran, mut conflicts) = (0, 0);
    for seed in 1..=COUNT {
        match interleave(seed, &store, &keys).await {
            Ok(more) => conflicts += more,
            Err(what) => panic!("requests {seed}\n{what}"),
        }
        ran += 1;
    }
    assert_eq!(ran, COUNT);
    println!("{conflicts} conflicts");
    assert!(conflicts > COUNT / 10, "{conflicts}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_outcome_is_explained_on_redis() {
    let _turn = crate::TURN.lock().await;
    let redis = RedisServer::start(&[]);
    interleave_all(
        RedisStore::new(redis.url())
            .unwrap()
            .time_limit(crate::LIMIT),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_outcome_is_explained_on_postgres() {
    let _turn = crate::TURN.lock().await;
    let postgres = PostgresServer::start(crate::NO_SYNC);
    let store = crate::postgres_stores(&postgres).await;
    interleave_all(store()).await;
}
