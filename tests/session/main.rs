//! Sessions: reading and writing by a store, the data of a session, and events about it.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod built_in;
mod conflicting_keys;
#[cfg(feature = "metrics")]
mod cookie_metrics;
mod csrf;
mod dropped_saves;
#[cfg(feature = "tracing")]
mod events;
#[cfg(feature = "express")]
mod express;
mod flash;
mod held_store;
mod interleavings;
mod key_updates;
#[cfg(feature = "laravel")]
mod laravel;
#[cfg(feature = "tracing")]
#[path = "../support/logged.rs"]
mod logged;
mod logout_marks;
#[cfg(feature = "test-util")]
mod lost_changes;
#[cfg(feature = "tracing")]
mod many_cookies;
mod merged_changes;
#[cfg(all(feature = "marshal", feature = "test-util"))]
mod migrations;
mod moves;
mod moving_beside;
mod observer;
#[cfg(feature = "php")]
mod php;
mod rack;
#[cfg(feature = "tracing")]
mod re_entry;
#[cfg(feature = "marshal")]
#[path = "../support/recorded.rs"]
mod recorded;
mod renames;
mod reverted_keys;
#[cfg(feature = "marshal")]
mod ruby_objects;
mod save_queue;
mod session_data;
mod session_locks;
mod session_options;
#[cfg(all(feature = "marshal", feature = "message_pack"))]
mod sessions_of_rails;
#[cfg(any(feature = "marshal", feature = "message_pack"))]
#[path = "../support/signed.rs"]
mod signed;
#[cfg(feature = "marshal")]
mod steps;
#[cfg(all(feature = "marshal", feature = "message_pack", feature = "test-util"))]
mod store_of_rails;
mod store_reports;
#[cfg(feature = "rails-stores")]
mod stores_of_rails;
#[path = "../support/mod.rs"]
mod support;
mod table_layouts;
mod token_cookie;
mod told_clock;
#[cfg(feature = "message_pack")]
mod unreadable_values;
mod updates;
mod visitor;
mod warden;
