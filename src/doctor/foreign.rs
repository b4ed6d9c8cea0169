//! Recognizes the cookies of other frameworks by their form. It does not open them.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

use super::cause::{Cause, CauseKind};
use super::cookie_format::CookieFormat;
use super::cookie_names::of_name;
use super::express_parts;
use super::id_form::{self, IdForm};
use super::pasted::Pasted;

/// The longest text that is decoded as JSON, in bytes. Headers of tokens are far shorter.
const LONGEST_HEADER: usize = 4096;

/// A format, and the check of a value for it. The name is that of the cookie.
type Row = (CookieFormat, fn(&str, Option<&str>) -> bool);

/// The formats, those with the clearest marks first.
const ROWS: [Row; 22] = [
    (CookieFormat::ExpressSession, |text, _| {
        is_express(text) || express_parts::is_damaged(text)
    }),
    (CookieFormat::ExpressJson, |text, _| is_express_json(text)),
    (CookieFormat::IronSession, |text, _| is_iron(text)),
    (CookieFormat::Phoenix, |text, _| is_phoenix(text)),
    (CookieFormat::Jwt, |text, _| is_jwt(text)),
    (CookieFormat::Paseto, |text, _| is_paseto(text)),
    (CookieFormat::BearerToken, |text, _| is_bearer(text)),
    (CookieFormat::Tornado, |text, _| is_tornado(text)),
    (CookieFormat::Yii, |text, _| is_yii(text)),
    (CookieFormat::Play, |text, _| is_play(text)),
    (CookieFormat::AspNetCore, |text, _| is_aspnet_core(text)),
    (CookieFormat::Fernet, |text, _| is_fernet(text)),
    (CookieFormat::CakePhp, |text, _| {
        text.starts_with("Q2FrZQ==.")
    }),
    (CookieFormat::Django, |text, _| is_django(text)),
    (CookieFormat::Itsdangerous, |text, _| is_itsdangerous(text)),
    (CookieFormat::Laravel, |text, _| is_laravel(text)),
    (CookieFormat::CookieSession, |text, _| {
        is_cookie_session(text)
    }),
    (CookieFormat::SecureCookie, |text, _| is_secure_cookie(text)),
    (CookieFormat::RackSessionV1, |text, name| {
        is_rack_session(text, name, 1, 81)
    }),
    (CookieFormat::RackSessionV2, |text, name| {
        is_rack_session(text, name, 2, 61)
    }),
    (CookieFormat::PhpSessionId, is_php_id),
    (CookieFormat::SessionId, is_session_id),
];

/// Returns the format of a value that is no message of Rails; `None` if no format fits.
pub(super) fn format_of(value: &[u8], name: Option<&str>) -> Option<CookieFormat> {
    let text = std::str::from_utf8(value).ok()?;
    let row = ROWS.iter().find(|(_, fits)| fits(text, name));
    row.map(|(format, _)| *format)
}

/// Checks for `s:<id>.<HMAC-SHA256 in base64 without padding>` (cookie-signature 1.2,
/// express-session 1.19).
fn is_express(text: &str) -> bool {
    let Some(signed) = text.strip_prefix("s:") else {
        return false;
    };
    signed
        .rsplit_once('.')
        .is_some_and(|(_, signature)| signature.len() == 43 && signature.bytes().all(is_base64))
}

/// Checks for `j:` and JSON (Express 4 and 5, `res.cookie` of an object).
fn is_express_json(text: &str) -> bool {
    text.strip_prefix("j:")
        .is_some_and(|json| json.starts_with(['{', '[']) && json.ends_with(['}', ']']))
}

/// Checks for the parts of `@hapi/iron` 7: `Fe26.2*password id*salt*iv*data*expiry*salt*HMAC`, and
/// iron-session's `~2` after them.
fn is_iron(text: &str) -> bool {
    let version = text.split_once('*').map(|(version, _)| version);
    let number = version.and_then(|version| version.strip_prefix("Fe26."));
    number.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
        && text.split('*').count() == 8
}

