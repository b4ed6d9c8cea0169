//! Sessions of hardtack in MongoDB.
mod address;
mod check;
mod extended_json;
mod failure;
mod mongo_store;
mod session_value;
mod statement;

pub use check::{Check, Warning};
pub use mongo_store::MongoStore;
