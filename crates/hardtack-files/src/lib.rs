//! Sessions of [hardtack](https://docs.rs/hardtack) in files, as PHP's handler `files` keeps them:
//! on the same disk, under the same locks.
//!
//! ```no_run
//! use std::time::Duration;
//!
//! use hardtack::ServerSessions;
//! use hardtack::php::PhpSessions;
//! use hardtack_files::FileStore;
//!
//! # fn start() -> Result<(), hardtack::stores::StoreError> {
//! // php.ini: session.save_handler = files, session.save_path = /var/lib/php/sessions
//! let store = FileStore::new("/var/lib/php/sessions")?.time_limit(Duration::from_secs(5));
//! let sessions = ServerSessions::new(PhpSessions::new(), store, "PHPSESSID");
//! # Ok(())
//! # }
//! ```
//!
//! [`FileStore`] is a [`SessionStore`](hardtack::stores::SessionStore) that follows
//! `ext/session/mod_files.c` (tested: PHP 8.2 and 8.4). **Run the program as the user of PHP**, as
//! `www-data`: PHP refuses a session's file that another user owns, and so does the store, unless
//! root owns it or the program runs as root. The crate is for Unix; elsewhere it is empty.
//!
//! # Files
//!
//! The session of an id is the file `sess_` and the id, in the folder of the save path or in that of
//! its levels. Only the characters A-Z a-z 0-9 `-` `,` `_` `:` `{` `}` of a key become a path. Only
//! regular files are used, and a symbolic link is not followed; the folders on the way may be links.
//! A missing folder is an error. A missing folder of a level is one for a write, while a read finds
//! no session there: whoever sends an id chooses its level.
//!
//! | operation | what it does |
//! | --- | --- |
//! | load | locks the file (shared), reads all of it |
//! | save | locks the file, reads it and compares, writes in place, cuts off the rest |
//! | touch | sets the time of the file to now, without the lock |
//! | delete | locks the file, removes it, then empties it |
//!
//! An empty file is an empty session: PHP creates the file when it begins a session. A save that
//! needs an entry takes such a file for one, also in the moment in which another save creates it.
//!
//! A session is written in place, since those who wait for its lock have the file open. A crash or a
//! power failure in between leaves a session that is written in part, as in PHP. After an error, as
//! on a full disk, the former bytes are written again.
//!
//! # Locks
//!
//! PHP holds the lock of a session's file (`flock`) for a whole request, and writes what it has. By
//! default hardtack holds it from its look at the present state to the write, and applies its
//! changes to that: nothing of PHP's is lost, and `Session::update_key` counts exactly.
//!
//! With a [`SessionLock`](hardtack::stores::SessionLock), a request holds the lock of the file from
//! its load to its commit, as PHP does, and PHP waits for it. No entry is written for the lock. It
//! ends with the process, and otherwise by its own time. A session without a file has no lock.
//!
//! An operation meets a lock by trying again after 0.5 to 8 ms, until
//! [`time_limit`](FileStore::time_limit). The system hands a lock to those who wait in it, as PHP
//! does: where several requests of PHP always wait for one session, hardtack may get its turn late.
//! Who waited for the lock of a file that was deleted meanwhile tries again on the present one.
//! PHP does not, and would go on with the deleted session: it finds an empty one.
//!
//! # Time
//!
//! A session lives until its file is deleted: its age is not looked at, as in PHP, and a life that a
//! format or `expire_after` sets reaches the cookie alone. Each use sets the time of the file, from
//! which PHP or Debian's timer counts `session.gc_maxlifetime`. Where nothing collects old files,
//! spawn [`sweep`](FileStore::sweep).
//!
//! An operation ends within [`time_limit`](FileStore::time_limit). It runs on tokio's threads for
//! blocking work, on 64 of them at most: if the disk hangs, operations fail, and the rest of the
//! program goes on. One that was not begun in time is not begun. A future that is dropped leaves its
//! operation to be finished or not to be begun.
//!
//! # Trust
//!
//! Errors, events and `Debug` show the folder, and never the name of a file, which is an id. Events
//! have the target `hardtack`. A session of more than [`max_length`](FileStore::max_length) is
//! neither read nor written. In a folder that other users may write, as `/tmp`, they can create files
//! under names of sessions; these are refused.
#![cfg(unix)]

mod failure;
mod file_store;
mod held_files;
mod operation;
mod save_path;
mod session_file;
mod sweep;
mod threads;

pub use file_store::FileStore;
