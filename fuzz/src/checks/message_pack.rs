//! Active Support's MessagePack: the index against the reader, and the writer against both.

use hardtack::settings::SafeBufferForm;
use hardtack::value::Value;
use hardtack::{LoadDefaults, Serializer, fuzzing};

use super::text;

pub(super) fn check(data: &[u8]) {
    let serialized = fuzzing::serialized(Serializer::MessagePack, data);
    let value = fuzzing::load(&serialized);
    let index = fuzzing::message_pack_index(data);
    let is_map = matches!(index, Ok(Some(_)));
    let is_checked = fuzzing::check(&serialized).is_ok();
    assert_eq!(is_checked, is_map || value.is_ok());
    let Ok(index) = index else {
        assert!(value.is_err(), "a value without an index");
        return;
    };
    // A map can be read where all its entries can be.
    let value = match (&index, value) {
        (None, Err(_)) => return,
        (Some(index), Err(error)) => {
            let mut errors = index.iter().flatten().filter_map(|one| one.as_ref().err());
            assert_eq!(errors.next(), Some(&error));
            return;
        }
        (_, Ok(value)) => value,
    };
    entries(&value, index);

    let forms = [
        (LoadDefaults::V7_1, SafeBufferForm::Text),
        (LoadDefaults::V7_2, SafeBufferForm::Text),
        (LoadDefaults::V8_1, SafeBufferForm::Raw),
        (LoadDefaults::V8_1, SafeBufferForm::String),
    ];
    for (version, safe_buffer) in forms {
        let settings = version
            .settings()
            .cookies_serializer(Serializer::MessagePack)
            .safe_buffer(safe_buffer);
        // A string within an extension takes a level more than bare text.
        let Ok(dumped) = fuzzing::dump(&value, &settings) else {
            assert_ne!(version, LoadDefaults::V7_1);
            continue;
        };
        let again = fuzzing::load(&dumped).unwrap();
        // Before 8.1 a SafeBuffer is written as a String, and so are a few in its first form.
        if safe_buffer == SafeBufferForm::String {
            assert_eq!(text(&again), text(&value));
        }
        assert_eq!(fuzzing::dump(&again, &settings).unwrap(), dumped);
    }
}

/// Of equal keys the last one's value stands at the first one's place.
fn entries(value: &Value, index: Option<Vec<[Result<Value, &'static str>; 2]>>) {
    let (Value::Hash(pairs) | Value::IndifferentHash(pairs)) = value else {
        assert!(index.is_none());
        return;
    };
    let index = index.expect("a map without an index");
    let mut unique: Vec<(&Value, &Value)> = Vec::new();
    for [key, value] in &index {
        let (key, value) = (key.as_ref().unwrap(), value.as_ref().unwrap());
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
