//! The session: what is in it, and how it gets into a cookie and out again.

pub(crate) mod cache_headers;
mod changes;
mod checks;
pub(crate) mod commit;
pub(crate) mod cookie_jar;
#[cfg(feature = "metrics")]
pub(crate) mod cookie_metrics;
pub(crate) mod csrf;
pub(crate) mod data;
pub(crate) mod events;
pub(crate) mod flash;
pub(crate) mod flash_hash;
pub(crate) mod handle;
pub(crate) mod jars;
mod loaded;
mod loan;
mod masked_token;
pub(crate) mod observer;
pub(crate) mod origin;
mod policy;
mod provenance;
pub(crate) mod store;
mod stored_flash;
pub(crate) mod tally;
mod typed;
mod update;
pub(crate) mod warden;
pub(crate) mod writes;
