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

mod support;

#[path = "command_line/doctor.rs"]
mod doctor;
#[path = "command_line/endless_lines.rs"]
mod endless_lines;
#[path = "command_line/forms.rs"]
mod forms;
#[path = "command_line/limits.rs"]
mod limits;
#[path = "command_line/program.rs"]
mod program;
#[path = "command_line/quantity.rs"]
mod quantity;
#[path = "command_line/rails_app.rs"]
mod rails_app;
#[path = "command_line/reasons.rs"]
mod reasons;
#[path = "command_line/recorded.rs"]
mod recorded;
#[path = "command_line/rotate.rs"]
mod rotate;
#[path = "command_line/rotate_recorded.rs"]
mod rotate_recorded;
#[path = "command_line/round_trips.rs"]
mod round_trips;
#[path = "command_line/runs.rs"]
mod runs;
#[path = "command_line/secrets.rs"]
mod secrets;
#[path = "command_line/streams.rs"]
mod streams;
#[path = "command_line/terminal.rs"]
mod terminal;
#[path = "command_line/tokens.rs"]
mod tokens;
#[path = "command_line/usage.rs"]
mod usage;
#[path = "command_line/written_down.rs"]
mod written_down;
