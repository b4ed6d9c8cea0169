//! Sessions of [hardtack](https://docs.rs/hardtack) in Redis or Valkey: one server, Sentinel,
//! Cluster.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use hardtack::ServerSessions;
//! use hardtack::stores::StoredJson;
//! use hardtack_redis::RedisStore;
//!
//! # async fn start() -> Result<(), hardtack::stores::StoreError> {
//! let store = RedisStore::new("redis://127.0.0.1:6379/0")? // connects at the first use
//!     .namespace("shop")
//!     .time_limit(Duration::from_secs(1));
//! for warning in store.check().await?.warnings {
//!     eprintln!("{warning}"); // an eviction policy that would drop sessions
//! }
//! let sessions = ServerSessions::new(StoredJson, store, "_shop_session");
//! # Ok(())
//! # }
//! ```
//!
//! [`RedisStore`] is a [`SessionStore`](hardtack::stores::SessionStore) on one server
//! ([`new`](RedisStore::new)), on the master that Sentinels name
//! ([`sentinel`](RedisStore::sentinel)), or on a Cluster ([`cluster`](RedisStore::cluster)). It is
//! for Redis 7 and later, and Valkey (tested: Redis 7.0 and Valkey 8.1).
//!
//! # Commands
//!
//! Every operation is one command, also where it ends in a conflict:
//!
//! | operation | command |
//! | --- | --- |
//! | load | `GET` |
//! | load, with the mark of a logout | `MGET`; in a Cluster a `GET` of each |
//! | save, `Always` or `Present` | `SET`, `SET .. XX` |
//! | save, `Absent` | `SET .. NX GET` (Redis 7.0, Valkey), else a script |
//! | save, `Unchanged` | `SET .. IFEQ .. GET` (Redis 8.4, Valkey 8.1), else a script |
//! | touch | `PEXPIRE`; `EXISTS` without a time |
//! | delete | `DEL`; `Unchanged`: a script |
//!
//! The scripts are sent by their digest (`EVALSHA`). A server that does not have one yet gets its
//! text once (`EVAL`). Each new connection asks the server for its features (`HELLO`).
//!
//! # Time
//!
//! An operation ends within [`time_limit`](RedisStore::time_limit), connecting included. While a
//! server is away, operations fail at once. After a failed attempt to connect, the next one follows
//! after 25 to 50 ms at the earliest, then after twice as long each time, up to a second. One
//! operation waits for each attempt, for up to the time limit if the server does not refuse the
//! connection; the others do not wait. A connection that gives no answer for a time limit is
//! replaced, even if the requests that used it are gone. The store recovers by itself.
//!
//! An operation whose connection is lost is sent once more, within its time limit, except a save
//! with `Always`, and one of a session that `Session::update_key` has changed. If the first command
//! was executed, the second one is no conflict with it, and a deletion counts as done. A write of
//! another request between the two can be undone by a command that compares nothing: a save with
//! `Present`, or a deletion without `Unchanged`.
//!
//! After an error of a save, the session may or may not be written. A save that has timed out may
//! even be written later: with the condition `Unchanged`, it then replaces nothing newer. hardtack
//! uses it for sessions that it has loaded, unless `ConflictPolicy::Overwrite` is set.
//!
//! # One connection
//!
//! All requests share one connection to a server, on which Redis answers in order. Session commands
//! are short, and none of them blocks. The connection runs on the tokio runtime of the request that
//! opened it. If that runtime is blocked, all operations wait: where workers have a runtime each,
//! as those of actix-web, create one store per worker.
//!
//! # Replicas
//!
//! Replicas are never read: they may have an older session, or none yet. A server that says it is a
//! replica is refused. If a master becomes a replica, its connection is closed at the first write
//! that it refuses (`READONLY`). Sentinels are asked for the master every 500 ms, over one
//! connection; if they name another one, the connection to the master is replaced.
//!
//! # Trust
//!
//! The server is the app's own: the length that it announces is trusted. Errors, events and `Debug`
//! show hosts and ports, and never a user, a password, a key or a session. Of a server's error they
//! show the text, escaped and cut, without the arguments of the command. Events have the target
//! `hardtack`.
//!
//! # Feature
//!
//! `rustls`: addresses of `rediss://`, with AWS-LC's cryptography unless the program has installed
//! another provider.
#![cfg_attr(docsrs, feature(doc_cfg))]

mod address;
mod backoff;
mod check;
mod cluster;
mod command;
mod deadline;
mod failure;
mod features;
mod node;
mod redis_store;
mod sentinels;
mod servers;
mod slots;

pub use check::{Check, Warning};
pub use redis_store::RedisStore;
