//! The events of cookies and sessions: their reasons, their rate, and no secrets in them.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};
use std::sync::{Arc, Barrier};
use std::thread;

use hardtack::message::{MessageEncryptor, MessageOptions};
use hardtack::settings::SizeLimit;
use hardtack::{
    CookieAttributes, CookieStore, Jar, LoadDefaults, RequestOrigin, Rotation, SecretKeyBase,
    Session, SetCookie,
};
use time::OffsetDateTime;

use crate::logged::logged;
use crate::support::{other_secret, secret};

const NAME: &str = "_app_session";

fn store() -> CookieStore {
    CookieStore::new(&secret(), LoadDefaults::V7_1, NAME)
}

/// A request without cookies.
fn new(store: CookieStore) -> Session {
    Session::open(&Arc::new(store), "", RequestOrigin::default())
}

fn open(store: &Arc<CookieStore>, value: &str) -> Session {
    Session::open(store, format!("{NAME}={value}"), RequestOrigin::default())
}

/// Checks the log itself: the first thread at a place that logs decides for all threads.
#[test]
fn a_thread_that_does_not_listen_hides_nothing_from_one_that_does() {
    let lines = logged(|| {
        let tell = || tracing::warn!(target: "hardtack", "told");
        thread::scope(|scope| {
            scope.spawn(tell);
        });
        tell();
    });
    assert_eq!(lines, ["WARN hardtack: told"]);
}

#[test]
fn why_a_cookie_was_refused_once_in_ten_seconds() {
    let now = Arc::new(AtomicI64::new(1_000));
    let clock = now.clone();
    let store =
        store().clock(move || OffsetDateTime::from_unix_timestamp(clock.load(SeqCst)).unwrap());
    let store = Arc::new(store);
    let foreign = CookieStore::new(&other_secret(), LoadDefaults::V7_1, NAME);
    let foreign = foreign
        .keyring()
        .session()
        .write(NAME, "private matter", None);
    let foreign = foreign.unwrap().escaped_value().to_owned();

    let lines = logged(|| {
        for _ in 0..1000 {
            assert!(open(&store, "AAAA--AAAA--AAAA").is_empty());
        }
        assert!(open(&store, &foreign).is_empty());
        now.fetch_add(10, SeqCst);
        assert!(open(&store, "junk").is_empty());
    });
    let expected = [
        r#"WARN hardtack: a session cookie was refused; the request gets an empty session cookie="_app_session" reason=malformed hint="the value is cut off"#,
        r#"WARN hardtack: a session cookie was refused; the request gets an empty session cookie="_app_session" reason=invalid hint="the cookie is forged, or was sealed with another secret_key_base"#,
        r#"WARN hardtack: a session cookie was refused; the request gets an empty session cookie="_app_session" reason=malformed hint="the value is cut off"#,
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
    }
    assert!(
        lines[0].ends_with("untold=0") && lines[2].ends_with("untold=999"),
        "{lines:#?}"
    );
    for secret in ["AAAA--", &foreign, "b3c631c3", "01234567", "private matter"] {
        assert!(!lines.concat().contains(secret), "{secret}");
    }
}

/// Junk in other cookies does not silence the events of the session, nor the reverse.
#[test]
fn what_became_of_other_cookies() {
    let foreign = Jar::signed(&other_secret(), LoadDefaults::V7_1)
        .write("seen", "private matter", None)
        .unwrap();
    let store = Arc::new(store());
    let lines = logged(|| {
        let header = format!("junk; seen={}; cart=junk", foreign.escaped_value());
        for _ in 0..3 {
            let session = open(&store, &header);
            assert!(session.is_empty());
            for cookie in ["seen", "cart", "plan"] {
                let signed = session.cookies().signed();
                assert_eq!(signed.get::<String>(cookie), Ok(None));
                let _ = signed.explain(cookie);
            }
        }
    });
    let expected = [
        r#"WARN hardtack: a session cookie was refused; the request gets an empty session cookie="_app_session" reason=malformed"#,
        r#"WARN hardtack: a cookie was refused; it is treated as absent cookie="seen" reason=invalid hint="the cookie is forged, or was sealed with another secret_key_base"#,
        r#"WARN hardtack: a cookie was refused; it is treated as absent cookie="cart" reason=malformed hint="the value is cut off"#,
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line}");
        assert!(!line.contains("private matter"), "{line}");
    }

    // A rotation opened it, and it does not fit any more.
    let unlimited = LoadDefaults::V7_1.settings().limit(SizeLimit::None);
    let long = Jar::signed(&other_secret(), unlimited)
        .write("seen", "4111".repeat(1000), None)
        .unwrap();
    let rotation = Rotation::signed(&other_secret(), LoadDefaults::V7_1);
    let store = Arc::new(self::store().signed_rotation(rotation));
    let lines = logged(|| {
        let session = open(&store, &format!("; seen={}", long.escaped_value()));
        let seen = session.cookies().signed().get::<String>("seen").unwrap();
        assert_eq!(seen.unwrap().len(), 4000);
        assert!(session.cookies().take().is_empty());
    });
    let expected = "WARN hardtack: a cookie opened by a rotation could not be written again; keep the rotation, since the browser keeps the old cookie cookie=\"seen\" reason=the cookie seen takes";
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with(expected), "{lines:#?}");
    assert!(!lines[0].contains("4111"), "{lines:#?}");
}

