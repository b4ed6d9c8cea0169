//! Marshal both ways: sessions of Ruby's with a change, and values of both sides.

use hardtack::value::Value;
use hardtack::{LoadDefaults, Serializer, SessionData};
use hardtack_peers::{Generator, Rails};
use serde_json::json;

use crate::channel::{NAME, jar, sealed_bytes, signed};
use crate::tally::Tally;
use crate::values::{bytes_of_hex, hex, ruby_value};

pub(crate) fn compare(rails: &mut Rails, seeds: &[u64], tally: &mut Tally) {
    let written = rails.ask(json!({
        "op": "differential", "of": "marshal_write", "seeds": seeds,
    }));
    let again = |field: &str, change: fn(u64, &[u8]) -> Result<Vec<u8>, String>| {
        let streams = written[field].as_array().expect("a list");
        assert_eq!(streams.len(), seeds.len());
        let streams = seeds.iter().zip(streams).map(|(seed, stream)| {
            let stream = bytes_of_hex(stream.as_str().expect("hex"));
            change(*seed, &stream).map(|bytes| hex(&bytes))
        });
        streams.collect::<Vec<_>>()
    };
    let sessions = again("sessions", changed);
    let values = again("values", |_, stream| value_again(stream));

    let nil = hex(b"\x04\x080");
    let or_nil = |all: &[Result<String, String>]| -> Vec<String> {
        let one = |result: &Result<String, String>| result.clone().unwrap_or_else(|_| nil.clone());
        all.iter().map(one).collect()
    };
    let answer = rails.ask(json!({
        "op": "differential", "of": "marshal_read", "seeds": seeds,
        "sessions": or_nil(&sessions), "values": or_nil(&values),
    }));
    for (field, ours) in [("sessions", sessions), ("values", values)] {
        let differences = answer[field].as_array().expect("a list");
        assert_eq!(differences.len(), seeds.len());
        for ((seed, ours), difference) in seeds.iter().zip(ours).zip(differences) {
            let difference = match ours {
                Err(error) => Some(error),
                Ok(_) => difference.as_str().map(str::to_owned),
            };
            tally.check(*seed, difference.map(|text| format!("{field}: {text}")));
        }
    }
    equal(rails, seeds, tally);
}

/// The change that Ruby makes as well (`Differential.changed`).
fn changed(seed: u64, stream: &[u8]) -> Result<Vec<u8>, String> {
    let jar = jar(LoadDefaults::V6_1, Serializer::Marshal);
    let opened = SessionData::read_value(&jar, NAME, signed(stream).as_bytes());
    let mut session = opened
        .map_err(|_| "the session is refused".to_owned())?
        .into_value();
    let first = session.keys().get(1).map(|key| key.clone().into_owned());
    match (seed % 3, first) {
        (0, _) => session
            .insert("new", json!(["new", {"n": 1.5}]))
            .expect("it fits"),
        (1, Some(first)) => assert!(session.remove(&first)),
        (1, None) => {}
        (_, first) => session
            .insert(first.as_deref().unwrap_or("new"), "changed")
            .expect("text fits"),
    }
    let cookie = session.write(&jar, NAME, None);
    cookie
        .map(|cookie| sealed_bytes(&cookie))
        .map_err(|error| error.to_string())
}

/// Read as a [`Value`] and written as one.
fn value_again(stream: &[u8]) -> Result<Vec<u8>, String> {
    let jar = jar(LoadDefaults::V6_1, Serializer::Marshal);
    let opened = jar.read_value::<Value>(NAME, signed(stream).as_bytes());
    let opened = opened.map_err(|_| "the value is refused".to_owned())?;
    let cookie = jar.write(NAME, opened.value(), None);
    cookie
        .map(|cookie| sealed_bytes(&cookie))
        .map_err(|error| error.to_string())
}

/// Values that Rust made.
fn equal(rails: &mut Rails, seeds: &[u64], tally: &mut Tally) {
    let jar = jar(LoadDefaults::V6_1, Serializer::Marshal);
    let cases: Vec<(String, String)> = seeds
        .iter()
        .map(|seed| {
            let (value, ruby) = ruby_value(&mut Generator::new(*seed), 4);
            let cookie = jar.write(NAME, &value, None);
            let cookie = cookie.unwrap_or_else(|error| panic!("{seed} {ruby}: {error}"));
            (hex(&sealed_bytes(&cookie)), ruby)
        })
        .collect();
    let answer = rails.ask(json!({
        "op": "differential", "of": "marshal_equal", "cases": cases,
    }));
    let differences = answer["values"].as_array().expect("a list");
    assert_eq!(differences.len(), seeds.len());
    for ((seed, (_, ruby)), difference) in seeds.iter().zip(&cases).zip(differences) {
        let difference = difference.as_str();
        tally.check(*seed, difference.map(|text| format!("{ruby}: {text}")));
    }
}
