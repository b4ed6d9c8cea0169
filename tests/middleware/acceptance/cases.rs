//! Rules for every framework, each case by its name.

use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering::SeqCst};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hardtack::headers::Domain;
use hardtack::settings::{Cipher, SizeLimit};
use hardtack::test_util::{Browser, cookie_header};
use hardtack::{
    CookieAttributes, CookieHeader, CookieStore, DuplicatePolicy, Error, Keyring, LoadDefaults,
    Refusal, RequestOrigin, Rotation, SameSite, SecretKeyBase, Session, SetCookie, WritePolicy,
};
use time::OffsetDateTime;

use crate::logged::logged;

use super::app::{Body, Framework, Handler, Panicked, Reply, Request, Response};
use super::caches::OF_RAILS as OF_A_USER;
use super::other_cookies::other_cookies_after_a_change_of_secret;

pub(crate) type Case = fn(&dyn Framework);
type Change = fn(&Session);
type Refused = fn(Result<(), Error>) -> bool;

macro_rules! cases {
    ($($case:ident)*) => {
        pub(crate) const ALL: &[(&str, Case)] = &[$((stringify!($case), $case)),*];
    };
}

cases! {
    first_write read_only untouched_though_stale change remove_a_key
    reset renew clear clear_without_a_cookie
    rotation_on_read rotation_with_another_name another_cipher secrets_swapped_while_running
    own_expiry skip_and_drop same_site_of_one_response
    rolling_expiry renewal_after_a_tenth expired fixed_expiry
    absolute_lifetime absolute_lifetime_of_a_session_of_rails expiry_that_rails_sealed
    tampered tampered_and_written
    duplicates_first duplicates_first_that_opens duplicates_stale_one_removed
    secure_over_http proxies_not_trusted_unless_told
    overflow another_limit overflow_met_by_the_handler what_was_checked_fits read_only_store written_when_read
    server_errors concurrent_requests panicking_handler streaming_response
    other_headers_stay other_cookies flash_and_tokens
    the_sessions_own_cookie_wins
    other_cookies_after_a_change_of_secret
    expiry_that_was_shortened mistakes_met_at_the_start duplicates_of_which_one_has_ended
    what_was_checked_keeps_its_id values_that_use_the_session jars_of_the_store
}

const NAME: &str = "_app_session";

/// The cookie that Rails 7.1 set (`tests/vectors/sessions/rails-7.1.jsonl`, "first write" under
/// `:json`):
/// `user_id` 42 and `name` Ada.
const OF_RAILS: &str = "aON%2BTe%2BtwjCcTZhwfnKzmqUs7GL4tq1N3A3zU54aAgVM37RI%2F4hdjblR%2BzYmKl5Q%2F319kd6bLYzxf61B4mWy1Rsbmk3xWMG0DfwILZSB2Ij9Gpk5AX3Q%2Flpa%2B090HaHH467yyXtjrcEFogxmVdLC0HVG6taoDHpylUrVzUJGmI7lwShfhHPp4JBvg7uLstCTlV8m95xziCEZ5%2B6sqWlv4yiyGcc%3D--RsY6a5sCycUJwiBb--4CT3%2F%2BH3ExTMvn%2F01KE92Q%3D%3D";

/// The secret of every vector.
fn secret() -> SecretKeyBase {
    SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap()
}

fn other_secret() -> SecretKeyBase {
    SecretKeyBase::new("0123456789abcdef".repeat(8)).unwrap()
}

fn store() -> CookieStore {
    CookieStore::new(&secret(), LoadDefaults::V7_1, NAME)
}

/// A framework, a store, and a browser that visits it.
struct Client<'f> {
    framework: &'f dyn Framework,
    store: Arc<CookieStore>,
    browser: Browser,
    request: Request,
}

impl<'f> Client<'f> {
    fn new(framework: &'f dyn Framework, store: CookieStore) -> Self {
        store.check().unwrap();
        Self {
            framework,
            store: Arc::new(store),
            browser: Browser::default(),
            request: Request::default(),
        }
    }

    /// Creates a browser with the session that Rails set.
    fn from_rails(framework: &'f dyn Framework, store: CookieStore) -> Self {
        let mut client = Self::new(framework, store);
        client.browser.receive([format!("{NAME}={OF_RAILS}")]);
        client
    }

    fn call(&mut self, handler: impl Fn(&Session) -> Reply + Send + Sync + 'static) -> Response {
        let response = self.try_call(handler).unwrap();
        assert_eq!(response.status, 200, "{response:?}");
        response
    }

    fn try_call(
        &mut self,
        handler: impl Fn(&Session) -> Reply + Send + Sync + 'static,
    ) -> Result<Response, Panicked> {
        let mut request = self.request.clone();
        let header = self.browser.cookie_header();
        if !header.is_empty() {
            request.cookies.push(header);
        }
        let handler = Handler::new(handler);
        let response = self
            .framework
            .serve(&(&self.store).into(), request, handler)?;
        self.browser.receive(&response.set_cookies);
        Ok(response)
    }

    /// Returns the value of a key in the browser's session.
    fn kept<T: serde::de::DeserializeOwned>(&self, key: &str) -> Option<T> {
        self.browser.session(&self.store)?.get(key).unwrap()
    }
}

fn visit(session: &Session) -> Reply {
    let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    Reply::text(visits.to_string())
}

fn look(session: &Session) -> Reply {
    Reply::text(format!("{:?}", session.get::<String>("name").unwrap()))
}

fn name_of(set_cookie: &str) -> &str {
    set_cookie.split('=').next().unwrap()
}

fn names(response: &Response) -> Vec<&str> {
    let set_cookies = response.set_cookies.iter();
    set_cookies.map(|set| name_of(set)).collect()
}

/// Checks that the session was asked for, and that no cookie is set.
fn assert_silent(response: &Response) {
    assert_eq!(response.set_cookies, [""; 0]);
    assert_eq!(response.cache_control.as_deref(), Some(OF_A_USER));
}

/// Checks that nobody asked for the session, and that no cookie is set.
fn assert_untouched(response: &Response) {
    assert_eq!(response.set_cookies, [""; 0]);
    assert_eq!(response.cache_control, None);
}

