//! [`HashKey`]: the equality of keys in Ruby's Hash.

use std::hash::{Hash, Hasher};

use super::Value;

/// A value as a key of Ruby's Hash, which compares keys with `eql?`. `eql?` ignores the class of a
/// String, the encoding of a String that is ASCII, and the class of a Hash, also inside containers
/// that are keys. (Ruby `string.c`, `rb_str_eql`, and `hash.c`, `rb_hash_eql`; unlike in Ruby, a
/// Hash with its pairs in another order is another key here.)
pub(crate) struct HashKey<'a>(pub(crate) &'a Value);

impl HashKey<'_> {
    /// Returns the text of a String of any class; the text alone decides equality with another such
    /// String.
    fn text(&self) -> Option<&str> {
        match self.0 {
            Value::String(text) | Value::SafeBuffer(text) => Some(text),
            Value::Bytes(string) if string.encoding == "ASCII-8BIT" => {
                let text = std::str::from_utf8(&string.bytes).ok()?;
                text.is_ascii().then_some(text)
            }
            _ => None,
        }
    }
}

impl PartialEq for HashKey<'_> {
    fn eq(&self, other: &Self) -> bool {
        if let (Some(one), Some(other)) = (self.text(), other.text()) {
            return one == other;
        }
        match (self.0, other.0) {
            (Value::Array(one), Value::Array(other)) | (Value::Set(one), Value::Set(other)) => {
                one.iter().map(HashKey).eq(other.iter().map(HashKey))
            }
            (
                Value::Hash(one) | Value::IndifferentHash(one),
                Value::Hash(other) | Value::IndifferentHash(other),
            ) => pairs(one).eq(pairs(other)),
            (one, other) => one == other,
        }
    }
}

impl Hash for HashKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        if let Some(text) = self.text() {
            return text.hash(state);
        }
        match self.0 {
            Value::Array(items) | Value::Set(items) => {
                items.len().hash(state);
                for item in items {
                    HashKey(item).hash(state);
                }
            }
            Value::Hash(all) | Value::IndifferentHash(all) => {
                all.len().hash(state);
                for pair in pairs(all) {
                    pair.hash(state);
                }
            }
            other => other.hash(state),
        }
    }
}

fn pairs(pairs: &[(Value, Value)]) -> impl Iterator<Item = (HashKey<'_>, HashKey<'_>)> {
    pairs
        .iter()
        .map(|(key, value)| (HashKey(key), HashKey(value)))
}

#[cfg(test)]
mod tests {
    use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

    use super::*;

    /// Different keys must have different hashes, so that a table finds a key at once; equal keys
    /// must have the same one.
    #[test]
    fn hashes_tell_keys_apart() {
        let text = |text: &str| Value::from(text);
        let safe = |text: &str| Value::SafeBuffer(text.to_owned());
        let hash = |key: &str| vec![(text(key), text("b"))];
        let keys = [
            (text("a"), safe("a")),
            (text("b"), safe("b")),
            (Value::Integer(1), Value::Integer(1)),
            (Value::Integer(2), Value::Integer(2)),
            (Value::Array(vec![text("a")]), Value::Array(vec![safe("a")])),
            (Value::Array(vec![text("b")]), Value::Array(vec![safe("b")])),
            (Value::Hash(hash("a")), Value::IndifferentHash(hash("a"))),
            (Value::Hash(hash("b")), Value::IndifferentHash(hash("b"))),
        ];
        let hash_of = BuildHasherDefault::<DefaultHasher>::default();
        let mut hashes = Vec::new();
        for (one, other) in &keys {
            let hash = hash_of.hash_one(HashKey(one));
            assert_eq!(hash, hash_of.hash_one(HashKey(other)), "{one:?}");
            assert!(!hashes.contains(&hash), "{one:?}");
            hashes.push(hash);
        }
        assert_eq!(hashes.len(), 8);
    }
}
