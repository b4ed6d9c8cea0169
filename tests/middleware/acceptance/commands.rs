//! The commands that a request sends to the store of its session, for each kind of request.

use std::sync::Arc;
use std::time::Duration;

#[cfg(feature = "rails-stores")]
use hardtack::Serializer;
#[cfg(feature = "rails-stores")]
use hardtack::stores::{CacheFormatVersion, RailsCache, StoredHash};
use hardtack::stores::{SessionFormat, StoredJson};
use hardtack::test_util::Browser;
use hardtack::{LazySession, RequestOrigin, ServerSessions, Session, WritePolicy};

use super::app::{Framework, Handler, Reply, Request, Sessions};
use super::cases::Case;
use super::recorded::{Recorded, now};

pub(crate) const ALL: &[(&str, Case)] = &[
    ("server_commands", server_commands),
    (
        "server_commands_of_lazy_handlers",
        server_commands_of_lazy_handlers,
    ),
    (
        "server_commands_of_read_only_sessions",
        server_commands_of_read_only_sessions,
    ),
];

const NAME: &str = "_session_id";
const OLD_ID: &str = "0123456789abcdef0123456789abcdef";

/// The session's cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Nothing,
    /// An id with an entry.
    Known,
    /// An id with an entry under the older key alone.
    Older,
    /// An id without an entry.
    Unknown,
    /// A value that is no id.
    Junk,
    /// The private id of an entry.
    Private,
}

/// A kind of request: the cookie, the handler, the status, and the commands. With an expiry,
/// `Touch` stands for the way in which the format extends the life of a session that was only read.
type Row = (&'static str, Sent, fn(&Session), u16, &'static [Command]);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Load,
    LoadOlder,
    Create,
    Update,
    Delete,
    DeleteOlder,
    /// Only with an expiry.
    Touch,
}

use Command::{Create, Delete, DeleteOlder, Load, LoadOlder, Touch, Update};

const ROWS: &[Row] = &[
    ("asks without a cookie", Sent::Nothing, look, 200, &[]),
    ("reads", Sent::Known, look, 200, &[Load, Touch]),
    ("reads twice", Sent::Known, look_twice, 200, &[Load, Touch]),
    (
        "reads an older key",
        Sent::Older,
        look,
        200,
        &[Load, LoadOlder, Create, DeleteOlder],
    ),
    ("changes", Sent::Known, visit, 200, &[Load, Update]),
    (
        "changes twice",
        Sent::Known,
        visit_twice,
        200,
        &[Load, Update],
    ),
    ("begins", Sent::Nothing, visit, 200, &[Create]),
    (
        "begins and clears",
        Sent::Nothing,
        visit_and_clear,
        200,
        &[],
    ),
    (
        "renews",
        Sent::Known,
        renew,
        200,
        &[Load, Create, DeleteOlder, Delete],
    ),
    ("renews nothing", Sent::Nothing, renew, 200, &[]),
    ("logs in", Sent::Nothing, log_in, 200, &[Create]),
    (
        "logs in again",
        Sent::Known,
        log_in,
        200,
        &[Load, Create, DeleteOlder, Delete],
    ),
    (
        "logs out",
        Sent::Known,
        reset,
        200,
        &[Load, DeleteOlder, Delete],
    ),
    (
        "resets and writes",
        Sent::Known,
        reset_and_visit,
        200,
        &[Load, DeleteOlder, Delete, Create],
    ),
    (
        "clears",
        Sent::Known,
        clear,
        200,
        &[Load, DeleteOlder, Delete],
    ),
    (
        "removes the last key",
        Sent::Known,
        remove,
        200,
        &[Load, DeleteOlder, Delete],
    ),
    (
        "drops",
        Sent::Known,
        drop_session,
        200,
        &[Load, DeleteOlder, Delete],
    ),
    ("skips a change", Sent::Known, visit_and_skip, 200, &[Load]),
    (
        "reads an unknown id",
        Sent::Unknown,
        look,
        200,
        &[Load, LoadOlder, Load],
    ),
    (
        "writes under an unknown id",
        Sent::Unknown,
        visit,
        200,
        &[Load, LoadOlder, Load, Create],
    ),
    (
        "logs out an unknown id",
        Sent::Unknown,
        reset,
        200,
        &[Load, LoadOlder, Load],
    ),
    ("reads junk", Sent::Junk, look, 200, &[]),
    ("writes beside junk", Sent::Junk, visit, 200, &[Create]),
    ("reads a private id", Sent::Private, look, 200, &[]),
    (
        "reads a flash that is empty",
        Sent::Known,
        read_flash,
        200,
        &[Load, Touch],
    ),
    (
        "reads a flash without a session",
        Sent::Nothing,
        read_flash,
        200,
        &[],
    ),
    ("sets a flash", Sent::Known, set_flash, 200, &[Load, Update]),
    (
        "reads a token for the first time",
        Sent::Known,
        read_token,
        200,
        &[Load, Update],
    ),
    (
        "reads a token without a session",
        Sent::Nothing,
        read_token,
        200,
        &[Create],
    ),
    (
        "checks a token",
        Sent::Known,
        check_token,
        200,
        &[Load, Touch],
    ),
    (
        "asks for the id alone",
        Sent::Known,
        ask_id,
        200,
        &[Load, Touch],
    ),
    ("fails after a read", Sent::Known, look, 500, &[Load]),
    ("fails after a change", Sent::Known, visit, 500, &[Load]),
    ("fails at a new session", Sent::Nothing, visit, 503, &[]),
    ("fails after a renewal", Sent::Known, renew, 500, &[Load]),
    ("fails after a logout", Sent::Known, reset, 500, &[Load]),
    (
        "a client's mistake after a change",
        Sent::Known,
        visit,
        422,
        &[Load, Update],
    ),
];

