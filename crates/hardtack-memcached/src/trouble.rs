//! [`Trouble`]: why an exchange with a server failed.

use std::io;

/// The reason for which an exchange gave no answer to an operation.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// The connection failed.
    Lost(io::Error),
    /// The answer is not one of the protocol, or not one to the command. The answer is not shown.
    Garbled(&'static str),
    /// The server refused the command, with this text.
    Refused(Refusal, String),
    /// The server gives its entries no cas ids.
    NoVersions,
    /// The server has no meta commands.
    TooOld,
    /// The condition is a version that another server of the ring gave.
    OtherServer,
    /// The entry appeared and disappeared at each attempt.
    Unsettled,
}

/// The side to blame, in the server's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// `SERVER_ERROR`: the command was understood.
    Server,
    /// `ERROR`, with words or without, or `CLIENT_ERROR`: the rest of the command may be taken for
    /// another one.
    Client,
}

impl Trouble {
    /// Checks whether the connection is in order: the server has answered, and waits for a command.
    pub(crate) fn leaves_connection(&self) -> bool {
        matches!(
            self,
            Self::Refused(Refusal::Server, _)
                | Self::NoVersions
                | Self::TooOld
                | Self::OtherServer
                | Self::Unsettled
        )
    }
}

impl From<io::Error> for Trouble {
    fn from(error: io::Error) -> Self {
        Self::Lost(error)
    }
}
