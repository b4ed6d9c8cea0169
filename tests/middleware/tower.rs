//! tower alone. The rules that it shares with other frameworks are in `acceptance/`.

use std::convert::Infallible;
use std::future::{Future, Ready, ready};
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll, Waker};

#[cfg(feature = "marshal")]
use hardtack::rack::{RackJar, RackSessions, RackVersion};
use hardtack::tower::SessionLayer;
use hardtack::{
    CookieStore, Error, LazySession, LoadDefaults, RequestOrigin, SecretKeyBase, Session,
};
use http::{HeaderValue, Request, Response, StatusCode};
use tower::{Layer, Service, service_fn};

#[cfg(feature = "marshal")]
use crate::support::vectors;

fn store(name: &str) -> CookieStore {
    let secret = SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap();
    CookieStore::new(&secret, LoadDefaults::V7_1, name)
}

fn layer() -> SessionLayer {
    SessionLayer::new(store("_app_session"))
}

/// Returns the result of a future that never waits.
fn now<F: Future>(future: F) -> F::Output {
    let mut context = Context::from_waker(Waker::noop());
    match pin!(future).poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("it waits"),
    }
}

/// Returns the session of the innermost layer.
fn session<B>(request: &Request<B>) -> Session {
    let lazy = request.extensions().get::<LazySession>().unwrap();
    now(lazy.load()).unwrap()
}

/// A handler's use of the session; the response has an empty body.
fn serve<B: Default>(
    layer: &impl Layer<
        tower::util::ServiceFn<
            Box<dyn FnMut(Request<()>) -> Ready<Result<Response<B>, Infallible>>>,
        >,
        Service: Service<Request<()>, Response = Response<B>, Error = Infallible>,
    >,
    request: Request<()>,
    handler: impl Fn(&Session) -> u16 + 'static,
) -> Response<B> {
    let handler = move |request: Request<()>| {
        let status = handler(&session(&request));
        let response = Response::builder().status(status).body(B::default());
        ready(Ok(response.unwrap()))
    };
    let mut service = layer.layer(service_fn(Box::new(handler) as _));
    now(service.call(request)).unwrap()
}

fn visit(session: &Session) -> u16 {
    session.insert("visits", 1).unwrap();
    200
}

fn names(response: &Response<String>) -> Vec<&str> {
    let headers = response.headers().get_all("set-cookie").iter();
    headers
        .map(|header| header.to_str().unwrap().split('=').next().unwrap())
        .collect()
}

/// An untouched session takes two allocations beside the request's extensions: for the session and
/// for the host.
#[test]
fn an_untouched_session_takes_two_allocations() {
    let mut bare = service_fn(|_: Request<()>| ready(Ok::<_, Infallible>(Response::new(()))));
    let mut layered = layer().layer(bare);
    let request = || {
        let mut request = Request::new(());
        let headers = request.headers_mut();
        headers.insert("host", HeaderValue::from_static("shop.example.org"));
        // As a server has it: a reference to its own buffer, which the first clone makes it.
        let cookies = HeaderValue::from_str("theme=dark; _app_session=AAAA--AAAA--AAAA").unwrap();
        headers.insert("cookie", cookies.clone());
        request
    };
    let count = |run: &mut dyn FnMut()| allocation_counter::measure(run).count_total;

    let extensions = count(&mut || drop(http::Extensions::new().insert(Arc::<[u8]>::default())));
    let empty = count(&mut || drop(Arc::<[u8]>::default()));
    let mut asked = Some(request());
    let without = count(&mut || drop(now(bare.call(asked.take().unwrap()))));
    let mut asked = Some(request());
    let with = count(&mut || drop(now(layered.call(asked.take().unwrap()))));
    assert_eq!((without, with), (0, extensions - empty + 2));
}

/// A service that is ready only at the second call, is not `Clone`, and accepts no request before.
struct Reserved {
    asked: usize,
    fails: bool,
}

