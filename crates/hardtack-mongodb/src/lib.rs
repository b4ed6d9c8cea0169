//! Sessions of [hardtack](https://docs.rs/hardtack) in MongoDB, as connect-mongo keeps those of
//! Express.
//!
//! **This crate has never been run against a real MongoDB server.** Its commands and documents are
//! compared with what connect-mongo 4.6, 5.1 and 6.0 sent to a recorded collection; its rules, time
//! limits and errors are tested against a model of the server.
//!
//! ```no_run
//! use hardtack::ServerSessions;
//! use hardtack::express::{CookieSignature, ExpressSession};
//! use hardtack_mongodb::MongoStore;
//!
//! # async fn start() -> Result<(), Box<dyn std::error::Error>> {
//! // session({ secret, store: MongoStore.create({ mongoUrl: "mongodb://10.0.0.5/shop" }) })
//! # let secret = "keyboard cat 779c6e755323";
//! let store = MongoStore::new("mongodb://10.0.0.5/shop")?; // connects at the first use
//! for warning in store.check().await?.warnings {
//!     eprintln!("{warning}"); // such as: no index deletes ended sessions
//! }
//! let format = ExpressSession::connect_mongo(CookieSignature::new(secret)?);
//! let sessions = ServerSessions::new(format, store, "connect.sid");
//! # Ok(())
//! # }
//! ```
//!
//! [`MongoStore`] is a [`SessionStore`](hardtack::stores::SessionStore) over the official driver,
//! the crate `mongodb`, for MongoDB 4.2 and later. It keeps the sessions of any format.
//!
//! # Documents
//!
//! | member | value |
//! | --- | --- |
//! | `_id` | the key: with `ExpressSession::connect_mongo` the id alone |
//! | `session` | the session's bytes: text; a document with [`documents`](MongoStore::documents); binary data if they are neither |
//! | `expires` | the end of the entry; missing if it has none |
//! | `lastModified` | the time of the last write, with [`touch_after`](MongoStore::touch_after) |
//! | `createdAt`, `updatedAt` | with [`timestamps`](MongoStore::timestamps) |
//!
//! An entry is read where `expires` is missing or later than now, by this program's clock, as at
//! connect-mongo. MongoDB deletes ended entries once a minute, by the index that
//! [`create_index`](MongoStore::create_index) or connect-mongo creates.
//!
//! # Commands
//!
//! | operation | command |
//! | --- | --- |
//! | load | `find` |
//! | save, `Always` | `update` by `_id`, with `upsert` |
//! | save, `Present` or `Unchanged` | `update` of the live entry, with the old `session` in the filter |
//! | save, `Absent` | `update` of an ended entry, with `upsert`: a live one makes it a duplicate key |
//! | touch | `update` of the live entry; with `touch_after` a `find` before it |
//! | delete | `delete` |
//!
//! A save whose condition does not hold reads the entry that is there, in a second command. A
//! change of a session is never merged by MongoDB: a save replaces the member `session` as a whole.
//! Entries cannot be renamed.
//!
//! # Time
//!
//! An operation ends within [`time_limit`](MongoStore::time_limit), connecting included. While no
//! server can be reached, each operation waits for its whole limit, and the driver tries each
//! server twice a second at most. The store recovers by itself.
//!
//! On a replica set the driver sends a write again after a failover or a lost connection, with its
//! number, and MongoDB executes it once (`retryWrites`). On a server that stands alone nothing is
//! sent twice. After an error of a save, the session may or may not be written; a save that has
//! timed out may even be written later.
//!
//! The connections run on the tokio runtime of the request that opened them. Where workers have a
//! runtime each, as those of actix-web, create one store per worker.
//!
//! # Replica sets
//!
//! Secondaries are never read: they may have an older session, or none yet. A write is acknowledged
//! by the majority, unless the address says otherwise (`w=`); `w=0` is refused.
//!
//! # Trust
//!
//! The server is the app's own. Errors and `Debug` show hosts and ports, and never a user, a
//! password, a key or a session. Of a server's error they show code and name, since its text may
//! quote the command. TLS (`tls=true`) trusts Mozilla's certificates, or those of `tlsCAFile=`.

mod address;
mod check;
mod extended_json;
mod failure;
mod mongo_store;
mod session_value;
mod statement;

pub use check::{Check, Warning};
pub use mongo_store::MongoStore;
