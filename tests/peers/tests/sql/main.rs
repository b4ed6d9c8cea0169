//! `SqlStore` on a live Postgres, MariaDB and SQLite; and beside a Rails and Express apps that keep their
//! sessions in a table there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod app;
mod at_once;
mod beside_express;
mod beside_rails;
mod browser;
mod checks;
mod clients;
mod database;
mod failures;
mod logins;
mod rules;
mod statements;
mod story;
mod surroundings;
mod sweep;
mod table;
mod world;
