//! The session: what is in it, and how it gets into a cookie and out again.

pub(crate) mod data;
