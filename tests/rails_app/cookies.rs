//! The app's jars and its session store open the cookies that its Rails set.

use std::sync::Arc;

use hardtack::headers::unescape;
use hardtack::rails_app::{RailsApp, RailsAppError};
use hardtack::settings::SecretKind;
use hardtack::value::Value;
use hardtack::{
    CookieAttributes, CookieStore, Jar, LoadDefaults, RequestOrigin, SecretKeyBase, Session,
    SetCookie,
};
use time::OffsetDateTime;

use crate::recorded::records;
use crate::support;
use crate::{Case, app, folder, scratch};

/// An app, the Rails that set the cookies, their settings (jar, key digest, serializer, metadata),
/// and their number.
type Recorded = (
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    &'static str,
    bool,
    usize,
);

const RECORDED: &[Recorded] = &[
    ("rails_3_2", "3.2.22.5", "", "", "marshal", false, 6),
    (
        "rails_4_2",
        "4.2.11.3",
        "encrypted_cbc",
        "SHA1",
        "json",
        false,
        6,
    ),
    ("rails_4_2", "4.2.11.3", "signed", "SHA1", "json", false, 6),
    (
        "rails_5_2",
        "5.2.8.1",
        "encrypted_gcm",
        "SHA1",
        "json",
        false,
        13,
    ),
    (
        "rails_5_2",
        "5.2.8.1",
        "encrypted_cbc",
        "SHA1",
        "json",
        false,
        14,
    ),
    (
        "rails_6_1",
        "6.1.7.10",
        "encrypted_gcm",
        "SHA1",
        "json",
        true,
        13,
    ),
    ("rails_6_1", "6.1.7.10", "signed", "SHA1", "json", true, 13),
    (
        "no_load_defaults",
        "6.1.7.10",
        "encrypted_cbc",
        "SHA1",
        "marshal",
        false,
        13,
    ),
    (
        "rails_7_1",
        "7.1.5",
        "encrypted_gcm",
        "SHA256",
        "hybrid",
        true,
        7,
    ),
    // By its rotation, which is the one of Rails' guide.
    (
        "upgraded",
        "6.1.7.10",
        "encrypted_gcm",
        "SHA1",
        "json",
        true,
        13,
    ),
    ("rails_7_1", "7.1.5", "signed", "SHA256", "hybrid", true, 7),
    (
        "rails_8_1",
        "8.1.3.1",
        "encrypted_gcm",
        "SHA256",
        "json",
        true,
        13,
    ),
];

#[test]
fn the_jars_open_what_the_apps_rails_set() {
    const SECRET: &str = "b3c631c314c0bbca50c1b2843150fe33";
    for (name, rails, jar, digest, serializer, metadata, expected) in RECORDED.iter().copied() {
        let app = RailsApp::new(folder(name))
            .environment("production")
            .variables(move |asked| {
                // What it asks for; the others have theirs in files.
                let asks = ["rails_4_2", "upgraded"].contains(&name);
                (asked == "SECRET_KEY_BASE" && asks).then(|| SECRET.repeat(4))
            });
        let opener = match jar {
            "signed" => app.signed_jar().unwrap(),
            _ => app.jar().unwrap(),
        };
        let records = records(rails);
        let records = records.iter().filter(|record| {
            record.kind != "expired"
                && record.jar.as_deref().unwrap_or_default() == jar
                && record.key_digest.as_deref().unwrap_or_default() == digest
                && record.serializer == serializer
                && record.metadata == metadata
        });
        let mut count = 0;
        for record in records {
            let found = opener.read_value::<Value>(&record.name, record.unescaped());
            let found = found.unwrap_or_else(|_| panic!("{name}: {}", record.cookie));
            // As JSON tells it: what Ruby alone has (Symbols, Times) is text there.
            let json: Value = serde_json::from_str(&found.value().to_string()).unwrap();
            assert!(
                Some(&json) == record.value.as_ref() || record.symbols,
                "{name}: {}",
                record.cookie
            );
            count += 1;
        }
        assert_eq!(count, expected, "{name} {jar}");
    }
}

