//! The session: what is in it, and how it gets into a cookie and out again.

pub(crate) mod commit;
pub(crate) mod cookie_jar;
pub(crate) mod csrf;
pub(crate) mod data;
pub(crate) mod events;
pub(crate) mod flash;
pub(crate) mod handle;
pub(crate) mod jars;
mod loaded;
mod masked_token;
pub(crate) mod origin;
pub(crate) mod store;
mod stored_flash;
mod typed;
pub(crate) mod warden;
