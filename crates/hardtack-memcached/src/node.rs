//! [`Node`]: a server, and a few connections to it.
//!
//! An operation takes a connection that is idle, or opens one, and runs in a task of its own: it ends
//! within its time limit although its caller may have left, and its connection is either in order then or
//! closed. After a failed attempt to connect the server is left in peace for a moment ([`delay`]), in which
//! operations fail at once; then one operation tries.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::address::Address;
use crate::backoff::delay;
use crate::connection::Connection;
use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::greeting::{Life, greet};
use crate::operation::{Answer, Operation};
use crate::trouble::Trouble;

/// The time after which an idle connection is not used again: a firewall may have forgotten it.
const LONGEST_IDLE: Duration = Duration::from_secs(60);

/// The last number that was given to a server, or to the life of one.
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// A server, with the connections to it.
pub(crate) struct Node {
    /// Tells the versions of one server from those of another.
    number: u64,
    pub(crate) address: Address,
    shown: String,
    connections: usize,
    /// Held by each operation that has a connection.
    permits: Arc<Semaphore>,
    /// Held by the one operation that connects to a server that was away.
    trying: Arc<tokio::sync::Mutex<()>>,
    /// The answers so far: a server that gives none for a whole time limit is away.
    answers: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    idle: Vec<Connection>,
    /// The attempts to connect that failed since the last answer.
    failures: u32,
    away: Option<Away>,
    life: Option<(Life, u64)>,
}

/// A server that cannot be reached.
struct Away {
    since: Instant,
    until: Instant,
    failure: Failure,
}

