//! The login of Rails' own authentication as an argument of handlers, under axum and actix-web.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Wake, Waker};
use std::time::Duration;

use actix_web::rt::System;
use actix_web::test::{TestRequest, call_service, init_service, read_body};
use actix_web::{App, web};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request};
use axum::routing::get;
use bytes::Bytes;
use hardtack::actix::SessionMiddleware;
use hardtack::authentication::{
    Authentication, CurrentSession, LoginStore, NotAuthenticated, RecordId,
};
use hardtack::observe::{Lookup, StoreOperation, StoreOutcome, Tally};
use hardtack::stores::{Entry, MemoryStore, Saved, SessionStore, StoreError, StoredJson, When};
use hardtack::tower::SessionLayer;
use hardtack::{
    CookieStore, Error, Jar, Keyring, LazySession, LoadDefaults, RequestOrigin, Rotation,
    SecretKeyBase, ServerSessions, Settings,
};
use serde_json::json;
use time::OffsetDateTime;
use time::macros::datetime;
use tower::ServiceExt;

use crate::logged::logged;
use crate::support::json as json_settings;

const UUID: &str = "0193c2a8-7d4e-7a51-9a0b-5a1d2f6f3c11";

/// A table of logins in memory, which counts what it is asked.
#[derive(Clone, Default)]
struct Logins(Arc<Table>);

/// A row that was written: the user, address and agent.
type Written = (RecordId, Option<IpAddr>, Option<String>);

#[derive(Default)]
struct Table {
    rows: Mutex<BTreeMap<RecordId, RecordId>>,
    written: Mutex<Vec<Written>>,
    lookups: AtomicUsize,
    fails: AtomicBool,
    is_slow: AtomicBool,
}

impl Logins {
    /// The rows of the users 42 and `UUID`.
    fn new() -> Self {
        let logins = Self::default();
        let mut rows = logins.0.rows.lock().unwrap();
        rows.insert(7.into(), 42.into());
        rows.insert(UUID.into(), UUID.into());
        drop(rows);
        logins
    }

    fn lookups(&self) -> usize {
        self.0.lookups.swap(0, SeqCst)
    }

    fn check(&self) -> Result<(), StoreError> {
        if self.0.fails.load(SeqCst) {
            return Err(StoreError::new("no route to the database"));
        }
        Ok(())
    }
}

impl LoginStore for Logins {
    async fn user_of(&self, id: &RecordId) -> Result<Option<RecordId>, StoreError> {
        self.0.lookups.fetch_add(1, SeqCst);
        let slow = || self.0.is_slow.load(SeqCst);
        std::future::poll_fn(|_| {
            if slow() {
                Poll::Pending
            } else {
                Poll::Ready(())
            }
        })
        .await;
        self.check()?;
        Ok(self.0.rows.lock().unwrap().get(id).cloned())
    }

    async fn create(
        &self,
        user_id: &RecordId,
        ip_address: Option<IpAddr>,
        user_agent: Option<&str>,
    ) -> Result<RecordId, StoreError> {
        self.check()?;
        let written = (user_id.clone(), ip_address, user_agent.map(str::to_owned));
        let mut all = self.0.written.lock().unwrap();
        all.push(written);
        let id = RecordId::Integer(100 + i64::try_from(all.len()).unwrap());
        let mut rows = self.0.rows.lock().unwrap();
        rows.insert(id.clone(), user_id.clone());
        Ok(id)
    }

    async fn delete(&self, id: &RecordId) -> Result<bool, StoreError> {
        self.check()?;
        Ok(self.0.rows.lock().unwrap().remove(id).is_some())
    }
}

/// A store of sessions that no request of these tests may ask.
struct Untouched;

impl SessionStore for Untouched {
    async fn load(&self, _: &str) -> Result<Option<Entry>, StoreError> {
        panic!("the session was loaded")
    }

    async fn save(
        &self,
        _: &str,
        _: Bytes,
        _: Option<Duration>,
        _: &When,
    ) -> Result<Saved, StoreError> {
        panic!("the session was saved")
    }

