//! Rails apps as configuration: where their secret is, and what they set.
//!
//! `vectors/rails_apps/` holds apps as Rails' generators lay them out, and broken ones; its
//! `cases.jsonl` what is expected of each. Of the cases marked `live` a running Rails 6.1 says the
//! same. Encrypted files are Rails' own work.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

#[path = "../support/mod.rs"]
mod support;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use hardtack::{
    Attributes, CookieStore, Jar, Lack, Looked, NotUnderstood, RailsApp, RailsAppError,
    RailsVersion, RequestOrigin, Rotation, SafeBufferForm, SecretKeyBase, SecretKind, Session,
    SetCookie, Settings, Value, unescape,
};
use serde::Deserialize;
use time::OffsetDateTime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    app: String,
    environment: String,
    #[serde(default)]
    variables: BTreeMap<String, String>,
    rails: Option<String>,
    secret_key_base: Option<String>,
    secret_token: Option<String>,
    found_in: Option<String>,
    #[serde(default)]
    rotated: Vec<String>,
    looked_at: Option<Vec<(String, String)>>,
    settings: Option<Expected>,
    session: Option<String>,
    store: Option<String>,
    set_cookie: Option<String>,
    expire_after: Option<u64>,
    rotations: Option<Vec<String>>,
    not_understood: Option<Vec<(String, u32, String)>>,
    #[serde(default, rename = "live")]
    _live: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    version: String,
    load_defaults: Option<String>,
    cipher: String,
    key_digest: String,
    hmac_digest: String,
    serializer: String,
    metadata: bool,
    same_site: Option<String>,
    authenticated_encrypted_cookie_salt: Option<String>,
    encrypted_cookie_salt: Option<String>,
    encrypted_signed_cookie_salt: Option<String>,
    signed_cookie_salt: Option<String>,
}

impl Expected {
    fn settings(&self) -> Settings {
        let version: RailsVersion = self.version.parse().unwrap();
        let defaults = version.settings();
        let or = |given: &Option<String>, default: Cow<'static, str>| {
            given.clone().map_or(default, Cow::Owned)
        };
        version
            .settings()
            .cipher(self.cipher.parse().unwrap())
            .key_digest(self.key_digest.parse().unwrap())
            .hmac_digest(self.hmac_digest.parse().unwrap())
            .serializer(self.serializer.parse().unwrap())
            .metadata(self.metadata)
            .same_site(self.same_site.as_ref().map(|name| name.parse().unwrap()))
            .authenticated_encrypted_cookie_salt(or(
                &self.authenticated_encrypted_cookie_salt,
                defaults.authenticated_encrypted_cookie_salt,
            ))
            .encrypted_cookie_salt(or(
                &self.encrypted_cookie_salt,
                defaults.encrypted_cookie_salt,
            ))
            .encrypted_signed_cookie_salt(or(
                &self.encrypted_signed_cookie_salt,
                defaults.encrypted_signed_cookie_salt,
            ))
            .signed_cookie_salt(or(&self.signed_cookie_salt, defaults.signed_cookie_salt))
    }
}

fn folder(app: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors/rails_apps")
        .join(app)
}

fn app(case: &Case) -> RailsApp {
    let variables = case.variables.clone();
    let app = RailsApp::new(folder(&case.app))
        .environment(&case.environment)
        .variables(move |name| variables.get(name).cloned());
    match &case.rails {
        Some(rails) => app.rails(rails),
        None => app,
    }
}

fn text(secret: &SecretKeyBase) -> String {
    String::from_utf8(secret.expose().to_vec()).unwrap()
}

