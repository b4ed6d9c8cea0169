//! No file imports in a circle, so that a reader of one file can stop at its imports.
//!
//! The imports are read as text: `use` and paths in the code. A name that a `mod.rs` only passes on
//! counts for the file that defines it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::rust_files;

/// Circles that are allowed, each with its reason: only if the data itself is recursive.
const ALLOWED: &[(&[&str], &str)] = &[];

/// A module's path: `["serializer", "value"]` for `serializer/value/mod.rs`.
type Module = Vec<String>;

#[derive(Default)]
struct File {
    name: String,
    /// The paths, from the root, that the file uses.
    uses: Vec<Vec<String>>,
    /// The names that the file re-exports, and the path of each.
    passed_on: BTreeMap<String, Vec<String>>,
}

#[test]
fn no_file_imports_in_a_circle() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (mut count, mut all) = circles_in(&root.join("src"), "");
    let mut packages = 0;
    for entry in fs::read_dir(root.join("crates")).unwrap() {
        let package = entry.unwrap().path();
        let name = package.file_name().unwrap().to_str().unwrap();
        let (imports, circles) = circles_in(&package.join("src"), &format!("{name}/"));
        count += imports;
        all.extend(circles);
        packages += 1;
    }
    assert!(
        count > 900 && packages > 0,
        "only {count} imports, {packages} packages: does it still read them?"
    );
    let circles: Vec<Vec<&str>> = all
        .iter()
        .map(|circle| circle.iter().map(String::as_str).collect())
        .collect();
    for circle in &circles {
        assert!(
            ALLOWED.iter().any(|(files, _)| files == circle),
            "these files import in a circle: {circle:?}"
        );
    }
    for (files, reason) in ALLOWED {
        let is_there = circles.iter().any(|circle| circle == files);
        assert!(
            is_there,
            "no circle any more, strike it: {files:?} ({reason})"
        );
    }
}

/// The layers of `serializer/`, lowest first. Modules on one line do not import each other.
const FLOORS: &[&[&str]] = &[
    &["load_error", "shapes", "span"],
    &["dump_error", "format"],
    &["value"],
    &["part", "unfit"],
    // What is set is kept as JSON text, from which the other formats are written.
    &["json"],
    &["marshal", "message_pack", "php"],
    &["deserialize", "dump_style", "to_value"],
    &["serialized"],
    &["entries"],
];

#[test]
fn the_serializers_imports_point_down() {
    let files = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let floor = |module: &Module| match &module[..] {
        [first, name, ..] if first == "serializer" => {
            let floor = FLOORS.iter().position(|floor| floor.contains(&&**name));
            Some((
                floor.unwrap_or_else(|| panic!("{name} is on no floor")),
                name.clone(),
            ))
        }
        _ => None,
    };
    let mut count = 0;
    for (module, imported) in imports(&files) {
        let Some((own, name)) = floor(module) else {
            continue;
        };
        for (other, other_name) in imported.into_iter().filter_map(floor) {
            let below = other < own || name == other_name;
            assert!(below, "{} must not import {other_name}", files[module].name);
            count += 1;
        }
    }
    assert!(count > 200, "only {count} imports");
}

type Imports<'a> = BTreeMap<&'a Module, BTreeSet<&'a Module>>;

/// Returns the imports of each file.
fn imports(files: &BTreeMap<Module, File>) -> Imports<'_> {
    let mut imports = Imports::new();
    for (module, file) in files {
        let of = imports.entry(module).or_default();
        for path in &file.uses {
            let imported = defining(files, path, 0);
            if imported != module && !imported.is_empty() {
                of.insert(imported);
            }
        }
    }
    imports
}

/// Counts the imports between the sources in `root`, and returns the files of each circle, with
/// `prefix` before their names.
fn circles_in(root: &Path, prefix: &str) -> (usize, Vec<Vec<String>>) {
    let files = read(root);
    let imports = imports(&files);
    let names = |circle: Vec<&Module>| {
        let name = |module: &&Module| format!("{prefix}{}", files[*module].name);
        let mut names: Vec<_> = circle.iter().map(name).collect();
        names.sort_unstable();
        names
    };
    let count = imports.values().map(BTreeSet::len).sum();
    (count, circles(&imports).into_iter().map(names).collect())
}

/// Returns every source of a package, without tests.
fn read(root: &Path) -> BTreeMap<Module, File> {
    let mut texts = BTreeMap::new();
    for path in rust_files(root) {
        let name = path.strip_prefix(root).unwrap().to_str().unwrap();
        let mut module: Module = name
            .trim_end_matches(".rs")
            .split('/')
            .map(str::to_owned)
            .collect();
        let is_test = module
            .iter()
            .any(|part| part == "tests" || part.ends_with("_tests"));
        if is_test {
            continue;
        }
        if matches!(module.last().unwrap().as_str(), "mod" | "lib" | "main") {
            module.pop();
        }
        let text = without_tests_and_comments(&fs::read_to_string(&path).unwrap());
        texts.insert(module, (name.to_owned(), text));
    }
    let modules: BTreeSet<Module> = texts.keys().cloned().collect();
    let file = |(module, (name, text)): (Module, (String, String))| {
        let file = imports_of(&module, name, &text, &modules);
        (module, file)
    };
    texts.into_iter().map(file).collect()
}

fn without_tests_and_comments(text: &str) -> String {
    let text = match text.find("#[cfg(test)]\nmod tests {") {
        Some(tests) => &text[..tests],
        None => text,
    };
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    text.lines().map(code).collect::<Vec<_>>().join("\n")
}

