//! The store on SQLite, in files and in memory.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod as_text;
mod cancelled;
mod checked;
mod database;
mod failing;
mod races;
mod rules;
mod sessions;
mod stored_rows;
mod sweeping;
