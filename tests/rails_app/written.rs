//! Apps written by tests, file by file: the session, under conditions on the environment.

use std::path::PathBuf;

use hardtack::CookieStore;
use hardtack::rails_app::{RailsApp, RailsAppError, RailsAppSettings};
use hardtack::settings::Serializer;

use crate::scratch;

pub(crate) const SERIALIZER: &str =
    "Rails.application.config.action_dispatch.cookies_serializer = :message_pack\n";

/// Creates an app with these files beside its `config/application.rb` (`load_defaults` 8.1).
pub(crate) fn written(name: &str, files: &[(&str, &str)]) -> PathBuf {
    let root = scratch(name);
    for (file, text) in files {
        let file = root.join(file);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    root
}

pub(crate) fn settings(root: &PathBuf, environment: &str) -> RailsAppSettings {
    let app = RailsApp::new(root).environment(environment);
    app.variables(|_| None).settings().unwrap()
}

/// The file and line of everything that was not understood.
pub(crate) fn told(settings: &RailsAppSettings) -> Vec<(String, u32, &'static str)> {
    let told = settings.unreadable_settings.iter();
    told.map(|one| (one.file.display().to_string(), one.line, one.setting))
        .collect()
}

#[test]
fn the_session_depends_on_the_environment() {
    // The arguments of session_store, the environment, and the name and the seconds.
    let cases: &[(&str, &str, Option<&str>, Option<u64>)] = &[
        (
            ":cookie_store, key: \"_shop_#{Rails.env}\"",
            "staging",
            Some("_shop_staging"),
            None,
        ),
        (
            ":cookie_store, key: \"_#{Rails.env}_x\\n\"",
            "test",
            Some("_test_x\n"),
            None,
        ),
        (
            ":cookie_store, key: '_#{Rails.env}'",
            "test",
            Some("_#{Rails.env}"),
            None,
        ),
        (
            ":cookie_store, key: \"_\\#{Rails.env}\"",
            "test",
            Some("_#{Rails.env}"),
            None,
        ),
        (
            ":cookie_store, key: \"_shop_\" + Rails.env",
            "test",
            Some("_shop_test"),
            None,
        ),
        (
            ":cookie_store, key: Rails.env.production? ? \"_a\" : \"_b\"",
            "production",
            Some("_a"),
            None,
        ),
        (
            ":cookie_store, key: Rails.env.production? ? \"_a\" : \"_b\"",
            "test",
            Some("_b"),
            None,
        ),
        (
            ":cookie_store, key: (Rails.env.test? || Rails.env.staging?) ? '_a' : '_b'",
            "staging",
            Some("_a"),
            None,
        ),
        // As real Rails 6.1 counts: 1.month.to_i, 1.year.to_i.
        (
            ":cookie_store, key: '_a', expire_after: 1.month",
            "test",
            Some("_a"),
            Some(2_629_746),
        ),
        (
            ":cookie_store, key: '_a', expire_after: 2.years",
            "test",
            Some("_a"),
            Some(63_113_904),
        ),
        (
            ":cookie_store, key: '_a', expire_after: 20.minutes",
            "test",
            Some("_a"),
            Some(1_200),
        ),
        (
            ":cookie_store, key: '_a', expire_after: 3.days.to_i",
            "test",
            Some("_a"),
            Some(259_200),
        ),
        (
            ":cookie_store, key: '_a', expire_after: 60 * 60 * 24",
            "test",
            Some("_a"),
            Some(86_400),
        ),
        (
            ":cookie_store, key: '_a', expire_after: Rails.env.test? ? nil : 1.day",
            "test",
            Some("_a"),
            None,
        ),
        // Without a key: not the app's name (`_session_id` in a running Rails 6.1).
        (
            ":cookie_store, expire_after: 1.day",
            "test",
            Some("_session_id"),
            Some(86_400),
        ),
        // What only Ruby can tell is not claimed.
        (":cookie_store, key: NAME", "test", None, None),
        (":cookie_store, key: \"_#{name}\"", "test", None, None),
        (":cookie_store, key: \"_#{ENV['X']}\"", "test", None, None),
        (":cookie_store, key: \"_#@name\"", "test", None, None),
        (
            ":cookie_store, key: x? ? \"_a\" : \"_b\"",
            "test",
            None,
            None,
        ),
        (
            ":cookie_store, key: ENV[\"X\"] || \"_a\"",
            "test",
            None,
            None,
        ),
        (":cookie_store, **OPTIONS", "test", None, None),
        (":cookie_store, OPTIONS", "test", None, None),
        (":cookie_store, { session_key: \"_a\" }", "test", None, None),
        (":cookie_store, key: '_a' if ENV['X']", "test", None, None),
    ];
    let mut ran = 0;
    for (arguments, environment, name, expire_after) in cases {
        let statement =
            format!("# A comment\nRails.application.config.session_store {arguments}\n");
        let root = written(
            "sessions",
            &[("config/initializers/session_store.rb", &statement)],
        );
        let found = settings(&root, environment);
        assert_eq!(found.session.name.as_deref(), *name, "{arguments}");
        let seconds = found.session.expire_after.map(|after| after.as_secs());
        assert_eq!(seconds, *expire_after, "{arguments}");
        let expected = match name {
            Some(_) => Vec::new(),
            None => vec![(
                "config/initializers/session_store.rb".to_owned(),
                2,
                "session_store",
            )],
        };
        let mut told = told(&found);
        told.dedup();
        assert_eq!(told, expected, "{arguments}");
        ran += 1;
    }
    assert_eq!(ran, 25);
}

#[test]
fn a_store_that_is_not_known_is_not_claimed() {
    for (store, expected) in [
        (":cookie_store", Some("cookie_store")),
        ("ActionDispatch::Session::CookieStore", Some("cookie_store")),
        (":active_record_store", Some("active_record_store")),
        (
            "ActionDispatch::Session::CacheStore",
            Some("ActionDispatch::Session::CacheStore"),
        ),
        (":force_signed_cookie_store", None),
        ("MyCookieStore", None),
    ] {
        let statement = format!("Rails.application.config.session_store {store}, key: '_a'\n");
        let root = written(
            "stores",
            &[("config/initializers/session_store.rb", &statement)],
        );
        let found = settings(&root, "production");
        assert_eq!(found.session.store.as_deref(), expected, "{store}");
        assert_eq!(found.session.name.as_deref(), Some("_a"), "{store}");
        assert_eq!(told(&found).is_empty(), expected.is_some(), "{store}");
        let app = RailsApp::new(&root).environment("production");
        let app = app.variables(|name| (name == "SECRET_KEY_BASE").then(|| "8d2e4af6".repeat(16)));
        match (CookieStore::from_rails_app(&app), expected) {
            (Ok(store), Some("cookie_store")) => assert_eq!(store.name(), "_a"),
            (Err(RailsAppError::OtherStore { .. }), Some(_)) => {}
            (Err(RailsAppError::UnreadableSetting(one)), None) => {
                assert!(
                    one.why.starts_with("hardtack does not know the store"),
                    "{one}"
                );
            }
            (other, _) => panic!("{store}: {other:?}"),
        }
    }
}

#[test]
fn a_condition_on_another_files_return_is_known() {
    let root = written(
        "returned",
        &[(
            "config/initializers/a.rb",
            &format!("return unless Rails.env.staging?\n{SERIALIZER}"),
        )],
    );
    let serializer = |environment| settings(&root, environment).settings.cookies_serializer;
    assert_eq!(serializer("staging"), Serializer::MessagePack);
    assert_eq!(serializer("production"), Serializer::Json);
}
