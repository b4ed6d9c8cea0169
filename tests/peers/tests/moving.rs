//! Sessions that move between a cookie and Rails' cache, while Rails and Rust take turns
//! (`docs/migrating.md`).

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{
    CacheFormatVersion, Entry, RailsCache, Saved, SessionStore, StoreError, Version, When,
};
use hardtack::{CookieStore, LazySession, RequestOrigin, ServerSessions, Session};
use hardtack_peers::{Puma, Response, Settings};
use serde_json::json;

const NAME: &str = "_app_session";
const KEY: &str = "warden.user.user.key";

/// The files of `ActiveSupport::Cache::FileStore`.
#[derive(Clone)]
struct Files(PathBuf);

impl Files {
    fn path(&self, key: &str) -> PathBuf {
        let name = key.replace(':', "%3A");
        let (mut low, mut high) = (1, 0);
        for byte in name.bytes() {
            low = (low + u32::from(byte)) % 65_521;
            high = (high + low) % 65_521;
        }
        let sum = high << 16 | low;
        let (rest, first) = (sum / 0x1000, sum % 0x1000);
        let second = rest % 0x1000;
        self.0.join(format!("{first:03X}/{second:03X}/{name}"))
    }

    fn entry(&self, key: &str) -> Option<Entry> {
        let bytes = Bytes::from(fs::read(self.path(key)).ok()?);
        let version = Version::new(bytes.clone());
        Some(Entry { bytes, version })
    }

    fn count(&self) -> usize {
        fn count(folder: &Path) -> usize {
            let entries = fs::read_dir(folder)
                .unwrap()
                .map(|entry| entry.unwrap().path());
            entries
                .map(|path| if path.is_dir() { count(&path) } else { 1 })
                .sum()
        }
        count(&self.0)
    }
}

/// For one writer at a time.
impl SessionStore for Files {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        Ok(self.entry(key))
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        _: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        match (self.entry(key), when) {
            (Some(there), When::Absent) => return Ok(Saved::Conflict(there)),
            (Some(there), When::Unchanged(version)) if there.version != *version => {
                return Ok(Saved::Conflict(there));
            }
            (None, When::Present | When::Unchanged(_)) => return Ok(Saved::Gone),
            _ => {}
        }
        let path = self.path(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
        Ok(Saved::Done(None))
    }

    async fn touch(&self, key: &str, _: Option<Duration>) -> Result<bool, StoreError> {
        Ok(self.path(key).exists())
    }

    async fn delete(&self, key: &str, _: &When) -> Result<bool, StoreError> {
        Ok(fs::remove_file(self.path(key)).is_ok())
    }
}

/// Runs a future that never waits.
fn now<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

enum Sessions {
    InCookie(Arc<CookieStore>),
    InCache(Arc<ServerSessions>),
}

impl From<CookieStore> for Sessions {
    fn from(sessions: CookieStore) -> Self {
        Self::InCookie(Arc::new(sessions))
    }
}

impl From<ServerSessions> for Sessions {
    fn from(sessions: ServerSessions) -> Self {
        Self::InCache(Arc::new(sessions))
    }
}

/// The pair that a browser sends after a response.
fn after(before: &str, set_cookies: &[String]) -> String {
    let set = set_cookies.iter().find(|set| set.starts_with(NAME));
    set.map_or(before, |set| set.split(';').next().unwrap())
        .to_owned()
}

/// A request at Rust; returns the browser's cookie after it.
fn at_rust(sessions: &Sessions, cookie: &str, handler: impl FnOnce(&Session)) -> String {
    let (header, origin) = (cookie.to_owned(), RequestOrigin::default());
    let lazy = match sessions {
        Sessions::InCookie(sessions) => LazySession::open(sessions, header, origin),
        Sessions::InCache(sessions) => LazySession::open(sessions, header, origin),
    };
    handler(&now(lazy.load()).unwrap());
    let commit = now(lazy.commit(200)).unwrap();
    let set: Vec<_> = commit.cookies().iter().map(ToString::to_string).collect();
    after(cookie, &set)
}

fn is_logged_in(session: &Session) {
    let key = session.get::<serde_json::Value>(KEY).unwrap().unwrap();
    assert_eq!(key[0], json!([7]));
}

fn at_rails(puma: &Puma, path: &str, cookie: &str) -> (Response, String) {
    let response = puma.get(path, (!cookie.is_empty()).then_some(cookie));
    let set: Vec<_> = response.set_cookies().map(str::to_owned).collect();
    let cookie = after(cookie, &set);
    (response, cookie)
}

