//! The causes why an app reads nil, and the text of each.

use hardtack::doctor::{CauseKind, Diagnosis, Doctor};
use hardtack::settings::{Cipher, HmacDigest, KeyDigest};
use hardtack::value::Value;
use hardtack::{CookieAttributes, Jar, LoadDefaults, SecretKeyBase, Serializer};
use time::{Duration, OffsetDateTime};

use crate::copies::{DOCTOR, record};
use crate::support::{json, other_secret, secret};

fn kinds(diagnosis: &Diagnosis) -> Vec<&'static str> {
    diagnosis
        .causes
        .iter()
        .map(|cause| cause.kind().name())
        .collect()
}

/// Returns the report's text with its lines joined.
fn words(diagnosis: &Diagnosis) -> String {
    let report = diagnosis.to_string();
    report.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[test]
fn what_is_cut_off_is_told_with_the_place() {
    let bare = record("encrypted_gcm").bare();
    let signed = record("signed").bare();
    let (data, _) = signed.rsplit_once("--").unwrap();
    let head = bare.len() - 24 - 2 - 16 - 2;
    let cases = [
        (
            &bare[..bare.len() - 4],
            "it ends after 20 of the 24 characters of its last part",
        ),
        (
            &bare[..bare.len() - 24],
            "it ends after 0 of the 24 characters",
        ),
        (
            &bare[..head + 2 + 16],
            "it ends after 16 characters of its second part",
        ),
        (
            &bare[..head + 2 + 5],
            "it ends after 5 characters of its second part",
        ),
        (&bare[..head], "it has no --"),
        (
            &bare[..255],
            "its 255 bytes look like the limit of a column",
        ),
        (
            &signed[..signed.len() - 1],
            "it ends after 39 characters of its second part",
        ),
        (data, "it has no --"),
    ];
    let mut ran = 0;
    for (text, said) in cases {
        // The name tells that it was a session: a token of one part may be anything.
        let diagnosis = DOCTOR.examine(format!("_app_session={text}"));
        assert_eq!(kinds(&diagnosis), ["cut-off"], "{text}: {diagnosis}");
        assert!(words(&diagnosis).contains(said), "{said}: {diagnosis}");
        assert!(words(&diagnosis).starts_with("It does not open: it is cut off."));
        ran += 1;
    }
    assert_eq!(ran, 8);
}

#[test]
fn what_is_damaged_is_told() {
    let bare = record("encrypted_gcm").bare();
    // Cut off at its front, so that its base64 is out of step.
    assert_eq!((bare.len() - 24 - 2 - 16 - 2) % 4, 0);
    let diagnosis = DOCTOR.examine(&bare[3..]);
    assert_eq!(kinds(&diagnosis), ["damaged"]);
    assert!(
        words(&diagnosis).contains("its end is whole"),
        "{diagnosis}"
    );
    assert_eq!(kinds(&DOCTOR.examine(&bare[2..]))[0], "damaged");
    let diagnosis = DOCTOR.examine(&bare[1..]);
    let rest = [
        "another-secret",
        "another-salt",
        "other-keys",
        "another-app",
    ];
    let expected = [&["damaged"][..], &rest].concat();
    assert_eq!(kinds(&diagnosis), expected);
    assert!(
        words(&diagnosis).contains("characters are missing from it"),
        "{diagnosis}"
    );
    // In step, nobody can tell it from another app's.
    let diagnosis = DOCTOR.examine(&bare[4..]);
    assert_eq!(kinds(&diagnosis), rest);
    assert!(words(&diagnosis).contains("a character of it was lost or changed on the way"));
}

#[test]
fn without_a_secret_the_form_is_told() {
    let diagnosis = Doctor::new().examine(record("encrypted_gcm").cookie);
    assert_eq!(kinds(&diagnosis), ["no-secret"]);
    assert!(words(&diagnosis).contains("AES-256-GCM, the default from Rails 5.2 on"));

    let signed = record("signed");
    let diagnosis = Doctor::new().examine(signed.cookie);
    assert!(words(&diagnosis).contains("with an envelope, as Rails 6.0 and later write it"));
    let marshal = "BAh7BkkiCW5hbWUGOgZFVEkiFVpvw6sg5p2x5LqsIPCfjaoGOwBU--5cd8b9553529e85c2065d35c21e3f4459bace30d";
    let diagnosis = Doctor::new().examine(marshal);
    assert!(
        words(&diagnosis).contains("in Marshal: the session of Rails 2.3 to 3.2, cookies.signed"),
        "{diagnosis}"
    );
}

#[test]
fn secrets_that_are_not_quite_right_are_mended() {
    let right = SecretKeyBase::new("a secret_key_base of a fair length, with no end").unwrap();
    let text = std::str::from_utf8(right.expose()).unwrap();
    let with_line_feed = SecretKeyBase::new(format!("{text}\n")).unwrap();
    let cases = [
        (
            format!("{text}\n"),
            &right,
            "has white space (a space, a tab or a line feed) around it",
        ),
        (format!("{text}\r\n"), &right, "ends with a carriage return"),
        (
            format!(" {text} "),
            &right,
            "has white space (a space, a tab or a line feed) around it",
        ),
        (format!("\"{text}\""), &right, "has quotes around it"),
        (
            format!("'{text}'\n"),
            &right,
            "around it, has quotes around it",
        ),
        (text.to_owned(), &with_line_feed, "ends with a line feed"),
    ];
    let mut ran = 0;
    for (given, sealing, said) in cases {
        let given = SecretKeyBase::new(given).unwrap();
        for version in [LoadDefaults::V5_1, LoadDefaults::V6_1, LoadDefaults::V7_1] {
            let settings = version.settings().cookies_serializer(Serializer::Json);
            for jar in [
                Jar::encrypted(sealing, settings.clone()),
                Jar::signed(sealing, settings),
            ] {
                let cookie = jar.write("a", 1, None).unwrap();
                let diagnosis = Doctor::new()
                    .secret("secret.txt", &given)
                    .examine(cookie.value());
                assert!(diagnosis.opens);
                assert_eq!(kinds(&diagnosis), ["secret-altered"], "{diagnosis}");
                assert!(words(&diagnosis).contains(said), "{diagnosis}");
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 36);
}

#[test]
fn expiries_are_told_in_words() {
    let at = OffsetDateTime::from_unix_timestamp(4_102_444_800).unwrap();
    let jar = Jar::encrypted(&secret(), LoadDefaults::V8_0);
    let cookie = jar
        .write("trial", true, &CookieAttributes::new().expires(at))
        .unwrap();
    let doctor = Doctor::new().secret("s", &secret());
    let cases = [
        (
            Duration::seconds(-1),
            "expires 2100-01-01T00:00:00.000Z, in 1 second ",
        ),
        (
            Duration::minutes(-90),
            "2100-01-01T00:00:00.000Z, in 90 minutes ",
        ),
        (Duration::hours(-47), "Z, in 47 hours "),
        (Duration::days(-14), "Z, in 14 days "),
        (Duration::days(-800), "Z, in 2 years "),
        (Duration::ZERO, "it expired 0 seconds ago: Rails reads nil"),
        (Duration::seconds(90), "it expired 90 seconds ago"),
        (
            Duration::days(3),
            "expires 2100-01-01T00:00:00.000Z, 3 days ago",
        ),
        (
            Duration::days(3),
            "it expired 3 days ago: Rails reads nil from it, whatever its secret",
        ),
    ];
    for (after, said) in cases {
        let diagnosis = doctor.clone().now(at + after).examine(cookie.value());
        assert!(diagnosis.opens);
        assert_eq!(diagnosis.expires, Some(at));
        assert!(words(&diagnosis).contains(said), "{said}: {diagnosis}");
        let expected: &[&str] = if after.is_negative() {
            &[]
        } else {
            &["expired"]
        };
        assert_eq!(kinds(&diagnosis), expected);
    }
}

#[test]
fn names_are_told_apart() {
    let jar = Jar::encrypted(&secret(), LoadDefaults::V8_0);
    let session = serde_json::json!({ "session_id": "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6" });
    let cookie = jar.write("_old_session", &session, None).unwrap();
    let doctor = Doctor::new().secret("s", &secret());
    let value = cookie.escaped_value();
    let cases: [(&str, Option<&str>, &[&str]); 5] = [
        ("_old_session={}", None, &[]),
        ("_old_session={}", Some("_old_session"), &[]),
        ("{}", Some("_new_session"), &["wrong-purpose"]),
        ("_new_session={}", None, &["wrong-purpose"]),
        ("_old_session={}", Some("_new_session"), &["other-name"]),
    ];
    for (text, read, expected) in cases {
        let doctor = match read {
            Some(name) => doctor.clone().cookie_name(name),
            None => doctor.clone(),
        };
        let diagnosis = doctor.examine(text.replace("{}", value));
        assert_eq!(kinds(&diagnosis), expected, "{text} {read:?}");
        assert_eq!(diagnosis.purpose.as_deref(), Some("cookie._old_session"));
        // Nothing reads a cookie under another name than it was sealed for.
        let Some(remedy) = diagnosis.remedy() else {
            assert_eq!(
                (text, expected),
                ("_new_session={}", &["wrong-purpose"][..])
            );
            continue;
        };
        let renamed = read == Some("_new_session");
        assert_eq!(
            remedy.rust().ends_with(".cookie_name(\"_old_session\"))"),
            renamed,
            "{diagnosis}"
        );
    }
}

/// The app's settings, the settings that sealed the cookie, and the text of the report.
#[test]
fn other_settings_are_told_with_the_rotation() {
    let v7_1 = LoadDefaults::V7_1.settings();
    let json = |version: LoadDefaults| version.settings().cookies_serializer(Serializer::Json);
    let salted = v7_1.clone().authenticated_encrypted_cookie_salt("pepper");
    let cases = [
        (
            true,
            json(LoadDefaults::V6_1),
            "keys by SHA1, not SHA256",
            "&secret, LoadDefaults::V6_1)",
        ),
        (
            true,
            LoadDefaults::V6_1.settings(),
            "keys by SHA1, not SHA256; a value in marshal, not json",
            "&secret, LoadDefaults::V6_1)",
        ),
        (
            true,
            json(LoadDefaults::V5_1),
            "keys by SHA1, not SHA256",
            "&secret, LoadDefaults::V5_1)",
        ),
        (
            true,
            v7_1.clone().cookies_serializer(Serializer::Marshal),
            "a value in marshal, not json",
            "&secret, LoadDefaults::V8_1.settings().cookies_serializer(Serializer::Marshal))",
        ),
        (
            true,
            salted,
            "the salt \"pepper\"",
            "LoadDefaults::V8_1.settings().authenticated_encrypted_cookie_salt(\"pepper\")",
        ),
        (
            false,
            v7_1.clone().signed_cookie_digest(HmacDigest::Sha256),
            "a signature by SHA256, not SHA1",
            "LoadDefaults::V8_1.settings().signed_cookie_digest(HmacDigest::Sha256)",
        ),
        (
            false,
            v7_1.clone()
                .key_generator_hash_digest_class(KeyDigest::Sha1),
            "keys by SHA1, not SHA256",
            "Rotation::signed(&secret, LoadDefaults::V6_1)",
        ),
        (
            false,
            LoadDefaults::V3_2
                .settings()
                .cookies_serializer(Serializer::Json),
            "a signature by the secret_token itself",
            "Rotation::signed(&secret_token, LoadDefaults::V3_2)",
        ),
    ];
    let mut ran = 0;
    for (is_encrypted, settings, said, rotation) in cases {
        let jar = if is_encrypted {
            Jar::encrypted(&secret(), settings)
        } else {
            Jar::signed(&secret(), settings)
        };
        let cookie = jar.write("a", 1, None).unwrap();
        let doctor = Doctor::new()
            .secret("s", &secret())
            .salt("pepper")
            .settings(LoadDefaults::V7_1);
        let diagnosis = doctor.examine(cookie.value());
        assert_eq!(kinds(&diagnosis), ["other-settings"], "{diagnosis}");
        assert!(words(&diagnosis).contains(said), "{said}: {diagnosis}");
        let rust = diagnosis.remedy().unwrap().rust();
        assert!(rust.contains(rotation), "{rotation}: {rust}");
        let answer = "It opens, with the secret s, but not under the app's settings.";
        assert!(diagnosis.to_string().starts_with(answer));
        ran += 1;
    }
    assert_eq!(ran, 8);
}

/// No rotation is suggested if the app opens the cookie, or if Rails falls back to its cipher.
#[test]
fn what_the_app_opens_is_told() {
    let v7_1 = LoadDefaults::V7_1.settings();
    for settings in [v7_1.clone(), v7_1.cipher(Cipher::Aes256Cbc)] {
        let cookie = Jar::encrypted(&secret(), settings)
            .write("a", 1, None)
            .unwrap();
        let doctor = Doctor::new()
            .secret("s", &secret())
            .settings(LoadDefaults::V7_1);
        let diagnosis = doctor.examine(cookie.value());
        assert_eq!(kinds(&diagnosis), [""; 0], "{diagnosis}");
        assert!(diagnosis.remedy().is_none());
        assert!(words(&diagnosis).contains("load_defaults 7.1 opens it as it is"));
    }
}

#[test]
fn keys_of_other_salts_are_found() {
    let settings = LoadDefaults::V5_1
        .settings()
        .encrypted_cookie_salt("one")
        .encrypted_signed_cookie_salt("two")
        .signed_cookie_salt("three")
        .cookies_serializer(Serializer::Json);
    let doctor = Doctor::new().secret("s", &secret());
    let knowing = doctor.clone().salt("one").salt("two").salt("three");
    for jar in [
        Jar::encrypted(&secret(), settings.clone()),
        Jar::signed(&secret(), settings.clone()),
    ] {
        let cookie = jar.write("a", 1, None).unwrap();
        let diagnosis = doctor.examine(cookie.value());
        assert!(!diagnosis.opens);
        assert!(kinds(&diagnosis).contains(&"another-salt"));
        let diagnosis = knowing.examine(cookie.value());
        assert!(diagnosis.opens);
        assert_eq!(diagnosis.value(), Some(&Value::Integer(1)));
        let found = diagnosis.settings().unwrap();
        if diagnosis.cipher.is_some() {
            assert_eq!(found.encrypted_cookie_salt, "one");
            assert_eq!(found.encrypted_signed_cookie_salt, "two");
        } else {
            assert_eq!(found.signed_cookie_salt, "three");
        }
    }
}

/// A master key opens the credentials, but no cookie.
#[test]
fn a_master_key_is_told_from_a_secret() {
    let cookie = record("encrypted_gcm").cookie;
    let master_key = SecretKeyBase::new("0123456789abcdef0123456789abcdef").unwrap();
    let diagnosis = Doctor::new()
        .secret("config/master.key", &master_key)
        .examine(&cookie);
    assert_eq!(diagnosis.causes[0].kind(), CauseKind::MasterKey);
    assert!(words(&diagnosis).contains("config/master.key has 32 hexadecimal digits"));
    let longer = SecretKeyBase::new("0123456789abcdef0123456789abcdef0").unwrap();
    let diagnosis = Doctor::new().secret("s", &longer).examine(&cookie);
    assert_eq!(diagnosis.causes[0].kind(), CauseKind::AnotherSecret);
}

#[test]
fn what_was_tried_is_counted() {
    let doctor = Doctor::new()
        .secret("a", &secret())
        .secret("b", &other_secret());
    let diagnosis = doctor.examine(record("encrypted_gcm").cookie);
    let said = words(&diagnosis);
    assert!(
        said.contains("tried 2 secrets, as given and in")
            && said.contains("4 salts; other digests"),
        "{said}"
    );
    assert!(said.contains("none of the 2 secrets is the one that sealed it"));
}

#[test]
fn nothing_at_all_is_told() {
    for (text, kind) in [
        ("", "no-cookie"),
        ("Cookie:", "no-cookie"),
        ("hello", "not-rails"),
        ("theme=dark", "not-rails"),
        ("%", "not-rails"),
    ] {
        let diagnosis = DOCTOR.examine(text);
        assert_eq!(kinds(&diagnosis), [kind], "{text:?} {diagnosis}");
        assert!(!diagnosis.opens);
    }
}

/// Before 7.0 `ActiveSupport::KeyGenerator` accepts any option and derives by SHA-1
/// (`key_generator.rb` of 6.1): the lines for Rails must not rely on it for SHA-256.
#[test]
fn the_lines_for_rails_hold_for_every_rails_that_rotates() {
    let cases = [
        (LoadDefaults::V6_1, "keys.generate_key(", "OpenSSL::PKCS5"),
        (
            LoadDefaults::V7_1,
            "OpenSSL::PKCS5.pbkdf2_hmac(",
            "KeyGenerator",
        ),
    ];
    let mut ran = 0;
    for (version, derives, not) in cases {
        let cookie = Jar::encrypted(&secret(), json(version))
            .write("a", 1, None)
            .unwrap();
        let diagnosis = Doctor::new().secret("s", &secret()).examine(cookie.value());
        let rails = diagnosis.remedy().unwrap().rails().to_owned();
        assert!(rails.contains(derives) && !rails.contains(not), "{rails}");
        // Every name that is used is set.
        assert!(rails.contains("secret_key_base = Rails.application.secret_key_base\n"));
        ran += 1;
    }
    assert_eq!(ran, 2);
}

/// An app may read a signed cookie under any name, but not the session that its files name.
#[test]
#[cfg(feature = "rails-app")]
fn a_session_in_the_signed_jar_is_no_session_of_the_app() {
    let dir = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-signed-session");
    std::fs::create_dir_all(dir.join("config")).unwrap();
    std::fs::write(
        dir.join("config/application.rb"),
        "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 7.1\nend\nend\n",
    )
    .unwrap();
    let session = serde_json::json!({ "session_id": "3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6" });
    let cookie = Jar::signed(&secret(), LoadDefaults::V7_1)
        .write("_shop_session", &session, None)
        .unwrap();
    let copied = format!("_shop_session={}", cookie.escaped_value());
    let doctor = Doctor::new()
        .secret("s", &secret())
        .settings(LoadDefaults::V7_1);
    assert_eq!(kinds(&doctor.examine(&copied)), [""; 0]);

    let key = String::from_utf8(secret().expose().to_vec()).unwrap();
    let app = hardtack::rails_app::RailsApp::new(&dir)
        .environment("production")
        .variables(move |name| (name == "SECRET_KEY_BASE").then(|| key.clone()));
    let diagnosis = Doctor::new().rails_app(&app).unwrap().examine(&copied);
    assert_eq!(kinds(&diagnosis), ["other-jar"], "{diagnosis}");
    let words = words(&diagnosis);
    assert!(
        words.contains("Rails reads its session from the encrypted jar alone"),
        "{diagnosis}"
    );
    assert!(!words.contains("as it is"), "{diagnosis}");
}
