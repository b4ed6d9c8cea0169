//! The public types, by the sources that name them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Finds the public types in the sources that name them.
pub(crate) fn public_types() -> BTreeSet<String> {
    let source = |file: &str| {
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(file)).unwrap()
    };
    let mut types = BTreeSet::new();
    for file in [
        "lib.rs",
        "doctor/mod.rs",
        "express/mod.rs",
        "laravel/mod.rs",
        "message/mod.rs",
        "middleware/tower.rs",
        "middleware/actix/mod.rs",
        "php/mod.rs",
        "rack/mod.rs",
        "rails_app/mod.rs",
        "settings.rs",
    ] {
        for item in source(file).split("pub use ").skip(1) {
            let names = item.split(';').next().unwrap();
            let names = names.rsplit("::").next().unwrap();
            let names = names.trim_matches(['{', '}', '\n', ' ']).split(',');
            types.extend(names.map(|name| name.trim().to_owned()));
        }
    }
    for file in [
        "serializer/value/mod.rs",
        "serializer/value/big_integer.rs",
        "doctor/mod.rs",
        "test_util.rs",
        "middleware/tower.rs",
        "middleware/axum.rs",
        "middleware/axum_authentication.rs",
        "middleware/actix/mod.rs",
    ] {
        for line in source(file).lines() {
            let line = line.trim_start();
            for kind in ["pub struct ", "pub enum ", "pub trait "] {
                if let Some(rest) = line.strip_prefix(kind) {
                    let name = rest.split(|c: char| !c.is_alphanumeric()).next().unwrap();
                    types.insert(name.to_owned());
                }
            }
        }
    }
    // `named!` declares those of `settings.rs`: the name in words, then the type.
    for line in source("settings.rs").lines() {
        if let Some((_, rest)) = line
            .trim_start()
            .strip_prefix('"')
            .and_then(|rest| rest.split_once("\" "))
            && let Some(name) = rest.strip_suffix(" {")
        {
            types.insert(name.to_owned());
        }
    }
    // Functions, the modules of frameworks, and a glob whose file is read above.
    types.retain(|name| name.starts_with(|c: char| c.is_uppercase()));
    // Traits, which their implementers render.
    for name in [
        "DeviseScope",
        "LoginStore",
        "OnError",
        "OnRefusal",
        "SessionFormat",
        "SessionStore",
    ] {
        assert!(types.remove(name), "{name}");
    }
    types
}
