//! The guides in `docs/` are read on a forge and in rustdoc: examples show no line that rustdoc would
//! hide, and links lead somewhere in both.

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

/// Returns the anchor of a heading, as forges and rustdoc make it.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
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

#[test]
fn links_between_guides_lead_somewhere() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut count = 0;
    for (name, text) in guides() {
        let (_, prose) = split(&text);
        let prose = prose.join("\n");
        let inline = prose
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split_once(')'));
        let defined = prose.lines().filter_map(|line| line.split_once("]: "));
        let targets = inline.map(|(target, _)| target).chain(
            defined
                .filter(|(label, _)| label.starts_with('['))
                .map(|(_, target)| target),
        );
        for target in targets.filter(|target| !target.starts_with("https://")) {
            let (file, fragment) = target.split_once('#').unwrap_or((target, ""));
            let file = if file.is_empty() { &name } else { file };
            let there = fs::read_to_string(folder.join(file))
                .unwrap_or_else(|error| panic!("{name} links to {target}: {error}"));
            let mut headings = there.lines().filter(|line| line.starts_with('#'));
            assert!(
                fragment.is_empty()
                    || headings.any(|line| anchor(line.trim_start_matches(['#', ' '])) == fragment),
                "{name} links to {target}, and there is no such heading"
            );
            count += 1;
        }
    }
    assert!(count > 20, "only {count} links: are they still found?");
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
