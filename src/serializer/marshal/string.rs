//! Reads a stream of one String and nothing else, as Rails' encrypted files hold it.

use zeroize::Zeroizing;

use super::document::{Document, Kind};

/// Returns the text of a stream that is one String in UTF-8, with or without its encoding's name.
/// No copy of the text is left in memory.
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
