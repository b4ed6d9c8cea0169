//! The `Cookie` and `Set-Cookie` headers, by the rules of Rack and of browsers.

pub(crate) mod cookie_attributes;
#[cfg(feature = "cookie")]
mod cookie_crate;
pub(crate) mod cookie_header;
pub(crate) mod domain;
pub(crate) mod duplicate_policy;
pub(crate) mod escape;
pub(crate) mod forwarded;
pub(crate) mod limit;
mod rules;
pub(crate) mod set_cookie;
