//! Rotations: what was sealed under older settings opens, and asks to be written anew.

#[cfg(feature = "marshal")]
use hardtack::Serializer;
use hardtack::settings::{Cipher, HmacDigest, KeyDigest};
use hardtack::value::Value;
use hardtack::{CookieAttributes, CookieHeader, Jar, LoadDefaults, Refusal, Rotation, SetCookie};
use time::{Duration, OffsetDateTime};

use crate::support::{json, other_secret, secret};

const NAME: &str = "_app_session";

fn sealed(jar: &Jar, name: &str) -> String {
    jar.write(name, 42, None)
        .unwrap()
        .escaped_value()
        .to_owned()
}

fn header(name: &str, value: &str) -> Vec<u8> {
    format!("theme=dark; {name}={value}").into_bytes()
}

#[test]
fn each_kind_of_rotation_opens_what_was_sealed_before_it() {
    let now = || Jar::encrypted(&secret(), LoadDefaults::V7_1);
    let sha512 = json(LoadDefaults::V6_1).signed_cookie_digest(HmacDigest::Sha512);
    let salted = json(LoadDefaults::V7_1).authenticated_encrypted_cookie_salt("our own");
    // The change; the former jar, its cookie's name, and the rotation for it.
    let cases = [
        (
            "the secret",
            Jar::encrypted(&other_secret(), LoadDefaults::V7_1),
            NAME,
            Rotation::encrypted(&other_secret(), LoadDefaults::V7_1),
        ),
        (
            "SHA-1 to SHA-256",
            Jar::encrypted(&secret(), json(LoadDefaults::V6_1)),
            NAME,
            Rotation::encrypted(&secret(), LoadDefaults::V6_1),
        ),
        (
            "the secret and the digest",
            Jar::encrypted(&other_secret(), json(LoadDefaults::V6_1)),
            NAME,
            Rotation::encrypted(&other_secret(), LoadDefaults::V6_1),
        ),
        (
            "signed to encrypted",
            Jar::signed(&secret(), json(LoadDefaults::V7_1)),
            NAME,
            Rotation::signed(&secret(), LoadDefaults::V7_1),
        ),
        (
            "signed with SHA-512 to encrypted",
            Jar::signed(&secret(), sha512.clone()),
            NAME,
            Rotation::signed(&secret(), sha512),
        ),
        (
            "the salt",
            Jar::encrypted(&secret(), salted.clone()),
            NAME,
            Rotation::encrypted(&secret(), salted),
        ),
        (
            "without metadata",
            Jar::encrypted(&other_secret(), json(LoadDefaults::V5_2)),
            NAME,
            Rotation::encrypted(&other_secret(), LoadDefaults::V5_2),
        ),
        (
            "the name",
            now(),
            "_old_session",
            Rotation::encrypted(&secret(), LoadDefaults::V7_1).cookie_name("_old_session"),
        ),
        (
            "the name, the secret and signed to encrypted",
            Jar::signed(&other_secret(), json(LoadDefaults::V7_0)),
            "_old_session",
            Rotation::signed(&other_secret(), LoadDefaults::V7_0).cookie_name("_old_session"),
        ),
    ];
    assert_eq!(cases.len(), 9);
    for (what, before, old_name, rotation) in cases {
        let cookie = sealed(&before, old_name);
        let header = header(old_name, &cookie);
        let header = CookieHeader::new(&header);

        let without = now().read::<u32>(NAME, &header);
        assert!(
            !matches!(without, Ok(Some(_))),
            "{what}: opened without the rotation"
        );

        // Behind another one, so that the number told is its own.
        let jar = now()
            .rotation(Rotation::encrypted(&other_secret(), LoadDefaults::V8_0).cookie_name("x"))
            .rotation(rotation);
        let opened = jar.read::<u32>(NAME, &header).unwrap().unwrap();
        assert_eq!(*opened.value(), 42, "{what}");
        assert_eq!(opened.rotation(), Some(1), "{what}");
        assert!(opened.needs_rewrite(), "{what}");

        // Written anew it opens by the current settings, under the current name.
        let anew = jar.write(NAME, opened.value(), None).unwrap();
        let opened = now().read_value::<u32>(NAME, anew.value()).unwrap();
        assert_eq!(
            (opened.rotation(), opened.needs_rewrite()),
            (None, false),
            "{what}"
        );
    }
}

