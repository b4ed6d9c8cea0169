//! The command line: what goes in, what comes out, and with which exit status.
//!
//! Expected values are those that Rails recorded, or plain arithmetic.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers fail as the tests do"
)]

#[path = "../../../../tests/support/mod.rs"]
mod support;

mod cases;
mod copies;
mod doctor;
mod endless_lines;
mod forms;
mod guidance;
mod limits;
mod man;
mod node;
mod program;
mod quantity;
mod rails_app;
mod reasons;
mod recorded;
mod rotate;
mod rotate_recorded;
mod round_trips;
mod runs;
mod secrets;
mod sql;
mod stored;
mod streams;
mod terminal;
mod tokens;
mod usage;
mod written_down;
