//! [`Node`]: a server, and the one connection to it.
//!
//! The connection is made at the first use, and again after it was lost. After a failed attempt
//! nothing connects for a moment ([`delay`]), in which commands fail at once.

mod connecting;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{Cmd, ErrorKind, Pipeline, RedisError, ServerErrorKind, Value};
use tokio::runtime::Handle;
use tokio::time::{Instant, timeout, timeout_at};

use crate::address::Address;
use crate::backoff::delay;
use crate::command::{Answer, Form, Operation};
use crate::deadline::Deadline;
use crate::failure::{Failure, Then};
use crate::features::Features;
use crate::sentinels::Sentinels;

/// A connection that is younger is kept although its server refuses writes: connecting again would
/// find the same server.
const YOUNG: Duration = Duration::from_secs(1);

/// The least time between two warnings of lost connections to one server.
const WARN_AGAIN: Duration = Duration::from_secs(1);

/// The place of a server.
pub(crate) enum Place {
    /// The one server, which must be a master.
    Master(Address),
    /// The master that Sentinels name.
    Sentinels(Arc<Sentinels>),
    /// A node of a Cluster: it says itself which slots it serves.
    ClusterNode(Address),
}

/// A server, with the one connection to it.
pub(crate) struct Node {
    pub(crate) place: Place,
    state: Mutex<State>,
    /// Held while one task connects.
    connecting: Arc<tokio::sync::Mutex<()>>,
}

#[derive(Default)]
struct State {
    open: Option<Open>,
    /// The attempts to connect that failed since the last answer.
    failures: u32,
    /// When to try again, and why not earlier.
    away: Option<(Instant, Failure)>,
    connections: u64,
    /// The time of the last event about a lost connection.
    warned: Option<Instant>,
}

impl State {
    fn is_present(&self, open: &Open) -> bool {
        self.open.as_ref().map(|open| open.number) == Some(open.number)
    }

    /// Stops connecting for a moment; the first failure is an event.
    fn fail(&mut self, failure: &Failure) {
        self.failures = self.failures.saturating_add(1);
        self.away = Some((Instant::now() + delay(self.failures), failure.clone()));
        if self.failures == 1 {
            tracing::warn!(
                target: "hardtack",
                reason = %failure,
                "Redis cannot be reached; sessions fail until it is back"
            );
        }
    }
}

/// An open connection. Clones share it: commands of many requests go through one socket, and
/// Redis answers in their order.
#[derive(Clone)]
struct Open {
    connection: MultiplexedConnection,
    features: Features,
    address: Arc<str>,
    since: Instant,
    number: u64,
    /// The number of answers so far: a connection that gives none for a whole time limit is dead.
    answers: Arc<AtomicU64>,
    /// Set while a task checks whether the connection still answers.
    is_probed: Arc<AtomicBool>,
    /// Set when the Sentinels name another master.
    is_former: Arc<AtomicBool>,
}

impl Node {
    pub(crate) fn new(place: Place) -> Self {
        Self {
            place,
            state: Mutex::default(),
            connecting: Arc::default(),
        }
    }

    /// Runs an operation; `asking` goes first if the Cluster moves the key's slot to this node.
    pub(crate) async fn run(
        self: &Arc<Self>,
        operation: &Operation<'_>,
        is_asking: bool,
        is_resent: bool,
        deadline: Deadline,
    ) -> Result<Answer, Failure> {
        let open = self.open(deadline).await?;
        let mut form = operation.form(&open.features);
        loop {
            let Some(command) = operation.command(form) else {
                return Ok(Answer::Found(false));
            };
            let answer = self
                .exchange(&open, command, is_asking, operation.name(), deadline)
                .await?;
            let error = match answer {
                Ok(answer) => {
                    let read = operation.read(form, answer, is_resent);
                    return read
                        .ok_or_else(|| Failure::unexpected(&open.address, operation.name()));
                }
                Err(error) => error,
            };
            form = match (form, error.kind()) {
                // Since the script's text is sent along, the server keeps it from now on.
                (Form::Digest, ErrorKind::Server(ServerErrorKind::NoScript)) => Form::Text,
                (Form::Newer(feature), ErrorKind::Server(ServerErrorKind::ResponseError))
                    if error
                        .detail()
                        .is_some_and(|detail| detail.contains("syntax")) =>
                {
                    open.features.remove(feature);
                    Form::Digest
                }
                _ => return Err(self.refused(&open, operation.name(), error)),
            };
        }
    }

    /// Sends one command, and returns its answer.
    pub(crate) async fn ask(
        self: &Arc<Self>,
        command: Cmd,
        name: &str,
        deadline: Deadline,
    ) -> Asked {
        let open = self.open(deadline).await?;
        let answer = self.exchange(&open, command, false, name, deadline).await?;
        answer.map_err(|error| self.refused(&open, name, error))
    }

    pub(crate) fn is_open(&self) -> bool {
        self.state().open.is_some()
    }

    /// Returns the address of the present connection, or of the place.
    pub(crate) fn address(&self) -> String {
        match (&self.state().open, &self.place) {
            (Some(open), _) => open.address.to_string(),
            (None, Place::Master(address) | Place::ClusterNode(address)) => address.to_string(),
            (None, Place::Sentinels(sentinels)) => sentinels.to_string(),
        }
    }

