//! A store that fails, at each operation of each kind of request.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::time::Duration;

use hardtack::stores::StoredJson;
use hardtack::{Error, LazySession, RequestOrigin, ServerSessions, Session};

use super::app::{Framework, Handler, Reply, Request, Response, Sessions};
use super::cases::Case;
use super::recorded::{Fault, REASON, Recorded, now, private_id};

pub(crate) const ALL: &[(&str, Case)] = &[
    ("server_store_that_fails", server_store_that_fails),
    (
        "server_requests_that_do_not_ask",
        server_requests_that_do_not_ask,
    ),
    (
        "server_errors_that_a_handler_handles",
        server_errors_that_a_handler_handles,
    ),
    (
        "server_entries_that_cannot_be_read",
        server_entries_that_cannot_be_read,
    ),
];

const NAME: &str = "_session_id";
const UNKNOWN: &str = "0123456789abcdef0123456789abcdef";

use Fault::{Lost, Refused};

/// The content of the store under the browser's own id afterwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    /// The entry as it was.
    AsBefore,
    /// The entry that the handler wanted.
    Written,
    /// None.
    Nothing,
}

use Own::{AsBefore, Nothing, Written};

struct Row {
    handler: fn(&Session),
    /// The id that the browser sends: the one of a session with one visit, an unknown id or none.
    sent: Option<bool>,
    fault: Fault,
    status: u16,
    did_run: bool,
    commands: &'static [&'static str],
    own: Own,
    /// The number of entries that the store holds afterwards.
    entries: usize,
    /// The visits that the next request of the browser finds, with its old cookie.
    next: Option<u32>,
}

const KNOWN: Option<bool> = Some(true);
const UNKNOWN_ID: Option<bool> = Some(false);

#[rustfmt::skip]
const ROWS: &[Row] = &[
    // A load.
    Row { handler: look, sent: KNOWN, fault: Refused(1), status: 503, did_run: false, commands: &["load private"], own: AsBefore, entries: 1, next: Some(1) },
    Row { handler: visit, sent: KNOWN, fault: Lost(1), status: 503, did_run: false, commands: &["load private"], own: AsBefore, entries: 1, next: Some(1) },
    Row { handler: look, sent: UNKNOWN_ID, fault: Refused(2), status: 503, did_run: false, commands: &["load private", "load public"], own: Nothing, entries: 1, next: None },
    Row { handler: look, sent: UNKNOWN_ID, fault: Refused(3), status: 503, did_run: false, commands: &["load private", "load public", "load private"], own: Nothing, entries: 1, next: None },
    // The save of a new session.
    Row { handler: visit, sent: None, fault: Refused(1), status: 503, did_run: true, commands: &["save private absent"], own: Nothing, entries: 1, next: None },
    Row { handler: visit, sent: None, fault: Lost(1), status: 503, did_run: true, commands: &["save private absent"], own: Nothing, entries: 2, next: None },
    // A save.
    Row { handler: visit, sent: KNOWN, fault: Refused(2), status: 503, did_run: true, commands: &["load private", "save private unchanged"], own: AsBefore, entries: 1, next: Some(1) },
    Row { handler: visit, sent: KNOWN, fault: Lost(2), status: 503, did_run: true, commands: &["load private", "save private unchanged"], own: Written, entries: 1, next: Some(2) },
    // A renewal: the new entry, and then both keys of the old one.
    Row { handler: renew, sent: KNOWN, fault: Refused(2), status: 503, did_run: true, commands: &["load private", "save private absent"], own: AsBefore, entries: 1, next: Some(1) },
    Row { handler: renew, sent: KNOWN, fault: Lost(2), status: 503, did_run: true, commands: &["load private", "save private absent"], own: AsBefore, entries: 2, next: Some(1) },
    Row { handler: renew, sent: KNOWN, fault: Refused(3), status: 503, did_run: true, commands: &["load private", "save private absent", "delete public"], own: AsBefore, entries: 2, next: Some(1) },
    Row { handler: renew, sent: KNOWN, fault: Refused(4), status: 503, did_run: true, commands: &["load private", "save private absent", "delete public", "delete private"], own: AsBefore, entries: 2, next: Some(1) },
    Row { handler: renew, sent: KNOWN, fault: Lost(4), status: 503, did_run: true, commands: &["load private", "save private absent", "delete public", "delete private"], own: Nothing, entries: 1, next: None },
    // A logout, and a reset that writes.
    Row { handler: reset, sent: KNOWN, fault: Refused(2), status: 503, did_run: true, commands: &["load private", "delete public"], own: AsBefore, entries: 1, next: Some(1) },
    Row { handler: reset, sent: KNOWN, fault: Refused(3), status: 503, did_run: true, commands: &["load private", "delete public", "delete private"], own: AsBefore, entries: 1, next: Some(1) },
    Row { handler: reset, sent: KNOWN, fault: Lost(3), status: 503, did_run: true, commands: &["load private", "delete public", "delete private"], own: Nothing, entries: 0, next: None },
    Row { handler: reset_and_visit, sent: KNOWN, fault: Refused(2), status: 503, did_run: true, commands: &["load private", "delete public"], own: AsBefore, entries: 1, next: Some(1) },
    Row { handler: reset_and_visit, sent: KNOWN, fault: Refused(4), status: 503, did_run: true, commands: &["load private", "delete public", "delete private", "save private absent"], own: Nothing, entries: 0, next: None },
    Row { handler: reset_and_visit, sent: KNOWN, fault: Lost(4), status: 503, did_run: true, commands: &["load private", "delete public", "delete private", "save private absent"], own: Nothing, entries: 1, next: None },
    // A session that became empty.
    Row { handler: empty, sent: KNOWN, fault: Refused(2), status: 503, did_run: true, commands: &["load private", "delete public"], own: AsBefore, entries: 1, next: Some(1) },
    Row { handler: empty, sent: KNOWN, fault: Refused(3), status: 503, did_run: true, commands: &["load private", "delete public", "delete private"], own: AsBefore, entries: 1, next: Some(1) },
];

