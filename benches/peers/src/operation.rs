//! [`Operation`]: what is measured, and what it is compared with.

use serde::Serialize;

/// The operations that are measured, in the table's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    /// From the `Cookie` header to the third of six keys, the others found and checked.
    OpenOneKey,
    /// The same, and what becomes of the others does not matter.
    OpenOneKeyAlone,
    /// From the `Cookie` header to a struct.
    OpenTyped,
    /// From the `Cookie` header to a tree of all values.
    OpenAll,
    /// From a struct to the whole `Set-Cookie` header.
    SealTyped,
    /// From six values, put in key by key, to the whole `Set-Cookie` header.
    SealByKey,
    /// From a session that was opened before, by one changed key, to the `Set-Cookie` header.
    SealChanged,
    /// From the `Cookie` header to the `Set-Cookie` header, one key changed.
    ChangeOneKey,
    /// From a `Cookie` header that does not open to that answer.
    Refuse,
    /// From the `Cookie` header to one key, where older secrets are tried first.
    OlderSecrets,
    /// A request through a web framework, in process, the network left out.
    Request,
}

impl Operation {
    /// Its name in the table.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenOneKey => "open to one key",
            Self::OpenOneKeyAlone => "open to one key alone",
            Self::OpenTyped => "open to a struct",
            Self::OpenAll => "open to all values",
            Self::SealTyped => "seal a struct",
            Self::SealByKey => "seal six keys",
            Self::SealChanged => "seal after one changed key",
            Self::ChangeOneKey => "change one key, header to header",
            Self::Refuse => "refuse",
            Self::OlderSecrets => "open under an older secret",
            Self::Request => "a request",
        }
    }

    /// The floor's operation that it is a share of.
    pub(crate) fn floor(self) -> Option<Self> {
        match self {
            Self::OpenOneKey
            | Self::OpenOneKeyAlone
            | Self::OpenTyped
            | Self::OpenAll
            | Self::Refuse
            | Self::OlderSecrets => Some(Self::OpenTyped),
            Self::SealTyped | Self::SealByKey | Self::SealChanged => Some(Self::SealTyped),
            Self::ChangeOneKey => Some(Self::ChangeOneKey),
            Self::Request => None,
        }
    }
}
