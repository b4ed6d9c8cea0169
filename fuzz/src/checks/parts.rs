//! A message's parts: whatever is taken apart is put together to the same text, so that no two
//! texts are one message.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use hardtack::fuzzing;
use hardtack::settings::HmacDigest;

pub(super) fn check(data: &[u8]) {
    for joined in [
        fuzzing::gcm_parts(data, false),
        fuzzing::cbc_parts(data, false),
    ] {
        assert!(joined.is_none_or(|joined| joined == data));
    }
    // The url-safe parser takes the data in either alphabet, padded or not; what it joins is its
    // own form, and stays that.
    for parts in [fuzzing::gcm_parts, fuzzing::cbc_parts] {
        if let Some(joined) = parts(data, true) {
            assert_eq!(parts(&joined, true), Some(joined));
        }
    }

    for digest in HmacDigest::ALL {
        let Some((text, digits)) = fuzzing::signed_parts(data, digest.len()) else {
            continue;
        };
        assert_eq!(data[..text.len()], *text);
        if let Some(digits) = digits {
            assert_eq!(fuzzing::signed_join(text, &digits), data);
        }
    }

    // The vector engine and the scalar one are one codec.
    let decoded = fuzzing::base64_decode(data);
    assert_eq!(decoded, STANDARD.decode(data).ok());
    if let Some(bytes) = decoded {
        assert_eq!(fuzzing::base64_encode(&bytes), data);
    }
    let encoded = fuzzing::base64_encode(data);
    assert_eq!(encoded, STANDARD.encode(data).as_bytes());
    assert_eq!(fuzzing::base64_decode(&encoded).as_deref(), Some(data));
    for encoded in [URL_SAFE.encode(data), URL_SAFE_NO_PAD.encode(data)] {
        let decoded = fuzzing::base64_decode_any(encoded.as_bytes());
        assert_eq!(decoded.as_deref(), Some(data));
    }
    if let Some(bytes) = fuzzing::base64_decode_any(data) {
        let forms = [
            STANDARD.encode(&bytes),
            URL_SAFE.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ];
        assert!(forms.iter().any(|form| form.as_bytes() == data));
    }
}
