//! Times and dates: `Time`, `ActiveSupport::TimeWithZone`, `Date` and `DateTime`.

use num_bigint::{BigInt, Sign};

use super::document::{Document, Kind, NodeId};
use super::packed_time::Packed;
use super::scalars::{small, text, whole};
use super::writer::{BINARY, Writer};
use crate::serializer::DumpError;
use crate::serializer::value::{RubyTime, Value};

/// `Date::ITALY`, the day of the calendar's reform, which Ruby writes with every Date.
const REFORM: &str = "2299161";
/// The Julian day of 1970-01-01.
const EPOCH: i64 = 2_440_588;
/// The seconds of a day.
const DAY: i64 = 86_400;
/// The number of days in the first of the periods in which Ruby counts Dates.
const PERIOD: i64 = 213_447_717;

/// Reads a `Time`, with the parts in its ivars.
pub(super) fn time(document: &Document, id: NodeId) -> Option<RubyTime> {
    let Kind::UserDump { class, bytes } = document.kind(id) else {
        return None;
    };
    let extra = document.extra(id);
    if document.symbol_bytes(class) != b"Time" || extra.is_some_and(|extra| extra.wrappers.len > 0)
    {
        return None;
    }
    let packed = Packed::unpack(document.text(bytes))?;
    let mut time = RubyTime::at(packed.seconds, packed.microseconds * 1000, 0, packed.utc);
    let (mut numerator, mut denominator, mut submicro) = (None, 1, 0);
    for (name, value) in extra
        .and_then(|extra| extra.ivars)
        .into_iter()
        .flat_map(|span| document.pairs(span))
    {
        match document.symbol_bytes(name) {
            b"offset" => time.utc_offset = i32::try_from(small(document, value)?).ok()?,
            b"zone" if value == NodeId::NIL => {}
            b"zone" => time.zone = Some(text(document, value)?),
            b"nano_num" => numerator = Some(small(document, value)?),
            b"nano_den" => {
                denominator = small(document, value).filter(|&denominator| denominator > 0)?;
            }
            b"submicro" => submicro = binary_coded(document, value)?,
            // Any other variable belongs to the app; the time is the same.
            _ => {}
        }
    }
    // If they differ, Ruby follows the flag (`time_mload`).
    if time.utc {
        time.utc_offset = 0;
    }
    let below = numerator.map_or(Some(submicro), |numerator| {
        u32::try_from(numerator / denominator).ok()
    })?;
    time.nanoseconds += Some(below).filter(|&below| below < 1000)?;
    Some(time)
}

/// Reads Ruby 1.9.1's nanoseconds: three decimal digits, four bits each.
fn binary_coded(document: &Document, id: NodeId) -> Option<u32> {
    let Kind::String(text) = document.kind(id) else {
        return None;
    };
    let bytes = document.text(text);
    let (high, low) = (*bytes.first()?, bytes.get(1).copied().unwrap_or(0));
    Some(u32::from(high >> 4) * 100 + u32::from(high & 15) * 10 + u32::from(low >> 4))
}

pub(super) fn time_with_zone(
    document: &Document,
    utc: NodeId,
    zone: NodeId,
    local: NodeId,
) -> Option<Value> {
    let (utc, local) = (time(document, utc)?, time(document, local)?);
    let zone = text(document, zone)?;
    let utc_offset = i32::try_from(local.seconds - utc.seconds).ok()?;
    let is_utc = matches!(RubyTime::fixed_offset(&zone), Some((_, true)));
    Some(Value::Time(RubyTime {
        utc_offset,
        utc: is_utc,
        zone: Some(zone),
        with_zone: true,
        ..utc
    }))
}

/// Reads a `Date`: its Julian day.
pub(super) fn date(document: &Document, fields: &[NodeId]) -> Option<Value> {
    match date_time(document, fields)? {
        RubyTime {
            seconds,
            nanoseconds: 0,
            utc_offset: 0,
            ..
        } if seconds % DAY == 0 => Some(Value::Date(seconds / DAY + EPOCH)),
        _ => None,
    }
}

/// Reads the parts of `Date#marshal_dump`: period, Julian day, second, nanosecond, offset, day of
/// the calendar's reform.
pub(super) fn date_time(document: &Document, fields: &[NodeId]) -> Option<RubyTime> {
    let [period, day, second, nanosecond, offset, _reform] = fields else {
        return None;
    };
    // The days of other periods are counted from their own start.
    if small(document, *period)? != 0 {
        return None;
    }
    let day = small(document, *day).filter(|day| (0..PERIOD).contains(day))?;
    let second = small(document, *second).filter(|second| (0..DAY).contains(second))?;
    let nanoseconds = floor(document, *nanosecond)?;
    let utc_offset = i32::try_from(small(document, *offset)?).ok()?;
    let seconds = (day - EPOCH) * DAY + second;
    let time = RubyTime::at(seconds, nanoseconds, utc_offset, false);
    (nanoseconds < 1_000_000_000).then_some(time)
}