/// Checks for the messages of `Plug.Crypto` 2: `HS256.data.signature`, the five parts of
/// AES-128-GCM, or `XCP` and one part of `XChaCha20-Poly1305`. The first part is url-safe base64.
fn is_phoenix(text: &str) -> bool {
    let mut parts = text.split('.');
    let first = parts.next().unwrap_or_default();
    let rest: Vec<_> = parts.collect();
    let count = match first {
        // HS256, HS384, HS512.
        "SFMyNTY" | "SFMzODQ" | "SFM1MTI" => 2,
        // A128GCM, A192GCM, A256GCM.
        "QTEyOEdDTQ" | "QTE5MkdDTQ" | "QTI1NkdDTQ" => 4,
        "XCP" => 1,
        _ => return false,
    };
    rest.len() == count
        && rest
            .iter()
            .all(|part| !part.is_empty() && part.bytes().all(is_url_safe))
}

/// Checks for a JSON Web Token: three parts if it is signed (RFC 7515 section 3.1), five if it is
/// encrypted (RFC 7516 section 3.1). The first part is a JSON object with `alg`.
///
/// `Bearer` of an `Authorization` header may stand before it.
fn is_jwt(text: &str) -> bool {
    let text = text
        .strip_prefix("Bearer")
        .map_or(text, |token| token.trim_start_matches([' ', '+']));
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

/// Checks for `v4.local.data` or `v2.public.data.footer` (PASETO's specification).
fn is_paseto(text: &str) -> bool {
    let mut parts = text.split('.');
    matches!(parts.next(), Some("v1" | "v2" | "v3" | "v4"))
        && matches!(parts.next(), Some("local" | "public"))
        && matches!(parts.count(), 1 | 2)
}

/// Checks for the value of an `Authorization` header (RFC 9110 section 11.6.2).
fn is_bearer(text: &str) -> bool {
    let token = ["Bearer", "Basic", "Token", "Digest"]
        .iter()
        .find_map(|scheme| {
            let (start, rest) = text.split_at_checked(scheme.len())?;
            start.eq_ignore_ascii_case(scheme).then_some(rest)
        });
    token.is_some_and(|token| token.starts_with([' ', '+']) && token.len() > 8)
}

/// Checks for the parts of a signed value, version 2: `2|1:0|10:time|4:name|8:data|signature`
/// (Tornado 6, `web.py`).
fn is_tornado(text: &str) -> bool {
    let parts: Vec<_> = text.split('|').collect();
    let is_counted = |part: &&str| {
        part.split_once(':')
            .is_some_and(|(count, field)| count.parse() == Ok(field.len()))
    };
    parts.first() == Some(&"2")
        && parts.len() == 6
        && parts
            .get(1..5)
            .is_some_and(|fields| fields.iter().all(is_counted))
}

/// Checks for an HMAC-SHA256 in hexadecimal digits and a list of PHP's serialization (Yii 2,
/// `Request::loadCookies`).
fn is_yii(text: &str) -> bool {
    text.split_at_checked(64).is_some_and(|(digest, list)| {
        digest.bytes().all(|byte| byte.is_ascii_hexdigit()) && list.starts_with("a:2:{i:0;s:")
    })
}

/// Checks for an HMAC-SHA1 in hexadecimal digits, `-`, and pairs (Play 2.5, `CookieBaker`).
fn is_play(text: &str) -> bool {
    text.split_once('-').is_some_and(|(digest, pairs)| {
        digest.len() == 40
            && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
            && pairs.contains('=')
            && !pairs.starts_with('-')
    })
}

/// Checks for data protection's first bytes, 09 F0 C9 F0, in url-safe base64 (ASP.NET Core,
/// `KeyRingBasedDataProtector`).
fn is_aspnet_core(text: &str) -> bool {
    text.starts_with("CfDJ8") && text.len() > 60 && text.bytes().all(is_url_safe)
}

/// Checks for version 0x80, a time of this century, an IV, whole blocks and an HMAC in url-safe
/// base64 (Fernet's specification).
fn is_fernet(text: &str) -> bool {
    text.starts_with("gAAAA")
        && URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .is_ok_and(|bytes| bytes.len() >= 73 && (bytes.len() - 57) % 16 == 0)
}

/// Checks for `data.timestamp.signature`, each in url-safe base64 without padding (itsdangerous'
/// `URLSafeTimedSerializer`, Flask's sessions). Compressed data begins with a dot. Starlette's data
/// is base64 with padding.
fn is_itsdangerous(text: &str) -> bool {
    let mut parts = text.rsplitn(3, '.');
    let (signature, timestamp) = (parts.next(), parts.next());
    let Some(data) = parts.next() else {
        return false;
    };
    let is_data = |byte: u8| is_url_safe(byte) || is_base64(byte) || byte == b'.';
    !data.is_empty()
        && data.trim_end_matches('=').bytes().all(is_data)
        && timestamp
            .is_some_and(|time| (5..=8).contains(&time.len()) && time.bytes().all(is_url_safe))
        && signature.is_some_and(is_url_safe_digest)
}

/// Checks for base64 of a JSON object with `iv`, `value` and `mac` (Laravel 5 to 12,
/// `Illuminate\Encryption\Encrypter`).
fn is_laravel(text: &str) -> bool {
    object(text).is_some_and(|object| {
        ["\"iv\":", "\"value\":", "\"mac\":"]
            .iter()
            .all(|key| object.contains(key))
    })
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

/// Checks for base64 of `time|data|HMAC` (gorilla/securecookie 1.1: the HMAC is 32 bytes long).
fn is_secure_cookie(text: &str) -> bool {
    let bare = text.trim_end_matches('=');
    let Some(bytes) = URL_SAFE_NO_PAD
        .decode(bare)
        .ok()
        .filter(|_| text.len() <= 4 * LONGEST_HEADER)
    else {
        return false;
    };
    let time = bytes
        .iter()
        .take_while(|byte| byte.is_ascii_digit())
        .count();
    let before_code = bytes
        .len()
        .checked_sub(33)
        .and_then(|place| bytes.get(place));
    (9..=11).contains(&time) && bytes.get(time) == Some(&b'|') && before_code == Some(&b'|')
}

/// Checks for a message of rack-session 2.1 (`encryptor.rb`): url-safe base64 whose first byte is
/// the version. `fixed` is the length of version, salt, IV and tag or HMAC. What is encrypted is
/// padded to a multiple of 32 bytes by default; under the default name any length counts.
fn is_rack_session(text: &str, name: Option<&str>, version: u8, fixed: usize) -> bool {
    let bare = text.trim_end_matches('=');
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(bare) else {
        return false;
    };
    let encrypted = bytes.len().saturating_sub(fixed);
    bytes.first() == Some(&version)
        && encrypted > 0
        && (encrypted % 32 == 0 || name == Some("rack.session"))
}

/// Checks for a signed session of Mojolicious 9 (`Sessions.pm`): base64 of a JSON object with `-` in
/// place of `=`, `--`, and an HMAC-SHA256 (up to 8: HMAC-SHA1). Without padding only the default
/// name tells it from Rails' signed cookies.
pub(super) fn is_mojolicious(value: &[u8], name: Option<&str>) -> bool {
    let Some((data, digest)) = std::str::from_utf8(value)
        .ok()
        .and_then(|text| text.rsplit_once("--"))
    else {
        return false;
    };
    let is_padded = data.ends_with('-') && data.len() % 4 == 0;
    let bare = data.trim_end_matches('-');
    matches!(digest.len(), 40 | 64)
        && digest.bytes().all(|byte| byte.is_ascii_hexdigit())
        && (is_padded || name == Some("mojolicious"))
        && object(bare).is_some_and(|object| object.ends_with('}'))
}

/// Checks for an id under the name `PHPSESSID`: 22 to 256 characters (the bounds of PHP's
/// `session.sid_length`).
fn is_php_id(text: &str, name: Option<&str>) -> bool {
    let is_id = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b',' | b'-');
    name.is_some_and(|name| name.eq_ignore_ascii_case("PHPSESSID"))
        && (22..=256).contains(&text.len())
        && text.bytes().all(is_id)
}

/// Checks for the bare id of a session: an id of Rack or Rails, 26, 32, 40 or 64 lowercase letters
/// and digits, or any value under a name that belongs to such an id.
fn is_session_id(text: &str, name: Option<&str>) -> bool {
    let lower = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let is_lower = |text: &str| text.bytes().all(lower);
    let is_named = name
        .and_then(of_name)
        .is_some_and(|(format, _)| format == CookieFormat::SessionId);
    matches!(text.len(), 26 | 32 | 40 | 64) && is_lower(text)
        || IdForm::of(text).is_some()
        || is_named
            && (8..=256).contains(&text.len())
            && text
                .bytes()
                .all(|byte| byte.is_ascii_graphic() && byte != b'%')
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

/// Returns the form of an id of Rack or Rails; `None` for everything else. `value` is unescaped.
pub(super) fn id_form(format: CookieFormat, value: &[u8]) -> Option<IdForm> {
    let text = std::str::from_utf8(value).ok()?;
    IdForm::of(text).filter(|_| format == CookieFormat::SessionId)
}

/// Tells where the content of another framework's cookie is found. `value` is unescaped.
pub(super) fn cause(
    format: CookieFormat,
    value: &[u8],
    cookie: &Pasted<'_>,
    all: &[Pasted<'_>],
) -> Cause {
    // An id has no mark of its own, so its name tells more.
    let is_id = format == CookieFormat::SessionId;
    let by_name = cookie
        .name
        .and_then(of_name)
        .filter(|(named, _)| is_id || *named == format);
    if let Some((_, tells)) = by_name {
        let text = format!("{format}: Rails did not seal it; by its name, {tells}");
        return Cause::new(CauseKind::NotRails, text);
    }
    let mut action = String::new();
    let of_id;
    let tells = match format {
        CookieFormat::SessionId => {
            (of_id, action) = id_form::advice(id_form(format, value));
            &of_id
        }
        CookieFormat::ExpressSession => {
            "the session itself is in its store (Redis, a database) under the id that stands \
             between s: and the point"
        }
        CookieFormat::ExpressJson => {
            "it is readable without a key: JSON stands behind j:, as res.cookie(name, object) \
             writes it; the session's cookie of Express begins with s:"
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
        CookieFormat::IronSession => "its key is the password that the app gives to it",
        CookieFormat::RackSessionV1 | CookieFormat::RackSessionV2 => {
            "it looks like one that rack-session (Sinatra, Hanami, Roda) encrypted with its own \
             secret: not a Rails session"
        }
        CookieFormat::Jwt => "its first part says how it is signed or encrypted",
        CookieFormat::Paseto => "its first parts say how it is signed or encrypted",
        CookieFormat::BearerToken => "it belongs to the Authorization header, and is no cookie",
        CookieFormat::Django => "its key is the app's SECRET_KEY",
        CookieFormat::Itsdangerous => {
            "its key is the app's SECRET_KEY; its timestamp is the second part"
        }
        CookieFormat::Fernet => "its key is the 32 bytes that the app gives to Fernet",
        CookieFormat::Tornado => {
            "its key is the app's cookie_secret; its parts are readable without a key"
        }
        CookieFormat::Laravel => "its key is the app's APP_KEY",
        CookieFormat::CakePhp => "its key is the app's Security.salt or cookie key",
        CookieFormat::Yii => {
            "its key is the app's cookieValidationKey; its content is readable without a key"
        }
        CookieFormat::Phoenix => {
            "its keys come from the app's secret_key_base (of Elixir) and the salts of Plug.Session"
        }
        CookieFormat::AspNetCore => "its keys are the app's key ring of data protection",
        CookieFormat::Play => "its key is the app's secret; its pairs are readable without a key",
        CookieFormat::SecureCookie => "its keys are those that the app gives to securecookie.New",
        CookieFormat::Mojolicious => {
            "its key is one of the app's secrets (of Perl); its JSON is readable without a key"
        }
        CookieFormat::PhpSessionId => "the session itself is on the server, in session.save_path",
        CookieFormat::EncryptedGcm
        | CookieFormat::EncryptedCbc
        | CookieFormat::Signed
        | CookieFormat::Unknown => "its form tells no more",
    };
    let text = format!("{format}: Rails did not seal it; {tells}");
    Cause::new(CauseKind::NotRails, text).with_action(action)
}

/// Describes a value of no known form, by the name of the cookie.
pub(super) fn advice_by_name(name: Option<&str>) -> String {
    match name.and_then(of_name) {
        Some((_, tells)) => {
            format!("its form is not recognized; by its name it is no session of Rails: {tells}")
        }
        None => {
            "its form is not recognized: a sealed cookie of Rails has -- in it. Is it the right \
                 cookie, and whole? A Rails session is named _<app>_session unless \
                 config.session_store says otherwise"
                .to_owned()
        }
    }
}