    async fn touch(&self, _: &str, _: Option<Duration>) -> Result<bool, StoreError> {
        panic!("the session was touched")
    }

    async fn delete(&self, _: &str, _: &When) -> Result<bool, StoreError> {
        panic!("the session was deleted")
    }
}

/// The secret of [`OF_RAILS`].
fn secret() -> SecretKeyBase {
    SecretKeyBase::allow_short("x".repeat(40)).unwrap()
}

fn former_secret() -> SecretKeyBase {
    SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33").unwrap()
}

fn json_of_6_1() -> Settings {
    json_settings(LoadDefaults::V6_1)
}

fn keyring() -> Keyring {
    let former = Rotation::signed(&former_secret(), json_of_6_1());
    Keyring::new(&secret(), json_of_6_1()).signed_rotation(former)
}

fn now() -> OffsetDateTime {
    datetime!(2026-12-01 12:00 UTC)
}

fn sessions(logins: &Logins) -> ServerSessions {
    ServerSessions::new(StoredJson, Untouched, "_app_session")
        .keyring(keyring())
        .logins(logins.clone())
        .clock(now)
}

/// What Rails 6.1.7.10 sets for
/// `cookies.signed.permanent[:session_id] = { value: 7, httponly: true, same_site: :lax }` under
/// the secret `"x" * 40`, with the serializer `:json`.
const OF_RAILS: &str = "eyJfcmFpbHMiOnsibWVzc2FnZSI6Ik53PT0iLCJleHAiOiIyMDQ2LTEyLTAxVDAzOjM2OjMyLjY0MloiLCJwdXIiOiJjb29raWUuc2Vzc2lvbl9pZCJ9fQ%3D%3D--8db20892178d9a44d88288c2dc83bdb2241d6f9a";

/// Seals a value as the app does, under this name.
fn sealed(name: &str, value: impl serde::Serialize) -> String {
    let jar = Jar::clone(keyring().signed());
    let cookie = jar.write(name, value, None).unwrap();
    cookie.escaped_value().to_owned()
}

/// The headers `Cookie`, each with its user, and the number of lookups.
fn cases() -> Vec<(&'static str, String, Option<&'static str>, usize)> {
    let of_rails = |before: &str| format!("{before}session_id={OF_RAILS}");
    let tampered = OF_RAILS.replacen("eyJf", "eyJg", 1);
    let encrypted = keyring().encrypted().write("session_id", 7, None).unwrap();
    let former = Jar::signed(&former_secret(), json_of_6_1());
    let former = former.write("session_id", 7, None).unwrap();
    let stranger = Jar::signed(&SecretKeyBase::generate().unwrap(), json_of_6_1());
    let stranger = stranger.write("session_id", 7, None).unwrap();
    let of = |value: serde_json::Value| format!("session_id={}", sealed("session_id", value));
    let long = "7".repeat(256);
    vec![
        ("none", String::new(), None, 0),
        ("another", "theme=dark".to_owned(), None, 0),
        ("of Rails", of_rails(""), Some("42"), 1),
        ("among others", of_rails("a=b; "), Some("42"), 1),
        ("a UUID", of(json!(UUID)), Some(UUID), 1),
        (
            "of the former secret",
            format!("session_id={}", former.escaped_value()),
            Some("42"),
            1,
        ),
        ("a row that is gone", of(json!(8)), None, 1),
        ("another UUID", of(json!(UUID.replace('0', "1"))), None, 1),
        ("a text of digits", of(json!("7")), None, 1),
        (
            "the first counts",
            format!("{}; session_id={OF_RAILS}", of(json!(8))),
            None,
            1,
        ),
        (
            "the first does not open",
            of_rails("session_id=junk; "),
            None,
            0,
        ),
        ("tampered", format!("session_id={tampered}"), None, 0),
        (
            "encrypted",
            format!("session_id={}", encrypted.escaped_value()),
            None,
            0,
        ),
        (
            "of another secret",
            format!("session_id={}", stranger.escaped_value()),
            None,
            0,
        ),
        (
            "of another name",
            format!("session_id={}", sealed("seen", 7)),
            None,
            0,
        ),
        ("plain", "session_id=7".to_owned(), None, 0),
        ("empty", "session_id=".to_owned(), None, 0),
        ("nil", of(json!(null)), None, 0),
        ("true", of(json!(true)), None, 0),
        ("a float", of(json!(7.0)), None, 0),
        ("an array", of(json!([7])), None, 0),
        ("a hash", of(json!({"id": 7})), None, 0),
        ("an empty text", of(json!("")), None, 0),
        ("a control character", of(json!("7\n")), None, 0),
        ("a long text", of(json!(long)), None, 0),
        (
            "beyond 64 bits",
            format!("session_id={}", sealed("session_id", u128::MAX)),
            None,
            0,
        ),
    ]
}

