//! [`Operation`]: what a request does to its session.

/// The work of a request on its session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Operation {
    /// Answers with the counter in the session.
    Read,
    /// Adds one to it first.
    Change,
}

impl Operation {
    pub(crate) const ALL: [Self; 2] = [Self::Read, Self::Change];

    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Read => "/read",
            Self::Change => "/change",
        }
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Read => "one key read",
            Self::Change => "one key changed",
        }
    }
}
