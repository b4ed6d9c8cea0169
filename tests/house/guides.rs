//! The guides in `docs/` are read on a forge and in rustdoc: examples show no line that rustdoc would
//! hide, and links lead somewhere in both (`papers.rs` follows them).

use std::fs;
use std::path::Path;

/// Returns the name and the text of every guide.
fn guides() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let files = fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path());
    let guides = files.filter(|file| file.extension().is_some_and(|extension| extension == "md"));
    let guides: Vec<_> = guides
        .map(|file| {
            let name = file.file_name().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(file).unwrap())
        })
        .collect();
    assert!(guides.len() >= 9, "only {} guides", guides.len());
    guides
}

/// Returns the lines of a guide in blocks of Rust, and those outside of any block.
fn split(text: &str) -> (Vec<&str>, Vec<&str>) {
    let (mut rust, mut prose) = (Vec::new(), Vec::new());
    let mut block = None;
    for line in text.lines() {
        match (line.strip_prefix("```"), block) {
            (Some(language), None) => block = Some(language),
            (Some(_), Some(_)) => block = None,
            (None, Some("" | "rust" | "no_run")) => rust.push(line),
            (None, Some(_)) => {}
            (None, None) => prose.push(line),
        }
    }
    (rust, prose)
}

#[test]
fn guides_show_no_hidden_lines() {
    for (name, text) in guides() {
        let (rust, prose) = split(&text);
        let hidden = |line: &&&str| **line == "#" || line.starts_with("# ");
        assert_eq!(rust.iter().find(hidden), None, "{name}");
        let of_rustdoc = |line: &&&str| line.contains("](crate::") || line.contains("]: crate::");
        assert_eq!(prose.iter().find(of_rustdoc), None, "{name}");
    }
}

/// In rustdoc `guide_links.md` stands before each guide, and its definition of a label counts.
#[test]
fn labels_have_a_link_for_rustdoc() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let links = fs::read_to_string(root.join("src/guide_links.md")).unwrap();
    for (name, text) in guides() {
        for line in text.lines() {
            let Some((label, target)) = line.split_once("]: ") else {
                continue;
            };
            if label.starts_with('[') && !target.starts_with("https://") {
                assert!(
                    links.contains(&format!("{label}]: ")),
                    "{name}: {label}] is not in src/guide_links.md"
                );
            }
        }
    }
}
