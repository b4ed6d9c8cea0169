//! [`Measure`]: the depth and size of an object once its links are followed.

use super::document::Text;
use crate::serializer::value::MOST_ZEROS;

/// The bytes of text that weigh as much as one more node.
const TEXT: u32 = 16;
/// The depth and size of an object once its links are followed.
#[derive(Clone, Copy, Default)]
pub(super) struct Measure {
    /// The levels of objects inside; 0 for an object without parts.
    pub(super) height: u32,
    /// The number of nodes, and the weight of their texts and digits. A
    /// [`Value`](crate::value::Value) holds a copy of a name or a Symbol at each place, so a link
    /// to one weighs as much as the Symbol.
    pub(super) weight: u32,
}

impl Measure {
    pub(super) fn add(&mut self, part: Self) {
        self.height = self.height.max(part.height);
        self.weight = self.weight.saturating_add(part.weight);
    }

    pub(super) fn text(text: Text) -> Self {
        Self {
            height: 0,
            weight: text.len.div_ceil(TEXT),
        }
    }

    pub(super) fn symbol(text: Text) -> Self {
        let Self { height, weight } = Self::text(text);
        Self {
            height,
            weight: 1 + weight,
        }
    }

    /// Measures a Bignum. It becomes decimal digits in time that grows with the square of its
    /// length: a thousand digits weigh 50, ten thousand 2,400.
    pub(super) fn bignum(magnitude: Text) -> Self {
        let square = u64::from(magnitude.len).pow(2) / 8192;
        let mut measure = Self::text(magnitude);
        measure.weight = measure
            .weight
            .saturating_add(u32::try_from(square).unwrap_or(u32::MAX));
        measure
    }

    /// Measures a `BigDecimal`'s text: `18:0.1e300` is written out as 300 digits.
    pub(super) fn decimal(text: Text, bytes: &[u8]) -> Self {
        let mut measure = Self::text(text);
        if let Some(e) = bytes.iter().rposition(|byte| matches!(byte, b'e' | b'E')) {
            let exponent = bytes.get(e + 1..).map(std::str::from_utf8);
            let exponent = exponent.and_then(|text| text.ok()?.parse::<i32>().ok());
            let zeros = exponent
                .map_or(MOST_ZEROS, i32::unsigned_abs)
                .min(MOST_ZEROS);
            measure.weight = measure.weight.saturating_add(zeros.div_ceil(TEXT));
        }
        measure
    }

    pub(super) fn level(self) -> Self {
        Self {
            height: self.height + 1,
            ..self
        }
    }
}
