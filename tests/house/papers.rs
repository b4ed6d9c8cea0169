//! README and guides: what they link to is there, and what they say twice is the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::rust_files;

const ROOT: &str = env!("CARGO_MANIFEST_DIR");
/// The addresses of the API and of the repository; both are checked against this tree.
const API: &str = "https://docs.rs/hardtack/latest/hardtack/";
const REPOSITORY: &str = "https://github.com/hardtack-rs/hardtack/blob/main/";

fn text(path: impl AsRef<Path>) -> String {
    let path = Path::new(ROOT).join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn markdown_in(folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(Path::new(ROOT).join(folder)).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    files.sort();
    files
}

/// README and guides: what a user of the crate reads.
fn guides() -> Vec<PathBuf> {
    let mut guides = markdown_in("docs");
    guides.push(Path::new(ROOT).join("README.md"));
    guides
}

/// The lines of a Markdown file, each with the words after the fence of the code that it is in.
fn lines(markdown: &str) -> Vec<(Option<&str>, &str)> {
    let mut fence = None;
    let mut lines = Vec::new();
    for line in markdown.lines() {
        if let Some(words) = line.trim_start().strip_prefix("```") {
            fence = fence.is_none().then_some(words);
        } else {
            lines.push((fence, line));
        }
    }
    lines
}

/// A line without what is in backticks.
fn prose(line: &str) -> String {
    line.split('`').step_by(2).collect()
}

/// The targets of the links of a Markdown file, pictures included.
fn links(markdown: &str) -> Vec<String> {
    let mut links = Vec::new();
    for (fence, line) in lines(markdown) {
        if fence.is_some() {
            continue;
        }
        let line = prose(line);
        let inline = line.split("](").skip(1);
        links.extend(inline.filter_map(|rest| Some(rest.split_once(')')?.0.to_owned())));
        if line.starts_with('[')
            && let Some((_, target)) = line.split_once("]: ")
        {
            links.push(target.trim().to_owned());
        }
    }
    links
}

/// The anchors of a Markdown file's headings, as GitHub and rustdoc make them.
fn anchors(markdown: &str) -> BTreeSet<String> {
    let headings = lines(markdown)
        .into_iter()
        .filter(|(fence, _)| fence.is_none());
    let headings = headings.filter(|(_, line)| line.starts_with('#'));
    headings
        .map(|(_, heading)| {
            let heading = heading.trim_start_matches('#').trim().to_lowercase();
            let kept = heading.chars().filter_map(|character| match character {
                ' ' => Some('-'),
                '-' | '_' => Some(character),
                other => other.is_alphanumeric().then_some(other),
            });
            kept.collect()
        })
        .collect()
}

/// Checks that a page of the API is one of a public module or item of this tree.
fn is_in_the_api(page: &str, sources: &str) -> bool {
    let (path, anchor) = page.split_once('#').unwrap_or((page, ""));
    let (modules, item) = path.rsplit_once('/').unwrap_or(("", path));
    let has = |declaration: String| -> bool {
        sources.lines().any(|line| {
            let rest = line.trim_start().strip_prefix(&declaration);
            rest.is_some_and(|rest| {
                !rest.starts_with(|next: char| next.is_alphanumeric() || next == '_')
            })
        })
    };
    // `middleware` declares its modules for the crate's root to show them.
    let is_module = |module: &str| {
        has(format!("pub mod {module}")) || has(format!("pub use middleware::{module}"))
    };
    let has_method = anchor.strip_prefix("method.").is_none_or(|method| {
        let kinds = ["fn", "const fn", "async fn"].into_iter();
        kinds.map(|kind| format!("pub {kind} {method}")).any(&has)
    });
    let has_modules = modules
        .split('/')
        .filter(|module| !module.is_empty())
        .all(is_module);
    has_modules
        && has_method
        && match item
            .strip_suffix(".html")
            .and_then(|item| item.split_once('.'))
        {
            Some((kind, name)) => has(format!("pub {kind} {name}")),
            None => item.is_empty() || item == "index.html",
        }
}

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(ROOT);
    let sources = rust_files(&root.join("src"));
    let sources: String = sources
        .iter()
        .map(|file| fs::read_to_string(file).unwrap())
        .collect();
    let mut papers = guides();
    for folder in [
        "",
        "crates/hardtack-cli",
        "crates/hardtack-files",
        "crates/hardtack-memcached",
        "crates/hardtack-mongodb",
        "crates/hardtack-redis",
        "crates/hardtack-sqlx",
        "examples/beside-express",
        "examples/beside-rails",
        "fuzz",
    ] {
        papers.extend(markdown_in(folder));
    }
    let papers: BTreeSet<_> = papers.into_iter().collect();

    let (mut count, mut dead) = (0, Vec::new());
    for paper in &papers {
        let markdown = fs::read_to_string(paper).unwrap();
        for link in links(&markdown) {
            count += 1;
            // Paths of the API, which the other test finds; rustdoc resolves them.
            if link.starts_with("crate::") {
                continue;
            }
            let leads_there = if let Some(page) = link.strip_prefix(API) {
                is_in_the_api(page, &sources)
            } else {
                let (from, place) = match link.strip_prefix(REPOSITORY) {
                    Some(place) => (root, place),
                    None if link.starts_with("http") => continue,
                    None => (paper.parent().unwrap(), &*link),
                };
                let (path, anchor) = place.split_once('#').unwrap_or((place, ""));
                let target = if path.is_empty() {
                    paper.clone()
                } else {
                    from.join(path)
                };
                target.exists()
                    && (anchor.is_empty()
                        || anchors(&fs::read_to_string(&target).unwrap()).contains(anchor))
            };
            if !leads_there {
                let paper = paper.strip_prefix(root).unwrap().display();
                dead.push(format!("{paper}: {link}"));
            }
        }
    }
    // The front page links to what needs a feature by its page, which rustdoc does not check.
    let front = text("src/lib.rs");
    let (_, front) = front.split_once("//! # Where to begin").unwrap();
    for link in links(front) {
        if Path::new(&link)
            .extension()
            .is_some_and(|end| end == "html")
            && !link.starts_with("http")
        {
            count += 1;
            if !is_in_the_api(&link, &sources) {
                dead.push(format!("the front page of the API: {link}"));
            }
        }
    }
    assert!(dead.is_empty(), "these links lead nowhere: {dead:#?}");
    assert!(
        papers.len() >= 12,
        "only {} papers: does it still find them?",
        papers.len()
    );
    assert!(count >= 60, "only {count} links: does it still find them?");
}

