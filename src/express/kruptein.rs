//! [`is_kruptein`]: recognises the sessions that the package kruptein encrypted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

/// What the operator is told of such a session.
pub(super) const KRUPTEIN: &str = "the package kruptein encrypted it (`secret` of connect-memcached \
     or session-file-store, `crypto` of connect-mongo), which is not supported: let the Express app \
     store sessions without that option, and ask its users to log in again";

/// Checks for a message of kruptein: base64 of an ASN.1 sequence, or JSON with the members `ct`,
/// `hmac` and `iv`, maybe as a JSON text.
pub(super) fn is_kruptein(bytes: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return false;
    };
    match serde_json::from_str(text) {
        Ok(Value::Object(members)) => ["ct", "hmac", "iv"]
            .iter()
            .all(|name| members.contains_key(*name)),
        Ok(Value::String(inner)) => is_sequence(&inner) || inner.starts_with("{\"hmac\":"),
        Ok(_) => false,
        Err(_) => is_sequence(text),
    }
}

/// Checks for base64 of an ASN.1 sequence with a length of two bytes (X.690 section 8.1.3) that
/// begins with an octet string.
fn is_sequence(text: &str) -> bool {
    let start = text.get(..8).map(|start| STANDARD.decode(start));
    matches!(start, Some(Ok(bytes)) if matches!(&*bytes, [0x30, 0x82, _, _, 0x04, ..]))
}
