//! [`Glob`]: finds the files that a pattern of Ruby's `Dir[]` matches.

use std::path::{Path, PathBuf};

use super::file::normalized;

/// The most names in folders that are looked at.
const MOST_NAMES: usize = 20_000;

/// A pattern of `Dir[]` or `Dir.glob`, with `*`, `?` and `**`.
#[derive(Clone)]
pub(super) struct Glob {
    pub(super) pattern: String,
    /// `.sort` is called on the files.
    pub(super) is_sorted: bool,
}

impl Glob {
    /// Returns the files that the pattern matches, relative to `root`, in the order of Ruby 3.0 and
    /// later: folder by folder, or by the bytes of the whole paths if they are sorted.
    ///
    /// # Errors
    /// The reason why only Ruby can tell.
    pub(super) fn files(&self, root: &Path) -> Result<Vec<PathBuf>, &'static str> {
        let whole = normalized(&root.join(&self.pattern));
        // The app's own path may have any signs.
        let (base, pattern) = match whole.strip_prefix(root) {
            Ok(below) => (root, below),
            Err(_) => (Path::new("/"), whole.strip_prefix("/").unwrap_or(&whole)),
        };
        let pattern = pattern.to_str().unwrap_or("[");
        if pattern.contains(['[', '{', '\\']) {
            return Err("hardtack reads patterns of `*`, `?` and `**` only");
        }
        let mut segments: Vec<_> = pattern.split('/').collect();
        segments.dedup_by(|one, other| *one == "**" && one == other);
        let mut files = matching(base, &segments).ok_or("its folders have too many names")?;
        if self.is_sorted {
            files.sort_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
        } else {
            files.sort();
        }
        files.dedup();
        Ok(files)
    }
}

/// Returns the files below a folder that a pattern's segments match, some of them more than once.
/// `None` if the folders have too many names: links can make a few folders look like millions.
fn matching(base: &Path, segments: &[&str]) -> Option<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut places = vec![(base.to_owned(), segments)];
    let mut left = MOST_NAMES;
    while let Some((folder, segments)) = places.pop() {
        let [segment, rest @ ..] = segments else {
            continue;
        };
        // At the end, `**` is the same as `*`.
        let is_deep = *segment == "**" && !rest.is_empty();
        if is_deep {
            places.push((folder.clone(), rest));
        } else if !segment.contains(['*', '?']) {
            left = left.checked_sub(1)?;
            let path = folder.join(segment);
            if !rest.is_empty() {
                places.push((path, rest));
            } else if path.is_file() {
                files.push(path);
            }
            continue;
        }
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            left = left.checked_sub(1)?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if name.starts_with('.') && !segment.starts_with('.') {
                continue;
            }
            let left_to_match = if is_deep {
                // `**` follows no link.
                let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
                is_folder.then_some(segments)
            } else {
                matches_name(segment, &name).then_some(rest)
            };
            match left_to_match {
                None => {}
                Some([]) if !entry.path().is_file() => {}
                Some([]) => files.push(entry.path()),
                Some(segments) => places.push((entry.path(), segments)),
            }
        }
    }
    Some(files)
}

/// Checks that a segment with `*` and `?` matches a name. Needs no more steps than the product of
/// both lengths, since only the last star is tried again.
fn matches_name(segment: &str, name: &str) -> bool {
    let (segment, name) = (segment.as_bytes(), name.as_bytes());
    let (mut at, mut next) = (0, 0);
    let mut star = None;
    while let Some(byte) = name.get(next) {
        match segment.get(at) {
            Some(b'*') => {
                star = Some((at + 1, next));
                at += 1;
            }
            Some(sign) if *sign == b'?' || sign == byte => {
                at += 1;
                next += 1;
            }
            _ => {
                let Some((after, begun)) = star else {
                    return false;
                };
                star = Some((after, begun + 1));
                at = after;
                next = begun + 1;
            }
        }
    }
    segment.iter().skip(at).all(|sign| *sign == b'*')
}
