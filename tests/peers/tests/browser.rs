//! In a real browser: the examples' pages, and Rails and Rust behind one origin.
//!
//! Needs chromium and chromedriver; the test behind one origin also needs Rails 6.1 and puma.
//! Screenshots go to `target/tmp/screenshots/`, for people to view.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "browser/program.rs"]
mod program;
#[path = "browser/window.rs"]
mod window;

use std::process::Command;

use program::Program;
use window::Window;

/// Log in, order, log out: the same in both frameworks.
async fn counter(example: &str, feature: &str) {
    let mut command = Command::new("cargo");
    command.args(["run", "--locked", "--example", example]);
    command.args(["--features", feature]);
    let shop = Program::start(command, &[]);
    let window = Window::open().await;
    window.go(&shop.url("/")).await;
    assert_eq!(window.text("#visits").await, "This is your first visit.");
    window.fill("name", "Ada <b>Lovelace</b>").await;
    window.press("Log in").await;
    assert_eq!(window.text(".notice").await, "Welcome aboard.");
    assert_eq!(window.text("strong").await, "Ada <b>Lovelace</b>");
    assert_eq!(window.text("#visits").await, "You have been here 2 times.");
    window.press("Order").await;
    assert_eq!(window.text(".notice").await, "Ordered.");
    assert_eq!(window.text("li").await, "Hardtack");
    window.screenshot(&format!("{example}-counter")).await;

    // The flash is for one page alone, and the session is not for scripts.
    window.go(&shop.url("/")).await;
    assert!(!window.has(".notice").await);
    assert_eq!(window.run("return document.cookie").await, "");

    // A full cookie is told, and loses nothing.
    let mut orders = 1;
    while !window.has(".alert").await {
        window.press("Order").await;
        orders += 1;
        assert!(orders < 300, "the cookie is never full");
    }
    let full = "The cookie is full: 4096 bytes are the most.";
    assert_eq!(window.text(".alert").await, full);
    let kept = window.count("li").await;
    assert!((orders - 9..orders).contains(&kept), "{kept} of {orders}");

    // A form without its token is refused, and changes nothing.
    window.run("document.querySelectorAll('[name=authenticity_token]').forEach(token => token.value = 'forged')").await;
    window.press("Log out").await;
    assert!(!window.has("#visits").await);
    window.go(&shop.url("/")).await;
    assert_eq!(window.count("li").await, kept);

    window.press("Log out").await;
    assert_eq!(window.text(".notice").await, "Fair winds.");
    assert_eq!(window.text("#visits").await, "This is your first visit.");
    window.close().await;
}

#[tokio::test]
async fn counter_under_axum() {
    counter("axum", "axum").await;
}

#[tokio::test]
async fn counter_under_actix() {
    counter("actix", "actix-web").await;
}

/// A Rails app and a Rust app share a session.
async fn log_book(framework: &str) {
    let mut command = Command::new("examples/beside-rails/run");
    command.arg(framework);
    let both = Program::start(command, &["RAILS_PORT"]);
    let window = Window::open().await;

    // Nobody is signed in: Rust sends to Rails.
    window.go(&both.url("/rust")).await;
    assert_eq!(window.path().await, "/sign_in");
    window.fill("name", "Ada").await;
    window.press("Sign in").await;
    assert_eq!(window.text(".notice").await, "Signed in at Rails.");

    // Rust knows who signed in at Rails.
    window.go(&both.url("/rust")).await;
    assert_eq!(window.text("#name").await, "Ada");
    assert_eq!(window.text("#visits").await, "1");
    window
        .screenshot(&format!("{framework}-beside-rails-rust"))
        .await;

    // A form rendered by Rust posts to Rails.
    window.fill("note", "lee shore").await;
    window.press("Keep it at Rails").await;
    assert_eq!(window.path().await, "/rust");
    assert_eq!(window.text(".notice").await, "Rails kept the note.");
    assert_eq!(window.text("#note").await, "lee shore");
    assert_eq!(window.text("#visits").await, "2");

    // A form rendered by Rails posts to Rust, which changes the session and sets a flash: Rails
    // shows both.
    window.go(&both.url("/")).await;
    assert!(!window.has(".notice").await);
    window.fill("remark", "fair wind").await;
    window.press("Keep it at Rust").await;
    assert_eq!(window.path().await, "/");
    assert_eq!(window.text(".notice").await, "Rust kept the remark.");
    assert_eq!(window.text("#remark").await, "fair wind");
    assert_eq!(window.text("#visits").await, "2");
    window
        .screenshot(&format!("{framework}-beside-rails-rails"))
        .await;

    // Forged, it is refused by either.
    for (page, field, button) in [
        ("/", "remark", "Keep it at Rust"),
        ("/rust", "note", "Keep it at Rails"),
    ] {
        window.go(&both.url(page)).await;
        window.run("document.querySelectorAll('[name=authenticity_token]').forEach(token => token.value = 'forged')").await;
        window.fill(field, "forged").await;
        window.press(button).await;
        window.go(&both.url("/")).await;
        assert_eq!(window.text("#remark").await, "fair wind");
    }

    // Who signs out at Rust is signed out at Rails.
    window.go(&both.url("/rust")).await;
    assert_eq!(window.text("#note").await, "lee shore");
    window.press("Sign out at Rust").await;
    assert_eq!(window.path().await, "/sign_in");
    window.go(&both.url("/")).await;
    assert_eq!(window.path().await, "/sign_in");
    assert_eq!(window.text(".alert").await, "Please sign in.");

    // And the reverse.
    window.fill("name", "Grace").await;
    window.press("Sign in").await;
    window.go(&both.url("/rust")).await;
    assert_eq!(window.text("#name").await, "Grace");
    assert_eq!(window.text("#note").await, "");
    window.go(&both.url("/")).await;
    window.press("Sign out at Rails").await;
    window.go(&both.url("/rust")).await;
    assert_eq!(window.path().await, "/sign_in");
    window.close().await;
}

#[tokio::test]
async fn rails_beside_axum() {
    log_book("axum").await;
}

#[tokio::test]
async fn rails_beside_actix() {
    log_book("actix").await;
}
