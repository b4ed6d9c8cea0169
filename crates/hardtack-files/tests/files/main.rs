//! `FileStore` on folders of its own.
#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod at_once;
mod folder;
mod held;
mod recorded;
mod refusals;
mod rules;
mod sweeps;
