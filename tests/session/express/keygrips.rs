//! keygrip: texts that Node signed, and the keys that made signatures.

use hardtack::Error;
use hardtack::express::Keygrip;
use hardtack::settings::HmacDigest;
use serde::Deserialize;

use super::lines;

#[derive(Deserialize)]
struct Line {
    kind: String,
    algorithm: Option<String>,
    #[serde(default)]
    key: String,
    #[serde(default)]
    keys: Vec<String>,
    #[serde(default)]
    data: String,
    #[serde(default)]
    digest: String,
    index: Option<usize>,
}

#[test]
fn signatures_are_those_of_node() {
    let (mut signed, mut found) = (0, 0);
    for line in lines::<Line>("cookies.jsonl.gz") {
        match &*line.kind {
            "keygrip" => {
                let digest = match line.algorithm.as_deref() {
                    Some("sha1") => HmacDigest::Sha1,
                    Some("sha256") => HmacDigest::Sha256,
                    Some("sha512") => HmacDigest::Sha512,
                    other => panic!("{other:?}"),
                };
                let keys = Keygrip::with_digest(digest, &line.key).unwrap();
                assert_eq!(keys.sign(&line.data), line.digest);
                assert_eq!(keys.index(&line.data, &line.digest), Some(0));
                let padded = format!("{}=", line.digest);
                assert_eq!(keys.index(&line.data, padded), None);
                signed += 1;
            }
            "keygrip_index" => {
                let first = Keygrip::new(&line.keys[0]).unwrap();
                let older = line.keys[1..].iter();
                let keys = older.fold(first, |keys, key| keys.older_key(key).unwrap());
                assert_eq!(keys.index(&line.data, &line.digest), line.index);
                found += 1;
            }
            _ => {}
        }
    }
    assert_eq!((signed, found), (288, 57));
}

#[test]
fn every_changed_character_is_refused() {
    let keys = Keygrip::new("ein Geheimnis 5d25d3decd71").unwrap();
    let text = "session=eyJhIjoxfQ==";
    let signature = keys.sign(text);
    assert_eq!(signature, "S03xSs1sTLv9wkV53xRrpxpGUP8");
    let mut tried = 0;
    for at in 0..signature.len() {
        for other in ["A", "B", "=", "-", "_", "+", "/", " "] {
            let mut changed = signature.clone();
            changed.replace_range(at..=at, other);
            if changed != signature {
                assert_eq!(keys.index(text, &changed), None, "{changed}");
                tried += 1;
            }
        }
        assert_eq!(keys.index(text, &signature[..at]), None);
    }
    assert!(tried > 200);
    assert_eq!(Keygrip::new(" ").unwrap_err(), Error::BlankSecret);
    assert_eq!(format!("{keys:?}"), "Keygrip(..)");
}
