//! `MemcachedStore` on live servers: one, and several beside Dalli.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../redis/checking.rs"]
mod checking;
mod commands;
mod failures;
mod ring;
mod rules;