#[test]
fn secrets_are_found_where_rails_finds_them() {
    let cases: Vec<Case> = support::vectors("rails_apps/cases.jsonl");
    let (mut found, mut missed) = (0, 0);
    for case in &cases {
        let what = format!("{} {} {:?}", case.app, case.environment, case.variables);
        let app = app(case);
        match app.secrets() {
            Ok(secrets) => {
                assert_eq!(
                    secrets.secret_key_base.as_ref().map(text),
                    case.secret_key_base,
                    "{what}"
                );
                assert_eq!(
                    secrets.secret_token.as_ref().map(text),
                    case.secret_token,
                    "{what}"
                );
                assert_eq!(Some(secrets.found_in), case.found_in, "{what}");
                let rotated = secrets.rotated_secret_key_bases.iter().map(text);
                assert_eq!(rotated.collect::<Vec<_>>(), case.rotated, "{what}");
                assert_eq!(
                    app.secret_key_base().ok().as_ref().map(text),
                    case.secret_key_base
                );
                if case.settings.is_some() {
                    let notes = case.not_understood.iter().flatten();
                    let guesses = notes.filter(|(_, _, setting)| setting == "load_defaults");
                    let plain = guesses.count() == 0;
                    assert_eq!(app.jar().is_ok(), plain, "{what}");
                    assert_eq!(app.signed_jar().is_ok(), plain, "{what}");
                }
                found += 1;
            }
            Err(error) => {
                let RailsAppError::NoSecret { looked_at, .. } = &error else {
                    panic!("{what}: {error}");
                };
                let looked_at = looked_at
                    .iter()
                    .map(|Looked { place, lack, .. }| (place.clone(), lack.to_string()));
                let looked_at: Vec<_> = looked_at.collect();
                assert_eq!(Some(&looked_at), case.looked_at.as_ref(), "{what}");
                // Every place is told, and no secret.
                let told = format!("{error} {error:?}");
                for (place, lack) in looked_at {
                    assert!(told.contains(&format!("\n  {place}: {lack}")), "{told}");
                }
                assert!(!told.contains("b3c631c314c0bbca"), "{told}");
                assert!(app.jar().is_err() && app.signed_jar().is_err(), "{what}");
                missed += 1;
            }
        }
    }
    assert_eq!((found, missed), (46, 32));
}

#[test]
fn settings_are_those_that_the_files_say_plainly() {
    let cases: Vec<Case> = support::vectors("rails_apps/cases.jsonl");
    let (mut settings, mut sessions, mut cookies, mut notes) = (0, 0, 0, 0);
    for case in &cases {
        let what = format!("{} {}", case.app, case.environment);
        let found = app(case).settings().unwrap();
        if let Some(expected) = &case.settings {
            // By the release, which has a test of its own.
            let expected_settings = expected.settings().safe_buffer(found.settings.safe_buffer);
            assert_eq!(found.settings, expected_settings, "{what}");
            let load_defaults = found.load_defaults.map(|version| version.to_string());
            assert_eq!(load_defaults, expected.load_defaults, "{what}");
            settings += 1;
        }
        if let Some(name) = &case.session {
            assert_eq!(&found.session.name, name, "{what}");
            let store = case.store.as_deref().unwrap_or("cookie_store");
            assert_eq!(found.session.store, store, "{what}");
            let seconds = found.session.expire_after.map(|after| after.as_secs());
            assert_eq!(seconds, case.expire_after, "{what}");
            sessions += 1;
        }
        if let Some(expected) = &case.set_cookie {
            let attributes = &found.session.attributes.for_host("shop.example.com");
            let secret = SecretKeyBase::generate().unwrap();
            let jar = Jar::encrypted(&secret, found.settings.clone());
            let cookie = jar.write(&found.session.name, &1, attributes).unwrap();
            let cookie = cookie.to_string();
            let (pair, attributes) = cookie.split_once("; ").unwrap();
            let (name, _) = pair.split_once('=').unwrap();
            assert_eq!(&format!("{name}=v; {attributes}"), expected, "{what}");
            cookies += 1;
        }
        if let Some(expected) = &case.rotations {
            let digests = found.rotations.iter().map(|one| one.digest.to_string());
            assert_eq!(&digests.collect::<Vec<_>>(), expected, "{what}");
        }
        if let Some(expected) = &case.not_understood {
            let found = found.not_understood.iter().map(
                |NotUnderstood {
                     file,
                     line,
                     setting,
                     ..
                 }| (file.display().to_string(), *line, (*setting).to_owned()),
            );
            assert_eq!(&found.collect::<Vec<_>>(), expected, "{what}");
            notes += expected.len();
        }
        // What is told holds no secret.
        let told = format!("{found:?}");
        assert!(!told.contains("b3c631c314c0bbca"), "{what}: {told}");
        for one in &found.not_understood {
            assert!(!one.to_string().contains("b3c631c314c0bbca"), "{one}");
        }
    }
    assert_eq!((settings, sessions, cookies, notes), (18, 10, 9, 18));
}

