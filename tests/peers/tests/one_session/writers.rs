//! [`Servers`]: two servers of one session, and the connections that change it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::{Duration, Instant};
use std::{env, fmt};

use axum::Router;
use axum::extract::Path;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hardtack::observe::{StoreOperation, StoreOutcome, Tally};
use hardtack::stores::{SessionFormat, SessionStore};
use hardtack::tower::SessionLayer;
use hardtack::{Error, LazySession, ServerSessions, Session};
use hardtack_peers::Connection;
use serde_json::Value;

/// The name of the session's cookie.
pub(crate) const NAME: &str = "_app_session";

const CONNECTIONS: usize = 64;

/// The number of changes of each connection, unless `SECONDS` sets how long they go on.
const CHANGES: u64 = 20;

/// Two servers, each with a store and a queue of its own, as two processes have.
pub(crate) struct Servers {
    pub(crate) tallies: [Arc<Tally>; 2],
    addresses: [SocketAddr; 2],
}

/// The result of many changes.
pub(crate) struct Outcome {
    /// The number of changes, and those of them that were gone when the same connection came again.
    pub(crate) changes: u64,
    pub(crate) lost: usize,
    /// Answers that were errors.
    pub(crate) errors: usize,
    pub(crate) saves: u64,
    pub(crate) conflicts: u64,
    pub(crate) cookie: String,
    /// The session that must be there, if nobody else changed it.
    pub(crate) session: Value,
    commands: u64,
    took: Duration,
    times: Vec<Duration>,
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let percentile = |hundredths: usize| self.times[(self.times.len() - 1) * hundredths / 100];
        write!(
            f,
            "{} changes by {CONNECTIONS} connections in {:.1?}: {} lost, {} errors, {} commands, {} saves, \
             {} conflicts, {:.1?} at p50, {:.1?} at p99",
            self.changes,
            self.took,
            self.lost,
            self.errors,
            self.commands,
            self.saves,
            self.conflicts,
            percentile(50),
            percentile(99),
        )
    }
}

impl Servers {
    pub(crate) fn start<F: SessionFormat, S: SessionStore>(parts: impl Fn() -> (F, S)) -> Self {
        Self::named(NAME, parts)
    }

    /// Starts servers whose session has a cookie of another name.
    pub(crate) fn named<F: SessionFormat, S: SessionStore>(
        name: &str,
        parts: impl Fn() -> (F, S),
    ) -> Self {
        let tallies = [(); 2].map(|()| Arc::new(Tally::new()));
        let addresses = tallies.each_ref().map(|tally| {
            let (format, store) = parts();
            let sessions = ServerSessions::new(format, store, name).observer(tally.clone());
            serve(sessions.expire_after(Duration::from_hours(1)))
        });
        Self { tallies, addresses }
    }

    /// Returns the address of the server of a connection.
    pub(crate) fn address(&self, connection: usize) -> SocketAddr {
        self.addresses[connection % 2]
    }

    /// Begins a session, and returns its cookie.
    pub(crate) fn begin(&self) -> String {
        let first = hardtack_peers::get(self.addresses[0], "/set/begun/1", None);
        let cookie = first.set_cookies().next().unwrap();
        cookie.split(';').next().unwrap().to_owned()
    }

    /// Returns the session as the second server has it.
    pub(crate) fn session(&self, cookie: &str) -> Value {
        hardtack_peers::get(self.addresses[1], "/all", Some(cookie)).json()
    }