impl Service<Request<()>> for Reserved {
    type Response = Response<String>;
    type Error = &'static str;
    type Future = Ready<Result<Response<String>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        self.asked += 1;
        match (self.asked, self.fails) {
            (1, _) => Poll::Pending,
            (_, false) => Poll::Ready(Ok(())),
            (_, true) => Poll::Ready(Err("closed")),
        }
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        assert_eq!(self.asked, 2, "called on a service that is not ready");
        visit(&session(&request));
        ready(Err("no such shop"))
    }
}

#[test]
fn readiness_and_failures_pass_through() {
    let mut context = Context::from_waker(Waker::noop());
    let service = |fails| layer().layer(Reserved { asked: 0, fails });

    let mut open = service(false);
    assert_eq!(open.poll_ready(&mut context), Poll::Pending);
    assert_eq!(open.poll_ready(&mut context), Poll::Ready(Ok(())));
    assert_eq!(now(open.call(Request::new(()))).err(), Some("no such shop"));

    let mut closed = service(true);
    assert_eq!(closed.poll_ready(&mut context), Poll::Pending);
    assert_eq!(closed.poll_ready(&mut context), Poll::Ready(Err("closed")));
}

#[test]
fn a_response_that_is_not_there_yet_is_waited_for() {
    let mut waiting = layer().layer(service_fn(|_: Request<()>| {
        std::future::pending::<Result<Response<String>, Infallible>>()
    }));
    let mut context = Context::from_waker(Waker::noop());
    let polled = pin!(waiting.call(Request::new(()))).poll(&mut context);
    assert!(polled.is_pending());
}

#[test]
fn cookie_headers() {
    let cases: &[(&[&[u8]], &[u8])] = &[
        (&[], b""),
        (&[b"a=1; b=2"], b"a=1; b=2"),
        (&[b"a=1", b"b=2", b"c=3"], b"a=1; b=2; c=3"),
        (&[b"", b"b=2"], b"; b=2"),
        (&[b"c=\xFF"], b"c=\xFF"),
        (&[b"c=\xFF", b"b=2"], b"c=\xFF; b=2"),
    ];
    let mut ran = 0;
    for (headers, joined) in cases {
        let mut request = Request::new(());
        for header in *headers {
            let header = HeaderValue::from_bytes(header).unwrap();
            request.headers_mut().append("cookie", header);
        }
        let expected: Vec<_> = hardtack::CookieHeader::new(joined)
            .iter()
            .map(|(name, _)| {
                let name = std::str::from_utf8(name).unwrap().to_owned();
                let value = hardtack::CookieHeader::new(joined).get(&name);
                (name, value.map(std::borrow::Cow::into_owned))
            })
            .collect();
        serve::<String>(&layer(), request, move |session| {
            for (name, value) in &expected {
                assert_eq!(&session.cookies().get_bytes(name), value);
            }
            200
        });
        ran += 1;
    }
    assert_eq!(ran, 6);
}

