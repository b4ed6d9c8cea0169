//! Signed and encrypted cookies beside the session: which open, which do not, and which are set
//! again (`cookies.rb` of Action Pack).
//!
//! The cookies, and those that are set again, were recorded from Rails 6.1.7.10 with the
//! `cookies_serializer` `:json`, under the secrets `o` * 64 (before) and `n` * 64 (after).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use hardtack::headers::Domain;
use hardtack::observe::Tally;
use hardtack::settings::Cipher;
use hardtack::{
    CookieAttributes, CookieHeader, CookieStore, Cookies, Error, Jar, LoadDefaults, Refusal,
    RequestOrigin, Rotation, SameSite, SecretKeyBase, Session, SetCookie, Settings, WritePolicy,
};
use serde::de::{Deserialize, Deserializer, Error as _};
use time::OffsetDateTime;

use crate::support::json;

const NAME: &str = "_app_session";

/// `cookies.permanent.signed[:p] = "v"`, before; and what Rails sets when it is read after.
const P: &str = "p=eyJfcmFpbHMiOnsibWVzc2FnZSI6IkluWWkiLCJleHAiOm51bGwsInB1ciI6ImNvb2tpZS5wIn19--879a309c2ab9a1110a4c6c271a1c19153081862a";
const P_AGAIN: &str = "p=eyJfcmFpbHMiOnsibWVzc2FnZSI6IkluWWkiLCJleHAiOm51bGwsInB1ciI6ImNvb2tpZS5wIn19--d42d277f76cadab60a0981a7fb8fa7dd92fd7c71; path=/; SameSite=Lax";

/// `cookies.signed[:nil_] = nil`.
const NIL: &str = "nil_=eyJfcmFpbHMiOnsibWVzc2FnZSI6ImJuVnNiQT09IiwiZXhwIjpudWxsLCJwdXIiOiJjb29raWUubmlsXyJ9fQ%3D%3D--fb8b20a01548476e3763f209354cd79e801dfb43";
const NIL_AGAIN: &str = "nil_=eyJfcmFpbHMiOnsibWVzc2FnZSI6ImJuVnNiQT09IiwiZXhwIjpudWxsLCJwdXIiOiJjb29raWUubmlsXyJ9fQ%3D%3D--ef7b4437c94d0bafdd35bc5e57c8deaf1ffd929d; path=/; SameSite=Lax";

/// `cookies.signed[:m] = "v"` under `:marshal`, after; and what is set when it is read under
/// `:hybrid`.
#[cfg(feature = "marshal")]
const M: &str = "m=eyJfcmFpbHMiOnsibWVzc2FnZSI6IkJBaEpJZ1oyQmpvR1JWUT0iLCJleHAiOm51bGwsInB1ciI6ImNvb2tpZS5tIn19--361f3b3243447ee831cb11ebbd623b3d14aa8c28";
#[cfg(feature = "marshal")]
const M_AGAIN: &str = "m=eyJfcmFpbHMiOnsibWVzc2FnZSI6IkluWWkiLCJleHAiOm51bGwsInB1ciI6ImNvb2tpZS5tIn19--af7156b3ab9bd3c78c8945c0096bd550fc95e531; path=/; SameSite=Lax";

/// `cookies.signed[:s] = { value: { "id" => 7 }, expires: Time.utc(2100) }`, before.
const S: &str = "s=eyJfcmFpbHMiOnsibWVzc2FnZSI6ImV5SnBaQ0k2TjMwPSIsImV4cCI6IjIxMDAtMDEtMDFUMDA6MDA6MDAuMDAwWiIsInB1ciI6ImNvb2tpZS5zIn19--a547fd214fa884c3cf0956580882a42a54af4465";

/// `cookies.encrypted[:e] = { value: "v", expires: Time.utc(2100) }`, before.
const E: &str = "e=C%2BaRPeDO%2B6FedjXX8oQg5Eo5S7X18vSAqqLjwaILDUWOE%2F5lNMpFbML4J%2BlQBc7esqZpGWnEGoOwNV0UZtPPZSqkEIwUSLAeYF8P8%2FUD1A%3D%3D--ZKS1mZO%2Fb7x5Ru0Q--X4YyQknnBlmZUPtIYeYQew%3D%3D";

