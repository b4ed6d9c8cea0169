//! The session and its data, kept in a cookie or in a store on a server.

pub(crate) mod beside;
mod binding;
pub(crate) mod bound_cookie;
pub(crate) mod cache_headers;
mod changes;
#[cfg(test)]
mod changes_tests;
pub(crate) mod commit;
mod commit_task;
mod committing;
pub(crate) mod conflict_policy;
pub(crate) mod context;
#[cfg(feature = "metrics")]
pub(crate) mod cookie_metrics;
pub(crate) mod cookies;
pub(crate) mod data;
pub(crate) mod events;
mod finding;
pub(crate) mod handle;
pub(crate) mod kept;
pub(crate) mod key_update;
pub(crate) mod lazy_session;
mod leaving;
pub(crate) mod loaded;
mod loading;
mod loan;
pub(crate) mod memory_store;
pub(crate) mod observer;
pub(crate) mod on_server;
pub(crate) mod origin;
pub(crate) mod place;
pub(crate) mod policy;
pub(crate) mod provenance;
pub(crate) mod running_commit;
pub(crate) mod sealer;
pub(crate) mod session_format;
mod session_options;
pub(crate) mod session_store;
pub(crate) mod sessions;
pub(crate) mod store_operation;
pub(crate) mod tally;
mod typed;
mod update;
mod watched_store;
pub(crate) mod write_policy;
