//! The session: what is in it, and how it gets into a cookie and out again.

pub(crate) mod csrf;
pub(crate) mod data;
pub(crate) mod flash;
mod masked_token;
mod stored_flash;
pub(crate) mod warden;
