//! [`EncryptedPayload`]: the JSON of an encrypted text.

use std::fmt;

use serde::Deserializer;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::php_base64;

/// The members of an encrypted text, as they stand there.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct EncryptedPayload {
    pub(super) iv: String,
    pub(super) value: String,
    pub(super) mac: String,
    /// Empty if it is missing or null.
    pub(super) tag: String,
}

impl EncryptedPayload {
    /// Reads a payload: base64 of a JSON object. As in PHP, its members are in any order, others
    /// are ignored, and the last of two equal ones counts (`Encrypter.php`, `getJsonPayload`,
    /// `validPayload`).
    pub(super) fn parse(payload: &[u8]) -> Option<Self> {
        let json = php_base64::decode(payload);
        // A text that is ignored is UTF-8 too.
        let json = std::str::from_utf8(&json).ok()?;
        let mut reader = serde_json::Deserializer::from_str(json);
        let members = reader.deserialize_map(Members::default()).ok()?;
        reader.end().ok()?;
        Some(Self {
            iv: members.iv.text()?,
            value: members.value.text()?,
            mac: members.mac.text()?,
            tag: match members.tag {
                Member::Missing => String::new(),
                tag => tag.text()?,
            },
        })
    }

    /// Writes the payload, of base64 and hexadecimal digits alone, which need no escapes.
    pub(super) fn to_json(&self) -> String {
        let Self {
            iv,
            value,
            mac,
            tag,
        } = self;
        format!(r#"{{"iv":"{iv}","value":"{value}","mac":"{mac}","tag":"{tag}"}}"#)
    }
}

#[derive(Default)]
struct Members {
    iv: Member,
    value: Member,
    mac: Member,
    tag: Member,
}

/// A member of the object. PHP's `isset` takes null for missing.
#[derive(Default)]
enum Member {
    #[default]
    Missing,
    NoText,
    Text(String),
}

impl Member {
    fn of(json: &RawValue) -> Self {
        match serde_json::from_str(json.get()) {
            Ok(Some(text)) => Self::Text(text),
            Ok(None) => Self::Missing,
            Err(_) => Self::NoText,
        }
    }

    fn text(self) -> Option<String> {
        match self {
            Self::Text(text) => Some(text),
            Self::Missing | Self::NoText => None,
        }
    }
}

impl<'de> Visitor<'de> for Members {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<Self, A::Error> {
        while let Some(key) = map.next_key::<String>()? {
            let value: &RawValue = map.next_value()?;
            let member = match &*key {
                "iv" => &mut self.iv,
                "value" => &mut self.value,
                "mac" => &mut self.mac,
                "tag" => &mut self.tag,
                _ => continue,
            };
            *member = Member::of(value);
        }
        Ok(self)
    }
}