/// `cookies.encrypted[:c] = "v"` after, without `use_authenticated_cookie_encryption`.
const C: &str = "c=dU5PT1QzdGJ5TjA0Z1FMa3hUMzhqMHNVKzJtcmM0eVJRQm1mbFhkendJSEVUTGpzazM5YmtpeVEvc3J4aWRqK1dkdUpUL2cwbkVqYk80dEF6MnJNeUE9PS0talFNRW5ZaXB5VWg5QzRab0ZKOFRndz09--985919d4322aa618d8c77457bdb6970344ac9727";

fn before() -> SecretKeyBase {
    SecretKeyBase::new("o".repeat(64)).unwrap()
}

fn after() -> SecretKeyBase {
    SecretKeyBase::new("n".repeat(64)).unwrap()
}

fn settings() -> Settings {
    json(LoadDefaults::V6_1)
}

/// Returns an app whose secret was changed, and which has the former secret as a rotation.
fn rotated() -> CookieStore {
    CookieStore::new(&after(), settings(), NAME)
        .rotation(Rotation::encrypted(&before(), settings()))
        .signed_rotation(Rotation::signed(&before(), settings()))
}

fn request(store: CookieStore, header: &str) -> Session {
    let store = Arc::new(store);
    Session::open(&store, header.to_owned(), RequestOrigin::default())
}

fn cookies(store: CookieStore, header: &str) -> Cookies {
    request(store, header).cookies()
}

/// Returns the `Set-Cookie` headers, in the upper and lower case of Rails with Rack 2.2.
fn set(cookies: &Cookies) -> Vec<String> {
    let headers = cookies.take().into_iter();
    let rails = |header: &str| header.replace("samesite=lax", "SameSite=Lax");
    headers.map(|cookie| rails(&cookie.to_string())).collect()
}

/// Returns a header, and the cookie's pair without attributes.
fn pair(header: &str) -> &str {
    header.split(';').next().unwrap()
}

#[test]
fn what_rails_sets_again_byte_for_byte() {
    let cookies = cookies(rotated(), &format!("{P}; {NIL}"));
    let signed = cookies.signed();
    assert_eq!(signed.get::<String>("p"), Ok(Some("v".to_owned())));
    assert_eq!(signed.get::<String>("nil_"), Ok(None));
    // A cookie that another jar sealed does not open.
    assert_eq!(cookies.encrypted().get::<String>("p"), Ok(None));
    assert_eq!(set(&cookies), [P_AGAIN, NIL_AGAIN]);
    // The browser has it now, and nothing is due any more.
    let header = format!("{}; {}", pair(P_AGAIN), pair(NIL_AGAIN));
    let cookies = self::cookies(rotated(), &header);
    let value = cookies.signed().get::<String>("p");
    assert_eq!(value, Ok(Some("v".to_owned())));
    assert_eq!(cookies.signed().get::<String>("nil_"), Ok(None));
    assert!(set(&cookies).is_empty());
}

#[cfg(feature = "marshal")]
#[test]
fn an_older_serializer() {
    let store = || CookieStore::new(&after(), settings(), NAME);
    let hybrid = store().serializer(hardtack::Serializer::Hybrid);
    let cookies = cookies(hybrid, M);
    let value = cookies.signed().get::<String>("m");
    assert_eq!(value, Ok(Some("v".to_owned())));
    assert_eq!(set(&cookies), [M_AGAIN]);
    // Marshal under `:json` is refused, and stays.
    let cookies = self::cookies(store(), M);
    assert_eq!(cookies.signed().get::<String>("m"), Ok(None));
    let refused = cookies.signed().explain("m").err();
    assert_eq!(refused, Some(Refusal::UnreadableValue));
    assert!(set(&cookies).is_empty());
}

#[test]
fn another_cipher() {
    let cookies = cookies(rotated(), C);
    let value = cookies.encrypted().get::<String>("c");
    assert_eq!(value, Ok(Some("v".to_owned())));
    let set = set(&cookies);
    assert!(set[0].ends_with("; path=/; SameSite=Lax"), "{set:?}");
    let gcm = self::cookies(rotated(), pair(&set[0])).encrypted();
    let opened = gcm.explain("c").unwrap().unwrap();
    assert_eq!(opened.sealed_by().cipher, Some(Cipher::Aes256Gcm));
    assert_eq!((opened.value().as_str(), set.len()), (Some("v"), 1));
}

