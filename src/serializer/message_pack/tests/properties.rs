//! Properties that hold for any bytes.

use proptest::collection::vec;
use proptest::prelude::*;

use super::super::super::value::Value;
use super::super::super::{Key, NewValue, Part, Span};
use super::super::Style;
use super::super::{dump, dump_root, index, load, root_is_indifferent, value_at};
use super::check;
use crate::safe_buffer_form::SafeBufferForm;
use crate::settings::IpAddrForm;

/// Bytes that are valid MessagePack more often than random ones: markers and types are frequent.
fn bodies() -> impl Strategy<Value = Vec<u8>> {
    let leaf = prop_oneof![
        vec(any::<u8>(), 0..6),
        Just(vec![0xc0]),
        any::<u8>().prop_map(|n| vec![0xcc, n]),
        "[a-c]{0,4}".prop_map(|text| with_head(0xa0, text.as_bytes())),
        any::<f64>().prop_map(|n| [&[0xcb], &n.to_be_bytes()[..]].concat()),
        vec(any::<u8>(), 0..40).prop_map(|b| with_length(0xc4, None, &b)),
        (0..20u8, vec(any::<u8>(), 0..9)).prop_map(|(kind, b)| with_length(0xc7, Some(kind), &b)),
        Just(with_length(0xc7, Some(2), b"18:0.5e0")),
        Just(with_length(0xc7, Some(7), &[0x01, 0x02, 0x03])),
        Just(with_length(0xc7, Some(3), &[0x01, 0x02])),
    ];
    leaf.prop_recursive(6, 64, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(|parts| container(0x90, &parts, 1)),
            vec(inner.clone(), 0..6).prop_map(|parts| container(0x80, &parts, 2)),
            (0..19u8, vec(inner.clone(), 0..4)).prop_map(|(kind, parts)| with_length(
                0xc7,
                Some(kind),
                &parts.concat()
            )),
            vec(inner.clone(), 0..4).prop_map(|parts| with_length(
                0xc7,
                Some(12),
                &container(0x90, &parts, 1)
            )),
            vec(inner, 0..4).prop_map(|parts| with_length(
                0xc7,
                Some(17),
                &container(0x80, &parts, 2)
            )),
        ]
    })
}

fn with_head(marker: u8, bytes: &[u8]) -> Vec<u8> {
    [&[marker | u8::try_from(bytes.len()).unwrap()], bytes].concat()
}

fn with_length(marker: u8, kind: Option<u8>, bytes: &[u8]) -> Vec<u8> {
    // A length beyond 8 bits is cut: the message is malformed then, which is as good.
    let length = u8::try_from(bytes.len()).unwrap_or(u8::MAX);
    let head = [Some(marker), Some(length), kind];
    let head: Vec<u8> = head.into_iter().flatten().collect();
    [&head, bytes].concat()
}

fn container(marker: u8, parts: &[Vec<u8>], each: usize) -> Vec<u8> {
    let count = parts.len() / each;
    let head = [marker | u8::try_from(count).unwrap()];
    [&head, &parts[..count * each].concat()[..]].concat()
}

fn message(body: &[u8]) -> Vec<u8> {
    [&[0xcc, 0x80], body].concat()
}

/// The value as text, in which NaN equals NaN.
fn text(value: &Value) -> String {
    format!("{value:?}")
}

fn bytes(message: &[u8], span: Span) -> &[u8] {
    &message[span.start()..span.end()]
}

