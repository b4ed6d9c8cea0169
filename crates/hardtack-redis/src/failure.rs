//! [`Failure`]: what went wrong with a server, and how to mend it.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use hardtack::observe::Shown;
use hardtack::stores::StoreError;
use redis::{ErrorKind, RedisError};

use crate::command::Operation;

/// An error of a command or a connection. It never holds a key, a session or a password.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    message: String,
    /// An error of the network. An error of the server is left out, since it holds raw text.
    source: Option<RedisError>,
    pub(crate) then: Then,
}

/// The next step of a caller after a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing: the server has answered, or there is no time left.
    GiveUp,
    /// The server was not reached: the command was not sent.
    Unreachable,
    /// The server wants a login first.
    LoginNeeded,
    /// The connection was lost. The command may be sent again, knowing that it may have been
    /// executed.
    Lost,
    /// The server is no master (any more), and did not execute the command.
    NotMaster,
    /// The time is over. The command may have been executed, or be executed later.
    TimedOut,
    /// Another node of the Cluster has the key's slot.
    Moved { slot: u16, to: String },
    /// Another node of the Cluster has the key already, while its slot moves there.
    Ask { to: String },
    /// The Cluster does not serve the slot at present.
    ClusterDown,
}

impl Failure {
    /// Creates a failure in the store's own words.
    pub(crate) fn new(message: impl Into<String>, then: Then) -> Self {
        Self {
            message: message.into(),
            source: None,
            then,
        }
    }

    /// Checks whether the operation can be sent again, to a new connection.
    pub(crate) fn may_be_resent(&self, operation: &Operation<'_>) -> bool {
        match self.then {
            Then::NotMaster => true,
            Then::Lost => operation.may_run_twice(),
            _ => false,
        }
    }

    /// The time is over before the server at `address` has answered.
    pub(crate) fn timed_out(address: &str, what: &str) -> Self {
        let message = format!(
            "Redis at {address} did not answer {what} within the time limit; if it was a write, it \
             may have happened. Check the server's load and the network, or raise `time_limit`"
        );
        Self::new(message, Then::TimedOut)
    }

    /// The time is over before there was a connection to the server at `address`.
    pub(crate) fn not_connected_in_time(address: &str) -> Self {
        let message = format!(
            "Redis at {address} could not be connected to within the time limit: check that it \
             runs, and the network"
        );
        Self::new(message, Then::Unreachable)
    }

    /// The server was away a moment ago. It is not asked again yet, or is being asked (`None`).
    pub(crate) fn away(last: &Self, again_in: Option<Duration>) -> Self {
        let when = match again_in {
            Some(again_in) => format!("in {} ms", again_in.as_millis().max(1)),
            None => "now".to_owned(),
        };
        let message = format!("{}; connecting again {when}", last.message);
        Self {
            message,
            source: last.source.clone(),
            then: Then::Unreachable,
        }
    }

    /// No connection could be made.
    pub(crate) fn not_connected(address: &str, error: RedisError) -> Self {
        let (code, detail) = told(&error);
        let message = format!(
            "cannot connect to Redis at {address}: {}{}",
            said(&code, &detail),
            advice(&code, &detail)
        );
        Self {
            message,
            source: shareable(error),
            then: Then::Unreachable,
        }
    }

    /// The server answered with an error, or the connection was lost.
    pub(crate) fn refused(address: &str, what: &str, error: RedisError) -> Self {
        let (code, detail) = told(&error);
        let then = match &*code {
            "MOVED" | "ASK" => match error.redirect_node() {
                Some((to, slot)) if code == "MOVED" => Then::Moved {
                    slot,
                    to: to.to_owned(),
                },
                Some((to, _)) => Then::Ask { to: to.to_owned() },
                None => Then::GiveUp,
            },
            "READONLY" => Then::NotMaster,
            "NOAUTH" => Then::LoginNeeded,
            "CLUSTERDOWN" => Then::ClusterDown,
            _ if error.is_connection_dropped() => Then::Lost,
            _ => Then::GiveUp,
        };
        let message = if code.is_empty() {
            format!(
                "the connection to Redis at {address} failed during {what}; if it was a write, it may \
                 have happened: {detail}"
            )
        } else {
            format!(
                "Redis at {address} answered {what} with {}{}",
                said(&code, &detail),
                advice(&code, &detail)
            )
        };
        Self {
            message,
            source: shareable(error),
            then,
        }
    }

