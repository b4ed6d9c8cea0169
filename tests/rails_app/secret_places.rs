//! Places of secrets, as each version of Rails finds them.

use hardtack::rails_app::RailsApp;

use crate::text;
use crate::written::written;

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// Written by `Rails::Secrets.encrypt` of Rails 6.1.7.10: `shared` and `production`.
const SECRETS: &str = "dChBLEOTnt8HwimdZ4zKsLSlcio56YpQrlk9sk1gaxC4FcMUHlQ2jkMb7kwy8yP2sHqoMHzPoENuqXjZvrCGQa18beIE7RkzQ8yejnLeq4xrWCCRF9UlhO5TOL/nSJhabJ6i4UIW4aLReJl7T49ESPud6U8JBthc/txyQb6QeZZFJWA0j/04YHQV/r4zf2aq/uJ4OeG3WoIwNKfjtpk5Ijea6yalGlosaGMLlXDr3Gs759iFJtqciutkxTfKz2akETSYnRK/Ig==--24M88OFHzw/8HvEv--T5Ml/6cv/svRNRU8D2XZnw==";

/// Written by Rails 7.1.5: `secret_key_base: b3c631c3..`.
const CREDENTIALS: &str = "lIHiPD7D+5lN2GMFraFvBh/fQzhEItbcV2j53i5ZUkvCXKtRjGKRNCkO4MggiSAoyCPT1c5txk/S+9uBz8SvzFRH/8BeAa+C5B5sWIU7q735LeJuTLLBAWHIXlTItmfdeJWktC6+Y17Le8TsynG4ebHAlai55pRX5YJdw1FlNlgxv9xoSDfIswaU7eVbwoFlvQP44H/9riezZj1R4A==--f2TgKFsRgOHYc5Ss--xVt25ZjcV0PJjyhFjQ+a0A==";

#[test]
fn encrypted_secrets_count_before_plain_ones() {
    let on = "Rails.application.config.read_encrypted_secrets = true\n";
    let root = written(
        "encrypted secrets",
        &[
            ("config/environments/production.rb", on),
            ("config/environments/staging.rb", on),
            ("config/secrets.yml.enc", SECRETS),
            ("config/secrets.yml.key", KEY),
            (
                "config/secrets.yml",
                "production:\n  secret_key_base: plain\nstaging:\n  secret_key_base: plain2\ntest:\n  secret_key_base: plain3\n",
            ),
        ],
    );
    // As Rails 6.1's `Rails::Secrets.parse` answers: its `shared` overrides the plain section too.
    for (rails, environment, expected) in [
        ("5.1", "production", "96bd0f3a".repeat(8)),
        ("6.1", "production", "96bd0f3a".repeat(8)),
        ("7.1", "staging", "5ha4ed0f".repeat(8)),
        ("6.1", "test", "plain3".to_owned()),
        ("5.0", "production", "plain".to_owned()),
    ] {
        let app = RailsApp::new(&root).rails(rails).environment(environment);
        let secret = app.variables(|_| None).secret_key_base().unwrap();
        assert_eq!(text(&secret), expected, "{rails} {environment}");
    }
    // A variable counts even if it is empty, and nothing is decrypted by it.
    let app = RailsApp::new(&root).rails("7.1").environment("production");
    let empty = app.variables(|name| (name == "RAILS_MASTER_KEY").then(String::new));
    let refused = empty.secret_key_base().unwrap_err().to_string();
    let told = "config/secrets.yml.enc: the key from RAILS_MASTER_KEY has 0 characters; it must have 32 hexadecimal digits";
    assert!(refused.ends_with(told), "{refused}");
}

