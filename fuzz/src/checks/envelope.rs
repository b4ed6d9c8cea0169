//! The envelope around a cookie's value: the parser of Rails' own shape against the general one,
//! and wrapped values against what comes out again.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::{LoadDefaults, Refusal, fuzzing};
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-01-02 03:04:05 UTC);
const PURPOSE: &str = "cookie._app_session";

/// One whose envelopes are told by their first bytes, and one to which any object may be one.
const VERSIONS: [LoadDefaults; 2] = [LoadDefaults::V8_1, LoadDefaults::V6_1];

pub(super) fn check(data: &[u8]) {
    for version in VERSIONS {
        as_a_text(data, version);
        as_a_value(data, version);
    }
}

fn as_a_text(text: &[u8], version: LoadDefaults) {
    let extracted = fuzzing::envelope_extract(text, PURPOSE, version, NOW);
    if !is_odd(text) {
        assert_eq!(extracted, by_serde_json(text, version));
    }

    // With a space after it the shape is not Rails' own, and all else is the same.
    let general = fuzzing::envelope_extract(&[text, b" "].concat(), PURPOSE, version, NOW);
    match (&extracted, &general) {
        (Ok(one), Ok(other)) if !one.has_envelope && !other.has_envelope => {}
        _ => assert_eq!(extracted, general),
    }
}

#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    message: Cow<'a, str>,
    #[serde(borrow, default)]
    exp: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    pur: Option<Cow<'a, str>>,
}

/// Checks for an envelope that Rails never writes, and reads by rules of Ruby: a field that stands
/// twice or is no text, base64 of another alphabet, and an expiry in another form or at one of the
/// times that Ruby takes for those that follow: February 30th, 24:00:00, the 60th second.
fn is_odd(text: &[u8]) -> bool {
    let outer: HashMap<Cow<'_, str>, &RawValue> = match serde_json::from_slice(text) {
        Ok(outer) => outer,
        Err(_) => return false,
    };
    let Some(inner) = outer.get("_rails").map(|inner| inner.get()) else {
        return false;
    };
    match serde_json::from_str::<Fields<'_>>(inner) {
        Ok(fields) => {
            let is_usual = |exp: &str| {
                let shape = exp
                    .bytes()
                    .map(|byte| if byte.is_ascii_digit() { b'0' } else { byte });
                let has = |place: Range<usize>, text: &str| exp.get(place) == Some(text);
                shape.eq(*b"0000-00-00T00:00:00.000Z")
                    && exp.get(8..10) <= Some("28")
                    && !has(11..13, "24")
                    && !has(17..19, "60")
            };
            STANDARD.decode(fields.message.as_bytes()).is_err()
                || fields.exp.as_deref().is_some_and(|exp| !is_usual(exp))
        }
        Err(_) => serde_json::from_str::<HashMap<String, &RawValue>>(inner).is_ok(),
    }
}

/// The same by the general parser alone.
fn by_serde_json(text: &[u8], version: LoadDefaults) -> Result<fuzzing::Extracted, Refusal> {
    let fields = || {
        let outer: HashMap<Cow<'_, str>, &RawValue> = serde_json::from_slice(text).ok()?;
        let inner = outer.get("_rails")?.get();
        let fields: Fields<'_> = inner
            .starts_with('{')
            .then(|| serde_json::from_str(inner).ok())??;
        Some(fields)
    };
    let is_prefixed = text.starts_with(br#"{"_rails":{"message":"#);
    let fields = match (fields(), is_prefixed) {
        (Some(fields), true) => fields,
        (Some(fields), false) if version == LoadDefaults::V6_1 => fields,
        (None, true) => return Err(Refusal::UnreadableValue),
        _ => {
            return Ok(fuzzing::Extracted {
                value: text.to_vec(),
                expires_at: None,
                has_envelope: false,
                is_for_purpose: false,
            });
        }
    };
    let mut expires_at = None;
    if let Some(exp) = &fields.exp {
        let exp = exp.to_ascii_uppercase();
        let format = &time::format_description::well_known::Iso8601::PARSING;
        let at = OffsetDateTime::parse(&exp, format).map_err(|_| Refusal::UnreadableValue)?;
        if at <= NOW {
            return Err(Refusal::Expired);
        }
        expires_at = Some(at);
    }
    let purpose = fields.pur.as_deref().unwrap_or_default();
    if !["", PURPOSE].contains(&purpose) {
        return Err(Refusal::WrongPurpose);
    }
    let value = STANDARD.decode(fields.message.as_bytes());
    Ok(fuzzing::Extracted {
        value: value.map_err(|_| Refusal::UnreadableValue)?,
        expires_at,
        has_envelope: true,
        is_for_purpose: purpose == PURPOSE,
    })
}

fn as_a_value(data: &[u8], version: LoadDefaults) {
    let (head, value) = data.split_at_checked(9).unwrap_or((data, b""));
    let purpose = match head.first() {
        Some(0..80) => Some(String::from_utf8_lossy(value).into_owned()),
        Some(80..160) => Some(PURPOSE.to_owned()),
        _ => None,
    };
    let expires_at = head
        .get(1..9)
        .and_then(|bytes| OffsetDateTime::from_unix_timestamp(seconds(bytes)).ok());
    let Ok(text) = fuzzing::envelope_wrap(value, expires_at, purpose.as_deref(), version) else {
        // Bare, it would be taken for an envelope; or no year of four digits.
        let bare = purpose.is_none() && expires_at.is_none();
        let seems = fuzzing::envelope_extract(value, PURPOSE, version, NOW);
        let is_bare = matches!(
            seems,
            Ok(fuzzing::Extracted {
                has_envelope: false,
                ..
            })
        );
        let speakable = expires_at.is_none_or(|at| (0..=9999).contains(&at.year()));
        assert!(if bare { !is_bare } else { !speakable });
        return;
    };
    // Milliseconds are kept, and these are whole seconds.
    let purpose = purpose.unwrap_or_default();
    let extracted = fuzzing::envelope_extract(&text, &purpose, version, NOW);
    if expires_at.is_some_and(|at| at <= NOW) {
        assert_eq!(extracted, Err(Refusal::Expired));
        return;
    }
    let extracted = extracted.unwrap();
    assert_eq!(extracted.value, value);
    assert_eq!(extracted.expires_at, expires_at);
    assert_eq!(extracted.is_for_purpose, !purpose.is_empty());
    let for_another = fuzzing::envelope_extract(&text, "cookie.another", version, NOW);
    if !["", "cookie.another"].contains(&&*purpose) {
        assert_eq!(for_another, Err(Refusal::WrongPurpose));
    }
}

/// Seconds since 1970, a few thousand years either way.
fn seconds(bytes: &[u8]) -> i64 {
    let bytes: [u8; 8] = bytes.try_into().unwrap();
    i64::from_le_bytes(bytes) % 400_000_000_000
}