/// The first Rust program of a Markdown text.
fn first_program(markdown: &str) -> String {
    let (_, program) = markdown.split_once("```rust").unwrap();
    let (_, program) = program.split_once('\n').unwrap();
    program.split_once("```").unwrap().0.to_owned()
}

#[test]
fn the_front_page_of_the_api_has_the_readmes_program() {
    let source = text("src/lib.rs");
    let mut program = String::new();
    let comments = source
        .lines()
        .skip_while(|line| !line.contains("```ignore"))
        .skip(1);
    for line in comments.take_while(|line| *line != "//! ```") {
        let line = line.strip_prefix("//!").unwrap();
        program.push_str(line.strip_prefix(' ').unwrap_or(line));
        program.push('\n');
    }
    assert!(program.contains("async fn main()"));
    assert_eq!(program, first_program(&text("README.md")));
}

#[test]
fn the_table_of_features_is_cargo_tomls_and_there_is_one() {
    let manifest = text("Cargo.toml");
    let (_, features) = manifest.split_once("\n[features]\n").unwrap();
    let features = features.split("\n[").next().unwrap().lines();
    let features: BTreeSet<_> = features
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| Some(line.split_once(" = ")?.0))
        .filter(|feature| *feature != "default" && !feature.starts_with('_'))
        .collect();
    let table = text("docs/features.md");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| `"));
    let rows: Vec<_> = rows.map(|row| row.split_once('`').unwrap().0).collect();
    assert_eq!(rows.iter().copied().collect::<BTreeSet<_>>(), features);
    assert_eq!(
        rows.len(),
        features.len(),
        "a feature is in the table twice"
    );

    let mut papers = guides();
    papers.push(Path::new(ROOT).join("src/lib.rs"));
    papers.retain(|paper| {
        fs::read_to_string(paper)
            .unwrap()
            .contains("| feature | what it adds |")
    });
    assert_eq!(papers, [Path::new(ROOT).join("docs/features.md")]);
}

#[test]
fn the_picture_of_the_doctor_is_a_run_that_is_replayed() {
    let run = text("crates/hardtack-cli/tests/command_line/doctor/older-defaults.txt");
    let picture = text("docs/doctor.svg");
    // The command names the recording's cookie, and the exit status is not printed.
    let printed = run
        .lines()
        .skip(2)
        .take_while(|line| !line.starts_with("Rails, in "));
    let printed = printed.filter(|line| !line.is_empty());
    let printed: Vec<_> = printed
        .map(|line| {
            line.replace('&', "&amp;")
                .replace('<', "&lt;")
                .replace('>', "&gt;")
        })
        .collect();
    let drawn = picture
        .lines()
        .filter_map(|line| line.strip_suffix("</text>"));
    let drawn = drawn.map(|line| line.split_once('>').unwrap().1).skip(1);
    assert_eq!(
        drawn.collect::<Vec<_>>(),
        printed,
        "scripts/plot-doctor draws it anew"
    );
}

#[test]
fn the_readme_is_short() {
    let words = text("README.md").split_whitespace().count();
    assert!((300..=1500).contains(&words), "README.md has {words} words");
}
