//! The middlewares of tower, axum and actix-web: their common rules, and each one's own.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[cfg(feature = "test-util")]
mod acceptance;
#[cfg(feature = "actix-web")]
mod actix;
#[cfg(all(feature = "actix-web", feature = "axum"))]
mod authentication;
#[cfg(feature = "axum")]
mod axum;
#[cfg(all(feature = "actix-web", feature = "axum"))]
mod devise;
#[cfg(all(feature = "actix-web", feature = "axum"))]
mod dropped;
#[cfg(all(feature = "actix-web", feature = "test-util", feature = "tower"))]
mod forgery_protection;
#[cfg(any(feature = "actix-web", feature = "axum", feature = "test-util"))]
#[path = "../support/logged.rs"]
mod logged;
#[cfg(all(feature = "actix-web", feature = "axum"))]
mod shared_caches;
#[path = "../support/mod.rs"]
mod support;
#[cfg(feature = "tower")]
mod tower;