#[test]
fn an_empty_master_key_is_what_the_version_makes_of_it() {
    let root = written(
        "empty master key",
        &[
            ("config/credentials.yml.enc", CREDENTIALS),
            ("config/master.key", KEY),
        ],
    );
    // `read_env_key` of each version's encrypted_file.rb: `presence` from 7.0 on.
    for (rails, value, opens) in [
        ("5.2", "", false),
        ("6.0", "", false),
        ("6.1.7.10", "", false),
        ("6.1.7.10", " ", false),
        ("7.0.0", "", true),
        ("7.0.0", " ", true),
        ("7.1.5", "", true),
        ("8.1", "", true),
    ] {
        let app = RailsApp::new(&root).rails(rails).environment("production");
        let app = app.variables(move |name| (name == "RAILS_MASTER_KEY").then(|| value.to_owned()));
        let found = app.secret_key_base();
        assert_eq!(found.is_ok(), opens, "{rails} {value:?}");
        if let Err(error) = found {
            let count = format!(
                "the key from RAILS_MASTER_KEY has {} characters",
                value.len()
            );
            assert!(error.to_string().contains(&count), "{error}");
        }
    }
}

/// In Ruby an empty text is true: `if ENV["SECRET_KEY_BASE_DUMMY"]` (application.rb of 7.1).
#[test]
fn an_empty_dummy_counts() {
    let root = written(
        "empty dummy",
        &[("tmp/local_secret.txt", "of this machine")],
    );
    let app = RailsApp::new(&root)
        .rails("7.1.5")
        .environment("production");
    let app = app.variables(|name| match name {
        "SECRET_KEY_BASE_DUMMY" => Some(String::new()),
        "SECRET_KEY_BASE" => Some("of production".to_owned()),
        _ => None,
    });
    assert_eq!(text(&app.secret_key_base().unwrap()), "of this machine");
}

#[test]
fn credentials_are_where_the_app_puts_them() {
    let statement = |path: &str| format!("Rails.application.config.credentials.{path}\n");
    let own = "b3c631c314c0bbca50c1b2843150fe33".repeat(4);
    // Statements, the files of the credentials and of the key, and where the secret is.
    let cases = [
        (
            statement("content_path = 'config/own.yml.enc'"),
            "config/own.yml.enc",
            "config/master.key",
        ),
        (
            statement("content_path = Rails.root.join('config', \"#{Rails.env}.yml.enc\")")
                + &statement("key_path = Rails.root.join('own.key')"),
            "config/production.yml.enc",
            "own.key",
        ),
        (
            statement("key_path = \"config/own.key\""),
            "config/credentials.yml.enc",
            "config/own.key",
        ),
        (
            statement("content_path = 'own.yml.enc'"),
            "own.yml.enc",
            "config/credentials/production.key", // by itself from 7.1 on
        ),
    ];
    for (statements, content, key) in &cases {
        let root = written(
            "own credentials",
            &[
                ("config/environments/production.rb", statements),
                (content, CREDENTIALS),
                (key, KEY),
            ],
        );
        let app = RailsApp::new(&root)
            .environment("production")
            .variables(|_| None);
        let secrets = app
            .secrets()
            .unwrap_or_else(|error| panic!("{statements}: {error}"));
        assert_eq!(secrets.found_in, *content);
        assert_eq!(text(&secrets.secret_key_base.unwrap()), own);
    }
    // A path that only Ruby can tell is no reason to read the default one.
    for (path, told) in [
        (
            "content_path = x",
            "config.credentials.content_path: set in a way that only Ruby can evaluate",
        ),
        (
            "key_path = 'x' if y",
            "config.credentials.key_path: set in a way that only Ruby can evaluate",
        ),
    ] {
        let root = written(
            "unknown credentials",
            &[
                ("config/environments/production.rb", &statement(path)),
                ("config/credentials.yml.enc", CREDENTIALS),
                ("config/master.key", KEY),
            ],
        );
        let app = RailsApp::new(&root)
            .environment("production")
            .variables(|_| None);
        let refused = app.secret_key_base().unwrap_err().to_string();
        assert!(refused.contains(told), "{refused}");
    }
}
