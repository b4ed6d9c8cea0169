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

mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hardtack::{
    Attributes, Jar, Lack, Looked, NotUnderstood, RailsApp, RailsAppError, RailsVersion, Rotation,
    SecretKeyBase, SecretKind, SetCookie, Settings,
};
use serde::Deserialize;

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
        let or = |given: &Option<String>, default: String| given.clone().unwrap_or(default);
        Settings {
            cipher: self.cipher.parse().unwrap(),
            key_digest: self.key_digest.parse().unwrap(),
            hmac_digest: self.hmac_digest.parse().unwrap(),
            serializer: self.serializer.parse().unwrap(),
            metadata: self.metadata,
            same_site: self.same_site.as_ref().map(|name| name.parse().unwrap()),
            authenticated_encrypted_cookie_salt: or(
                &self.authenticated_encrypted_cookie_salt,
                defaults.authenticated_encrypted_cookie_salt,
            ),
            encrypted_cookie_salt: or(&self.encrypted_cookie_salt, defaults.encrypted_cookie_salt),
            encrypted_signed_cookie_salt: or(
                &self.encrypted_signed_cookie_salt,
                defaults.encrypted_signed_cookie_salt,
            ),
            signed_cookie_salt: or(&self.signed_cookie_salt, defaults.signed_cookie_salt),
            ..version.settings()
        }
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
            assert_eq!(found.settings, expected.settings(), "{what}");
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
