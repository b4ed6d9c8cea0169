//! Code that several tests share: the vectors, and jars made for them.

#![allow(dead_code, reason = "each test uses a part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use hardtack::{Jar, LoadDefaults, SecretKeyBase, Settings};
use serde::de::DeserializeOwned;

/// Returns `tests/vectors/` at the root of the workspace, for the tests of any package.
pub(crate) fn vectors_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|folder| folder.join("tests/vectors"))
        .find(|folder| folder.is_dir())
        .unwrap()
}

/// Returns the records of a file under `tests/vectors/`, one JSON object a line.
pub(crate) fn vectors<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let path = vectors_folder().join(file);
    let text =
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let record =
        |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{file}: {error}"));
    text.lines().map(record).collect()
}

/// Returns a secret for tests that need no particular one.
pub(crate) fn secret() -> SecretKeyBase {
    SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33").unwrap()
}

/// Returns another secret than [`secret`].
pub(crate) fn other_secret() -> SecretKeyBase {
    SecretKeyBase::new("0123456789abcdef0123456789abcdef").unwrap()
}

/// Returns the defaults of a version, with JSON as the serializer.
pub(crate) fn json(version: LoadDefaults) -> Settings {
    version
        .settings()
        .cookies_serializer(hardtack::Serializer::Json)
}

/// Returns the encrypted jar of Rails 7.1 under [`secret`].
pub(crate) fn encrypted_jar() -> Jar {
    Jar::encrypted(&secret(), LoadDefaults::V7_1)
}

/// Returns the signed jar of Rails 7.1 under [`secret`].
pub(crate) fn signed_jar() -> Jar {
    Jar::signed(&secret(), LoadDefaults::V7_1)
}

/// Runs a closure in a thread of its own; fails if the thread does not end in time.
pub(crate) fn in_time<R: Send + 'static>(
    what: &str,
    run: impl FnOnce() -> R + Send + 'static,
) -> R {
    let (done, ends) = channel();
    let thread = thread::spawn(move || {
        let outcome = run();
        done.send(()).unwrap();
        outcome
    });
    match ends.recv_timeout(Duration::from_secs(20)) {
        Err(RecvTimeoutError::Timeout) => panic!("{what}: it waits for itself"),
        Ok(()) | Err(RecvTimeoutError::Disconnected) => {}
    }
    thread.join().unwrap_or_else(|_| panic!("{what}"))
}