fn holds(message: &[u8]) {
    let loaded = load(message);
    let indexed = index(message);
    let Ok(entries) = indexed else {
        assert!(loaded.is_err());
        return;
    };
    let ranges = entries.iter().flatten();
    let ranges = ranges.flat_map(|entry| [entry.key, entry.value]);
    let unreadable = ranges.filter_map(|range| value_at(message, range).err());
    let unreadable = unreadable.collect::<Vec<_>>();
    // A map can be read if all its entries can be; any other value if its check passes.
    let is_map = entries.is_some();
    assert_eq!(check(message).is_ok(), is_map || loaded.is_ok());
    assert!(!is_map || loaded.as_ref().err() == unreadable.first());
    let indifferent = root_is_indifferent(message);
    let Ok(value) = loaded else {
        // Unreadable values are copied with all the others.
        let Some(entries) = entries else { return };
        let raw = entries
            .iter()
            .map(|entry| (Key::Read(entry.key), Part::Read(entry.value)));
        let copy = dump_root(message, indifferent, raw).unwrap();
        let copied = index(&copy).unwrap().unwrap();
        assert_eq!(copied.len(), entries.len());
        for (entry, copied) in entries.iter().zip(&copied) {
            for (span, copied) in [(entry.key, copied.key), (entry.value, copied.value)] {
                let unreadable = value_at(message, span).is_err();
                assert_eq!(value_at(&copy, copied).is_err(), unreadable);
                assert!(!unreadable || bytes(message, span) == bytes(&copy, copied));
            }
        }
        return;
    };
    for ip_addr in [IpAddrForm::Raw, IpAddrForm::String] {
        let dumped = Style {
            ip_addr,
            ..Style::default()
        }
        .dump(&value)
        .unwrap();
        assert_eq!(text(&load(&dumped).unwrap()), text(&value));
    }
    let is_hash = matches!(value, Value::Hash(_) | Value::IndifferentHash(_));
    assert_eq!(is_map, is_hash);
    let Some(entries) = entries else { return };
    // Copying entry by entry and writing from the values give the same bytes.
    let raw = entries
        .iter()
        .map(|entry| (Key::Read(entry.key), Part::Read(entry.value)));
    let copy = dump_root(message, indifferent, raw).unwrap();
    assert_eq!(text(&load(&copy).unwrap()), text(&value));
    let values: Vec<Value> = entries
        .iter()
        .map(|entry| value_at(message, entry.value).unwrap())
        .collect();
    let written = entries
        .iter()
        .zip(&values)
        .map(|(entry, value)| (Key::Read(entry.key), Part::Changed(NewValue::Value(value))));
    let written = dump_root(message, indifferent, written).unwrap();
    assert_eq!(text(&load(&written).unwrap()), text(&value));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn anything_behind_the_signature(body in vec(any::<u8>(), 0..200)) {
        holds(&message(&body));
    }

    #[test]
    fn anything_like_message_pack(body in bodies()) {
        holds(&message(&body));
    }

    #[test]
    fn anything_at_all(bytes in vec(any::<u8>(), 0..200)) {
        holds(&bytes);
    }

    /// Each form is read as the text that was written, for any first characters and any length.
    #[test]
    fn safe_buffers_keep_their_text(start in "[a<\u{80}-\u{7ff}é]{0,2}", length in 0..300usize, depth in 0..3usize) {
        let text = start + &"x".repeat(length);
        let safe = |text: &str| (0..depth).fold(Value::SafeBuffer(text.to_owned()), |inner, _| Value::Array(vec![inner]));
        for safe_buffer in [SafeBufferForm::String, SafeBufferForm::Raw] {
            let style = Style { safe_buffer, ..Style::default() };
            let again = load(&style.dump(&safe(&text)).unwrap()).unwrap();
            let first = text.chars().next().unwrap_or('a');
            if safe_buffer == SafeBufferForm::String || !('\u{640}'..='\u{67f}').contains(&first) {
                prop_assert_eq!(again, safe(&text));
            } else {
                // Some of these become Strings.
                let inner = (0..depth).fold(&again, |value, _| &value.as_array().unwrap()[0]);
                prop_assert_eq!(inner.as_str(), Some(&*text));
            }
        }
    }

    #[test]
    fn integers_keep_their_value(number in any::<i64>(), shift in 0..64u32) {
        let value = Value::Integer(number >> shift);
        prop_assert_eq!(load(&dump(&value).unwrap()), Ok(value));
    }
}
