//! The reports that a store's observer gets of incoming cookies, and their cost.

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};

use hardtack::message::SealedBy;
use hardtack::observe::{Observer, Tally};
use hardtack::settings::{Cipher, HmacDigest};
use hardtack::{
    CookieAttributes, CookieStore, Jar, LoadDefaults, RequestOrigin, Rotation, Session,
};

use crate::support::{in_time, json, other_secret, secret};

const NAME: &str = "_app_session";

fn open(store: &Arc<CookieStore>, header: &str) -> Session {
    Session::open(store, header.to_owned(), RequestOrigin::default())
}

type Map = BTreeMap<String, u32>;

/// Returns the request header of a cookie that this jar wrote.
fn sent(jar: &Jar, name: &str) -> String {
    sent_with(jar, name, &CookieAttributes::new())
}

fn sent_with(jar: &Jar, name: &str, attributes: &CookieAttributes) -> String {
    let value = serde_json::json!({ "user_id": 42 });
    let cookie = jar.write(name, &value, attributes).unwrap();
    format!("{name}={}", cookie.escaped_value())
}

/// The reports, in words.
fn heard(tally: &Tally) -> Vec<String> {
    let line = |(cookie, how, count): (String, Result<SealedBy, _>, _)| match how {
        Ok(how) => format!("{count} {cookie} {how}"),
        Err(refusal) => format!("{count} {cookie} refused: {refusal}"),
    };
    tally.snapshot().into_iter().map(line).collect()
}

/// Sends a request that asks for its session twice. Returns the session's user, and the reports.
fn visit(store: CookieStore, header: &str) -> (Option<u32>, Vec<String>) {
    let tally = Arc::new(Tally::new());
    let store = Arc::new(store.observer(tally.clone()));
    let session = open(&store, header);
    assert_eq!(heard(&tally), [""; 0], "not asked for yet");
    let user_id = session.get("user_id").unwrap();
    assert_eq!(session.get::<u32>("user_id").unwrap(), user_id);
    (user_id, heard(&tally))
}

#[test]
fn how_a_session_opened() {
    let v7_1 = || Jar::encrypted(&secret(), LoadDefaults::V7_1);
    let store = || CookieStore::new(&secret(), LoadDefaults::V7_1, NAME);
    let sha256 = json(LoadDefaults::V6_1).signed_cookie_digest(HmacDigest::Sha256);
    // Rails 5.1 signed its CBC messages with the digest that the app chose; 6.1 still reads them.
    let cbc_of_5_1 = json(LoadDefaults::V5_1).signed_cookie_digest(HmacDigest::Sha256);
    let without_gcm = json(LoadDefaults::V6_1).cipher(Cipher::Aes256Cbc);
    let cases = [
        (
            "the current settings",
            store(),
            sent(&v7_1(), NAME),
            "current: encrypted, aes-256-gcm, key digest SHA256, json",
        ),
        (
            "the second rotation",
            store()
                .rotation(Rotation::encrypted(&other_secret(), LoadDefaults::V7_1))
                .rotation(Rotation::encrypted(&secret(), LoadDefaults::V6_1)),
            sent(&Jar::encrypted(&secret(), json(LoadDefaults::V6_1)), NAME),
            "rotation 1: encrypted, aes-256-gcm, key digest SHA1, json; to be written again",
        ),
        (
            "the rotation that writes",
            store().rotation(Rotation::encrypted(&secret(), json(LoadDefaults::V6_1)).writes()),
            sent(&Jar::encrypted(&secret(), json(LoadDefaults::V6_1)), NAME),
            "rotation 0: encrypted, aes-256-gcm, key digest SHA1, json",
        ),
        (
            "CBC beside GCM, of a chosen digest",
            CookieStore::new(&secret(), sha256.clone(), NAME),
            sent(&Jar::encrypted(&secret(), cbc_of_5_1), NAME),
            "current: encrypted, aes-256-cbc, key digest SHA1, HMAC digest SHA256, json; to be written again",
        ),
        (
            "GCM beside CBC",
            CookieStore::new(&secret(), without_gcm, NAME),
            sent(&Jar::encrypted(&secret(), json(LoadDefaults::V6_1)), NAME),
            "current: encrypted, aes-256-gcm, key digest SHA1, json; to be written again",
        ),
        (
            "signed with a chosen digest",
            store().rotation(Rotation::signed(&secret(), sha256.clone())),
            sent(&Jar::signed(&secret(), sha256), NAME),
            "rotation 0: signed, key digest SHA1, HMAC digest SHA256, json; to be written again",
        ),
        (
            "another name",
            store()
                .rotation(Rotation::encrypted(&secret(), LoadDefaults::V7_1).cookie_name("_old")),
            sent(&v7_1(), "_old"),
            "rotation 0: encrypted, aes-256-gcm, key digest SHA256, json, under an older name; to be written again",
        ),
    ];
    let mut ran = 0;
    for (what, store, header, expected) in cases {
        let (user_id, heard) = visit(store, &header);
        assert_eq!(user_id, Some(42), "{what}");
        assert_eq!(heard, [format!("1 {NAME} {expected}")], "{what}");
        ran += 1;
    }
    assert_eq!(ran, 7);
}

