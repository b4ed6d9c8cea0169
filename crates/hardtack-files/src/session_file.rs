//! [`SessionFile`]: one file, opened without following a link, and locked.

use std::fs::{self, File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Read, Seek};
use std::os::unix::fs::{FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use rustix::fs::{OFlags, Timespec, Timestamps, UTIME_NOW};

use crate::failure::Failure;
use crate::save_path::{SavePath, folder_of};

/// An open file of a session, which PHP would take for one too.
#[derive(Debug)]
pub(crate) struct SessionFile {
    file: File,
    path: PathBuf,
    folder: PathBuf,
    is_locked: bool,
}

/// The kind of a lock, of `flock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Readers share it.
    Shared,
    /// PHP's own.
    Exclusive,
}

impl SessionFile {
    /// Opens a file, if it is there.
    pub(crate) fn open(save_path: &SavePath, path: PathBuf) -> Result<Option<Self>, Failure> {
        let opened = options().open(&path);
        match opened {
            Ok(file) => Self::check(save_path, path, file).map(Some),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                // A folder that is away has no entries to tell of.
                if save_path.folder.is_dir() {
                    Ok(None)
                } else {
                    Err(Failure::no_folder(&save_path.folder))
                }
            }
            Err(error) => Err(not_opened(save_path, &path, error)),
        }
    }

    /// Opens a file, and creates it with the mode of the save path if it is not there.
    ///
    /// One that is there is opened without `O_CREAT`: in a folder that everybody may write, Linux
    /// refuses that for another user's file (`fs.protected_regular`).
    pub(crate) fn open_or_create(save_path: &SavePath, path: PathBuf) -> Result<Self, Failure> {
        loop {
            if let Some(file) = Self::open(save_path, path.clone())? {
                return Ok(file);
            }
            let created = options().create_new(true).mode(save_path.mode).open(&path);
            match created {
                Ok(file) => return Self::check(save_path, path, file),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) if error.kind() == io::ErrorKind::NotFound => {
                    return Err(if folder_of(&path).is_dir() {
                        Failure::io(&save_path.folder, "create a session's file", error)
                    } else {
                        Failure::no_level(&save_path.folder)
                    });
                }
                Err(error) => return Err(not_opened(save_path, &path, error)),
            }
        }
    }

    fn check(save_path: &SavePath, path: PathBuf, file: File) -> Result<Self, Failure> {
        let folder = &save_path.folder;
        let metadata = file.metadata();
        let metadata = metadata.map_err(|error| Failure::io(folder, "look at a file", error))?;
        if !metadata.is_file() {
            return Err(Failure::foreign(folder, "it is no regular file"));
        }
        if !is_usable(&metadata) {
            return Err(Failure::foreign(
                folder,
                "another user owns it; run this program as the user of PHP",
            ));
        }
        Ok(Self {
            file,
            path,
            folder: folder.clone(),
            is_locked: false,
        })
    }

    /// Tries to lock the file; returns `false` if another one holds the lock.
    pub(crate) fn try_lock(&mut self, kind: Kind) -> Result<bool, Failure> {
        let locked = match kind {
            Kind::Shared => self.file.try_lock_shared(),
            Kind::Exclusive => self.file.try_lock(),
        };
        match locked {
            Ok(()) => {
                self.is_locked = true;
                Ok(true)
            }
            Err(TryLockError::WouldBlock) => Ok(false),
            Err(TryLockError::Error(error)) if error.kind() == io::ErrorKind::Interrupted => {
                Ok(false)
            }
            Err(TryLockError::Error(error)) => {
                Err(Failure::io(&self.folder, "lock a session's file", error))
            }
        }
    }

    /// Checks that the path still leads to this file. Whoever waited for the lock may have got that
    /// of a file that was deleted meanwhile.
    pub(crate) fn is_current(&self) -> Result<bool, Failure> {
        let there = match fs::symlink_metadata(&self.path) {
            Ok(there) => there,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(self.failed("look at a session's file", error)),
        };
        let own = self.file.metadata();
        let own = own.map_err(|error| self.failed("look at a session's file", error))?;
        Ok((there.dev(), there.ino()) == (own.dev(), own.ino()))
    }

    /// Returns the whole content, of `most` bytes or fewer.
    pub(crate) fn read(&self, most: u64) -> Result<Bytes, Failure> {
        let length = self.length()?;
        if length > most {
            return Err(Failure::too_long(&self.folder, length, most));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        let mut file = &self.file;
        // A writer without a lock may make it longer meanwhile.
        let read = file
            .rewind()
            .and_then(|()| file.take(most.saturating_add(1)).read_to_end(&mut bytes));
        read.map_err(|error| self.failed("read a session's file", error))?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if length > most {
            return Err(Failure::too_long(&self.folder, length, most));
        }
        Ok(bytes.into())
    }

    /// Returns the length of the content.
    pub(crate) fn length(&self) -> Result<u64, Failure> {
        let metadata = self.file.metadata();
        let metadata = metadata.map_err(|error| self.failed("look at a session's file", error))?;
        Ok(metadata.len())
    }

    /// Replaces the content in place: the file stays the one that others wait for.
    ///
    /// If that fails halfway, as on a full disk, the former content is written again.
    pub(crate) fn replace(&self, former: Option<&[u8]>, bytes: &[u8]) -> Result<(), Failure> {
        let Err(error) = self.write(bytes) else {
            return Ok(());
        };
        let is_restored = former.is_some_and(|former| self.write(former).is_ok());
        Err(Failure::half_written(&self.folder, is_restored, error))
    }

    fn write(&self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all_at(bytes, 0)?;
        let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.file.metadata()?.len() > length {
            self.file.set_len(length)?;
        }
        // Writing nothing changes no time.
        if bytes.is_empty() {
            set_times(&self.file)?;
        }
        Ok(())
    }

    /// Sets the time of the last use to now.
    pub(crate) fn touch(&self) -> Result<(), Failure> {
        let touched = set_times(&self.file);
        touched.map_err(|error| self.failed("touch a session's file", error))
    }

    /// Returns the time of the last use.
    pub(crate) fn used(&self) -> Result<SystemTime, Failure> {
        let used = self
            .file
            .metadata()
            .and_then(|metadata| metadata.modified());
        used.map_err(|error| self.failed("look at a session's file", error))
    }

    /// Deletes the file. Whoever waits for its lock and does not look at the path again, as PHP,
    /// finds an empty session.
    pub(crate) fn delete(&self) -> Result<(), Failure> {
        match fs::remove_file(&self.path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(self.failed("delete a session's file", error)),
        }
        // A hard link to it, as of a backup, keeps its content.
        if self.file.metadata().is_ok_and(|own| own.nlink() == 0) {
            // It is gone either way.
            let _ = self.file.set_len(0);
        }
        Ok(())
    }

    fn failed(&self, what: &str, error: io::Error) -> Failure {
        Failure::io(&self.folder, what, error)
    }
}

