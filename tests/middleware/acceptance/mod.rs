//! One suite for every framework: the same cases, through the middleware of each.

#[cfg(feature = "actix-web")]
mod actix;
mod app;
#[cfg(feature = "axum")]
mod axum;
mod bare;
mod caches;
mod cases;
mod commands;
mod conflict_policies;
mod failing_store;
#[cfg(feature = "tower")]
mod http_types;
mod moving;
mod new_ids;
mod other_cookies;
mod recorded;
mod server;
#[cfg(feature = "tower")]
mod tower;

use app::Framework;

/// The number of cases, so that a lost case is noticed.
const CASES: usize = if cfg!(feature = "rails-stores") {
    135
} else {
    134
};

fn run(framework: &dyn Framework) {
    let mut failed = Vec::new();
    let on_server = [
        server::ALL,
        commands::ALL,
        conflict_policies::ALL,
        failing_store::ALL,
        moving::ALL,
        new_ids::ALL,
    ];
    let cases = || {
        let in_cookies = cases::ALL.iter().chain(caches::ALL);
        in_cookies.chain(on_server.into_iter().flatten())
    };
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
    run(&tower::Tower);
}

#[cfg(feature = "axum")]
#[test]
fn under_axum() {
    run(&axum::Axum);
}

#[cfg(feature = "actix-web")]
#[test]
fn under_actix_web() {
    run(&actix::Actix);
}
