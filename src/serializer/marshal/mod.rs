//! Ruby's Marshal format 4.8, which Rails wrote into cookies by default up to 6.1.
//!
//! It follows Ruby's `marshal.c` (3.1.2, functions `w_object` and `r_object0`) and its
//! `doc/marshal.rdoc`. Bytes become a [`Document`], in which objects that Ruby shared are shared;
//! an entry of it becomes a [`Value`] when it is read. No Ruby object is ever instantiated: a class
//! is a name.
//!
//! The work that a sender can cause is bounded: nesting, also through links, by [`MAX_DEPTH`]; a
//! `Document`'s memory by a small multiple of the input; its size once links to objects and to
//! Symbols are followed, by [`expansion_limit`]. A cycle of links is an error, except for the one
//! that Rails 3 itself wrote (`flash.now`).
//!
//! [`Value`]: crate::value::Value

mod address;
mod bignum;
mod cursor;
mod document;
mod dump;
#[cfg(feature = "rails-stores")]
mod entry_object;
mod from_document;
mod from_known_class;
mod from_value;
mod into_value;
mod key_text;
mod known_class;
mod links;
mod measure;
mod packed_time;
mod reader;
mod regexp;
mod ruby_time;
mod scalars;
#[cfg(feature = "rails-app")]
mod string;
mod symbols;
#[cfg(test)]
mod tests;
mod writer;

pub(crate) use document::{Document, Entry};
pub(crate) use dump::{dump_root, dump_value};
#[cfg(feature = "rails-stores")]
pub(crate) use entry_object::{EntryContent, dump_binary, dump_entry_object, dump_packed_entry};
#[cfg(feature = "rails-app")]
pub(crate) use string::one_string;

/// The depth to which objects may nest: a hundred containers, and the instance variables of a
/// String (its encoding) in the innermost one.
pub(super) const MAX_DEPTH: usize = 101;

/// Returns the weight ([`measure::Measure`]) that an input of this length may have once its links
/// are followed.
///
/// `[x, x]`, nested, doubles at every level. Without links nothing weighs more than its bytes,
/// except a few long numbers; real sessions share Strings and the names of keys. Any input may
/// weigh as much as a cookie of 4 KiB may, which is little enough. A weight of 1 is about a
/// [`Value`] of 56 bytes, or 16 bytes of text: 16 KiB of input become 3 MiB at most.
///
/// [`Value`]: crate::value::Value
pub(super) fn expansion_limit(input_length: usize) -> usize {
    input_length.max(4096).saturating_mul(3)
}

/// Version 4.8, the only version of the format since Ruby 1.8.
pub(super) const VERSION: [u8; 2] = [4, 8];
