//! The envelope around a cookie's value: its purpose and its expiry
//! (`ActiveSupport::Messages::Metadata`; for cookies always this JSON, whatever the serializer).
//!
//! `{"_rails":{"message":"<base64 of the value>","exp":null,"pur":"cookie.<name>"}}`

use std::borrow::Cow;
use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::format_description::well_known::Iso8601;

use crate::error::{Error, Refusal};
use crate::serializer::json::write::{JsonStyle, string};
use crate::settings::EnvelopeReading;

use super::base64;

/// What stands before a message that is text, and before any.
const BEGINNING: &[u8; 22] = br#"{"_rails":{"message":""#;
const PREFIX: &[u8] = BEGINNING.split_at(BEGINNING.len() - 1).0;
const EXP: &[u8] = br#","exp":"#;
const PUR: &[u8] = br#","pur":"#;
const END: &[u8] = b"}}";

/// What most envelopes have between value and purpose.
const NO_EXPIRY: &[u8] = br#"","exp":null,"pur":""#;

/// What stands around a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata<'a> {
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) purpose: Option<Purpose<'a>>,
}

/// What a value is sealed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// The cookie of this name: `cookie.<name>`.
    Cookie(&'a str),
    /// What an app calls so.
    Of(&'a str),
}

impl<'a> Purpose<'a> {
    /// The text that it is, in two parts.
    pub(crate) fn parts(self) -> [&'a str; 2] {
        match self {
            Self::Cookie(name) => ["cookie.", name],
            Self::Of(purpose) => ["", purpose],
        }
    }

    /// Whether an envelope's `pur` names this purpose.
    fn is(self, text: &str) -> bool {
        let [kind, name] = self.parts();
        text.strip_prefix(kind) == Some(name)
    }

    /// The value in an envelope that is written as most are: without expiry, for this purpose. Its
    /// beginning and its end are compared; what lies between must be strict base64, so that no
    /// other field, escape or quote can be in it. `None` may be another envelope, or none.
    fn usual_value(self, text: &[u8]) -> Option<Vec<u8>> {
        let message = text.strip_prefix(BEGINNING)?.strip_suffix(b"\"}}")?;
        let [kind, name] = self.parts().map(str::as_bytes);
        let message = message.strip_suffix(name)?.strip_suffix(kind)?;
        let message = message.strip_suffix(NO_EXPIRY)?;
        // A purpose with these bytes stands in JSON with escapes; an empty one counts as none.
        let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
        if name.is_empty() || !name.iter().all(is_plain) {
            return None;
        }
        base64::decode(message)
    }
}

/// A value out of its envelope, if it had one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Extracted {
    pub(crate) value: Vec<u8>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) sealed_for: SealedFor,
}

/// What a value was sealed for. One that was sealed for another purpose is refused; one without
/// any is let through here, since Rails wrote none in cookies before 6.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealedFor {
    /// No envelope.
    Bare,
    /// An envelope without a purpose.
    Anything,
    /// An envelope with the purpose that is asked for.
    ThisPurpose,
}

/// Puts a value into an envelope, in place of what was in the text's buffer; without expiry and
/// purpose it stays bare. A value that would then be taken for an envelope is refused: whoever
/// chose it could have chosen its purpose.
pub(crate) fn wrap(
    text: &mut Vec<u8>,
    value: &[u8],
    metadata: Metadata<'_>,
    reading: EnvelopeReading,
) -> Result<(), Error> {
    let style = JsonStyle::default();
    let Metadata {
        expires_at,
        purpose,
    } = metadata;
    if expires_at.is_none() && purpose.is_none() {
        return match Fields::parse(value, reading) {
            Ok(None) => {
                text.clear();
                text.extend_from_slice(value);
                Ok(())
            }
            Ok(Some(_)) | Err(_) => Err(Error::UnwritableValue {
                reason: "it would be read as an envelope around another value".to_owned(),
            }),
        };
    }
    let purpose_len: usize =
        purpose.map_or(0, |purpose| purpose.parts().map(str::len).iter().sum());
    let length = base64::encoded_len(value.len()) + purpose_len + 112;
    text.reserve(length.saturating_sub(text.len()));
    base64::encode_over(text, BEGINNING.len(), value);
    if let Some(beginning) = text.first_chunk_mut() {
        *beginning = *BEGINNING;
    }
    text.push(b'"');
    text.extend_from_slice(EXP);
    match expires_at {
        Some(at) => string(text, [&iso8601(at)?], style),
        None => text.extend_from_slice(b"null"),
    }
    text.extend_from_slice(PUR);
    match purpose {
        Some(purpose) => string(text, purpose.parts(), style),
        None => text.extend_from_slice(b"null"),
    }
    text.extend_from_slice(END);
    Ok(())
}

/// Takes a value out of its envelope, if it has one that is meant for this purpose and fresh. A
/// message without any purpose is let through, since Rails wrote none in cookies before 6.0.
///
/// Expiry is checked before the purpose, as in Rails 7.1.
pub(crate) fn extract(
    text: &[u8],
    purpose: Purpose<'_>,
    reading: EnvelopeReading,
    now: impl FnOnce() -> OffsetDateTime,
) -> Result<Extracted, Refusal> {
    if let Some(value) = purpose.usual_value(text) {
        return Ok(Extracted {
            value,
            expires_at: None,
            sealed_for: SealedFor::ThisPurpose,
        });
    }
    let Some(envelope) = Fields::parse(text, reading)? else {
        return Ok(Extracted {
            value: text.to_vec(),
            expires_at: None,
            sealed_for: SealedFor::Bare,
        });
    };
    let expires_at = fresh(envelope.exp.as_deref(), now)?;
    let sealed_for = envelope.pur.as_deref().unwrap_or_default();
    if !sealed_for.is_empty() && !purpose.is(sealed_for) {
        return Err(Refusal::WrongPurpose);
    }
    let value = base64::decode(envelope.message.as_bytes()).ok_or(Refusal::UnreadableValue)?;
    Ok(Extracted {
        value,
        expires_at,
        sealed_for: if sealed_for.is_empty() {
            SealedFor::Anything
        } else {
            SealedFor::ThisPurpose
        },
    })
}

