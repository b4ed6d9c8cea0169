//! Sessions of [hardtack](https://docs.rs/hardtack) in files, as PHP's handler `files` keeps them.
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