fn look(session: &Session) {
    session.get::<u32>("visits").unwrap();
}

fn visit(session: &Session) {
    let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
}

fn renew(session: &Session) {
    session.renew().unwrap();
    visit(session);
}

fn reset(session: &Session) {
    session.reset().unwrap();
}

fn reset_and_visit(session: &Session) {
    session.reset().unwrap();
    visit(session);
}

fn empty(session: &Session) {
    session.remove("visits").unwrap();
}

/// A store with the session of another user, and one of the browser.
struct Server {
    store: Recorded,
    sessions: Arc<ServerSessions>,
    id: String,
}

impl Server {
    fn new(set: impl FnOnce(ServerSessions) -> ServerSessions) -> Self {
        let store = Recorded::default();
        let sessions = Arc::new(set(ServerSessions::new(StoredJson, store.clone(), NAME)));
        let lazy = LazySession::open(&sessions, "", RequestOrigin::default());
        visit(&now(lazy.load()).unwrap());
        let commit = now(lazy.commit(200)).unwrap();
        let id = commit.cookies()[0].escaped_value().to_owned();
        Self {
            store,
            sessions,
            id,
        }
    }

    fn call(&self, framework: &dyn Framework, id: Option<&str>, handler: Handler) -> Response {
        let request = Request {
            cookies: id.iter().map(|id| format!("{NAME}={id}")).collect(),
            ..Request::default()
        };
        let sessions = Sessions::OnServer(self.sessions.clone());
        framework.serve(&sessions, request, handler).unwrap()
    }
}

