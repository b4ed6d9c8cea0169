//! The form of a message's text: its serializer and its envelope
//! (`ActiveSupport::Messages::Metadata` and `Codec`).
//!
//! Up to Rails 7.0, and in cookies to this day, the serialized value is base64 in an envelope of
//! JSON (`metadata.rs`). From 7.1 on the value is a part of the envelope, and the serializer writes
//! both:
//!
//! `{"_rails":{"data":<value>,"exp":"2030-01-02T03:04:05.678Z","pur":"login"}}`
//!
//! In this form a field that is not set is left out, and under a `MessagePack` serializer `exp` is
//! a Time instead of a text. Without purpose and expiry both forms write the bare value.

use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::error::{Error, Refusal};
use crate::serializer::json;
use crate::serializer::to_value;
use crate::serializer::value::{Value, ruby_to_s};
use crate::serializer::{self, DumpStyle, Format, Serialized};
use crate::settings::{EnvelopeReading, MessageForm, Serializer, Settings};

use super::envelope_fields::EnvelopeFields;
use super::expiry::{fresh, iso8601};
use super::metadata::{self, Metadata, Purpose, SealedFor};

const KEY: &str = "_rails";

/// The way in which a message's text is written and read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope {
    style: DumpStyle,
    serializer: Serializer,
    /// `use_message_serializer_for_metadata`: the value is a part of the envelope.
    nests: bool,
    reading: EnvelopeReading,
}

impl Envelope {
    /// Creates the envelope of an app on this version.
    pub(crate) fn of(settings: &Settings) -> Self {
        let (serializer, nests) = match settings.messages {
            MessageForm::Rails4_0 => (Serializer::Marshal, false),
            MessageForm::Rails7_1 => (Serializer::Hybrid, true),
        };
        Self {
            style: DumpStyle::of(settings).in_format(serializer.writes()),
            serializer,
            nests,
            reading: settings.envelope,
        }
    }

    /// Returns the format that is written.
    pub(crate) fn writes(self) -> Format {
        self.style.format
    }

    pub(crate) fn serializer(self) -> Serializer {
        self.serializer
    }

    pub(crate) fn with_serializer(self, serializer: Serializer) -> Self {
        Self {
            style: self.style.in_format(serializer.writes()),
            serializer,
            ..self
        }
    }

    pub(crate) fn nesting(self, nests: bool) -> Self {
        Self { nests, ..self }
    }

    /// Returns the text of a value with its metadata.
    pub(crate) fn wrap<T: Serialize + ?Sized>(
        self,
        value: &T,
        metadata: Metadata<'_>,
    ) -> Result<Vec<u8>, Error> {
        let style = self.style;
        let bare = metadata == Metadata::default();
        if self.nests && !bare && style.format != Format::Json {
            let envelope = nest(to_value(value)?, metadata, style.format)?;
            return Ok(Serialized::dump(&envelope, style)?.bytes);
        }
        let value = Serialized::dump(value, style)?;
        if self.nests && !bare {
            return nest_json(&value.bytes, metadata, style);
        }
        if bare {
            metadata::refuse_look_alike(&Nested::find(&value))?;
        }
        let mut text = Vec::new();
        metadata::wrap(&mut text, &value.bytes, metadata, self.reading)?;
        Ok(text)
    }

    /// Extracts the value from its text, if it was sealed for this purpose and has not expired. An
    /// empty purpose counts as no purpose, as in Rails.
    pub(crate) fn extract(
        self,
        text: &[u8],
        purpose: &str,
        now: impl Fn() -> OffsetDateTime,
    ) -> Result<Extracted, Refusal> {
        let outer = metadata::extract(text, Purpose::Of(purpose), self.reading, &now)?;
        let format = self
            .serializer
            .format_of(&outer.value)
            .map_err(|_| Refusal::UnreadableValue)?;
        let payload = Serialized {
            bytes: outer.value,
            format,
        };
        if outer.sealed_for == SealedFor::Bare
            && let Some(nested) = Nested::find(&payload)?
        {
            return nested.extract(format, purpose, now);
        }
        if !purpose.is_empty() && outer.sealed_for != SealedFor::ThisPurpose {
            return Err(Refusal::WrongPurpose);
        }
        Ok(Extracted {
            content: Content::Serialized(payload),
            format,
            expires_at: outer.expires_at,
        })
    }
}

/// A value extracted from its envelope, or a bare value.
pub(crate) struct Extracted {
    pub(crate) content: Content,
    pub(crate) format: Format,
    pub(crate) expires_at: Option<OffsetDateTime>,
}

/// A value that is not yet converted to the caller's type.
pub(crate) enum Content {
    Serialized(Serialized),
    Value(Value),
}

impl Content {
    pub(crate) fn load<T: DeserializeOwned>(self) -> Result<T, Refusal> {
        match self {
            Self::Serialized(payload) => payload.load().map_err(|_| Refusal::UnreadableValue),
            Self::Value(value) => T::deserialize(&value).map_err(|_| Refusal::UnreadableValue),
        }
    }
}