/// Reads a number of nanoseconds: an Integer, or a Rational if there is a fraction of one.
fn floor(document: &Document, id: NodeId) -> Option<u32> {
    let whole = |id| match whole(document, id)? {
        Value::Integer(number) => Some(BigInt::from(number)),
        Value::BigInteger(number) => Some(number.0),
        _ => None,
    };
    let Kind::UserMarshal { class, content } = document.kind(id) else {
        return u32::try_from(whole(id)?).ok();
    };
    let Kind::Array(span) = document.kind(content) else {
        return None;
    };
    let [numerator, denominator] = document.parts(span) else {
        return None;
    };
    let (numerator, denominator) = (whole(*numerator)?, whole(*denominator)?);
    // Truncation towards zero rounds down, since neither term is negative.
    let valid = document.symbol_bytes(class) == b"Rational"
        && numerator.sign() != Sign::Minus
        && denominator.sign() == Sign::Plus;
    valid.then(|| u32::try_from(numerator / denominator).ok())?
}

impl<'a> Writer<'a> {
    pub(super) fn time(&mut self, time: &'a RubyTime) {
        if time.utc {
            return self.utc_time(time.seconds, time.nanoseconds);
        }
        self.packed_time(time.seconds, time.nanoseconds, false, 2);
        self.symbol("offset");
        self.integer(i64::from(time.utc_offset));
        self.symbol("zone");
        match &time.zone {
            Some(zone) if zone.is_ascii() => self.interned(b'I', zone),
            Some(zone) => self.string(zone.as_bytes(), "UTF-8", &[]),
            None => self.byte(b'0'),
        }
        self.count_object();
    }

    fn utc_time(&mut self, seconds: i64, nanoseconds: u32) {
        self.packed_time(seconds, nanoseconds, true, 1);
        self.symbol("zone");
        self.interned(b'I', "UTC");
        self.count_object();
    }

    /// Writes all parts but the ivars for offset and zone, of which there are `others`.
    fn packed_time(&mut self, seconds: i64, nanoseconds: u32, utc: bool, others: usize) {
        let below = nanoseconds % 1000;
        self.byte(b'I');
        self.byte(b'u');
        self.symbol("Time");
        // More than a second would spill into the seconds.
        let microseconds = (nanoseconds / 1000).min(999_999);
        self.text(
            &Packed {
                seconds,
                microseconds,
                utc,
            }
            .pack(),
        );
        self.length(if below == 0 { 0 } else { 3 } + others);
        if below != 0 {
            self.symbol("nano_num");
            self.integer(i64::from(below));
            self.symbol("nano_den");
            self.integer(1);
            self.submicro(below);
        }
    }

    /// Writes nanoseconds for Ruby 1.9.1: three decimal digits, four bits each.
    fn submicro(&mut self, below: u32) {
        self.symbol("submicro");
        let digit = |divisor: u32| u8::try_from(below / divisor % 10).unwrap_or(0);
        let bytes = [digit(100) << 4 | digit(10), digit(1) << 4];
        let length = if bytes[1] == 0 { 1 } else { 2 };
        self.string(bytes.get(..length).unwrap_or_default(), BINARY, &[]);
    }

    /// Writes the time in UTC, the zone's name, and the local time as though it were UTC.
    pub(super) fn time_with_zone(&mut self, time: &'a RubyTime) -> Result<(), DumpError> {
        let Some(zone) = &time.zone else {
            return Err(DumpError(
                "an ActiveSupport::TimeWithZone without its zone's name".to_owned(),
            ));
        };
        self.user_marshal("ActiveSupport::TimeWithZone");
        self.array(3);
        self.utc_time(time.seconds, time.nanoseconds);
        self.string(zone.as_bytes(), "UTF-8", &[]);
        self.utc_time(
            time.seconds.saturating_add(i64::from(time.utc_offset)),
            time.nanoseconds,
        );
        Ok(())
    }

    pub(super) fn date(&mut self, day: i64) -> Result<(), DumpError> {
        self.civil("Date", day, [0, 0, 0])
    }

    pub(super) fn date_time(&mut self, time: &RubyTime) -> Result<(), DumpError> {
        let day = time.seconds.div_euclid(DAY).saturating_add(EPOCH);
        let second = time.seconds.rem_euclid(DAY);
        self.civil(
            "DateTime",
            day,
            [
                second,
                i64::from(time.nanoseconds),
                i64::from(time.utc_offset),
            ],
        )
    }

    fn civil(&mut self, class: &'static str, day: i64, fields: [i64; 3]) -> Result<(), DumpError> {
        if !(0..PERIOD).contains(&day) {
            return Err(DumpError(format!(
                "a {class} before 4713 BC or after half a million years"
            )));
        }
        self.user_marshal(class);
        self.array(6);
        self.integer(0);
        self.integer(day);
        for field in fields {
            self.integer(field);
        }
        self.float(REFORM);
        Ok(())
    }
}
