//! JSON both ways, byte for byte: Rails' own text of its values, and ours of ours.

use hardtack::value::Value;
use hardtack::{LoadDefaults, Serializer};
use hardtack_peers::{Generator, Rails, RailsVersion};
use serde_json::json;

use crate::channel::{NAME, jar, sealed_bytes, signed};
use crate::tally::Tally;
use crate::values::{bytes_of_hex, hex};

pub(crate) fn compare(rails: &mut Rails, seeds: &[u64], tally: &mut Tally) {
    let answer = rails.ask(json!({"op": "differential", "of": "json_write", "seeds": seeds}));
    let values: Vec<(String, String)> =
        serde_json::from_value(answer["values"].clone()).expect("pairs");
    assert_eq!(values.len(), seeds.len());
    for (seed, (marshal, text)) in seeds.iter().zip(values) {
        let (marshal, text) = (bytes_of_hex(&marshal), bytes_of_hex(&text));
        // Rails 6.1 and later write what they read as Marshal anew as JSON.
        tally.check(*seed, differs(again(Serializer::Hybrid, &marshal), &text));
        tally.check(*seed, differs(again(Serializer::Json, &text), &text));
    }

    let version = RailsVersion::current().load_defaults;
    let jar = jar(version, Serializer::Json);
    let mut cases = Vec::new();
    for seed in seeds {
        let data = Generator::new(*seed).data();
        let as_value = jar.write(NAME, data.value(), None).expect("it is written");
        let as_type = jar.write(NAME, &data, None).expect("it is written");
        let text = sealed_bytes(&as_value);
        tally.check(*seed, differs(Ok(sealed_bytes(&as_type)), &text));
        cases.push((hex(&text), data.ruby()));
    }
    let answer = rails.ask(json!({
        "op": "differential", "of": "json_equal", "cases": cases,
    }));
    let differences = answer["values"].as_array().expect("a list");
    assert_eq!(differences.len(), seeds.len());
    for ((seed, (_, ruby)), difference) in seeds.iter().zip(&cases).zip(differences) {
        let difference = difference.as_str();
        tally.check(*seed, difference.map(|text| format!("{ruby}: {text}")));
    }
}

/// Read as a [`Value`], and written as JSON.
fn again(serializer: Serializer, bytes: &[u8]) -> Result<Vec<u8>, String> {
    let version: LoadDefaults = RailsVersion::current().load_defaults;
    let jar = jar(version, serializer);
    let opened = jar.read_value::<Value>(NAME, signed(bytes).as_bytes());
    let opened = opened.map_err(|_| "refused".to_owned())?;
    let cookie = jar.write(NAME, opened.value(), None);
    cookie
        .map(|cookie| sealed_bytes(&cookie))
        .map_err(|error| error.to_string())
}

fn differs(ours: Result<Vec<u8>, String>, theirs: &[u8]) -> Option<String> {
    let theirs_shown = String::from_utf8_lossy(theirs);
    match ours {
        Ok(ours) if ours == theirs => None,
        Ok(ours) => Some(format!(
            "{} is {theirs_shown} in Rails",
            String::from_utf8_lossy(&ours)
        )),
        Err(error) => Some(format!("{error}: {theirs_shown}")),
    }
}
