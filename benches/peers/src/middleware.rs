//! The cost of the session's middleware for a request, in process: under tower and under actix-web, on a
//! request that never touches the session, one that reads a key, and one that changes it.

use std::cell::RefCell;
use std::convert::Infallible;
use std::hint::black_box;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::{App, web};
use hardtack::actix::SessionMiddleware;
use hardtack::tower::SessionLayer;
use hardtack::{CookieStore, LazySession, LoadDefaults, SecretKeyBase, Session};
use http::{Request, Response};
use tower::{Layer, Service, service_fn};

use crate::case::Case;
use crate::contender::OURS;
use crate::now::now;
use crate::operation::Operation;
use crate::samples::{NAME, SIZES, sessions};

/// The use that a handler makes of the session.
#[derive(Clone, Copy)]
enum Use {
    Nothing,
    Read,
    Change,
}

const USES: [(&str, Use); 3] = [
    ("the session untouched", Use::Nothing),
    ("one key read", Use::Read),
    ("one key changed", Use::Change),
];

fn touch(session: Option<&Session>, what: Use) {
    let session = || session.expect("the middleware put it there");
    match what {
        Use::Nothing => {}
        Use::Read => assert!(matches!(session().get::<u32>("user_id"), Ok(Some(_)))),
        Use::Change => session().insert("user_id", 7).expect("a number is a value"),
    }
}

struct Site {
    store: Arc<CookieStore>,
    cookies: Vec<String>,
}

impl Site {
    fn new(size: usize) -> Self {
        let secret = SecretKeyBase::generate().expect("the system has randomness");
        let jar = hardtack::Jar::encrypted(&secret, LoadDefaults::V7_1);
        let cookie = |session| {
            let cookie = jar.write(NAME, &session, &hardtack::CookieAttributes::new());
            format!("{NAME}={}", cookie.expect("it fits").escaped_value())
        };
        Self {
            store: Arc::new(CookieStore::new(&secret, LoadDefaults::V7_1, NAME)),
            cookies: sessions(size).into_iter().map(cookie).collect(),
        }
    }
}

pub(crate) fn requests() -> impl Iterator<Item = Case> {
    SIZES.into_iter().flat_map(|size| {
        let case = move |detail: String, cycle| {
            Case::new(OURS, Operation::Request, Some(detail), size, cycle)
        };
        let bare = [
            case("tower without it".to_owned(), tower(size, None)),
            case("actix-web without it".to_owned(), actix(size, None)),
        ];
        let used = USES.into_iter().flat_map(move |(name, what)| {
            [
                case(format!("tower, {name}"), tower(size, Some(what))),
                case(format!("actix-web, {name}"), actix(size, Some(what))),
            ]
        });
        bare.into_iter().chain(used)
    })
}

/// Requests through a service; made before the clock runs, one for each cookie.
fn cycle<R: 'static, T>(
    cookies: Vec<String>,
    request: impl Fn(&str) -> R + 'static,
    mut call: impl FnMut(R) -> T + 'static,
) -> Box<dyn FnMut() -> Duration> {
    Box::new(move || {
        let requests: Vec<R> = cookies.iter().map(|cookie| request(cookie)).collect();
        let start = Instant::now();
        for request in requests {
            black_box(call(black_box(request)));
        }
        start.elapsed()
    })
}

fn tower(size: usize, what: Option<Use>) -> Box<dyn FnMut() -> Duration> {
    let shop = Site::new(size);
    let request = |cookie: &str| {
        Request::get("/")
            .header("host", "shop.example")
            .header("cookie", cookie)
            .body(())
            .expect("it is a request")
    };
    let handler = service_fn(move |request: Request<()>| async move {
        if let Some(what) = what {
            let lazy = request.extensions().get::<LazySession>();
            touch(lazy.and_then(LazySession::loaded).as_ref(), what);
        }
        Ok::<_, Infallible>(Response::new("hello".to_owned()))
    });
    if what.is_some() {
        let mut service = SessionLayer::new(shop.store).layer(handler);
        cycle(shop.cookies, request, move |request| {
            now(service.call(request)).is_ok()
        })
    } else {
        let mut service = handler;
        cycle(shop.cookies, request, move |request| {
            now(service.call(request))
        })
    }
}

fn actix(size: usize, what: Option<Use>) -> Box<dyn FnMut() -> Duration> {
    let shop = Site::new(size);
    let request = |cookie: &str| {
        actix_web::test::TestRequest::get()
            .uri("/")
            .insert_header(("host", "shop.example"))
            .insert_header(("cookie", cookie))
            .to_request()
    };
    macro_rules! service {
        ($app:expr) => {{
            let service = now(actix_web::test::init_service($app));
            let service = Rc::new(RefCell::new(service));
            cycle(shop.cookies, request, move |request| {
                now(actix_service::Service::call(&*service.borrow(), request)).is_ok()
            })
        }};
    }
    match what {
        None => service!(App::new().route("/", web::get().to(|| async { "hello" }))),
        Some(what) => {
            let handler = move |session: Session| async move {
                touch(Some(&session), what);
                "hello"
            };
            let untouched = || async { "hello" };
            let app = App::new().wrap(SessionMiddleware::new(shop.store));
            match what {
                Use::Nothing => service!(app.route("/", web::get().to(untouched))),
                Use::Read | Use::Change => service!(app.route("/", web::get().to(handler))),
            }
        }
    }
}
