//! `examples/beside-express`, as a newcomer walks through it.

use std::process::Command;

use hardtack_peers::Node;

use crate::program::Program;
use crate::window::Window;

#[tokio::test]
async fn log_book() {
    let mut command = Command::new("examples/beside-express/run");
    // The packages are there: it installs none.
    command.env("NODE_PATH", Node::packages().join("node_modules"));
    command.env_remove("REDIS_URL");
    let both = Program::start(command, &["EXPRESS_PORT", "REDIS_PORT"]);
    let window = Window::open().await;

    // Nobody is signed in: Rust sends to Express.
    window.go(&both.url("/rust")).await;
    assert_eq!(window.path().await, "/sign_in");
    window.screenshot("beside-express-sign-in").await;
    window.fill("name", "Eve").await;
    window.press("Sign in").await;
    assert_eq!(window.text(".alert").await, "Nobody of that name.");
    window.fill("name", "Ada").await;
    window.press("Sign in").await;
    assert_eq!(window.text(".notice").await, "Signed in at Express.");

    // Rust knows who signed in at Express, and its form posts to Express.
    window.go(&both.url("/rust")).await;
    assert_eq!(window.text("#name").await, "Ada");
    assert_eq!(window.text("#visits").await, "1");
    window.fill("note", "lee <b>shore").await;
    window.press("Keep it at Express").await;
    assert_eq!(window.path().await, "/rust");
    assert_eq!(window.text(".notice").await, "Express kept the note.");
    assert_eq!(window.text("#note").await, "lee <b>shore");
    assert_eq!(window.text("#visits").await, "2");
    window.screenshot("beside-express-rust").await;

    // The reverse; a message is for one page, and the session is not for scripts.
    window.go(&both.url("/")).await;
    assert!(!window.has(".notice").await);
    window.fill("remark", "fair <b>wind").await;
    window.press("Keep it at Rust").await;
    assert_eq!(window.path().await, "/");
    assert_eq!(window.text(".notice").await, "Rust kept the remark.");
    assert_eq!(window.text("#remark").await, "fair <b>wind");
    assert_eq!(window.text("#visits").await, "2");
    assert_eq!(window.run("return document.cookie").await, "");
    window.screenshot("beside-express-express").await;

    // Who signs out at Rust is signed out at Express.
    window.go(&both.url("/rust")).await;
    window.press("Sign out at Rust").await;
    assert_eq!(window.path().await, "/sign_in");
    assert_eq!(window.text(".notice").await, "Signed out at Rust.");
    window.go(&both.url("/")).await;
    assert_eq!(window.path().await, "/sign_in");
    assert_eq!(window.text(".alert").await, "Please sign in.");

    // Signed in at Rust, out at Express.
    window.go(&both.url("/rust/sign_in")).await;
    window.screenshot("beside-express-sign-in-at-rust").await;
    window.fill("name", "Grace").await;
    window.press("Sign in").await;
    assert_eq!(window.text(".notice").await, "Signed in at Rust.");
    assert_eq!(window.text("#note").await, "");
    window.go(&both.url("/")).await;
    assert_eq!(window.text("#name").await, "Grace");
    window.press("Sign out at Express").await;
    window.go(&both.url("/rust")).await;
    assert_eq!(window.path().await, "/sign_in");
    window.close().await;
}
