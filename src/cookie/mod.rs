//! The cookie as it travels: sealed, and in the two headers.

pub(crate) mod attributes;
mod buffers;
mod built_in;
#[cfg(feature = "cookie")]
mod cookie_crate;
pub(crate) mod domain;
pub(crate) mod duplicates;
pub(crate) mod escape;
mod form;
pub(crate) mod header;
pub(crate) mod jar;
pub(crate) mod limit;
mod reading;
mod rewriting;
pub(crate) mod rotation;
mod rules;
pub(crate) mod set_cookie;
mod way;
mod writing;
