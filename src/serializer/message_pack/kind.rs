//! The numbers of Ruby's types among MessagePack's extensions.
//!
//! Source: `active_support/message_pack/extensions.rb`, Rails 7.1 (0 to 17) and 8.1 (18).

pub(super) const SYMBOL: i8 = 0;
pub(super) const BIG_INTEGER: i8 = 1;
pub(super) const BIG_DECIMAL: i8 = 2;
pub(super) const RATIONAL: i8 = 3;
pub(super) const COMPLEX: i8 = 4;
pub(super) const DATE_TIME: i8 = 5;
pub(super) const DATE: i8 = 6;
pub(super) const TIME: i8 = 7;
pub(super) const TIME_WITH_ZONE: i8 = 8;
pub(super) const TIME_ZONE: i8 = 9;
pub(super) const DURATION: i8 = 10;
pub(super) const RANGE: i8 = 11;
pub(super) const SET: i8 = 12;
pub(super) const URI: i8 = 13;
pub(super) const IP_ADDR: i8 = 14;
pub(super) const PATHNAME: i8 = 15;
pub(super) const REGEXP: i8 = 16;
pub(super) const INDIFFERENT_HASH: i8 = 17;
pub(super) const SAFE_BUFFER: i8 = 18;
/// Registered by Rails for `Object`, so that reading and writing it raises.
pub(super) const RESERVED: i8 = 127;