#[test]
fn rotations_are_tried_in_order_and_the_current_settings_first() {
    let jar = Jar::encrypted(&secret(), LoadDefaults::V7_1)
        .rotation(Rotation::encrypted(&other_secret(), LoadDefaults::V7_1))
        .rotation(Rotation::encrypted(&other_secret(), LoadDefaults::V7_1))
        .rotation(Rotation::encrypted(&secret(), LoadDefaults::V7_1));
    let by_other = sealed(&Jar::encrypted(&other_secret(), LoadDefaults::V7_1), NAME);
    let by_current = sealed(&jar, NAME);
    let rotation = |cookie: &str| {
        let value = hardtack::headers::unescape(cookie.as_bytes()).into_owned();
        jar.read_value::<u32>(NAME, value).unwrap().rotation()
    };
    assert_eq!(rotation(&by_other), Some(0));
    assert_eq!(rotation(&by_current), None);
}

#[test]
fn purpose_and_expiry_hold_in_rotations_too() {
    let before = Jar::encrypted(&secret(), json(LoadDefaults::V6_1));
    let jar = Jar::encrypted(&secret(), LoadDefaults::V7_1)
        .rotation(Rotation::encrypted(&secret(), LoadDefaults::V6_1));
    let past = OffsetDateTime::now_utc() - Duration::seconds(1);
    let future = OffsetDateTime::now_utc() + Duration::days(1);

    let other_name = before.write("other", 42, None).unwrap();
    assert_eq!(
        jar.explain(NAME, other_name.value()).err(),
        Some(Refusal::WrongPurpose)
    );

    let expired = before
        .write(NAME, 42, &CookieAttributes::new().expires(past))
        .unwrap();
    assert_eq!(
        jar.explain(NAME, expired.value()).err(),
        Some(Refusal::Expired)
    );

    let fresh = before
        .write(NAME, 42, &CookieAttributes::new().expires(future))
        .unwrap();
    let opened = jar.explain(NAME, fresh.value()).unwrap();
    assert_eq!(opened.value(), &Value::Integer(42));
    // Sealed with three decimals of the second.
    let sealed_expiry = opened.expires_at().unwrap();
    assert!((future - sealed_expiry).abs() < Duration::milliseconds(1));
}

#[test]
fn an_old_name_is_a_purpose_of_its_own() {
    // A cookie of the old name, sent under the new one, is a copy: refused as ever.
    let jar = Jar::encrypted(&secret(), LoadDefaults::V7_1)
        .rotation(Rotation::encrypted(&secret(), LoadDefaults::V7_1).cookie_name("_old_session"));
    let old = sealed(&jar_of_today(), "_old_session");
    let copied = header(NAME, &old);
    assert!(jar.read::<u32>(NAME, &CookieHeader::new(&copied)).is_err());

    // The present name comes first. If its cookie does not open, the old name is tried.
    let old_alone = header("_old_session", &old);
    let opened = jar.read::<u32>(NAME, &CookieHeader::new(&old_alone));
    assert_eq!(opened.unwrap().unwrap().older_name(), Some("_old_session"));
    let both = [
        header(NAME, "AAAA--AAAA--AAAA"),
        header("_old_session", &old),
    ]
    .join(&b"; "[..]);
    let opened = jar
        .read::<u32>(NAME, &CookieHeader::new(&both))
        .unwrap()
        .unwrap();
    assert_eq!(opened.rotation(), Some(0));
}

