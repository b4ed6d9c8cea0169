//! Files as they occur: from any editor, from each release, too large, unreadable.

use hardtack::LoadDefaults;
use hardtack::rails_app::{MissingSecret, RailsApp, RailsAppError};
use hardtack::settings::SafeBufferForm;
use serde::Deserialize;

use crate::support;
use crate::{scratch, text};

/// Ruby skips a byte order mark, and ignores a carriage return before a line feed.
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
        assert_eq!(
            settings.session.name.as_deref(),
            Some("_shop_session"),
            "{text:?}"
        );
        assert_eq!(settings.settings.version, LoadDefaults::V8_1, "{text:?}");
        assert_eq!(settings.unreadable_settings, [], "{text:?}");
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
                Err(RailsAppError::NoSecret { searched, .. }) => {
                    assert!(!record.yaml.contains("secret_key_base"));
                    let keys = "secret_key_base".to_owned();
                    assert!(searched.iter().any(|looked| {
                        looked.reason == MissingSecret::NoSecretInside { keys: keys.clone() }
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

/// Converting such bytes to text would silently give another secret.
#[test]
fn a_local_secret_that_is_no_text_is_told() {
    let root = scratch("local secret that is no text");
    std::fs::create_dir_all(root.join("tmp")).unwrap();
    std::fs::write(root.join("tmp/local_secret.txt"), [0xFF; 128]).unwrap();
    let app = RailsApp::new(&root)
        .environment("development")
        .variables(|_| None);
    let refused = app.secret_key_base().unwrap_err().to_string();
    let told = "tmp/local_secret.txt: its secret is not a text";
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
    for version in ["2.2.3", "", "new", "8", "4294967296.0"] {
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