/// A cookie that a Rails set, and how.
#[derive(Deserialize)]
struct Record {
    kind: String,
    jar: Option<String>,
    key_digest: Option<String>,
    serializer: String,
    #[serde(default)]
    metadata: bool,
    name: String,
    #[serde(default)]
    value: Option<Value>,
    #[serde(default)]
    symbols: bool,
    cookie: String,
}

/// An app, the Rails that set cookies, how (jar, digest of keys, serializer, metadata), and how
/// many there are.
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
                (asked == "SECRET_KEY_BASE" && name == "rails_4_2").then(|| SECRET.repeat(4))
            });
        let opener = match jar {
            "signed" => app.signed_jar().unwrap(),
            _ => app.jar().unwrap(),
        };
        let records: Vec<Record> = support::vectors(&format!("jars/rails-{rails}.jsonl"));
        let records = records.iter().filter(|record| {
            record.kind != "expired"
                && record.jar.as_deref().unwrap_or_default() == jar
                && record.key_digest.as_deref().unwrap_or_default() == digest
                && record.serializer == serializer
                && record.metadata == metadata
        });
        let mut count = 0;
        for record in records {
            // No message holds `%`; what does is escaped (the older files are not).
            let value = if record.cookie.contains('%') {
                unescape(record.cookie.as_bytes()).into_owned()
            } else {
                record.cookie.clone().into_bytes()
            };
            let found = opener.read_value::<Value>(&record.name, value);
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
        let cookie = by.write("tab", &7, &Attributes::new()).unwrap();
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
            &Jar::encrypted(&older, RailsVersion::V8_1)
        ));
        assert!(open(&signed, &Jar::signed(&older, RailsVersion::V8_1)));
        assert!(!open(
            &encrypted,
            &Jar::encrypted(&older, RailsVersion::V6_1)
        ));
        ran += 1;
    }

    // The token beside a secret_key_base, by which Rails 3 signed; not for Rails 6 and later.
    let token = secret(case("rails_3_2").secret_token.as_ref().unwrap());
    let rails_3 = Jar::signed(&token, RailsVersion::V3_2);
    for (rails, opens) in [("4.0", true), ("5.2", true), ("6.0", false)] {
        let app = app("rails_4_0").rails(rails);
        assert_eq!(open(&app.jar().unwrap(), &rails_3), opens, "{rails}");
        assert_eq!(open(&app.signed_jar().unwrap(), &rails_3), opens, "{rails}");
        ran += 1;
    }

    // What the app tells of signed cookies: another digest, and another key.
    let upgraded = app("upgraded");
    let settings = upgraded.settings().unwrap().settings;
    let own = upgraded.secret_key_base().unwrap();
    let sha256 = settings.clone().hmac_digest(hardtack::HmacDigest::Sha256);
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
    // What was not understood is the caller's to add, and the jar takes it.
    let before = settings.key_digest(hardtack::KeyDigest::Sha1);
    let (jar, by) = (
        upgraded.jar().unwrap(),
        Jar::encrypted(&own, before.clone()),
    );
    assert!(!open(&jar, &by));
    assert!(open(&jar.rotation(Rotation::encrypted(&own, before)), &by));
    assert_eq!(ran, 10);
}

