//! Active Support's MessagePack: the index against the reader, and the writer against both.

use hardtack::{RailsVersion, Serializer, Value, fuzzing};

use super::text;

pub(super) fn check(data: &[u8]) {
    let serialized = fuzzing::serialized(Serializer::MessagePack, data);
    let value = fuzzing::load(&serialized);
    let index = fuzzing::message_pack_index(data);
    assert_eq!(value.as_ref().err(), index.as_ref().err());
    assert_eq!(
        fuzzing::check(&serialized).err(),
        value.as_ref().err().copied()
    );
    let (Ok(value), Ok(index)) = (value, index) else {
        return;
    };
    entries(&value, index);

    for version in [RailsVersion::V7_1, RailsVersion::V7_2, RailsVersion::V8_1] {
        let settings = version.settings().serializer(Serializer::MessagePack);
        let dumped = fuzzing::dump(&value, &settings).unwrap();
        let again = fuzzing::load(&dumped).unwrap();
        // Before 8.1 a SafeBuffer is written as a String.
        if version == RailsVersion::V8_1 {
            assert_eq!(text(&again), text(&value));
        }
        assert_eq!(fuzzing::dump(&again, &settings).unwrap(), dumped);
    }
}

/// Of equal keys the last one's value stands at the first one's place.
fn entries(value: &Value, index: Option<Vec<(String, Value, Value)>>) {
    let (Value::Hash(pairs) | Value::IndifferentHash(pairs)) = value else {
        assert!(index.is_none());
        return;
    };
    let index = index.expect("a map without an index");
    let mut unique: Vec<(&Value, &Value)> = Vec::new();
    for (_, key, value) in &index {
        match unique
            .iter_mut()
            .find(|(known, _)| fuzzing::is_one_key(known, key))
        {
            Some(pair) => pair.1 = value,
            None => unique.push((key, value)),
        }
    }
    let pairs: Vec<_> = pairs.iter().map(|(key, value)| (key, value)).collect();
    assert_eq!(format!("{unique:?}"), format!("{pairs:?}"));
}
