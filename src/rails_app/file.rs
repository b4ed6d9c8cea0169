//! Reads files of the app, up to a size limit.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Component, Path, PathBuf};

use zeroize::Zeroizing;

use super::rails_app_error::MissingSecret;

/// The most bytes of any file: a thousand times the usual size.
pub(super) const MOST: usize = 1024 * 1024;

/// The most bytes of a file that contains only a key or a secret.
pub(super) const MOST_OF_A_KEY: usize = 64 * 1024;

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

/// Resolves `.` and `..` in a path without asking the file system, as `File.expand_path` does.
pub(in crate::rails_app) fn normalized(path: &Path) -> PathBuf {
    let mut result = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir if result.file_name().is_some() => {
                result.pop();
            }
            // The parent of `/` is `/`.
            Component::ParentDir if result.is_absolute() => {}
            other => result.push(other),
        }
    }
    result
}
