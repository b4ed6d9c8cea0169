//! The internal functions that the fuzz targets (`fuzz/`) call: each one only passes its arguments
//! on. Not part of the public API: anything here may change at any time.

use std::borrow::Cow;

use time::OffsetDateTime;

use crate::cipher::aes_cbc::Ciphertext;
use crate::error::{Error, Refusal};
use crate::load_defaults::LoadDefaults;
use crate::message::base64::{self, Alphabet};
use crate::message::envelope::Envelope;
use crate::message::metadata::{self, Metadata, Purpose, SealedFor};
use crate::message::parts::{SealedParts, SignedParts};
use crate::serializer::value::{HashKey, Value};
use crate::serializer::{DumpStyle, Serialized, json, marshal, message_pack};
use crate::settings::{Serializer, Settings};

pub use crate::rails_app::fuzz_readers::{encrypted_file, erb, ruby, yaml};

/// Wraps bytes as the output of a serializer, unchecked.
#[must_use]
pub fn serialized(serializer: Serializer, bytes: &[u8]) -> Serialized {
    Serialized {
        bytes: bytes.to_vec(),
        format: serializer.writes(),
    }
}

/// Checks that a serialized value can be read.
///
/// # Errors
/// The reason why it cannot be read.
pub fn check(serialized: &Serialized) -> Result<(), &'static str> {
    serialized.check().map_err(|error| error.reason)
}

/// Reads the whole value.
///
/// # Errors
/// The reason why it cannot be read.
pub fn load(serialized: &Serialized) -> Result<Value, &'static str> {
    serialized.load().map_err(|error| error.reason)
}

/// Writes a value as an app of these settings does.
///
/// # Errors
/// The reason why it cannot be written.
pub fn dump(value: &Value, settings: &Settings) -> Result<Serialized, Error> {
    Ok(Serialized::dump(value, DumpStyle::of(settings))?)
}

/// Returns the top-level entries of a JSON object: each key as text or as the error in it, and each
/// value's JSON text.
///
/// # Errors
/// The error in the text.
#[allow(clippy::type_complexity, reason = "one test reads it")]
pub fn json_index(
    text: &str,
) -> Result<Option<Vec<(Result<String, &'static str>, &str)>>, &'static str> {
    let entries = json::index_entry::index(text).map_err(|error| error.reason)?;
    let entry = |entry: json::index_entry::IndexEntry| {
        let key = json::index_entry::readable_key(text, entry);
        let key = key.map(Cow::into_owned).map_err(|error| error.reason);
        (key, entry.value.of(text))
    };
    Ok(entries.map(|entries| entries.into_iter().map(entry).collect()))
}

/// Reads a Marshal stream, with its sharing, and writes it again.
///
/// # Errors
/// The error in the stream.
pub fn marshal_again(stream: &[u8]) -> Result<Vec<u8>, &'static str> {
    let document = marshal::Document::load(stream).map_err(|error| error.reason)?;
    Ok(document.dump())
}

