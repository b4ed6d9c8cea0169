//! The doctor: what it names, what it opens, what it says of what it does not open.
//!
//! Expected values are those that Rails, Express and PHP recorded.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod support;

#[path = "doctor/bounds.rs"]
mod bounds;
#[path = "doctor/contents.rs"]
mod contents;
#[path = "doctor/copies.rs"]
mod copies;
#[path = "doctor/faults.rs"]
mod faults;
#[path = "doctor/foreign.rs"]
mod foreign;
#[path = "doctor/recorded.rs"]
mod recorded;
