//! The envelope around a cookie's value, with its purpose and its expiry
//! (`ActiveSupport::Messages::Metadata`; in cookies always this JSON, for every serializer).
//!
//! `{"_rails":{"message":"<base64 of the value>","exp":null,"pur":"cookie.<name>"}}`

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::error::{Error, Refusal};
use crate::serializer::json::write::{JsonStyle, string};
use crate::settings::EnvelopeReading;

use super::base64;
use super::envelope_fields::EnvelopeFields;
use super::expiry::{fresh, iso8601};

/// The start of an envelope whose message is a text; [`PREFIX`] is the start of any envelope.
const BEGINNING: &[u8; 22] = br#"{"_rails":{"message":""#;
const PREFIX: &[u8] = BEGINNING.split_at(BEGINNING.len() - 1).0;
const EXP: &[u8] = br#","exp":"#;
const PUR: &[u8] = br#","pur":"#;
const END: &[u8] = b"}}";

/// The text between value and purpose in most envelopes.
const NO_EXPIRY: &[u8] = br#"","exp":null,"pur":""#;

/// The metadata of an envelope: its expiry and its purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Metadata<'a> {
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) purpose: Option<Purpose<'a>>,
}

/// The purpose that a value is sealed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose<'a> {
    /// The cookie with this name: `cookie.<name>`.
    Cookie(&'a str),
    /// A purpose that the app has named.
    Of(&'a str),
}

impl<'a> Purpose<'a> {
    /// Returns the purpose's text, in two parts.
    pub(crate) fn parts(self) -> [&'a str; 2] {
        match self {
            Self::Cookie(name) => ["cookie.", name],
            Self::Of(purpose) => ["", purpose],
        }
    }

    /// Checks that an envelope's `pur` names this purpose.
    fn is(self, text: &str) -> bool {
        let [kind, name] = self.parts();
        text.strip_prefix(kind) == Some(name)
    }

    /// Returns the value in an envelope of the usual form: without expiry, for this purpose.
    /// Compares the start and the end of the envelope. The text between must be strict base64, so
    /// that it cannot contain another field, an escape or a quote. `None` may mean another
    /// envelope, or no envelope.
    fn usual_value(self, text: &[u8]) -> Option<Vec<u8>> {
        let message = text.strip_prefix(BEGINNING)?.strip_suffix(b"\"}}")?;
        let [kind, name] = self.parts().map(str::as_bytes);
        let message = message.strip_suffix(name)?.strip_suffix(kind)?;
        let message = message.strip_suffix(NO_EXPIRY)?;
        // A purpose with these bytes is escaped in JSON; an empty one counts as no purpose.
        let is_plain = |byte: &u8| !matches!(byte, b'"' | b'\\' | 0..0x20);
        if name.is_empty() || !name.iter().all(is_plain) {
            return None;
        }
        base64::decode(message)
    }
}

/// A value extracted from its envelope, or a bare value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Extracted {
    pub(crate) value: Vec<u8>,
    pub(crate) expires_at: Option<OffsetDateTime>,
    pub(crate) sealed_for: SealedFor,
}

/// The purpose found on a value. A value sealed for another purpose is refused. A value without a
/// purpose is let through here, since Rails wrote no purpose in cookies before 6.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SealedFor {
    /// No envelope.
    Bare,
    /// An envelope without a purpose.
    Anything,
    /// An envelope with the purpose that was asked for.
    ThisPurpose,
}

/// Refuses a bare value in which an envelope was found, or something too broken to tell: the person
/// who chose the value could choose its purpose with it.
pub(super) fn refuse_look_alike<T>(found: &Result<Option<T>, Refusal>) -> Result<(), Error> {
    if matches!(found, Ok(None)) {
        return Ok(());
    }
    Err(Error::UnwritableValue {
        reason: "it would be read as an envelope around another value; put it inside an Array"
            .to_owned(),
    })
}

/// Puts a value into an envelope, replacing the contents of `text`; without expiry and purpose it
/// stays bare. Refuses a bare value that would be read as an envelope.
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
        refuse_look_alike(&Fields::parse(value, reading))?;
        text.clear();
        text.extend_from_slice(value);
        return Ok(());
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

/// Extracts a value from its envelope, or returns the bare value. Refuses a value that was sealed
/// for another purpose or has expired. A message without any purpose is let through, since Rails
/// wrote no purpose in cookies before 6.0.
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
    Ok(Extracted {
        value: envelope.value()?,
        expires_at,
        sealed_for: if sealed_for.is_empty() {
            SealedFor::Anything
        } else {
            SealedFor::ThisPurpose
        },
    })
}

/// The contents of an envelope, without any check, to find out why a message is refused.
#[cfg(feature = "doctor")]
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) value: Vec<u8>,
    pub(crate) has_envelope: bool,
    /// Is `true` if every version of Rails takes the text for an envelope; from 7.1 on it must begin
    /// exactly as Rails writes it.
    pub(crate) is_exact: bool,
    pub(crate) expires_at: Option<OffsetDateTime>,
    /// An expiry that is no time, as written.
    pub(crate) unreadable_expiry: Option<String>,
    pub(crate) purpose: Option<String>,
}

/// Extracts a value from its envelope, in the form of any version.
#[cfg(feature = "doctor")]
pub(crate) fn said(text: &[u8]) -> Result<Said, Refusal> {
    let Some(envelope) = Fields::parse(text, EnvelopeReading::AnyObject)? else {
        return Ok(Said {
            value: text.to_vec(),
            has_envelope: false,
            is_exact: false,
            expires_at: None,
            unreadable_expiry: None,
            purpose: None,
        });
    };
    let expires_at = envelope
        .exp
        .as_deref()
        .and_then(super::expiry::parse_iso8601);
    let value = envelope.value()?;
    let unreadable_expiry = envelope.exp.filter(|_| expires_at.is_none());
    let purpose = envelope.pur.filter(|purpose| !purpose.is_empty());
    Ok(Said {
        value,
        has_envelope: true,
        is_exact: text.starts_with(PREFIX),
        expires_at,
        unreadable_expiry: unreadable_expiry.map(Cow::into_owned),
        purpose: purpose.map(Cow::into_owned),
    })
}

/// The fields of an envelope. Fields that Rails does not write are ignored.
#[derive(Debug, PartialEq, Eq)]
struct Fields<'a> {
    message: Cow<'a, str>,
    exp: Option<Cow<'a, str>>,
    pur: Option<Cow<'a, str>>,
}

impl<'a> Fields<'a> {
    /// Parses an envelope; `None` if the text is a bare value.
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

    /// Parses exactly the form that Rails itself writes, without a general parser.
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

    /// Parses any JSON object with a key `_rails` whose value is an object.
    fn any_shape(text: &'a [u8]) -> Option<Self> {
        memchr::memmem::find(text, b"_rails")?;
        let fields = EnvelopeFields::find(text).ok()??;
        Some(Self {
            message: fields.text("message").ok()?.into(),
            exp: fields.exp().ok()?.map(Cow::Owned),
            pur: Some(fields.pur().ok()?.into()),
        })
    }

    /// Returns the value. globalid's verifier writes it in its own alphabet in here too, and Rails
    /// 7.2.3 and 8.0.2 read either.
    fn value(&self) -> Result<Vec<u8>, Refusal> {
        base64::decode_any(self.message.as_bytes()).ok_or(Refusal::UnreadableValue)
    }
}

/// Parses `null` or a string without escapes, and returns it with the text after it.
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
