//! A cache whose entries are of several versions, while an upgrade is rolled out: any entry is read,
//! and written back as the Rails of another version writes it.

use hardtack::SessionData;
use hardtack::stores::ReadEntry;
use hardtack::value::Value;

use super::formats::format_of;
use super::replays::ruby_utf8;
use super::scenarios::{Scenario, VERSIONS, of_version, time_of};

/// The first entry of a scenario, of the cache of this Rails.
struct Written {
    rails: &'static str,
    scenario: Scenario,
    bytes: Vec<u8>,
}

impl Written {
    /// The settings that are the same before and after an upgrade.
    fn options(&self) -> (String, String) {
        let settings = &self.scenario.settings;
        let text = |key: &str| settings[key].to_string();
        (text("cache_options"), text("expire_after"))
    }

    fn is_of_6_1(&self) -> bool {
        self.bytes.starts_with(b"\x04\x08")
    }
}

fn entries() -> Vec<Written> {
    let mut entries = Vec::new();
    for rails in VERSIONS {
        for scenario in of_version(rails) {
            let settings = &scenario.settings;
            let is_cache = settings["store"] == "cache_store"
                && settings["cache"] == "redis_cache_store"
                && settings["serializer"] != "message_pack"
                // zlib of another compressor.
                && settings["cache_options"]["compress_threshold"].is_null();
            if is_cache && scenario.label == "ruby objects" {
                let bytes = scenario.steps[0].store[0].bytes();
                entries.push(Written {
                    rails,
                    scenario,
                    bytes,
                });
            }
        }
    }
    entries
}

fn change_into(session: &mut SessionData, target: &SessionData) {
    for key in target.keys() {
        let value: Option<Value> = target.get(&key).unwrap();
        if session.get::<Value>(&key).unwrap() != value {
            session.insert(&key, value).unwrap();
        }
    }
}

#[test]
fn each_version_writes_over_the_others() {
    let (entries, mut ran) = (entries(), 0);
    for there in &entries {
        for wanted in &entries {
            // Rails 7.0 and later write another time into an entry of 6.1.
            let is_odd = wanted.is_of_6_1()
                && (wanted.rails != "6.1" || there.rails != "6.1" && there.is_of_6_1());
            if is_odd || there.options() != wanted.options() {
                continue;
            }
            let settings = &wanted.scenario.settings;
            let at = format!("{} over {}: {settings}", wanted.rails, there.rails);
            let (format, expire_after) = format_of(wanted.rails, settings);
            let now = time_of(wanted.scenario.steps[0].now);
            let read = |bytes: &[u8]| match format.read(&bytes.to_vec().into(), now) {
                ReadEntry::Session(session) => session,
                other => panic!("{at}: {other:?}"),
            };
            let (mut session, target) = (read(&there.bytes), read(&wanted.bytes));
            change_into(&mut session, &target);
            let previous = there.bytes.clone().into();
            let written = format.write(&session, Some(&previous), expire_after, now);
            let written = written.unwrap();
            assert_eq!(
                hex::encode(ruby_utf8(&written)),
                hex::encode(ruby_utf8(&wanted.bytes)),
                "{at}"
            );
            ran += 1;
        }
    }
    assert_eq!(ran, 590);
}
