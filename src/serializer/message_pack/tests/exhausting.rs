//! Messages made to exhaust their reader.

use std::thread;

use super::super::super::Span;
use super::super::super::value::{RubyRange, Value};
use super::super::{dump, index, load, value_at};
use super::check;
use super::rails_vectors::all;

/// Runs a test on a small stack.
fn on_small_stack(test: impl FnOnce() + Send + 'static) {
    let thread = thread::Builder::new().stack_size(512 * 1024);
    thread.spawn(test).unwrap().join().unwrap();
}

fn message(body: &[u8]) -> Vec<u8> {
    [&[0xcc, 0x80], body].concat()
}

/// `inner` nested in `levels` containers of `wrap`.
fn nested(levels: usize, inner: &[u8], wrap: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    message(&(0..levels).fold(inner.to_vec(), |inner, _| wrap(&inner)))
}

fn extension(kind: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&[0xc9], &length[..], &[kind], payload].concat()
}

#[test]
fn one_hundred_and_twenty_eight_levels_are_read_and_no_more() {
    type Wrap = fn(&[u8]) -> Vec<u8>;
    let wraps: [(&str, usize, Wrap); 6] = [
        ("array", 1, |inner| [&[0x91], inner].concat()),
        ("map value", 1, |inner| [&[0x81, 0xc0], inner].concat()),
        ("map key", 1, |inner| [&[0x81], inner, &[0xc0]].concat()),
        ("range", 1, |inner| {
            extension(11, &[inner, &[0xc0, 0xc2]].concat())
        }),
        ("set", 2, |inner| extension(12, &[&[0x91], inner].concat())),
        ("indifferent hash", 2, |inner| {
            extension(17, &[&[0x81, 0xa0], inner].concat())
        }),
    ];
    on_small_stack(move || {
        for (name, each, wrap) in wraps {
            let deepest = nested(128 / each, &[0xc0], wrap);
            let value = load(&deepest).unwrap_or_else(|e| panic!("{name}: {e:?}"));
            assert!(index(&deepest).is_ok(), "{name}");
            let dumped = dump(&value).unwrap();
            assert_eq!(load(&dumped), Ok(value), "{name}");
            // An empty container takes no level, as in the gem.
            assert!(load(&nested(128 / each, &[0x90], wrap)).is_ok(), "{name}");

            let too_deep = nested(128 / each, &[0x91, 0xc0], wrap);
            let bomb = nested(5_000, &[0xc0], wrap);
            for message in [too_deep, bomb] {
                let error = load(&message).unwrap_err();
                assert_eq!(error.reason, "nesting deeper than 128 levels", "{name}");
                // The payload of an extension is checked when its entry is read.
                match index(&message) {
                    Err(other) => assert_eq!(other.reason, error.reason, "{name}"),
                    Ok(None) => assert_eq!(check(&message), Err(error), "{name}"),
                    Ok(Some(entries)) => {
                        let entry = &entries[0];
                        assert_eq!(value_at(&message, entry.value), Err(error), "{name}");
                    }
                }
            }
        }
    });
}

#[test]
fn numbers_in_numbers_are_refused_at_once() {
    on_small_stack(|| {
        for kind in [3, 4, 5, 6, 7, 8, 10] {
            let bomb = nested(5_000, &[0xc0], |inner| extension(kind, inner));
            assert!(load(&bomb).is_err());
            assert!(check(&bomb).is_err());
        }
    });
}

#[test]
fn a_payload_of_values_takes_a_level() {
    // A Rational, a Date and an IPAddr (as Rails 7.2 writes it) in 127 and in 128 arrays.
    for leaf in [
        &[0xd5, 3, 1, 3][..],
        &[0xd4, 6, 0],
        &[0xd6, 14, 0xa3, b':', b':', b'1'],
    ] {
        let wrap = |inner: &[u8]| [&[0x91], inner].concat();
        assert!(load(&nested(127, leaf, wrap)).is_ok());
        assert!(load(&nested(128, leaf, wrap)).is_err());
        assert!(check(&nested(128, leaf, wrap)).is_err());
    }
    // A Symbol is not a container.
    assert!(load(&nested(128, &[0xd4, 0, b'a'], |inner| [&[0x91], inner].concat())).is_ok());
}

