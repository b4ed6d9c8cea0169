//! PHP and hardtack on one session, in PHP's own files.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime};

use hardtack::php::{PhpHandler, PhpSessions};
use hardtack::stores::SessionLock;
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions, Session};
use hardtack_files::FileStore;
use hardtack_peers::{Php, get};
use serde_json::{Value, json};

const HANDLERS: [(&str, PhpHandler); 3] = [
    ("php", PhpHandler::Php),
    ("php_binary", PhpHandler::PhpBinary),
    ("php_serialize", PhpHandler::PhpSerialize),
];

/// The machine may be busy.
const PATIENCE: Duration = Duration::from_mins(1);

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A PHP app, and the folder with its sessions.
struct App {
    php: Php,
    folder: PathBuf,
    levels: usize,
    handler: PhpHandler,
}

impl App {
    fn start(levels: usize, (name, handler): (&str, PhpHandler)) -> Self {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let folder = format!("hardtack-php-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(folder);
        fs::create_dir(&folder).unwrap();
        // As PHP's mod_files.sh, for ids of hexadecimal digits.
        let mut folders = vec![folder.clone()];
        for _ in 0..levels {
            let mut deeper = Vec::new();
            for folder in &folders {
                deeper.extend(
                    "0123456789abcdef"
                        .chars()
                        .map(|digit| folder.join(digit.to_string())),
                );
            }
            for folder in &deeper {
                fs::create_dir(folder).unwrap();
            }
            folders = deeper;
        }
        let save_path = format!("{levels};{}", folder.display());
        let php = Php::start(
            "php_app/session.php",
            &[
                ("session.save_path", &save_path),
                ("session.serialize_handler", name),
                ("session.use_strict_mode", "1"),
                ("session.gc_probability", "0"),
            ],
        );
        Self {
            php,
            folder,
            levels,
            handler,
        }
    }

    fn store(&self) -> FileStore {
        let save_path = format!("{};{}", self.levels, self.folder.display());
        FileStore::new(save_path).unwrap().time_limit(PATIENCE)
    }

    fn sessions(&self, store: FileStore) -> ServerSessions {
        let format = PhpSessions::new().handler(self.handler);
        ServerSessions::new(format, store, "PHPSESSID")
    }

    fn file(&self, id: &str) -> PathBuf {
        let mut path = self.folder.clone();
        path.extend(id.chars().take(self.levels).map(String::from));
        path.join(format!("sess_{id}"))
    }

    fn ask(&self, path: &str, id: Option<&str>) -> Value {
        ask(self.php.address(), path, id)
    }
}

impl Drop for App {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Sends a request to PHP, with this session.
fn ask(php: SocketAddr, path: &str, id: Option<&str>) -> Value {
    let cookie = id.map(|id| format!("PHPSESSID={id}"));
    let response = get(php, path, cookie.as_deref());
    assert_eq!(response.status, 200, "{path}: {}", response.body());
    response.json()
}

/// Answers a request in Rust, with this session; returns the id that the cookie sets.
async fn request(
    sessions: &Arc<ServerSessions>,
    id: Option<&str>,
    act: impl Fn(&Session),
) -> Option<String> {
    let header = id.map_or_else(String::new, |id| format!("PHPSESSID={id}"));
    loop {
        let header = header.clone();
        let request = LazySession::open(sessions, header, RequestOrigin::default());
        act(&request.load().await.unwrap());
        match request.commit(200).await {
            Ok(commit) => {
                let cookie = commit.cookies().first()?.escaped_value().to_string();
                return Some(cookie);
            }
            // Others saved it for a second; this request has saved nothing.
            Err(Error::BusySession { .. }) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn php_and_rust_take_turns_on_one_session() {
    let mut count = 0;
    for levels in [0, 2] {
        for handler in HANDLERS {
            let app = App::start(levels, handler);
            let sessions = Arc::new(app.sessions(app.store()));
            begun_by_php(&app, &sessions).await;
            begun_by_rust(&app, &sessions).await;
            count += 1;
        }
    }
    assert_eq!(count, 6);
}

async fn begun_by_php(app: &App, sessions: &Arc<ServerSessions>) {
    let set_user = r#"/set?user={"id":42,"name":"Zo%C3%AB"}&n=1"#;
    let begun = app.ask(set_user, None);
    let id = begun["id"].as_str().unwrap();
    let file = app.file(id);
    let inode = fs::metadata(&file).unwrap().ino();

    // Rust reads it: the file is touched, and nothing else.
    let before = fs::read(&file).unwrap();
    let hour = Duration::from_hours(1);
    let age = || {
        let used = fs::metadata(&file).unwrap().modified().unwrap();
        SystemTime::now().duration_since(used).unwrap_or_default()
    };
    let aged = fs::File::options().write(true).open(&file).unwrap();
    aged.set_modified(SystemTime::now() - hour).unwrap();
    let set = request(sessions, Some(id), |session| {
        let name = session.get::<Value>("user").unwrap().unwrap()["name"].clone();
        assert_eq!(name, "Zoë");
        assert_eq!(session.get::<u32>("n").unwrap(), Some(1));
    });
    assert_eq!(set.await, None);
    assert!(age() < hour / 2, "{:?}", age());
    assert_eq!(fs::read(&file).unwrap(), before);

    // Rust changes it, shorter than it was: PHP sees that, and the rest as it was.
    let set = request(sessions, Some(id), |session| {
        session.remove("user").unwrap();
        session.insert("n", 2).unwrap();
    });
    assert_eq!(set.await, None);
    let seen = app.ask("/get", Some(id));
    assert_eq!(
        (&seen["id"], &seen["before"]),
        (&begun["id"], &json!({"n": 2}))
    );
    assert_eq!(fs::metadata(&file).unwrap().ino(), inode);

    // PHP gives it a new id: Rust knows the new one, and takes the old one for none.
    let login = app.ask("/login", Some(id));
    let new = login["id"].as_str().unwrap();
    assert!(new != id && !file.exists());
    let set = request(sessions, Some(new), |session| {
        assert_eq!(session.get::<u32>("n").unwrap(), Some(2));
    });
    assert_eq!(set.await, None);
    request(sessions, Some(id), |session| assert!(session.is_empty())).await;

    // PHP ends it: Rust has no session of it, and does not bring it back.
    app.ask("/logout", Some(new));
    let set = request(sessions, Some(new), |session| {
        assert!(session.is_empty());
        session.insert("n", 3).unwrap();
    });
    assert_ne!(set.await.unwrap(), new);
    assert!(!app.file(new).exists());
}

async fn begun_by_rust(app: &App, sessions: &Arc<ServerSessions>) {
    let insert = |session: &Session| session.insert("n", 1).unwrap();
    let id = request(sessions, None, insert).await.unwrap();
    let file = app.file(&id);
    assert_eq!(fs::metadata(&file).unwrap().mode() & 0o777, 0o600);

    // PHP reads and changes it under the same id.
    let seen = app.ask(r#"/set?list=["a",{"b":null}]&n=2"#, Some(&id));
    assert_eq!(
        (&seen["id"], &seen["before"]),
        (&json!(id), &json!({"n": 1}))
    );
    request(sessions, Some(&id), |session| {
        assert_eq!(session.get::<u32>("n").unwrap(), Some(2));
        let list = session.get::<Value>("list").unwrap().unwrap();
        assert_eq!(list, json!(["a", {"b": null}]));
    })
    .await;

    // Rust gives it a new id: the old one is gone for PHP, which is strict.
    let renew = |session: &Session| session.renew().unwrap();
    let new = request(sessions, Some(&id), renew).await.unwrap();
    assert!(new != id && !file.exists());
    assert_eq!(app.ask("/get", Some(&new))["before"]["n"], 2);
    let old = app.ask("/get", Some(&id));
    assert_eq!(old["before"], json!({}));
    assert_ne!(old["id"], id);

    // Rust ends it.
    request(sessions, Some(&new), |session| session.reset().unwrap()).await;
    assert!(!app.file(&new).exists());
    let gone = app.ask("/get", Some(&new));
    assert_eq!(gone["before"], json!({}));
    assert_ne!(gone["id"], new);
}

/// Both add 1 to a key 200 times, at once: by `update_key`, and by `get` and `insert` under the lock
/// that PHP waits for, too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn php_and_rust_count_in_one_session_at_once() {
    const TIMES: usize = 200;
    let update = |session: &Session| {
        let add = |n: Option<usize>| n.unwrap_or(0) + 1;
        session.update_key("n", add).unwrap();
    };
    let get_and_insert = |session: &Session| {
        let n: usize = session.get("n").unwrap().unwrap();
        session.insert("n", n + 1).unwrap();
    };
    let app = App::start(0, HANDLERS[0]);
    let lock = SessionLock::new(tokio::time::sleep)
        .wait(PATIENCE)
        .hold(PATIENCE);
    let without = Arc::new(app.sessions(app.store()));
    let with = Arc::new(app.sessions(app.store()).lock(lock));
    let ways: [(_, fn(&Session)); 2] = [(without, update), (with, get_and_insert)];
    for (sessions, change) in ways {
        let begun = app.ask("/set?n=0&other=1", None);
        let id = begun["id"].as_str().unwrap().to_owned();
        let inode = fs::metadata(app.file(&id)).unwrap().ino();
        let (php, of_php) = (app.php.address(), id.clone());
        let php = tokio::task::spawn_blocking(move || {
            for _ in 0..TIMES {
                ask(php, "/add?n=1", Some(&of_php));
            }
        });
        let rust = (0..4).map(|_| {
            let (sessions, id) = (sessions.clone(), id.clone());
            tokio::spawn(async move {
                for _ in 0..TIMES / 4 {
                    request(&sessions, Some(&id), change).await;
                }
            })
        });
        for task in rust.collect::<Vec<_>>() {
            task.await.unwrap();
        }
        php.await.unwrap();
        let seen = app.ask("/get", Some(&id));
        assert_eq!(seen["before"], json!({"n": 2 * TIMES, "other": 1}));
        assert_eq!(fs::metadata(app.file(&id)).unwrap().ino(), inode);
    }
}

/// PHP holds the lock for its whole request: Rust waits for it, and no longer than it may.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rust_waits_for_a_request_of_php_up_to_its_limit() {
    let app = App::start(0, HANDLERS[0]);
    let begun = app.ask("/set?n=1", None);
    let id = begun["id"].as_str().unwrap().to_owned();
    let (php, of_php) = (app.php.address(), id.clone());
    let hold = tokio::task::spawn_blocking(move || ask(php, "/hold?held=2000", Some(&of_php)));
    // PHP's request has begun when it holds the lock.
    let file = fs::File::open(app.file(&id)).unwrap();
    let start = Instant::now();
    while file.try_lock().is_ok() {
        file.unlock().unwrap();
        assert!(start.elapsed() < PATIENCE, "PHP locks nothing");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let header = format!("PHPSESSID={id}");
    let hasty = app.store().time_limit(Duration::from_millis(100));
    let hasty = Arc::new(app.sessions(hasty));
    let request_of_hasty = LazySession::open(&hasty, header, RequestOrigin::default());
    let error = request_of_hasty.load().await.unwrap_err();
    assert!(error.to_string().contains("was locked"), "{error}");
    let sessions = Arc::new(app.sessions(app.store()));
    request(&sessions, Some(&id), |session| {
        assert_eq!(session.get::<bool>("held").unwrap(), Some(true));
    })
    .await;
    hold.await.unwrap();
}

/// While Rust has the lock, a request of PHP waits for it; then it finds the session that Rust wrote, or
/// an empty one if Rust has ended it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn php_waits_for_a_request_of_rust_and_finds_what_it_left() {
    let app = App::start(0, HANDLERS[0]);
    let lock = SessionLock::new(tokio::time::sleep);
    let lock = lock.wait(PATIENCE).hold(PATIENCE);
    let sessions = Arc::new(app.sessions(app.store()).lock(lock));
    for is_ended in [false, true] {
        let begun = app.ask("/set?n=1", None);
        let id = begun["id"].as_str().unwrap().to_owned();
        let inode = fs::metadata(app.file(&id)).unwrap().ino();
        let header = format!("PHPSESSID={id}");
        let request = LazySession::open(&sessions, header, RequestOrigin::default());
        let session = request.load().await.unwrap();
        let (php, of_php) = (app.php.address(), id.clone());
        let waits = tokio::task::spawn_blocking(move || ask(php, "/set?m=2", Some(&of_php)));
        let start = Instant::now();
        while !is_waited_for(inode) {
            assert!(start.elapsed() < PATIENCE, "PHP does not wait");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if is_ended {
            session.reset().unwrap();
        } else {
            session.insert("n", 2).unwrap();
        }
        let _ = request.commit(200).await.unwrap();
        let seen = waits.await.unwrap()["before"].clone();
        if is_ended {
            assert_eq!(seen, json!({}));
            assert!(!app.file(&id).exists());
        } else {
            assert_eq!(seen, json!({"n": 2}));
            assert_eq!(
                app.ask("/get", Some(&id))["before"],
                json!({"n": 2, "m": 2})
            );
        }
    }
}

/// Checks whether a process waits for the lock of a file (proc(5), `/proc/locks`).
fn is_waited_for(inode: u64) -> bool {
    let locks = fs::read_to_string("/proc/locks").expect("Linux");
    let inode = format!(":{inode} ");
    let mut waiting = locks.lines().filter(|line| line.contains("-> FLOCK"));
    waiting.any(|line| line.contains(&inode))
}
