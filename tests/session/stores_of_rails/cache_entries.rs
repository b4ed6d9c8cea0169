//! The rules of an entry of Rails' cache: its own end, its limits, and the form that is written.

use std::io::Write;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use hardtack::stores::{
    CacheFormatVersion, RailsCache, ReadEntry, SessionFormat, StoredSession, Touch,
};
use hardtack::value::Value;
use hardtack::{Error, LoadDefaults, SessionData};
use time::OffsetDateTime;
use time::macros::datetime;

const NOW: OffsetDateTime = datetime!(2026-09-21 14:13:20.5 UTC);

const VERSIONS: [CacheFormatVersion; 3] = [
    CacheFormatVersion::V6_1,
    CacheFormatVersion::V7_0,
    CacheFormatVersion::V7_1,
];

/// Each version, plain and compressed, for Redis and for memcached, and MessagePack.
fn formats() -> Vec<RailsCache> {
    let mut formats = Vec::new();
    for version in VERSIONS {
        for threshold in [None, Some(0)] {
            let format = RailsCache::new(version).compress_threshold(threshold);
            formats.push(format.clone());
            formats.push(format.clone().message_pack(LoadDefaults::V7_1));
            formats.push(format.mem_cache_store());
        }
    }
    formats
}

fn session() -> SessionData {
    let mut session = SessionData::new();
    session.insert("user_id", 42).unwrap();
    session.insert("note", "again and ".repeat(20)).unwrap();
    session
}

fn read(format: &RailsCache, bytes: &Bytes, now: OffsetDateTime) -> Option<SessionData> {
    match format.read(bytes, now) {
        ReadEntry::Session(data) => Some(data),
        ReadEntry::Expired => None,
        other => panic!("{format:?}: {other:?}"),
    }
}

#[test]
fn the_end_inside_an_entry_counts_and_a_touch_moves_it() {
    let hour = Duration::from_secs(3600);
    let mut ran = 0;
    for format in formats() {
        let entry = format.write(&session(), None, Some(hour), NOW).unwrap();
        assert_eq!(
            StoredSession::read(&entry).unwrap().expires_at(),
            Some(NOW + hour)
        );
        let data = read(&format, &entry, NOW + hour - Duration::from_millis(500)).unwrap();
        assert!(read(&format, &entry, NOW + hour).is_none(), "{format:?}");

        let later = NOW + Duration::from_secs(1800);
        let Touch::Rewrite(touched) = format.touch(&data, &entry, Some(hour), later) else {
            panic!("{format:?}: no entry")
        };
        let stored = StoredSession::read(&touched).unwrap();
        assert_eq!(stored.expires_at(), Some(later + hour), "{format:?}");
        assert_eq!(stored.session().get::<u32>("user_id"), Ok(Some(42)));
        assert_eq!(
            stored.to_string(),
            StoredSession::read(&entry).unwrap().to_string()
        );
        assert_eq!(touched.len(), entry.len(), "{format:?}");
        assert_eq!(format.touch(&data, &entry, None, later), Touch::Nothing);

        let endless = format.write(&session(), Some(&entry), None, NOW).unwrap();
        assert!(read(&format, &endless, datetime!(9999-01-01 00:00 UTC)).is_some());
        ran += 1;
    }
    assert_eq!(ran, 18);
}

/// Every form is read under every setting, and the setting's own is written.
#[test]
fn an_entry_of_another_version_becomes_one_of_the_setting() {
    let mut ran = 0;
    for old in formats() {
        for new in formats() {
            let ttl = Some(Duration::from_secs(60));
            let entry = old.write(&session(), None, ttl, NOW).unwrap();
            let data = read(&new, &entry, NOW).unwrap();
            let rewritten = new.write(&data, Some(&entry), ttl, NOW).unwrap();
            assert_eq!(
                rewritten,
                new.write(&session(), None, ttl, NOW).unwrap(),
                "{old:?} {new:?}"
            );
            ran += 1;
        }
    }
    assert_eq!(ran, 18 * 18);
}

