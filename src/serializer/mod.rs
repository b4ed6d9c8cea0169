//! The values of a session, and the formats in which Rails and PHP write them.

mod deserialize;
mod dump_error;
mod dump_style;
pub(crate) mod entries;
#[cfg(test)]
mod entries_tests;
mod format;
pub(crate) mod json;
mod load_error;
#[cfg(feature = "marshal")]
pub(crate) mod marshal;
#[cfg(feature = "message_pack")]
pub(crate) mod message_pack;
mod part;
#[cfg(feature = "php")]
pub(crate) mod php;
mod serialized;
mod shapes;
mod span;
#[cfg(test)]
mod tests;
mod to_value;
mod unfit;
pub(crate) mod value;

pub(crate) use dump_error::{DumpError, NO_TEXT};
pub(crate) use dump_style::DumpStyle;
pub(crate) use format::Format;
pub(crate) use load_error::{LoadError, text};
pub(crate) use part::{Key, NewValue, Part, Untouched};
pub use serialized::Serialized;
pub(crate) use span::Span;
pub(crate) use to_value::to_value;
pub(crate) use unfit::{Unfit, unexpected};
