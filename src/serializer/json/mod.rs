//! JSON as Rails writes it (`ActiveSupport::JSON`), and JSON read without loss: as an index of a
//! map's entries, or into a `Value`.

mod escape;
pub(crate) mod exact;
pub(crate) mod index_entry;
mod numbers;
pub(crate) mod quoted;
pub(crate) mod read;
mod scan;
mod serializer;
pub(crate) mod splice;
#[cfg(test)]
mod tests;
#[cfg(any(feature = "marshal", feature = "message_pack", feature = "php"))]
pub(crate) mod transcode;
pub(crate) mod write;
