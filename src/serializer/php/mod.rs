//! PHP's own serialization: `serialize()` and `unserialize()`, and the three ways in which its
//! session extension joins a session's values.
//!
//! It follows php-src (8.2 and 8.4): `ext/standard/var.c` writes,
//! `ext/standard/var_unserializer.re` reads, and `ext/session/session.c` has the handlers. Bytes
//! become a [`PhpDocument`], which finds where each value begins and ends. A value is read when it
//! is asked for, and copied if nobody changed it. No object is ever instantiated: a class is a
//! name.
//!
//! `R:` and `r:` point to a value by the number of its slot. The slots are counted through the
//! whole session, so that a copy gets the new number of each value that it points to. A value that
//! is no longer there is written at the first place that pointed to it.
//!
//! The work that a sender can cause is bounded: reading is one pass without recursion, to PHP's own
//! [`MAX_DEPTH`]; a claimed length reserves nothing; and what references expand to, when a value is
//! read, is limited by [`expansion_limit`].

mod array_key;
mod deserializer;
mod handler;
mod literals;
mod node_value;
mod nodes;
mod parser;
mod php_document;
mod php_dump;
mod php_float;
mod php_writer;
mod read_fault;
mod read_key;
mod slots;

pub use handler::PhpHandler;
pub(crate) use php_document::PhpDocument;
pub(crate) use php_dump::{PhpStyle, dump_entries, dump_single};

/// The depth to which arrays and objects may nest: the default of `unserialize_max_depth`.
pub(super) const MAX_DEPTH: usize = 4096;

/// Returns the number of values, and of 16 bytes of text each, that reading an input of this length
/// may follow. An array of two references to another such array doubles at every level.
pub(super) fn expansion_limit(input_length: usize) -> usize {
    input_length.max(4096).saturating_mul(3)
}