const CASES: usize = 26;

const OF_A_USER: (&str, &str) = ("Cookie", "max-age=0, private, must-revalidate");

async fn required(login: CurrentSession) -> String {
    login.user_id().to_string()
}

async fn optional(login: Option<CurrentSession>) -> String {
    login.map_or("nobody".to_owned(), |login| login.user_id().to_string())
}

async fn asked(authentication: Authentication) -> Result<String, Error> {
    let login = authentication.current_session().await?;
    Ok(login.map_or("nobody".to_owned(), |login| login.user_id().to_string()))
}

/// Asks three times in one request.
async fn thrice(login: Option<CurrentSession>, authentication: Authentication) -> String {
    for _ in 0..2 {
        assert_eq!(authentication.current_session().await.unwrap(), login);
    }
    optional(login).await
}

/// Under actix-web, an `Option` would hide a store that fails.
async fn thrice_in_actix(
    login: Result<CurrentSession, actix_web::Error>,
    authentication: Authentication,
) -> Result<String, actix_web::Error> {
    let login = match login {
        Ok(login) => Some(login),
        Err(error) if error.as_error::<NotAuthenticated>().is_some() => None,
        Err(error) => return Err(error),
    };
    Ok(thrice(login, authentication).await)
}

/// The answer to a request: status, body, and the headers that matter.
#[derive(Debug, PartialEq)]
struct Answer {
    status: u16,
    body: String,
    vary: Option<String>,
    cache_control: Option<String>,
    set_cookie: Vec<String>,
}

impl Answer {
    fn of_a_user(status: u16, body: &str) -> Self {
        Self {
            status,
            body: body.to_owned(),
            vary: Some(OF_A_USER.0.to_owned()),
            cache_control: Some(OF_A_USER.1.to_owned()),
            set_cookie: Vec::new(),
        }
    }

    fn of(status: u16, body: &[u8], all: impl Fn(&str) -> Vec<String>) -> Self {
        let one = |name| all(name).into_iter().next();
        Self {
            status,
            body: String::from_utf8(body.to_vec()).unwrap(),
            vary: one("vary"),
            cache_control: one("cache-control"),
            set_cookie: all("set-cookie"),
        }
    }
}

fn expected(path: &str, user: Option<&str>) -> Answer {
    match (path, user) {
        ("/required", None) => Answer::of_a_user(401, ""),
        (_, user) => Answer::of_a_user(200, user.unwrap_or("nobody")),
    }
}

const PATHS: [&str; 4] = ["/required", "/optional", "/asked", "/thrice"];

fn router(logins: &Logins) -> Router {
    Router::new()
        .route("/required", get(required))
        .route("/optional", get(optional))
        .route("/asked", get(asked))
        .route("/thrice", get(thrice))
        .layer(SessionLayer::new(sessions(logins)))
        .route("/outside", get(required))
        .route("/outside/optional", get(optional))
}