/// Values up to 1 MiB are compressed; a longer one is written as it is, and read.
#[test]
fn inflating_ends_at_a_mebibyte() {
    let mut ran = 0;
    for format in formats() {
        let is_compressed = format!("{format:?}").contains("compress_from: Some(0)");
        for (length, fits) in [((1 << 20) - 200, true), (1 << 20, false)] {
            let mut session = SessionData::new();
            session.insert("a", "a".repeat(length)).unwrap();
            let entry = format.write(&session, None, None, NOW).unwrap();
            assert_eq!(
                entry.len() < length,
                is_compressed && fits,
                "{format:?} {length}"
            );
            let data = read(&format, &entry, NOW).unwrap();
            assert_eq!(data.get::<String>("a").unwrap().unwrap().len(), length);
            ran += 1;
        }
    }
    assert_eq!(ran, 36);

    let zlib = |bytes: &[u8]| {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::best());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let marshal = [
        b"\x04\x08{\x06:\x06a\"\x03\x00\x00\x10",
        &vec![b'a'; 1 << 20][..],
    ]
    .concat();
    let header = b"\x00\x11\x81\x00\x00\x00\x00\x00\x00\xf0\xbf\xff\xff\xff\xff";
    let format = RailsCache::new(CacheFormatVersion::V7_1);
    let bomb = Bytes::from([&header[..], &zlib(&marshal)].concat());
    assert!(matches!(format.read(&bomb, NOW), ReadEntry::Unreadable));
    let fits = Bytes::from([&header[..], &zlib(b"\x04\x08{\x00")].concat());
    assert!(read(&format, &fits, NOW).is_some());
}

/// Each is an error for the handler, and stays in the store.
#[test]
fn entries_that_hold_no_session_are_unreadable() {
    let double = 1_790_000_000.5_f64.to_le_bytes();
    let header =
        |kind: u8, length: i32| [&[0, 0x11, kind][..], &double, &length.to_le_bytes()].concat();
    let hash = b"\x04\x08{\x00";
    let entry = b"\x04\x08o: ActiveSupport::Cache::Entry";
    let cases: Vec<Vec<u8>> = vec![
        vec![],
        vec![0],
        vec![1],
        vec![0, 0x11],
        hash[..3].to_vec(),
        b"\x04\x08i/".to_vec(),
        b"{}".to_vec(),
        // A String in a String.
        b"\x04\x08\"\x0b\x04\x08\"\x05{}".to_vec(),
        // 7.0: no Array, an empty one, one whose end is no number.
        [&[0], &hash[..]].concat(),
        b"\x00\x04\x08[\x00".to_vec(),
        b"\x00\x04\x08[\x07{\x00T".to_vec(),
        b"\x00\x04\x08[\x06i/".to_vec(),
        // 7.1: cut off, a text, an unknown type, a version beyond the end, JSON.
        header(1, -1)[..14].to_vec(),
        [header(2, -1), hash.to_vec()].concat(),
        [header(9, -1), hash.to_vec()].concat(),
        [header(1, 5), hash.to_vec()].concat(),
        [header(1, i32::MAX), hash.to_vec()].concat(),
        [header(1, -1), b"{}".to_vec()].concat(),
        [header(0x81, -1), hash.to_vec()].concat(),
        [header(1, -1), b"\xcc\x80\x91\x01".to_vec()].concat(),
        // 6.1: no value, a value that is no Hash, an end that is none, and no zlib.
        [&entry[..], b"\x06:\x10@created_ati\x00"].concat(),
        [&entry[..], b"\x07:\x0b@valuei\x06:\x10@created_ati\x00"].concat(),
        [
            &entry[..],
            b"\x08:\x0b@value{\x00:\x10@created_ati\x00:\x10@expires_inT",
        ]
        .concat(),
        [
            &entry[..],
            b"\x08:\x0b@value\"\x07{}:\x10@created_ati\x00:\x10@compressedT",
        ]
        .concat(),
    ];
    let mut ran = 0;
    for bytes in cases {
        let format = RailsCache::new(CacheFormatVersion::V7_1);
        let unreadable = format.read(&Bytes::from(bytes.clone()), NOW);
        assert!(matches!(unreadable, ReadEntry::Unreadable), "{bytes:?}");
        ran += 1;
    }
    assert_eq!(ran, 24);
    // The same without the fault.
    let format = RailsCache::new(CacheFormatVersion::V6_1);
    let sound = [
        [&entry[..], b"\x07:\x0b@value{\x00:\x10@created_ati\x00"].concat(),
        [header(1, 2), b"v1".to_vec(), hash.to_vec()].concat(),
        b"\x00\x04\x08[\x08{\x000I\"\x07v1\x06:\x06ET".to_vec(),
        hash.to_vec(),
    ];
    let before = datetime!(2026-09-21 14:13:20 UTC);
    for bytes in sound {
        let stored =
            StoredSession::read_as(hardtack::stores::StoredSessionFormat::RailsCache, &bytes);
        assert_eq!(
            stored.unwrap().to_bytes().unwrap(),
            bytes_with_all(&bytes),
            "{bytes:?}"
        );
        assert!(read(&format, &Bytes::from(bytes), before).is_some());
    }
}