fn jar_of_today() -> Jar {
    Jar::encrypted(&secret(), LoadDefaults::V7_1)
}

#[test]
fn read_new_write_old() {
    let old = || Jar::encrypted(&secret(), json(LoadDefaults::V6_1));
    let new = || Jar::encrypted(&secret(), LoadDefaults::V7_1);
    let deploying =
        new().rotation(Rotation::encrypted(&secret(), json(LoadDefaults::V6_1)).writes());

    // A server that does not know the new settings yet reads what the others write.
    let written = deploying.write(NAME, 42, None).unwrap();
    assert!(old().read_value::<u32>(NAME, written.value()).is_ok());
    assert!(new().read_value::<u32>(NAME, written.value()).is_err());

    // Neither what the old ones write nor what the new ones write is to be written anew.
    for jar in [old(), new()] {
        let cookie = jar.write(NAME, 42, None).unwrap();
        let opened = deploying.read_value::<u32>(NAME, cookie.value()).unwrap();
        assert!(!opened.needs_rewrite());
    }
}

#[cfg(feature = "marshal")]
#[test]
fn read_new_write_old_with_two_serializers() {
    let old = Jar::encrypted(&secret(), LoadDefaults::V6_1);
    let new = Jar::encrypted(&secret(), LoadDefaults::V7_1);
    let deploying = Jar::encrypted(&secret(), LoadDefaults::V7_1)
        .rotation(Rotation::encrypted(&secret(), LoadDefaults::V6_1).writes());
    let written = deploying.write(NAME, 42, None).unwrap();
    assert!(old.read_value::<u32>(NAME, written.value()).is_ok());
    // Marshal from the old servers and JSON from the new ones: both may stay.
    for jar in [old, new] {
        let cookie = jar.write(NAME, 42, None).unwrap();
        let opened = deploying.read_value::<u32>(NAME, cookie.value()).unwrap();
        assert!(!opened.needs_rewrite());
    }
}

#[test]
fn the_refusal_that_got_furthest_is_told() {
    let jar = jar_of_today().rotation(Rotation::signed(&secret(), LoadDefaults::V7_1));
    // No signed message at all, but an encrypted one of another key: not merely malformed.
    let cookie = Jar::encrypted(&other_secret(), LoadDefaults::V7_1)
        .write(NAME, 42, None)
        .unwrap();
    assert_eq!(
        jar.explain(NAME, cookie.value()).err(),
        Some(Refusal::Invalid)
    );
    assert_eq!(jar.explain(NAME, "neither").err(), Some(Refusal::Malformed));
}

#[test]
fn the_digest_of_keys_is_what_7_0_changed() {
    assert_eq!(
        LoadDefaults::V6_1
            .settings()
            .key_generator_hash_digest_class,
        KeyDigest::Sha1
    );
    let before = Jar::encrypted(&secret(), json(LoadDefaults::V6_1));
    let cookie = before.write(NAME, 42, None).unwrap();
    let after = Jar::encrypted(&secret(), LoadDefaults::V7_0);
    assert_eq!(
        after.explain(NAME, cookie.value()).err(),
        Some(Refusal::Invalid)
    );
}

#[test]
fn what_is_deleted_does_not_come_back_under_its_older_name() {
    let rotation =
        || Rotation::encrypted(&secret(), LoadDefaults::V7_1).cookie_name("_old_session");
    // Whichever of them is written.
    for rotation in [rotation(), rotation().writes()] {
        let jar = jar_of_today().rotation(rotation);
        let deleted = jar.delete(NAME, None).unwrap();
        let names: Vec<_> = deleted.iter().map(SetCookie::name).collect();
        assert_eq!(names, [NAME, "_old_session"]);
        assert!(deleted.iter().all(|cookie| cookie.value().is_empty()));
    }
    assert_eq!(jar_of_today().delete(NAME, None).unwrap().len(), 1);
}

