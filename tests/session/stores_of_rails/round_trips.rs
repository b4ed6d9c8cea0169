//! Every stored session is read to the value that Ruby reads, and written back to the same bytes.

use std::collections::BTreeMap;

use hardtack::stores::StoredSession;
use sha2::{Digest, Sha256};

use super::scenarios::{VERSIONS, inflated, lines, of_version, text_of};

/// How many stored sessions have each form.
const FORMS: [&str; 19] = [
    "651 rails-cache, cache_format_version 6.1, Marshal",
    "93 rails-cache, cache_format_version 6.1, Marshal, compressed",
    "715 rails-cache, cache_format_version 7.0, Marshal",
    "125 rails-cache, cache_format_version 7.0, Marshal, compressed",
    "30 rails-cache, cache_format_version 7.0, Marshal, compressed, in a String (MemCacheStore)",
    "370 rails-cache, cache_format_version 7.0, Marshal, in a String (MemCacheStore)",
    "572 rails-cache, cache_format_version 7.1, Marshal",
    "100 rails-cache, cache_format_version 7.1, Marshal, compressed",
    "24 rails-cache, cache_format_version 7.1, Marshal, compressed, in a String (MemCacheStore)",
    "296 rails-cache, cache_format_version 7.1, Marshal, in a String (MemCacheStore)",
    "626 rails-cache, cache_format_version 7.1, MessagePack",
    "46 rails-cache, cache_format_version 7.1, MessagePack, compressed",
    "24 rails-cache, cache_format_version 7.1, MessagePack, compressed, in a String (MemCacheStore)",
    "296 rails-cache, cache_format_version 7.1, MessagePack, in a String (MemCacheStore)",
    "452 rails-json, JSON",
    "914 rails-marshal, Marshal",
    "8 rails-marshal, Marshal, compressed",
    "232 rails-row, JSON",
    "224 rails-row, Marshal",
];

#[test]
fn every_stored_session_comes_back() {
    let mut values = lines("values.txt.gz").into_iter();
    let (mut exact, mut compressed) = (0, 0);
    let mut forms: BTreeMap<String, usize> = BTreeMap::new();
    for version in VERSIONS {
        for scenario in of_version(version) {
            for (place, step) in scenario.steps.iter().enumerate() {
                for kept in &step.store {
                    let bytes = kept.bytes();
                    let at = format!(
                        "{version} {} {}, step {place}",
                        scenario.label, scenario.settings
                    );
                    let stored = StoredSession::read(&bytes).unwrap_or_else(|| panic!("{at}"));
                    let text = text_of(&stored);
                    let digest = hex::encode(Sha256::digest(&text));
                    assert_eq!(digest[..16], values.next().unwrap(), "{at}: {text}");
                    let written = stored.to_bytes().unwrap();
                    if let Some(content) = inflated(&bytes) {
                        assert!(stored.to_string().contains("compressed"), "{at}: {stored}");
                        assert_eq!(inflated(&written), Some(content), "{at}");
                        compressed += 1;
                    } else {
                        assert_eq!(written, bytes, "{at}: {stored}");
                        exact += 1;
                    }
                    *forms.entry(stored.to_string()).or_default() += 1;
                }
            }
        }
    }
    assert_eq!(values.next(), None);
    assert_eq!(exact + compressed, 5_798);
    let forms: Vec<_> = forms
        .iter()
        .map(|(form, count)| format!("{count} {form}"))
        .collect();
    assert_eq!(forms, FORMS);
}
