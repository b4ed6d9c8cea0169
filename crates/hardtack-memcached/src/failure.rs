//! [`Failure`]: what went wrong with a server, and how to mend it.

use std::error::Error;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use hardtack::observe::Shown;
use hardtack::stores::StoreError;

use crate::trouble::{Refusal, Trouble};

/// An error of an operation. It never holds a key or a session.
#[derive(Clone, Debug)]
pub(crate) struct Failure {
    message: String,
    source: Option<Arc<Trouble>>,
    pub(crate) then: Then,
}

/// The next step of a caller after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing: the server has answered, or there is no time left.
    GiveUp,
    /// The server was not reached: the operation was not sent.
    Unreachable,
    /// The connection was lost. The operation may be sent again, knowing that it may have been executed.
    Lost,
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

    /// No connection could be made, or the new one does not greet as Memcached does.
    pub(crate) fn not_connected(address: &str, trouble: &Arc<Trouble>) -> Self {
        let message = format!(
            "cannot connect to Memcached at {address}: {}",
            told(trouble)
        );
        Self {
            message,
            source: source(trouble),
            then: Then::Unreachable,
        }
    }

    /// The time is over before there was a connection.
    pub(crate) fn not_connected_in_time(address: &str) -> Self {
        let message = format!(
            "Memcached at {address} could not be connected to within the time limit: check that it \
             runs, and the network"
        );
        Self::new(message, Then::Unreachable)
    }

    /// The wait for a connection left too little time to open one, which says nothing of the server.
    pub(crate) fn no_time_to_connect(address: &str) -> Self {
        let message = format!(
            "Memcached at {address} could not be connected to in the time that was left of the limit; \
             nothing was sent. Check the server's load and the network, or raise `connections`"
        );
        Self::new(message, Then::GiveUp)
    }

    /// All connections were busy until the time was over.
    pub(crate) fn busy(address: &str, connections: usize) -> Self {
        let message = format!(
            "all {connections} connections to Memcached at {address} were busy until the time limit; \
             nothing was sent. Check the server's load and the network, or raise `connections`"
        );
        Self::new(message, Then::GiveUp)
    }

    /// A server gave no answer to anybody for a time limit.
    pub(crate) fn silent(address: &str) -> Self {
        let message = format!(
            "Memcached at {address} gave no answer within the time limit: check the server's load and \
             the network"
        );
        Self::new(message, Then::Unreachable)
    }

    /// The server was away a moment ago. It is not asked again yet, or is being asked (`None`).
    pub(crate) fn away(last: &Self, again_in: Option<Duration>) -> Self {
        let when = match again_in {
            Some(again_in) => format!("in {} ms", again_in.as_millis().max(1)),
            None => "now".to_owned(),
        };
        Self {
            message: format!("{}; connecting again {when}", last.message),
            source: last.source.clone(),
            then: Then::Unreachable,
        }
    }

    /// The time is over before the server has answered.
    pub(crate) fn timed_out(address: &str, what: &str) -> Self {
        let message = format!(
            "Memcached at {address} did not answer {what} within the time limit; if it was a write, \
             it may have happened. Check the server's load and the network, or raise `time_limit`"
        );
        Self::new(message, Then::GiveUp)
    }

    /// The operation ended in trouble.
    pub(crate) fn of(address: &str, what: &str, trouble: &Arc<Trouble>) -> Self {
        let (message, then) = match &**trouble {
            Trouble::Lost(_) => (
                format!(
                    "the connection to Memcached at {address} failed during {what}; if it was a \
                     write, it may have happened: {}",
                    told(trouble)
                ),
                Then::Lost,
            ),
            Trouble::Refused(..) => (
                format!(
                    "Memcached at {address} answered {what} with {}",
                    told(trouble)
                ),
                Then::GiveUp,
            ),
            Trouble::Garbled(_) => (
                format!(
                    "Memcached at {address} gave an answer to {what} that is not of its protocol; if \
                     it was a write, it may have happened: {}",
                    told(trouble)
                ),
                Then::GiveUp,
            ),
            _ => (
                format!("Memcached at {address} failed in {what}: {}", told(trouble)),
                Then::GiveUp,
            ),
        };
        Self {
            message,
            source: source(trouble),
            then,
        }
    }

    /// There is no runtime on which an operation could run.
    pub(crate) fn no_runtime() -> Self {
        let message = "an operation of Memcached needs a tokio runtime with network and time; nothing \
                       was sent";
        Self::new(message, Then::GiveUp)
    }

    /// The task of an operation has ended without an answer: its runtime is being shut down.
    pub(crate) fn no_task() -> Self {
        let message = "the runtime ended before Memcached answered; if the operation was a write, it \
                       may have happened";
        Self::new(message, Then::GiveUp)
    }

    /// The answer is one to another operation, which [`Operation`](crate::operation) excludes.
    pub(crate) fn mixed_up() -> Self {
        let message = "an operation of Memcached has another's answer: report this error of hardtack-memcached";
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
        match self.source.as_deref() {
            Some(Trouble::Lost(error)) => Some(error),
            _ => None,
        }
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
    }
}

/// Returns an error of the network as a source; `None` for a server's text, which may be anything.
fn source(trouble: &Arc<Trouble>) -> Option<Arc<Trouble>> {
    matches!(**trouble, Trouble::Lost(_)).then(|| Arc::clone(trouble))
}

/// Says what happened, and what to do.
fn told(trouble: &Trouble) -> String {
    match trouble {
        Trouble::Lost(error) => Shown::new(&error.to_string()).at_most(300).to_string(),
        Trouble::Garbled(what) => format!("{what}; is it a Memcached server?"),
        Trouble::NoVersions => {
            "it runs without cas ids (`-C`), and cannot tell one state of a session \
                                from another: start it without that option"
                .to_owned()
        }
        Trouble::TooOld => {
            "it cannot delete a session on a condition (`md`): hardtack needs Memcached \
                            1.6 or later, and no proxy that hides it"
                .to_owned()
        }
        Trouble::OtherServer => {
            "the session was read from another server, which went away or came back since; nothing \
                                 was changed. Begin the request again"
                .to_owned()
        }
        Trouble::Unsettled => "other programs write and delete the entry all the time".to_owned(),
        Trouble::Refused(refusal, text) => {
            let text = Shown::new(text).at_most(300).to_string();
            format!("{}{}", text.trim_end(), advice(*refusal, &text))
        }
    }
}

/// Returns what to do, with a separator before it; empty where the server's own words say it.
fn advice(refusal: Refusal, text: &str) -> &'static str {
    if text.contains("too large") {
        return "; the session is longer than an item may be: keep less in it, or raise the server's \
                item size (`-I`)";
    }
    if text.contains("out of memory") {
        return "; Memcached is full, and evicts nothing (`-M`) or has no page for this length: give \
                it more memory (`-m`), or let sessions expire earlier";
    }
    if text.contains("Too many open connections") {
        return "; the server has as many clients as it may: raise its limit (`-c`), or set fewer \
                `connections`";
    }
    if text.contains("auth") {
        return "; the server wants a login, which is not supported: let it listen to this host only, \
                without `-S` and `-Y`";
    }
    match refusal {
        Refusal::Server => "",
        Refusal::Client => "; is it a Memcached server of version 1.6 or later?",
    }
}
