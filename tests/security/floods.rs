//! A client that repeats a request floods no log: each kind of event is limited.

use std::future::ready;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering::SeqCst};
use std::time::Duration;

use actix_web::dev::Service as _;
use actix_web::test::{TestRequest, init_service};
use actix_web::{App, HttpResponse, web};
use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use hardtack::actix::{CsrfMiddleware, SessionMiddleware};
use hardtack::csrf::ForgeryProtection;
use hardtack::stores::{Entry, MemoryStore, Saved, SessionStore, StoreError, StoredJson, When};
use hardtack::tower::{CsrfLayer, SessionLayer};
use hardtack::{LazySession, ServerSessions, Session};
use time::OffsetDateTime;
use tower::ServiceExt;

use crate::logged::logged;

const NAME: &str = "_session_id";
const ID: &str = "0123456789abcdef0123456789abcdef";

/// The message of a store's client, with all that a log should not hold.
const REASON: &str =
    "ERR unknown command 'GET'\r\nWARN hardtack: forged line\u{1b}[2J\u{202e}, to 10.0.0.9:6379";

/// A store that refuses everything, or that lets loads through to an empty memory.
struct Refusing {
    loads: AtomicBool,
}

fn refused<T>() -> Result<T, StoreError> {
    Err(StoreError::new(REASON))
}

impl SessionStore for Refusing {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        if self.loads.load(SeqCst) {
            return MemoryStore::new().load(key).await;
        }
        refused()
    }

    async fn save(
        &self,
        _: &str,
        _: Bytes,
        _: Option<Duration>,
        _: &When,
    ) -> Result<Saved, StoreError> {
        refused()
    }

    async fn touch(&self, _: &str, _: Option<Duration>) -> Result<bool, StoreError> {
        refused()
    }

    async fn delete(&self, _: &str, _: &When) -> Result<bool, StoreError> {
        refused()
    }
}

/// A kind of request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The handler takes the session, which cannot be loaded.
    Loads,
    /// The handler loads the session itself, and returns the error.
    LoadsItself,
    /// The forgery protection needs the session.
    Posts,
    /// The session cannot be written.
    Writes,
    /// The handler fails with an error of its own.
    Fails,
    /// No middleware is around the handler.
    Bare,
    /// As `Fails`, without a middleware around it.
    BareFails,
}

type Serve = fn(ServerSessions, Kind, usize);

async fn handle(lazy: LazySession, kind: Kind) -> Result<(), hardtack::Error> {
    if kind == Kind::Fails {
        return Err(hardtack::Error::NoRandomness);
    }
    let session = lazy.load().await?;
    session.insert("user_id", 7)
}

fn under_axum(sessions: ServerSessions, kind: Kind, times: usize) {
    let router = match kind {
        Kind::Loads | Kind::Posts | Kind::Bare => {
            Router::new().fallback(async |_: Session| "all is well")
        }
        Kind::LoadsItself | Kind::Writes | Kind::Fails => {
            Router::new().fallback(async move |lazy: LazySession| handle(lazy, kind).await)
        }
        Kind::BareFails => {
            Router::new().fallback(|| ready(Err::<(), _>(hardtack::Error::NoRandomness)))
        }
    };
    let app = match kind {
        Kind::Posts => router.layer(CsrfLayer::new(ForgeryProtection::new())),
        _ => router,
    };
    let app = match kind {
        Kind::Bare | Kind::BareFails => app,
        _ => app.layer(SessionLayer::new(sessions)),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        for _ in 0..times {
            let request = http::Request::post("/").header("cookie", format!("{NAME}={ID}"));
            let request = request.body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert!(response.status().as_u16() >= 500, "{kind:?}");
        }
    });
}