    /// The answer is one to another operation, which [`Operation::read`] excludes.
    pub(crate) fn mixed_up() -> Self {
        Self::new(
            "an operation of Redis has another's answer: report this error of hardtack-redis",
            Then::GiveUp,
        )
    }

    /// The server answered in a way that the command does not allow. The answer is not shown.
    pub(crate) fn unexpected(address: &str, what: &str) -> Self {
        let message = format!(
            "Redis at {address} gave an answer to {what} that this command does not have; is it a \
             Redis or Valkey server?"
        );
        Self::new(message, Then::GiveUp)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
    }
}

/// The text after an unknown command's name in Redis' error: the arguments, a session's bytes among
/// them.
const ARGUMENTS: &str = ", with args beginning with";

/// Returns the code of a server's error (empty for another error) and its text, without arguments.
fn told(error: &RedisError) -> (String, String) {
    let shown = |text: &str| {
        let text = text.split(ARGUMENTS).next().unwrap_or_default();
        Shown::new(text).at_most(300).to_string()
    };
    match error.kind() {
        ErrorKind::Server(_) | ErrorKind::Extension => {
            let code = error.code().unwrap_or("ERR");
            let detail = error.detail().unwrap_or_default();
            // Newer servers name the user whose rights do not suffice; to SELECT under another code.
            if code == "NOPERM" || detail.contains("no permissions") {
                return ("NOPERM".to_owned(), String::new());
            }
            (shown(code), shown(detail))
        }
        // The text of what was not understood may be anything.
        ErrorKind::Parse => (
            String::new(),
            "the answer is not of Redis' protocol; is it a Redis or Valkey server?".to_owned(),
        ),
        _ => (String::new(), shown(&error.to_string())),
    }
}

fn said(code: &str, detail: &str) -> String {
    match (code, detail) {
        ("", detail) => detail.to_owned(),
        (code, "") => code.to_owned(),
        (code, detail) => format!("{code} {detail}"),
    }
}

/// Returns an error of the network as a source; `None` for a server's, whose text may be anything.
fn shareable(error: RedisError) -> Option<RedisError> {
    error.is_io_error().then_some(error)
}

/// Returns what to do, with a separator before it; empty where the server's own words say it.
fn advice(code: &str, detail: &str) -> &'static str {
    match code {
        "OOM" => {
            "; Redis is full, and deletes no session to make room: raise `maxmemory`, or let \
             sessions expire earlier"
        }
        "READONLY" => {
            "; this server is a replica: give the master's address, or use \
             `RedisStore::sentinel`, which follows a failover"
        }
        "NOAUTH" => "; put user and password into the address: redis://user:password@host",
        "WRONGPASS" => "; check user and password of the address",
        "NOPERM" => {
            "; the user needs GET, MGET, SET, DEL, EXISTS, PEXPIRE, EVAL and EVALSHA on the \
             sessions' keys, SELECT for another database than 0, and CLUSTER and ASKING in a Cluster"
        }
        "WRONGTYPE" => {
            "; the key holds another program's value: give the sessions a namespace or a database \
             of their own"
        }
        "MOVED" | "ASK" | "CLUSTERDOWN" | "CROSSSLOT" => {
            "; for a Cluster use `RedisStore::cluster`, and check it with `redis-cli --cluster check`"
        }
        "LOADING" => "; the server reads its data after a start: try again when it is done",
        "MISCONF" => "; Redis cannot save to its disk: look into the server's log",
        "NOREPLICAS" => "; too few replicas are connected (`min-replicas-to-write`)",
        "BUSY" => "; another program's script is running",
        _ if detail.contains("No crypto provider") || detail.contains("TLS") => {
            "; enable the feature `rustls` of hardtack-redis"
        }
        _ => "",
    }
}