    /// Sends a command, and returns the server's answer or error.
    async fn exchange(
        self: &Arc<Self>,
        open: &Open,
        command: Cmd,
        is_asking: bool,
        name: &str,
        deadline: Deadline,
    ) -> Result<Result<Value, RedisError>, Failure> {
        let mut connection = open.connection.clone();
        let answers = open.answers.load(Ordering::Relaxed);
        let mut waiting = Waiting {
            node: self,
            open,
            limit: deadline.limit,
            is_over: false,
        };
        let sent = Instant::now();
        let answered = timeout_at(deadline.at, async {
            if is_asking {
                // Together, so that no other command comes between.
                let mut both = Pipeline::new();
                both.cmd("ASKING").ignore().add_command(command);
                let answer = connection.send_packed_commands(&both, 1, 1).await;
                answer.and_then(|mut answers| answers.pop().unwrap_or_default().extract_error())
            } else {
                let answer = connection.send_packed_command(&command).await;
                answer.and_then(Value::extract_error)
            }
        });
        let Ok(answer) = answered.await else {
            // Nothing is known of a connection that had only a part of the limit: `waiting` asks.
            if sent.elapsed() >= deadline.limit / 4 * 3 {
                waiting.is_over = true;
                self.lose_silent(open, answers);
            }
            return Err(Failure::timed_out(&open.address, name));
        };
        waiting.is_over = true;
        if !matches!(&answer, Err(error) if error.is_unrecoverable_error()) {
            self.count_answer(open);
        }
        Ok(answer)
    }

    fn count_answer(&self, open: &Open) {
        if open.answers.fetch_add(1, Ordering::Relaxed) == 0 {
            let failures = std::mem::take(&mut self.state().failures);
            if failures > 0 {
                tracing::info!(
                    target: "hardtack",
                    address = &*open.address,
                    failures,
                    "Redis is reached again"
                );
            }
        }
    }

    /// Checks in a task whether the connection still answers, after a command was dropped while it
    /// waited.
    fn probe(self: &Arc<Self>, open: &Open, limit: Duration) {
        let Ok(runtime) = Handle::try_current() else {
            return;
        };
        if open.is_probed.swap(true, Ordering::Relaxed) {
            return;
        }
        let (node, mut open) = (Arc::clone(self), open.clone());
        runtime.spawn(async move {
            let answers = open.answers.load(Ordering::Relaxed);
            let ping = redis::cmd("PING");
            let answer = timeout(limit, open.connection.send_packed_command(&ping)).await;
            open.is_probed.store(false, Ordering::Relaxed);
            match answer {
                Ok(Err(error)) if error.is_unrecoverable_error() => node.lose(&open, "it was lost"),
                Ok(_) => node.count_answer(&open),
                Err(_) => node.lose_silent(&open, answers),
            }
        });
    }

    /// Closes a connection that has given no answer since there were so many. If it has, the server
    /// is only slow.
    fn lose_silent(&self, open: &Open, answers: u64) {
        if open.answers.load(Ordering::Relaxed) == answers {
            self.lose(open, "it gave no answer within the time limit");
        }
    }

    /// Makes a failure of an error, and closes a connection that is of no use any more.
    fn refused(&self, open: &Open, name: &str, error: RedisError) -> Failure {
        let is_lost = error.is_unrecoverable_error() || error.is_io_error();
        let mut failure = Failure::refused(&open.address, name, error);
        if is_lost {
            self.lose(open, "it was lost");
        } else if failure.then == Then::NotMaster {
            // READONLY: after a failover another server may stand under the name.
            if open.since.elapsed() < YOUNG {
                failure.then = Then::GiveUp;
            } else {
                self.close(open, "its server became a replica");
            }
        }
        failure
    }

    /// Closes a connection that is dead. If it never gave an answer, the server counts as away.
    fn lose(&self, open: &Open, reason: &str) {
        if open.answers.load(Ordering::Relaxed) == 0 {
            let message = format!(
                "a new connection to Redis at {} failed: {reason}",
                open.address
            );
            let mut state = self.state();
            if state.is_present(open) {
                state.fail(&Failure::new(message, Then::Unreachable));
            }
        }
        self.close(open, reason);
    }

    /// Forgets a connection. Commands that wait for its answers keep it open until their time is
    /// over.
    fn close(&self, open: &Open, reason: &str) {
        let mut state = self.state();
        if !state.is_present(open) {
            return;
        }
        state.open = None;
        // A server that is away has been told; one that loses connection after connection, just now.
        let is_told = state.failures > 0
            || state
                .warned
                .is_some_and(|warned| warned.elapsed() < WARN_AGAIN);
        if is_told {
            return;
        }
        state.warned = Some(Instant::now());
        drop(state);
        tracing::warn!(
            target: "hardtack",
            address = &*open.address,
            reason,
            "a connection to Redis was closed; the next command opens another"
        );
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A command that waits for its answer. If it is dropped before, somebody else has to find out
/// whether the connection still lives.
struct Waiting<'a> {
    node: &'a Arc<Node>,
    open: &'a Open,
    limit: Duration,
    is_over: bool,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if !self.is_over {
            self.node.probe(self.open, self.limit);
        }
    }
}

/// The answer to a command.
pub(crate) type Asked = Result<Value, Failure>;
