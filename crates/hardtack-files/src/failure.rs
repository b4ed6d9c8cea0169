//! [`Failure`]: what went wrong with the files, and how to mend it.

use std::error::Error;
use std::path::Path;
use std::time::Duration;
use std::{fmt, io};

use hardtack::observe::Shown;
use hardtack::stores::StoreError;

/// An error of a file or a setting. It shows the folder, and never a file's name, which is a
/// session's id.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    source: Option<io::Error>,
}

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
        }
    }

    /// The system refused `what`, which changed nothing.
    pub(crate) fn io(folder: &Path, what: &str, error: io::Error) -> Self {
        let advice = match error.kind() {
            io::ErrorKind::PermissionDenied => {
                "; run this program as the user of PHP, or check the rights of the folder"
            }
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "; make room, or collect old sessions more often"
            }
            _ => "",
        };
        Self {
            message: format!("cannot {what} in {}: {error}{advice}", Shown::path(folder)),
            source: Some(error),
        }
    }

    /// A write failed halfway; `is_restored` says that the file has its former bytes again.
    pub(crate) fn half_written(folder: &Path, is_restored: bool, error: io::Error) -> Self {
        let what = if is_restored {
            "write a session's file, which has its former bytes again,"
        } else {
            "write a session's file, which may be written in part,"
        };
        Self::io(folder, what, error)
    }

    /// There is no folder of sessions, or it is no folder.
    pub(crate) fn no_folder(folder: &Path) -> Self {
        Self::new(format!(
            "the folder of sessions {} is not there: give the folder of PHP's session.save_path",
            Shown::path(folder)
        ))
    }

    /// There is a folder of sessions, but not that of a level.
    pub(crate) fn no_level(folder: &Path) -> Self {
        Self::new(format!(
            "a folder in {} for a level of session.save_path is not there: create all of them, as \
             PHP's mod_files.sh does",
            Shown::path(folder)
        ))
    }

    /// Another process held the lock of the file for the whole time.
    pub(crate) fn locked(folder: &Path, limit: Duration) -> Self {
        Self::new(format!(
            "a session's file in {} was locked for {} ms: a request of PHP holds it until it ends. \
             Call session_write_close() earlier there, or raise `time_limit`",
            Shown::path(folder),
            limit.as_millis()
        ))
    }

    /// The file system did not answer in time.
    pub(crate) fn timed_out(folder: &Path, limit: Duration, was_locked: bool) -> Self {
        let what = if was_locked {
            "a session's file, which was locked at first,"
        } else {
            "a session's file"
        };
        Self::new(format!(
            "{what} in {} did not answer within {} ms; if it was a write, it may have happened. \
             Check the disk or the network, or raise `time_limit`",
            Shown::path(folder),
            limit.as_millis()
        ))
    }

    /// No thread was free in time: nothing was done.
    pub(crate) fn busy(folder: &Path, limit: Duration) -> Self {
        Self::new(format!(
            "all threads for the files in {} were busy for {} ms, and nothing was done. Check the \
             disk or the network",
            Shown::path(folder),
            limit.as_millis()
        ))
    }

    /// The runtime ends, or an operation has panicked.
    pub(crate) fn stopped(folder: &Path) -> Self {
        Self::new(format!(
            "an operation on the files in {} was ended by the runtime; if it was a write, it may \
             have happened",
            Shown::path(folder)
        ))
    }

    /// The file is not one that PHP would use for a session.
    pub(crate) fn foreign(folder: &Path, reason: &str) -> Self {
        Self::new(format!(
            "a session's file in {} is not used: {reason}",
            Shown::path(folder)
        ))
    }

    pub(crate) fn too_long(folder: &Path, length: u64, most: u64) -> Self {
        Self::new(format!(
            "a session in {} has {length} bytes, more than {most}: keep less in it, or raise \
             `max_length`",
            Shown::path(folder)
        ))
    }

    /// The answer is one to another operation.
    pub(crate) fn mixed_up() -> Self {
        Self::new("an operation on files has another's answer: report this error of hardtack-files")
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Failure {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_ref().map(|error| error as _)
    }
}

impl From<Failure> for StoreError {
    fn from(failure: Failure) -> Self {
        Self::new(failure)
    }
}
