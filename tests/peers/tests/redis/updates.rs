//! Two processes change one key of one session at the same time.

use std::process::{Child, Command};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::time::Duration;
use std::{env, process};

use hardtack::stores::{SessionLock, StoredJson};
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions, Session};
use hardtack_peers::RedisServer;
use hardtack_redis::RedisStore;
use tokio::task::{JoinSet, yield_now};
use tokio::time::sleep;

/// The work of this process, if another test started it: the address of Redis, the header `Cookie`,
/// and the way to count.
const WORK: &str = "HARDTACK_WORK_OF_UPDATES";
const LOCKED: &str = "get and insert, under a lock";
const TASKS: usize = 8;
const ROUNDS: usize = 100;

/// Two processes of several tasks count in one key: exactly with `update_key`, or under a lock, and not
/// with `get` and `insert` alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_processes_count_in_one_key() {
    if let Ok(work) = env::var(WORK) {
        return work_on(&work).await;
    }
    let redis = RedisServer::start(&[]);
    for (how, is_exact) in [
        ("update_key", true),
        ("get and insert", false),
        (LOCKED, true),
    ] {
        let sessions = sessions(&redis.url(), how == LOCKED);
        let header = begin(&sessions).await;
        let work = format!("{}|{header}|{how}", redis.url());
        let mut workers = [Worker::start(&work), Worker::start(&work)];
        for worker in &mut workers {
            assert!(worker.0.wait().unwrap().success(), "{how}");
        }

        let request = LazySession::open(&sessions, header, RequestOrigin::default());
        let session = request.load().await.unwrap();
        let (count, total) = (session.get::<usize>("n").unwrap(), 2 * TASKS * ROUNDS);
        assert_eq!(count == Some(total), is_exact, "{how}: {count:?}");
        if how == "update_key" {
            let mut list = session.get::<Vec<String>>("list").unwrap().unwrap();
            list.sort();
            list.dedup();
            assert_eq!(list.len(), total / 10);
        }
    }
}

fn sessions(url: &str, is_locked: bool) -> Arc<ServerSessions> {
    // The machine may be busy.
    let store = RedisStore::new(url).unwrap();
    let store = store.time_limit(Duration::from_secs(20));
    let sessions = ServerSessions::new(StoredJson, store, "_session_id");
    let wait = Duration::from_mins(2);
    Arc::new(if is_locked {
        sessions.lock(SessionLock::new(sleep).wait(wait).hold(wait))
    } else {
        sessions
    })
}

/// A process that runs the requests. Dropping it ends the process.
struct Worker(Child);

impl Worker {
    fn start(work: &str) -> Self {
        let child = Command::new(env::current_exe().unwrap())
            .args(["--exact", "updates::two_processes_count_in_one_key"])
            .env(WORK, work)
            .spawn();
        Self(child.unwrap())
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        // These fail only where the process has ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

async fn work_on(work: &str) {
    let parts: Vec<&str> = work.split('|').collect();
    let (header, how) = (parts[1], parts[2]);
    let sessions = sessions(parts[0], how == LOCKED);
    let mut tasks = JoinSet::new();
    for task in 0..TASKS {
        let (sessions, header) = (sessions.clone(), header.to_owned());
        let change = if how == "update_key" {
            update
        } else {
            get_and_insert
        };
        tasks.spawn(async move {
            for round in 0..ROUNDS {
                while !is_done(&sessions, &header, |session| change(session, task, round)).await {}
            }
        });
    }
    tasks.join_all().await;
}

/// Runs a request; returns false if others saved the session for a second: then it saved nothing.
async fn is_done(
    sessions: &Arc<ServerSessions>,
    header: &str,
    change: impl FnOnce(&Session),
) -> bool {
    let header = header.to_owned();
    let request = LazySession::open(sessions, header, RequestOrigin::default());
    change(&request.load().await.unwrap());
    match request.commit(200).await {
        Ok(_) => true,
        Err(Error::BusySession { .. }) => false,
        Err(error) => panic!("{error}"),
    }
}

fn update(session: &Session, task: usize, round: usize) {
    session.update_key("n", add).unwrap();
    if round.is_multiple_of(10) {
        let push = move |list: Option<Vec<String>>| {
            let mut list = list.unwrap_or_default();
            list.push(format!("{}.{task}.{round}", process::id()));
            list
        };
        session.update_key("list", push).unwrap();
    }
}

fn get_and_insert(session: &Session, _task: usize, _round: usize) {
    let n = session.get::<u64>("n").unwrap().unwrap_or(0);
    session.insert("n", n + 1).unwrap();
}

/// While connections are cut, a request that was answered counts once, and one with an error at most
/// once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lost_connection_counts_nothing_twice() {
    const CUTS: usize = 200;
    let redis = RedisServer::start(&[]);
    let sessions = sessions(&redis.url(), false);
    let header = begin(&sessions).await;
    let [done, unknown] = [(); 2].map(|()| Arc::new(AtomicUsize::new(0)));
    let is_over = Arc::new(AtomicBool::new(false));
    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let (sessions, header, is_over) = (sessions.clone(), header.clone(), is_over.clone());
        let (done, unknown) = (done.clone(), unknown.clone());
        tasks.spawn(async move {
            while !is_over.load(SeqCst) {
                // The server may be away for a moment.
                let Some(request) = loaded(&sessions, &header).await else {
                    sleep(Duration::from_millis(1)).await;
                    continue;
                };
                let session = request.loaded().unwrap();
                session.update_key("n", add).unwrap();
                let outcome = request.commit(200).await;
                let count = if outcome.is_ok() { &done } else { &unknown };
                count.fetch_add(1, SeqCst);
            }
        });
    }
    for cut in 0..CUTS {
        // At another moment of the requests each time.
        let enough = done.load(SeqCst) + 1 + cut % 7;
        while done.load(SeqCst) < enough {
            sleep(Duration::from_millis(1)).await;
        }
        redis.command(&["CLIENT", "KILL", "TYPE", "normal"]);
    }
    is_over.store(true, SeqCst);
    tasks.join_all().await;
    let request = loop {
        match loaded(&sessions, &header).await {
            Some(request) => break request,
            None => yield_now().await,
        }
    };
    let count = request.loaded().unwrap().get::<usize>("n");
    let (count, done) = (count.unwrap().unwrap(), done.load(SeqCst));
    let most = done + unknown.load(SeqCst);
    println!("    {done} done, {} unknown, {count} counted", most - done);
    assert!(most > done, "no save was cut");
    assert!((done..=most).contains(&count), "{done} {count} {most}");
}

/// Returns a request whose session is loaded; `None` if the store fails.
async fn loaded(sessions: &Arc<ServerSessions>, header: &str) -> Option<LazySession> {
    let header = header.to_owned();
    let request = LazySession::open(sessions, header, RequestOrigin::default());
    request.load().await.is_ok().then_some(request)
}

/// Begins a session, and returns the header of its browser.
async fn begin(sessions: &Arc<ServerSessions>) -> String {
    let first = LazySession::open(sessions, "", RequestOrigin::default());
    let session = first.load().await.unwrap();
    session.insert("other", 1).unwrap();
    let commit = first.commit(200).await.unwrap();
    let cookie = &commit.cookies()[0];
    format!("{}={}", cookie.name(), cookie.escaped_value())
}

fn add(n: Option<u64>) -> u64 {
    n.unwrap_or(0) + 1
}
