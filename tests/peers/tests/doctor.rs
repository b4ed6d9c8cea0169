//! The lines that the doctor prints for Rails: run in a live Rails, which then opens the cookie.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use hardtack::doctor::Doctor;
use hardtack::secret::KeyGenerator;
use hardtack::settings::{Cipher, HmacDigest, KeyDigest};
use hardtack::{Jar, LoadDefaults, SecretKeyBase, Serializer};
use hardtack_peers::{Rails, RailsVersion, Settings};
use serde_json::json;

const SECRET: &str = "the secret of the app of today, and of no other one";
const OLDER: &str = "the secret of the app of yesterday, before the change";

/// Evaluates Ruby in the app.
fn evaluate(rails: &mut Rails, ruby: &str) {
    let answer = rails.ask(json!({
        "op": "eval_write", "jar": "encrypted", "name": "unused", "ruby": format!("{ruby}\n1"),
    }));
    assert!(answer["error"].is_null(), "{ruby}\n{answer}");
}

/// Asks the app for the cookie; `None` if it reads nil.
fn read(rails: &mut Rails, jar: &str, cookie: &str) -> Option<serde_json::Value> {
    let mut answer = rails.ask(json!({"op": "read", "jar": jar, "name": "c1", "cookie": cookie}));
    assert!(answer["error"].is_null(), "{answer}");
    (answer["nil"] != true).then(|| answer["value"].take())
}

#[test]
fn every_rotation_for_rails_opens_the_cookie() {
    // The app of this test has the settings of 6.1.
    if RailsVersion::current().name != "6.1" {
        return;
    }
    let [secret, older] = [SECRET, OLDER].map(|secret| SecretKeyBase::new(secret).unwrap());
    let json = |version: LoadDefaults| version.settings().cookies_serializer(Serializer::Json);
    let v6_1 = json(LoadDefaults::V6_1);
    let cbc = v6_1.clone().cipher(Cipher::Aes256Cbc);
    let encrypted = [
        (&secret, json(LoadDefaults::V7_1)),
        (&older, v6_1.clone()),
        (&older, json(LoadDefaults::V7_1)),
        (&older, json(LoadDefaults::V5_1)),
        (
            &secret,
            v6_1.clone().authenticated_encrypted_cookie_salt("pepper"),
        ),
        (&secret, cbc.encrypted_cookie_salt("pepper")),
        (
            &secret,
            v6_1.clone()
                .key_generator_hash_digest_class(KeyDigest::Sha512),
        ),
    ];
    let signed = [
        (&secret, json(LoadDefaults::V7_1)),
        (&older, v6_1.clone()),
        (
            &secret,
            v6_1.clone().signed_cookie_digest(HmacDigest::Sha256),
        ),
        (&secret, v6_1.clone().signed_cookie_salt("pepper")),
        (&older, json(LoadDefaults::V3_2)),
    ];
    let encrypted =
        encrypted.map(|(secret, settings)| ("encrypted", Jar::encrypted(secret, settings)));
    let signed = signed.map(|(secret, settings)| ("signed", Jar::signed(secret, settings)));
    let doctor = Doctor::new()
        .secret("own", &secret)
        .secret("older", &older)
        .salt("pepper")
        .cookie_name("c1")
        .settings(v6_1);
    let mut ran = 0;
    for (kind, jar) in encrypted.into_iter().chain(signed) {
        // Rotations stay for the life of a process.
        let mut rails = Rails::start(&Settings::new(SECRET));
        let cookie = jar.write("c1", ran, None).unwrap();
        let cookie = cookie.escaped_value();
        assert_eq!(read(&mut rails, kind, cookie), None, "{ran}");
        let diagnosis = doctor.examine(format!("Cookie: c1={cookie}"));
        let remedy = diagnosis.remedy().unwrap_or_else(|| panic!("{diagnosis}"));
        evaluate(
            &mut rails,
            &format!("ENV['OLDER_SECRET_KEY_BASE'] = {OLDER:?}"),
        );
        evaluate(&mut rails, &format!("ENV['SECRET_TOKEN'] = {OLDER:?}"));
        evaluate(&mut rails, remedy.rails());
        assert_eq!(
            read(&mut rails, kind, cookie),
            Some(json!(ran)),
            "{diagnosis}"
        );
        ran += 1;
    }
    assert_eq!(ran, 12);
}

/// Keys that no setting makes: Rails' own `MessageEncryptor` seals by them, and the
/// lines open it.
#[test]
fn keys_of_an_apps_own_are_found_and_rotated() {
    let secret = SecretKeyBase::new(SECRET).unwrap();
    let salt = "authenticated encrypted cookie";
    let generator = |rounds: u32| {
        let keys = KeyGenerator::new(&secret)
            .digest(KeyDigest::Sha1)
            .iterations(rounds);
        keys.generate_key(salt, 32)
    };
    let hex = |bytes: &[u8]| {
        bytes
            .iter()
            .fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
    };
    let cases = [
        (
            "aes-256-gcm",
            hex(generator(65_536).expose()),
            "65536 iterations",
        ),
        (
            "aes-256-gcm",
            hex(generator(2_000).expose()),
            "2000 iterations",
        ),
        (
            "aes-128-gcm",
            hex(&generator(1_000).expose()[..16]),
            "128 bits",
        ),
        (
            "aes-192-gcm",
            hex(&generator(1_000).expose()[..24]),
            "192 bits",
        ),
        (
            "aes-256-gcm",
            hex(&SECRET.as_bytes()[..32]),
            "secret_key_base[0..31]",
        ),
    ];
    let doctor = Doctor::new()
        .secret("own", &secret)
        .cookie_name("c1")
        .try_rounds(true);
    let doctor = doctor.settings(
        LoadDefaults::V6_1
            .settings()
            .cookies_serializer(Serializer::Json),
    );
    let mut ran = 0;
    for (cipher, key, said) in cases {
        let mut rails = Rails::start(&Settings::new(SECRET));
        let ruby = format!(
            "ActiveSupport::MessageEncryptor.new([{key:?}].pack('H*'), cipher: {cipher:?}, \
             serializer: ActiveSupport::MessageEncryptor::NullSerializer)\
             .encrypt_and_sign('42', purpose: 'cookie.c1')"
        );
        let sealed = rails.ask(json!({
            "op": "eval_write", "jar": "encrypted", "name": "made", "ruby": ruby,
        }));
        let made = hardtack_peers::cookie_value(&sealed, "made");
        let sealed = rails.ask(json!({
            "op": "read", "jar": "encrypted", "name": "made", "cookie": made,
        }));
        let cookie = hardtack::headers::escape(sealed["value"].as_str().unwrap().as_bytes());
        assert_eq!(read(&mut rails, "encrypted", &cookie), None, "{said}");
        let diagnosis = doctor.examine(format!("Cookie: c1={cookie}"));
        let report = diagnosis.to_string();
        let report: Vec<_> = report.split_whitespace().collect();
        let report = report.join(" ");
        assert!(diagnosis.opens && report.contains(said), "{said}: {report}");
        assert_eq!(diagnosis.causes[0].kind().name(), "other-keys", "{report}");
        evaluate(&mut rails, diagnosis.remedy().unwrap().rails());
        let read = read(&mut rails, "encrypted", &cookie);
        assert_eq!(read, Some(json!(42)), "{report}");
        ran += 1;
    }
    assert_eq!(ran, 5);
}
