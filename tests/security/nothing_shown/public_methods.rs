//! The public methods that can fail, by the sources that define them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// Finds the public methods and functions that can fail, in the sources: `Type::method`.
pub(crate) fn fallible() -> BTreeSet<String> {
    fn walk(folder: &Path, found: &mut BTreeSet<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && name != "tests" {
                walk(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs")
                && !["fuzzing.rs", "fuzz_readers.rs"].contains(&name)
            {
                read(&fs::read_to_string(&path).unwrap(), found);
            }
        }
    }
    fn read(source: &str, found: &mut BTreeSet<String>) {
        let mut own = String::new();
        let mut lines = source.lines();
        while let Some(line) = lines.next() {
            if line.starts_with('}') {
                own.clear();
            }
            if let Some(rest) = line.strip_prefix("impl") {
                // Past the generics; of a path the last part.
                let rest = if rest.starts_with('<') {
                    rest.split_once('>').unwrap().1
                } else {
                    rest
                };
                let name = rest.trim().split(|c: char| !c.is_alphanumeric()).next();
                own = format!("{}::", name.unwrap());
            }
            let Some(rest) = line.trim_start().strip_prefix("pub fn ") else {
                continue;
            };
            let name = rest
                .split(|c: char| !c.is_alphanumeric() && c != '_')
                .next();
            let mut signature = line.to_owned();
            while !signature.ends_with(['{', ';']) {
                signature.push_str(lines.next().unwrap());
            }
            if signature.contains("-> Result<") {
                found.insert(format!("{own}{}", name.unwrap()));
            }
        }
    }
    let mut found = BTreeSet::new();
    walk(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut found,
    );
    found
}
