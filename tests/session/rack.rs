//! The sessions of Rack itself: `Rack::Session::Cookie` of Rack 1 and 2 and of rack-session 2.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use hardtack::headers::unescape;
use hardtack::rack::{RackJar, RackSessions, RackVersion};
use hardtack::settings::HmacDigest;
use hardtack::{Commit, Error, Refusal, RequestOrigin, SecretKeyBase, Session, SessionData};
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::support::vectors;

const NAME: &str = "rack.session";

const VERSIONS: [RackVersion; 4] = [
    RackVersion::Rack1_0,
    RackVersion::Rack2_1,
    RackVersion::Session2_0,
    RackVersion::Session2_1_2,
];

/// A cookie that Rack signed.
#[derive(Deserialize)]
struct Signed {
    secret: String,
    serializer: String,
    digest: String,
    set_cookie: String,
}

/// A cookie in the documented form of rack-session's `Encryptor`.
#[derive(Deserialize)]
struct Encrypted {
    version: u8,
    name: String,
    purpose: Option<String>,
    secret: String,
    serializer: String,
    session: Map<String, Value>,
    cookie: String,
}

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("0123456789abcdef".repeat(8)).unwrap()
}

fn other_secret() -> SecretKeyBase {
    SecretKeyBase::new("fedcba9876543210".repeat(8)).unwrap()
}

/// Returns a jar with the format of this name.
fn jar(secret: &SecretKeyBase, version: RackVersion, serializer: &str) -> RackJar {
    let jar = RackJar::new(secret, version).unwrap();
    match serializer {
        "json" => jar.json(),
        _ => jar,
    }
}

/// The formats that this build has.
fn formats() -> &'static [&'static str] {
    if cfg!(feature = "marshal") {
        &["marshal", "json"]
    } else {
        &["json"]
    }
}

fn is_built_in(serializer: &str) -> bool {
    formats().contains(&serializer)
}

fn value(set_cookie: &str) -> Vec<u8> {
    let sent = set_cookie.split(';').next().unwrap();
    unescape(sent.split_once('=').unwrap().1.as_bytes()).into_owned()
}

fn session(pairs: &[(&str, u32)]) -> SessionData {
    let mut data = SessionData::new();
    for (key, value) in pairs {
        data.insert(key, value).unwrap();
    }
    data
}

