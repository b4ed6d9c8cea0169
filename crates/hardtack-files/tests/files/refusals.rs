//! Files that are not used, ids that are none, and a folder that is away.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, StoreError, Version, When};
use hardtack_files::FileStore;

use crate::folder::Folder;

const LIFE: Option<Duration> = Some(Duration::from_secs(1440));

/// Runs every operation on a key, and returns their errors; the names are those of the operations.
async fn errors(store: &FileStore, key: &str) -> Vec<(&'static str, Option<StoreError>)> {
    let bytes = Bytes::from_static(b"n|i:1;");
    vec![
        ("load", store.load(key).await.err()),
        (
            "save",
            store.save(key, bytes, LIFE, &When::Always).await.err(),
        ),
        ("touch", store.touch(key, LIFE).await.err()),
        ("delete", store.delete(key, &When::Always).await.err()),
    ]
}

#[tokio::test]
async fn only_regular_files_are_used_and_no_link_is_followed() {
    let folder = Folder::new();
    let other = folder.write("secret", "of another program");
    symlink(&other, folder.file("sess_link")).unwrap();
    symlink(folder.file("nowhere"), folder.file("sess_dangling")).unwrap();
    fs::create_dir(folder.file("sess_folder")).unwrap();
    let made = Command::new("mkfifo")
        .arg(folder.file("sess_pipe"))
        .status();
    assert!(made.unwrap().success());
    let store = folder.store("");
    let mut count = 0;
    for (key, reason) in [
        ("link", "symbolic link"),
        ("dangling", "symbolic link"),
        ("folder", "no regular file"),
        ("pipe", "no regular file"),
    ] {
        for (operation, error) in errors(&store, key).await {
            let text = error.expect(operation).to_string();
            assert!(text.contains(reason), "{key}, {operation}: {text}");
            assert!(!text.contains(&format!("sess_{key}")), "{text}");
            count += 1;
        }
    }
    assert_eq!(count, 16);
    assert_eq!(fs::read(other).unwrap(), b"of another program");
    assert!(!folder.file("nowhere").exists());
    assert_eq!(folder.names().len(), 5);
}

#[tokio::test]
async fn a_key_that_is_no_name_is_refused_and_one_that_no_file_has_is_no_entry() {
    let folder = Folder::new();
    folder.write("victim", "x");
    let store = folder.store("");
    let hostile = [
        "../victim",
        "..",
        "a/b",
        "/etc/passwd",
        "a\0",
        "a.b",
        "a b",
        "é",
    ];
    for key in hostile {
        for (operation, error) in errors(&store, key).await {
            let text = error.expect(operation).to_string();
            assert!(text.contains("has a character"), "{key}: {text}");
        }
    }
    // An id from a cookie may have 256 characters, and be as short as one.
    let long = "a".repeat(256);
    let (flat, deep) = (folder.store(""), folder.store("2;"));
    for (store, key) in [(&flat, &*long), (&deep, "ab"), (&flat, "")] {
        let length = key.len();
        assert!(store.load(key).await.unwrap().is_none(), "{length}");
        assert!(!store.touch(key, LIFE).await.unwrap(), "{length}");
        assert!(!store.delete(key, &When::Always).await.unwrap(), "{length}");
        let saved = store.save(key, Bytes::new(), LIFE, &When::Absent).await;
        let text = saved.unwrap_err().to_string();
        assert!(text.contains("too long for the name"), "{text}");
    }
    assert_eq!(folder.names(), ["victim"]);
}

