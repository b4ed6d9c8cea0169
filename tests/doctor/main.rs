//! The doctor: the cookies that it recognizes and opens, and its reports about the others.
//!
//! Expected values are those that Rails, Express and PHP recorded.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

// Without these formats the doctor says which is missing.
#[cfg(not(any(feature = "legacy-digests", feature = "marshal")))]
mod alone;
#[path = "../support/recorded.rs"]
mod recorded_cookies;
#[path = "../support/mod.rs"]
mod support;

#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod bounds;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod contents;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod copies;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod faults;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod foreign;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod intake;
mod node;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod recorded;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod remedies;
#[cfg(feature = "rails-app")]
mod stored_ids;
#[cfg(all(
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack"
))]
mod truth;