/// The same cookies, set by the app's own session store.
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
            // Of its options some are plain, and no store is made of those alone.
            Err(RailsAppError::NotUnderstood(_)) if case.app == "conditional" => {
                guesses += 1;
                continue;
            }
            Err(error) => panic!("{what}: {error}"),
        };
        let store = Arc::new(store.clock(move || now));
        let origin = RequestOrigin::new(true, Some("shop.example.com"));
        let session = Session::open(&store, "", origin);
        session.insert("user_id", &7).unwrap();
        let token = session.authenticity_tokens().unwrap();
        let token = token.masked_authenticity_token().unwrap();
        let commit = session.commit(200).unwrap();
        let cookie = commit.cookies()[0].to_string();
        let (pair, attributes) = cookie.split_once("; ").unwrap();
        let (name, value) = pair.split_once('=').unwrap();
        let expires = match case.expire_after {
            Some(seconds) => {
                let at = now + std::time::Duration::from_secs(seconds);
                let expires = SetCookie::new("k", "", &Attributes::new().expires(at)).unwrap();
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
        let is_urlsafe = told.load_defaults >= Some(RailsVersion::V6_1)
            || told.settings.version >= RailsVersion::V7_0;
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
    let RailsAppError::NotUnderstood(statement) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!((statement.setting, statement.line), ("session_store", 1));
}

/// A folder of its own for a test, with an app on Rails 8.1 in it.
fn scratch(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .join("rails_app")
        .join(name);
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(folder.join("config")).unwrap();
    let application = "module Shop\n  class Application < Rails::Application\n    config.load_defaults 8.1\n  end\nend\n";
    std::fs::write(folder.join("config/application.rb"), application).unwrap();
    folder
}

/// Ruby passes over a byte order mark, and takes a carriage return before a line feed for nothing.
#[test]
fn files_of_windows_editors_are_read_as_ruby_reads_them() {
    let folder = scratch("windows");
    let file = folder.join("config/application.rb");
    let text = std::fs::read_to_string(&file).unwrap();
    let (tabs, lines) = (text.replace("  ", "\t"), text.replace('\n', "\r\n"));
    let marked = [&text, &tabs, &lines].map(|text| format!("\u{feff}{text}"));
    let mut ran = 0;
    for text in [tabs, lines].iter().chain(&marked) {
        std::fs::write(&file, text).unwrap();
        let settings = RailsApp::new(&folder).variables(|_| None).settings();
        let settings = settings.unwrap();
        assert_eq!(settings.session.name, "_shop_session", "{text:?}");
        assert_eq!(settings.settings.version, RailsVersion::V8_1, "{text:?}");
        assert_eq!(settings.not_understood, [], "{text:?}");
        ran += 1;
    }
    assert_eq!(ran, 5);
}

/// 8-1-stable changed the form after 8.1.3, and 8.1.3.1 has the older one.
#[test]
fn the_release_says_how_safe_buffers_are_written() {
    let folder = scratch("safe_buffers");
    for (rails, expected) in [
        ("7.1.5", SafeBufferForm::Text),
        ("8.0.10", SafeBufferForm::Text),
        ("8.1.0.beta1", SafeBufferForm::Raw),
        ("8.1.3", SafeBufferForm::Raw),
        ("8.1.3.1", SafeBufferForm::Raw),
        ("8.1.4", SafeBufferForm::String),
        ("8.1.10", SafeBufferForm::String),
        ("8.2.0.alpha", SafeBufferForm::String),
    ] {
        let app = RailsApp::new(&folder).rails(rails).variables(|_| None);
        let settings = app.settings().unwrap().settings;
        assert_eq!(settings.safe_buffer, expected, "{rails}");
    }
}

#[test]
fn recorded_credentials_open() {
    #[derive(Deserialize)]
    struct Credentials {
        secret_key_base: String,
        master_key: String,
        yaml: String,
        enc: String,
    }

    let (mut found, mut missed) = (0, 0);
    let folder = scratch("credentials");
    for (rails, expected) in [("6.1", 2), ("7.1", 4), ("8.1", 4)] {
        let records: Vec<Credentials> =
            support::vectors(&format!("credentials/rails-{rails}.jsonl"));
        assert_eq!(records.len(), expected);
        for record in records {
            std::fs::write(folder.join("config/credentials.yml.enc"), &record.enc).unwrap();
            let key = record.master_key;
            let app = RailsApp::new(&folder)
                .rails(rails)
                .environment("production")
                .variables(move |name| (name == "RAILS_MASTER_KEY").then(|| key.clone()));
            match app.secret_key_base() {
                Ok(secret) => {
                    assert_eq!(text(&secret), record.secret_key_base);
                    found += 1;
                }
                Err(RailsAppError::NoSecret { looked_at, .. }) => {
                    assert!(!record.yaml.contains("secret_key_base"));
                    let keys = "secret_key_base".to_owned();
                    assert!(looked_at.iter().any(|looked| {
                        looked.lack == Lack::NoSecretInside { keys: keys.clone() }
                    }));
                    missed += 1;
                }
                Err(other) => panic!("{other}"),
            }
        }
    }
    assert_eq!((found, missed), (8, 2));
}

#[test]
fn files_are_read_with_a_bound() {
    let key = "0123456789abcdef0123456789abcdef";
    // A file, whether too large or a folder, and what is told.
    let cases = [
        (
            "config/credentials.yml.enc",
            Some(1 << 40),
            "more than 1048576 bytes",
        ),
        (
            "config/credentials.yml.enc",
            None,
            "cannot be read: not a file",
        ),
        ("config/master.key", Some(65_537), "more than 65536 bytes"),
        ("config/master.key", None, "cannot be read: not a file"),
        (
            "config/secrets.yml",
            Some(1_048_577),
            "more than 1048576 bytes",
        ),
        (
            "config/application.rb",
            Some(1_048_577),
            "more than 1048576 bytes",
        ),
        (
            "config/initializers/x.rb",
            Some(1_048_577),
            "more than 1048576 bytes",
        ),
        (
            "config/environments/production.rb",
            None,
            "cannot be read: not a file",
        ),
        ("Gemfile.lock", Some(1_048_577), "more than 1048576 bytes"),
    ];
    let mut ran = 0;
    for (name, size, expected) in cases {
        let folder = scratch("bounds");
        std::fs::write(folder.join("config/master.key"), key).unwrap();
        std::fs::write(folder.join("config/credentials.yml.enc"), "x").unwrap();
        let file = folder.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        let _ = std::fs::remove_file(&file);
        match size {
            // No byte of it is written: it is all hole.
            Some(size) => std::fs::File::create(&file).unwrap().set_len(size).unwrap(),
            None => std::fs::create_dir_all(&file).unwrap(),
        }
        if name == "config/secrets.yml" {
            std::fs::remove_file(folder.join("config/credentials.yml.enc")).unwrap();
        }
        let app = RailsApp::new(&folder)
            .environment("production")
            .variables(|_| None);
        let app = match name {
            "Gemfile.lock" => app,
            _ => app.rails("7.1"),
        };
        let error = app.secrets().unwrap_err().to_string();
        assert!(
            error.contains(&format!("{name}: {expected}")),
            "{name}: {error}"
        );
        ran += 1;
    }
    assert_eq!(ran, cases.len());
}

/// Made into text somehow it would be another secret, without a word.
#[test]
fn a_local_secret_that_is_no_text_is_told() {
    let root = scratch("local secret that is no text");
    std::fs::create_dir_all(root.join("tmp")).unwrap();
    std::fs::write(root.join("tmp/local_secret.txt"), [0xFF; 128]).unwrap();
    let app = RailsApp::new(&root)
        .environment("development")
        .variables(|_| None);
    let refused = app.secret_key_base().unwrap_err().to_string();
    let told = "tmp/local_secret.txt: its secret is no text";
    assert!(refused.ends_with(told), "{refused}");
}

#[test]
fn wrong_use_is_told() {
    let folder = scratch("wrong_use");
    let app = RailsApp::new(&folder).variables(|_| None);
    for name in ["", "..", "a/b", "a\0b", "é", "test "] {
        let error = app.clone().environment(name).settings().unwrap_err();
        assert_eq!(
            error,
            RailsAppError::Environment {
                given: name.to_owned()
            }
        );
    }
    for version in ["2.3.18", "", "new", "8", "4294967296.0"] {
        let error = app.clone().rails(version).settings().unwrap_err();
        assert_eq!(
            error,
            RailsAppError::Version {
                given: version.to_owned()
            }
        );
    }
    // The environment is told by the first of two variables, and is production without them.
    for (set, expected) in [
        (vec![], "production"),
        (vec!["RACK_ENV"], "rack_env"),
        (vec!["RAILS_ENV", "RACK_ENV"], "rails_env"),
    ] {
        let app = RailsApp::new(&folder)
            .variables(move |name| set.contains(&name).then(|| name.to_lowercase()));
        assert_eq!(app.environment_name().unwrap(), expected);
    }
    std::fs::remove_file(folder.join("config/application.rb")).unwrap();
    assert_eq!(
        app.settings().unwrap_err(),
        RailsAppError::NoApp { root: folder }
    );
    // Nothing that is shown holds a variable's value.
    let secret = "f".repeat(64);
    let app = RailsApp::new("/").variables(move |_| Some(secret.clone()));
    assert!(!format!("{app:?}").contains("ffff"));
}
