//! Cookies that neither side may accept from the other: other names, past expiries, changed bytes.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::headers::escape;
use hardtack::{CookieAttributes, Jar};
use hardtack_peers::{JarKind, Rails, RailsVersion, Settings, cookie_value};
use serde_json::{Value, json};
use time::{Duration, OffsetDateTime};

const SECRET: &str = "a secret that both sides have";

fn without_metadata() -> Settings {
    Settings::new(SECRET).bare()
}

fn with_cbc() -> Settings {
    Settings::new(SECRET).cbc()
}

/// Nothing that is sealed here is nil: a nil is Rails' refusal.
fn rails_refuses(rails: &mut Rails, kind: JarKind, name: &str, value: &[u8]) -> bool {
    let answer = rails.ask(json!({
        "op": "read", "jar": kind.name(), "name": name, "cookie": escape(value),
    }));
    assert_eq!(
        answer["nil"] == true,
        answer["value"] == Value::Null,
        "{answer}"
    );
    answer["nil"] == true
}

fn seal(jar: &Jar, attributes: &CookieAttributes) -> Vec<u8> {
    let cookie = jar.write("c1", "kept", attributes).expect("it fits");
    cookie.value().to_vec()
}

fn until(at: OffsetDateTime) -> CookieAttributes {
    CookieAttributes::new().expires(at)
}

/// Both sides on every change of the value: each byte, each end, each part.
#[test]
fn changed_bytes() {
    let refused = refuses_changes(&Settings::new(SECRET), &JarKind::ALL);
    assert!(refused >= 800, "{refused}");
}

/// Nothing is decrypted that the HMAC does not cover: no error tells of the padding.
#[test]
fn changed_bytes_with_cbc() {
    let refused = refuses_changes(&with_cbc(), &[JarKind::Encrypted]);
    assert!(refused >= 700, "{refused}");
}

fn refuses_changes(settings: &Settings, kinds: &[JarKind]) -> usize {
    let mut rails = Rails::start(settings);
    let mut refused = 0;
    for &kind in kinds {
        let jar = settings.jar(kind);
        let ours = seal(&jar, &CookieAttributes::new());
        let written = rails.ask(json!({
            "op": "write", "jar": kind.name(), "name": "c1", "value": "kept",
        }));
        let theirs =
            hardtack::headers::unescape(cookie_value(&written, "c1").as_bytes()).into_owned();
        for sealed in [ours, theirs] {
            assert!(!rails_refuses(&mut rails, kind, "c1", &sealed));
            assert!(jar.read_value::<String>("c1", &sealed).is_ok());
            for changed in changes(&sealed) {
                let text = String::from_utf8_lossy(&changed).into_owned();
                assert!(
                    rails_refuses(&mut rails, kind, "c1", &changed),
                    "{kind:?} {text}"
                );
                assert!(
                    jar.read_value::<String>("c1", &changed).is_err(),
                    "{kind:?} {text}"
                );
                refused += 1;
            }
        }
    }
    refused
}

fn changes(sealed: &[u8]) -> Vec<Vec<u8>> {
    let mut changes = Vec::new();
    for at in 0..sealed.len() {
        // Digits are both of base64 and of hexadecimal: what is wrong is the value alone.
        let other = if sealed[at] == b'0' { b'1' } else { b'0' };
        let mut one = sealed.to_vec();
        one[at] = other;
        changes.push(one);
    }
    for length in 0..sealed.len() {
        changes.push(sealed[..length].to_vec());
    }
    let text = std::str::from_utf8(sealed).expect("base64");
    let parts: Vec<&str> = text.split("--").collect();
    for part in 0..parts.len() {
        let mut without = parts.clone();
        without.remove(part);
        changes.push(without.join("--").into_bytes());
        let mut doubled = parts.clone();
        doubled.insert(part, parts[part]);
        // What stands after the last part, Rails up to 7.0 does not look at.
        if part + 1 < parts.len() {
            changes.push(doubled.join("--").into_bytes());
        }
    }
    changes
}

/// As strict as Rails 7.1 under every version: nothing may follow the last part.
#[test]
fn more_parts_than_there_are() {
    let settings = Settings::new(SECRET);
    let mut rails = Rails::start(&settings);
    for kind in JarKind::ALL {
        let jar = settings.jar(kind);
        let mut sealed = seal(&jar, &CookieAttributes::new());
        sealed.extend(b"--AAAA");
        let refused = rails_refuses(&mut rails, kind, "c1", &sealed);
        assert_eq!(refused, !RailsVersion::current().ignores_more_parts);
        assert!(jar.read_value::<String>("c1", &sealed).is_err());
    }
}