/// Builds the envelope as a value, for the serializers other than JSON.
fn nest(data: Value, metadata: Metadata<'_>, format: Format) -> Result<Value, Error> {
    let mut fields = vec![(Value::from("data"), data)];
    if let Some(at) = metadata.expires_at {
        // A text must be able to express the expiry, and a Time has the same limits.
        let text = iso8601(at)?;
        let exp = if format == Format::MessagePack {
            Value::from(at.to_offset(time::UtcOffset::UTC))
        } else {
            Value::from(text)
        };
        fields.push((Value::from("exp"), exp));
    }
    if let Some(purpose) = metadata.purpose {
        fields.push((Value::from("pur"), Value::from(purpose.parts().concat())));
    }
    Ok(Value::Hash(vec![(Value::from(KEY), Value::Hash(fields))]))
}

/// Writes the envelope as JSON, around a value that is already JSON.
fn nest_json(data: &[u8], metadata: Metadata<'_>, style: DumpStyle) -> Result<Vec<u8>, Error> {
    let mut text = Vec::with_capacity(data.len() + 100);
    text.extend_from_slice(br#"{"_rails":{"data":"#);
    text.extend_from_slice(data);
    if let Some(at) = metadata.expires_at {
        text.extend_from_slice(br#","exp":"#);
        json::write::string(&mut text, [&iso8601(at)?], style.json);
    }
    if let Some(purpose) = metadata.purpose {
        text.extend_from_slice(br#","pur":"#);
        json::write::string(&mut text, purpose.parts(), style.json);
    }
    text.extend_from_slice(b"}}");
    Ok(text)
}

/// An envelope with the value as a part of it, as found in a message.
struct Nested {
    data: Content,
    exp: Exp,
    pur: String,
}

/// An expiry in its written form.
enum Exp {
    Never,
    Text(String),
    At(OffsetDateTime),
}

impl Nested {
    /// Finds the envelope of a serialized value; `None` if the value is bare.
    fn find(payload: &Serialized) -> Result<Option<Self>, Refusal> {
        if memchr::memmem::find(&payload.bytes, KEY.as_bytes()).is_none() {
            return Ok(None);
        }
        if payload.format == Format::Json {
            return Self::find_in_json(&payload.bytes);
        }
        let value: Value = payload.load().map_err(|_| Refusal::UnreadableValue)?;
        let Some(envelope) = pairs(value).and_then(|mut pairs| take(&mut pairs, KEY)) else {
            return Ok(None);
        };
        Self::of_value(envelope)
            .ok_or(Refusal::UnreadableValue)
            .map(Some)
    }

    fn find_in_json(bytes: &[u8]) -> Result<Option<Self>, Refusal> {
        let text = serializer::text(bytes).map_err(|_| Refusal::UnreadableValue)?;
        if !text.trim_start().starts_with('{') {
            return Ok(None);
        }
        let Some(fields) = EnvelopeFields::find(bytes)? else {
            return Ok(None);
        };
        Ok(Some(Self {
            data: Content::Serialized(Serialized {
                bytes: fields.json("data")?.as_bytes().to_vec(),
                format: Format::Json,
            }),
            exp: fields.exp()?.map_or(Exp::Never, Exp::Text),
            pur: fields.pur()?,
        }))
    }

    fn of_value(envelope: Value) -> Option<Self> {
        let mut fields = pairs(envelope)?;
        let exp = match take(&mut fields, "exp") {
            None | Some(Value::Nil | Value::Bool(false)) => Exp::Never,
            Some(Value::String(text)) => Exp::Text(text),
            Some(Value::Time(time) | Value::DateTime(time)) => Exp::At(time.to_offset_date_time()?),
            Some(_) => return None,
        };
        let pur = take(&mut fields, "pur").unwrap_or(Value::Nil);
        let pur = ruby_to_s(&pur)?.into_owned();
        Some(Self {
            data: Content::Value(take(&mut fields, "data")?),
            exp,
            pur,
        })
    }

    /// Extracts the value. Expiry is checked before the purpose, as in Rails.
    fn extract(
        self,
        format: Format,
        purpose: &str,
        now: impl Fn() -> OffsetDateTime,
    ) -> Result<Extracted, Refusal> {
        let expires_at = match self.exp {
            Exp::Never => None,
            Exp::Text(text) => fresh(Some(&text), now)?,
            Exp::At(at) if now() >= at => return Err(Refusal::Expired),
            Exp::At(at) => Some(at),
        };
        if self.pur != purpose {
            return Err(Refusal::WrongPurpose);
        }
        Ok(Extracted {
            content: self.data,
            format,
            expires_at,
        })
    }
}

fn pairs(value: Value) -> Option<Vec<(Value, Value)>> {
    match value {
        Value::Hash(pairs) | Value::IndifferentHash(pairs) => Some(pairs),
        _ => None,
    }
}

/// Removes and returns the value of a key that must be a String.
fn take(pairs: &mut Vec<(Value, Value)>, key: &str) -> Option<Value> {
    let at = pairs
        .iter()
        .position(|(k, _)| matches!(k, Value::String(text) if text == key))?;
    Some(pairs.swap_remove(at).1)
}
