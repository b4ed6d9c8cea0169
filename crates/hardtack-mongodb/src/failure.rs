//! [`Failure`]: what went wrong with a server, in words that hold no key, session or password.

use std::error::Error;
use std::fmt;

use hardtack::observe::Shown;
use hardtack::stores::StoreError;
use mongodb::error::{ErrorKind, WriteFailure};

/// The server's code of a write that would be the second entry of a key.
const DUPLICATE_KEY: i32 = 11_000;

/// The server's code of a collection that does not exist yet.
const NAMESPACE_NOT_FOUND: i32 = 26;

/// An error of a command or a connection. It never holds a key, a session or a password.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    message: String,
    /// The server's code, if it answered with an error.
    code: Option<i32>,
}

impl Failure {
    /// Creates a failure in the store's own words.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            code: None,
        }
    }

    /// The time is over before the servers have answered.
    pub(crate) fn timed_out(servers: &str, what: &str) -> Self {
        Self::new(format!(
            "MongoDB at {servers} did not answer {what} within the time limit; if it was a write, \
             it may have happened. Check the servers' load and the network, or raise `time_limit`"
        ))
    }

    /// The driver reports an error: of the network, of the server, or its own.
    pub(crate) fn of(servers: &str, what: &str, error: &mongodb::error::Error) -> Self {
        let shown = |text: &str| Shown::new(text).at_most(600).to_string();
        let (code, told) = match &*error.kind {
            // The message of a server's error may hold the session's id, or the session.
            ErrorKind::Command(error) => (Some(error.code), coded(error.code, &error.code_name)),
            ErrorKind::Write(WriteFailure::WriteError(error)) => {
                let name = error.code_name.as_deref().unwrap_or_default();
                (Some(error.code), coded(error.code, name))
            }
            ErrorKind::Write(WriteFailure::WriteConcernError(error)) => {
                let told = coded(error.code, &error.code_name);
                let told =
                    format!("{told}; the write has happened, but may be undone by a failover");
                (Some(error.code), told)
            }
            ErrorKind::Io(error) => {
                let told = format!(
                    "the connection failed; if it was a write, it may have happened: {error}"
                );
                (None, shown(&told))
            }
            ErrorKind::ServerSelection { message, .. }
            | ErrorKind::ConnectionPoolCleared { message, .. }
            | ErrorKind::InvalidTlsConfig { message, .. }
            | ErrorKind::DnsResolve { message, .. }
            | ErrorKind::IncompatibleServer { message, .. } => (None, shown(message)),
            ErrorKind::Authentication { .. } => (
                None,
                "the login was refused: check user and password of the address, and `authSource`"
                    .to_owned(),
            ),
            ErrorKind::InvalidArgument { .. } => (
                None,
                "the driver refuses the settings of the address".to_owned(),
            ),
            // The texts of the others may quote an answer.
            _ => (
                None,
                "the answer is not one of MongoDB to this command; is it a MongoDB server?"
                    .to_owned(),
            ),
        };
        Self {
            message: format!("MongoDB at {servers} failed at {what}: {told}"),
            code,
        }
    }

    /// Checks whether another entry has the key.
    pub(crate) fn is_duplicate(&self) -> bool {
        self.code == Some(DUPLICATE_KEY)
    }

    /// Checks whether the server misses the collection, which the first write creates.
    pub(crate) fn is_missing_collection(&self) -> bool {
        self.code == Some(NAMESPACE_NOT_FOUND)
    }
}

/// Returns the words for a server's error: its code and its name, and what to do.
fn coded(code: i32, name: &str) -> String {
    let name = Shown::new(name).at_most(60).to_string();
    let advice = match code {
        13 => "; the user needs the role `readWrite` on the database of the sessions",
        18 => "; check user and password of the address, and `authSource`",
        85 | 86 => "; another index on `expires` is there: drop it first",
        10_334 | 17_280 => "; the session is larger than a document may be (16 MB)",
        10_107 | 13_435 | 11_602 | 189 => "; the primary has changed: try again",
        _ => "",
    };
    match &*name {
        "" => format!("error {code}{advice}"),
        name => format!("error {code} ({name}){advice}"),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
    }
}
