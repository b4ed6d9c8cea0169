//! The kinds of sessions, stores and clients of the interleavings.

use std::sync::Arc;

use hardtack::stores::{ConflictPolicy, SessionFormat, StoredJson};

/// What happens to requests whose client leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clients {
    Stay,
    /// Their commits end where they are.
    Leave,
    /// The app's runtime finishes their commits.
    LeaveFinished,
}

/// The place of the first session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Present,
    /// Under the key of Rack before 2.0.8, from which it is moved.
    OlderKey,
    /// In another store, from which it moves.
    OlderStore,
}

/// What an interleaving is about.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) format: fn() -> Arc<dyn SessionFormat>,
    pub(crate) conflicts: ConflictPolicy,
    pub(crate) expires: bool,
    pub(crate) first: Place,
    pub(crate) clients: Clients,
}

fn json() -> Arc<dyn SessionFormat> {
    Arc::new(StoredJson)
}

/// Requests whose clients stay, under the default policy.
pub(crate) const PLAIN: Row = Row {
    name: "merge",
    format: json,
    conflicts: ConflictPolicy::Merge,
    expires: false,
    first: Place::Present,
    clients: Clients::Stay,
};
