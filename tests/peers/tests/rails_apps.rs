//! A running Rails confirms the expected results of the apps in `tests/vectors/rails_apps`.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::path::{Path, PathBuf};
use std::process::Command;

use hardtack_peers::RailsVersion;
use serde_json::Value;

fn apps() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/rails_apps")
}

/// Returns Rails' own report about a case's app.
fn says(case: &Value) -> Value {
    let text = |key: &str| case[key].as_str().expect("a text");
    let mut ruby = Command::new("ruby");
    ruby.arg("-W0")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("rails_app/says.rb"))
        .arg(apps().join(text("app")));
    for variable in ["SECRET_KEY_BASE", "RAILS_MASTER_KEY", "RACK_ENV"] {
        ruby.env_remove(variable);
    }
    for (name, value) in case["variables"].as_object().into_iter().flatten() {
        ruby.env(name, value.as_str().expect("a text"));
    }
    let output = ruby.env("RAILS_ENV", text("environment")).output();
    let output = output.expect("Ruby runs (scripts/peers installs it)");
    let error = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{case}: {error}"))
}

/// Of 6.1 these are marked; of later versions they are those of the version's own app that name no
/// other release.
fn is_live(case: &Value) -> bool {
    match RailsVersion::current().name {
        "6.1" => case["live"] == true,
        version => {
            let app = format!("rails_{}", version.replace('.', "_"));
            case["app"] == *app && case["rails"].is_null()
        }
    }
}

#[test]
fn rails_says_what_is_expected() {
    let cases = std::fs::read_to_string(apps().join("cases.jsonl")).expect("it is there");
    let cases = cases
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let (mut secrets, mut settings, mut sessions) = (0, 0, 0);
    for case in cases.filter(is_live) {
        let says = says(&case);
        assert_eq!(says["secret_key_base"], case["secret_key_base"], "{case}");
        secrets += 1;
        for (name, expected) in case["settings"].as_object().into_iter().flatten() {
            // Rails does not call its version a setting, and 6.1 has one digest of keys.
            if !["version", "key_digest"].contains(&name.as_str()) {
                assert_eq!(&says["settings"][name], expected, "{name}: {case}");
                settings += 1;
            }
        }
        if let Some(name) = case["session"].as_str() {
            assert_eq!(says["session"]["key"], name, "{case}");
            let seconds = &says["session"]["max_age"];
            assert_eq!(seconds, &case["expire_after"], "{case}");
            sessions += 1;
        }
    }
    let confirmed = [secrets, settings, sessions];
    assert_eq!(confirmed, RailsVersion::current().confirms);
}