#[test]
fn what_could_not_be_set() {
    type Run = fn();
    let cases: [(Run, &str); 3] = [
        (
            || {
                let session = new(store().secure(true));
                session.insert("card", "4111").unwrap();
                assert!(session.commit(200).unwrap().cookies().is_empty());
            },
            "WARN hardtack: a Secure cookie was not set over plain HTTP; if a proxy ends TLS, see Sessions::trusted_hops and assume_ssl cookie=\"_app_session\"",
        ),
        (
            || {
                let session = new(store());
                let secure = CookieAttributes::new().secure(true);
                session
                    .cookies()
                    .set(SetCookie::new("card", "4111", &secure).unwrap())
                    .unwrap();
                assert!(session.cookies().take().is_empty());
            },
            "WARN hardtack: a Secure cookie was not set over plain HTTP; if a proxy ends TLS, see Sessions::trusted_hops and assume_ssl cookie=\"card\"",
        ),
        (
            || {
                let session = new(store());
                session.insert("cards", "4111".repeat(2000)).unwrap();
                assert!(session.commit(200).is_err());
            },
            "ERROR hardtack: a session could not be written cookie=\"_app_session\" reason=the cookie _app_session takes",
        ),
    ];
    let mut ran = 0;
    for (run, expected) in cases {
        let lines = logged(run);
        assert_eq!(lines.len(), 1, "{expected}: {lines:#?}");
        assert!(lines[0].starts_with(expected), "{lines:#?}");
        assert!(!lines[0].contains("4111"), "{lines:#?}");
        ran += 1;
    }
    assert_eq!(ran, 3);
}

#[test]
fn that_shared_caches_may_keep_a_cookie() {
    // The response headers, and the cookie that the event names.
    type Row = (&'static [&'static str], Option<&'static str>);
    let rows: [Row; 18] = [
        (&["public"], Some(NAME)),
        (&["PUBLIC, max-age=60"], Some(NAME)),
        (&["max-age=60 , Public"], Some(NAME)),
        (&["s-maxage=60"], Some(NAME)),
        (&["must-revalidate,S-MaxAge=\"60\""], Some(NAME)),
        (&["max-age=60", "", "public"], Some(NAME)),
        (&["private=\"x-card, y\", public"], Some(NAME)),
        (&["ext=\"a\\\", b\", public"], Some(NAME)),
        // No shared cache keeps these.
        (&[], None),
        (&["max-age=60"], None),
        (&["private, s-maxage=60"], None),
        (&["public", "No-Store"], None),
        // No such directive.
        (&["publicly, s-maxage-2=1, x=public"], None),
        (&["ext=\"a, public, b\""], None),
        (&["ext=\"a\\\", public\""], None),
        (&["no-cache=\"public\""], None),
        (&["\"public\""], None),
        (&["public;max-age=60"], None),
    ];
    let now = Arc::new(AtomicI64::new(1_000));
    let clock = now.clone();
    let clock = move || OffsetDateTime::from_unix_timestamp(clock.load(SeqCst)).unwrap();
    let store = Arc::new(store().clock(clock));
    let tell = |store: &Arc<CookieStore>, cache_control: &[&'static str], sets: bool| {
        let session = Session::open(store, "", RequestOrigin::default());
        session.insert("card", "4111").unwrap();
        let set = session.commit(200).unwrap();
        let set = set.cookies()[0].to_string();
        let headers = |name: &str| match name {
            "cache-control" => cache_control.iter().map(|value| value.as_bytes()).collect(),
            "set-cookie" if sets => vec![set.as_bytes(), b"theme=dark"],
            _ => Vec::new(),
        };
        let _ = session.cache_headers(headers);
    };
    let mut ran = 0;
    for (cache_control, expected) in rows {
        now.fetch_add(10, SeqCst);
        let lines = logged(|| tell(&store, cache_control, true));
        let expected = expected.map(|name| {
            format!("WARN hardtack: a response sets a cookie, and its Cache-Control lets shared caches give it to other users; remove public and s-maxage, or set no cookie there cookie=\"{name}\" untold=0")
        });
        assert_eq!(lines, Vec::from_iter(expected), "{cache_control:?}");
        ran += 1;
    }
    assert_eq!(ran, 18);

    // One in ten seconds; none if no cookie is set, or if the store is silenced.
    now.fetch_add(10, SeqCst);
    let lines = logged(|| (0..100).for_each(|_| tell(&store, &["public"], true)));
    assert_eq!(lines.len(), 1, "{lines:#?}");
    now.fetch_add(10, SeqCst);
    let lines = logged(|| tell(&store, &["public"], false));
    assert_eq!(lines, [""; 0]);
    let silent = Arc::new(self::store().cache_headers(false));
    let lines = logged(|| tell(&silent, &["public"], true));
    assert_eq!(lines, [""; 0]);
}

