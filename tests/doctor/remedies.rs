//! Every kind of rotation that a report prints: the printed line is the code of this file, so it
//! compiles, and a jar with it opens the cookie.

use hardtack::doctor::Doctor;
use hardtack::message::MessageVerifier;
use hardtack::settings::{Cipher, HmacDigest, KeyDigest};
use hardtack::{CookieHeader, Jar, LoadDefaults, Rotation, SecretKeyBase, Serializer, Settings};

use crate::support::{other_secret, secret as own_secret};

/// Returns a line of code as text, and its value.
macro_rules! line {
    ($line:expr) => {
        (stringify!($line), $line)
    };
}

fn joined(text: &str) -> String {
    text.chars()
        .filter(|letter| !letter.is_whitespace())
        .collect()
}

#[test]
#[expect(clippy::too_many_lines, clippy::type_complexity, reason = "a table")]
fn every_printed_rotation_compiles_and_opens_the_cookie() {
    let (secret, older_secret) = (own_secret(), other_secret());
    let older_secret_token = older_secret.clone();
    let secret_token = secret.clone();
    let v = |version: LoadDefaults| version.settings();
    // The secret and the settings that sealed it, the cookie's name, and the line.
    let cases: [(bool, &SecretKeyBase, Settings, &str, (&str, Rotation)); 13] = [
        (
            true,
            &secret,
            v(LoadDefaults::V6_1).cookies_serializer(Serializer::Json),
            "a",
            line!(Rotation::encrypted(&secret, LoadDefaults::V6_1)),
        ),
        (
            true,
            &older_secret,
            v(LoadDefaults::V7_1),
            "a",
            line!(Rotation::encrypted(&older_secret, LoadDefaults::V8_1)),
        ),
        (
            true,
            &older_secret,
            v(LoadDefaults::V6_1),
            "a",
            line!(Rotation::encrypted(&older_secret, LoadDefaults::V6_1)),
        ),
        (
            true,
            &secret,
            v(LoadDefaults::V5_1),
            "a",
            line!(Rotation::encrypted(&secret, LoadDefaults::V5_1)),
        ),
        (
            true,
            &secret,
            v(LoadDefaults::V7_1),
            "old",
            line!(Rotation::encrypted(&secret, LoadDefaults::V8_1).cookie_name("old")),
        ),
        (
            true,
            &secret,
            v(LoadDefaults::V7_1).cookies_serializer(Serializer::Marshal),
            "a",
            line!(Rotation::encrypted(
                &secret,
                LoadDefaults::V8_1
                    .settings()
                    .cookies_serializer(Serializer::Marshal)
            )),
        ),
        (
            true,
            &secret,
            v(LoadDefaults::V7_1).authenticated_encrypted_cookie_salt("pepper"),
            "a",
            line!(Rotation::encrypted(
                &secret,
                LoadDefaults::V8_1
                    .settings()
                    .authenticated_encrypted_cookie_salt("pepper")
            )),
        ),
        (
            true,
            &secret,
            v(LoadDefaults::V7_1).key_generator_hash_digest_class(KeyDigest::Sha512),
            "a",
            line!(Rotation::encrypted(
                &secret,
                LoadDefaults::V8_1
                    .settings()
                    .key_generator_hash_digest_class(KeyDigest::Sha512)
            )),
        ),
        (
            true,
            &secret,
            v(LoadDefaults::V7_1)
                .cipher(Cipher::Aes256Cbc)
                .encrypted_cookie_salt("pepper"),
            "a",
            line!(Rotation::encrypted(
                &secret,
                LoadDefaults::V8_1
                    .settings()
                    .cipher(Cipher::Aes256Cbc)
                    .encrypted_cookie_salt("pepper")
            )),
        ),
        (
            false,
            &secret,
            v(LoadDefaults::V6_1),
            "a",
            line!(Rotation::signed(&secret, LoadDefaults::V6_1)),
        ),
        (
            false,
            &secret,
            v(LoadDefaults::V7_1).signed_cookie_digest(HmacDigest::Sha256),
            "a",
            line!(Rotation::signed(
                &secret,
                LoadDefaults::V8_1
                    .settings()
                    .signed_cookie_digest(HmacDigest::Sha256)
            )),
        ),
        (
            false,
            &secret,
            v(LoadDefaults::V3_2),
            "a",
            line!(Rotation::signed(&secret_token, LoadDefaults::V3_2)),
        ),
        (
            false,
            &older_secret,
            v(LoadDefaults::V3_2),
            "a",
            line!(Rotation::signed(&older_secret_token, LoadDefaults::V3_2)),
        ),
    ];
    let app = LoadDefaults::V7_1;
    let mut ran = 0;
    for (is_encrypted, sealing, settings, name, (code, rotation)) in cases {
        let jar = |secret: &SecretKeyBase, settings: Settings| {
            if is_encrypted {
                Jar::encrypted(secret, settings)
            } else {
                Jar::signed(secret, settings)
            }
        };
        let cookie = jar(sealing, settings).write(name, 42, None).unwrap();
        let header = format!("{name}={}", cookie.escaped_value());
        let doctor = Doctor::new()
            .secret("own", &secret)
            .secret("older", &older_secret)
            .salt("pepper")
            .cookie_name("a")
            .settings(app);
        let diagnosis = doctor.examine(format!("Cookie: {header}"));
        let rust = diagnosis
            .remedy()
            .unwrap_or_else(|| panic!("{diagnosis}"))
            .rust();
        assert_eq!(
            joined(rust),
            format!(".rotation({})", joined(code)),
            "{diagnosis}"
        );
        assert!(!diagnosis.causes.is_empty(), "{diagnosis}");

        let header = CookieHeader::new(&header);
        let without = jar(&secret, app.settings());
        assert!(
            !matches!(without.read::<u8>("a", &header), Ok(Some(_))),
            "{code}"
        );
        let with = without.rotation(rotation);
        let read = with.read::<u8>("a", &header).unwrap().unwrap();
        assert_eq!(*read.value(), 42, "{code}");
        ran += 1;
    }
    assert_eq!(ran, 13);
}

