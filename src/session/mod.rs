//! The session: what is in it, and how it gets into a cookie and out again.

pub(crate) mod beside;
pub(crate) mod cache_headers;
mod changes;
pub(crate) mod commit;
pub(crate) mod context;
#[cfg(feature = "metrics")]
pub(crate) mod cookie_metrics;
pub(crate) mod cookies;
pub(crate) mod data;
pub(crate) mod events;
pub(crate) mod handle;
pub(crate) mod loaded;
mod loan;
pub(crate) mod observer;
pub(crate) mod origin;
pub(crate) mod place;
pub(crate) mod policy;
pub(crate) mod provenance;
pub(crate) mod sealer;
pub(crate) mod sessions;
pub(crate) mod tally;
mod typed;
mod update;
pub(crate) mod writes;