impl Drop for SessionFile {
    fn drop(&mut self) {
        if self.is_locked {
            // Closing it is not enough while a child process, just forked, has the file open too.
            let _ = self.file.unlock();
        }
    }
}

/// Sets both times to now by the file system's own clock, which needs no more than the right to
/// write: PHP does so to files of root, too.
fn set_times(file: &File) -> io::Result<()> {
    let now = Timespec {
        tv_sec: 0,
        tv_nsec: UTIME_NOW,
    };
    let now = Timestamps {
        last_access: now,
        last_modification: now,
    };
    Ok(rustix::fs::futimens(file, &now)?)
}

/// No link is followed, and no pipe is waited for.
fn options() -> OpenOptions {
    let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .custom_flags(flags.bits().cast_signed());
    options
}

fn not_opened(save_path: &SavePath, path: &Path, error: io::Error) -> Failure {
    let folder = &save_path.folder;
    // Systems differ in the error that they give for a link.
    match fs::symlink_metadata(path) {
        Ok(there) if there.is_symlink() => Failure::foreign(folder, "it is a symbolic link"),
        Ok(there) if !there.is_file() => Failure::foreign(folder, "it is no regular file"),
        _ if error.kind() == io::ErrorKind::NotADirectory => Failure::no_folder(folder),
        _ => Failure::io(folder, "open a session's file", error),
    }
}

/// Checks that a file is a regular one of an owner whom PHP trusts.
pub(crate) fn is_usable(metadata: &Metadata) -> bool {
    metadata.is_file() && is_ours(metadata.uid(), own_users())
}

/// Returns the real and the effective user of the process.
fn own_users() -> [u32; 2] {
    [
        rustix::process::getuid().as_raw(),
        rustix::process::geteuid().as_raw(),
    ]
}

/// Checks the owner of a file as PHP does (`ps_files_open`): root or the process' own user, real
/// or effective; root takes every file.
fn is_ours(owner: u32, [real, effective]: [u32; 2]) -> bool {
    owner == 0 || owner == real || owner == effective || real == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_is_checked_as_php_does() {
        // `sbuf.st_uid != 0 && sbuf.st_uid != getuid() && sbuf.st_uid != geteuid() && getuid() != 0`
        // refuses the file.
        for (owner, real, effective, expected) in [
            (0, 33, 33, true),
            (33, 33, 33, true),
            (33, 1000, 33, true),
            (1000, 1000, 33, true),
            (1000, 33, 33, false),
            (33, 1000, 0, false), // root by its effective user alone
            (1000, 0, 0, true),
            (1000, 0, 33, true),
        ] {
            assert_eq!(
                is_ours(owner, [real, effective]),
                expected,
                "{owner} {real} {effective}"
            );
        }
    }
}
