//! Pairs of unique keys, as Ruby's Hash keeps them.

use std::collections::HashMap;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use super::Value;
use super::hash_key::HashKey;

/// Up to this many pairs, comparing each key with all before it is the fastest.
const FEW: usize = 16;

/// Returns pairs in which each key occurs once: of equal keys the LAST value counts, at the place
/// of the FIRST, as when Ruby fills a Hash.
pub(crate) fn unique_pairs(pairs: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    if pairs.len() <= FEW {
        unique_few(pairs)
    } else {
        unique_many(pairs)
    }
}

fn unique_few(pairs: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    let mut unique: Vec<(Value, Value)> = Vec::with_capacity(pairs.len());
    for (key, value) in pairs {
        match unique
            .iter_mut()
            .find(|(known, _)| HashKey(known) == HashKey(&key))
        {
            Some(pair) => pair.1 = value,
            None => unique.push((key, value)),
        }
    }
    unique
}

/// Keys come from outside: the table's hash is seeded, so that no sender can choose colliding keys.
fn unique_many(pairs: Vec<(Value, Value)>) -> Vec<(Value, Value)> {
    let seed = RandomState::new();
    let mut unique: Vec<(Value, Value)> = Vec::with_capacity(pairs.len());
    let mut places: HashMap<u64, Vec<usize>> = HashMap::with_capacity(pairs.len());
    for (key, value) in pairs {
        let same_hash = places.entry(seed.hash_one(HashKey(&key))).or_default();
        let known = same_hash.iter().copied().find(|&place| {
            unique
                .get(place)
                .is_some_and(|(known, _)| HashKey(known) == HashKey(&key))
        });
        if let Some(pair) = known.and_then(|place| unique.get_mut(place)) {
            pair.1 = value;
        } else {
            // A NaN does not equal even itself: one list would fill with all its copies.
            if HashKey(&key) == HashKey(&key) {
                same_hash.push(unique.len());
            }
            unique.push((key, value));
        }
    }
    unique
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn last_value_at_first_place_whichever_the_number_of_pairs() {
        for size in [3_i64, 16, 17, 5_000] {
            let pairs = (0..size).chain(0..size).enumerate();
            let pairs: Vec<_> = pairs
                .map(|(i, key)| (Value::from(key), Value::from(i as u64)))
                .collect();
            let unique = unique_pairs(pairs);
            let expected: Vec<_> = (0..size)
                .map(|key| (Value::Integer(key), Value::Integer(key + size)))
                .collect();
            assert_eq!(unique, expected, "{size}");
        }
    }

    /// Ruby: `"a".eql?("a".html_safe)`, `"a".eql?("a".b)`, `["a"].eql?(["a".html_safe])`,
    /// `{"a" => 1}.eql?({"a" => 1}.with_indifferent_access)`; but not `"\xFF".eql?("\xFF".b)`.
    #[test]
    fn keys_of_one_text_are_one_key_whatever_the_strings_class() {
        let text = || Value::from("a");
        let safe = || Value::SafeBuffer("a".to_owned());
        let cases = [
            (text(), safe(), true),
            (text(), Value::bytes(b"a", "ASCII-8BIT"), true),
            (
                Value::from("\u{E9}"),
                Value::bytes("\u{E9}".as_bytes(), "ASCII-8BIT"),
                false,
            ),
            (Value::from("a\0"), Value::bytes(b"a\0", "UTF-16LE"), false),
            (
                Value::bytes(b"\xFF", "UTF-8"),
                Value::bytes(b"\xFF", "ASCII-8BIT"),
                false,
            ),
            (Value::Array(vec![text()]), Value::Array(vec![safe()]), true),
            (
                Value::Array(vec![text()]),
                Value::Array(vec![safe(), safe()]),
                false,
            ),
            (Value::Array(vec![text()]), Value::Set(vec![text()]), false),
            (
                Value::hash([("a", text())]),
                Value::IndifferentHash(vec![(text(), safe())]),
                true,
            ),
        ];
        let mut checked = 0;
        for (one, other, are_one) in cases {
            for others in [0, 20] {
                let mut pairs: Vec<_> = (0..others)
                    .map(|i| (Value::from(i.to_string()), Value::Nil))
                    .collect();
                pairs.push((one.clone(), Value::from(1)));
                pairs.push((other.clone(), Value::from(2)));
                let mut unique = unique_pairs(pairs).split_off(others);
                let first = unique.remove(0);
                let expected = if are_one {
                    (one.clone(), 2)
                } else {
                    (one.clone(), 1)
                };
                assert_eq!(first, (expected.0, Value::from(expected.1)), "{other:?}");
                assert_eq!(unique.is_empty(), are_one, "{one:?} {other:?}");
                checked += 1;
            }
        }
        assert_eq!(checked, 18);
    }

    /// Ruby: `{1 => :a, 1.0 => :b, "1" => :c, :"1" => :d}.size == 4`, `{0.0 => 1, -0.0 => 2}.size == 1`
    #[test]
    fn keys_of_different_kinds_differ() {
        for padding in [0, 20] {
            let mut pairs: Vec<_> = [
                Value::Integer(1),
                Value::Float(1.0),
                Value::from("1"),
                Value::Symbol("1".to_owned()),
                Value::Float(0.0),
                Value::Float(-0.0),
                Value::Float(f64::NAN),
                Value::Float(f64::NAN),
            ]
            .into_iter()
            .map(|key| (key, Value::Nil))
            .collect();
            pairs.extend((0..padding).map(|_| (Value::from("pad"), Value::Nil)));
            assert_eq!(unique_pairs(pairs).len(), if padding == 0 { 7 } else { 8 });
        }
    }

    #[test]
    fn thousands_of_arrays_as_keys_are_fast() {
        let key = |i: u64| Value::from(vec![Value::from("a".repeat(50)), Value::from(i)]);
        let pairs: Vec<_> = (0..20_000).map(|i| (key(i), Value::Nil)).collect();
        assert_eq!(unique_pairs(pairs).len(), 20_000);
    }
}
