//! The headers for caches, each case by its name.

use std::sync::{Arc, LazyLock};

use hardtack::{
    CookieAttributes, CookieStore, Jar, LoadDefaults, SecretKeyBase, Session, SetCookie,
};

use super::app::{Body, Framework, Handler, Reply, Request, Response};
use super::cases::Case;

pub(crate) const ALL: &[(&str, Case)] = &[
    ("whoever_asks", whoever_asks),
    ("nobody_asks", nobody_asks),
    ("told_by_the_handler", told_by_the_handler),
    ("not_told", not_told),
    ("told_by_an_error", told_by_an_error),
    ("asked_while_the_body_streams", asked_while_the_body_streams),
];

/// The header that live Rails 6.1 sends with a page that reads the session
/// (`tests/peers/tests/behind_nginx.rs`).
pub(crate) const OF_RAILS: &str = "max-age=0, private, must-revalidate";

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap()
}

/// The store of all tests, so that its keys are derived once.
static STORE: LazyLock<Arc<CookieStore>> = LazyLock::new(|| Arc::new(store()));

fn store() -> CookieStore {
    CookieStore::new(&secret(), LoadDefaults::V7_1, "_app_session")
}

fn serve(
    framework: &dyn Framework,
    store: &Arc<CookieStore>,
    handler: impl Fn(&Session) -> Reply + Send + Sync + 'static,
) -> Response {
    let request = Request {
        cookies: vec!["theme=dark; _app_session=AAAA--AAAA--AAAA".to_owned()],
        ..Request::default()
    };
    let handler = Handler::new(handler);
    framework.serve(&store.into(), request, handler).unwrap()
}

/// Returns a response's `Vary` headers and `Cache-Control`.
fn told(response: &Response) -> (Vec<&str>, Option<&str>) {
    (
        response.vary.iter().map(String::as_str).collect(),
        response.cache_control.as_deref(),
    )
}

/// A way to ask for the session, and `true` if it sets a cookie.
type Ask = (fn(&Session), bool);

fn whoever_asks(framework: &dyn Framework) {
    let asks: [Ask; 22] = [
        (|session| drop(session.get::<u32>("user_id")), false),
        (|session| drop(session.view::<()>()), false),
        (|session| drop(session.keys()), false),
        (|session| drop(session.session_id()), false),
        (|session| drop(session.check()), false),
        (
            |session| {
                let _ = session.remove("user_id");
            },
            false,
        ),
        (|session| assert!(!session.contains_key("user_id")), false),
        (|session| assert!(session.is_empty()), false),
        (|session| assert!(session.refusal().is_some()), false),
        (|session| session.read(|_| ()), false),
        (|session| assert!(session.flash().notice().is_none()), false),
        (
            |session| assert!(!session.is_authentic("x", "/", "POST")),
            false,
        ),
        (|session| drop(session.authenticity_tokens()), true),
        (|session| session.insert("user_id", 42).unwrap(), true),
        // Cookies: plain ones, sealed ones, such as were sent and such as were not.
        (
            |session| assert!(session.cookies().get("theme").is_some()),
            false,
        ),
        (
            |session| assert!(session.cookies().get("size").is_none()),
            false,
        ),
        (
            |session| drop(session.cookies().signed().get::<u32>("theme")),
            false,
        ),
        (
            |session| drop(session.cookies().encrypted().get::<u32>("size")),
            false,
        ),
        (
            |session| {
                let jar = Arc::new(Jar::signed(&secret(), LoadDefaults::V6_1));
                drop(session.cookies().through(jar).get::<u32>("size"));
            },
            false,
        ),
        (
            |session| {
                let cookie = SetCookie::new("theme", "light", None);
                session.cookies().set(cookie.unwrap()).unwrap();
            },
            true,
        ),
        (
            |session| {
                let signed = session.cookies().signed();
                signed.write("seen", true, None).unwrap();
            },
            true,
        ),
        (
            |session| {
                let cookies = session.cookies();
                cookies.delete("theme", None).unwrap();
            },
            true,
        ),
    ];
    for (number, (ask, sets)) in asks.into_iter().enumerate() {
        let response = serve(framework, &STORE, move |session| {
            ask(session);
            Reply::text("")
        });
        assert_eq!(!response.set_cookies.is_empty(), sets, "{number}");
        assert_eq!(
            told(&response),
            (vec!["Cookie"], Some(OF_RAILS)),
            "{number}"
        );
    }
}

fn nobody_asks(framework: &dyn Framework) {
    let others: [fn(&Session); 6] = [
        |_| {},
        |session| drop(session.clone()),
        |session| drop((session.cookies(), session.cookies().signed())),
        |session| assert!(!session.origin().is_ssl()),
        // A level of logging changes no response.
        |session| {
            drop(format!(
                "{session:?} {:?} {:?}",
                session.cookies(),
                session.cookies().signed()
            ));
        },
        // It is not set, over plain HTTP.
        |session| {
            let cookie = SetCookie::new("theme", "light", &CookieAttributes::new().secure(true));
            session.cookies().set(cookie.unwrap()).unwrap();
        },
    ];
    for (number, other) in others.into_iter().enumerate() {
        let response = serve(framework, &STORE, move |session| {
            other(session);
            Reply::text("").header("vary", "Accept")
        });
        assert_eq!(response.set_cookies, [""; 0], "{number}");
        assert_eq!(told(&response), (vec!["Accept"], None), "{number}");
    }
}