/// Rails loses the sealed expiry: a cookie that should end in 2100 would never end. hardtack keeps
/// the expiry.
#[test]
fn the_expiry_that_was_sealed_stays() {
    let in_2100 = OffsetDateTime::from_unix_timestamp(4_102_444_800).unwrap();
    let cookies = cookies(rotated(), &format!("{S}; {E}"));
    let s = cookies
        .signed()
        .get::<std::collections::BTreeMap<String, u8>>("s");
    assert_eq!(s.unwrap().unwrap()["id"], 7);
    let e = cookies.encrypted().get::<String>("e");
    assert_eq!(e, Ok(Some("v".to_owned())));
    let set = set(&cookies);
    assert_eq!(set.len(), 2);
    for header in &set {
        let end = "; path=/; expires=Fri, 01 Jan 2100 00:00:00 GMT; SameSite=Lax";
        assert!(header.ends_with(end), "{header}");
    }
    let header = format!("{}; {}", pair(&set[0]), pair(&set[1]));
    let now = Arc::new(AtomicI64::new(4_102_444_799));
    let clock = now.clone();
    let told = move || OffsetDateTime::from_unix_timestamp(clock.load(SeqCst)).unwrap();
    let cookies = self::cookies(rotated().clock(told), &header);
    for (jar, name) in [(cookies.signed(), "s"), (cookies.encrypted(), "e")] {
        now.store(4_102_444_799, SeqCst);
        let opened = jar.explain(name).unwrap().unwrap();
        assert_eq!(opened.expires_at(), Some(in_2100), "{name}");
        now.store(4_102_444_800, SeqCst);
        assert_eq!(jar.explain(name).err(), Some(Refusal::Expired), "{name}");
    }
}

/// Like Rails, which keeps the cookies of each jar by name.
#[test]
fn what_the_handler_says_wins() {
    type Say = fn(&Cookies);
    let cases: [(&str, Say, &str); 4] = [
        (
            "written",
            |cookies| {
                let shop = CookieAttributes::new().path("/shop");
                cookies.signed().write("p", "w", &shop).unwrap();
            },
            "; path=/shop; SameSite=Lax",
        ),
        (
            "set",
            |cookies| {
                let shop = CookieAttributes::new().path("/shop");
                cookies
                    .set(SetCookie::new("p", "w", &shop).unwrap())
                    .unwrap();
            },
            "p=w; path=/shop; SameSite=Lax",
        ),
        (
            "deleted",
            |cookies| cookies.signed().delete("p", None).unwrap(),
            "p=; path=/; max-age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax",
        ),
        (
            "deleted as a plain one",
            |cookies| cookies.delete("p", None).unwrap(),
            "p=; path=/; max-age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax",
        ),
    ];
    let mut ran = 0;
    for (what, say, expected) in cases {
        for reads_first in [true, false] {
            let cookies = cookies(rotated(), P);
            let read = || cookies.signed().get::<String>("p").unwrap();
            if reads_first {
                assert_eq!(read().as_deref(), Some("v"), "{what}");
            }
            say(&cookies);
            let now = if what == "written" { Some("w") } else { None };
            assert_eq!(read().as_deref(), now, "{what}");
            let set = set(&cookies);
            assert_eq!(set.len(), 1, "{what} {set:?}");
            assert!(set[0].ends_with(expected), "{what} {set:?}");
            ran += 1;
        }
    }
    assert_eq!(ran, 8);
}

#[test]
fn once_and_not_by_looking() {
    let tally = Arc::new(Tally::new());
    let cookies = cookies(rotated().observer(tally.clone()), &format!("{P}; q=junk"));
    let signed = cookies.signed();
    let opened = signed.explain("p").unwrap().unwrap();
    assert_eq!(
        (opened.rotation(), opened.value().as_str()),
        (Some(0), Some("v"))
    );
    assert_eq!(signed.explain("q").err(), Some(Refusal::Malformed));
    assert!(signed.explain("r").unwrap().is_none());
    assert!(set(&cookies).is_empty() && tally.snapshot().is_empty());
    // The jar itself is pure.
    let jar = Jar::signed(&after(), settings()).rotation(Rotation::signed(&before(), settings()));
    assert!(
        jar.read::<String>("p", &CookieHeader::new(P))
            .unwrap()
            .is_some()
    );

    for _ in 0..3 {
        assert_eq!(signed.get::<String>("p"), Ok(Some("v".to_owned())));
        assert_eq!(signed.get::<String>("q"), Ok(None));
    }
    assert_eq!(set(&cookies), [P_AGAIN]);
    // The report names how the cookie came in, not how it will be set.
    let opened = signed.explain("p").unwrap().unwrap();
    assert_eq!(opened.rotation(), Some(0));
    let told: Vec<_> = tally
        .snapshot()
        .into_iter()
        .map(|(name, how, count)| (name, how.map(|how| how.rotation), count))
        .collect();
    let expected = [
        ("p".to_owned(), Ok(Some(0)), 3),
        ("q".to_owned(), Err(Refusal::Malformed), 3),
    ];
    assert_eq!(told, expected);
}

