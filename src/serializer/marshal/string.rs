//! One String and nothing else: what Rails' encrypted files hold.

use zeroize::Zeroizing;

use super::document::{Document, Kind};

/// The text of a stream that is one String in UTF-8, named so or not; no copy of it is left.
pub(crate) fn one_string(bytes: &[u8]) -> Option<Zeroizing<String>> {
    let document = Document::load(bytes).ok()?;
    let text = match document.kind(document.root()) {
        Kind::String(text) => std::str::from_utf8(document.text(text))
            .ok()
            .map(str::to_owned),
        _ => None,
    };
    drop(Zeroizing::new(document.input));
    text.map(Zeroizing::new)
}