#[test]
fn rotations_are_in_the_jars() {
    let app = |name: &str| {
        RailsApp::new(folder(name))
            .environment("production")
            .variables(|name| (name == "SECRET_KEY_BASE").then(|| "f".repeat(64)))
    };
    let cases: Vec<Case> = support::vectors("rails_apps/cases.jsonl");
    let case = |name: &str| cases.iter().find(|case| case.app == name).unwrap();
    let secret = |text: &str| SecretKeyBase::new(text).unwrap();
    let open = |jar: &Jar, by: &Jar| {
        let cookie = by.write("tab", 7, None).unwrap();
        jar.read_value::<u8>("tab", cookie.value()).is_ok()
    };
    let mut ran = 0;

    // Older secrets of the credentials, in both jars.
    let rails_8_1 = app("rails_8_1");
    for older in &case("rails_8_1").rotated {
        let older = secret(older);
        let (encrypted, signed) = (rails_8_1.jar().unwrap(), rails_8_1.signed_jar().unwrap());
        assert!(open(
            &encrypted,
            &Jar::encrypted(&older, LoadDefaults::V8_1)
        ));
        assert!(open(&signed, &Jar::signed(&older, LoadDefaults::V8_1)));
        assert!(!open(
            &encrypted,
            &Jar::encrypted(&older, LoadDefaults::V6_1)
        ));
        ran += 1;
    }

    // The token beside a secret_key_base, by which Rails 3 signed; not for Rails 6 and later.
    let token = secret(case("rails_3_2").secret_token.as_ref().unwrap());
    let rails_3 = Jar::signed(&token, LoadDefaults::V3_2);
    for (rails, opens) in [("4.0", true), ("5.2", true), ("6.0", false)] {
        let app = app("rails_4_0").rails(rails);
        assert_eq!(open(&app.jar().unwrap(), &rails_3), opens, "{rails}");
        assert_eq!(open(&app.signed_jar().unwrap(), &rails_3), opens, "{rails}");
        ran += 1;
    }

    // The app's settings for signed cookies: another digest, and another key.
    let upgraded = app("upgraded");
    let settings = upgraded.settings().unwrap().settings;
    let own = upgraded.secret_key_base().unwrap();
    let sha256 = settings
        .clone()
        .signed_cookie_digest(hardtack::settings::HmacDigest::Sha256);
    let by_key = settings.clone().secret_kind(SecretKind::SecretToken);
    let other_key = secret("the signing key of another app's");
    let signed = upgraded.signed_jar().unwrap();
    for (by, opens) in [
        (Jar::signed(&own, settings.clone()), true),
        (Jar::signed(&own, sha256.clone()), true),
        (Jar::signed(&other_key, by_key.clone()), true),
        (Jar::signed(&other_key, sha256), false),
        (Jar::signed(&own, by_key), false),
    ] {
        assert_eq!(open(&signed, &by), opens, "{by:?}");
        ran += 1;
    }
    // The rotator of Rails' guide, in both jars: the key digest before Rails 7.0.
    let before = settings.key_generator_hash_digest_class(hardtack::settings::KeyDigest::Sha1);
    let another_salt = before.clone().signed_cookie_salt("signed cookie");
    let encrypted = upgraded.jar().unwrap();
    for (jar, by, opens) in [
        (&encrypted, Jar::encrypted(&own, before.clone()), true),
        (&signed, Jar::signed(&own, before.clone()), true),
        (&signed, Jar::signed(&own, another_salt), false),
        (&encrypted, Jar::encrypted(&other_key, before), false),
    ] {
        assert_eq!(open(jar, &by), opens, "{by:?}");
        ran += 1;
    }
    assert_eq!(ran, 14);
}

/// The app's own session store sets the same cookies.
#[test]
fn the_session_store_is_the_apps() {
    let cases: Vec<Case> = support::vectors("rails_apps/cases.jsonl");
    let (mut cookies, mut guesses) = (0, 0);
    for case in &cases {
        let what = format!("{} {}", case.app, case.environment);
        let (Some(expected), app) = (&case.set_cookie, app(case)) else {
            continue;
        };
        if app.secrets().is_err() {
            continue;
        }
        let now = OffsetDateTime::from_unix_timestamp(1_918_270_800).unwrap();
        let store = match CookieStore::from_rails_app(&app) {
            Ok(store) => store,
            // Its load_defaults may be another.
            Err(RailsAppError::UnreadableSetting(_)) if case.app == "conditional" => {
                guesses += 1;
                continue;
            }
            Err(error) => panic!("{what}: {error}"),
        };
        let store = Arc::new(store.clock(move || now));
        let origin = RequestOrigin::new(true, Some("shop.example.com"));
        let session = Session::open(&store, "", origin);
        session.insert("user_id", 7).unwrap();
        let token = session.authenticity_tokens().unwrap();
        let token = token.masked_authenticity_token().unwrap();
        let commit = session.commit(200).unwrap();
        let cookie = commit.cookies()[0].to_string();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let expires = match case.expire_after {
            Some(seconds) => {
                let at = now + std::time::Duration::from_secs(seconds);
                let expires =
                    SetCookie::new("k", "", &CookieAttributes::new().expires(at)).unwrap();
                let expires = expires.to_string();
                let (_, expires) = expires.split_once("expires=").unwrap();
                let (expires, _) = expires.split_once(';').unwrap();
                format!("expires={expires}; ")
            }
            None => String::new(),
        };
        let attributes = attributes.replace(&expires, "");
        assert_eq!(&format!("{name}=v; {attributes}"), expected, "{what}");
        let opened = app
            .jar()
            .unwrap()
            .read_value::<Value>(name, unescape(value.as_bytes()));
        assert!(opened.is_ok(), "{what}");
        cookies += 1;
        // 32 bytes and their mask: url-safe from load_defaults 6.1 on and under Rails 7.0, where
        // it is no choice any more; padded before.
        let told = app.settings().unwrap();
        let is_urlsafe = told.load_defaults >= Some(LoadDefaults::V6_1)
            || told.settings.version >= LoadDefaults::V7_0;
        assert_eq!(token.len(), if is_urlsafe { 86 } else { 88 }, "{what}");
    }
    assert_eq!((cookies, guesses), (8, 1));

    let redis = RailsApp::new(folder("another_store")).environment("production");
    let refused = CookieStore::from_rails_app(&redis).unwrap_err();
    let store = "redis_store".to_owned();
    assert_eq!(refused, RailsAppError::OtherStore { store });

    let root = scratch("session store of the environment");
    let initializers = root.join("config/initializers");
    std::fs::create_dir_all(&initializers).unwrap();
    let store = "Rails.application.config.session_store :cookie_store, key: ENV[\"KEY\"]\n";
    std::fs::write(initializers.join("session_store.rb"), store).unwrap();
    let app = RailsApp::new(&root)
        .environment("production")
        .variables(|name| (name == "SECRET_KEY_BASE").then(|| "8d2e4af6".repeat(16)));
    let refused = CookieStore::from_rails_app(&app).unwrap_err();
    let RailsAppError::UnreadableSetting(statement) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((statement.setting, statement.line), ("session_store", 1));
}