/// Cookies are not sealed without need: a key is good for 2^32 seals.
#[test]
fn however_often_it_is_read_it_is_sealed_once() {
    let [new, old] = [(); 2].map(|()| SecretKeyBase::generate().unwrap());
    let store =
        CookieStore::new(&new, settings(), NAME).rotation(Rotation::encrypted(&old, settings()));
    let store = Arc::new(store);
    let cookie = Jar::encrypted(&old, settings())
        .write("plan", "pro", None)
        .unwrap();
    let header = format!("plan={}", cookie.escaped_value());
    let cookies = Session::open(&store, header, RequestOrigin::default()).cookies();
    for _ in 0..3 {
        let value = cookies.encrypted().get::<String>("plan");
        assert_eq!(value, Ok(Some("pro".to_owned())));
    }
    assert_eq!((store.seals(), set(&cookies).len()), (Some(1), 1));
}

#[test]
fn where_nothing_is_written() {
    let read = |session: &Session| {
        let value = session.cookies().signed().get::<String>("p");
        assert_eq!(value, Ok(Some("v".to_owned())));
    };
    // A store that writes nothing.
    let session = request(rotated().writes(WritePolicy::Never), P);
    read(&session);
    assert!(session.commit(200).unwrap().cookies().is_empty());
    assert!(set(&session.cookies()).is_empty());
    // After the response headers.
    let session = request(rotated(), P);
    assert!(session.commit(200).unwrap().cookies().is_empty());
    read(&session);
    assert!(set(&session.cookies()).is_empty());
    // No rotation knows the secret before.
    let cookies = cookies(CookieStore::new(&after(), settings(), NAME), P);
    assert_eq!(cookies.signed().get::<String>("p"), Ok(None));
    let refused = cookies.signed().explain("p").err();
    assert_eq!(refused, Some(Refusal::Invalid));
    assert!(set(&cookies).is_empty());
}

/// The session's cookie has attributes that its commit knows.
#[test]
fn the_session_is_not_another_cookie() {
    let session = request(CookieStore::new(&before(), settings(), NAME), "");
    session.insert("user_id", 42).unwrap();
    let before = session.commit(200).unwrap().cookies()[0].to_string();
    let session = request(rotated(), pair(&before));
    let raw = session
        .cookies()
        .encrypted()
        .explain(NAME)
        .unwrap()
        .unwrap();
    assert!(raw.needs_rewrite());
    let raw = session
        .cookies()
        .encrypted()
        .get::<hardtack::value::Value>(NAME);
    assert!(raw.unwrap().is_some());
    assert!(set(&session.cookies()).is_empty());
    assert_eq!(session.get::<u32>("user_id"), Ok(Some(42)));
    let set = session.commit(200).unwrap().cookies()[0].to_string();
    assert!(set.ends_with("; path=/; httponly; samesite=lax"), "{set}");
}

#[test]
fn over_plain_http_and_where_browsers_insist_on_secure() {
    let seal = |name: &str, settings: Settings| {
        let jar = Jar::signed(&before(), settings);
        let cookie = jar
            .write(name, "v", &CookieAttributes::new().secure(true))
            .unwrap();
        format!("{name}={}", cookie.escaped_value())
    };
    let none = || settings().cookies_same_site_protection(Some(SameSite::None));
    let strict = |settings: Settings| {
        CookieStore::new(&after(), settings.clone(), NAME)
            .signed_rotation(Rotation::signed(&before(), settings))
    };
    // A name, the store, and what is set over HTTPS.
    let cases = [
        (
            "p",
            rotated().secure(true),
            "; path=/; secure; samesite=lax",
        ),
        ("__Host-p", rotated(), "; path=/; secure; samesite=lax"),
        ("__secure-p", rotated(), "; path=/; secure; samesite=lax"),
        ("p", strict(none()), "; path=/; secure; samesite=none"),
    ];
    let mut ran = 0;
    for (name, store, end) in cases {
        let store = Arc::new(store);
        let header = seal(name, settings());
        for tls in [true, false] {
            let origin = RequestOrigin::new(tls, Some("shop.example.org"));
            let cookies = Session::open(&store, header.clone(), origin).cookies();
            let value = cookies.signed().get::<String>(name);
            assert_eq!(value, Ok(Some("v".to_owned())), "{name}");
            let set = cookies.take();
            assert_eq!(set.len(), usize::from(tls), "{name} {set:?}");
            assert!(
                set.iter().all(|set| set.to_string().ends_with(end)),
                "{set:?}"
            );
            ran += 1;
        }
    }
    assert_eq!(ran, 8);
}