/// An entry of 6.1 as Rails writes it: all of its instance variables.
fn bytes_with_all(bytes: &[u8]) -> Vec<u8> {
    match bytes.strip_suffix(b":\x10@created_ati\x00") {
        Some(start) => {
            let start = String::from_utf8_lossy(start).replace("Entry\x07", "Entry\x09");
            [
                start.as_bytes(),
                b":\r@version0:\x10@created_atf\x060:\x10@expires_in0",
            ]
            .concat()
        }
        None => bytes.to_vec(),
    }
}

/// The entry around a session takes one of the hundred levels that are read.
#[test]
fn a_session_that_could_not_be_read_again_is_not_written() {
    let nested = |levels: usize| {
        let mut value = Value::Integer(1);
        for _ in 0..levels {
            value = Value::Array(vec![value]);
        }
        let mut session = SessionData::new();
        session.insert("a", value).unwrap();
        session
    };
    let mut ran = 0;
    for format in formats() {
        let written = (90..110).map(|levels| format.write(&nested(levels), None, None, NOW));
        let mut refused = 0;
        for entry in written {
            match entry {
                Ok(entry) => assert!(read(&format, &entry, NOW).is_some(), "{format:?}"),
                Err(error) => {
                    assert!(matches!(error, Error::UnwritableValue { .. }), "{error}");
                    refused += 1;
                }
            }
        }
        let is_message_pack = format!("{format:?}").contains("version: V7_1")
            && format!("{format:?}").contains("MessagePack");
        assert_eq!(refused > 0, !is_message_pack, "{format:?}");
        ran += 1;
    }
    assert_eq!(ran, 18);
}

/// Rails 7.1 writes an `IPAddr` as bare text, and 7.2 as a string: neither reads the other's. What
/// nobody changed stays as it is, and an app's own writer uses the app's form.
#[test]
fn an_address_in_message_pack_has_the_form_of_the_apps_rails() {
    let header = b"\x00\x11\x01\x00\x00\x00\x00\x00\x00\xf0\xbf\xff\xff\xff\xff\xcc\x80\x81\xa2ip";
    let raw = [&header[..], b"\xc7\x07\x0e1.2.3.4"].concat();
    let string = [&header[..], b"\xd7\x0e\xa71.2.3.4"].concat();
    let mut ran = 0;
    for (bytes, version, other, rewritten) in [
        (&raw, LoadDefaults::V7_1, LoadDefaults::V7_2, &string),
        (&string, LoadDefaults::V7_2, LoadDefaults::V7_1, &raw),
    ] {
        let stored = StoredSession::read(bytes).unwrap();
        assert_eq!(stored.to_bytes().unwrap(), *bytes);
        let address = stored.session().get::<Value>("ip");
        assert_eq!(address, Ok(Some(Value::IpAddr("1.2.3.4".to_owned()))));
        let cache = RailsCache::new(CacheFormatVersion::V7_1);
        for (version, expected) in [(version, bytes), (other, rewritten)] {
            let entry =
                cache
                    .clone()
                    .message_pack(version)
                    .write(stored.session(), None, None, NOW);
            assert_eq!(entry.unwrap(), *expected, "{version}");
            ran += 1;
        }
    }
    assert_eq!(ran, 4);
}
