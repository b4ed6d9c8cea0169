//! Sweeping: files that were not used for long are deleted, as PHP's garbage collection does.

use std::fs;
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::PathBuf;
use std::sync::{Arc, Weak};
use std::time::{Duration, SystemTime};

use hardtack::observe::Shown;
use hardtack::stores::StoreError;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use crate::failure::Failure;
use crate::file_store::FileStore;
use crate::save_path::{PREFIX, SavePath};
use crate::session_file::{Kind, SessionFile, is_usable};

/// The shortest time between two sweeps.
const OFTEN: Duration = Duration::from_millis(10);

impl FileStore {
    /// Returns a future that deletes old sessions again and again, for the app to spawn.
    ///
    /// Spawn it only if nothing else collects them: PHP does by chance in its requests
    /// (`session.gc_probability`), Debian by a timer (`phpsessionclean`). The first sweep begins
    /// after a random part of `every`, so that several processes do not sweep at once. An error is
    /// an event, and the next sweep tries again.
    ///
    /// ```no_run
    /// use std::time::Duration;
    ///
    /// # async fn start(store: hardtack_files::FileStore) {
    /// tokio::spawn(store.sweep(Duration::from_secs(30 * 60)));
    /// # }
    /// ```
    pub fn sweep(&self, every: Duration) -> impl Future<Output = ()> + Send + 'static {
        let (store, every) = (self.clone(), every.max(OFTEN));
        async move {
            // The standard library's random keys, since nothing here is secret.
            let chance = RandomState::new().hash_one("sweep") % 1000;
            sleep(every / 1000 * u32::try_from(chance).unwrap_or(0)).await;
            loop {
                match store.sweep_once().await {
                    Ok(0) => {}
                    Ok(swept) => tracing::info!(
                        target: "hardtack",
                        files = swept,
                        folder = %Shown::path(&store.save_path.folder),
                        "old sessions were deleted"
                    ),
                    Err(failure) => tracing::warn!(
                        target: "hardtack",
                        reason = %failure,
                        "a sweep of old sessions failed; it will be tried again"
                    ),
                }
                sleep(every).await;
            }
        }
    }

    /// Deletes the files of all sessions that were not used for
    /// [`gc_maxlifetime`](Self::gc_maxlifetime), and returns their number.
    ///
    /// It deletes regular files `sess_*` in the folder itself, each under its lock; one that is
    /// locked is in use, and stays. Links and files of other users stay too. It ends early if the
    /// future is dropped.
    ///
    /// # Errors
    /// The save path has levels, in which PHP collects nothing either; or the folder cannot be
    /// read, as Debian's `/var/lib/php/sessions` cannot by PHP's user; or a file cannot be deleted.
    pub async fn sweep_once(&self) -> Result<u64, StoreError> {
        if self.save_path.levels > 0 {
            return Err(Failure::new(
                "sessions in levels of folders are not swept, as in PHP: delete files that are old \
                 by a script, as `find DIR -name 'sess_*' -mmin +24 -delete`",
            )
            .into());
        }
        let (save_path, life) = (Arc::clone(&self.save_path), self.max_life);
        // Dropped with this future.
        let wanted = Arc::new(());
        let still_wanted = Arc::downgrade(&wanted);
        let swept = spawn_blocking(move || sweep(&save_path, life, &still_wanted)).await;
        drop(wanted);
        let swept = swept.map_err(|_| Failure::stopped(&self.save_path.folder))?;
        Ok(swept?)
    }
}

fn sweep(save_path: &SavePath, life: Duration, wanted: &Weak<()>) -> Result<u64, Failure> {
    let folder = &save_path.folder;
    let failed = |error: io::Error| Failure::io(folder, "read the folder of sessions", error);
    let (mut swept, mut failure) = (0, None);
    for file in fs::read_dir(folder).map_err(failed)? {
        if wanted.strong_count() == 0 {
            break;
        }
        let file = file.map_err(failed)?;
        let name = file.file_name();
        if !name.as_encoded_bytes().starts_with(PREFIX.as_bytes()) {
            continue;
        }
        // Without opening each: most are in use. One that is gone meanwhile needs no sweep.
        let Ok(there) = file.metadata() else {
            continue;
        };
        if !is_usable(&there) || !there.modified().is_ok_and(|used| is_old(used, life)) {
            continue;
        }
        match delete_old(save_path, file.path(), life) {
            Ok(true) => swept += 1,
            Ok(false) => {}
            Err(error) => failure = Some(error),
        }
    }
    // The others are swept all the same.
    failure.map_or(Ok(swept), Err)
}

fn delete_old(save_path: &SavePath, path: PathBuf, life: Duration) -> Result<bool, Failure> {
    let Some(mut file) = SessionFile::open(save_path, path)? else {
        return Ok(false);
    };
    let is_free = file.try_lock(Kind::Exclusive)? && file.is_current()?;
    // It may have been used between the first look and the lock.
    if !is_free || !is_old(file.used()?, life) {
        return Ok(false);
    }
    file.delete()?;
    Ok(true)
}

/// Checks whether the last use is longer ago than `life`. A time to come is not.
fn is_old(used: SystemTime, life: Duration) -> bool {
    SystemTime::now()
        .duration_since(used)
        .is_ok_and(|age| age > life)
}