impl Node {
    pub(crate) fn new(address: Address, connections: usize) -> Self {
        let connections = connections.clamp(1, Semaphore::MAX_PERMITS);
        Self {
            number: NUMBERS.fetch_add(1, Ordering::Relaxed) + 1,
            shown: address.to_string(),
            address,
            connections,
            permits: Arc::new(Semaphore::new(connections)),
            trying: Arc::default(),
            answers: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    /// Runs an operation; a connection must be there by `connected_by`.
    pub(crate) async fn run(
        self: &Arc<Self>,
        operation: &Arc<Operation>,
        is_resent: bool,
        deadline: Deadline,
        connected_by: Instant,
    ) -> Result<Answer, Failure> {
        let runtime = Handle::try_current().map_err(|_| Failure::no_runtime())?;
        self.check_present()?;
        let permits = Arc::clone(&self.permits);
        let Ok(permit) = timeout_at(deadline.at, permits.acquire_owned()).await else {
            return Err(Failure::busy(&self.shown, self.connections));
        };
        self.check_present()?;
        let (node, operation) = (Arc::clone(self), Arc::clone(operation));
        let task = runtime.spawn(async move {
            let answer = node
                .exchange(&operation, is_resent, deadline, connected_by)
                .await;
            drop(permit);
            answer
        });
        task.await.unwrap_or_else(|_| Err(Failure::no_task()))
    }

    /// Opens a connection that belongs to the caller, for questions about the server.
    pub(crate) async fn visit(&self, deadline: Deadline) -> Result<Connection, Failure> {
        let opened = timeout_at(deadline.at, greet(&self.address)).await;
        let opened = opened.map_err(|_| Failure::not_connected_in_time(&self.shown))?;
        let (connection, _) =
            opened.map_err(|trouble| Failure::not_connected(&self.shown, &Arc::new(trouble)))?;
        Ok(connection)
    }

    pub(crate) fn shown(&self) -> &str {
        &self.shown
    }

    async fn exchange(
        &self,
        operation: &Operation,
        is_resent: bool,
        deadline: Deadline,
        connected_by: Instant,
    ) -> Result<Answer, Failure> {
        let mut connection = match self.idle() {
            Some(connection) => connection,
            None => self.connect(deadline, connected_by).await?,
        };
        let (sent, answers) = (Instant::now(), self.answers.load(Ordering::Relaxed));
        let ran = timeout_at(deadline.at, operation.run(&mut connection, is_resent)).await;
        let Ok(ran) = ran else {
            let failure = Failure::timed_out(&self.shown, operation.name());
            // Little is known of a server that had only a part of the limit: the next connection tells.
            let is_silent = self.answers.load(Ordering::Relaxed) == answers;
            if is_silent && sent.elapsed() >= deadline.limit / 4 * 3 {
                self.lose(sent, &Failure::silent(&self.shown));
            }
            return Err(failure);
        };
        match ran {
            Ok(answer) => {
                self.keep(connection);
                Ok(answer)
            }
            Err(trouble) => {
                let trouble = Arc::new(trouble);
                if trouble.leaves_connection() {
                    self.keep(connection);
                } else if matches!(*trouble, Trouble::Refused(..)) {
                    // It is there, and may do other commands: a proxy lacks some.
                } else if connection.answers == 0 {
                    // It never gave an answer: connecting again would end in the same.
                    self.lose(sent, &Failure::not_connected(&self.shown, &trouble));
                } else if matches!(*trouble, Trouble::Lost(_)) {
                    // A server that was stopped has closed the others too.
                    let idle = std::mem::take(&mut self.state().idle);
                    drop(idle);
                }
                Err(Failure::of(&self.shown, operation.name(), &trouble))
            }
        }
    }

    /// Takes an idle connection that is in order.
    fn idle(&self) -> Option<Connection> {
        loop {
            let connection = self.state().idle.pop()?;
            if connection.idle_since.elapsed() < LONGEST_IDLE && connection.is_clean() {
                return Some(connection);
            }
        }
    }

    /// Keeps a connection that has answered.
    fn keep(&self, mut connection: Connection) {
        self.answers.fetch_add(1, Ordering::Relaxed);
        connection.answers += 1;
        connection.idle_since = Instant::now();
        let mut state = self.state();
        if connection.is_clean() {
            state.idle.push(connection);
        }
        state.away = None;
        let failures = std::mem::take(&mut state.failures);
        drop(state);
        if failures > 0 {
            tracing::info!(
                target: "hardtack",
                address = &*self.shown,
                failures,
                "Memcached is reached again"
            );
        }
    }

    async fn connect(
        &self,
        deadline: Deadline,
        connected_by: Instant,
    ) -> Result<Connection, Failure> {
        let last = self.last_failure();
        let was_away = last.is_some();
        let _trying = match last {
            None => None,
            Some(last) => match Arc::clone(&self.trying).try_lock_owned() {
                Ok(trying) => Some(trying),
                // The server was away at the last attempt: this one is not waited for.
                Err(_) => return Err(Failure::away(&last, None)),
            },
        };
        // Another operation may have failed before the lock was free.
        self.check_present()?;
        let start = Instant::now();
        // Little is known of a server that has only a moment, since the operation had to wait before: it
        // has all the time that is left, and is not taken for away.
        let enough = deadline.limit / 8 * 3;
        let has_moment = connected_by.saturating_duration_since(start) < enough;
        let connected_by = if has_moment && !was_away {
            deadline.at
        } else {
            connected_by
        };
        let greeted = match timeout_at(connected_by, greet(&self.address)).await {
            Ok(Ok(greeted)) => Ok(greeted),
            Ok(Err(trouble)) => Err(Failure::not_connected(&self.shown, &Arc::new(trouble))),
            Err(_) if start.elapsed() < enough => {
                return Err(if was_away {
                    Failure::not_connected_in_time(&self.shown)
                } else {
                    Failure::no_time_to_connect(&self.shown)
                });
            }
            Err(_) => Err(Failure::not_connected_in_time(&self.shown)),
        };
        match greeted {
            Ok((mut connection, life)) => {
                connection.server = self.number;
                connection.incarnation = self.incarnation(life);
                self.state().away = None;
                Ok(connection)
            }
            Err(failure) => {
                self.lose(start, &failure);
                Err(failure)
            }
        }
    }

    /// Returns the number of a server's life, a new one after a restart.
    fn incarnation(&self, life: Life) -> u64 {
        let mut state = self.state();
        if let Some((last, number)) = &state.life
            && *last == life
        {
            return *number;
        }
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed) + 1;
        let last = state.life.replace((life, number));
        drop(state);
        if last.is_some() {
            tracing::warn!(
                target: "hardtack",
                address = &*self.shown,
                "Memcached was started again: the sessions that it kept are gone"
            );
        }
        number
    }

    /// Leaves the server in peace for a moment, and closes the idle connections; the first failure is an
    /// event. An attempt that began before the last one failed tells nothing new.
    fn lose(&self, began: Instant, failure: &Failure) {
        let mut state = self.state();
        if state.away.as_ref().is_some_and(|away| began < away.since) {
            return;
        }
        state.failures = state.failures.saturating_add(1);
        let since = Instant::now();
        state.away = Some(Away {
            since,
            until: since + delay(state.failures),
            failure: failure.clone(),
        });
        let (failures, idle) = (state.failures, std::mem::take(&mut state.idle));
        drop(state);
        drop(idle);
        if failures == 1 {
            tracing::warn!(
                target: "hardtack",
                reason = %failure,
                "Memcached cannot be reached; the sessions that it keeps fail until it is back"
            );
        }
    }

    /// Returns an error while the server is left in peace.
    fn check_present(&self) -> Result<(), Failure> {
        let state = self.state();
        let Some(away) = &state.away else {
            return Ok(());
        };
        let left = away.until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        Err(Failure::away(&away.failure, Some(left)))
    }

    /// Returns why the last attempt to connect failed, if it did.
    fn last_failure(&self) -> Option<Failure> {
        let state = self.state();
        let away = state.away.as_ref().filter(|_| state.failures > 0);
        away.map(|away| away.failure.clone())
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
