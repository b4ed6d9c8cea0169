//! [`marshal_vectors`]: values that real Rubies wrote as Marshal.

use std::path::Path;

use serde_json::Value;

const FILES: [&str; 2] = ["rails-8.1", "ruby-3.1"];

/// A record of the Marshal vectors.
#[derive(Clone, Debug)]
pub struct MarshalVector {
    /// File and name: `rails-8.1 utf8`.
    pub name: String,
    /// The kind of record: `marshal`, `document`, `value` or `removal`.
    pub kind: String,
    /// The bytes.
    pub hex: String,
    /// Of a `removal`: the bytes without the Hash's first key.
    pub rest: Option<String>,
}

impl MarshalVector {
    /// Returns a Ruby expression that gives the object.
    #[must_use]
    pub fn ruby(&self) -> String {
        load(&self.hex)
    }

    /// Returns a Ruby expression that gives the object without its first key.
    #[must_use]
    pub fn rest(&self) -> Option<String> {
        self.rest.as_deref().map(load)
    }
}

fn load(hex: &str) -> String {
    format!("Marshal.load(['{hex}'].pack('H*'))")
}

/// Returns every record of Rails 8.1 and of Ruby 3.1.
///
/// ```
/// assert_eq!(hardtack_peers::marshal_vectors().len(), 52 + 203);
/// ```
///
/// # Panics
///
/// Panics if a file is missing or malformed.
#[must_use]
pub fn marshal_vectors() -> Vec<MarshalVector> {
    FILES.into_iter().flat_map(records).collect()
}

fn records(file: &'static str) -> Vec<MarshalVector> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../vectors/marshal")
        .join(format!("{file}.jsonl"));
    let lines = std::fs::read_to_string(&path)
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let record = |line: &str| {
        let record: Value = serde_json::from_str(line).expect("a vector is JSON");
        let text = |field: &str| record[field].as_str().map(str::to_owned);
        let required = |field| text(field).unwrap_or_else(|| panic!("no {field} in {record}"));
        MarshalVector {
            name: format!("{file} {}", required("name")),
            kind: required("kind"),
            hex: required("hex"),
            rest: text("rest"),
        }
    };
    lines.lines().map(record).collect()
}
