//! The sessions of PHP, and its `serialize()` and `unserialize()`.
//!
//! A user who logged in at the PHP app is logged in here, and the reverse, if both keep the
//! sessions in one store:
//!
//! ```
//! use hardtack::ServerSessions;
//! use hardtack::php::{PhpHandler, PhpSessions};
//! use hardtack::stores::MemoryStore;
//!
//! // php.ini: session.save_handler = redis, session.serialize_handler = php_serialize
//! let format = PhpSessions::new()
//!     .key_prefix("PHPREDIS_SESSION:")
//!     .handler(PhpHandler::PhpSerialize);
//! // MemoryStore stands for RedisStore of hardtack-redis.
//! let sessions = ServerSessions::new(format, MemoryStore::new(), "PHPSESSID");
//! assert_eq!(sessions.name(), "PHPSESSID");
//! ```
//!
//! PHP's settings (`php -i`), and the methods that set the same here:
//!
//! | PHP | Rust |
//! | --- | --- |
//! | `session.name` | the name at [`ServerSessions::new`](crate::ServerSessions::new) |
//! | `session.serialize_handler` | [`PhpSessions::handler`] |
//! | `session.gc_maxlifetime` | [`PhpSessions::gc_maxlifetime`] |
//! | `session.sid_length`, `session.sid_bits_per_character` | [`PhpSessions::sid_length`], [`PhpSessions::sid_bits_per_character`] |
//! | `serialize_precision` | [`PhpSessions::serialize_precision`] |
//! | `prefix=` in phpredis' `session.save_path`, `memcached.sess_prefix` | [`PhpSessions::key_prefix`] |
//!
//! Symfony keeps its sessions in the same way, with its attributes in an array of their own
//! ([`SymfonySession`]). Laravel has sessions of its own: `hardtack::laravel`.
//!
//! # Values
//!
//! | PHP | Rust |
//! | --- | --- |
//! | null | `None`, or [`Value::Nil`](crate::value::Value::Nil) |
//! | bool, int, float, string | `bool`, integers, `f64`, `String`; bytes that are not UTF-8 only as bytes |
//! | array | any sequence if its keys are integers, any map or struct; the empty array is both |
//! | object | any map or struct of its properties, under their plain names; [`PhpObject`](crate::value::PhpObject) |
//! | case of an enum | an enum's variant without content, or `String` |
//!
//! A value is read as far as the type asks for it: a struct may leave out the property that points
//! back to its owner. A [`Value`](crate::value::Value), which takes everything, cannot be read
//! where references go round in a circle.
//!
//! Values that Rust did not change go back byte for byte, and stay the same object or variable as
//! before for every value that refers to them. [`Session::insert`](crate::Session::insert) gives a
//! key a variable of its own: a PHP reference (`&`) to the old one keeps the old value. An object
//! that Rust inserts is a new object, even if it was read from the session.
//!
//! # Differences
//!
//! - PHP adopts an unknown id from outside unless `session.use_strict_mode` is on. hardtack never
//!   does: turn it on in PHP.
//! - Where PHP would lose a key or the whole session, writing is an error: a key with `|` under the
//!   handler `php`, a key of more than 127 bytes under `php_binary`, a new key that is an integer
//!   under both.
//! - PHP destroys a session that it cannot read. Here the request gets
//!   [`Error::UnreadableSession`](crate::Error::UnreadableSession), and the entry stays.
//! - A session of `php_serialize` that is no array, which PHP takes for `$_SESSION`, cannot be
//!   read.
//! - The formats of the extensions igbinary and msgpack are not read; the error names them.

mod php_sessions;
mod serialization;
mod symfony;

pub use crate::serializer::php::PhpHandler;
pub use php_sessions::PhpSessions;
pub use serialization::{serialize, unserialize};
pub use symfony::{SymfonyMeta, SymfonySession};