fn look(session: &Session) {
    session.get::<u32>("visits").unwrap();
}

fn look_twice(session: &Session) {
    look(session);
    assert!(session.keys().len() < 3);
}

fn visit(session: &Session) {
    let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
}

fn visit_twice(session: &Session) {
    visit(session);
    visit(session);
}

fn visit_and_clear(session: &Session) {
    visit(session);
    session.clear().unwrap();
}

fn visit_and_skip(session: &Session) {
    visit(session);
    session.skip().unwrap();
}

fn renew(session: &Session) {
    session.renew().unwrap();
}

fn log_in(session: &Session) {
    session.renew().unwrap();
    session.insert("user_id", 42).unwrap();
}

fn reset(session: &Session) {
    session.reset().unwrap();
}

fn reset_and_visit(session: &Session) {
    session.reset().unwrap();
    visit(session);
}

fn clear(session: &Session) {
    session.clear().unwrap();
}

fn remove(session: &Session) {
    session.remove("visits").unwrap();
}

fn drop_session(session: &Session) {
    session.drop().unwrap();
}

fn read_flash(session: &Session) {
    assert_eq!(session.flash().notice(), None);
}

fn set_flash(session: &Session) {
    session.flash().set("notice", "Saved").unwrap();
}

fn read_token(session: &Session) {
    let tokens = session.authenticity_tokens().unwrap();
    tokens.masked_authenticity_token().unwrap();
}

fn check_token(session: &Session) {
    assert!(!session.is_authentic("none", "/", "POST"));
}

fn ask_id(session: &Session) {
    session.session_id().unwrap();
}

