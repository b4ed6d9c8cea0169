//! Sessions of [hardtack](https://docs.rs/hardtack) in Memcached: one server, or several as Dalli spreads
//! keys over them.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use hardtack::ServerSessions;
//! use hardtack::stores::StoredJson;
//! use hardtack_memcached::MemcachedStore;
//!
//! # async fn start() -> Result<(), hardtack::stores::StoreError> {
//! let store = MemcachedStore::new("10.0.0.5:11211,10.0.0.6:11211")? // connects at the first use
//!     .namespace("shop")
//!     .time_limit(Duration::from_secs(1));
//! for warning in store.check().await?.warnings {
//!     eprintln!("{warning}"); // such as: a server that evicts sessions when it is full
//! }
//! let sessions = ServerSessions::new(StoredJson, store, "_shop_session");
//! # Ok(())
//! # }
//! ```
//!
//! **Memcached is a cache.** It loses all sessions when it is restarted, and by default it evicts sessions
//! that have not expired when its memory is full: their users are logged out. Start it with `-M`, which
//! refuses to write instead, and with more memory than the sessions take (`-m`). Where sessions must
//! outlive a restart, keep them in Redis or in a database.
//!
//! [`MemcachedStore`] is a [`SessionStore`](hardtack::stores::SessionStore) for Memcached 1.6 and later
//! (tested: 1.6.18), over its text protocol.
//!
//! # Commands
//!
//! | operation | command | on a conflict |
//! | --- | --- | --- |
//! | load | `gets` | |
//! | save, `Always` | `set` | |
//! | save, `Present` | `replace` | |
//! | save, `Absent` | `add` | `gets` |
//! | save, `Unchanged` | `cas` | `gets` |
//! | touch | `touch`; `gets` without a time | |
//! | delete | `delete` | |
//! | delete, `Unchanged` | `md KEY C..` | |
//!
//! So an operation is one command on one key, and a save that meets another entry is two: Memcached does
//! not answer with what is there. The version of an entry is its cas id, and the life of the server that
//! gave it: a server that is restarted counts from 1 again. A version of an earlier life is a conflict, by
//! `gets` alone; one of another server of the ring is an error. A new connection asks for `stats`, which
//! tells version and life.
//!
//! # Keys, flags and lives
//!
//! The store does what Dalli's client does, so that it meets the entries of a Rails app: it puts the
//! [namespace](MemcachedStore::namespace) before a key, cuts the two if they have more than 250 characters
//! and adds an MD5, and finds the server on Dalli's ring. Escaping is `MemCacheStore`'s of Rails, and so
//! part of the format (`RailsCache::mem_cache_store`). A key of more than 250 bytes is an error without
//! the store's namespace too: `MemCacheStore` cuts such a key before Dalli does, in ways that differ
//! between versions and settings, and under another key no user would find a session. A key with spaces
//! or control characters is an error, so no key can hold a command. Entries have the client [flags](MemcachedStore::flags) 1.
//!
//! Memcached counts whole seconds. A life is rounded up, and a second longer, as that of
//! `Rack::Session::Dalli`: its end comes up to two seconds late, and not early. One of 30 days and more
//! is sent as a time, by the clock of this machine. The last time that Memcached understands is in
//! January 2038.
//!
//! # Time
//!
//! An operation ends within [`time_limit`](MemcachedStore::time_limit), connecting included. Each server
//! has at most 8 [connections](MemcachedStore::connections). While a server is away, operations on its keys
//! fail at once: after a failed attempt to connect nobody tries again for 25 to 50 ms, then for twice as
//! long each time, up to a second. One operation tries then; the others do not wait for it. A server that
//! gives no answer for a time limit counts as away. The store recovers by itself.
//!
//! An operation whose connection is lost is sent once more, within its time limit, except a save with
//! `Always`, and one of a session that `Session::update_key` has changed. If it was a write and had been
//! executed, it is not taken for a conflict with itself, nor is a deletion taken for another's. A write of another that came between the two can be undone where no
//! condition tells: by `Present`, or by a deletion that is not `Unchanged`.
//!
//! An unconditional save (`Always`) of a session that is too long for an item is an error, and Memcached
//! deletes what was there; the other saves keep it. hardtack's own sessions are saved on a condition.
//!
//! After an error of a save, the session may or may not be written. A save that has timed out may even be
//! written later: with the condition `Unchanged`, it then replaces nothing newer.
//!
//! # Several servers
//!
//! A key has one server. While it is away, operations on its keys are errors; the other keys are served.
//! [`fail_over`](MemcachedStore::fail_over) takes the next server of the ring instead, as Dalli does by
//! default: users whose server is away then begin a new session there. A server that is only busy is not
//! away. A save or a deletion whose session was read from another server than the key has now is an error:
//! the next server cannot know whether it is unchanged.
//!
//! # Tasks
//!
//! An operation runs as a task on the runtime of its caller. If the caller leaves, the operation is
//! finished, and its connection stays in order. A connection belongs to the runtime that opened it: where
//! workers have a runtime each, as those of actix-web, create one store per worker.
//!
//! # Trust
//!
//! The server is the app's own. What it sends is bounded all the same: lines of 2 KiB, entries of 128 MiB,
//! and no memory by a claimed length. An answer that does not belong to the command closes the connection.
//! Errors, events and `Debug` show hosts and ports, and never a key or a session. Of a server's error they
//! show the text, escaped and cut. Events have the target `hardtack`. Logins and TLS are not supported:
//! let the server listen to a private network only.

mod address;
mod backoff;
mod check;
mod connection;
mod deadline;
mod expiry;
mod failure;
mod greeting;
mod key;
mod memcached_store;
mod node;
mod operation;
mod ring;
mod servers;
mod trouble;

pub use check::{Check, Server, Warning};
pub use memcached_store::MemcachedStore;
