//! zlib with a limit: a few bytes may stand for a gigabyte.

use std::io::{Read, Write};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

/// The maximum length of a compressed value, in bytes before compression.
const LONGEST: usize = 1 << 20;

/// Checks whether bytes begin as zlib does (RFC 1950, section 2.2): deflate with a window of 32
/// KiB, which is the only one that Ruby writes.
pub(super) fn is_zlib(bytes: &[u8]) -> bool {
    match bytes {
        [method @ 0x78, flags, ..] => u16::from_be_bytes([*method, *flags]).is_multiple_of(31),
        _ => false,
    }
}

/// Returns the inflated bytes; `None` if they are not zlib, or more than 1 MiB.
pub(super) fn inflate(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut inflated = Vec::new();
    let mut limited = ZlibDecoder::new(bytes).take(LONGEST as u64 + 1);
    limited.read_to_end(&mut inflated).ok()?;
    (inflated.len() <= LONGEST).then_some(inflated)
}

/// When a value is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    Never,
    /// If it has at least this many bytes, and gets shorter.
    From(usize),
    /// As it was before: another compressor may have made it shorter.
    Always,
}

/// Returns the compressed bytes; `None` if they are not to be compressed, or [`inflate`] would
/// refuse them.
pub(super) fn deflate(bytes: &[u8], when: When) -> Option<Vec<u8>> {
    let is_due = match when {
        When::Never => false,
        When::From(least) => bytes.len() >= least,
        When::Always => true,
    };
    if !is_due || bytes.len() > LONGEST {
        return None;
    }
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).ok()?;
    let compressed = encoder.finish().ok()?;
    (when == When::Always || compressed.len() < bytes.len()).then_some(compressed)
}