/// A format, and true if it rewrites an entry to extend its life.
type Format = (&'static str, Arc<dyn Fn(Recorded) -> ServerSessions>, bool);

fn formats() -> Vec<Format> {
    fn of<F: SessionFormat + Clone>(format: F) -> Arc<dyn Fn(Recorded) -> ServerSessions> {
        Arc::new(move |store| ServerSessions::new(format.clone(), store, NAME))
    }
    let mut formats = vec![("StoredJson", of(StoredJson), false)];
    #[cfg(feature = "rails-stores")]
    {
        let hash = StoredHash::redis_session_store();
        let cache = RailsCache::new;
        formats.extend([
            ("StoredHash", of(hash.clone()), false),
            (
                "StoredHash, hybrid",
                of(hash.serializer(Serializer::Hybrid)),
                false,
            ),
            (
                "StoredHash, row",
                of(StoredHash::active_record_store()),
                false,
            ),
            ("RailsCache 6.1", of(cache(CacheFormatVersion::V6_1)), true),
            ("RailsCache 7.0", of(cache(CacheFormatVersion::V7_0)), true),
            ("RailsCache 7.1", of(cache(CacheFormatVersion::V7_1)), true),
        ]);
    }
    formats
}

/// Returns the value of a new session's cookie.
fn begin(sessions: &Arc<ServerSessions>) -> String {
    let lazy = LazySession::open(sessions, "", RequestOrigin::default());
    visit(&now(lazy.load()).unwrap());
    let commit = now(lazy.commit(200)).unwrap();
    commit.cookies()[0].escaped_value().to_owned()
}

/// Moves the session under its present key to the older one.
fn age(store: &Recorded, format: &str, id: &str) {
    let prefix = if format.starts_with("RailsCache") {
        "_session_id:"
    } else {
        ""
    };
    let key = format!("{prefix}{}", super::recorded::private_id(id));
    store.put(&format!("{prefix}{id}"), store.bytes(&key).unwrap());
    assert!(store.remove(&key));
}

fn server_commands(framework: &dyn Framework) {
    let mut ran = 0;
    for (format, sessions, rewrites) in formats() {
        for ttl in [None, Some(Duration::from_secs(600))] {
            for (kind, sent, handler, status, commands) in ROWS {
                let store = Recorded::default();
                let mut sessions = sessions(store.clone());
                if let Some(ttl) = ttl {
                    sessions = sessions.expire_after(ttl);
                }
                let sessions = Arc::new(sessions);
                let value = match sent {
                    Sent::Nothing => None,
                    Sent::Known => Some(begin(&sessions)),
                    Sent::Older => {
                        let id = begin(&sessions);
                        age(&store, format, &id);
                        Some(id)
                    }
                    Sent::Unknown => Some(OLD_ID.to_owned()),
                    Sent::Junk => Some("../../etc/passwd".to_owned()),
                    Sent::Private => Some(super::recorded::private_id(&begin(&sessions))),
                };
                store.asked();
                let request = Request {
                    cookies: value.iter().map(|id| format!("{NAME}={id}")).collect(),
                    ..Request::default()
                };
                let (handler, status) = (*handler, *status);
                let handler = Handler::new(move |session| {
                    handler(session);
                    Reply::text("").status(status)
                });
                let response = framework.serve(&Sessions::OnServer(sessions), request, handler);
                assert_eq!(response.unwrap().status, status, "{format}: {kind}");
                let expected = commands.iter().filter_map(|command| {
                    let life = ttl.map_or("", |_| " for 600 s");
                    Some(match command {
                        Load => "load private".to_owned(),
                        LoadOlder => "load public".to_owned(),
                        Create => format!("save private absent{life}"),
                        Update => format!("save private unchanged{life}"),
                        Delete => "delete private".to_owned(),
                        DeleteOlder => "delete public".to_owned(),
                        Touch if ttl.is_none() => return None,
                        Touch if rewrites => format!("save private unchanged{life}"),
                        Touch => format!("touch private{life}"),
                    })
                });
                let expected: Vec<String> = expected.collect();
                assert_eq!(store.asked(), expected, "{format}, {ttl:?}: {kind}");
                ran += 1;
            }
        }
    }
    let formats = if cfg!(feature = "rails-stores") { 7 } else { 1 };
    assert_eq!(ran, formats * 2 * ROWS.len());
}

/// Handlers that take a `LazySession`, and the commands of a request with a known id.
fn server_commands_of_lazy_handlers(framework: &dyn Framework) {
    let cases: [(&str, Handler, &[&str]); 3] = [
        (
            "does not ask",
            Handler::lazy(async |_| Reply::text("")),
            &[],
        ),
        (
            "asks for other cookies",
            Handler::lazy(async |lazy: LazySession| {
                Reply::text(lazy.cookies().get("theme").unwrap_or_default())
            }),
            &[],
        ),
        (
            "asks twice",
            Handler::lazy(async |lazy: LazySession| {
                look(&lazy.load().await.unwrap());
                look(&lazy.load().await.unwrap());
                Reply::text("")
            }),
            &["load private"],
        ),
    ];
    let mut ran = 0;
    for (kind, handler, commands) in cases {
        let store = Recorded::default();
        let sessions = Arc::new(ServerSessions::new(StoredJson, store.clone(), NAME));
        let id = begin(&sessions);
        store.asked();
        let request = Request {
            cookies: vec![format!("{NAME}={id}; theme=dark")],
            ..Request::default()
        };
        let response = framework.serve(&Sessions::OnServer(sessions), request, handler);
        let response = response.unwrap();
        assert_eq!(
            (response.status, response.set_cookies.len()),
            (200, 0),
            "{kind}"
        );
        assert_eq!(store.asked(), commands, "{kind}");
        ran += 1;
    }
    assert_eq!(ran, 3);
}

fn server_commands_of_read_only_sessions(framework: &dyn Framework) {
    let store = Recorded::default();
    let sessions = || ServerSessions::new(StoredJson, store.clone(), NAME);
    let mut browser = Browser::default();
    browser.receive([format!("{NAME}={}", begin(&Arc::new(sessions())))]);
    let sessions = sessions()
        .expire_after(Duration::from_secs(600))
        .writes(WritePolicy::Never);
    store.asked();
    let request = Request {
        cookies: vec![browser.cookie_header()],
        ..Request::default()
    };
    let handler = Handler::new(|session| {
        assert!(session.insert("visits", 2).is_err() && session.reset().is_err());
        Reply::text("")
    });
    let response = framework.serve(&Sessions::OnServer(Arc::new(sessions)), request, handler);
    assert_eq!(response.unwrap().set_cookies.len(), 0);
    assert_eq!(store.asked(), ["load private"]);
}