    /// Changes the session from all connections at once.
    pub(crate) async fn change(&self, cookie: &str) -> Outcome {
        let time = env::var("SECONDS").map(|seconds| seconds.parse().unwrap());
        let time = time.ok().map(Duration::from_secs);
        let began = Instant::now();
        let tasks: Vec<_> = (0..CONNECTIONS)
            .map(|number| {
                let (server, cookie) = (self.address(number), cookie.to_owned());
                let key = format!("k{number}");
                tokio::spawn(count_up(server, cookie, key, move |changes| match time {
                    Some(time) => began.elapsed() < time,
                    None => changes < CHANGES,
                }))
            })
            .collect();
        let (mut changes, mut lost, mut errors, mut times) = (0, 0, 0, Vec::new());
        let mut session = serde_json::Map::from_iter([("begun".to_owned(), 1.into())]);
        for (number, task) in tasks.into_iter().enumerate() {
            let met = task.await.unwrap();
            session.insert(format!("k{number}"), met.changes.into());
            changes += met.changes;
            lost += met.lost;
            errors += met.errors;
            times.extend(met.times);
        }
        let took = began.elapsed();
        times.sort_unstable();

        let mut counts: BTreeMap<(StoreOperation, StoreOutcome), u64> = BTreeMap::new();
        let operations = self.tallies.iter().flat_map(|tally| tally.operations());
        for (_, operation, outcome, count, _) in operations {
            *counts.entry((operation, outcome)).or_default() += count;
        }
        let saves = |outcome| counts.get(&(StoreOperation::Save, outcome)).copied();
        Outcome {
            changes,
            lost,
            errors,
            saves: saves(StoreOutcome::Done).unwrap_or_default(),
            conflicts: saves(StoreOutcome::Conflict).unwrap_or_default(),
            cookie: cookie.to_owned(),
            session: Value::Object(session),
            commands: counts.values().sum(),
            took,
            times,
        }
    }
}

/// Tells the test why a commit failed.
fn failed(error: &Error) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    (status, error.to_string()).into_response()
}

/// Sets a key to a number, and returns the number that it had.
async fn set(
    session: LazySession,
    Path((key, number)): Path<(String, u64)>,
) -> Result<String, Response> {
    let session = session.load().await.map_err(|error| failed(&error))?;
    let before = session.get::<u64>(&key).map_err(|error| failed(&error))?;
    session
        .insert(&key, number)
        .map_err(|error| failed(&error))?;
    Ok(before.unwrap_or_default().to_string())
}

/// Returns the whole session.
async fn all(session: Session) -> String {
    session.read(|data| {
        let pairs = data.keys().into_iter().map(|key| {
            let value = data.get::<Value>(&key).unwrap();
            (key.into_owned(), value.unwrap_or_default())
        });
        Value::Object(pairs.collect()).to_string()
    })
}

/// Serves the app from a thread of its own, as long as the test runs.
fn serve(sessions: ServerSessions) -> SocketAddr {
    let app: Router = Router::new()
        .route("/set/{key}/{number}", get(set))
        .route("/all", get(all))
        .layer(SessionLayer::new(sessions).on_error(|error| failed(&error)));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let address = listener.local_addr().unwrap();
    listener.set_nonblocking(true).unwrap();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener).unwrap();
            axum::serve(listener, app).await
        })
    });
    address
}

/// The counts and times of a connection.
#[derive(Default)]
struct Met {
    changes: u64,
    lost: usize,
    errors: usize,
    times: Vec<Duration>,
}

/// Counts up one key, and checks each time that it has the number before.
async fn count_up(
    server: SocketAddr,
    cookie: String,
    key: String,
    goes_on: impl Fn(u64) -> bool,
) -> Met {
    let mut connection = Connection::open(server.port()).await.unwrap();
    let mut met = Met::default();
    while goes_on(met.changes) {
        let path = format!("/set/{key}/{}", met.changes + 1);
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\n\r\n");
        let began = Instant::now();
        let answer = connection.exchange(request.as_bytes()).await.unwrap();
        met.times.push(began.elapsed());
        if let Ok(before) = answer.body.parse::<u64>() {
            met.lost += usize::from(before != met.changes);
        } else {
            println!("{key}: {} {}", answer.status(), answer.body);
            met.errors += 1;
        }
        met.changes += 1;
    }
    met
}
