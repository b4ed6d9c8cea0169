//! Messages that Rails wrote, messages of an attacker, and properties of any message.

mod exhausting;
mod extensions;
mod kept_entries;
mod properties;
mod rails_vectors;
mod widths;
mod zones;

use super::super::{Format, LoadError, Serialized};

/// Checks that a message can be read, or its entries found.
fn check(message: &[u8]) -> Result<(), LoadError> {
    let bytes = message.to_vec();
    let format = Format::MessagePack;
    Serialized { bytes, format }.check()
}