fn server_store_that_fails(framework: &dyn Framework) {
    let mut ran = 0;
    for (number, row) in ROWS.iter().enumerate() {
        let what = format!("row {number}, {:?}", row.fault);
        let server = Server::new(|sessions| sessions);
        let id = match row.sent {
            None => None,
            Some(true) => Some(&*server.id),
            Some(false) => Some(UNKNOWN),
        };
        let runs = Arc::new(AtomicUsize::new(0));
        let (handler, counted) = (row.handler, runs.clone());
        let handler = Handler::new(move |session| {
            counted.fetch_add(1, SeqCst);
            handler(session);
            Reply::text("all is well").header("set-cookie", "theme=dark")
        });
        server.store.fail(row.fault);
        let response = server.call(framework, id, handler);
        // The visitor learns nothing of the store, and gets no cookie of the handler either.
        assert_eq!(
            (response.status, &*response.body),
            (row.status, ""),
            "{what}"
        );
        assert_eq!(response.set_cookies, [""; 0], "{what}");
        assert_eq!(runs.load(SeqCst), usize::from(row.did_run), "{what}");
        // Nothing is tried again.
        assert_eq!(server.store.asked(), row.commands, "{what}");
        let own = id.and_then(|id| server.store.text(&private_id(id)));
        let expected = match row.own {
            AsBefore => Some(r#"{"visits":1}"#),
            Written => Some(r#"{"visits":2}"#),
            Nothing => None,
        };
        assert_eq!(own.as_deref(), expected, "{what}");
        assert_eq!(server.store.len(), row.entries, "{what}");

        // The store answers again.
        server.store.fail(None);
        let found = Handler::new(|session| {
            Reply::text(format!("{:?}", session.get::<u32>("visits").unwrap()))
        });
        let response = server.call(framework, id, found);
        let next = (response.status, response.body);
        assert_eq!(next, (200, format!("{:?}", row.next)), "{what}");
        ran += 1;
    }
    assert_eq!(ran, 21);
}

/// A request that asks for no session does not notice that the store fails. A request that only
/// read the session has its answer already.
fn server_requests_that_do_not_ask(framework: &dyn Framework) {
    let server = Server::new(|sessions| sessions.expire_after(Duration::from_secs(600)));
    let untouched =
        Handler::lazy(async |_| Reply::text("all is well").header("set-cookie", "theme=dark"));
    let read = Handler::new(|session| {
        look(session);
        Reply::text("all is well").header("set-cookie", "theme=dark")
    });
    let rows: [(_, _, &[&str]); 2] = [
        (untouched, 1, &[]),
        (read, 2, &["load private", "touch private for 600 s"]),
    ];
    let mut ran = 0;
    for (handler, refused, commands) in rows {
        server.store.fail(Refused(refused));
        let response = server.call(framework, Some(&server.id), handler);
        assert_eq!((response.status, &*response.body), (200, "all is well"));
        assert_eq!(response.set_cookies, ["theme=dark"]);
        assert_eq!(server.store.asked(), commands);
        ran += 1;
    }
    assert_eq!(ran, 2);
}

fn server_errors_that_a_handler_handles(framework: &dyn Framework) {
    let server = Server::new(|sessions| sessions);
    server.store.fail(Refused(1));
    let handler = Handler::lazy(async |lazy: LazySession| match lazy.load().await {
        Ok(_) => Reply::text("a session"),
        // The reason is for the operator: in one line, without control characters.
        Err(error @ Error::Store(_)) => {
            let text = error.to_string();
            assert!(
                text.contains("10.0.0.9") && !text.contains(['\n', '\u{1b}']),
                "{text}"
            );
            assert!(!REASON.lines().any(|line| line == text));
            Reply::text("Please come back later.").header("set-cookie", "theme=dark")
        }
        Err(_) => Reply::text("another error"),
    });
    let response = server.call(framework, Some(&server.id), handler);
    let answered = (response.status, &*response.body);
    assert_eq!(answered, (200, "Please come back later."));
    assert_eq!(response.set_cookies, ["theme=dark"]);
    assert_eq!(server.store.asked(), ["load private"]);
    assert_eq!(server.store.len(), 1);
}

/// The entry of another program, or of another format, is neither overwritten nor deleted.
fn server_entries_that_cannot_be_read(framework: &dyn Framework) {
    let mut ran = 0;
    for handler in [look, visit, renew, reset, reset_and_visit, empty] {
        for is_older in [false, true] {
            let server = Server::new(|sessions| sessions);
            let (present, older) = (private_id(&server.id), server.id.clone());
            let key = if is_older { &older } else { &present };
            server.store.remove(&present);
            server.store.put(key, &b"\x04\x08no json"[..]);
            server.store.asked();
            let handler = Handler::new(move |session| {
                handler(session);
                Reply::text("all is well")
            });
            let response = server.call(framework, Some(&server.id), handler);
            assert_eq!((response.status, &*response.body), (500, ""));
            assert_eq!(response.set_cookies, [""; 0]);
            let loads = ["load private", "load public"];
            assert_eq!(server.store.asked(), &loads[..=usize::from(is_older)]);
            assert_eq!(server.store.bytes(key).unwrap(), &b"\x04\x08no json"[..]);
            assert_eq!(server.store.len(), 1);
            ran += 1;
        }
    }
    assert_eq!(ran, 12);
}