#[tokio::test]
async fn a_folder_that_is_away_is_an_error_and_a_level_that_is_away_has_no_session() {
    let folder = Folder::new();
    let away = folder.file("away");
    let file = folder.write("file", "");
    for path in [&away, &file] {
        let store = FileStore::new(path.to_str().unwrap()).unwrap();
        for (operation, error) in errors(&store, "abc").await {
            let text = error.expect(operation).to_string();
            assert!(text.contains("is not there"), "{operation}: {text}");
            assert!(text.contains(path.to_str().unwrap()), "{text}");
        }
    }
    // Whoever sends an id chooses the level.
    let store = folder.store("1;");
    assert!(store.load("abc").await.unwrap().is_none());
    let unchanged = When::Unchanged(Version::new(Bytes::new()));
    for when in [When::Absent, When::Present, When::Always, unchanged] {
        let saved = store.save("abc", Bytes::new(), LIFE, &when).await;
        let text = saved.unwrap_err().to_string();
        assert!(text.contains("mod_files.sh"), "{when:?}: {text}");
    }
}

#[tokio::test]
async fn a_session_that_is_too_long_is_neither_read_nor_written() {
    let folder = Folder::new();
    let store = folder.store("").max_length(10);
    folder.write("sess_ten", [b'x'; 10]);
    assert_eq!(store.load("ten").await.unwrap().unwrap().bytes.len(), 10);
    let file = folder.write("sess_eleven", [b'x'; 11]);
    let text = store.load("eleven").await.unwrap_err().to_string();
    assert!(text.contains("has 11 bytes, more than 10"), "{text}");
    let bytes = Bytes::from(vec![b'y'; 11]);
    let saved = store.save("ten", bytes, LIFE, &When::Always).await;
    assert!(saved.unwrap_err().to_string().contains("max_length"));
    assert_eq!(fs::read(folder.file("sess_ten")).unwrap(), [b'x'; 10]);
    // Nobody asks what an unconditional save replaces.
    let saved = store
        .save("eleven", Bytes::from_static(b"z"), LIFE, &When::Present)
        .await;
    assert!(matches!(saved, Ok(Saved::Done(_))));
    assert_eq!(fs::read(&file).unwrap(), b"z");
    // A file of many gigabytes, all of it holes.
    let huge = fs::File::options().write(true).open(&file).unwrap();
    huge.set_len(1 << 40).unwrap();
    let store = folder.store("");
    let text = store.load("eleven").await.unwrap_err().to_string();
    assert!(text.contains("more than 1048576"), "{text}");
    assert!(store.delete("eleven", &When::Always).await.unwrap());
}

#[tokio::test]
async fn a_lock_that_is_not_released_ends_an_operation_at_the_time_limit() {
    let folder = Folder::new();
    let limit = Duration::from_millis(150);
    let store = folder.store("").time_limit(limit);
    let file = folder.write("sess_abc", "n|i:1;");
    let held = fs::File::open(&file).unwrap();
    held.lock().unwrap();
    for (operation, error) in errors(&store, "abc").await {
        if operation == "touch" {
            assert_eq!(error, None);
            continue;
        }
        let text = error.expect(operation).to_string();
        // A slow machine may end the last attempt halfway.
        assert!(text.contains("was locked"), "{operation}: {text}");
        assert!(text.contains("150 ms"), "{operation}: {text}");
    }
    let start = Instant::now();
    assert!(store.load("abc").await.is_err());
    let took = start.elapsed();
    assert!(took >= limit && took < limit * 10, "{took:?}");
    // Others go on meanwhile, and this one does when the lock is released.
    assert!(store.load("abd").await.unwrap().is_none());
    drop(held);
    assert_eq!(store.load("abc").await.unwrap().unwrap().bytes, "n|i:1;");
    assert_eq!(fs::read(&file).unwrap(), b"n|i:1;");
}

#[test]
fn debug_and_errors_show_the_folder_escaped() {
    let store = FileStore::new("2;640;/srv/\u{1b}sessions").unwrap();
    let shown = format!("{store:?}");
    assert!(
        shown.contains(r"/srv/\u{1b}sessions") && shown.contains("640"),
        "{shown}"
    );
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let error = runtime.block_on(store.load("abcdef")).unwrap_err();
    assert!(
        error.to_string().contains(r"/srv/\u{1b}sessions"),
        "{error}"
    );
    assert!(!error.to_string().contains("abcdef"), "{error}");
}