fn imports_of(module: &Module, name: String, text: &str, modules: &BTreeSet<Module>) -> File {
    let mut file = File {
        name,
        ..File::default()
    };
    let mut rest = String::new();
    let mut statement = None::<String>;
    for line in text.lines() {
        let start = line.trim_start();
        let start = match start.strip_prefix("pub") {
            Some(rest) if rest.starts_with(" use ") => rest.trim_start(),
            Some(rest) if rest.starts_with('(') => {
                rest.split_once(") ").map_or("", |(_, rest)| rest)
            }
            _ => start,
        };
        if statement.is_none() && start.starts_with("use ") {
            statement = Some(String::new());
        }
        let Some(open) = &mut statement else {
            rest.push_str(line);
            rest.push('\n');
            continue;
        };
        open.push_str(line);
        open.push(' ');
        if line.ends_with(';') {
            let whole = statement.take().unwrap();
            let (visibility, tree) = whole.split_once("use ").unwrap();
            for path in expand(tree.trim().trim_end_matches(';')) {
                let Some(path) = from_root(module, &path, modules) else {
                    continue;
                };
                if visibility.trim().is_empty() {
                    file.uses.push(path);
                } else {
                    let name = path.last().unwrap().clone();
                    file.passed_on.entry(name).or_insert(path);
                }
            }
        }
    }
    // Paths in the code: `crate::hex::digits(..)`, `marker::NIL`.
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    for word in rest
        .split(|c| !is_path(c))
        .filter(|word| word.contains("::"))
    {
        let path: Vec<String> = word.split("::").map(str::to_owned).collect();
        file.uses.extend(from_root(module, &path, modules));
    }
    file
}

/// Returns the paths of a `use` tree.
fn expand(tree: &str) -> Vec<Vec<String>> {
    let Some(open) = tree.find('{') else {
        let path = tree.split(" as ").next().unwrap();
        return vec![
            path.split("::")
                .map(|part| part.trim().to_owned())
                .collect(),
        ];
    };
    let before: Vec<String> = tree[..open]
        .split("::")
        .map(|part| part.trim().to_owned())
        .filter(|part| !part.is_empty())
        .collect();
    let inside = &tree[open + 1..tree.rfind('}').unwrap()];
    let (mut depth, mut items, mut item) = (0, Vec::new(), String::new());
    for c in inside.chars() {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            ',' if depth == 0 => {
                items.push(std::mem::take(&mut item));
                continue;
            }
            _ => {}
        }
        item.push(c);
    }
    items.push(item);
    let items = items.iter().filter(|item| !item.trim().is_empty());
    items
        .flat_map(|item| expand(item.trim()))
        .map(|path| [before.clone(), path].concat())
        .collect()
}

/// Returns a path from the root of the library; `None` for the path of another crate.
fn from_root(module: &Module, path: &[String], modules: &BTreeSet<Module>) -> Option<Vec<String>> {
    let (first, rest) = path.split_first()?;
    match first.as_str() {
        "crate" => Some(rest.to_vec()),
        "self" => Some([module, rest].concat()),
        "super" => {
            let ups = path.iter().take_while(|part| *part == "super").count();
            let kept = module.len().checked_sub(ups)?;
            Some([&module[..kept], &path[ups..]].concat())
        }
        _ => {
            let child = [module.clone(), vec![first.clone()]].concat();
            modules.contains(&child).then(|| [module, path].concat())
        }
    }
}

/// Returns the module that defines the item of a path.
fn defining<'a>(files: &'a BTreeMap<Module, File>, path: &[String], depth: usize) -> &'a Module {
    let known = (0..=path.len())
        .rev()
        .find(|end| files.contains_key(&path[..*end]));
    let (module, file) = files.get_key_value(&path[..known.unwrap()]).unwrap();
    let rest = &path[known.unwrap()..];
    let Some(name) = rest.first().filter(|_| depth < 8) else {
        return module;
    };
    if let Some(other) = file.passed_on.get(name).filter(|other| *other != path) {
        return defining(files, other, depth + 1);
    }
    match file.passed_on.get("*") {
        Some(all) => {
            let path = [&all[..all.len() - 1], rest].concat();
            defining(files, &path, depth + 1)
        }
        None => module,
    }
}

/// Returns the strongly connected components of more than one module (Tarjan, SIAM J. Comput. 1,
/// 1972).
fn circles<'a>(imports: &Imports<'a>) -> Vec<Vec<&'a Module>> {
    #[derive(Default)]
    struct Search<'a> {
        numbers: BTreeMap<&'a Module, usize>,
        lowest: BTreeMap<&'a Module, usize>,
        stack: Vec<&'a Module>,
        found: Vec<Vec<&'a Module>>,
    }
    fn visit<'a>(search: &mut Search<'a>, module: &'a Module, imports: &Imports<'a>) {
        let number = search.numbers.len();
        search.numbers.insert(module, number);
        search.lowest.insert(module, number);
        search.stack.push(module);
        for imported in imports.get(module).into_iter().flatten() {
            let reached = if !search.numbers.contains_key(imported) {
                visit(search, imported, imports);
                search.lowest[imported]
            } else if search.stack.contains(imported) {
                search.numbers[imported]
            } else {
                continue;
            };
            let lowest = search.lowest.get_mut(module).unwrap();
            *lowest = reached.min(*lowest);
        }
        if search.lowest[module] == number {
            let start = search
                .stack
                .iter()
                .position(|other| *other == module)
                .unwrap();
            let circle = search.stack.split_off(start);
            if circle.len() > 1 {
                search.found.push(circle);
            }
        }
    }
    let mut search = Search::default();
    for module in imports.keys() {
        if !search.numbers.contains_key(module) {
            visit(&mut search, module, imports);
        }
    }
    search.found
}
