//! Input of an attacker, and secrets that no output may show.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod behind_the_seal;
#[cfg(all(feature = "actix-web", feature = "axum", feature = "test-util"))]
mod floods;
#[cfg(all(feature = "actix-web", feature = "axum", feature = "test-util"))]
#[path = "../support/logged.rs"]
mod logged;
// A row for every public type, so with every feature that brings one.
#[cfg(all(
    feature = "actix-web",
    feature = "axum",
    feature = "doctor",
    feature = "express",
    feature = "legacy-digests",
    feature = "marshal",
    feature = "message_pack",
    feature = "metrics",
    feature = "php",
    feature = "rails-app",
    feature = "rails-stores",
    feature = "test-util"
))]
mod nothing_shown;
mod padding;
#[path = "../support/signed.rs"]
mod signed;
mod standards;
#[path = "../support/mod.rs"]
mod support;
mod tampering;
mod weak_secrets;