#[test]
fn an_older_name_is_removed() {
    let old = Jar::signed(&before(), settings());
    let cookie = old.write("rebate", 45, None).unwrap();
    let header = format!("rebate={}", cookie.escaped_value());
    let renamed = Rotation::signed(&before(), settings()).cookie_name("rebate");
    let jar = Arc::new(Jar::signed(&after(), settings()).rotation(renamed));

    let cookies = cookies(rotated(), &header);
    let value = cookies.through(jar.clone()).get::<u8>("discount");
    assert_eq!(value, Ok(Some(45)));
    let set = set(&cookies);
    assert_eq!(set.len(), 2);
    assert!(set[0].starts_with("discount=") && set[0].ends_with("; path=/; SameSite=Lax"));
    assert_eq!(
        set[1],
        "rebate=; path=/; max-age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT; SameSite=Lax"
    );
    let discount = self::cookies(rotated(), pair(&set[0])).signed();
    assert_eq!(discount.get::<u8>("discount"), Ok(Some(45)));
}

/// "Read new, write old": a cookie of the old settings is not set again.
#[test]
fn while_the_old_settings_write() {
    let writes = || {
        CookieStore::new(&after(), settings(), NAME)
            .signed_rotation(Rotation::signed(&before(), settings()).writes())
    };
    for header in [P, pair(P_AGAIN)] {
        let cookies = cookies(writes(), header);
        let value = cookies.signed().get::<String>("p");
        assert_eq!(value, Ok(Some("v".to_owned())));
        assert!(set(&cookies).is_empty());
    }
}

/// A cookie that was just set can be read, also under the old name that is written.
#[test]
fn what_is_set_under_an_older_name_is_read_again() {
    let older = || Rotation::signed(&before(), settings()).cookie_name("rebate");
    let store = CookieStore::new(&after(), settings(), NAME).signed_rotation(older().writes());
    let sent = Jar::signed(&before(), settings()).write("rebate", 1, None);
    let cookies = cookies(store, pair(&sent.unwrap().to_string()));
    let signed = cookies.signed();
    assert_eq!(signed.get::<u8>("discount"), Ok(Some(1)));

    signed.write("discount", 2, None).unwrap();
    assert_eq!(signed.get::<u8>("discount"), Ok(Some(2)));
    let explained = signed.explain("discount").unwrap().unwrap();
    assert_eq!(explained.older_name(), Some("rebate"));
    assert_eq!(explained.value(), &2.into());
    assert!(set(&cookies)[0].starts_with("rebate="));

    signed.delete("discount", None).unwrap();
    assert_eq!(signed.get::<u8>("discount"), Ok(None));
    assert_eq!(signed.explain("discount").unwrap().map(|_| ()), None);
}

/// A cookie that cannot be set again is read nevertheless.
#[test]
fn what_does_not_fit_any_more_stays() {
    let rails = settings().limit(hardtack::settings::SizeLimit::None);
    let old = Jar::signed(&before(), rails);
    let long = "x".repeat(4000);
    let cookie = old.write("p", &long, None).unwrap();
    let cookies = cookies(rotated(), &format!("p={}", cookie.escaped_value()));
    assert_eq!(cookies.signed().get::<String>("p"), Ok(Some(long)));
    assert!(set(&cookies).is_empty());
}

/// A type of the app that refuses every value, and puts the value into its error.
#[derive(Debug, PartialEq)]
struct Picky;

impl<'de> Deserialize<'de> for Picky {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Err(D::Error::custom(format!("{text} is not picked")))
    }
}