#[test]
fn origins() {
    type Headers = &'static [(&'static str, &'static str)];
    let plain = || store("_app_session");
    let behind_proxy = || plain().trusted_hops(1);
    let behind_two = || plain().trusted_hops(2);
    let https = || plain().assume_ssl(true);
    let forwarded: Headers = &[
        ("host", "10.0.0.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-host", "shop.example"),
    ];
    let appended: Headers = &[
        ("host", "10.0.0.7"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-proto", "http"),
        ("forwarded", "proto=https;host=evil.example"),
    ];
    let standard: Headers = &[
        ("host", "10.0.0.7"),
        ("forwarded", "proto=http;host=evil.example"),
        ("forwarded", "proto=https;host=shop.example"),
    ];
    let host: Headers = &[("host", "shop.example:3000")];
    let cases: [(CookieStore, &str, Headers, Option<&str>); 14] = [
        (plain(), "/", &[], None),
        (plain(), "/", host, Some("http://shop.example:3000")),
        (https(), "/", host, Some("https://shop.example:3000")),
        // HTTP/2, and the absolute form of HTTP/1: the URI's host is the request's.
        (
            plain(),
            "https://a.example/",
            host,
            Some("https://a.example"),
        ),
        (
            plain(),
            "http://a.example:80/",
            host,
            Some("http://a.example"),
        ),
        (
            plain(),
            "https://u:p@a.example:444/",
            &[],
            Some("https://a.example:444"),
        ),
        (
            plain(),
            "https://[::1]:3000/",
            &[],
            Some("https://[::1]:3000"),
        ),
        (plain(), "/", forwarded, Some("http://10.0.0.7")),
        (behind_proxy(), "/", forwarded, Some("https://shop.example")),
        (
            behind_proxy(),
            "http://10.0.0.7/",
            forwarded,
            Some("https://shop.example"),
        ),
        // The scheme has one element only.
        (behind_two(), "/", forwarded, Some("http://evil.example")),
        // The client sent "https" itself.
        (behind_proxy(), "/", appended, Some("http://10.0.0.7")),
        (behind_two(), "/", appended, Some("https://10.0.0.7")),
        (behind_proxy(), "/", standard, Some("https://shop.example")),
    ];
    let mut ran = 0;
    for (store, uri, headers, expected) in cases {
        let request = || {
            let mut request = Request::get(uri);
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.body(()).unwrap()
        };
        let layer = SessionLayer::new(store);
        let seen = |request| {
            let seen = Arc::new(std::sync::Mutex::new(None));
            let put = seen.clone();
            serve::<String>(&layer, request, move |session| {
                *put.lock().unwrap() = session.origin().base_url();
                200
            });
            seen.lock().unwrap().take()
        };
        assert_eq!(seen(request()).as_deref(), expected, "{uri} {headers:?}");
        // What the server says counts before all else.
        let mut request = request();
        let told = RequestOrigin::new(true, Some("told.example"));
        request.extensions_mut().insert(told);
        assert_eq!(seen(request).as_deref(), Some("https://told.example"));
        ran += 1;
    }
    assert_eq!(ran, 14);
}

#[test]
fn whatever_is_answered_the_session_is_set() {
    let mut ran = 0;
    for (method, status) in [
        ("GET", 101),
        ("HEAD", 200),
        ("POST", 303),
        ("GET", 304),
        ("CONNECT", 200),
        ("OPTIONS", 204),
    ] {
        let mut request = Request::new(());
        *request.method_mut() = method.parse().unwrap();
        let response = serve(&layer(), request, move |session| {
            visit(session);
            status
        });
        assert_eq!(response.status(), status);
        assert_eq!(names(&response), ["_app_session"]);
        // Neither in logs nor in HPACK's table.
        assert!(response.headers()["set-cookie"].is_sensitive());
        ran += 1;
    }
    assert_eq!(ran, 6);
}

fn overflow(session: &Session) -> u16 {
    let cookies = session.cookies().signed();
    cookies.write("seen", true, None).unwrap();
    session.insert("cart", "x".repeat(4096)).unwrap();
    200
}

#[test]
fn what_cannot_be_written_is_answered_by_the_hook() {
    let response: Response<String> = serve(&layer(), Request::new(()), overflow);
    assert_eq!(response.status(), 500);
    assert_eq!(response.body(), "");
    assert_eq!(names(&response), [""; 0]);

    let asked = Arc::new(AtomicUsize::new(0));
    let counter = asked.clone();
    let hooked = layer().on_error(move |error| {
        counter.fetch_add(1, SeqCst);
        let Error::CookieOverflow(overflow) = error else {
            panic!("{error}")
        };
        let mut response = Response::new(overflow.entries[0].0.clone());
        *response.status_mut() = StatusCode::INSUFFICIENT_STORAGE;
        response
    });
    let response = serve(&hooked, Request::new(()), overflow);
    assert_eq!(response.status(), 507);
    assert_eq!(response.body(), "cart");
    assert_eq!(names(&response), [""; 0]);
    let response = serve(&hooked, Request::new(()), visit);
    assert_eq!(names(&response), ["_app_session"]);
    assert_eq!(asked.load(SeqCst), 1);
}

#[test]
fn of_two_layers_the_inner_one_is_the_handlers() {
    let outer = SessionLayer::new(store("_outer"));
    let inner = SessionLayer::new(store("_inner"));
    let handler = |request: Request<()>| {
        visit(&session(&request));
        ready(Ok::<_, Infallible>(Response::new(String::new())))
    };
    let mut service = outer.layer(inner.layer(service_fn(handler)));
    let response = now(service.call(Request::new(()))).unwrap();
    assert_eq!(names(&response), ["_inner"]);

    // What stands between them has the outer one's.
    let between = |mut within: tower::util::BoxCloneSyncService<_, _, _>| {
        service_fn(move |request: Request<()>| {
            visit(&session(&request));
            within.call(request)
        })
    };
    let within = tower::util::BoxCloneSyncService::new(inner.layer(service_fn(handler)));
    let mut service = outer.layer(between(within));
    let response: Response<String> = now(service.call(Request::new(()))).unwrap();
    assert_eq!(names(&response), ["_inner", "_outer"]);
}

/// A layer is cheap to clone, and its clones share the store.
#[test]
fn jars_replaced_while_running() {
    let shared = Arc::new(store("_app_session"));
    let layer = SessionLayer::new(shared.clone());
    let response: Response<String> = serve(&layer, Request::new(()), visit);
    let cookie = response.headers()["set-cookie"].clone();
    let request = || {
        Request::get("/")
            .header("cookie", cookie.clone())
            .body(())
            .unwrap()
    };
    serve::<String>(&layer, request(), |session| {
        assert_eq!(session.get("visits"), Ok(Some(1)));
        200
    });
    let other = SecretKeyBase::generate().unwrap();
    shared.replace_keyring(hardtack::Keyring::new(&other, LoadDefaults::V7_1));
    serve::<String>(&layer.clone(), request(), |session| {
        assert_eq!(session.get::<u8>("visits"), Ok(None));
        200
    });
}

/// A user who logged in at a Ruby app with Rack's own sessions is logged in here.
#[cfg(feature = "marshal")]
#[test]
fn a_session_of_rack() {
    let mut ran = 0;
    for record in vectors::<serde_json::Value>("rack/encrypted.jsonl") {
        let text = |field: &str| record[field].as_str();
        let secret = SecretKeyBase::new(text("secret").unwrap()).unwrap();
        let jar = RackJar::new(&secret, RackVersion::Session2_1_2).unwrap();
        let jar = match text("serializer").unwrap() {
            "json" => jar.json(),
            _ => jar,
        };
        let (name, jar) = (text("name").unwrap(), jar.purpose(text("purpose")));
        let layer = SessionLayer::new(RackSessions::new(jar.clone(), name));
        // As Rack sends it.
        let value = hardtack::headers::escape(text("cookie").unwrap().as_bytes());
        let request = Request::get("/").header("cookie", format!("a=1; {name}={value}"));
        let response: Response<String> = serve(&layer, request.body(()).unwrap(), |session| {
            assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
            visit(session)
        });
        let set = response.headers()["set-cookie"].to_str().unwrap();
        let (set_name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
        assert_eq!(set_name, name);
        let value = hardtack::headers::unescape(value.as_bytes()).into_owned();
        let session = jar.open(name, value).unwrap().into_value();
        assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
        assert_eq!(session.get::<u32>("visits"), Ok(Some(1)));
        ran += 1;
    }
    assert_eq!(ran, 24);
}
