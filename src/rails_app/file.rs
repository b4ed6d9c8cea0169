//! Reads files of the app, up to a size limit.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::rails_app_error::MissingSecret;

/// The most bytes of any file: a thousand times the usual size.
pub(super) const MOST: usize = 1024 * 1024;

/// The most bytes of a file that contains only a key or a secret.
pub(super) const MOST_OF_A_KEY: usize = 64 * 1024;

/// The depth to which the folders below a folder are read.
const MOST_FOLDERS: usize = 8;

/// The most files below a folder.
const MOST_FILES: usize = 1000;

/// Returns the files below a folder, sorted by the bytes of their whole paths. As for Ruby's
/// `Dir.glob`, names that start with a dot are left out.
pub(super) fn below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    let mut folders = vec![(folder.to_owned(), 0)];
    while let Some((folder, depth)) = folders.pop() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            }
            if path.is_dir() {
                if depth < MOST_FOLDERS {
                    folders.push((path, depth + 1));
                }
            } else if files.len() < MOST_FILES {
                files.push(path);
            }
        }
    }
    // The order of paths would compare folder by folder.
    files.sort_by(|one, other| one.as_os_str().cmp(other.as_os_str()));
    files
}

/// Reads a file's bytes into memory that is wiped; `None` if there is no such file.
pub(super) fn read(path: &Path, most: usize) -> Result<Option<Zeroizing<Vec<u8>>>, MissingSecret> {
    let unreadable = |error: std::io::Error| MissingSecret::Unreadable {
        reason: error.kind().to_string(),
    };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            return Ok(None);
        }
        Err(error) => return Err(unreadable(error)),
    };
    if !metadata.is_file() {
        return Err(MissingSecret::Unreadable {
            reason: "not a file".to_owned(),
        });
    }
    let too_large = MissingSecret::TooLarge { most };
    let length = usize::try_from(metadata.len()).unwrap_or(usize::MAX);
    if length > most {
        return Err(too_large);
    }
    // Room for the whole file: a vector that grows leaves its old bytes in memory.
    let mut bytes = Zeroizing::new(Vec::with_capacity(length + 64));
    let file = File::open(path).map_err(unreadable)?;
    file.take(most as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() > most {
        return Err(too_large);
    }
    Ok(Some(bytes))
}

/// Reads a file as text. Bytes that are not UTF-8 become U+FFFD, which Ruby code does not use.
pub(super) fn read_text(path: &Path) -> Result<Option<Zeroizing<String>>, MissingSecret> {
    let Some(mut bytes) = read(path, MOST)? else {
        return Ok(None);
    };
    let text = String::from_utf8(std::mem::take(&mut *bytes)).unwrap_or_else(|error| {
        let bytes = Zeroizing::new(error.into_bytes());
        String::from_utf8_lossy(&bytes).into_owned()
    });
    Ok(Some(Zeroizing::new(text)))
}