#[test]
fn why_a_session_was_refused() {
    let jar = Jar::encrypted(&secret(), LoadDefaults::V7_1);
    let past = CookieAttributes::new().expires(time::OffsetDateTime::UNIX_EPOCH);
    let cases = [
        ("no message", format!("{NAME}=junk"), "malformed"),
        (
            "a foreign secret",
            sent(&Jar::encrypted(&other_secret(), LoadDefaults::V7_1), NAME),
            "invalid",
        ),
        ("too old", sent_with(&jar, NAME, &past), "expired"),
        (
            "another cookie's value",
            sent(&jar, "cart").replace("cart=", "_app_session="),
            "wrong purpose",
        ),
        (
            "no session",
            format!(
                "{NAME}={}",
                jar.write(NAME, 7, None).unwrap().escaped_value()
            ),
            "unreadable value",
        ),
        (
            "more than 16 KiB",
            format!("{NAME}={}", "A".repeat(20_000)),
            "too large",
        ),
    ];
    let mut ran = 0;
    for (what, header, expected) in cases {
        let store = CookieStore::new(&secret(), LoadDefaults::V7_1, NAME);
        let (user_id, heard) = visit(store, &header);
        assert_eq!(user_id, None, "{what}");
        assert_eq!(heard, [format!("1 {NAME} refused: {expected}")], "{what}");
        ran += 1;
    }
    assert_eq!(ran, 6);
    let store = CookieStore::new(&secret(), LoadDefaults::V7_1, NAME);
    assert_eq!(visit(store, "theme=dark"), (None, Vec::new()), "no session");
}

#[test]
fn how_other_cookies_came() {
    let tally = Arc::new(Tally::new());
    let store = CookieStore::new(&secret(), LoadDefaults::V7_1, NAME)
        .signed_rotation(Rotation::signed(&secret(), json(LoadDefaults::V6_1)))
        .observer(tally.clone());
    let header = [
        sent(store.keyring().encrypted(), "cart"),
        sent(&Jar::signed(&secret(), json(LoadDefaults::V6_1)), "seen"),
        "junk=AAAA".to_owned(),
    ]
    .join("; ");
    let cookies = open(&Arc::new(store), &header).cookies();
    let jars = [cookies.encrypted(), cookies.signed()];
    assert!(jars[0].get::<Map>("cart").unwrap().is_some());
    assert!(jars[0].get::<bool>("cart").is_err()); // of another type: it opened
    assert!(jars[1].get::<Map>("seen").unwrap().is_some());
    assert!(jars[1].get::<Map>("seen").unwrap().is_some());
    assert!(jars[1].get::<Map>("junk").unwrap().is_none());
    // Cookies that were not sent are not reported: an absent one, and one that is only set.
    assert!(jars[1].get::<Map>("theme").unwrap().is_none());
    jars[1].write("theme", "dark", None).unwrap();
    assert!(jars[1].get::<String>("theme").unwrap().is_some());
    assert!(jars[0].get::<String>("theme").unwrap().is_none());
    let expected = [
        "2 cart current: encrypted, aes-256-gcm, key digest SHA256, json",
        "1 junk refused: malformed",
        "2 seen rotation 0: signed, key digest SHA1, HMAC digest SHA1, json; to be written again",
    ];
    assert_eq!(heard(&tally), expected);
}

/// Neither an observer nor its absence allocates. A tally allocates at the first cookie of a kind.
#[test]
fn observing_takes_no_allocation() {
    let tally = Arc::new(Tally::new());
    let store = || CookieStore::new(&secret(), LoadDefaults::V7_1, NAME);
    let stores = [store(), store().observer(tally.clone())].map(Arc::new);
    let header = sent(stores[0].keyring().session(), NAME);
    let counts = stores.map(|store| {
        let read = || assert!(!open(&store, &header).is_empty());
        read(); // what is set up once
        allocation_counter::measure(read).count_total
    });
    assert_eq!(counts[0], counts[1]);
    assert_eq!(tally.snapshot()[0].2, 2);
}

/// An observer that uses the session of its report, and then panics.
#[derive(Default)]
struct Nosy {
    session: Mutex<Option<Session>>,
    heard: AtomicUsize,
}

impl Observer for Nosy {
    fn opened(&self, _cookie: &str, _how: &SealedBy) {
        self.heard.fetch_add(1, Relaxed);
        let session = self.session.lock().unwrap().take();
        assert_eq!(session.unwrap().get("user_id").unwrap(), Some(42));
        panic!("an observer that panics");
    }
}

#[test]
fn an_observer_may_ask_the_session_and_panic_and_still_hears_once() {
    type Ask = fn(&Session);
    let asks: [(&str, Ask); 4] = [
        ("get", |session| {
            let _ = session.get::<u32>("user_id");
        }),
        ("insert", |session| {
            let _ = session.insert("a", 1);
        }),
        ("flash", |session| {
            let _ = session.flash().clear();
        }),
        ("check", |session| {
            let _ = session.check();
        }),
    ];
    let mut ran = 0;
    for (name, ask) in asks {
        let nosy = Arc::new(Nosy::default());
        let store = CookieStore::new(&secret(), LoadDefaults::V7_1, NAME).observer(nosy.clone());
        let header = sent(&Jar::encrypted(&secret(), LoadDefaults::V7_1), NAME);
        let session = open(&Arc::new(store), &header);
        *nosy.session.lock().unwrap() = Some(session.clone());

        let asked = session.clone();
        let panicked = in_time(name, move || {
            catch_unwind(AssertUnwindSafe(|| ask(&asked))).is_err()
        });
        assert!(panicked, "{name}");
        // The session's data is complete, and the session is not reported again.
        assert_eq!(session.get("user_id").unwrap(), Some(42), "{name}");
        assert_eq!(nosy.heard.load(Relaxed), 1, "{name}");
        ran += 1;
    }
    assert_eq!(ran, 4);
}