#[test]
fn values_too_deep_are_not_written() {
    type Wrap = fn(Value) -> Value;
    let wraps: [(usize, Wrap); 5] = [
        (128, |inner| Value::Array(vec![inner])),
        (128, |inner| Value::Hash(vec![(Value::Nil, inner)])),
        (128, |inner| {
            Value::Range(Box::new(RubyRange {
                begin: inner,
                end: Value::Nil,
                exclude_end: true,
            }))
        }),
        (64, |inner| Value::Set(vec![inner])),
        (64, |inner| {
            Value::IndifferentHash(vec![(Value::Nil, inner)])
        }),
    ];
    on_small_stack(move || {
        for (most, wrap) in wraps {
            let deepest = (0..most).fold(Value::Nil, |inner, _| wrap(inner));
            assert_eq!(load(&dump(&deepest).unwrap()).as_ref(), Ok(&deepest));
            let error = dump(&wrap(deepest)).unwrap_err();
            assert_eq!(error.0, "values are nested deeper than 128 levels");
        }
    });
}

#[test]
fn declared_lengths_are_held_against_what_is_there() {
    for body in [
        &[0xdd, 0xff, 0xff, 0xff, 0xff][..],          // array 32
        &[0xdf, 0xff, 0xff, 0xff, 0xff],              // map 32
        &[0xdb, 0xff, 0xff, 0xff, 0xff],              // str 32
        &[0xc6, 0xff, 0xff, 0xff, 0xff],              // bin 32
        &[0xc9, 0xff, 0xff, 0xff, 0xff, 1],           // ext 32
        &[0xdc, 0xff, 0xff, 0xc0],                    // array 16
        &[0xde, 0xff, 0xff, 0xc0],                    // map 16
        &[0xc7, 5, 12, 0xdd, 0xff, 0xff, 0xff, 0xff], // a Set of them
        &[0x82, 0xc0, 0xc0, 0xc0],                    // a map of two with bytes for one and a half
        &[0x92, 0x93, 0xc0, 0xc0, 0xc0],              // the outer array's second element is missing
        &[0xc1],
    ] {
        let message = message(body);
        let error = load(&message).unwrap_err();
        assert_eq!(check(&message).unwrap_err(), error, "{body:x?}");
        assert!(error.offset <= message.len());
    }
}

/// An extension's payload may not take the bytes that other values need.
#[test]
fn what_is_owed_is_held_against_what_is_left() {
    // A Set of two nils.
    const SET: &[u8] = &[0xc7, 3, 12, 0x92, 0xc0, 0xc0];
    for head in [
        &[0x92][..],                      // an array of two
        &[0x93],                          // of three
        &[0x93, 0xc0],                    // whose second it is
        &[0x81],                          // a map, whose key it is
        &[0x82, 0xc0],                    // whose value it is, and another entry is missing
        &[0x92, 0x91],                    // an array in an array
        &[0xc7, 9, 12, 0x92, 0xc0, 0x92], // a Set, whose last array has one more
    ] {
        let message = message(&[head, SET].concat());
        let error = load(&message).unwrap_err();
        let reason = "more elements declared than bytes are left";
        assert_eq!(error.reason, reason, "{head:x?}");
        assert_eq!(check(&message).unwrap_err(), error, "{head:x?}");
    }
}

#[test]
fn exactly_one_object_behind_the_signature() {
    for bytes in [
        &[][..],
        &[0xcc],
        &[0xcc, 0x80],
        &[0xcc, 0x81, 0xc0],
        &[0x04, 0x08, 0x30],
        &[0xcc, 0x80, 0xc0, 0xc0],
    ] {
        assert!(load(bytes).is_err(), "{bytes:x?}");
        assert!(index(bytes).is_err(), "{bytes:x?}");
    }
}

#[test]
fn ranges_that_are_no_values_are_refused() {
    let message = message(&[0x81, 0xa1, b'a', 0x01]);
    assert_eq!(value_at(&message, Span::new(5, 6)), Ok(Value::Integer(1)));
    for (start, end) in [(5, 5), (5, 7), (6, 5), (9, 10), (0, usize::MAX), (3, 6)] {
        assert!(
            value_at(&message, Span::new(start, end)).is_err(),
            "{start}..{end}"
        );
    }
}

#[test]
fn every_flipped_byte_is_an_error_or_a_value() {
    on_small_stack(|| {
        for (name, bytes) in all() {
            for at in 0..bytes.len() {
                for flip in 1..=u8::MAX {
                    let mut bytes = bytes.clone();
                    bytes[at] ^= flip;
                    let loaded = load(&bytes);
                    let indexed = index(&bytes);
                    assert!(indexed.is_ok() || loaded.is_err(), "{name} {at}");
                    for entry in indexed.into_iter().flatten().flatten() {
                        let _ = value_at(&bytes, entry.key);
                        let _ = value_at(&bytes, entry.value);
                    }
                    if let Ok(value) = loaded {
                        dump(&value).unwrap();
                    }
                }
            }
        }
    });
}