#[test]
fn what_rack_signed_opens() {
    let mut ran = 0;
    for (file, has_lines) in [
        ("rack/rack-2.0.jsonl", true),
        ("rack/rack-2.2.jsonl", false),
    ] {
        for record in vectors::<Signed>(file) {
            if !is_built_in(&record.serializer) {
                continue;
            }
            let secret = SecretKeyBase::new(record.secret).unwrap();
            let digest = match &*record.digest {
                "SHA1" => HmacDigest::Sha1,
                _ => HmacDigest::Sha256,
            };
            let cookie = value(&record.set_cookie);
            assert_eq!(cookie.contains(&b'\n'), has_lines);
            for version in [RackVersion::Rack1_0, RackVersion::Rack2_1] {
                let jar = jar(&secret, version, &record.serializer).hmac(digest);
                let opened = jar.open(NAME, &cookie).unwrap();
                assert_eq!(opened.value().get::<u32>("user_id"), Ok(Some(42)));
                assert!(!opened.needs_rewrite());
                assert_eq!(opened.sealed_by().hmac_digest, Some(digest));

                let sessions = Arc::new(RackSessions::new(jar, NAME));
                let session = sessions.open(record.set_cookie.clone(), RequestOrigin::default());
                // A text under JSON, an object of Rack's under Marshal.
                let id = session.session_id().unwrap();
                assert!(id.len() == 64 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
            }
            let other = match digest {
                HmacDigest::Sha1 => HmacDigest::Sha256,
                _ => HmacDigest::Sha1,
            };
            let refused = |jar: RackJar| jar.open(NAME, &cookie).unwrap_err();
            let same = |secret| jar(secret, RackVersion::Rack2_1, &record.serializer);
            assert_eq!(refused(same(&secret).hmac(other)), Refusal::Malformed);
            assert_eq!(
                refused(same(&other_secret()).hmac(digest)),
                Refusal::Invalid
            );
            ran += 1;
        }
    }
    assert_eq!(ran, 6 * formats().len());
}

#[test]
fn what_rack_session_encrypted_opens() {
    let mut ran = 0;
    for record in vectors::<Encrypted>("rack/encrypted.jsonl") {
        if !is_built_in(&record.serializer) {
            continue;
        }
        let secret = SecretKeyBase::new(record.secret).unwrap();
        for version in [RackVersion::Session2_0, RackVersion::Session2_1_2] {
            let jar = jar(&secret, version, &record.serializer);
            let jar = jar.purpose(record.purpose.as_deref());
            let opened = jar.open(&record.name, &record.cookie).unwrap();
            let is_same = (record.version == 2) == (version == RackVersion::Session2_1_2);
            assert_eq!(opened.needs_rewrite(), !is_same);
            let data = opened.into_value();
            assert_eq!(data.view::<Map<String, Value>>().unwrap(), record.session);

            // Without a word of it, the purpose is the cookie's name.
            let by_name = self::jar(&secret, version, &record.serializer);
            let is_its_name = record.purpose.as_ref() == Some(&record.name);
            let refused = by_name.open(&record.name, &record.cookie).err();
            assert_eq!(refused, (!is_its_name).then_some(Refusal::Invalid));
            assert!(
                jar.purpose(Some("other"))
                    .open(&record.name, &record.cookie)
                    .is_err()
            );
        }
        let other = jar(&other_secret(), RackVersion::Session2_0, &record.serializer);
        let refused = other.open(&record.name, &record.cookie).unwrap_err();
        assert_eq!(refused, Refusal::Invalid);
        ran += 1;
    }
    assert_eq!(ran, 12 * formats().len());
}

/// Each byte of a cookie counts, and so does its length.
#[test]
fn a_changed_cookie_does_not_open() {
    let mut ran = 0;
    for version in VERSIONS {
        let jar = jar(&secret(), version, "json");
        let cookie = jar
            .seal(&mut session(&[("user_id", 42)]), NAME, None)
            .unwrap();
        let sealed = cookie.value().into_owned();
        assert!(jar.open(NAME, &sealed).is_ok());
        for place in 0..sealed.len() {
            for change in [1, 0x20, 0x80] {
                let mut changed = sealed.clone();
                changed[place] ^= change;
                // Two letters of one byte: base64 has the alphabets of both versions.
                let is_same = matches!(
                    (sealed[place], changed[place]),
                    (b'+', b'-') | (b'-', b'+') | (b'/', b'_') | (b'_', b'/')
                );
                assert!(
                    is_same || jar.open(NAME, &changed).is_err(),
                    "{version:?} {place}"
                );
                ran += 1;
            }
            // Ruby does without the padding of url-safe base64 (`Base64.urlsafe_decode64`).
            let is_padding = sealed[place..].iter().all(|byte| *byte == b'=');
            let cut = jar.open(NAME, &sealed[..place]);
            assert!(cut.is_err() || is_padding, "{version:?} {place}");
            assert!(jar.open(NAME, &sealed[place + 1..]).is_err());
        }
    }
    assert!(ran > 2_000, "{ran}");
    let jar = jar(&secret(), RackVersion::Session2_0, "json");
    let long = "A".repeat(16 * 1024 + 1);
    assert_eq!(jar.open(NAME, &long).unwrap_err(), Refusal::TooLarge);
    for short in ["", "AQ==", "Ag==", "Aw==", "--", "=", "AQ--00"] {
        assert_eq!(
            jar.open(NAME, short).unwrap_err(),
            Refusal::Malformed,
            "{short}"
        );
    }
}

#[test]
fn lines_have_sixty_characters_up_to_rack_2_0() {
    let mut lengths = BTreeSet::new();
    for length in 0..200 {
        let mut data = SessionData::new();
        data.insert("text", "x".repeat(length)).unwrap();
        let jar = jar(&secret(), RackVersion::Rack1_0, "json");
        let cookie = jar.seal(&mut data, NAME, None).unwrap();
        let sealed = String::from_utf8(cookie.value().into_owned()).unwrap();
        let (text, digest) = sealed.rsplit_once("--").unwrap();
        assert_eq!(digest.len(), 40);
        let lines: Vec<&str> = text.strip_suffix('\n').unwrap().split('\n').collect();
        let (last, others) = lines.split_last().unwrap();
        assert!(others.iter().all(|line| line.len() == 60));
        assert!((1..=60).contains(&last.len()));
        lengths.insert(last.len());
        let opened = jar.open(NAME, &sealed).unwrap().into_value();
        assert_eq!(opened.get::<String>("text").unwrap().unwrap().len(), length);
    }
    assert_eq!(lengths, (1..=15).map(|digits| 4 * digits).collect());
}

#[test]
fn an_older_secret_and_form_are_written_again() {
    let mut ran = 0;
    for format in formats() {
        for older in VERSIONS {
            for version in VERSIONS {
                let before = jar(&other_secret(), older, format);
                let cookie = before.seal(&mut session(&[("user_id", 42)]), NAME, None);
                let cookie = cookie.unwrap();
                let now = jar(&secret(), version, format).rotation(before);
                let opened = now.open(NAME, cookie.value()).unwrap();
                assert_eq!(opened.rotation(), Some(0));
                assert!(opened.needs_rewrite());

                let sessions = Arc::new(RackSessions::new(now, NAME));
                let header = format!("{NAME}={}", cookie.escaped_value());
                let session = sessions.open(header, RequestOrigin::default());
                assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
                let Commit::Set(cookies) = session.commit(200).unwrap() else {
                    panic!("{older:?} {version:?}")
                };
                let alone = jar(&secret(), version, format);
                let opened = alone.open(NAME, cookies[0].value()).unwrap();
                assert_eq!(opened.value().get::<u32>("user_id"), Ok(Some(42)));
                assert!(!opened.needs_rewrite());
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 16 * formats().len());
}

fn open(sessions: &Arc<RackSessions>, cookie: &str) -> Session {
    sessions.open(format!("{NAME}={cookie}"), RequestOrigin::default())
}

#[test]
fn a_session_lives_over_several_requests() {
    for format in formats() {
        for version in VERSIONS {
            let sessions = RackSessions::new(jar(&secret(), version, format), NAME);
            sessions.check().unwrap();
            let sessions = Arc::new(sessions);
            let commit = |session: &Session| match session.commit(200).unwrap() {
                Commit::Set(cookies) => cookies[0].clone(),
                other => panic!("{other:?}"),
            };
            let new = sessions.open("", RequestOrigin::default());
            assert!(new.is_empty());
            new.insert("user_id", 42).unwrap();
            new.insert("csrf", "planted").unwrap();
            let cookie = commit(&new);
            assert!(
                cookie
                    .header()
                    .ends_with("; path=/; httponly; samesite=lax")
            );

            let read = open(&sessions, cookie.escaped_value());
            assert_eq!(read.get::<u32>("user_id"), Ok(Some(42)));
            assert_eq!(read.commit(200), Ok(Commit::Keep));

            let changed = open(&sessions, cookie.escaped_value());
            changed.insert("user_id", 43).unwrap();
            let before = changed.session_id().unwrap();
            let cookie = commit(&changed);
            let again = open(&sessions, cookie.escaped_value());
            assert_eq!(again.session_id().unwrap(), before);

            again.renew().unwrap();
            assert_ne!(again.session_id().unwrap(), before);
            assert!(!again.contains_key("csrf"));
            assert_eq!(again.get::<u32>("user_id"), Ok(Some(43)));

            let left = open(&sessions, cookie.escaped_value());
            left.reset().unwrap();
            let other = open(&sessions, commit(&left).escaped_value());
            assert_eq!(other.keys(), ["session_id"]);
            assert_ne!(other.session_id().unwrap(), before);

            let emptied = open(&sessions, cookie.escaped_value());
            emptied.clear().unwrap();
            let Commit::Remove(cookies) = emptied.commit(200).unwrap() else {
                panic!("{version:?}")
            };
            assert!(
                cookies[0]
                    .header()
                    .starts_with("rack.session=; path=/; max-age=0")
            );

            let forged = open(&sessions, "BAgw--0123456789012345678901234567890123456789");
            assert!(forged.is_empty());
        }
    }
}

/// Rack seals no expiry: the browser's is renewed with each request that reads the session.
#[test]
fn an_expiry_is_renewed_when_the_session_is_read() {
    let jar = jar(&secret(), RackVersion::Session2_1_2, "json");
    let cookie = jar
        .seal(&mut session(&[("user_id", 42)]), NAME, None)
        .unwrap();
    let sessions = RackSessions::new(jar, NAME).expire_after(Duration::from_secs(60));
    let session = open(&Arc::new(sessions), cookie.escaped_value());
    assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
    let commit = session.commit(200).unwrap();
    assert!(commit.cookies()[0].expires().is_some());
}

#[test]
fn what_cannot_be_sealed_is_an_error() {
    let mut large = SessionData::new();
    large.insert("text", "x".repeat(4000)).unwrap();
    for version in VERSIONS {
        let jar = jar(&secret(), version, "json");
        let refused = jar.seal(&mut large.clone(), NAME, None).unwrap_err();
        let Error::CookieOverflow(overflow) = refused else {
            panic!("{refused}")
        };
        assert_eq!((overflow.limit, &*overflow.entries[0].0), (4096, "text"));
        let refused = jar.seal(&mut SessionData::new(), "a b", None).unwrap_err();
        assert!(matches!(refused, Error::CookieName { .. }));
    }
    let short = SecretKeyBase::new("x".repeat(63)).unwrap();
    for version in [RackVersion::Session2_0, RackVersion::Session2_1_2] {
        let refused = RackJar::new(&short, version).unwrap_err();
        assert!(matches!(
            refused,
            Error::ShortRackSecret {
                bytes: 63,
                least: 64,
                ..
            }
        ));
        assert!(RackJar::new(&SecretKeyBase::new("x".repeat(64)).unwrap(), version).is_ok());
    }
}

/// Rack's own object stays byte for byte; in JSON it becomes its text, as Rack writes it.
#[cfg(feature = "marshal")]
#[test]
fn the_id_of_rack_stays_what_it_is() {
    let record = vectors::<Signed>("rack/rack-2.2.jsonl")
        .into_iter()
        .next()
        .unwrap();
    let rack_secret = SecretKeyBase::new(record.secret).unwrap();
    let jar = jar(&rack_secret, RackVersion::Rack2_1, "marshal");
    let cookie = value(&record.set_cookie);
    let opened = jar.open(NAME, &cookie).unwrap();
    let serializer = opened.sealed_by().serializer;
    assert_eq!(serializer, hardtack::Serializer::Marshal);
    let mut data = opened.into_value();
    let same = jar.seal(&mut data, NAME, None).unwrap();
    assert_eq!(*same.value(), *cookie);

    let header = record.set_cookie.split(';').next().unwrap();
    let before = {
        let sessions = Arc::new(RackSessions::new(jar.clone(), NAME));
        sessions
            .open(header.to_owned(), RequestOrigin::default())
            .session_id()
            .unwrap()
    };
    let json = self::jar(&secret(), RackVersion::Session2_1_2, "json").rotation(jar);
    let sessions = Arc::new(RackSessions::new(json, NAME));
    let session = sessions.open(header.to_owned(), RequestOrigin::default());
    assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
    let commit = session.commit(200).unwrap();
    let header = format!("{NAME}={}", commit.cookies()[0].escaped_value());
    let again = sessions.open(header, RequestOrigin::default());
    assert_eq!(again.get::<String>("session_id"), Ok(Some(before)));
}