const SOON: &str = "WARN hardtack: a key has sealed 2^30 messages";
const NOW: &str = "ERROR hardtack: a key has sealed 2^32 messages";

/// The beginning of an event, and its number of seals.
type Heard = (&'static str, u64);

#[test]
fn that_a_key_has_sealed_much() {
    // To which number the count is raised, how many are sealed then, and what is heard meanwhile.
    let cases: [(u64, u64, &[Heard]); 13] = [
        (0, 20, &[]),
        ((1 << 30) - 10, 9, &[]),
        ((1 << 30) - 1, 1, &[(SOON, 1 << 30)]),
        (1 << 30, 20, &[]),
        ((1 << 31) - 10, 20, &[]),
        (3 << 30, 20, &[]),
        ((1 << 32) - 10, 9, &[]),
        ((1 << 32) - 1, 1, &[(NOW, 1 << 32)]),
        (1 << 32, 20, &[]),
        // An event is not repeated for a lower number.
        (1 << 30, 20, &[]),
        (1 << 33, 20, &[]),
        (1 << 34, 20, &[]),
        (u64::MAX, 20, &[]),
    ];
    let secret = SecretKeyBase::generate().unwrap();
    let mut ran = 0;
    for (from, seals, expected) in cases {
        let lines = logged(|| {
            // Another jar, the same key.
            let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
            jar.raise_seals(from);
            for _ in 0..seals {
                jar.write(NAME, "private matter", None).unwrap();
            }
        });
        hears(&lines, expected);
        ran += 1;
    }
    // A count that begins beyond a limit is reported too; of two limits, the higher one.
    for (from, expected) in [
        (1 << 30, (SOON, 1 << 30)),
        ((1 << 32) - 1, (SOON, (1 << 32) - 1)),
        (1 << 32, (NOW, 1 << 32)),
        (u64::MAX, (NOW, u64::MAX)),
    ] {
        let secret = SecretKeyBase::generate().unwrap();
        let jar = Jar::encrypted(&secret, LoadDefaults::V7_1);
        hears(&logged(|| jar.raise_seals(from)), &[expected]);
        ran += 1;
    }
    assert_eq!(ran, 17);
}

/// Checks that these events, and no others, were logged.
fn hears(lines: &[String], expected: &[Heard]) {
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, (start, seals)) in lines.iter().zip(expected) {
        assert!(line.starts_with(start), "{line}");
        assert!(line.ends_with(&format!(" seals={seals}")), "{line}");
        assert!(!line.contains("private matter"), "{line}");
    }
}

#[test]
fn that_a_key_has_sealed_much_by_many_threads() {
    const THREADS: u64 = 8;
    const SEALS: u64 = 50;
    let mut ran = 0;
    for round in 0..40_u8 {
        let (bound, event) = [(1 << 30, SOON), (1 << 32, NOW)][usize::from(round % 2)];
        // A key of its own for each round, which nothing else in this process has.
        let crypt = MessageEncryptor::new([round + 1; 32], LoadDefaults::V7_1).unwrap();
        // Raising the count beyond 2^30 logs its event here.
        let start = bound - THREADS * SEALS / 2;
        let _ = logged(|| crypt.raise_seals(start));
        let lines = logged(|| {
            let subscriber = tracing::dispatcher::get_default(Clone::clone);
            let barrier = Barrier::new(usize::try_from(THREADS).unwrap());
            thread::scope(|scope| {
                for _ in 0..THREADS {
                    scope.spawn(|| {
                        tracing::dispatcher::with_default(&subscriber, || {
                            barrier.wait();
                            for _ in 0..SEALS {
                                let options = MessageOptions::new();
                                crypt.encrypt_and_sign("private matter", &options).unwrap();
                                // The count that another process reported before.
                                crypt.raise_seals(start);
                            }
                        });
                    });
                }
            });
        });
        hears(&lines, &[(event, bound)]);
        assert_eq!(crypt.seals(), Some(start + THREADS * SEALS));
        ran += 1;
    }
    assert_eq!(ran, 40);
}