/// Rails' own fall-backs: CBC beside GCM from 5.2 on, GCM beside CBC from 6.1 on.
#[test]
fn the_other_cipher_opens_where_rails_opens_it() {
    let with = |version, cipher| {
        let settings = json(version).cipher(cipher);
        Jar::encrypted(&secret(), settings)
    };
    let (gcm, cbc) = (Cipher::Aes256Gcm, Cipher::Aes256Cbc);
    // The version, the cipher that it uses, and whether the other one opens.
    let cases = [
        (LoadDefaults::V5_1, gcm, false),
        (LoadDefaults::V5_2, gcm, true),
        (LoadDefaults::V7_1, gcm, true),
        (LoadDefaults::V5_1, cbc, false),
        (LoadDefaults::V6_0, cbc, false),
        (LoadDefaults::V6_1, cbc, true),
        (LoadDefaults::V8_1, cbc, true),
    ];
    assert_eq!(cases.len(), 7);
    for (version, cipher, opens) in cases {
        let other = if cipher == gcm { cbc } else { gcm };
        let jar = with(version, cipher);
        let cookie = with(version, other).write(NAME, 42, None);
        let opened = jar.read_value::<u32>(NAME, cookie.unwrap().value());
        assert_eq!(opened.is_ok(), opens, "{version} {cipher}");
        if let Ok(opened) = opened {
            assert!(opened.needs_rewrite(), "{version} {cipher}");
            assert_eq!(opened.rotation(), None);
        }
        // Its own is as it should be.
        let cookie = jar.write(NAME, 42, None).unwrap();
        let opened = jar.read_value::<u32>(NAME, cookie.value()).unwrap();
        assert!(!opened.needs_rewrite(), "{version} {cipher}");
    }
}

#[test]
fn a_header_is_explained_as_its_cookies_are() {
    let jar = Jar::encrypted(&secret(), LoadDefaults::V7_1);
    let (good, foreign) = (
        sealed(&jar, NAME),
        sealed(&Jar::encrypted(&other_secret(), LoadDefaults::V7_1), NAME),
    );
    let cases = [
        (String::new(), Ok(None)),
        ("theme=dark".to_owned(), Ok(None)),
        (format!("other={good}"), Ok(None)),
        (format!("{NAME}={good}"), Ok(Some(Value::Integer(42)))),
        (format!("{NAME}="), Err(Refusal::Malformed)),
        (format!("{NAME}=AAAA--AAAA--AAAA"), Err(Refusal::Malformed)),
        (format!("{NAME}={foreign}"), Err(Refusal::Invalid)),
    ];
    for (sent, expected) in &cases {
        let explained = jar.explain_header(NAME, &CookieHeader::new(sent));
        let explained = explained.map(|opened| opened.map(|opened| opened.value().clone()));
        assert_eq!(&explained, expected, "{sent}");
    }
    assert_eq!(cases.len(), 7);
}

/// By Rails 6.1 and 8.0: under `:marshal` nothing is written again, under `:hybrid` Marshal is.
#[cfg(feature = "marshal")]
#[test]
fn a_jar_of_marshal_leaves_json_as_it_is() {
    let jar = |serializer| {
        let settings = LoadDefaults::V6_1.settings().cookies_serializer(serializer);
        Jar::encrypted(&secret(), settings)
    };
    let cases = [
        (Serializer::Json, Serializer::Marshal, false),
        (Serializer::Json, Serializer::Hybrid, false),
        (Serializer::Marshal, Serializer::Marshal, false),
        (Serializer::Marshal, Serializer::Hybrid, true),
    ];
    for (written, read, expected) in cases {
        let cookie = jar(written).write("a", [1], None).unwrap();
        let opened = jar(read)
            .read_value::<[u8; 1]>("a", cookie.value())
            .unwrap();
        assert_eq!(opened.needs_rewrite(), expected, "{written} read as {read}");
        assert_eq!(opened.sealed_by().serializer, written);
    }
}
