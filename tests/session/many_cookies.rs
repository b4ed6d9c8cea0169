//! A request with more cookies than are looked at.

use std::sync::Arc;

use hardtack::{
    CookieAttributes, CookieHeader, CookieStore, Jar, LoadDefaults, RequestOrigin, Session,
    SetCookie,
};

use crate::logged::logged;
use crate::support::secret;

const NAME: &str = "_app_session";

/// The pairs that are looked at.
const MOST: usize = 1024;

fn open(store: &Arc<CookieStore>, header: String) -> Session {
    Session::open(store, header, RequestOrigin::default())
}

/// Every way to read a cookie finds it among the first 1,024 pairs, and only there.
#[test]
fn the_first_1024_pairs_are_looked_at() {
    let jar = Jar::signed(&secret(), LoadDefaults::V7_1);
    let seen = jar.write("seen", 7, None).unwrap();
    let store = Arc::new(CookieStore::new(&secret(), LoadDefaults::V7_1, NAME));
    let cookie = {
        let session = open(&store, String::new());
        session.insert("user_id", 42).unwrap();
        session.commit(200).unwrap().cookies()[0].clone()
    };
    // Pairs, pairs without a value, and nothing at all between two semicolons.
    let fillers = ["a=1; ", "a;", ";", ";   "];
    let mut ran = 0;
    for filler in fillers {
        // Two of the three cookies are the last that are looked at, or the first that are not.
        for (before, is_found) in [(MOST - 3, true), (MOST, false)] {
            let header = format!(
                "{}{NAME}={}; seen={}; theme=dark; z=1",
                filler.repeat(before),
                cookie.escaped_value(),
                seen.escaped_value(),
            );
            let plain = CookieHeader::new(&header);
            assert_eq!(plain.get("theme").is_some(), is_found, "{filler:?}");
            assert_eq!(plain.get("z"), None);
            assert_eq!(jar.read::<u8>("seen", &plain).unwrap().is_some(), is_found);

            let session = open(&store, header);
            let (cookies, found) = (session.cookies(), |value| is_found.then_some(value));
            assert_eq!(session.get::<u32>("user_id").unwrap(), found(42));
            assert_eq!(cookies.get("theme").as_deref(), found(7).map(|_| "dark"));
            assert_eq!(cookies.signed().get::<u32>("seen").unwrap(), found(7));
            assert_eq!(cookies.get("z"), None);
            assert!(cookies.signed().explain("z").unwrap().is_none());
            ran += 1;
        }
    }
    assert_eq!(ran, 2 * fillers.len());
}

#[test]
fn more_cookies_are_told_once_without_their_names() {
    let mut told = Vec::new();
    for (header, is_told) in [
        (";".repeat(400_000), true),
        (format!("{}x=hush", "a=hush;".repeat(MOST)), true),
        (format!("{}x=hush", "a=hush;".repeat(MOST - 1)), false),
        ("a=hush;".repeat(MOST), false),
        (String::new(), false),
    ] {
        // A store of its own for each header: events of one kind are told once in ten seconds.
        let lines = logged(|| {
            let store = CookieStore::new(&secret(), LoadDefaults::V7_1, NAME);
            let session = open(&Arc::new(store), header);
            for _ in 0..3 {
                assert_eq!(session.cookies().get("theme"), None);
                assert!(session.is_empty());
            }
        });
        assert_eq!(lines.len(), usize::from(is_told), "{lines:#?}");
        told.extend(lines);
    }
    assert_eq!(told.len(), 2);
    for line in told {
        assert_eq!(
            line,
            "WARN hardtack: a request has more than 1024 cookies; the cookies after them are \
             ignored cookie=\"_app_session\" untold=0"
        );
    }
}

/// A browser takes domains that differ in case and in a leading dot for one (RFC 6265 section
/// 5.2.3): a handler's cookie of the session's name is dropped under each.
#[test]
fn a_handlers_cookie_of_the_sessions_domain_is_dropped() {
    let store = CookieStore::new(&secret(), LoadDefaults::V7_1, NAME).domain(".example.org");
    let store = Arc::new(store);
    let mut ran = 0;
    for (domain, left) in [
        (".example.org", 0),
        ("example.org", 0),
        ("Example.ORG", 0),
        ("shop.example.org", 1),
    ] {
        let session = open(&store, String::new());
        session.insert("user_id", 42).unwrap();
        let attributes = CookieAttributes::new().domain(domain);
        let forged = SetCookie::new(NAME, "forged", &attributes).unwrap();
        session.cookies().set(forged).unwrap();
        assert_eq!(session.commit(200).unwrap().cookies().len(), 1);
        assert_eq!(session.cookies().take().len(), left, "{domain}");
        ran += 1;
    }
    assert_eq!(ran, 4);
}
