//! One suite for every framework: the same cases, through the middleware of each.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[cfg(feature = "actix-web")]
#[path = "acceptance/actix.rs"]
mod actix;
#[path = "acceptance/app.rs"]
mod app;
#[cfg(feature = "axum")]
#[path = "acceptance/axum.rs"]
mod axum_router;
#[path = "acceptance/bare.rs"]
mod bare;
#[path = "acceptance/caches.rs"]
mod caches;
#[path = "acceptance/cases.rs"]
mod cases;
#[cfg(feature = "tower")]
#[path = "acceptance/http_types.rs"]
mod http_types;
#[path = "acceptance/other_cookies.rs"]
mod other_cookies;
#[cfg(feature = "tower")]
#[path = "acceptance/tower.rs"]
mod tower_service;

use app::Framework;

/// Every case, so that one that is lost is noticed.
const CASES: usize = 53;

fn run(framework: &dyn Framework) {
    let mut failed = Vec::new();
    let cases = || cases::ALL.iter().chain(caches::ALL);
    for (name, case) in cases() {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| case(framework)));
        if outcome.is_err() {
            failed.push(*name);
        }
    }
    assert!(failed.is_empty(), "{}: {failed:?}", framework.name());
    assert_eq!(cases().count(), CASES);
}

#[test]
fn without_a_framework() {
    run(&bare::Bare);
}

#[cfg(feature = "tower")]
#[test]
fn under_tower() {
    run(&tower_service::Tower);
}

#[cfg(feature = "axum")]
#[test]
fn under_axum() {
    run(&axum_router::Axum);
}

#[cfg(feature = "actix-web")]
#[test]
fn under_actix_web() {
    run(&actix::Actix);
}