/// Messages that a live Rails 6.1 made.
#[test]
#[expect(clippy::type_complexity, reason = "a table")]
fn every_message_is_named_and_its_line_verifies() {
    let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap();
    let cases: [(&str, &str, &str, Option<&str>, (&str, MessageVerifier)); 5] = [
        (
            "http://localhost:3000/rails/active_storage/blobs/redirect/eyJfcmFpbHMiOnsibWVzc2FnZSI6IkJBaHBEQT09IiwiZXhwIjpudWxsLCJwdXIiOiJibG9iX2lkIn19--07709d18799b22b9ccb049c840943f29bc3e5f4d/photo.jpg",
            "a signed id of Active Storage",
            "7",
            Some("blob_id"),
            line!(MessageVerifier::for_application(
                &secret,
                "ActiveStorage",
                LoadDefaults::V6_1
            )),
        ),
        (
            "eyJfcmFpbHMiOnsibWVzc2FnZSI6Ik53PT0iLCJleHAiOm51bGwsInB1ciI6InVzZXIvcGFzc3dvcmRfcmVzZXQifX0=--d5aedcccc25b9d339a9eb684cd6f16fcc56850293919a98f6a6ecae296e70307",
            "a signed_id of Active Record",
            "7",
            Some("user/password_reset"),
            line!(
                MessageVerifier::for_application(
                    &secret,
                    "active_record/signed_id",
                    LoadDefaults::V6_1
                )
                .digest(HmacDigest::Sha256)
            ),
        ),
        (
            "eyJfcmFpbHMiOnsibWVzc2FnZSI6IkJBaEpJaUZuYVdRNkx5OXphRzl3TDFWelpYSXZOejlsZUhCcGNtVnpYMmx1QmpvR1JWUT0iLCJleHAiOm51bGwsInB1ciI6ImF0dGFjaGFibGUifX0=--a16251d1e8625bb2488110db3e97a5689d84ac29",
            "a signed global id",
            "\"gid://shop/User/7?expires_in\"",
            Some("attachable"),
            line!(MessageVerifier::for_application(
                &secret,
                "signed_global_ids",
                LoadDefaults::V6_1
            )),
        ),
        (
            "IloybGtPaTh2YzJodmNDOVNiMjl0THpFOm1lc3NhZ2VzIg==--fdb3179b80f3048861091cfb735422c70d2e620786ec5ef39748893affd4ca23",
            "a signed stream name of Turbo",
            "\"Z2lkOi8vc2hvcC9Sb29tLzE:messages\"",
            None,
            line!(
                MessageVerifier::for_application(
                    &secret,
                    "turbo/signed_stream_verifier_key",
                    LoadDefaults::V6_1
                )
                .digest(HmacDigest::Sha256)
            ),
        ),
        (
            "BAhpA/5gAQ==--730ba9b7138208aea2afdbb31f4586f8bbea2b55",
            "a message of the app's own verifier",
            "90366",
            None,
            line!(MessageVerifier::for_application(
                &secret,
                "unsubscribe",
                LoadDefaults::V6_1
            )),
        ),
    ];
    let mut ran = 0;
    for (text, what, value, purpose, (code, verifier)) in cases {
        let diagnosis = Doctor::new().secret("own", &secret).examine(text);
        let report = diagnosis.to_string();
        assert!(diagnosis.opens && report.contains(what), "{report}");
        assert_eq!(
            diagnosis.causes[0].kind().name(),
            "other-message",
            "{report}"
        );
        assert!(
            !report.contains("Rotation") && !report.contains("rotate"),
            "{report}"
        );
        let rust = diagnosis.remedy().unwrap().rust();
        assert_eq!(joined(rust), joined(code), "{report}");
        let message = text.split('/').find(|part| part.contains("--"));
        let message = if text.starts_with("http") {
            message.unwrap()
        } else {
            text
        };
        let opened = verifier.explain(message, purpose).unwrap();
        assert_eq!(opened.value().to_string(), value);

        // Without the secret it is named too, where it says so itself.
        let unopened = Doctor::new().examine(text);
        assert!(!unopened.opens);
        let is_named = unopened.causes[0].kind().name() == "other-message";
        assert_eq!(
            is_named,
            what != "a message of the app's own verifier",
            "{unopened}"
        );
        ran += 1;
    }
    assert_eq!(ran, 5);
}