#[test]
fn another_type_is_an_error_without_the_value() {
    const MARKER: &str = "4111-1111";
    let types = [
        ("u8", "it is a String, not u8"),
        ("Picky", "it is a String, not jar::other_cookies::Picky"),
    ];
    let mut ran = 0;
    for serializer in hardtack::Serializer::ALL {
        let set_by = LoadDefaults::V7_1
            .settings()
            .cookies_serializer(*serializer);
        let now = CookieStore::new(&after(), set_by.clone(), NAME);
        if now.check().is_err() {
            continue; // not built in: tests/session/built_in.rs
        }
        let card = now.keyring().signed().write("card", MARKER, None);
        let header = format!("card={}", card.unwrap().escaped_value());
        let tally = Arc::new(Tally::new());
        let signed = cookies(now.observer(tally.clone()), &header).signed();
        for (of_type, reason) in types {
            let error = match of_type {
                "u8" => signed.get::<u8>("card").unwrap_err(),
                _ => signed.get::<Picky>("card").unwrap_err(),
            };
            let Error::UnexpectedValue {
                key, reason: said, ..
            } = &error
            else {
                panic!("{error:?}");
            };
            assert_eq!(
                (key.as_str(), said.as_str()),
                ("card", reason),
                "{serializer}"
            );
            let shown = format!("{error} {error:?}");
            assert!(!shown.contains(MARKER), "{shown}");
            ran += 1;
        }
        // It opened: the type is the handler's affair.
        let told = tally.snapshot();
        assert!(told.len() == 1 && told[0].1.is_ok(), "{told:?}");
        assert_eq!(signed.get::<String>("card"), Ok(Some(MARKER.to_owned())));
    }
    let formats =
        usize::from(cfg!(feature = "marshal")) + 2 * usize::from(cfg!(feature = "message_pack"));
    assert_eq!(ran, 2 * (2 + formats));
    // It was set here, by this handler: the same.
    let signed = cookies(rotated(), "").signed();
    signed.write("card", MARKER, None).unwrap();
    assert!(signed.get::<u8>("card").is_err());
    // And it is set again, which is not the type's affair either.
    let cookies = cookies(rotated(), P);
    assert!(cookies.signed().get::<u8>("p").is_err());
    assert_eq!(set(&cookies), [P_AGAIN]);
}

#[test]
fn nil_is_none_in_every_format() {
    let mut ran = 0;
    for serializer in hardtack::Serializer::ALL {
        let set_by = LoadDefaults::V7_1
            .settings()
            .cookies_serializer(*serializer);
        let store = CookieStore::new(&after(), set_by, NAME);
        if store.check().is_err() {
            continue; // not built in: tests/session/built_in.rs
        }
        let signed = cookies(store, "").signed();
        signed.write("plan", (), None).unwrap();
        assert_eq!(signed.get::<u8>("plan"), Ok(None), "{serializer}");
        assert!(signed.explain("plan").unwrap().unwrap().value().is_nil());
        ran += 1;
    }
    let formats =
        usize::from(cfg!(feature = "marshal")) + 2 * usize::from(cfg!(feature = "message_pack"));
    assert_eq!(ran, 2 + formats);
}

/// The handler's type may use the same cookies: no lock is held.
#[test]
fn a_type_that_reads_cookies() {
    thread_local! {
        static COOKIES: std::cell::RefCell<Option<Cookies>> = const { std::cell::RefCell::new(None) };
    }
    #[derive(Debug, PartialEq)]
    struct Nosy(Option<String>);
    impl<'de> Deserialize<'de> for Nosy {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            String::deserialize(deserializer)?;
            let cookies = COOKIES.with_borrow(Clone::clone).unwrap();
            let all = Domain::All { tld_length: None };
            let attributes = CookieAttributes::new().domain(all);
            cookies
                .signed()
                .write("q", "w", &attributes)
                .map_err(D::Error::custom)?;
            cookies
                .signed()
                .get("p")
                .map(Self)
                .map_err(D::Error::custom)
        }
    }
    let cookies = cookies(rotated(), P);
    COOKIES.set(Some(cookies.clone()));
    assert_eq!(
        cookies.signed().get::<Nosy>("p"),
        Ok(Some(Nosy(Some("v".to_owned()))))
    );
    let set = set(&cookies);
    assert!(
        set[0].starts_with("q=") && set[1] == P_AGAIN && set.len() == 2,
        "{set:?}"
    );
}
