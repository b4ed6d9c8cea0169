//! Streams that Ruby wrote, streams that Ruby would write, and streams that only an attacker would.

mod changed_entries;
mod chosen_vectors;
mod expansion;
mod hostile;
mod members;
mod packed_times;
mod ports;
mod vectors;

#[cfg(feature = "rails-app")]
mod one_string;

use super::{Document, dump_root, dump_value};

/// A line of a vectors file.
struct Vector {
    kind: String,
    name: String,
    json: serde_json::Value,
    bytes: Vec<u8>,
    rest: Vec<u8>,
}

fn read(lines: &str, count: usize) -> Vec<Vector> {
    let vectors: Vec<_> = lines
        .lines()
        .map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let text = |field: &str| record[field].as_str().unwrap_or_default().to_owned();
            let bytes = |field: &str| hex::decode(text(field)).unwrap();
            Vector {
                kind: text("kind"),
                name: text("name"),
                json: record["json"].clone(),
                bytes: bytes("hex"),
                rest: bytes("rest"),
            }
        })
        .collect();
    assert_eq!(vectors.len(), count);
    vectors
}

/// Written by Rails 8.1.
fn rails() -> Vec<Vector> {
    read(
        include_str!("../../../../tests/vectors/marshal/rails-8.1.jsonl"),
        52,
    )
}

/// Written by `make.rb` under Ruby 3.1 with Active Support 6.1.
fn ruby() -> Vec<Vector> {
    read(
        include_str!("../../../../tests/vectors/marshal/ruby-3.1.jsonl"),
        203,
    )
}

fn all() -> impl Iterator<Item = Vector> {
    rails().into_iter().chain(ruby())
}

/// Marshal from its text after the version.
fn marshal(body: &[u8]) -> Vec<u8> {
    [b"\x04\x08", body].concat()
}
