//! Cookies one by one: what a jar seals, opens and refuses, the headers they travel in, and messages
//! that are no cookies.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod allocations;
mod as_sent;
mod attributes;
mod clocks;
mod cookie_domain;
mod cookie_header;
mod limits;
#[cfg(all(feature = "marshal", feature = "message_pack"))]
mod messages;
mod other_cookies;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod reading_rails;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
#[path = "../support/recorded.rs"]
mod recorded;
mod rotation;
#[path = "../../benches/samples/mod.rs"]
#[allow(dead_code, reason = "what only the benchmarks need")]
mod samples;
mod seals;
#[path = "../support/mod.rs"]
mod support;
mod threads;
