//! `RailsCache::touch_after`: a request that only reads extends the life of a session once that much
//! of it has passed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardtack::stores::{CacheFormatVersion, RailsCache, StoredSession};
use hardtack::{Commit, LazySession, RequestOrigin, ServerSessions, Session};
use time::OffsetDateTime;
use time::macros::datetime;

use super::shelves::Shelves;

const NAME: &str = "_session_id";
const START: OffsetDateTime = datetime!(2026-09-21 14:13:20 UTC);
const LIFE: Duration = Duration::from_secs(600);

struct App {
    shelves: Shelves,
    now: Arc<Mutex<OffsetDateTime>>,
    header: String,
}

impl App {
    fn sessions(&self, format: RailsCache) -> ServerSessions {
        let clock = self.now.clone();
        let sessions = ServerSessions::new(format, self.shelves.clone(), NAME);
        sessions.clock(move || *clock.lock().unwrap())
    }

    /// Begins a session.
    async fn begin(set: impl FnOnce(ServerSessions) -> ServerSessions, format: RailsCache) -> Self {
        let mut app = Self {
            shelves: Shelves::default(),
            now: Arc::new(Mutex::new(START)),
            header: String::new(),
        };
        let commit = app.call(set(app.sessions(format)), |session| {
            session.insert("user_id", 42).unwrap();
        });
        let Commit::Set(cookies) = commit.await else {
            panic!("no cookie")
        };
        app.header = format!("{NAME}={}", cookies[0].escaped_value());
        app
    }

    async fn call(&self, sessions: ServerSessions, handler: fn(&Session)) -> Commit {
        let header = self.header.clone();
        let lazy = LazySession::open(&Arc::new(sessions), header, RequestOrigin::default());
        handler(&lazy.load().await.unwrap());
        lazy.commit(200).await.unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        let kept = self.shelves.0.lock().unwrap();
        kept.values().next().unwrap().0.to_vec()
    }

    /// Returns when the entry ends, in seconds after the start.
    fn end(&self) -> i64 {
        let end = StoredSession::read(&self.bytes()).unwrap().expires_at();
        (end.unwrap() - START).whole_seconds()
    }
}

fn read(session: &Session) {
    assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
}

const VERSIONS: [CacheFormatVersion; 3] = [
    CacheFormatVersion::V6_1,
    CacheFormatVersion::V7_0,
    CacheFormatVersion::V7_1,
];

#[tokio::test]
async fn a_life_is_extended_once_that_much_has_passed() {
    // Seconds since the request before, the throttle, and the end of the entry then.
    let steps = [
        (30, 60, 600),
        (29, 60, 600),
        (1, 60, 660),
        (59, 60, 660),
        (2, 60, 721),
        (1, 0, 722),
        (299, 300, 722),
    ];
    let mut ran = 0;
    for version in VERSIONS {
        for in_format in [false, true] {
            let format = || {
                let format = RailsCache::new(version);
                if in_format {
                    format.expires_in(LIFE)
                } else {
                    format
                }
            };
            let set = |sessions: ServerSessions| {
                if in_format {
                    sessions
                } else {
                    sessions.expire_after(LIFE)
                }
            };
            let app = App::begin(set, format()).await;
            let mut end = app.end();
            assert_eq!(end, 600);
            for (later, throttle, expected) in steps {
                *app.now.lock().unwrap() += Duration::from_secs(later);
                let format = format().touch_after(Duration::from_secs(throttle));
                let before = app.bytes();
                let commit = app.call(set(app.sessions(format)), read).await;
                assert_eq!(app.end(), expected, "{version:?} after {later} s");
                if expected == end {
                    // Neither the store nor the browser is told anything.
                    assert_eq!((app.bytes(), commit), (before, Commit::Keep));
                } else {
                    assert_eq!(commit.cookies().len(), usize::from(!in_format));
                }
                end = expected;
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 3 * 2 * 7);
}

#[tokio::test]
async fn other_reasons_to_write_do_not_wait() {
    let throttled = |version| RailsCache::new(version).touch_after(Duration::from_secs(500));
    for version in VERSIONS {
        // A change.
        let set = |sessions: ServerSessions| sessions.expire_after(LIFE);
        let app = App::begin(set, throttled(version)).await;
        *app.now.lock().unwrap() += Duration::from_secs(10);
        let commit = app.call(set(app.sessions(throttled(version))), |session| {
            session.insert("cart", 1).unwrap();
        });
        assert_eq!(commit.await.cookies().len(), 1, "{version:?}");
        assert_eq!(app.end(), 610, "{version:?}");

        // Sessions that last less long, or longer, than when the entry was written.
        for life in [60, 6000] {
            let shorter = app.sessions(throttled(version));
            let shorter = shorter.expire_after(Duration::from_secs(life));
            let commit = app.call(shorter, read).await;
            assert_eq!(commit.cookies().len(), 1, "{version:?}");
            assert_eq!(app.end(), 10 + i64::try_from(life).unwrap(), "{version:?}");
        }

        // An entry without an end.
        let app = App::begin(|sessions| sessions, throttled(version)).await;
        let commit = app.call(set(app.sessions(throttled(version))), read).await;
        assert_eq!(commit.cookies().len(), 1, "{version:?}");
        assert_eq!(app.end(), 600, "{version:?}");
    }
}

/// A throttle of the whole life would end the session of a visitor who comes every minute.
#[tokio::test]
async fn at_most_half_of_a_life_passes_before_it_is_extended() {
    let format = || RailsCache::new(CacheFormatVersion::V7_1).touch_after(LIFE);
    let set = |sessions: ServerSessions| sessions.expire_after(LIFE);
    let mut app = App::begin(set, format()).await;
    for _ in 0..20 {
        *app.now.lock().unwrap() += Duration::from_secs(60);
        let commit = app.call(set(app.sessions(format())), |session| {
            assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
        });
        if let [cookie] = commit.await.cookies() {
            app.header = format!("{NAME}={}", cookie.escaped_value());
        }
    }
}