#[test]
fn another_name() {
    for settings in [Settings::new(SECRET), without_metadata(), with_cbc()] {
        let mut rails = Rails::start(&settings);
        for kind in JarKind::ALL {
            let jar = settings.jar(kind);
            let ours = seal(&jar, &CookieAttributes::new());
            assert!(!rails_refuses(&mut rails, kind, "c1", &ours));
            // The name is sealed with the metadata, and nowhere else.
            assert_eq!(
                rails_refuses(&mut rails, kind, "c2", &ours),
                settings.metadata
            );

            let written = rails.ask(json!({
                "op": "write", "jar": kind.name(), "name": "c1", "value": "kept",
            }));
            let theirs = hardtack::headers::unescape(cookie_value(&written, "c1").as_bytes());
            assert!(jar.read_value::<String>("c1", &theirs).is_ok());
            let renamed = jar.read_value::<String>("c2", &theirs);
            assert_eq!(renamed.is_err(), settings.metadata);
        }
    }
}

/// A cookie from before the metadata has no purpose, and is read under any name with it.
#[test]
fn no_purpose_is_no_other_purpose() {
    let before = without_metadata();
    let after = Settings::new(SECRET);
    let (mut old_rails, mut rails) = (Rails::start(&before), Rails::start(&after));
    for kind in JarKind::ALL {
        let ours = seal(&before.jar(kind), &CookieAttributes::new());
        assert!(!rails_refuses(&mut rails, kind, "c2", &ours));

        let written = old_rails.ask(json!({
            "op": "write", "jar": kind.name(), "name": "c1", "value": "kept",
        }));
        let theirs = hardtack::headers::unescape(cookie_value(&written, "c1").as_bytes());
        assert!(after.jar(kind).read_value::<String>("c2", &theirs).is_ok());

        // The other way round a purpose stays one, on both sides.
        let named = seal(&after.jar(kind), &CookieAttributes::new());
        assert!(rails_refuses(&mut old_rails, kind, "c2", &named));
        assert!(before.jar(kind).read_value::<String>("c2", &named).is_err());
    }
}

#[test]
fn past_expiries() {
    let now = OffsetDateTime::now_utc();
    for settings in [Settings::new(SECRET), without_metadata(), with_cbc()] {
        let mut rails = Rails::start(&settings);
        for kind in JarKind::ALL {
            let jar = settings.jar(kind);
            let ahead = seal(&jar, &until(now + Duration::HOUR));
            assert!(!rails_refuses(&mut rails, kind, "c1", &ahead));

            let past = [
                OffsetDateTime::UNIX_EPOCH,
                now - Duration::DAY,
                now - Duration::SECOND,
                now - Duration::MILLISECOND,
            ];
            for at in past {
                let ours = seal(&jar, &until(at));
                assert!(
                    rails_refuses(&mut rails, kind, "c1", &ours),
                    "{kind:?} {at}"
                );
            }
            for at in ["1970-01-01T00:00:00Z", "2020-02-29T23:59:59.999+05:30"] {
                let written = rails.ask(json!({
                    "op": "write", "jar": kind.name(), "name": "c1", "value": "kept", "expires": at,
                }));
                let theirs = hardtack::headers::unescape(cookie_value(&written, "c1").as_bytes());
                let refusal = jar.explain("c1", &theirs).err();
                assert_eq!(refusal, Some(hardtack::Refusal::Expired), "{kind:?} {at}");
            }
        }
    }
}

#[test]
fn another_secret_or_jar() {
    let settings = Settings::new(SECRET);
    let other = Settings::new("a secret that only one side has");
    let mut rails = Rails::start(&settings);
    let pairs = [
        (JarKind::Encrypted, JarKind::Signed),
        (JarKind::Signed, JarKind::Encrypted),
    ];
    for (kind, other_kind) in pairs {
        let ours = seal(&other.jar(kind), &CookieAttributes::new());
        assert!(rails_refuses(&mut rails, kind, "c1", &ours));
        let ours = seal(&settings.jar(kind), &CookieAttributes::new());
        assert!(rails_refuses(&mut rails, other_kind, "c1", &ours));
        assert!(!rails_refuses(&mut rails, kind, "c1", &ours));

        let written = rails.ask(json!({
            "op": "write", "jar": kind.name(), "name": "c1", "value": "kept",
        }));
        let theirs = hardtack::headers::unescape(cookie_value(&written, "c1").as_bytes());
        assert!(other.jar(kind).read_value::<String>("c1", &theirs).is_err());
        assert!(
            settings
                .jar(other_kind)
                .read_value::<String>("c1", &theirs)
                .is_err()
        );
        assert!(
            settings
                .jar(kind)
                .read_value::<String>("c1", &theirs)
                .is_ok()
        );
    }
}
