//! `RedisStore` on live servers: one server, Sentinel, Cluster.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod checking;
mod commands;
mod failures;
mod rules;
mod updates;
