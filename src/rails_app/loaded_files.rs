//! Finds the files that a Ruby statement loads: `require`, `require_relative`, `load`, and those
//! inside `Dir["..."].each`.

use std::path::{Path, PathBuf};

use super::file::normalized;
use super::ruby::expression::Scope;
use super::ruby::literal::split;
use super::ruby::statement::{MODIFIERS, Reach, Walk};
use super::ruby::token::{Kind, Token};

/// The methods that load a file.
const LOADERS: &[&str] = &["require", "require_relative", "load"];

const NO_PATH: &str = "the file's path is not a literal that hardtack reads";

/// The files that a statement loads.
pub(super) struct Loads {
    /// The files of the app; those of gems are left out.
    pub(super) files: Vec<PathBuf>,
    /// A file that was loaded before is not loaded again.
    pub(super) once: bool,
    /// Tells whether they are loaded, if the statement's own reach does not.
    pub(super) reach: Option<Reach>,
}

/// Returns the files that a statement loads; `None` if it loads nothing. Fails if only Ruby can tell
/// which ones.
pub(super) fn loads(walk: &Walk, tokens: &[Token]) -> Option<Result<Loads, &'static str>> {
    let scope = walk.scope();
    let source = scope.source();
    if tokens.first()?.is(source, Kind::Word, "Dir") {
        return of_folder(scope, tokens);
    }
    let (at, loader) = loader(source, tokens)?;
    let argument = tokens.get(at + 1..).unwrap_or_default();
    // A condition is no part of the path.
    let is_modifier =
        |token: &Token| token.kind == Kind::Word && MODIFIERS.contains(&token.text(source));
    let length = argument
        .iter()
        .position(is_modifier)
        .unwrap_or(argument.len());
    let argument = argument.get(..length).unwrap_or_default();
    let argument = match argument {
        [open, inner @ .., close] if open.text(source) == "(" && close.text(source) == ")" => inner,
        all => all,
    };
    if at > 0 {
        // Somewhere in the statement: the file may be loaded.
        let [text, ..] = argument else {
            return None;
        };
        let files = match scope.path(&[*text]) {
            Some(path) => resolved(scope, loader, &path),
            None => return Some(Err(NO_PATH)),
        };
        let reach = Reach::Unknown("the statement that loads the file may not run".to_owned());
        return Some(Ok(Loads {
            files,
            once: loader != "load",
            reach: Some(reach),
        }));
    }
    let argument = *split(source, argument).first()?;
    if let [name] = argument
        && let Some((pattern, reach)) = walk.files_named(name.text(source))
    {
        let root = &scope.runtime().root;
        let files = pattern.ok_or(NO_PATH).and_then(|glob| glob.files(root));
        return Some(files.map(|files| Loads {
            files,
            once: loader != "load",
            reach: Some(reach),
        }));
    }
    let path = scope.path(argument).ok_or(NO_PATH);
    Some(path.map(|path| Loads {
        files: resolved(scope, loader, &path),
        once: loader != "load",
        reach: None,
    }))
}

/// Returns the place and the name of the method that loads a file.
fn loader<'s>(source: &'s str, tokens: &[Token]) -> Option<(usize, &'s str)> {
    let place = tokens.iter().enumerate().position(|(at, token)| {
        let before = at.checked_sub(1).and_then(|before| tokens.get(before));
        let before = before.map_or("", |before| before.text(source));
        let next = tokens.get(at + 1);
        let has_argument = next.is_some_and(|next| {
            next.kind != Kind::Operator || next.text(source) == "(" || next.text(source) == "["
        });
        token.kind == Kind::Word
            && LOADERS.contains(&token.text(source))
            && ![".", "&.", "::", "def"].contains(&before)
            && has_argument
    })?;
    Some((place, tokens.get(place)?.text(source)))
}

/// Reads `Dir["..."].each { |file| require file }`.
fn of_folder(scope: Scope, tokens: &[Token]) -> Option<Result<Loads, &'static str>> {
    let source = scope.source();
    let loads_any = tokens.iter().any(|token| {
        let name = token.text(source);
        LOADERS.contains(&name.strip_prefix(':').unwrap_or(name))
    });
    if !loads_any {
        return None;
    }
    let loads = || {
        let (pattern, rest) = scope.files(tokens)?;
        let words: Vec<_> = rest.iter().map(|token| token.text(source)).collect();
        let loader = match words.strip_prefix(&[".", "each"]).unwrap_or(&words) {
            ["{", "|", name, "|", loader, "(", file, ")", "}"]
            | ["{", "|", name, "|", loader, file, "}"]
                if name == file =>
            {
                loader
            }
            ["(", "&", "method", "(", symbol, ")", ")"] => symbol.strip_prefix(':')?,
            _ => return None,
        };
        LOADERS.contains(&loader).then_some(())?;
        Some((pattern?, loader))
    };
    let files = loads().ok_or(NO_PATH).and_then(|(glob, loader)| {
        Ok(Loads {
            files: glob.files(&scope.runtime().root)?,
            once: loader != "load",
            reach: None,
        })
    });
    Some(files)
}

/// Returns the app's file that a path refers to, if there is one. Other paths are those of gems.
fn resolved(scope: Scope, loader: &str, path: &Path) -> Vec<PathBuf> {
    let root = &scope.runtime().root;
    let starts_with_dot = path.starts_with(".") || path.starts_with("..");
    let bases = match loader {
        "require_relative" => vec![scope.folder().to_owned()],
        // Relative to the working directory, which is the app's.
        "require" if starts_with_dot => vec![root.clone()],
        "require" => vec![root.join("lib")],
        _ => vec![root.join("lib"), root.clone()],
    };
    let candidates = bases.into_iter().flat_map(|base| {
        let path = base.join(path);
        let mut with_end = path.clone().into_os_string();
        with_end.push(".rb");
        let plain = (loader == "load" || path.extension().is_some()).then_some(path);
        let ended = (loader != "load").then(|| PathBuf::from(with_end));
        ended.into_iter().chain(plain)
    });
    let mut candidates = candidates.map(|path| normalized(&path));
    candidates.find(|path| path.is_file()).into_iter().collect()
}
