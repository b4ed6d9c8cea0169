//! [`ExpressParts`]: the parts of a cookie of express-session, by its form alone.

use super::damaged_signature::{DamagedSignature, Shape, is_whole};

/// The form of cookie-signature's signatures: HMAC-SHA256 in standard base64.
pub(super) const SIGNATURE: Shape = Shape {
    length: 43,
    is_url_safe: false,
};

/// The characters of an id that express-session makes (24 bytes in url-safe base64).
const ID_LENGTH: usize = 32;

/// The store's answer to the key of a session.
#[derive(Clone)]
pub(super) enum StoreAnswer {
    Nothing,
    Entry(Vec<u8>),
}

/// The parts of a cookie of express-session.
pub(super) struct ExpressParts<'a> {
    /// `s:` stands before it.
    pub(super) is_marked: bool,
    pub(super) id: &'a str,
    pub(super) signature: Option<&'a str>,
}

impl<'a> ExpressParts<'a> {
    pub(super) fn of(text: &'a str) -> Self {
        let signed = text.strip_prefix("s:");
        let rest = signed.unwrap_or(text);
        let (id, signature) = match rest.rsplit_once('.') {
            Some((id, signature)) => (id, Some(signature)),
            None => (rest, None),
        };
        Self {
            is_marked: signed.is_some(),
            id,
            signature,
        }
    }

    pub(super) fn is_whole(&self) -> bool {
        self.signature
            .is_some_and(|signature| is_whole(signature, SIGNATURE))
    }
}

/// Checks for the id that express-session makes.
pub(super) fn is_id(id: &str) -> bool {
    let is_own = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    id.len() == ID_LENGTH && id.bytes().all(is_own)
}

/// Checks for `s:`, an id and a signature that lost or changed characters, or none at all.
pub(super) fn is_damaged(text: &str) -> bool {
    let parts = ExpressParts::of(text);
    let signature = parts.signature.unwrap_or_default();
    parts.is_marked
        && is_id(parts.id)
        && (signature.is_empty() || DamagedSignature::of(signature, SIGNATURE).is_some())
}
