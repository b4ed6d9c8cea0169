//! Messages with valid signatures for the signed jar, with any content.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::secret::KeyGenerator;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::support::secret;

/// Returns a message around these bytes, signed as Rails' signed jar would under [`secret`].
pub(crate) fn signed(bytes: &[u8]) -> String {
    static KEY: OnceLock<Hmac<Sha1>> = OnceLock::new();
    let key = KEY.get_or_init(|| {
        let key = KeyGenerator::new(&secret()).generate_key("signed cookie", 64);
        Hmac::new_from_slice(key.expose()).unwrap()
    });
    let data = STANDARD.encode(bytes);
    let code = key.clone().chain_update(&data).finalize().into_bytes();
    format!("{data}--{}", hex::encode(code))
}
