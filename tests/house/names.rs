//! A file is named after its content, so no two files of a package share a name.

use std::collections::BTreeMap;
use std::path::Path;

use crate::rust_files;

/// The names that every folder may have: its own file, the tests beside the code, and the roots.
const SHARED: &[&str] = &["mod.rs", "tests.rs", "main.rs", "lib.rs"];

#[test]
fn no_two_files_share_a_name() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let packages = std::fs::read_dir(root.join("crates")).unwrap();
    let packages = packages.map(|package| package.unwrap().path());
    let mut count = 0;
    let mut shared = Vec::new();
    for package in packages.chain([root.to_owned()]) {
        let mut files: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for file in rust_files(&package.join("src")) {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            if !SHARED.contains(&&*name) {
                let place = file.strip_prefix(root).unwrap().display().to_string();
                files.entry(name).or_default().push(place);
                count += 1;
            }
        }
        shared.extend(files.into_values().filter(|places| places.len() > 1));
    }
    assert!(shared.is_empty(), "these files share a name: {shared:#?}");
    assert!(count > 250, "only {count} files: does it still read them?");
}