/// Returns the top-level entries of a message whose root is a map: each key and each value, or the
/// error in it.
///
/// # Errors
/// The error in the message.
#[allow(clippy::type_complexity, reason = "one test reads it")]
pub fn message_pack_index(
    message: &[u8],
) -> Result<Option<Vec<[Result<Value, &'static str>; 2]>>, &'static str> {
    let entries = message_pack::index(message).map_err(|error| error.reason)?;
    let entry = |entry: message_pack::RawEntry| {
        [entry.key, entry.value]
            .map(|range| message_pack::value_at(message, range).map_err(|error| error.reason))
    };
    Ok(entries.map(|entries| entries.into_iter().map(entry).collect()))
}

/// Checks if two values are one key to Ruby's Hash.
#[must_use]
pub fn is_one_key(one: &Value, other: &Value) -> bool {
    HashKey(one) == HashKey(other)
}

/// Decodes strict base64 of the standard alphabet.
#[must_use]
pub fn base64_decode(text: &[u8]) -> Option<Vec<u8>> {
    base64::decode(text)
}

/// Decodes base64 of either alphabet.
#[must_use]
pub fn base64_decode_any(text: &[u8]) -> Option<Vec<u8>> {
    base64::decode_any(text)
}

/// Encodes bytes as base64 of the standard alphabet.
#[must_use]
pub fn base64_encode(bytes: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    base64::encode_over(&mut text, 0, bytes);
    text
}

/// Splits `data--iv--tag`, and joins the parts again.
#[must_use]
pub fn gcm_parts(text: &[u8], url_safe: bool) -> Option<Vec<u8>> {
    let alphabet = Alphabet::when_url_safe(url_safe);
    let (mut ciphertext, mut joined) = (Vec::new(), Vec::new());
    SealedParts::parse(text, alphabet, &mut ciphertext)?.join(alphabet, &mut joined);
    Some(joined)
}

/// Splits `data--iv`, and joins the parts again.
#[must_use]
pub fn cbc_parts(text: &[u8], url_safe: bool) -> Option<Vec<u8>> {
    let alphabet = Alphabet::when_url_safe(url_safe);
    Some(Ciphertext::parse(text, alphabet)?.join(alphabet))
}

/// Splits `data--digest`: the data, and the digest's bytes if they are hexadecimal digits of its
/// length.
#[must_use]
pub fn signed_parts(text: &[u8], digest_length: usize) -> Option<(&[u8], Option<Vec<u8>>)> {
    let signed = SignedParts::parse(text, digest_length)?;
    let mut buffer = vec![0; digest_length];
    let digest = signed.digest_bytes(&mut buffer).map(<[u8]>::to_vec);
    Some((signed.data, digest))
}

/// Appends a digest to signed data.
#[must_use]
pub fn signed_join(data: &[u8], digest: &[u8]) -> Vec<u8> {
    let mut text = data.to_vec();
    SignedParts::append_digest(&mut text, digest.iter().copied());
    text
}

/// A value taken out of its envelope.
#[derive(Debug, PartialEq, Eq)]
pub struct Extracted {
    /// The value.
    pub value: Vec<u8>,
    /// The value's expiry.
    pub expires_at: Option<OffsetDateTime>,
    /// There was an envelope.
    pub has_envelope: bool,
    /// The envelope was for the purpose that was asked for.
    pub is_for_purpose: bool,
}

/// Wraps a value in a cookie's envelope, as this version writes it.
///
/// # Errors
/// The part that an envelope cannot hold.
pub fn envelope_wrap(
    value: &[u8],
    expires_at: Option<OffsetDateTime>,
    purpose: Option<&str>,
    version: LoadDefaults,
) -> Result<Vec<u8>, Error> {
    let metadata = Metadata {
        expires_at,
        purpose: purpose.map(Purpose::Of),
    };
    let mut text = Vec::new();
    metadata::wrap(&mut text, value, metadata, version.settings().envelope)?;
    Ok(text)
}

/// Extracts a value from a cookie's envelope, as this version reads it.
///
/// # Errors
/// The reason why the value is refused.
pub fn envelope_extract(
    text: &[u8],
    purpose: &str,
    version: LoadDefaults,
    now: OffsetDateTime,
) -> Result<Extracted, Refusal> {
    let reading = version.settings().envelope;
    let extracted = metadata::extract(text, Purpose::Of(purpose), reading, || now)?;
    Ok(Extracted {
        value: extracted.value,
        expires_at: extracted.expires_at,
        has_envelope: extracted.sealed_for != SealedFor::Bare,
        is_for_purpose: extracted.sealed_for == SealedFor::ThisPurpose,
    })
}

/// Wraps a message's value and metadata in one text.
///
/// # Errors
/// The part that cannot be written.
pub fn message_wrap(
    value: &Value,
    expires_at: Option<OffsetDateTime>,
    purpose: Option<&str>,
    version: LoadDefaults,
    serializer: Serializer,
) -> Result<Vec<u8>, Error> {
    let metadata = Metadata {
        expires_at,
        purpose: purpose.map(Purpose::Of),
    };
    let envelope = Envelope::of(&version.settings()).with_serializer(serializer);
    envelope.wrap(value, metadata)
}

/// Extracts a message's value and expiry from its text.
///
/// # Errors
/// The reason why they are refused.
pub fn message_extract(
    text: &[u8],
    purpose: &str,
    version: LoadDefaults,
    serializer: Serializer,
    now: OffsetDateTime,
) -> Result<(Value, Option<OffsetDateTime>), Refusal> {
    let envelope = Envelope::of(&version.settings()).with_serializer(serializer);
    let extracted = envelope.extract(text, purpose, || now)?;
    Ok((extracted.content.load()?, extracted.expires_at))
}
