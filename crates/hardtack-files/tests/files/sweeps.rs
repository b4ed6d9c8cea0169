//! Files that were not used for long are deleted, and no others.

use std::fs;
use std::os::unix::fs::symlink;
use std::time::Duration;

use hardtack::stores::SessionStore;
use hardtack_files::FileStore;

use crate::folder::Folder;

const LIFE: Duration = Duration::from_secs(1440);

#[tokio::test]
async fn a_sweep_deletes_what_php_would() {
    let folder = Folder::new();
    let store = folder.store("");
    let old = LIFE + Duration::from_secs(60);
    for (name, age) in [
        ("sess_old", old),
        ("sess_{old}:gone", old),
        ("sess_young", Duration::from_secs(1380)),
        ("sess_held", old),
        ("notes", old),
    ] {
        folder.write(name, "n|i:1;");
        folder.age(name, age);
    }
    fs::create_dir(folder.file("sess_folder")).unwrap();
    symlink(folder.file("notes"), folder.file("sess_link")).unwrap();
    let held = fs::File::open(folder.file("sess_held")).unwrap();
    held.lock().unwrap();
    assert_eq!(store.sweep_once().await.unwrap(), 2);
    let left = [
        "notes",
        "sess_folder",
        "sess_held",
        "sess_link",
        "sess_young",
    ];
    assert_eq!(folder.names(), left);
    drop(held);
    // An old session can be read, and its use makes it young.
    assert!(store.load("held").await.unwrap().is_some());
    assert!(store.touch("held", Some(LIFE)).await.unwrap());
    assert_eq!(store.sweep_once().await.unwrap(), 0);
    let store = store.gc_maxlifetime(Duration::ZERO);
    tokio::time::sleep(Duration::from_millis(20)).await;
    assert_eq!(store.sweep_once().await.unwrap(), 2);
    assert_eq!(folder.names(), ["notes", "sess_folder", "sess_link"]);
}

#[tokio::test]
async fn a_sweep_that_is_spawned_goes_on_and_one_of_levels_is_an_error() {
    let folder = Folder::new();
    fs::create_dir(folder.file("a")).unwrap();
    let text = folder
        .store("1;")
        .sweep_once()
        .await
        .unwrap_err()
        .to_string();
    assert!(text.contains("as in PHP"), "{text}");
    let away = FileStore::new(folder.file("away").to_str().unwrap()).unwrap();
    let text = away.sweep_once().await.unwrap_err().to_string();
    assert!(
        text.contains("cannot read the folder of sessions"),
        "{text}"
    );

    let store = folder.store("");
    let sweep = tokio::spawn(store.sweep(Duration::from_millis(20)));
    for round in 0..3 {
        folder.write("sess_abc", "n|i:1;");
        folder.age("sess_abc", LIFE * 2);
        for _ in 0..1000 {
            if folder.names() == ["a"] {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(folder.names(), ["a"], "{round}");
    }
    sweep.abort();
}