fn first_write(framework: &dyn Framework) {
    let mut client = Client::new(framework, store());
    let response = client.call(visit);
    assert_eq!(response.body, "1");
    assert_eq!(response.set_cookies.len(), 1);
    assert!(response.set_cookies[0].ends_with("; path=/; httponly; samesite=lax"));
    assert_eq!(response.cache_control.as_deref(), Some(OF_A_USER));
    assert_eq!(client.kept::<String>("session_id").unwrap().len(), 32);
    assert_eq!(client.call(visit).body, "2");
}

fn read_only(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let response = client.call(look);
    assert_eq!(response.body, r#"Some("Ada")"#);
    assert_silent(&response);

    let mut client = Client::new(framework, store());
    assert_silent(&client.call(look));
}

/// Sends a request that never asks for the session.
fn untouched_though_stale(framework: &dyn Framework) {
    let stale = CookieStore::new(&other_secret(), LoadDefaults::V7_1, NAME)
        .rotation(Rotation::encrypted(&secret(), LoadDefaults::V7_1))
        .expire_after(Duration::from_secs(60));
    let mut client = Client::from_rails(framework, stale);
    assert_untouched(&client.call(|_| Reply::text("static")));
}

fn change(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let id = client.kept::<String>("session_id").unwrap();
    client.call(|session| {
        session.insert("name", "Grace").unwrap();
        Reply::text("")
    });
    assert_eq!(client.kept::<String>("name").as_deref(), Some("Grace"));
    assert_eq!(client.kept::<u32>("user_id"), Some(42));
    assert_eq!(client.kept::<String>("session_id"), Some(id));
}

fn remove_a_key(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    client.call(|session| Reply::text(session.remove("name").unwrap().to_string()));
    let session = client.browser.session(&client.store).unwrap();
    assert_eq!(session.keys(), ["session_id", "user_id"]);
    let response = client.call(|session| Reply::text(session.remove("name").unwrap().to_string()));
    assert_eq!(response.body, "false");
    assert_silent(&response);
}

fn reset(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let id = client.kept::<String>("session_id").unwrap();
    let response = client.call(|session| {
        session.flash().set("notice", "Of whoever it was").unwrap();
        session.reset().unwrap();
        Reply::text(session.session_id().unwrap())
    });
    let session = client.browser.session(&client.store).unwrap();
    assert_eq!(session.keys(), ["session_id"]);
    assert_eq!(session.session_id(), Some(response.body));
    assert_ne!(session.session_id(), Some(id));
}

fn renew(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let id = client.kept::<String>("session_id").unwrap();
    client.call(|session| {
        // Somebody may have planted it.
        session.insert("_csrf_token", "planted").unwrap();
        session.renew().unwrap();
        Reply::text("")
    });
    assert_ne!(client.kept::<String>("session_id").unwrap(), id);
    assert_eq!(client.kept::<String>("_csrf_token"), None);
    assert_eq!(client.kept::<u32>("user_id"), Some(42));
}

fn clear(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let response = client.call(|session| {
        session.clear().unwrap();
        // Asking for its id gives it none, and so it stays empty.
        assert_eq!(session.session_id(), None);
        Reply::text("")
    });
    let removal = "_app_session=; path=/; max-age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT; httponly; samesite=lax";
    assert_eq!(response.set_cookies, [removal]);
    assert_eq!(response.cache_control.as_deref(), Some(OF_A_USER));
    assert_eq!(client.browser.cookie_header(), "");
}

fn clear_without_a_cookie(framework: &dyn Framework) {
    let mut client = Client::new(framework, store());
    let response = client.call(|session| {
        session.insert("user_id", 1).unwrap();
        session.clear().unwrap();
        Reply::text("")
    });
    assert_silent(&response);
}

fn rotation_on_read(framework: &dyn Framework) {
    let rotated = CookieStore::new(&other_secret(), LoadDefaults::V8_0, NAME)
        .rotation(Rotation::encrypted(&secret(), LoadDefaults::V7_1));
    let mut client = Client::from_rails(framework, rotated);
    let response = client.call(look);
    assert_eq!(response.body, r#"Some("Ada")"#);
    assert_eq!(response.set_cookies.len(), 1);
    assert_silent(&client.call(look));

    // It is under the new secret alone.
    let new = CookieStore::new(&other_secret(), LoadDefaults::V8_0, NAME);
    assert_eq!(client.browser.session(&new).unwrap().keys().len(), 3);
    assert!(client.browser.session(&store()).is_none());
}

fn rotation_with_another_name(framework: &dyn Framework) {
    let renamed = CookieStore::new(&secret(), LoadDefaults::V7_1, "__Host-app")
        .secure(true)
        .rotation(Rotation::encrypted(&secret(), LoadDefaults::V7_1).cookie_name(NAME));
    let mut client = Client::from_rails(framework, renamed);
    client.request.tls = true;
    let response = client.call(look);
    assert_eq!(response.body, r#"Some("Ada")"#);
    assert_eq!(names(&response), ["__Host-app", NAME]);
    assert!(response.set_cookies[1].starts_with("_app_session=; path=/; max-age=0;"));
    assert!(client.browser.cookie_header().starts_with("__Host-app="));
    assert_silent(&client.call(look));

    let renamed = |writes_old: bool| {
        let old = Rotation::encrypted(&secret(), LoadDefaults::V7_1).cookie_name(NAME);
        let old = if writes_old { old.writes() } else { old };
        CookieStore::new(&secret(), LoadDefaults::V7_1, "_renamed").rotation(old)
    };
    // A cookie that was not sent is not removed ...
    let response = Client::new(framework, renamed(false)).call(visit);
    assert_eq!(response.set_cookies.len(), 1);
    // ... and one that came under the older name alone is.
    let mut client = Client::from_rails(framework, renamed(false));
    let response = client.call(|session| {
        session.clear().unwrap();
        Reply::text("")
    });
    assert_eq!(response.set_cookies.len(), 1);
    assert_eq!(client.browser.cookie_header(), "");

    // While the older name is what is written, it is not stale.
    let mut client = Client::from_rails(framework, renamed(true));
    assert_silent(&client.call(look));
    assert_eq!(name_of(&client.call(visit).set_cookies[0]), NAME);
}

fn another_cipher(framework: &dyn Framework) {
    let cbc = LoadDefaults::V7_1.settings().cipher(Cipher::Aes256Cbc);
    let mut client = Client::from_rails(framework, CookieStore::new(&secret(), cbc, NAME));
    assert_eq!(client.call(look).set_cookies.len(), 1);
    assert_silent(&client.call(look));
    assert_eq!(client.browser.cookie_header().matches("--").count(), 1);
}

fn secrets_swapped_while_running(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    assert_silent(&client.call(look));
    let jars = Keyring::new(&other_secret(), LoadDefaults::V7_1)
        .rotation(Rotation::encrypted(&secret(), LoadDefaults::V7_1));
    client.store.replace_keyring(jars);
    assert_eq!(client.call(look).set_cookies.len(), 1);
    client
        .store
        .replace_keyring(Keyring::new(&other_secret(), LoadDefaults::V7_1));
    assert_eq!(client.call(look).body, r#"Some("Ada")"#);
}

/// Returns the store with a clock in seconds, which the test moves.
fn at(clock: &Arc<AtomicI64>, store: CookieStore) -> CookieStore {
    let clock = clock.clone();
    store.clock(move || OffsetDateTime::from_unix_timestamp(clock.load(SeqCst)).unwrap())
}

/// 2030-10-15 05:00:00 UTC.
fn noon() -> Arc<AtomicI64> {
    Arc::new(AtomicI64::new(1_918_270_800))
}

fn rolling_expiry(framework: &dyn Framework) {
    let clock = noon();
    let rolling = at(&clock, store().expire_after(Duration::from_secs(600)));
    let mut client = Client::new(framework, rolling);
    let response = client.call(visit);
    assert!(response.set_cookies[0].contains("; expires=Tue, 15 Oct 2030 05:10:00 GMT;"));
    for _ in 0..5 {
        clock.fetch_add(599, SeqCst);
        client.call(look);
    }
    assert_eq!(client.call(visit).body, "2");

    // A session sealed without an expiry gets one.
    let rolling = at(&clock, store().expire_after(Duration::from_secs(600)));
    let mut client = Client::from_rails(framework, rolling);
    assert_eq!(client.call(look).set_cookies.len(), 1);
    assert_silent(&client.call(look));
}

fn own_expiry(framework: &dyn Framework) {
    let clock = noon();
    let mut client = Client::new(framework, at(&clock, store()));
    assert!(!client.call(visit).set_cookies[0].contains("; expires="));
    let response = client.call(|session| {
        session
            .expire_after(Duration::from_millis(599_001))
            .unwrap();
        Reply::text("")
    });
    assert!(response.set_cookies[0].contains("; expires=Tue, 15 Oct 2030 05:10:00 GMT;"));
    // It lasts with the session, and is renewed as the store's own would be.
    for _ in 0..5 {
        clock.fetch_add(599, SeqCst);
        assert_eq!(client.call(look).set_cookies.len(), 1);
    }
    clock.fetch_add(600, SeqCst);
    assert_eq!(client.call(visit).body, "1");

    let response = client.call(|session| {
        session.expire_after(Duration::from_secs(60)).unwrap();
        session.expire_after(None).unwrap();
        Reply::text("")
    });
    assert!(!response.set_cookies[0].contains("; expires="));
    let refusals = client.call(|session| {
        let never = session.expire_after(Duration::MAX);
        let at_once = session.expire_after(Duration::ZERO);
        Reply::text(format!("{never:?} {at_once:?}"))
    });
    assert!(
        refusals
            .body
            .starts_with("Err(ExpiryOutOfRange) Err(CookieAttribute")
    );
    assert_eq!(refusals.set_cookies.len(), 0);
}

fn skip_and_drop(framework: &dyn Framework) {
    let mut client = Client::new(framework, store());
    client.call(visit);
    for leave in [Session::skip as fn(&Session) -> _, Session::drop] {
        let response = client.call(move |session| {
            leave(session).unwrap();
            visit(session)
        });
        assert_eq!(response.body, "2");
        assert_silent(&response);
    }
    assert_eq!(client.call(visit).body, "2");
}

fn same_site_of_one_response(framework: &dyn Framework) {
    let mut client = Client::new(framework, store().secure(true).assume_ssl(true));
    assert!(client.call(visit).set_cookies[0].ends_with("; samesite=lax"));
    let response = client.call(|session| {
        session.same_site(SameSite::None).unwrap();
        Reply::text("")
    });
    assert!(response.set_cookies[0].ends_with("; samesite=none"));
    assert_silent(&client.call(look));
    assert!(client.call(visit).set_cookies[0].ends_with("; samesite=lax"));

    let mut client = Client::new(framework, store());
    let response = client.call(|session| {
        let refused = session.same_site(SameSite::None);
        Reply::text(format!(
            "{}",
            matches!(refused, Err(Error::CookieConflict { .. }))
        ))
    });
    assert_eq!(response.body, "true");
    assert_eq!(response.set_cookies.len(), 0);
}

fn renewal_after_a_tenth(framework: &dyn Framework) {
    let clock = noon();
    let rolling = at(&clock, store().expire_after(Duration::from_secs(600)));
    let mut client = Client::new(framework, rolling);
    client.call(visit);
    clock.fetch_add(59, SeqCst);
    assert_silent(&client.call(look));
    clock.fetch_add(1, SeqCst);
    assert_untouched(&client.call(|_| Reply::text("not read")));
    let response = client.call(look);
    assert!(response.set_cookies[0].contains("; expires=Tue, 15 Oct 2030 05:11:00 GMT;"));
    assert_silent(&client.call(look));
}

fn expired(framework: &dyn Framework) {
    let clock = noon();
    let rolling = at(&clock, store().expire_after(Duration::from_secs(600)));
    let mut client = Client::new(framework, rolling);
    client.call(visit);
    clock.fetch_add(600, SeqCst);
    let response = client.call(|session| Reply::text(format!("{:?}", session.refusal())));
    assert_eq!(response.body, format!("{:?}", Some(Refusal::Expired)));
    assert_silent(&response);
    assert_eq!(client.call(visit).body, "1");
}

fn fixed_expiry(framework: &dyn Framework) {
    let clock = noon();
    let fixed_by = |clock: &Arc<AtomicI64>| {
        Arc::new(at(
            clock,
            store().expire_after_fixed(Duration::from_secs(600)),
        ))
    };
    let mut client = Client::new(framework, store());
    client.store = fixed_by(&clock);
    client.call(visit);
    clock.fetch_add(590, SeqCst);
    assert_silent(&client.call(look));
    let response = client.call(visit);
    assert_eq!(response.body, "2");
    assert!(response.set_cookies[0].contains("; expires=Tue, 15 Oct 2030 05:10:00 GMT;"));
    // Another session has an expiry of its own, and one of another id has not.
    let changes: [(Change, &str); 2] = [
        (|session| session.renew().unwrap(), "05:10:00"),
        (|session| session.reset().unwrap(), "05:19:50"),
    ];
    for (change, expires) in changes {
        let mut client = Client::new(framework, at(&clock, store()));
        client.store = fixed_by(&clock);
        client.browser.receive([response.set_cookies[0].clone()]);
        let response = client.call(move |session| {
            change(session);
            Reply::text("")
        });
        assert!(response.set_cookies[0].contains(&format!("2030 {expires} GMT")));
    }
    clock.fetch_add(10, SeqCst);
    let response = client.call(visit);
    assert_eq!(response.body, "1");
    assert!(response.set_cookies[0].contains("; expires=Tue, 15 Oct 2030 05:20:00 GMT;"));
}

fn absolute_lifetime(framework: &dyn Framework) {
    let clock = noon();
    let limited = store()
        .expire_after(Duration::from_secs(600))
        .absolute_lifetime(Duration::from_secs(1000));
    let mut client = Client::new(framework, at(&clock, limited));
    client.call(visit);
    clock.fetch_add(590, SeqCst);
    let response = client.call(visit);
    // Not 05:19:50: it began at 05:00.
    assert!(response.set_cookies[0].contains("; expires=Tue, 15 Oct 2030 05:16:40 GMT;"));
    clock.fetch_add(400, SeqCst);
    let response = client.call(look);
    assert_silent(&response);
    // A login begins another.
    client.call(|session| {
        session.reset().unwrap();
        session.insert("name", "Ada").unwrap();
        Reply::text("")
    });
    clock.fetch_add(10, SeqCst);
    assert_eq!(client.call(look).body, r#"Some("Ada")"#);

    let clock = noon();
    let limited = store().absolute_lifetime(Duration::from_secs(1000));
    let mut client = Client::new(framework, at(&clock, limited));
    let response = client.call(visit);
    assert!(!response.set_cookies[0].contains("expires="));
    clock.fetch_add(1000, SeqCst);
    assert_eq!(client.call(visit).body, "1");
}

fn absolute_lifetime_of_a_session_of_rails(framework: &dyn Framework) {
    let clock = noon();
    let limited = store().absolute_lifetime(Duration::from_secs(1000));
    let mut client = Client::from_rails(framework, at(&clock, limited));
    assert_eq!(client.call(look).set_cookies.len(), 1);
    assert_eq!(client.kept::<i64>("_began_at"), Some(1_918_270_800));
    clock.fetch_add(999, SeqCst);
    assert_silent(&client.call(look));
    clock.fetch_add(1, SeqCst);
    assert_eq!(client.call(look).body, "None");
}

/// Rails has `expire_after`, and Rust does not have the setting.
fn expiry_that_rails_sealed(framework: &dyn Framework) {
    let clock = noon();
    let of_rails = at(&clock, store().expire_after(Duration::from_secs(600)));
    let mut client = Client::new(framework, at(&clock, store()));
    let header = cookie_header(&of_rails, |session| session.insert("name", "Ada")).unwrap();
    client.browser.receive([header]);
    assert_silent(&client.call(look));
    let response = client.call(visit);
    assert!(response.set_cookies[0].contains("; expires=Tue, 15 Oct 2030 05:10:00 GMT;"));
}

fn tampered(framework: &dyn Framework) {
    for forged in [
        "AAAA--AAAA--AAAA",
        "",
        "%",
        &OF_RAILS.replacen("aON", "aOM", 1),
    ] {
        let mut client = Client::new(framework, store());
        client.browser.receive([format!("{NAME}={forged}")]);
        let response = client.call(look);
        assert_eq!(response.body, "None");
        assert_silent(&response);
    }
}

fn tampered_and_written(framework: &dyn Framework) {
    let mut client = Client::new(framework, store());
    client.browser.receive([format!("{NAME}=AAAA--AAAA--AAAA")]);
    assert_eq!(client.call(visit).body, "1");
    assert_eq!(client.call(visit).body, "2");
}

/// The first of two cookies is junk.
fn two_cookies(store: CookieStore, framework: &dyn Framework) -> Client<'_> {
    let mut client = Client::new(framework, store);
    client.request.cookies = vec![format!("{NAME}=junk; a=b; {NAME}={OF_RAILS}")];
    client
}

fn duplicates_first(framework: &dyn Framework) {
    let response = two_cookies(store(), framework).call(look);
    assert_eq!(response.body, "None");

    // In two headers, as HTTP/2 has it.
    let mut client = Client::new(framework, store());
    client.request.cookies = vec!["a=b".to_owned(), format!("{NAME}={OF_RAILS}")];
    assert_eq!(client.call(look).body, r#"Some("Ada")"#);
}

fn duplicates_first_that_opens(framework: &dyn Framework) {
    let store = store().duplicates(DuplicatePolicy::FirstThatOpens);
    let response = two_cookies(store, framework).call(look);
    assert_eq!(response.body, r#"Some("Ada")"#);
    assert_silent(&response);

    // Not one of thousands: fifty are tried.
    for (junk, body) in [(49, r#"Some("Ada")"#), (50, "None"), (5_000, "None")] {
        let store = self::store().duplicates(DuplicatePolicy::FirstThatOpens);
        let mut client = Client::new(framework, store);
        client.request.cookies = vec![format!("{NAME}=; ").repeat(junk) + NAME + "=" + OF_RAILS];
        assert_eq!(client.call(look).body, body, "{junk}");
    }
}

fn duplicates_stale_one_removed(framework: &dyn Framework) {
    let narrowed = || {
        store()
            .duplicates(DuplicatePolicy::FirstThatOpens)
            .former_attributes(CookieAttributes::new().domain("example.org"))
    };
    let response = two_cookies(narrowed(), framework).call(look);
    assert_eq!(response.set_cookies.len(), 2);
    assert!(response.set_cookies[0].ends_with("; path=/; httponly; samesite=lax"));
    assert!(
        response.set_cookies[1]
            .starts_with("_app_session=; domain=example.org; path=/; max-age=0;")
    );

    // One that came alone is let be until it is written.
    let mut client = Client::from_rails(framework, narrowed());
    client.request.cookies = vec!["a=b; c=d".to_owned()];
    assert_silent(&client.call(look));
    assert_eq!(client.call(visit).set_cookies.len(), 2);

    // The same attributes would remove what is set, and say twice what is removed.
    let same = || store().former_attributes(CookieAttributes::new());
    let mut client = Client::from_rails(framework, same());
    assert_eq!(client.call(visit).set_cookies.len(), 1);
    let mut client = Client::from_rails(framework, same());
    let response = client.call(|session| {
        session.clear().unwrap();
        Reply::text("")
    });
    assert_eq!(response.set_cookies.len(), 1);

    // Another path is another cookie, and the host says which domain it had.
    for (former, place) in [
        (CookieAttributes::new().path("/shop"), "path=/shop;"),
        (
            CookieAttributes::new().domain(Domain::All { tld_length: None }),
            "domain=example.org; path=/;",
        ),
    ] {
        let mut client = Client::from_rails(framework, store().former_attributes(former));
        client.request.headers = vec![("host", "www.example.org")];
        let response = client.call(visit);
        assert!(
            response.set_cookies[1].starts_with(&format!("{NAME}=; {place}")),
            "{response:?}"
        );
    }
}

fn secure_over_http(framework: &dyn Framework) {
    let mut client = Client::new(framework, store().secure(true));
    let set_both = |session: &Session| {
        let cookies = session.cookies();
        cookies.signed().write("a", 1, None).unwrap();
        cookies
            .signed()
            .write("b", 1, &CookieAttributes::new().secure(true))
            .unwrap();
        visit(session)
    };
    let response = client.call(set_both);
    assert_eq!(names(&response), ["a"]);
    client.request.tls = true;
    let response = client.call(set_both);
    assert_eq!(names(&response), [NAME, "a", "b"]);
    assert!(response.set_cookies[0].ends_with("; path=/; secure; httponly; samesite=lax"));
}

fn proxies_not_trusted_unless_told(framework: &dyn Framework) {
    let all = || {
        store()
            .secure(true)
            .domain(Domain::All { tld_length: None })
    };
    let headers = vec![
        ("host", "10.0.0.7:3000"),
        // The client's own, and the proxies'.
        ("x-forwarded-proto", "http"),
        ("x-forwarded-proto", "https, http"),
        ("x-forwarded-host", "evil.example"),
        ("x-forwarded-host", "www.example.org, cdn.example"),
    ];
    let call = |store| {
        let mut client = Client::new(framework, store);
        client.request.headers.clone_from(&headers);
        client.call(visit).set_cookies
    };
    assert_eq!(call(all()), [""; 0]);
    // An unknown scheme is ignored (Rack 2.2 request.rb, allowed_scheme).
    let proto = |proto: &'static str, is_tls| {
        let header = move |name: &str| (name == "x-forwarded-proto").then_some(proto.as_bytes());
        all().trusted_hops(1).origin(is_tls, header).is_ssl()
    };
    for (sent, is_ssl) in [
        ("HTTPS", [true, true]),
        ("wss", [true, true]),
        ("http", [false, false]),
        ("ws", [false, false]),
        ("", [false, true]),
        ("gopher", [false, true]),
    ] {
        assert_eq!([proto(sent, false), proto(sent, true)], is_ssl, "{sent}");
    }
    assert_eq!(call(all().trusted_hops(1)), [""; 0]);
    assert!(call(all().trusted_hops(2))[0].contains("; domain=example.org; path=/; secure;"));
    assert_eq!(call(all().trusted_hops(3)), [""; 0]);
    assert_eq!(call(all().trusted_hops(4)), [""; 0]);
    assert!(call(all().assume_ssl(true))[0].contains("; path=/; secure;"));
}

fn overflow(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let response = client
        .try_call(|session| {
            session
                .insert("cart", "secret of mine".repeat(300))
                .unwrap();
            Reply::text("all is well")
        })
        .unwrap();
    assert_eq!(response.status, 500);
    assert_eq!(response.set_cookies, [""; 0]);
    assert!(!response.body.contains("secret") && !response.body.contains("well"));
    assert_eq!(client.call(look).body, r#"Some("Ada")"#);
}

fn another_limit(framework: &dyn Framework) {
    let fills = |store: CookieStore, length: usize| {
        let mut client = Client::new(framework, store);
        let fill = move |session: &Session| {
            session.insert("cart", "x".repeat(length)).unwrap();
            Reply::text("")
        };
        client.try_call(fill).unwrap().status
    };
    assert_eq!(fills(store(), 5000), 500);
    assert_eq!(fills(store().limit(SizeLimit::Rails), 5000), 500);
    assert_eq!(fills(store().limit(SizeLimit::None), 5000), 200);
}

fn overflow_met_by_the_handler(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let response = client.call(|session| {
        session.insert("cart", "tea ".repeat(1000)).unwrap();
        let Err(Error::CookieOverflow(overflow)) = session.check() else {
            panic!("it fits")
        };
        session.remove("cart").unwrap();
        session.check().unwrap();
        Reply::text(format!("{} {}", overflow.entries[0].0, overflow.limit))
    });
    assert_eq!(response.body, "cart 4096");
    assert_eq!(client.kept::<u32>("user_id"), Some(42));
}

/// Within some 150 bytes of the limit the nonce decides: a session that `check` accepted must fit.
fn what_was_checked_fits(framework: &dyn Framework) {
    let fitted = AtomicUsize::new(0);
    for length in (1980..2180).step_by(5) {
        let mut client = Client::new(framework, store());
        let response = client.call(move |session| {
            session.insert("cart", "x".repeat(length)).unwrap();
            let fits = session.check().is_ok();
            if !fits {
                session.remove("cart").unwrap();
            }
            // Reading is no change.
            assert_eq!(session.contains_key("cart"), fits);
            Reply::text(fits.to_string())
        });
        if response.body == "true" {
            assert_eq!(client.kept::<String>("cart").unwrap().len(), length);
            fitted.fetch_add(1, SeqCst);
        }
    }
    let fitted = fitted.into_inner();
    assert!(
        (2..39).contains(&fitted),
        "{fitted} of 40: the limit is elsewhere"
    );

    // What is changed after is not lost.
    let mut client = Client::new(framework, store());
    client.call(|session| {
        session.insert("step", 1).unwrap();
        session.check().unwrap();
        session.flash().set("notice", "after").unwrap();
        session.check().unwrap();
        session.insert("step", 2).unwrap();
        Reply::text("")
    });
    assert_eq!(client.kept::<u8>("step"), Some(2));
    assert!(
        client
            .browser
            .session(&client.store)
            .unwrap()
            .contains_key("flash")
    );
}

fn read_only_store(framework: &dyn Framework) {
    let watching = CookieStore::new(&other_secret(), LoadDefaults::V7_1, NAME)
        .rotation(Rotation::encrypted(&secret(), LoadDefaults::V7_1))
        .expire_after(Duration::from_secs(60))
        .writes(WritePolicy::Never);
    let mut client = Client::from_rails(framework, watching);
    let response = client.call(|session| {
        assert_eq!(session.insert("user_id", 1), Err(Error::ReadOnlySession));
        assert_eq!(
            session.authenticity_tokens().err(),
            Some(Error::ReadOnlySession)
        );
        assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
        assert_eq!(session.clear(), Err(Error::ReadOnlySession));
        Reply::text("")
    });
    assert_silent(&response);
}

fn written_when_read(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store().writes(WritePolicy::WhenRead));
    assert_eq!(client.call(look).set_cookies.len(), 1);
    assert_untouched(&client.call(|_| Reply::text("not read")));
    let mut client = Client::new(framework, store().writes(WritePolicy::WhenRead));
    assert_silent(&client.call(look));
}

fn server_errors(framework: &dyn Framework) {
    for status in [500, 503] {
        let mut client = Client::new(framework, store().writes_on_server_error(true));
        let response = client
            .try_call(move |session| visit(session).status(status))
            .unwrap();
        assert_eq!((response.status, response.set_cookies.len()), (status, 1));

        // What the request was about did not happen; other cookies are set with any status.
        let mut client = Client::from_rails(framework, store());
        let response = client
            .try_call(move |session| {
                let cookie = SetCookie::new("theme", "dark", None).unwrap();
                session.cookies().set(cookie).unwrap();
                session.reset().unwrap();
                visit(session).status(status)
            })
            .unwrap();
        assert_eq!((response.status, names(&response)), (status, vec!["theme"]));
        assert_eq!(client.call(look).body, r#"Some("Ada")"#);
        let response = client
            .try_call(|session| visit(session).status(404))
            .unwrap();
        assert_eq!((response.status, response.set_cookies.len()), (404, 1));
    }
}

fn concurrent_requests(framework: &dyn Framework) {
    let store = Arc::new(store());
    let served = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for user in 0..4_u32 {
            let (store, served) = (&store, &served);
            scope.spawn(move || {
                for round in 0..25_u32 {
                    let header = cookie_header(store, |session| session.insert("user", user));
                    let request = Request {
                        cookies: vec![header.unwrap()],
                        ..Request::default()
                    };
                    let response = framework.serve(
                        &store.into(),
                        request,
                        Handler::new(move |session| {
                            session.insert("round", round).unwrap();
                            Reply::text(session.get::<u32>("user").unwrap().unwrap().to_string())
                        }),
                    );
                    let response = response.unwrap();
                    assert_eq!(response.body, user.to_string());
                    let mut browser = Browser::default();
                    browser.receive(&response.set_cookies);
                    let session = browser.session(store).unwrap();
                    assert_eq!(session.get::<u32>("user").unwrap(), Some(user));
                    assert_eq!(session.get::<u32>("round").unwrap(), Some(round));
                    served.fetch_add(1, SeqCst);
                }
            });
        }
    });
    assert_eq!(served.into_inner(), 100);
}

fn panicking_handler(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let kept = Arc::new(Mutex::new(None));
    let handle = kept.clone();
    let outcome = client.try_call(move |session| {
        *handle.lock().unwrap() = Some(session.clone());
        session.insert("name", "nobody").unwrap();
        session
            .update(|_| panic!("in a closure of the session"))
            .unwrap()
    });
    if let Ok(response) = outcome {
        assert_eq!(response.status, 500);
        assert_eq!(response.set_cookies, [""; 0]);
    }
    // The handle still works, and so does the app.
    let session = kept.lock().unwrap().take().unwrap();
    assert_eq!(session.get::<u32>("user_id").unwrap(), Some(42));
    assert_eq!(client.call(look).body, r#"Some("Ada")"#);
}

fn streaming_response(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let response = client.call(|session| {
        session.insert("seen", true).unwrap();
        let piece = |text: &'static str| -> Box<dyn FnOnce() -> String + Send> {
            let session = session.clone();
            Box::new(move || {
                // The head is gone: a change has to be an error, and not silence.
                assert_eq!(session.insert("late", 1), Err(Error::CommittedSession));
                format!(
                    "{text} for {}; ",
                    session.get::<String>("name").unwrap().unwrap()
                )
            })
        };
        Reply {
            body: Body::Stream(vec![piece("one"), piece("two"), piece("three")]),
            ..Reply::text("")
        }
    });
    assert_eq!(response.body, "one for Ada; two for Ada; three for Ada; ");
    assert_eq!(response.set_cookies.len(), 1);
    assert_eq!(client.kept::<bool>("seen"), Some(true));
    assert_eq!(client.kept::<u8>("late"), None);
}

fn other_headers_stay(framework: &dyn Framework) {
    let mut client = Client::new(framework, store());
    let response = client.call(|session| {
        visit(session)
            .header("set-cookie", "theme=dark; path=/")
            .header("cache-control", "no-store")
    });
    assert_eq!(names(&response), ["theme", NAME]);
    assert_eq!(response.cache_control.as_deref(), Some("no-store"));
}

fn other_cookies(framework: &dyn Framework) {
    let mut client = Client::new(framework, store());
    let response = client.call(|session| {
        let cookies = session.cookies();
        cookies.encrypted().write("discount", 45, None).unwrap();
        cookies.signed().write("seen", ["welcome"], None).unwrap();
        Reply::text("")
    });
    assert_eq!(names(&response), ["discount", "seen"]);
    assert_eq!(response.cache_control.as_deref(), Some(OF_A_USER));

    let response = client.call(|session| {
        let cookies = session.cookies();
        let discount = cookies.encrypted().get::<u32>("discount").unwrap();
        let seen = cookies.signed().get::<Vec<String>>("seen").unwrap();
        assert_eq!(cookies.signed().get::<u32>("discount"), Ok(None));
        cookies.signed().delete("seen", None).unwrap();
        Reply::text(format!("{discount:?} {seen:?}"))
    });
    assert_eq!(response.body, r#"Some(45) Some(["welcome"])"#);
    assert_eq!(response.set_cookies.len(), 1);
    let header = client.browser.cookie_header();
    let kept: Vec<_> = CookieHeader::new(&header)
        .iter()
        .map(|(name, _)| name)
        .collect();
    assert_eq!(kept, [b"discount"]);

    // Of one name the last counts; of one name and path it is the only one.
    let response = client.call(|session| {
        let cookies = session.cookies();
        for (value, path) in [("1", "/a"), ("2", "/a"), ("3", "/b")] {
            let attributes = CookieAttributes::new().path(path);
            let cookie = SetCookie::new("step", value, &attributes).unwrap();
            cookies.set(cookie).unwrap();
        }
        Reply::text(cookies.get("step").unwrap())
    });
    assert_eq!(response.body, "3");
    assert_eq!(
        response.set_cookies,
        [
            "step=2; path=/a; samesite=lax",
            "step=3; path=/b; samesite=lax"
        ]
    );
}

/// A handler sets a cookie with the session's name, through `Cookies` and as a header. The session's
/// own takes its place, once, and the operator is told. Without a framework nobody sees the headers.
fn the_sessions_own_cookie_wins(framework: &dyn Framework) {
    let forged = || SetCookie::new(NAME, "forged", None).unwrap();
    let set = move |session: &Session| session.cookies().set(forged()).unwrap();
    let mut kept = Vec::new();
    let mut lines = logged(|| {
        let mut client = Client::new(framework, store());
        let response = client.call(move |session| {
            set(session);
            visit(session)
        });
        kept.extend(client.kept::<u32>("visits"));
        assert_eq!(names(&response), [NAME], "{:?}", response.set_cookies);
    });
    let mut ran = 1;
    if framework.name() != "bare" {
        let headers = [
            "_app_session=forged; path=/",
            " _app_session =forged; Max-Age=1; PATH = /; secure",
            "_app_session=forged",
            "_app_session=forged; path=",
            "_app_session=forged; path=admin; path",
        ];
        for header in headers {
            lines.extend(logged(|| {
                let mut client = Client::new(framework, store());
                let response = client.call(move |session| {
                    visit(session)
                        .header("set-cookie", "theme=dark; path=/")
                        .header("set-cookie", header)
                });
                assert_eq!(names(&response), ["theme", NAME], "{header}");
                kept.extend(client.kept::<u32>("visits"));
            }));
            ran += 1;
        }
    }
    assert_eq!(kept, vec![1; ran]);
    let told = if cfg!(feature = "tracing") { ran } else { 0 };
    assert_eq!(lines.len(), told, "{lines:#?}");
    for line in &lines {
        assert!(
            line.contains("it was dropped for the session's own"),
            "{line}"
        );
        assert!(line.contains(&format!("cookie=\"{NAME}\"")) && !line.contains("forged"));
    }

    // Other places, and a response that sets no session: the handler's cookie is sent.
    let mut client = Client::new(framework, store());
    let elsewhere = CookieAttributes::new().path("/admin");
    let response = client.call(move |session| {
        let cookie = SetCookie::new(NAME, "x", &elsewhere).unwrap();
        session.cookies().set(cookie).unwrap();
        visit(session).header("set-cookie", "_app_session=x; path=/; domain=example.org")
    });
    assert_eq!(names(&response), [NAME; 3]);
    let response = client.call(move |session| {
        set(session);
        look(session)
    });
    assert_eq!(
        response.set_cookies,
        ["_app_session=forged; path=/; samesite=lax"]
    );
}

fn flash_and_tokens(framework: &dyn Framework) {
    let mut client = Client::new(framework, store());
    let response = client.call(|session| {
        session.flash().set("notice", "Saved").unwrap();
        let tokens = session.authenticity_tokens().unwrap();
        Reply::text(tokens.masked_per_form_token("/orders", "post").unwrap())
    });
    let token = response.body;
    let show = |session: &Session| Reply::text(session.flash().notice().unwrap_or_default());
    // One that nobody asks for waits.
    assert_untouched(&client.call(|_| Reply::text("static")));
    let response = client.call(show);
    assert_eq!(
        (response.body.as_str(), response.set_cookies.len()),
        ("Saved", 1)
    );
    let response = client.call(show);
    assert_eq!(response.body, "");
    assert_silent(&response);

    let response = client.call(move |session| {
        assert!(session.is_authentic(&token, "/orders", "POST"));
        assert!(!session.is_authentic(&token, "/orders/1", "DELETE"));
        Reply::text("")
    });
    assert_silent(&response);
}

/// The sealed expiry is a year; later the store was set to ten minutes.
fn expiry_that_was_shortened(framework: &dyn Framework) {
    let clock = noon();
    let year = Duration::from_secs(365 * 24 * 60 * 60);
    let header = cookie_header(&at(&clock, store().expire_after(year)), |session| {
        session.insert("name", "Ada")
    });
    let shortened = at(&clock, store().expire_after(Duration::from_secs(600)));
    let mut client = Client::new(framework, shortened);
    client.browser.receive([header.unwrap()]);
    let response = client.call(look);
    assert_eq!(response.body, r#"Some("Ada")"#);
    assert!(response.set_cookies[0].contains("; expires=Tue, 15 Oct 2030 05:10:00 GMT;"));
    assert_silent(&client.call(look));
}

fn mistakes_met_at_the_start(_: &dyn Framework) {
    let zero = |result: Result<(), Error>| matches!(result, Err(Error::CookieAttribute { .. }));
    let late = |result: Result<(), Error>| result == Err(Error::ExpiryOutOfRange);
    let setters: [fn(CookieStore, Duration) -> CookieStore; 3] = [
        CookieStore::expire_after,
        CookieStore::expire_after_fixed,
        CookieStore::absolute_lifetime,
    ];
    let durations: [(Duration, Refused); 3] = [
        (Duration::MAX, late),
        (Duration::from_secs(10_000 * 365 * 24 * 60 * 60), late),
        (Duration::ZERO, zero),
    ];
    let jars = store().keyring();
    let fresh = || CookieStore::with_keyring(Keyring::clone(&jars), NAME);
    let mut ran = 0;
    for set in setters {
        for (duration, refused) in durations {
            let store = set(fresh(), duration);
            assert!(refused(store.check()), "{store:?}");
            ran += 1;
        }
        assert!(set(fresh(), Duration::from_secs(1)).check().is_ok());
    }
    assert_eq!(ran, 9);
}

/// The first of two cookies opens, but has expired or holds no session.
fn duplicates_of_which_one_has_ended(framework: &dyn Framework) {
    let clock = noon();
    let limited = || {
        let store = store()
            .absolute_lifetime(Duration::from_secs(1000))
            .duplicates(DuplicatePolicy::FirstThatOpens);
        at(&clock, store)
    };
    let named =
        |name: &str| cookie_header(&limited(), |session| session.insert("name", name)).unwrap();
    let ended = named("Grace");
    clock.fetch_add(1000, SeqCst);
    let list = store().keyring().session().write(NAME, ["a list"], None);
    let list = format!("{NAME}={}", list.unwrap().escaped_value());
    for first in [ended, list] {
        let mut client = Client::new(framework, limited());
        client.request.cookies = vec![format!("{first}; {}", named("Ada"))];
        assert_eq!(client.call(look).body, r#"Some("Ada")"#);
    }
}

fn what_was_checked_keeps_its_id(framework: &dyn Framework) {
    let changes: [Change; 2] = [
        |session| session.insert("step", 1).unwrap(),
        |session| session.flash().set("notice", "Saved").unwrap(),
    ];
    for change in changes {
        let mut client = Client::new(framework, store());
        let kept = Arc::new(Mutex::new(None));
        let handle = kept.clone();
        let response = client.call(move |session| {
            change(session);
            session.check().unwrap();
            *handle.lock().unwrap() = Some(session.clone());
            Reply::text(session.session_id().unwrap())
        });
        let id = client.kept::<String>("session_id").unwrap();
        assert_eq!(response.body, id);
        let session = kept.lock().unwrap().take().unwrap();
        assert_eq!(session.session_id(), Some(id));
    }
    let mut client = Client::new(framework, store());
    let response = client.call(|session| {
        session.check().unwrap();
        Reply::text(format!("{:?}", session.session_id()))
    });
    assert_eq!(response.body, "None");
    assert_silent(&response);
}

/// A value that reads the session, and commits it, while the value is serialized.
struct Commits(Session);

impl serde::Serialize for Commits {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let _ = self.0.commit(200).unwrap();
        serializer.collect_map([("name", self.0.get::<String>("name").unwrap())])
    }
}

/// No deadlock occurs, and a change during the commit is reported as late.
fn values_that_use_the_session(framework: &dyn Framework) {
    let mut client = Client::from_rails(framework, store());
    let (done, waits) = std::sync::mpsc::channel();
    let watch = std::thread::spawn(move || {
        let in_time = waits.recv_timeout(Duration::from_secs(20));
        assert!(in_time.is_ok(), "it waits for itself");
    });
    let response = client.call(move |session| {
        let inner = session.clone();
        let name = session.read(|data| {
            inner.insert("seen", true).unwrap();
            // As it was when it was asked for.
            assert!(!data.contains_key("seen"));
            inner.get::<String>("name").unwrap()
        });
        for late in [
            session.insert("late", Commits(session.clone())),
            session.merge(&Commits(session.clone())),
        ] {
            assert_eq!(late, Err(Error::CommittedSession));
        }
        done.send(()).unwrap();
        Reply::text(name.unwrap())
    });
    watch.join().unwrap();
    assert_eq!(response.body, "Ada");
}

fn jars_of_the_store(framework: &dyn Framework) {
    let base_url = |ssl, host| RequestOrigin::new(ssl, Some(host)).base_url().unwrap();
    assert_eq!(base_url(true, "a.example:443"), "https://a.example");
    assert_eq!(base_url(true, "a.example:80"), "https://a.example:80");

    // The host decides on the domain of what is deleted.
    let mut client = Client::new(framework, store());
    client.request.headers = vec![("host", "www.example.org")];
    let response = client.call(|session| {
        let all = CookieAttributes::new().domain(Domain::All { tld_length: None });
        session.cookies().delete("theme", &all).unwrap();
        session.cookies().signed().delete("seen", &all).unwrap();
        Reply::text("")
    });
    for (set, name) in response.set_cookies.iter().zip(["theme", "seen"]) {
        assert!(
            set.starts_with(&format!("{name}=; domain=example.org;")),
            "{set}"
        );
    }
    assert_eq!(response.set_cookies.len(), 2);

    // Every jar goes by the store's clock, and a session's older name is no other cookie's.
    let clock = noon();
    let old = Rotation::encrypted(&secret(), LoadDefaults::V7_1).cookie_name("_old");
    let jars = at(&clock, store().rotation(old)).keyring();
    let ends = OffsetDateTime::from_unix_timestamp(clock.load(SeqCst) + 60).unwrap();
    let ending = CookieAttributes::new().expires(ends);
    for jar in [jars.encrypted(), jars.signed()] {
        let cookie = jar.write("_old", 7, &ending).unwrap();
        assert!(jar.read_value::<u8>("_old", cookie.value()).is_ok());
        let header = format!("_old={}", cookie.escaped_value());
        assert!(
            jar.read::<u8>("theme", &CookieHeader::new(&header))
                .unwrap()
                .is_none()
        );
        clock.fetch_add(60, SeqCst);
        assert!(jar.read_value::<u8>("_old", cookie.value()).is_err());
        clock.fetch_sub(60, SeqCst);
    }
}
