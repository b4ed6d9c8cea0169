//! Any bytes into hardtack as the value of a cookie, and out again: signed by the secret itself, as in
//! Rails 3, so that nothing is derived or encrypted.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hardtack::settings::{SecretKind, SizeLimit};
use hardtack::{Jar, LoadDefaults, SecretKeyBase, Serializer, SetCookie};
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::values::hex;

/// The cookie's name.
pub(crate) const NAME: &str = "c1";

const TOKEN: &str = "a token of more than thirty characters";

/// Returns a jar under this serializer, without an envelope or a limit.
pub(crate) fn jar(version: LoadDefaults, serializer: Serializer) -> Jar {
    let settings = version
        .settings()
        .secret_kind(SecretKind::SecretToken)
        .use_cookies_with_metadata(false)
        .cookies_serializer(serializer)
        .limit(SizeLimit::None);
    let token = SecretKeyBase::new(TOKEN).expect("it is long enough");
    Jar::signed(&token, settings)
}

/// Signs bytes as the jar does.
pub(crate) fn signed(bytes: &[u8]) -> String {
    let data = STANDARD.encode(bytes);
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).expect("any key is one");
    mac.update(data.as_bytes());
    format!("{data}--{}", hex(&mac.finalize().into_bytes()))
}

/// Returns the bytes in a cookie of the jar's.
pub(crate) fn sealed_bytes(cookie: &SetCookie) -> Vec<u8> {
    let value = cookie.value();
    let (data, _) = value.split_at(value.len() - 42); // two dashes, and the digits of SHA-1
    STANDARD.decode(data).expect("it is base64")
}