/// What an envelope says, before anything is asked of it: for whoever wants to know why a message
/// is refused.
#[cfg(feature = "doctor")]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) value: Vec<u8>,
    pub(crate) has_envelope: bool,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) purpose: Option<String>,
}

/// Takes a value out of its envelope, if it has one in any version's form.
#[cfg(feature = "doctor")]
pub(crate) fn said(text: &[u8]) -> Result<Said, Refusal> {
    let Some(envelope) = Fields::parse(text, EnvelopeReading::AnyObject)? else {
        return Ok(Said {
            value: text.to_vec(),
            has_envelope: false,
            expires_at: None,
            purpose: None,
        });
    };
    let expires_at = match envelope.exp.as_deref() {
        Some(exp) => Some(parse_iso8601(exp).ok_or(Refusal::UnreadableValue)?),
        None => None,
    };
    let purpose = envelope.pur.filter(|purpose| !purpose.is_empty());
    Ok(Said {
        value: base64::decode(envelope.message.as_bytes()).ok_or(Refusal::UnreadableValue)?,
        has_envelope: true,
        expires_at,
        purpose: purpose.map(Cow::into_owned),
    })
}

/// The expiry of an envelope, unless it has passed.
pub(crate) fn fresh(
    exp: Option<&str>,
    now: impl FnOnce() -> OffsetDateTime,
) -> Result<Option<OffsetDateTime>, Refusal> {
    let Some(exp) = exp else { return Ok(None) };
    let expires_at = parse_iso8601(exp).ok_or(Refusal::UnreadableValue)?;
    if now() >= expires_at {
        return Err(Refusal::Expired);
    }
    Ok(Some(expires_at))
}

/// An envelope's fields. Fields that Rails does not write are passed over.
#[derive(Debug, Deserialize, PartialEq, Eq)]
struct Fields<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow, default)]
    exp: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pur: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    /// `None` where the text is a bare value.
    fn parse(text: &'a [u8], reading: EnvelopeReading) -> Result<Option<Self>, Refusal> {
        if text.starts_with(PREFIX) {
            return match Self::known_shape(text) {
                Some(envelope) => Ok(Some(envelope)),
                None => Self::any_shape(text)
                    .ok_or(Refusal::UnreadableValue)
                    .map(Some),
            };
        }
        Ok(match reading {
            EnvelopeReading::ExactPrefix => None,
            EnvelopeReading::AnyObject => Self::any_shape(text),
        })
    }

    /// The shape that Rails itself writes, letter by letter, without a general parser.
    fn known_shape(text: &'a [u8]) -> Option<Self> {
        let rest = text.strip_prefix(PREFIX)?;
        let (message, rest) = nullable_string(rest)?;
        let (exp, rest) = nullable_string(rest.strip_prefix(EXP)?)?;
        let (pur, rest) = nullable_string(rest.strip_prefix(PUR)?)?;
        (rest == END).then_some(Self {
            message: message?,
            exp,
            pur,
        })
    }

    /// Any JSON object with a key `_rails` whose value is an object. (To serde an Array would be a
    /// struct as well.)
    fn any_shape(text: &'a [u8]) -> Option<Self> {
        memchr::memmem::find(text, b"_rails")?;
        let outer: HashMap<Cow<'a, str>, &'a RawValue> = serde_json::from_slice(text).ok()?;
        let envelope = outer.get("_rails")?.get();
        envelope
            .starts_with('{')
            .then(|| serde_json::from_str(envelope).ok())?
    }
}

/// `null`, or a string without escapes; and what follows it.
fn nullable_string(text: &[u8]) -> Option<(Option<Cow<'_, str>>, &[u8])> {
    if let Some(rest) = text.strip_prefix(b"null") {
        return Some((None, rest));
    }
    let text = text.strip_prefix(b"\"")?;
    let (string, rest) = text.split_at_checked(memchr::memchr2(b'"', b'\\', text)?)?;
    // In JSON a control character is always escaped.
    let control = |found, byte: &u8| found | u8::from(*byte < 0x20);
    let has_control = string.iter().fold(0, control) != 0;
    let string = std::str::from_utf8(string).ok().filter(|_| !has_control)?;
    Some((Some(Cow::Borrowed(string)), rest.strip_prefix(b"\"")?))
}

/// As Rails writes it: `Time#utc.iso8601(3)`, the rest of the second cut off.
pub(crate) fn iso8601(at: OffsetDateTime) -> Result<String, Error> {
    let utc = at
        .checked_to_offset(time::UtcOffset::UTC)
        .filter(|utc| (0..=9999).contains(&utc.year()))
        .ok_or(Error::ExpiryOutOfRange)?;
    let (year, month, day) = utc.to_calendar_date();
    let (hour, minute, second, millisecond) = utc.to_hms_milli();
    let month = u8::from(month);
    Ok(format!(
        "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
    ))
}

/// `Time.iso8601`: date, time and offset.
fn parse_iso8601(text: &str) -> Option<OffsetDateTime> {
    // Ruby takes `t` and `z` for `T` and `Z`.
    OffsetDateTime::parse(&text.to_ascii_uppercase(), &Iso8601::PARSING).ok()
}