fn of_axum(app: &Router, path: &str, cookie: &str) -> Answer {
    let request = Request::get(path).header("cookie", cookie);
    let request = request.body(Body::empty()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    runtime.unwrap().block_on(async {
        let response = app.clone().oneshot(request).await.unwrap();
        let status = response.status().as_u16();
        let headers: HeaderMap = response.headers().clone();
        let body = to_bytes(response.into_body(), 1000).await.unwrap();
        Answer::of(status, &body, |name| {
            let values = headers.get_all(name).iter();
            values
                .map(|value| value.to_str().unwrap().to_owned())
                .collect()
        })
    })
}

/// Answers requests of (path, header `Cookie`) by actix-web.
fn of_actix(logins: &Logins, requests: &[(&str, &str)]) -> Vec<(Answer, usize)> {
    System::new().block_on(async {
        let inside = web::scope("")
            .wrap(SessionMiddleware::new(sessions(logins)))
            .route("/required", web::get().to(required))
            .route("/optional", web::get().to(asked))
            .route("/asked", web::get().to(asked))
            .route("/thrice", web::get().to(thrice_in_actix));
        let app = App::new().route("/outside", web::get().to(required));
        let app = init_service(app.service(inside)).await;
        let mut answers = Vec::new();
        for (path, cookie) in requests {
            let request = TestRequest::get().uri(path);
            let request = request.insert_header(("cookie", *cookie)).to_request();
            let response = call_service(&app, request).await;
            let status = response.status().as_u16();
            let headers = response.headers().clone();
            let body = read_body(response).await;
            let answer = Answer::of(status, &body, |name| {
                let values = headers.get_all(name);
                values
                    .map(|value| value.to_str().unwrap().to_owned())
                    .collect()
            });
            answers.push((answer, logins.lookups()));
        }
        answers
    })
}

#[test]
fn axum_gives_the_login_and_touches_nothing_else() {
    let logins = Logins::new();
    let app = router(&logins);
    let mut ran = 0;
    for (what, cookie, user, lookups) in cases() {
        for path in PATHS {
            let answer = of_axum(&app, path, &cookie);
            assert_eq!(answer, expected(path, user), "{what} {path}");
            assert_eq!(logins.lookups(), lookups, "{what} {path}");
        }
        ran += 1;
    }
    assert_eq!(ran, CASES);
    // A missing layer is no missing login.
    assert_eq!(of_axum(&app, "/outside", "").status, 500);
    assert_eq!(of_axum(&app, "/outside/optional", "").status, 500);
}

#[test]
fn actix_gives_the_login_and_touches_nothing_else() {
    let logins = Logins::new();
    let mut ran = 0;
    for (what, cookie, user, lookups) in cases() {
        let requests = PATHS.map(|path| (path, &*cookie));
        let answers = of_actix(&logins, &requests);
        for (path, answer) in PATHS.iter().zip(answers) {
            assert_eq!(answer, (expected(path, user), lookups), "{what} {path}");
        }
        ran += 1;
    }
    assert_eq!(ran, CASES);
    assert_eq!(of_actix(&logins, &[("/outside", "")])[0].0.status, 500);
}

/// A store that fails is asked once in a request, and is never a visitor who is not logged in.
#[test]
fn a_store_that_fails() {
    let logins = Logins::new();
    logins.0.fails.store(true, SeqCst);
    let cookie = format!("session_id={OF_RAILS}");
    let mut ran = 0;
    for path in ["/required", "/optional", "/asked"] {
        let lines = logged(|| {
            let app = router(&logins);
            assert_eq!(
                of_axum(&app, path, &cookie),
                Answer::of_a_user(503, ""),
                "{path}"
            );
            assert_eq!(logins.lookups(), 1);
        });
        assert_eq!(
            lines,
            [
                "ERROR hardtack: a login could not be looked up; its request got an error cookie=\"session_id\" reason=the session store failed: no route to the database; check that it runs and can be reached untold=0"
            ]
        );
        let lines = logged(|| {
            let answers = of_actix(&logins, &[(path, &cookie)]);
            assert_eq!(answers, [(Answer::of_a_user(503, ""), 1)], "{path}");
        });
        assert_eq!(lines.len(), 1, "{lines:?}");
        ran += 1;
    }
    assert_eq!(ran, 3);
    // Without a cookie the store is not asked.
    assert_eq!(
        of_axum(&router(&logins), "/optional", ""),
        expected("/optional", None)
    );
}

/// An app that forgot its store or its jars gets an error, even for a visitor without a cookie.
#[test]
fn without_a_store_or_jars() {
    let store = || ServerSessions::new(StoredJson, MemoryStore::new(), "_app_session");
    let mut ran = 0;
    for (sessions, error) in [
        (store().keyring(keyring()), Error::NoLogins),
        (store().logins(Logins::new()), Error::NoKeyring),
    ] {
        let lazy = LazySession::open(&Arc::new(sessions), "", RequestOrigin::default());
        let authentication = lazy.authentication();
        assert_eq!(
            at_once(authentication.current_session()),
            Err(error.clone())
        );
        let login = authentication.start_new_session_for(1, None, None);
        assert_eq!(at_once(login), Err(error.clone()));
        assert_eq!(at_once(authentication.terminate_session()), Err(error));
        ran += 1;
    }
    assert_eq!(ran, 2);
}

/// Returns the output of a future that does not wait.
fn at_once<F: Future>(future: F) -> F::Output {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

fn opened(logins: &Logins, header: &str) -> LazySession {
    let sessions = Arc::new(sessions(logins));
    LazySession::open(&sessions, header.to_owned(), RequestOrigin::default())
}

/// Counts how often it is woken.
#[derive(Default)]
struct Woken(AtomicUsize);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Several extractors of a request may be polled together, and some be dropped: one asks, the others
/// wait, and another one asks where the first is dropped.
#[test]
fn a_lookup_is_shared() {
    let logins = Logins::new();
    logins.0.is_slow.store(true, SeqCst);
    let authentication = opened(&logins, &format!("session_id={OF_RAILS}")).authentication();
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(woken.clone());
    let cx = &mut Context::from_waker(&waker);

    let mut first = Box::pin(authentication.current_session());
    let mut second = Box::pin(authentication.current_session());
    let mut third = Box::pin(authentication.current_session());
    assert!(first.as_mut().poll(cx).is_pending());
    assert!(second.as_mut().poll(cx).is_pending());
    assert!(third.as_mut().poll(cx).is_pending());
    assert!(third.as_mut().poll(cx).is_pending());
    assert_eq!((logins.lookups(), woken.0.load(SeqCst)), (1, 0));

    drop(first);
    assert!(woken.0.load(SeqCst) > 0);
    assert!(second.as_mut().poll(cx).is_pending());
    assert!(third.as_mut().poll(cx).is_pending());
    assert_eq!(logins.lookups(), 1);

    logins.0.is_slow.store(false, SeqCst);
    let before = woken.0.load(SeqCst);
    let Poll::Ready(Ok(Some(login))) = second.as_mut().poll(cx) else {
        panic!("no login")
    };
    assert!(woken.0.load(SeqCst) > before);
    assert_eq!(third.as_mut().poll(cx), Poll::Ready(Ok(Some(login))));
    assert_eq!(logins.lookups(), 0);
}

/// A login while a lookup runs is not forgotten when the lookup ends.
#[test]
fn a_login_during_a_lookup_counts() {
    let logins = Logins::new();
    logins.0.is_slow.store(true, SeqCst);
    let authentication = opened(&logins, &format!("session_id={OF_RAILS}")).authentication();
    let cx = &mut Context::from_waker(Waker::noop());
    let mut lookup = Box::pin(authentication.current_session());
    assert!(lookup.as_mut().poll(cx).is_pending());
    let login = at_once(authentication.start_new_session_for(43, None, None)).unwrap();
    logins.0.is_slow.store(false, SeqCst);
    assert!(lookup.as_mut().poll(cx).is_ready());
    assert_eq!(at_once(authentication.current_session()), Ok(Some(login)));
}

#[test]
fn a_login_sets_the_cookie_of_rails() {
    let logins = Logins::new();
    let lazy = opened(&logins, "");
    let authentication = lazy.authentication();
    let agent = format!("Mozilla/5.0\t{}", "é".repeat(300));
    let address: IpAddr = "::ffff:203.0.113.7".parse().unwrap();
    let login = authentication.start_new_session_for(42, address, &*agent);
    let login = at_once(login).unwrap();
    assert_eq!((login.id(), login.user_id()), (&101.into(), &42.into()));

    let [(user, address, agent)] = &logins.0.written.lock().unwrap()[..] else {
        panic!("not one row")
    };
    assert_eq!(*user, RecordId::Integer(42));
    assert_eq!(*address, Some([203, 0, 113, 7].into()));
    let agent = agent.as_deref().unwrap();
    assert_eq!(agent, format!("Mozilla/5.0{}", "é".repeat(244)));
    assert_eq!(agent.chars().count(), 255);

    let cookies = lazy.cookies().take();
    let [cookie] = &cookies[..] else {
        panic!("{cookies:?}")
    };
    let header = cookie.to_string();
    let (pair, attributes) = header.split_once(';').unwrap();
    // As Rails 6.1 writes them, in lower case.
    assert_eq!(
        attributes,
        " path=/; expires=Sat, 01 Dec 2046 12:00:00 GMT; httponly; samesite=lax"
    );
    // The expiry is sealed, and so are the name and an Integer.
    let (_, value) = pair.split_once('=').unwrap();
    let text = keyring()
        .signed()
        .open("session_id", cookie.value())
        .unwrap();
    assert_eq!(text.value().as_bytes(), b"101");
    assert_eq!(text.expires_at(), Some(datetime!(2046-12-01 12:00 UTC)));

    // The browser's next request.
    let next = opened(&logins, &format!("session_id={value}"));
    assert_eq!(
        at_once(next.authentication().current_session()),
        Ok(Some(login))
    );
    assert_eq!(logins.lookups(), 1);
    // The request that logged in asks nobody.
    assert!(at_once(authentication.current_session()).unwrap().is_some());
    assert_eq!(logins.lookups(), 0);
}

#[test]
fn a_login_by_uuid() {
    let logins = Logins::new();
    let lazy = opened(&logins, "");
    at_once(
        lazy.authentication()
            .start_new_session_for(UUID, None, None),
    )
    .unwrap();
    assert_eq!(logins.0.written.lock().unwrap()[0].0, RecordId::from(UUID));
    let cookie = lazy.cookies().take().remove(0);
    assert!(
        keyring()
            .signed()
            .read_value::<i64>("session_id", cookie.value())
            .is_ok()
    );
}

/// `Secure` as the session's cookie.
#[test]
fn a_secure_login() {
    let logins = Logins::new();
    let mut ran = 0;
    for (is_ssl, expected) in [
        (true, Some("; secure; httponly; samesite=lax")),
        (false, None), // as every Secure cookie
    ] {
        let store = CookieStore::with_keyring(keyring(), "_app_session");
        let store = Arc::new(store.secure(true).logins(logins.clone()));
        let lazy = LazySession::open(&store, "", RequestOrigin::new(is_ssl, None));
        at_once(lazy.authentication().start_new_session_for(42, None, None)).unwrap();
        let cookies = lazy.cookies().take();
        let ends = |end: &str| cookies[0].to_string().ends_with(end);
        assert!(expected.map_or(cookies.is_empty(), ends), "{cookies:?}");
        ran += 1;
    }
    assert_eq!(ran, 2);
}

#[test]
fn a_logout_deletes_row_and_cookie() {
    let deletion = "session_id=; path=/; max-age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly; samesite=lax";
    let mut ran = 0;
    for (cookie, rows) in [
        (format!("session_id={OF_RAILS}"), 1),
        (format!("session_id={}", sealed("session_id", 8)), 2),
        ("session_id=junk".to_owned(), 2),
        (String::new(), 2),
    ] {
        let logins = Logins::new();
        let lazy = opened(&logins, &cookie);
        let authentication = lazy.authentication();
        at_once(authentication.terminate_session()).unwrap();
        assert_eq!(logins.0.rows.lock().unwrap().len(), rows, "{cookie}");
        let cookies = lazy.cookies().take();
        let cookies: Vec<_> = cookies.iter().map(ToString::to_string).collect();
        assert_eq!(cookies, [deletion], "{cookie}");
        assert_eq!(at_once(authentication.current_session()), Ok(None));
        assert_eq!(logins.lookups(), 0);
        ran += 1;
    }
    assert_eq!(ran, 4);
}

/// A logout ends the login of this very request, if there was one.
#[test]
fn a_logout_after_a_login() {
    let logins = Logins::new();
    let lazy = opened(&logins, &format!("session_id={OF_RAILS}"));
    let authentication = lazy.authentication();
    at_once(authentication.start_new_session_for(43, None, None)).unwrap();
    assert_eq!(logins.0.rows.lock().unwrap().len(), 3);
    at_once(authentication.terminate_session()).unwrap();
    let rows = logins.0.rows.lock().unwrap();
    assert!(!rows.contains_key(&101.into()) && rows.contains_key(&7.into()));
    let cookies = lazy.cookies().take();
    assert!(
        cookies[0]
            .to_string()
            .starts_with("session_id=; path=/; max-age=0")
    );
    assert_eq!(cookies.len(), 1);
}

/// A store that fails during a login or a logout: the browser's cookie stays as it is.
#[test]
fn a_store_that_fails_to_write() {
    let logins = Logins::new();
    logins.0.fails.store(true, SeqCst);
    let lazy = opened(&logins, &format!("session_id={OF_RAILS}"));
    let authentication = lazy.authentication();
    let lines = logged(|| {
        let login = at_once(authentication.start_new_session_for(43, None, None));
        assert!(matches!(login, Err(Error::Store(_))), "{login:?}");
        let logout = at_once(authentication.terminate_session());
        assert!(matches!(logout, Err(Error::Store(_))), "{logout:?}");
    });
    assert!(lazy.cookies().take().is_empty());
    // One event in ten seconds.
    assert_eq!(lines.len(), 1, "{lines:?}");
    assert!(lines[0].starts_with("ERROR hardtack: a login could not be written or deleted;"));
    // The same request still knows who is logged in, once the store is back.
    logins.0.fails.store(false, SeqCst);
    let login = at_once(authentication.current_session()).unwrap();
    assert_eq!(login.unwrap().user_id(), &42.into());
}

/// After the response headers were sent, no row is written or deleted.
#[test]
fn too_late() {
    let logins = Logins::new();
    let lazy = opened(&logins, &format!("session_id={OF_RAILS}"));
    let _ = at_once(lazy.commit(200)).unwrap();
    let authentication = lazy.authentication();
    let login = at_once(authentication.start_new_session_for(43, None, None));
    assert_eq!(login, Err(Error::CommittedSession));
    assert_eq!(
        at_once(authentication.terminate_session()),
        Err(Error::CommittedSession)
    );
    assert!(logins.0.written.lock().unwrap().is_empty());
    assert_eq!(logins.0.rows.lock().unwrap().len(), 2);
    // Reading goes on.
    assert!(at_once(authentication.current_session()).unwrap().is_some());
}

/// A permanent cookie ends after its sealed twenty years, whatever the browser keeps.
#[test]
fn an_expired_cookie() {
    let logins = Logins::new();
    let mut ran = 0;
    for (now, is_known) in [
        (datetime!(2046-12-01 3:36:32 UTC), true),
        (datetime!(2046-12-01 3:36:33 UTC), false),
    ] {
        let sessions = Arc::new(sessions(&logins).clock(move || now));
        let header = format!("session_id={OF_RAILS}");
        let lazy = LazySession::open(&sessions, header, RequestOrigin::default());
        let login = at_once(lazy.authentication().current_session()).unwrap();
        assert_eq!(login.is_some(), is_known, "{now}");
        ran += 1;
    }
    assert_eq!(ran, 2);
    assert_eq!(logins.lookups(), 1);
}

/// Observers hear how the cookie opened, and of the store's work, under the cookie's name.
#[test]
fn what_observers_hear() {
    let logins = Logins::new();
    let tally = Arc::new(Tally::new());
    let sessions = Arc::new(sessions(&logins).observer(tally.clone()));
    let open = |header: String| LazySession::open(&sessions, header, RequestOrigin::default());
    for header in [
        format!("session_id={OF_RAILS}"),
        format!("session_id={}", sealed("session_id", 8)),
        "session_id=junk".to_owned(),
        String::new(),
    ] {
        at_once(open(header).authentication().current_session()).unwrap();
    }
    let authentication = open(String::new()).authentication();
    at_once(authentication.start_new_session_for(42, None, None)).unwrap();
    at_once(authentication.terminate_session()).unwrap();
    let outcomes = tally.snapshot().into_iter();
    let outcomes: Vec<_> = outcomes
        .map(|(name, how, n)| (name, how.is_ok(), n))
        .collect();
    let name = || "session_id".to_owned();
    assert_eq!(outcomes, [(name(), true, 2), (name(), false, 1)]);
    assert_eq!(
        tally.lookups(),
        [(name(), Lookup::Hit, 1), (name(), Lookup::Miss, 1)]
    );
    let operations = tally.operations().into_iter();
    let operations: Vec<_> = operations
        .map(|(_, kind, how, n, _)| (kind, how, n))
        .collect();
    assert_eq!(
        operations,
        [
            (StoreOperation::Load, StoreOutcome::Done, 1),
            (StoreOperation::Load, StoreOutcome::Absent, 1),
            (StoreOperation::Save, StoreOutcome::Done, 1),
            (StoreOperation::Delete, StoreOutcome::Done, 1),
        ]
    );
}

#[test]
fn debug_shows_no_ids() {
    let logins = Logins::new();
    let lazy = opened(
        &logins,
        &format!("session_id={}", sealed("session_id", UUID)),
    );
    let authentication = lazy.authentication();
    let login = at_once(authentication.current_session()).unwrap().unwrap();
    assert_eq!(
        format!("{login:?} {authentication:?}"),
        "CurrentSession(..) Authentication(..)"
    );
}

/// A rotation that has renamed the cookie: both names are deleted.
#[test]
fn a_renamed_cookie() {
    let logins = Logins::new();
    let former = Rotation::signed(&secret(), json_of_6_1()).cookie_name("login_id");
    let jars = keyring().signed_rotation(former);
    let store = CookieStore::with_keyring(jars, "_app_session").logins(logins.clone());
    let header = format!("login_id={}", sealed("login_id", 7));
    let lazy = LazySession::open(&Arc::new(store), header, RequestOrigin::default());
    let authentication = lazy.authentication();
    let login = at_once(authentication.current_session()).unwrap().unwrap();
    assert_eq!(login.user_id(), &42.into());
    at_once(authentication.terminate_session()).unwrap();
    let cookies = lazy.cookies().take();
    let names: Vec<_> = cookies.iter().map(hardtack::SetCookie::name).collect();
    assert_eq!(names, ["session_id", "login_id"]);
}

#[test]
fn what_a_key_is() {
    assert_eq!(RecordId::from(7_u32), RecordId::Integer(7));
    assert_eq!(RecordId::from(i64::MIN).to_string(), "-9223372036854775808");
    assert_eq!(serde_json::to_string(&RecordId::from(7)).unwrap(), "7");
    assert_eq!(
        serde_json::to_string(&RecordId::from("7")).unwrap(),
        "\"7\""
    );
}
