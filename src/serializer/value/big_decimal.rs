//! The text of a `BigDecimal`, as `_dump` writes it and `_load` reads it.
//!
//! `BigDecimal#_dump` and `._load` of Ruby's bigdecimal gem 3.1 use the form `18:0.123456e3`. The
//! number before the colon only tells how many digits Ruby sets aside.

/// The number of decimal digits in a word of `BigDecimal`.
#[cfg(any(feature = "marshal", feature = "message_pack"))]
const WORD_DIGITS: usize = 9;

/// A number's parts, with no limit on their size.
pub(super) struct Decimal<'a> {
    pub(super) negative: bool,
    pub(super) whole: &'a str,
    pub(super) fraction: &'a str,
    /// The exponent with its sign, if it has one.
    pub(super) exponent: &'a str,
}

impl<'a> Decimal<'a> {
    /// Splits a number. `_dump` writes `0.123456e3`; `_load` takes other decimal notations as well.
    /// `None` for NaN, the infinities and text that is not a number.
    pub(super) fn of(text: &'a str) -> Option<Self> {
        let number = unsigned(text);
        let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
        let (whole, fraction) = match mantissa.split_once('.') {
            // Ruby: invalid value for BigDecimal(): "1."
            Some((_, "")) => return None,
            Some(parts) => parts,
            None => (mantissa, ""),
        };
        let valid = is_digits(whole)
            && (fraction.is_empty() || is_digits(fraction))
            && is_digits(unsigned(exponent));
        valid.then_some(Self {
            negative: text.starts_with('-'),
            whole,
            fraction,
            exponent,
        })
    }
}

/// Returns the number in the text that `_dump` wrote.
#[cfg(any(feature = "marshal", feature = "message_pack"))]
pub(crate) fn parse(dumped: &str) -> Option<&str> {
    let (digits, number) = dumped.split_once(':')?;
    (is_digits(digits) && (is_special(number) || Decimal::of(number).is_some())).then_some(number)
}

/// Returns the text that `_dump` writes, or `None` if `number` is not a number.
///
/// The text is that of a number that Ruby has loaded: it sets aside a word more than the digits
/// take, for any exponent (`18:0.1e1000000000`). Ruby may write a larger count for a number that
/// was calculated, or read with all its zeros.
#[cfg(any(feature = "marshal", feature = "message_pack"))]
pub(crate) fn dump_text(number: &str) -> Option<String> {
    let digits = if is_special(number) {
        0
    } else {
        let decimal = Decimal::of(number)?;
        // The 0 of "0." is notation, not a digit.
        let notation = decimal.whole == "0" && !decimal.fraction.is_empty();
        decimal.whole.len() + decimal.fraction.len() - usize::from(notation)
    };
    let words = digits.div_ceil(WORD_DIGITS) + 1;
    Some(format!("{}:{number}", words * WORD_DIGITS))
}

#[cfg(any(feature = "marshal", feature = "message_pack"))]
fn is_special(number: &str) -> bool {
    number == "NaN" || unsigned(number) == "Infinity"
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
