//! The id of a session on a server: the doctor says where the session is, by the app's own files.

use std::path::{Path, PathBuf};

use hardtack::doctor::{CookieFormat, Diagnosis, Doctor};
use hardtack::rails_app::RailsApp;
use hardtack::{Jar, LoadDefaults, SecretKeyBase};

const ID: &str = "c5829f921fee456fdd2b54fc408dfc2e";
/// `2::` and the SHA-256 of the id.
const PRIVATE_ID: &str = "2::d27462508e96d31491a3a51d0ad8e06cd5bbcd201574c0ec6a195852c8ee2745";

/// Returns the folder of the app of a test.
fn folder(test: &str) -> PathBuf {
    let parent = Path::new(env!("CARGO_TARGET_TMPDIR")).join("doctor-stored-ids");
    parent.join(test)
}

/// Examines a cookie with an app of this `session_store` and these lines of `production.rb`.
fn examine(test: &str, session_store: &str, production: &str, copied: &str) -> Diagnosis {
    let dir = folder(test);
    let write = |file: &str, text: &str| {
        let path = dir.join(file);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write(
        "config/application.rb",
        "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 7.1\nend\nend\n",
    );
    write(
        "config/environments/production.rb",
        &format!("Rails.application.configure do\n{production}\nend\n"),
    );
    write("config/initializers/session_store.rb", session_store);
    let app = RailsApp::new(&dir).environment("production");
    let secret = SecretKeyBase::generate().unwrap();
    let secret = String::from_utf8(secret.expose().to_vec()).unwrap();
    let app = app.variables(move |name| (name == "SECRET_KEY_BASE").then(|| secret.clone()));
    Doctor::new().rails_app(&app).unwrap().examine(copied)
}

fn in_words(diagnosis: &Diagnosis) -> String {
    let report = diagnosis.to_string();
    report.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The options of `config.session_store`, the lines of `production.rb`, and the advice.
const STORES: &[(&str, &str, &str)] = &[
    (
        ":cache_store, key: '_s', expire_after: 90.minutes",
        "config.cache_store = :redis_cache_store, { url: ENV['REDIS_URL'], namespace: 'shop' }",
        "look in Redis: the key is shop:_session_id:, then the private id (2:: and the SHA-256 of \
         the id), which 'hardtack key --format rails-cache --namespace shop ID' prints",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :redis_cache_store, { url: ENV.fetch('REDIS_URL') { 'redis://a' } }",
        "look in Redis: the key is _session_id:, then the private id (2:: and the SHA-256 of the \
         id), which 'hardtack key --format rails-cache ID' prints",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :redis_cache_store, { namespace: \"my shop #{Rails.env}\" }",
        "--namespace 'my shop production' ID",
    ),
    // The namespace cannot be read: nothing is claimed of it.
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :redis_cache_store, { namespace: ENV['SPACE'] }",
        "the key ends in _session_id:, then the private id (2:: and the SHA-256 of the id), and \
         what the app puts before it cannot be read from its files (TEXT), which 'hardtack key \
         --format rails-cache --namespace TEXT ID' prints",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :redis_cache_store, { namespace: 'shop', **OPTIONS }",
        "--namespace TEXT",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :redis_cache_store, { namespace: 'shop' } if ENV['CACHE']",
        "look in the cache that the app names (config.cache_store): the key ends in _session_id:",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :redis_cache_store, { namespace: 'a' }\n\
         Rails.cache = ActiveSupport::Cache::RedisCacheStore.new(namespace: 'b')",
        "--namespace TEXT",
    ),
    (
        ":cache_store, key: '_s', cache: SESSIONS",
        "config.cache_store = :redis_cache_store, { namespace: 'shop' }",
        "look in the cache that the app names (config.cache_store): the key ends in _session_id:",
    ),
    (":cache_store, key: '_s'", "", "--namespace TEXT"),
    // Another cache: that of pages.
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :redis_cache_store, { namespace: 'shop' }\n\
         config.action_controller.cache_store = :memory_store",
        "the key is shop:_session_id:, then",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :mem_cache_store, 'cache-1.example.com', { namespace: 'shop' }",
        "look in memcached: the key is shop:_session_id:, then",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :solid_cache_store",
        "look in Solid Cache, in the table solid_cache_entries: the key ends in _session_id:",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :file_store, '/var/cache/shop'",
        "where the name of a file is the key, escaped: the key is _session_id:, then",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :null_store",
        ":null_store keeps nothing, so that every request begins a new session",
    ),
    (
        ":cache_store, key: '_s'",
        "config.cache_store = :memory_store, { size: 64 }",
        "which no other process reads",
    ),
    (
        ":redis_session_store, key: '_s', serializer: :json, on_redis_down: ->(*a) { log(a) }, \
         redis: { expire_after: 120.minutes, key_prefix: 'shop:session:', url: ENV['REDIS_URL'] }",
        "",
        "look in Redis: the key is shop:session:, then the private id (2:: and the SHA-256 of the \
         id), which 'hardtack key --format rails-marshal --prefix shop:session: ID' prints",
    ),
    (
        ":redis_session_store, key: '_s', redis: { url: ENV['REDIS_URL'] }",
        "",
        "the key is the private id (2:: and the SHA-256 of the id), which 'hardtack key --format \
         rails-marshal ID' prints",
    ),
    (
        ":redis_session_store, key: '_s', redis: REDIS",
        "",
        "the key ends in the private id",
    ),
    (
        ":redis_session_store, key: '_s', redis: { key_prefix: PREFIX }",
        "",
        "--prefix TEXT",
    ),
    (
        ":redis_store, key: '_s', servers: ['redis://localhost:6379/0/session']",
        "",
        "look in Redis: the key is session:, then the private id (2:: and the SHA-256 of the id), \
         which 'hardtack key --format rails-marshal --namespace session ID' prints",
    ),
    (
        ":redis_store, key: '_s', servers: [{ host: 'localhost', port: 6379, db: 0, namespace: 'x' }]",
        "",
        "--namespace x ID",
    ),
    (
        ":redis_store, key: '_s', servers: { host: ENV['REDIS_HOST'], db: 0 }",
        "",
        "--format rails-marshal ID",
    ),
    // The default of redis-rack.
    (
        ":redis_store, key: '_s', expire_after: 90.minutes",
        "",
        "the key is rack:session:, then",
    ),
    (
        ":redis_store, key: '_s', servers: [\"#{ENV['REDIS_URL']}/session\"]",
        "",
        "--namespace TEXT",
    ),
    (
        ":redis_store, key: '_s', servers: ['redis://a/0/x', 'redis://b/0/x']",
        "",
        "--namespace TEXT",
    ),
    (
        ":active_record_store, key: '_s'",
        "",
        "look in the table sessions, by its column session_id: the key is the private id (2:: and \
         the SHA-256 of the id), which 'hardtack key --format rails-row ID' prints",
    ),
    (
        ":mem_cache_store, key: '_s', expire_after: 3600",
        "",
        "look in memcached: the key is rack:session:, then",
    ),
    (":mongoid_store, key: '_s'", "", "look in that store"),
];

#[test]
fn the_apps_files_say_where_the_session_is() {
    for (options, production, advice) in STORES {
        let store = format!("Rails.application.config.session_store {options}\n");
        for copied in [
            ID.to_owned(),
            format!("Cookie: theme=dark; _s={ID}"),
            format!("_s=cell%2D1%2D{ID}"),
        ] {
            let diagnosis = examine("stores", &store, production, &copied);
            let words = in_words(&diagnosis);
            assert!(
                words.contains(advice),
                "{options}\n{production}\n{diagnosis}"
            );
            assert_eq!(diagnosis.format, CookieFormat::SessionId);
            assert_eq!(diagnosis.causes.len(), 1, "{diagnosis}");
            assert_eq!(diagnosis.causes[0].kind().name(), "not-rails");
            assert!(!words.contains(ID), "the report shows the id: {diagnosis}");
        }
    }
    assert_eq!(STORES.len(), 28);
}

#[test]
fn a_private_id_is_told_from_the_one_in_a_cookie() {
    let store = "Rails.application.config.session_store :cache_store, key: '_s'\n";
    let cache = "config.cache_store = :redis_cache_store, { namespace: 'shop' }";
    let escaped = PRIVATE_ID.replace(':', "%3A");
    let mut ran = 0;
    for copied in [
        PRIVATE_ID.to_owned(),
        format!("_s={PRIVATE_ID}"),
        format!("Cookie: _s={escaped}"),
        format!("shop:_session_id:{PRIVATE_ID}"),
    ] {
        let words = in_words(&examine("private", store, cache, &copied));
        assert!(
            words.contains("it is the private id of a session"),
            "{words}"
        );
        assert!(
            words.contains("the key is shop:_session_id:, then this private id; 'redis-cli"),
            "{words}"
        );
        assert!(!words.contains(&PRIVATE_ID[3..]), "{words}");
        let words = in_words(&Doctor::new().examine(&copied));
        assert!(words.contains("no browser sends it"), "{words}");
        assert!(!words.contains(&PRIVATE_ID[3..]), "{words}");
        ran += 1;
    }
    assert_eq!(ran, 4);
}

/// The app kept its sessions on a server before.
#[test]
fn an_id_of_a_former_store_is_told() {
    let store = "Rails.application.config.session_store :cookie_store, key: '_s'\n";
    for copied in [ID.to_owned(), format!("_s={ID}")] {
        let diagnosis = examine("former", store, "", &copied);
        assert_eq!(diagnosis.causes.len(), 1, "{diagnosis}");
        assert_eq!(diagnosis.causes[0].kind().name(), "other-store");
        let words = in_words(&diagnosis);
        assert!(
            words.starts_with("It is only the id of a session"),
            "{words}"
        );
        assert!(
            words.contains("from before session_store was changed"),
            "{words}"
        );
        assert!(words.contains("What to do: drop it"), "{words}");
    }
}

/// A machine without the app's key can still look for an id; a sealed cookie is not opened.
#[test]
fn an_id_needs_no_secret() {
    let store = "Rails.application.config.session_store :cache_store, key: '_s'\n";
    let cache = "config.cache_store = :redis_cache_store, { namespace: 'shop' }";
    examine("without-secret", store, cache, ID);
    let app = RailsApp::new(folder("without-secret")).environment("production");
    let app = app.variables(|_| None);
    assert!(app.secrets().is_err());
    let doctor = Doctor::new().rails_app(&app).unwrap();
    let words = in_words(&doctor.examine(format!("_s={ID}")));
    assert!(
        words.contains("the key is shop:_session_id:, then"),
        "{words}"
    );
    let jar = Jar::encrypted(&SecretKeyBase::generate().unwrap(), LoadDefaults::V7_1);
    let sealed = jar.write("_s", 1, None).unwrap();
    let sealed = sealed.escaped_value();
    let words = in_words(&doctor.examine(format!("_s={sealed}")));
    assert!(words.contains("no secret was given"), "{words}");
}

/// The value of another cookie is not the app's id.
#[test]
fn an_id_under_another_name_is_not_looked_for_in_the_apps_store() {
    let store = "Rails.application.config.session_store :cache_store, key: '_s'\n";
    let cache = "config.cache_store = :redis_cache_store, { namespace: 'shop' }";
    for copied in [format!("_other={ID}"), format!("PHPSESSID={ID}")] {
        let words = in_words(&examine("other-name", store, cache, &copied));
        assert!(!words.contains("shop:"), "{words}");
        assert!(words.contains("on the server"), "{words}");
    }
    // Nor is a value that no store of Rails makes.
    let words = in_words(&examine(
        "other-name",
        store,
        cache,
        "_s=0123456789abcdefghijklmnop",
    ));
    assert!(words.contains("its form is not that of Rails"), "{words}");
}
