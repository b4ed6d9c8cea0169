//! Rails apps as configuration: the place of their secret, and their settings.
//!
//! `vectors/rails_apps/` holds apps as Rails' generators lay them out, and broken ones. Its
//! `cases.jsonl` holds the expected result of each. A running Rails 6.1 confirms the cases marked
//! `live`. Rails wrote the encrypted files.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and a table of cases is long"
)]

mod cookies;
mod files;
mod found;
mod hostile_files;
mod loaded_files;
#[path = "../support/recorded.rs"]
mod recorded;
mod rotators;
mod secret_places;
#[path = "../support/mod.rs"]
mod support;
mod versions;
mod written;

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use hardtack::rails_app::RailsApp;
use hardtack::{LoadDefaults, SecretKeyBase, Settings};
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
    searched: Option<Vec<(String, String)>>,
    settings: Option<Expected>,
    session: Option<String>,
    store: Option<String>,
    set_cookie: Option<String>,
    expire_after: Option<u64>,
    rotations: Option<Vec<String>>,
    unreadable_settings: Option<Vec<(String, u32, String)>>,
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
        let version: LoadDefaults = self.version.parse().unwrap();
        let defaults = version.settings();
        let or = |given: &Option<String>, default: Cow<'static, str>| {
            given.clone().map_or(default, Cow::Owned)
        };
        // What no field says depends on load_defaults, which sets nothing for cookies up to 5.1.
        let load_defaults = self.load_defaults.as_deref();
        load_defaults
            .map_or(LoadDefaults::V5_1, |version| version.parse().unwrap())
            .settings()
            .version(version)
            .secret_kind(defaults.secret_kind)
            .cipher(self.cipher.parse().unwrap())
            .key_generator_hash_digest_class(self.key_digest.parse().unwrap())
            .signed_cookie_digest(self.hmac_digest.parse().unwrap())
            .cookies_serializer(self.serializer.parse().unwrap())
            .use_cookies_with_metadata(self.metadata)
            .cookies_same_site_protection(self.same_site.as_ref().map(|name| name.parse().unwrap()))
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

/// Creates a folder for a test, with an app on Rails 8.1 in it.
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
