//! The column `data` of activerecord-session_store (2.x): base64 of Marshal, or JSON around the
//! session.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::base64_lines;
use crate::serializer::{Format, Serialized};

/// The JSON of a row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Json<'a> {
    #[serde(borrow)]
    value: &'a RawValue,
}

/// Returns the serialized session in a column; `None` if the column holds another text.
pub(super) fn unwrap(data: &[u8]) -> Option<Serialized> {
    if data.trim_ascii_start().starts_with(b"{") {
        let json: Json<'_> = serde_json::from_slice(data).ok()?;
        return Some(Serialized {
            bytes: json.value.get().as_bytes().to_vec(),
            format: Format::Json,
        });
    }
    let bytes = base64_lines::decode(data)?;
    let format = Format::of(&bytes)?;
    Some(Serialized { bytes, format })
}

/// Returns the column of a serialized session.
pub(super) fn wrap(session: &Serialized) -> Vec<u8> {
    match session.format {
        Format::Json => [&b"{\"value\":"[..], &session.bytes, b"}"].concat(),
        Format::Marshal | Format::MessagePack => base64_lines::encode(&session.bytes),
    }
}
