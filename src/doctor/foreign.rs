//! Recognizes the cookies of other frameworks by their form. It does not open them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::message::base64::decode_any;

use super::cookie_format::CookieFormat;
use super::pasted::Pasted;

/// The longest text that is decoded as JSON, in bytes. Headers of tokens are far shorter.
const LONGEST_HEADER: usize = 4096;

/// Returns the format of a value that is no message of Rails; `None` if no format fits.
pub(super) fn format_of(value: &[u8], name: Option<&str>) -> Option<CookieFormat> {
    if is_express(value) {
        return Some(CookieFormat::ExpressSession);
    }
    let text = std::str::from_utf8(value).ok()?;
    if is_jwt(text) {
        Some(CookieFormat::Jwt)
    } else if is_django(text) {
        Some(CookieFormat::Django)
    } else if is_itsdangerous(text) {
        Some(CookieFormat::Itsdangerous)
    } else if is_cookie_session(text) {
        Some(CookieFormat::CookieSession)
    } else if let Some(rack) = rack_session(text) {
        Some(rack)
    } else {
        session_id(text, name)
    }
}

/// Checks for `s:<id>.<HMAC-SHA256 in base64 without padding>` (cookie-signature 1.2,
/// express-session 1.19).
fn is_express(value: &[u8]) -> bool {
    let Some(signed) = value.strip_prefix(b"s:") else {
        return false;
    };
    let Some(dot) = memchr::memrchr(b'.', signed) else {
        return false;
    };
    let signature = signed.get(dot + 1..).unwrap_or_default();
    signature.len() == 43 && signature.iter().all(|byte| is_base64(*byte))
}

/// Checks for a JSON Web Token: three parts if it is signed (RFC 7515 section 3.1), five if it is
/// encrypted (RFC 7516 section 3.1). The first part is a JSON object with `alg`.
fn is_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let header = parts.next().unwrap_or_default();
    matches!(parts.count(), 2 | 4)
        && object(header).is_some_and(|object| object.contains("\"alg\""))
}

/// Checks for `data:timestamp:signature`: base64, base62, and HMAC-SHA1 or (from Django 3.1 on)
/// HMAC-SHA256 (`django/core/signing.py`). Compressed data begins with a dot.
fn is_django(text: &str) -> bool {
    let mut parts = text.rsplitn(3, ':');
    let (signature, timestamp) = (parts.next(), parts.next());
    let Some(data) = parts.next() else {
        return false;
    };
    let timestamp = timestamp.unwrap_or_default();
    !data.is_empty()
        && (4..=8).contains(&timestamp.len())
        && timestamp.bytes().all(|byte| byte.is_ascii_alphanumeric())
        && signature.is_some_and(is_url_safe_digest)
}

/// Checks for `data.timestamp.signature`, each in url-safe base64 without padding (itsdangerous'
/// `URLSafeTimedSerializer`, Flask's sessions). Compressed data begins with a dot.
fn is_itsdangerous(text: &str) -> bool {
    let mut parts = text.rsplitn(3, '.');
    let (signature, timestamp) = (parts.next(), parts.next());
    let Some(data) = parts.next() else {
        return false;
    };
    !data.is_empty()
        && data.bytes().all(|byte| is_url_safe(byte) || byte == b'.')
        && timestamp
            .is_some_and(|time| (5..=8).contains(&time.len()) && time.bytes().all(is_url_safe))
        && signature.is_some_and(is_url_safe_digest)
}

/// Checks for base64 of a JSON object and nothing else (cookie-session 2.1).
///
/// Refuses Rails' envelope (`{"_rails":..`): that is a signed cookie that lost its digest.
fn is_cookie_session(text: &str) -> bool {
    text.starts_with("ey")
        && !text.contains("--")
        && object(text)
            .is_some_and(|object| object.ends_with('}') && !object.starts_with("{\"_rails\":"))
}

/// Returns the version of a rack-session cookie (rack-session 2.1, `encryptor.rb`): base64 whose
/// first byte is the version, longer than the fixed parts of that version.
fn rack_session(text: &str) -> Option<CookieFormat> {
    if text.contains("--") {
        return None;
    }
    let bytes = decode_any(text.as_bytes())?;
    match bytes.first()? {
        1 if bytes.len() > 1 + 32 + 16 + 32 => Some(CookieFormat::RackSessionV1),
        2 if bytes.len() > 1 + 32 + 12 + 16 => Some(CookieFormat::RackSessionV2),
        _ => None,
    }
}

/// Checks for a bare session id: 22 to 256 characters under the name `PHPSESSID` (the bounds of
/// PHP's `session.sid_length`), else 26, 32 or 64 lowercase letters and digits.
fn session_id(text: &str, name: Option<&str>) -> Option<CookieFormat> {
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b',' | b'-');
    let is_php = name.is_some_and(|name| name.eq_ignore_ascii_case("PHPSESSID"));
    if is_php && (22..=256).contains(&text.len()) && text.bytes().all(is_id) {
        return Some(CookieFormat::PhpSessionId);
    }
    let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    (matches!(text.len(), 26 | 32 | 64) && text.bytes().all(lower))
        .then_some(CookieFormat::SessionId)
}

/// Decodes the text of a JSON object from base64; returns `None` if it is no object.
fn object(encoded: &str) -> Option<String> {
    let encoded = encoded.trim_end_matches('=');
    if encoded.len() > 4 * LONGEST_HEADER {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(encoded).ok();
    let bytes = bytes.or_else(|| STANDARD_NO_PAD.decode(encoded).ok())?;
    let text = String::from_utf8(bytes).ok()?;
    text.starts_with("{\"").then_some(text)
}

/// Checks for a digest in url-safe base64 without padding: HMAC-SHA1, HMAC-SHA256 or (itsdangerous)
/// HMAC-SHA512.
fn is_url_safe_digest(text: &str) -> bool {
    matches!(text.len(), 27 | 43 | 86) && text.bytes().all(is_url_safe)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Tells where the content of another framework's cookie is found.
pub(super) fn advice(format: CookieFormat, cookie: &Pasted<'_>, all: &[Pasted<'_>]) -> String {
    let tells = match format {
        CookieFormat::ExpressSession => {
            "the session itself is in its store (Redis, a database) under the id that stands \
             between s: and the point"
        }
        CookieFormat::CookieSession => {
            let signature = cookie.name.map(|name| format!("{name}.sig"));
            let is_there =
                signature.is_some() && all.iter().any(|other| other.name == signature.as_deref());
            if is_there {
                "its signature is the cookie .sig beside it; its JSON is readable without a key"
            } else {
                "its JSON is readable without a key; its signature would be a cookie .sig beside it"
            }
        }
        CookieFormat::RackSessionV1 | CookieFormat::RackSessionV2 => {
            "it looks like one that rack-session (Sinatra, Hanami, Roda) encrypted with its own \
             secret: not a Rails session"
        }
        CookieFormat::Jwt => "its first part says how it is signed or encrypted",
        CookieFormat::Django => "its key is the app's SECRET_KEY",
        CookieFormat::Itsdangerous => {
            "its key is the app's SECRET_KEY; its timestamp is the second part"
        }
        CookieFormat::PhpSessionId => "the session itself is on the server, in session.save_path",
        _ => {
            "the session itself is on the server: PHP, Django, or a Rails app whose session_store \
             is :cache_store, :active_record_store or Redis"
        }
    };
    format!("{format}: Rails did not seal it; {tells}")
}
