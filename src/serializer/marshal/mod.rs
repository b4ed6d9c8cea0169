//! Ruby's Marshal format 4.8: what Rails wrote into cookies by default up to 6.1.
//!
//! After Ruby's `marshal.c` (3.1.2, functions `w_object` and `r_object0`) and its
//! `doc/marshal.rdoc`. Bytes become a [`Document`], in which objects that Ruby shared are shared;
//! entries of it become a [`Value`] when somebody looks at them. Nothing is ever instantiated:
//! a class is a name.
//!
//! What a sender can make a reader do is bounded: nesting, also through links, by [`MAX_DEPTH`];
//! a `Document`'s memory by a small multiple of the input; what its links expand to by
//! [`expansion_limit`]. A cycle of links is an error.
//!
//! [`Value`]: crate::Value

mod address;
mod cursor;
mod document;
mod dump;
mod from_document;
mod from_known_class;
mod from_value;
mod known_class;
mod measure;
mod number;
mod packed_time;
mod reader;
mod symbols;
#[cfg(test)]
mod tests;
mod time;
mod to_value;
mod writer;

pub(crate) use document::{Document, Entry};
pub(crate) use dump::{Key, Part, dump_root, dump_value};

/// How deep objects may nest: a hundred containers, and the instance variables of a String (its
/// encoding) in the innermost one.
pub(super) const MAX_DEPTH: usize = 101;

/// How many nodes an input of this length may expand to once its links are followed.
///
/// `[x, x]`, nested, doubles at every level; real sessions share a few Strings.
pub(super) fn expansion_limit(input_length: usize) -> usize {
    input_length.saturating_mul(16).max(1024)
}

/// Version 4.8, which has been the format's only one since Ruby 1.8.
pub(super) const VERSION: [u8; 2] = [4, 8];
