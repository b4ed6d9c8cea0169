//! The first byte of every MessagePack value.
//!
//! Source: the MessagePack specification, "Overview" of its formats
//! (<https://github.com/msgpack/msgpack/blob/master/spec.md>).

pub(super) const NIL: u8 = 0xc0;
// 0xc1 is never used.
pub(super) const FALSE: u8 = 0xc2;
pub(super) const TRUE: u8 = 0xc3;
pub(super) const BIN_8: u8 = 0xc4;
pub(super) const BIN_16: u8 = 0xc5;
pub(super) const BIN_32: u8 = 0xc6;
pub(super) const EXT_8: u8 = 0xc7;
pub(super) const EXT_16: u8 = 0xc8;
pub(super) const EXT_32: u8 = 0xc9;
pub(super) const FLOAT_32: u8 = 0xca;
pub(super) const FLOAT_64: u8 = 0xcb;
pub(super) const UINT_8: u8 = 0xcc;
pub(super) const UINT_16: u8 = 0xcd;
pub(super) const UINT_32: u8 = 0xce;
pub(super) const UINT_64: u8 = 0xcf;
pub(super) const INT_8: u8 = 0xd0;
pub(super) const INT_16: u8 = 0xd1;
pub(super) const INT_32: u8 = 0xd2;
pub(super) const INT_64: u8 = 0xd3;
pub(super) const FIXEXT_1: u8 = 0xd4;
pub(super) const FIXEXT_2: u8 = 0xd5;
pub(super) const FIXEXT_4: u8 = 0xd6;
pub(super) const FIXEXT_8: u8 = 0xd7;
pub(super) const FIXEXT_16: u8 = 0xd8;
pub(super) const STR_8: u8 = 0xd9;
pub(super) const STR_16: u8 = 0xda;
pub(super) const STR_32: u8 = 0xdb;
pub(super) const ARRAY_16: u8 = 0xdc;
pub(super) const ARRAY_32: u8 = 0xdd;
pub(super) const MAP_16: u8 = 0xde;
pub(super) const MAP_32: u8 = 0xdf;

// The first bytes of the families that keep a small number in the marker itself. Markers between
// two of them belong to the lower one; the last family, negative fixint, extends to 0xff.
pub(super) const FIXMAP: u8 = 0x80;
pub(super) const FIXARRAY: u8 = 0x90;
pub(super) const FIXSTR: u8 = 0xa0;

/// The first bytes of every message: 128, as the gem writes it.
pub(crate) const SIGNATURE: [u8; 2] = [UINT_8, 128];

/// Ruby's name of the encoding whose Strings are `bin`; all others are `str`.
pub(super) const BINARY: &str = "ASCII-8BIT";