fn assert_logged_in(puma: &Puma, cookie: &str, is_logged_in: bool) -> String {
    let (response, cookie) = at_rails(puma, "/session", cookie);
    let session = &response.json()["session"];
    assert_eq!(session[KEY][0] == json!([7]), is_logged_in, "{session}");
    cookie
}

fn is_id(cookie: &str) -> bool {
    cookie.len() == NAME.len() + 33
}

#[test]
fn rails_and_rust_take_turns() {
    let settings = Settings::new("a secret of moving sessions");
    // A folder that a Rails in a folder of its own sees as well.
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let folder = folder.join(format!("moving-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let files = Files(folder.clone());
    let rails = |class: &str| {
        let more = [
            ("SESSION_CLASS", class.to_owned()),
            ("CACHE", folder.to_str().unwrap().to_owned()),
        ];
        Puma::start_app("moving_app/config.ru", &settings, &more)
    };
    let in_cookie = rails("ActionDispatch::Session::CookieStore");
    let in_cache = rails("ActionDispatch::Session::CacheStore");
    let to_cache = rails("CacheStoreAfterCookies");
    let to_cookie = rails("CookieStoreAfterCache");
    let cookies = || CookieStore::with_keyring(settings.keyring(), NAME);
    // Each of these versions of Rails reads the oldest form.
    let format = || RailsCache::new(CacheFormatVersion::V6_1);
    let stored = || ServerSessions::new(format(), files.clone(), NAME);

    // Rust moves a session of Rails to the cache, and Rails goes on there.
    let (_, sealed) = at_rails(&in_cookie, "/sign_in?user_id=7", "");
    assert!(!is_id(&sealed));
    let id = at_rust(
        &stored().migrating_from(cookies()).into(),
        &sealed,
        |session| {
            is_logged_in(session);
            assert_eq!(session.flash().notice().as_deref(), Some("Signed in"));
            session.insert("rust", true).unwrap();
        },
    );
    assert!(is_id(&id));
    let (response, id) = at_rails(&in_cache, "/session", &id);
    let session = &response.json()["session"];
    assert_eq!(session.as_object().unwrap().len(), 2, "{session}");
    assert_eq!(
        (&session[KEY][0], &session["rust"]),
        (&json!([7]), &json!(true))
    );

    // And back.
    let back = at_rust(
        &cookies().migrating_from(stored()).into(),
        &id,
        is_logged_in,
    );
    assert!(!is_id(&back));
    assert_logged_in(&in_cookie, &back, true);

    // Rails alone begins an empty session, and the cache's replaces the cookie: the user is out.
    assert!(is_id(&assert_logged_in(&in_cache, &sealed, false)));
    assert_eq!(assert_logged_in(&in_cookie, &id, false), id);

    // The classes of the guide read both.
    let moved = assert_logged_in(&to_cache, &back, true);
    assert!(is_id(&moved));
    at_rust(&stored().into(), &moved, is_logged_in);
    let (_, out) = at_rails(&to_cache, "/sign_out", &moved);
    assert_logged_in(&to_cache, &out, false);
    let (_, out) = at_rails(&to_cache, "/sign_out", &back);
    assert_logged_in(&to_cache, &out, false);

    let moved = assert_logged_in(&to_cookie, &id, true);
    assert!(!is_id(&moved));
    at_rust(&cookies().into(), &moved, is_logged_in);
    let before = files.count();
    let (_, out) = at_rails(&to_cookie, "/sign_out", &id);
    assert_eq!(files.count(), before - 1);
    assert_logged_in(&to_cookie, &out, false);
    assert_logged_in(&to_cookie, &id, false);
    fs::remove_dir_all(&folder).unwrap();
}

#[test]
fn the_guide_shows_these_classes() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let app = fs::read_to_string(root.join("moving_app/config.ru")).unwrap();
    let classes = app.split("# docs/migrating.md: begin\n").nth(1).unwrap();
    let classes = classes.split("# docs/migrating.md: end").next().unwrap();
    let guide = fs::read_to_string(root.join("../../docs/migrating.md")).unwrap();
    let mut ran = 0;
    for class in classes.trim().split("\n\nclass ") {
        assert!(guide.contains(class), "{class}");
        ran += 1;
    }
    assert_eq!(ran, 2);
}
