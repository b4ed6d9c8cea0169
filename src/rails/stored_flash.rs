//! The stored form of a flash in each version of Rails.

use crate::serializer::value::{HashKey, RubyObject, Value, text_pairs};

/// Returns the stored form of a flash (`FlashHash#to_session_value`); `None` if it has no messages.
pub(super) fn stored(messages: impl IntoIterator<Item = (String, Value)>) -> Option<Value> {
    let pair = |(key, value)| (Value::from(key), value);
    let messages: Vec<_> = messages.into_iter().map(pair).collect();
    (!messages.is_empty()).then(|| {
        Value::Hash(vec![
            ("discard".into(), Value::Array(Vec::new())),
            ("flashes".into(), Value::Hash(messages)),
        ])
    })
}

/// Returns the entries of a stored flash that were not shown yet, as `FlashHash.from_session_value`
/// does (6.1).
pub(super) fn waiting(stored: &Value) -> Vec<(String, Value)> {
    let (flashes, shown) = match stored {
        Value::Object(object) => of_object(object),
        // Rails 4.0 and later. 4.0 to 4.2 write an entry although it was shown, and list it in
        // `discard`.
        hash => (hash.get("flashes"), hash.get("discard")),
    };
    let shown = shown.and_then(Value::as_array).unwrap_or_default();
    let left: Vec<_> = flashes
        .and_then(Value::as_hash)
        .unwrap_or_default()
        .iter()
        .filter(|(key, _)| !shown.iter().any(|shown| HashKey(shown) == HashKey(key)))
        .cloned()
        .collect();
    with_text_keys(left)
}

/// Returns the entries of a `FlashHash`, and the keys of the entries that were already shown.
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
        // Rails 2.3 and 3.0, a subclass of Hash: its `@used` is not stored with the content.
        RubyObject::Subclass { content, .. } => (Some(content), None),
        _ => (None, None),
    }
}

/// Turns keys into text (`stringify_keys`): up to 4.0 keys may be Symbols.
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
