//! [`SavePath`]: PHP's `session.save_path`, and the file of a key in it.

use std::path::{Path, PathBuf};

use crate::failure::Failure;

/// The start of a file's name (`FILE_PREFIX` in `ext/session/mod_files.c`).
pub(crate) const PREFIX: &str = "sess_";

/// The longest name of a file on the usual file systems.
const LONGEST_NAME: usize = 255;

/// PHP's own mode of a new file.
const MODE: u32 = 0o600;

/// A folder of sessions: `DIR`, `N;DIR` or `N;MODE;DIR`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SavePath {
    pub(crate) folder: PathBuf,
    /// The number of folders between `folder` and a file, each named by a character of the id.
    pub(crate) levels: u8,
    /// The mode of a new file, before the umask.
    pub(crate) mode: u32,
}

impl SavePath {
    /// Reads a `session.save_path`. Numbers are digits alone, where PHP's `strtol` also takes
    /// `2x` for 2 and `x` for 0.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let mut parts = text.splitn(3, ';');
        let parts = (parts.next(), parts.next(), parts.next());
        let (levels, mode, folder) = match parts {
            (Some(levels), Some(mode), Some(folder)) => (levels, Some(mode), folder),
            (Some(levels), Some(folder), None) => (levels, None, folder),
            (folder, ..) => ("0", None, folder.unwrap_or_default()),
        };
        let levels = number(levels, 10).and_then(|levels| u8::try_from(levels).ok());
        let levels = levels.ok_or_else(|| {
            Failure::new("the levels of a save path are no number: write 0 to 255, as in 2;/folder")
        })?;
        let mode = mode.map_or(Some(MODE), |mode| number(mode, 8));
        let mode = mode.filter(|mode| *mode <= 0o7777).ok_or_else(|| {
            Failure::new("the mode of a save path is not octal: write it as in 0;660;/folder")
        })?;
        if folder.is_empty() || folder.contains('\0') {
            return Err(Failure::new(
                "the save path has no folder: write the one that PHP uses (`php -i` shows it; where \
                 it is empty, PHP takes the folder of temporary files)",
            ));
        }
        Ok(Self {
            folder: folder.into(),
            levels,
            mode,
        })
    }

    /// Returns the path of a key's file; `None` if no file can have the key, because it is too long
    /// for a name or too short for the levels.
    ///
    /// The characters of a key are checked here again, whatever the session's format allows: PHP's
    /// own, and those of the keys of marks and locks.
    pub(crate) fn file(&self, key: &str) -> Result<Option<PathBuf>, Failure> {
        if !key.bytes().all(is_of_key) {
            return Err(Failure::new(
                "the key of a session has a character that no name of a file may have: only \
                 A-Z a-z 0-9 - , _ : { } are allowed",
            ));
        }
        // A mark, `{id}:gone`, is in the folder of its session.
        let id = key.trim_start_matches('{');
        let levels = usize::from(self.levels);
        if id.len() <= levels || PREFIX.len() + key.len() > LONGEST_NAME {
            return Ok(None);
        }
        let mut path = self.folder.clone();
        for character in id.chars().take(levels) {
            path.push(character.encode_utf8(&mut [0; 4]));
        }
        path.push(format!("{PREFIX}{key}"));
        Ok(Some(path))
    }
}

/// Returns the path of the folder that a file is in.
pub(crate) fn folder_of(file: &Path) -> &Path {
    file.parent().unwrap_or(file)
}

fn is_of_key(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b',' | b'_' | b':' | b'{' | b'}')
}

fn number(text: &str, radix: u32) -> Option<u32> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    u32::from_str_radix(text, radix).ok().filter(|_| is_number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn save_paths_are_read_as_php_reads_them() {
        // PS_OPEN_FUNC(files): split at the first two semicolons.
        let cases = [
            ("/tmp", "/tmp", 0, 0o600),
            ("0;/tmp", "/tmp", 0, 0o600),
            ("2;/var/lib/php", "/var/lib/php", 2, 0o600),
            ("2;0640;/a", "/a", 2, 0o640),
            ("5;660;/a;b", "/a;b", 5, 0o660),
            ("1;7777;a", "a", 1, 0o7777),
        ];
        for (text, folder, levels, mode) in cases {
            let expected = SavePath {
                folder: folder.into(),
                levels,
                mode,
            };
            assert_eq!(SavePath::parse(text).unwrap(), expected, "{text}");
        }
        let faults = [
            "",
            "2;",
            ";/a",
            "x;/a",
            "-1;/a",
            "+1;/a",
            "256;/a",
            "0;8;/a",
            "0;10000;/a",
            "0;;/a",
            "0;-1;/a",
            "2;600;",
            "a\0b",
        ];
        for text in faults {
            assert!(SavePath::parse(text).is_err(), "{text:?}");
        }
        assert_eq!((cases.len(), faults.len()), (6, 13));
    }

    #[test]
    fn a_key_becomes_a_path_inside_the_folder_or_none() {
        let path = |levels, key: &str| {
            let save_path = SavePath::parse(&format!("{levels};/s")).unwrap();
            let file = save_path.file(key);
            file.map(|file| file.map(|file| file.to_str().unwrap().to_owned()))
        };
        let long = "a".repeat(250);
        for (levels, key, expected) in [
            (0, "ab,-Z9", Some("/s/sess_ab,-Z9")),
            (2, "abc", Some("/s/a/b/sess_abc")),
            (2, "{abc}:gone", Some("/s/a/b/sess_{abc}:gone")),
            (2, "abc:lock", Some("/s/a/b/sess_abc:lock")),
            (2, "ab", None),
            (0, "", None),
            (0, &*long, Some(&*format!("/s/sess_{long}"))),
            (0, &*format!("{long}a"), None),
        ] {
            let path = path(levels, key).unwrap();
            assert_eq!(path.as_deref(), expected, "{key}");
        }
        let hostile = [
            "../a",
            "..",
            ".",
            "a/b",
            "/etc/passwd",
            "a\0",
            "a b",
            "ä",
            "a\n",
            "a\\b",
        ];
        for key in hostile {
            assert!(path(0, key).is_err(), "{key:?}");
            assert!(path(1, key).is_err(), "{key:?}");
        }
    }
}
