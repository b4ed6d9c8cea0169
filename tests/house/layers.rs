//! Imports point down: a layer imports nothing from a layer above it.

use std::fs;
use std::path::Path;

use crate::rust_files;

/// The layers, lowest first. Modules on one line do not import each other, except [`TOGETHER`].
const LAYERS: &[&[&str]] = &[
    &[
        "clock",
        "defaults",
        "error",
        "hex",
        "lanes",
        "load_defaults",
        "random",
        "safe_buffer_form",
        "settings",
        "shown",
        "stack",
        "store_error",
        "weak_secret",
    ], // one table of data and its names
    &["secret_key_base"],
    &["key_generator"],
    &["cipher"],
    &["serializer"],
    &["message"],
    &["http"],
    &["session"],
    &["express", "php", "rack", "rails"],
    &["laravel", "rails_app", "store_rules"],
    &["doctor"],
    &["fuzzing", "middleware", "test_util"],
];

/// Modules on one line that may import each other: plain data that belongs together.
const TOGETHER: &[&str] = &[
    "defaults",
    "error",
    "hex",
    "load_defaults",
    "random",
    "safe_buffer_form",
    "settings",
    "shown",
    "stack",
    "store_error",
    "weak_secret",
];

#[test]
fn imports_point_down() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut checked = 0;
    let mut faults = Vec::new();
    for file in rust_files(&root) {
        let relative = file.strip_prefix(&root).unwrap();
        let first = relative
            .components()
            .next()
            .unwrap()
            .as_os_str()
            .to_str()
            .unwrap();
        let own = first.trim_end_matches(".rs");
        if own == "lib" {
            continue;
        }
        let own_level =
            level(own).unwrap_or_else(|| panic!("{own} stands in no layer: add it to LAYERS"));
        let text = fs::read_to_string(&file).unwrap();
        for line in text
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
        {
            for import in line.split("crate::").skip(1) {
                let module: String = import
                    .chars()
                    .take_while(|c| c.is_alphanumeric() || *c == '_')
                    .collect();
                let Some(imported) = level(&module) else {
                    let name = relative.display();
                    faults.push(format!(
                        "{name}: crate::{module} names no layer; import it from its own"
                    ));
                    continue;
                };
                checked += 1;
                let sideways = imported == own_level && own != module;
                let allowed = TOGETHER.contains(&own) && TOGETHER.contains(&&*module);
                if imported > own_level || sideways && !allowed {
                    faults.push(format!(
                        "{own} must not import {module} ({})",
                        relative.display()
                    ));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert!(
        checked > 40,
        "only {checked} imports were looked at: is the test still reading them?"
    );
}

fn level(module: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| layer.contains(&module))
}
