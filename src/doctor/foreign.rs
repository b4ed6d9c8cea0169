//! Cookies that Rails did not make, told by their form and named, not opened.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use crate::message::base64::decode_any;

use super::cookie_format::CookieFormat;
use super::pasted::Pasted;

/// The longest value that is looked at as JSON; headers of tokens are far shorter.
const LONGEST_HEADER: usize = 4096;

/// What a value is that is none of Rails' messages.
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

/// `s:<id>.<HMAC-SHA256 in base64 without padding>` (cookie-signature 1.2, express-session 1.19).
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

/// Three parts, or five where it is encrypted, of which the first is a JSON object with `alg`
/// (RFC 7515 section 3.1, RFC 7516 section 3.1).
fn is_jwt(text: &str) -> bool {
    let mut parts = text.split('.');
    let header = parts.next().unwrap_or_default();
    matches!(parts.count(), 2 | 4)
        && object(header).is_some_and(|object| object.contains("\"alg\""))
}

/// `data:timestamp:signature`: base64, base62, HMAC-SHA1 or (from 3.1 on) HMAC-SHA256
/// (`django/core/signing.py`). Compressed data begins with a point.
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

/// `data.timestamp.signature`, each url-safe base64 without padding; compressed data begins with
/// a point (itsdangerous' `URLSafeTimedSerializer`, Flask's sessions).
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

/// Base64 of a JSON object and nothing else (cookie-session 2.1). Rails' envelope is none: that is
/// a signed cookie that lost its digest.
fn is_cookie_session(text: &str) -> bool {
    text.starts_with("ey")
        && !text.contains("--")
        && object(text)
            .is_some_and(|object| object.ends_with('}') && !object.starts_with("{\"_rails\":"))
}

/// Base64 whose first byte is the version, as long as its fixed parts at least
/// (rack-session 2.1, `encryptor.rb`).
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

/// 22 to 64 letters and digits: PHP's (`session.sid_length` is 22 to 256) where the name is.
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

/// The text of a JSON object in base64, if it is one.
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

/// HMAC-SHA1 or HMAC-SHA256 (itsdangerous: SHA-512 as well) in url-safe base64 without padding.
fn is_url_safe_digest(text: &str) -> bool {
    matches!(text.len(), 27 | 43 | 86) && text.bytes().all(is_url_safe)
}

fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/')
}

fn is_url_safe(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')
}

/// Where to look for what another framework's cookie holds.
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
