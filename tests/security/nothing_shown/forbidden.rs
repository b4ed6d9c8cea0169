//! The texts that no output may hold, in every form in which it might show them.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::secret::KeyGenerator;
use hardtack::settings::KeyDigest;

use super::{CARD, CSRF, NOTICE, NUMBER, PASSWORD, SECRET, secret};

/// The texts that no output may hold, in every form in which it might show them.
pub(crate) fn forbidden() -> Vec<(String, String)> {
    let mut forbidden = Vec::new();
    let mut add = |what: &str, bytes: &[u8]| {
        let mut form = |how: &str, text: String| forbidden.push((format!("{what} {how}"), text));
        if let Ok(text) = std::str::from_utf8(bytes) {
            form("as it is", text.to_owned());
        }
        let start = &bytes[..bytes.len().min(12)];
        form("in hexadecimal", hex::encode(start));
        form("in hexadecimal", hex::encode_upper(start));
        form("in base64", STANDARD.encode(start));
        let numbers: Vec<_> = start.iter().map(u8::to_string).collect();
        form("as a list", numbers.join(", "));
        form("as a list", numbers.join(",\n    "));
        let nested = numbers.iter().map(|number| format!("{number},\n"));
        forbidden.push((format!("{what} as lines"), nested.collect()));
    };
    add("the secret", SECRET.as_bytes());
    add("a part of the secret", &SECRET.as_bytes()[..16]);
    for salt in [
        "authenticated encrypted cookie",
        "encrypted cookie",
        "signed encrypted cookie",
        "signed cookie",
        "invoices",
    ] {
        for digest in [KeyDigest::Sha1, KeyDigest::Sha256] {
            let keys = KeyGenerator::new(&secret()).digest(digest);
            add(salt, keys.generate_key(salt, 64).expose());
        }
    }
    add("a value", CARD.as_bytes());
    add("a number", NUMBER.to_string().as_bytes());
    add("the flash", NOTICE.as_bytes());
    add("the password's salt", &PASSWORD.as_bytes()[..29]);
    add("the CSRF token", &CSRF);
    forbidden
}