fn under_actix(sessions: ServerSessions, kind: Kind, times: usize) {
    actix_web::rt::System::new().block_on(async {
        let route = match kind {
            Kind::Loads | Kind::Posts | Kind::Bare => {
                web::to(|_: Session| async { HttpResponse::Ok().finish() })
            }
            Kind::LoadsItself | Kind::Writes | Kind::Fails => web::to(
                move |lazy: LazySession| async move { handle(lazy, kind).await.map(|()| "") },
            ),
            Kind::BareFails => web::to(|| async { Err::<&str, _>(hardtack::Error::NoRandomness) }),
        };
        let is_around = !matches!(kind, Kind::Bare | Kind::BareFails);
        let protection = CsrfMiddleware::new(ForgeryProtection::new());
        let app = App::new()
            .wrap(actix_web::middleware::Condition::new(
                kind == Kind::Posts,
                protection,
            ))
            .wrap(actix_web::middleware::Condition::new(
                is_around,
                SessionMiddleware::new(sessions),
            ))
            .default_service(route);
        let app = init_service(app).await;
        for _ in 0..times {
            let request = TestRequest::post().append_header(("cookie", format!("{NAME}={ID}")));
            let response = app.call(request.to_request()).await.unwrap();
            assert!(response.status().as_u16() >= 500, "{kind:?}");
        }
    });
}

/// Returns the sessions of a store that refuses, by a clock that is told, and the clock.
fn sessions(kind: Kind) -> (ServerSessions, Arc<AtomicI64>) {
    let now = Arc::new(AtomicI64::new(1_900_000_000));
    let clock = now.clone();
    let store = Refusing {
        loads: AtomicBool::new(kind == Kind::Writes),
    };
    let sessions = ServerSessions::new(StoredJson, store, NAME)
        .clock(move || OffsetDateTime::from_unix_timestamp(clock.load(SeqCst)).unwrap());
    (sessions, now)
}

#[test]
fn a_thousand_requests_make_one_event_in_ten_seconds() {
    let store = r"reason=the session store failed: ERR unknown command 'GET'\r\nWARN hardtack: forged line\u{1b}[2J\u{202e}, to 10.0.0.9:6379; check that it runs and can be reached";
    let randomness =
        "reason=the operating system gives no random bytes; check that the process may read them";
    let loaded = "ERROR hardtack: a session could not be loaded; its request got an error";
    let written = "ERROR hardtack: a session could not be written";
    let failed = "ERROR hardtack: a request failed; the client gets an empty response";
    let cases = [
        (Kind::Loads, loaded, store),
        (Kind::LoadsItself, loaded, store),
        (Kind::Posts, loaded, store),
        (Kind::Writes, written, store),
        (Kind::Fails, failed, randomness),
    ];
    let mut ran = 0;
    for serve in [under_axum as Serve, under_actix] {
        for (kind, event, reason) in cases {
            let (sessions, now) = sessions(kind);
            let lines = logged(|| {
                serve(sessions.clone(), kind, 500);
                now.fetch_add(9, SeqCst);
                serve(sessions.clone(), kind, 500);
                now.fetch_add(1, SeqCst);
                serve(sessions, kind, 1);
            });
            let line = |untold| format!(r#"{event} cookie="{NAME}" {reason} untold={untold}"#);
            assert_eq!(lines, [line(0), line(999)], "{kind:?}");
            ran += 1;
        }
    }
    assert_eq!(ran, 10);
}

/// Without sessions around there is no clock: the events become rarer and rarer.
#[test]
fn a_thousand_requests_without_a_middleware_make_few_events() {
    let mut ran = 0;
    for (serve, around) in [
        (under_axum as Serve, "SessionLayer"),
        (under_actix, "SessionMiddleware"),
    ] {
        for (kind, text) in [
            (Kind::Bare, format!("no {around} is around")),
            (Kind::BareFails, "a request failed".to_owned()),
        ] {
            let (sessions, _) = sessions(kind);
            let lines = logged(|| serve(sessions, kind, 1000));
            // At the first ten, and at 20, 40 ... 640. Both frameworks count failed requests as one.
            assert!((1..=17).contains(&lines.len()), "{kind:?}: {lines:#?}");
            assert!(lines.iter().all(|line| line.contains(&text)), "{lines:#?}");
            ran += 1;
        }
    }
    assert_eq!(ran, 4);
}
