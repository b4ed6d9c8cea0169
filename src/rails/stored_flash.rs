//! A flash as each version of Rails keeps it in the session.

use crate::serializer::value::{RubyObject, Value, text_pairs};

/// What a stored flash has left to show, by `FlashHash.from_session_value` (6.1).
pub(super) fn waiting(stored: &Value) -> Vec<(String, Value)> {
    let (flashes, shown) = match stored {
        Value::Object(object) => of_object(object),
        // Rails 4.0 and later; 4.0 to 4.2 list in `discard` what they wrote though it was shown.
        hash => (hash.get("flashes"), hash.get("discard")),
    };
    let shown = shown.and_then(Value::as_array).unwrap_or_default();
    let left: Vec<_> = flashes
        .and_then(Value::as_hash)
        .unwrap_or_default()
        .iter()
        .filter(|(key, _)| !shown.contains(key))
        .cloned()
        .collect();
    with_text_keys(left)
}

/// The entries of a `FlashHash`, and the keys of those that were shown already.
fn of_object(object: &RubyObject) -> (Option<&Value>, Option<&Value>) {
    match object {
        // Rails 3.1 and 3.2
        RubyObject::Instance { ivars, .. } => {
            let ivar = |wanted| {
                let found = ivars.iter().find(|(name, _)| name == wanted);
                found.map(|(_, value)| value)
            };
            (ivar("@flashes"), ivar("@used"))
        }
        // Rails 2.3 and 3.0, a subclass of Hash: its `@used` is not kept with the content.
        RubyObject::Subclass { content, .. } => (Some(content), None),
        _ => (None, None),
    }
}

/// `stringify_keys`: up to 4.0 keys may be Symbols.
fn with_text_keys(pairs: Vec<(Value, Value)>) -> Vec<(String, Value)> {
    if let Some(texts) = text_pairs(&pairs) {
        let texts = texts.into_iter();
        return texts
            .map(|(key, value)| (key.into_owned(), value.clone()))
            .collect();
    }
    let text = |(key, value)| match key {
        Value::String(key) => Some((key, value)),
        _ => None,
    };
    pairs.into_iter().filter_map(text).collect()
}