type Headers = &'static [(&'static str, &'static str)];

/// The headers that the handler set, and `Vary` and `Cache-Control` of the response.
fn told_by_the_handler(framework: &dyn Framework) {
    let cases: [(Headers, &[&str], &str); 19] = [
        (&[], &["Cookie"], OF_RAILS),
        // A single header, since nginx before 1.23 reads only the last.
        (
            &[("vary", "Accept-Encoding")],
            &["Accept-Encoding, Cookie"],
            OF_RAILS,
        ),
        (
            &[("vary", "Accept"), ("vary", "Origin, Range")],
            &["Accept, Origin, Range, Cookie"],
            OF_RAILS,
        ),
        (&[("vary", "")], &["Cookie"], OF_RAILS),
        (&[("vary", "Cookie2")], &["Cookie2, Cookie"], OF_RAILS),
        // Existing headers do not change.
        (&[("vary", "Cookie")], &["Cookie"], OF_RAILS),
        (&[("vary", "cookie")], &["cookie"], OF_RAILS),
        (
            &[("vary", "Accept,COOKIE ,Origin")],
            &["Accept,COOKIE ,Origin"],
            OF_RAILS,
        ),
        (
            &[("vary", "Accept"), ("vary", "Origin, cOOKIE")],
            &["Accept", "Origin, cOOKIE"],
            OF_RAILS,
        ),
        (
            &[("vary", "Cookie"), ("vary", "Accept")],
            &["Cookie", "Accept"],
            OF_RAILS,
        ),
        (&[("vary", "*")], &["*"], OF_RAILS),
        (&[("vary", "Accept, *")], &["Accept, *"], OF_RAILS),
        (&[("cache-control", "no-store")], &["Cookie"], "no-store"),
        (
            &[("cache-control", "public, max-age=60")],
            &["Cookie"],
            "public, max-age=60",
        ),
        (
            &[
                ("cache-control", "no-cache"),
                ("cache-control", "max-age=60"),
            ],
            &["Cookie"],
            "no-cache, max-age=60",
        ),
        (
            &[("cache-control", "private=\"set-cookie\"")],
            &["Cookie"],
            "private=\"set-cookie\"",
        ),
        (&[("cache-control", "")], &["Cookie"], OF_RAILS),
        (&[("cache-control", " , ")], &["Cookie"], OF_RAILS),
        // Older headers alone say nothing to a cache that is shared.
        (
            &[("expires", "0"), ("pragma", "no-cache")],
            &["Cookie"],
            OF_RAILS,
        ),
    ];
    for (headers, vary, cache_control) in cases {
        for change in [false, true] {
            let response = serve(framework, &STORE, move |session| {
                if change {
                    session.insert("user_id", 42).unwrap();
                } else {
                    assert!(session.is_empty());
                }
                let reply = Reply::text("");
                let headers = headers.iter();
                headers.fold(reply, |reply, (name, value)| reply.header(name, value))
            });
            let expected = (vary.to_vec(), Some(cache_control));
            assert_eq!(told(&response), expected, "{headers:?}");
        }
    }
}

fn not_told(framework: &dyn Framework) {
    let store = Arc::new(store().cache_headers(false));
    for public in [false, true] {
        let response = serve(framework, &store, move |session| {
            session.insert("user_id", 42).unwrap();
            let reply = Reply::text("").header("vary", "Accept");
            if public {
                reply.header("cache-control", "public")
            } else {
                reply
            }
        });
        assert_eq!(response.set_cookies.len(), 1);
        let expected = (vec!["Accept"], public.then_some("public"));
        assert_eq!(told(&response), expected);
    }
}

/// An error response of the handler, and the one that replaces a response whose session does not
/// fit.
fn told_by_an_error(framework: &dyn Framework) {
    let response = serve(framework, &STORE, |session| {
        assert!(session.is_empty());
        Reply::text("").status(404)
    });
    assert_eq!(response.status, 404);
    assert_eq!(told(&response), (vec!["Cookie"], Some(OF_RAILS)));

    let response = serve(framework, &STORE, |session| {
        session.insert("cart", "x".repeat(4096)).unwrap();
        let reply = Reply::text("").header("vary", "Accept");
        reply.header("cache-control", "public")
    });
    assert_eq!(response.status, 500);
    assert_eq!(told(&response), (vec!["Cookie"], Some(OF_RAILS)));
}

/// The headers were sent before.
fn asked_while_the_body_streams(framework: &dyn Framework) {
    let response = serve(framework, &STORE, |session| {
        let session = session.clone();
        let ask = move || session.get::<u32>("user_id").unwrap().is_none().to_string();
        Reply {
            body: Body::Stream(vec![Box::new(ask)]),
            ..Reply::text("")
        }
    });
    assert_eq!(response.body, "true");
    assert_eq!(told(&response), (vec![], None));
}
