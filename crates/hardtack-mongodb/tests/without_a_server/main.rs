//! The store against a model of MongoDB in this process: rules, recorded commands, time limits and
//! errors. No MongoDB is here: what the model gets wrong, these tests get wrong.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod addresses;
mod documents;
mod faults;
mod model;
mod recordings;
mod rules;
mod server;

use std::time::Duration;

use hardtack::stores::StoreError;
use hardtack_mongodb::MongoStore;

use crate::server::Server;

/// An error with all its sources, as an operator's log has it.
fn chain(error: &StoreError) -> String {
    let mut text = format!("{error} | {error:?}");
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        text.extend([" | ", &error.to_string(), " | ", &format!("{error:?}")]);
        source = error.source();
    }
    text
}

/// A store with time to spare, for a busy machine.
fn store(server: &Server) -> MongoStore {
    let limit = Duration::from_secs(20);
    MongoStore::new(server.url()).unwrap().time_limit(limit)
}
