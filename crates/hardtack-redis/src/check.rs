//! [`Check`]: what a server's settings mean for sessions.

use std::fmt;
use std::sync::Arc;

use redis::{Value, cmd};

use crate::deadline::Deadline;
use crate::failure::{Failure, Then};
use crate::features::text;
use crate::node::Node;

/// The result of [`RedisStore::check`](crate::RedisStore::check): the servers answer, and these
/// settings of theirs put sessions at risk.
///
/// ```no_run
/// # async fn start() -> Result<(), hardtack::stores::StoreError> {
/// let store = hardtack_redis::RedisStore::new("redis://localhost")?;
/// assert!(store.check().await?.warnings.is_empty()); // stricter than most need
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Check {
    /// The settings to mend; empty if nothing was found.
    pub warnings: Vec<Warning>,
}

/// A setting of a server that puts sessions at risk, or that could not be read.
///
/// `Display` names the server and says what to do.
///
/// ```
/// use hardtack_redis::Warning;
///
/// let (server, policy) = ("10.0.0.5:6379".to_owned(), "allkeys-lru".to_owned());
/// let warning = Warning::Evicts { server, policy };
/// assert!(warning.to_string().contains("Set `maxmemory-policy noeviction`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A full server deletes entries before they expire; with a `volatile-` policy, only those that
    /// have an expiry.
    Evicts {
        /// Host and port of the server.
        server: String,
        /// Its `maxmemory-policy`.
        policy: String,
    },
    /// The server does not tell its `maxmemory-policy`, as many hosted ones do not.
    PolicyUnknown {
        /// Host and port of the server.
        server: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evicts { server, policy } => write!(
                f,
                "Redis at {server} has `maxmemory-policy {policy}`: when its memory is full, it \
                 deletes sessions before their end. Set `maxmemory-policy noeviction`"
            ),
            Self::PolicyUnknown { server } => write!(
                f,
                "Redis at {server} does not tell its `maxmemory-policy` (INFO and CONFIG are \
                 forbidden). Check with its provider that it is `noeviction`: other policies delete \
                 sessions when the memory is full"
            ),
        }
    }
}

/// Asks one server for its settings.
pub(crate) async fn check(
    node: &Arc<Node>,
    deadline: Deadline,
) -> Result<Option<Warning>, Failure> {
    let mut info = cmd("INFO");
    info.arg("memory");
    let mut policy = answered(node.ask(info, "INFO", deadline).await)?
        .as_ref()
        .and_then(text)
        .and_then(|info| {
            let mut lines = info.lines();
            let policy = lines.find_map(|line| line.strip_prefix("maxmemory_policy:"))?;
            Some(policy.trim().to_owned())
        });
    if policy.is_none() {
        let mut config = cmd("CONFIG");
        config.arg("GET").arg("maxmemory-policy");
        policy = match answered(node.ask(config, "CONFIG", deadline).await)? {
            Some(Value::Array(pair)) => pair.get(1).and_then(text),
            Some(Value::Map(pairs)) => pairs.first().and_then(|(_, policy)| text(policy)),
            _ => None,
        };
    }
    let server = node.address();
    Ok(match policy {
        Some(policy) if policy == "noeviction" => None,
        Some(policy) => Some(Warning::Evicts {
            server,
            policy: hardtack::observe::Shown::new(&policy).to_string(),
        }),
        None => Some(Warning::PolicyUnknown { server }),
    })
}

/// Makes `None` of a refusal by the server: it was reached, and forbids the command.
fn answered(answer: Result<Value, Failure>) -> Result<Option<Value>, Failure> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(failure) if failure.then == Then::GiveUp => Ok(None),
        Err(failure) => Err(failure),
    }
}
