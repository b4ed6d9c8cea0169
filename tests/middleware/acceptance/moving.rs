//! Sessions that move between a cookie and stores: rules for every framework.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use hardtack::observe::Tally;
use hardtack::stores::{ConflictPolicy, Entry, Saved, SessionStore, StoreError, StoredJson, When};
use hardtack::test_util::Browser;
use hardtack::{
    Commit, CookieStore, LazySession, LoadDefaults, RequestOrigin, SecretKeyBase, ServerSessions,
    Session, WritePolicy,
};
use time::OffsetDateTime;

use super::app::{Framework, Handler, Reply, Request, Response, Sessions};
use super::cases::Case;
use super::recorded::{Recorded, now, private_id, refused};

macro_rules! cases {
    ($($case:ident)*) => {
        pub(crate) const ALL: &[(&str, Case)] = &[$((stringify!($case), $case)),*];
    };
}

cases! {
    moving_to_a_store moving_to_a_store_under_another_name moving_from_a_domain
    moving_a_known_id_wins moving_an_unknown_id moving_logout_of_a_cookie moving_login
    moving_store_fails_at_the_save moving_read_only moving_ids_ask_the_store_first
    moving_to_a_cookie moving_to_a_cookie_beside_others moving_logout_of_a_store
    moving_login_from_a_store moving_store_out_of_reach moving_entry_that_stays
    moving_overflow moving_overflow_that_was_checked
    moving_between_stores moving_between_stores_at_once moving_logout_between_stores
    moving_end_of_a_cookie moving_end_of_an_entry moving_is_observed moving_there_and_back
    moving_by_three_places moving_while_another_ends_it moving_end_while_another_moves
    moving_key_beside_a_renewal
}

const NAME: &str = "_shop_session";

fn secret() -> SecretKeyBase {
    SecretKeyBase::new("b3c631c314c0bbca50c1b2843150fe33".repeat(4)).unwrap()
}

fn in_cookie(name: &str) -> CookieStore {
    CookieStore::new(&secret(), LoadDefaults::V7_1, name)
}

/// A store that fails at the operations whose name begins with a text.
#[derive(Clone, Default)]
struct Store {
    recorded: Recorded,
    failing: Arc<Mutex<Option<&'static str>>>,
}

impl Store {
    fn fail_at(&self, operation: impl Into<Option<&'static str>>) {
        *self.failing.lock().unwrap() = operation.into();
    }

    fn check(&self, operation: &str) -> Result<(), StoreError> {
        match *self.failing.lock().unwrap() {
            Some(failing) if failing == operation => refused(),
            _ => Ok(()),
        }
    }

    fn sessions(&self, name: &str) -> ServerSessions {
        ServerSessions::new(StoredJson, self.clone(), name)
    }

    fn asked(&self) -> Vec<String> {
        self.recorded.asked()
    }

    fn text(&self, id: &str) -> Option<String> {
        self.recorded.text(&private_id(id))
    }

    fn put(&self, id: &str, text: &str) {
        self.recorded.put(&private_id(id), text.to_owned());
    }
}

impl SessionStore for Store {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.check("load")?;
        self.recorded.load(key).await
    }

    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.check("save")?;
        self.recorded.save(key, bytes, ttl, when).await
    }

    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.check("touch")?;
        self.recorded.touch(key, ttl).await
    }

    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.check("delete")?;
        self.recorded.delete(key, when).await
    }
}

impl From<ServerSessions> for Sessions {
    fn from(sessions: ServerSessions) -> Self {
        Self::OnServer(Arc::new(sessions))
    }
}

impl From<CookieStore> for Sessions {
    fn from(sessions: CookieStore) -> Self {
        Self::InCookie(Arc::new(sessions))
    }
}

struct Client<'f> {
    framework: &'f dyn Framework,
    sessions: Sessions,
    browser: Browser,
}

impl<'f> Client<'f> {
    fn new(framework: &'f dyn Framework, sessions: impl Into<Sessions>) -> Self {
        Self {
            framework,
            sessions: sessions.into(),
            browser: Browser::default(),
        }
    }

    /// The same browser, at servers with other sessions.
    fn at(&mut self, sessions: impl Into<Sessions>) {
        self.sessions = sessions.into();
    }

    fn call(&mut self, handler: impl Fn(&Session) -> Reply + Send + Sync + 'static) -> Response {
        let header = self.browser.cookie_header();
        let request = Request {
            cookies: (!header.is_empty()).then_some(header).into_iter().collect(),
            ..Request::default()
        };
        let handler = Handler::new(handler);
        let response = self.framework.serve(&self.sessions, request, handler);
        let response = response.unwrap();
        self.browser.receive(&response.set_cookies);
        response
    }

    fn value(&self, name: &str) -> Option<String> {
        let header = self.browser.cookie_header();
        let mut pairs = header.split("; ").filter_map(|pair| pair.split_once('='));
        let found = pairs.find(|(sent, _)| *sent == name);
        found.map(|(_, value)| value.to_owned())
    }

    fn id(&self) -> String {
        self.value(NAME).unwrap()
    }

    fn assert_logged_in(&mut self, is_logged_in: bool) {
        let expected = if is_logged_in { "Some(7)" } else { "None" };
        assert_eq!(self.call(who).body, expected);
    }
}

fn log_in(session: &Session) -> Reply {
    session.insert("user_id", 7).unwrap();
    Reply::text("")
}

fn log_out(session: &Session) -> Reply {
    session.reset().unwrap();
    Reply::text("")
}

fn who(session: &Session) -> Reply {
    Reply::text(format!("{:?}", session.get::<u32>("user_id").unwrap()))
}

fn pay(session: &Session) -> Reply {
    session.insert("paid", true).unwrap();
    Reply::text("")
}

/// A browser that is logged in by a cookie under a name.
fn logged_in_by_cookie<'f>(framework: &'f dyn Framework, name: &str) -> Client<'f> {
    let mut client = Client::new(framework, in_cookie(name));
    client.call(log_in);
    client
}

const ID: &str = "0123456789abcdef0123456789abcdef";

/// A browser that is logged in under an id of a store.
fn logged_in_by_id<'f>(framework: &'f dyn Framework, store: &Store) -> Client<'f> {
    store.put(ID, r#"{"user_id":7,"cart":[1e400]}"#);
    let mut client = Client::new(framework, store.sessions(NAME));
    client.browser.receive([format!("{NAME}={ID}; path=/")]);
    client
}

fn is_sealed(value: Option<String>) -> bool {
    value.is_some_and(|value| value.contains("--"))
}

fn moving_to_a_store(framework: &dyn Framework) {
    let mut client = Client::new(framework, in_cookie(NAME));
    let key = r#"[[7],"$2a$11$abcdefghijklmnopqrstuv"]"#;
    let written = client.call(move |session| {
        session.insert("first", 1e-7).unwrap();
        let key: serde_json::Value = serde_json::from_str(key).unwrap();
        session.insert("warden.user.user.key", key).unwrap();
        session.flash().set("notice", "Saved").unwrap();
        let tokens = session.authenticity_tokens().unwrap();
        Reply::text(tokens.masked_authenticity_token().unwrap())
    });
    let (token, store) = (written.body, Store::default());
    client.at(store.sessions(NAME).migrating_from(in_cookie(NAME)));
    // A request that only reads moves the session.
    let response = client.call(move |session| {
        assert!(session.is_authentic(&token, "/orders", "POST"));
        assert!(!session.contains_key("session_id"));
        Reply::text(format!("{:?}", session.flash().notice()))
    });
    assert_eq!(response.body, r#"Some("Saved")"#);
    let id = client.id();
    assert_eq!(id.len(), 32);
    let cookie = format!("{NAME}={id}; path=/; httponly; samesite=lax");
    assert_eq!(response.set_cookies, [cookie]);
    assert_eq!(store.asked(), ["save private absent"]);
    let text = store.text(&id).unwrap();
    let begin = format!(r#"{{"first":1.0e-07,"warden.user.user.key":{key},"#);
    assert!(text.starts_with(&begin), "{text}");
    assert!(text.contains("_csrf_token") && !text.contains("session_id"));

    assert_eq!(client.call(who).set_cookies.len(), 0);
    assert_eq!(store.asked(), ["load private"]);
}

fn moving_to_a_store_under_another_name(framework: &dyn Framework) {
    let mut client = logged_in_by_cookie(framework, "_old_session");
    let store = Store::default();
    let sessions = store.sessions(NAME);
    client.at(sessions.migrating_from(in_cookie("_old_session")));
    let response = client.call(who);
    assert_eq!(response.body, "Some(7)");
    assert_eq!(response.set_cookies.len(), 2);
    let removal = &response.set_cookies[1];
    assert!(removal.starts_with("_old_session=; path=/; max-age=0;"));
    assert_eq!(client.value("_old_session"), None);
    client.assert_logged_in(true);
}

fn moving_from_a_domain(framework: &dyn Framework) {
    let mut client = logged_in_by_cookie(framework, NAME);
    let store = Store::default();
    let older = in_cookie(NAME).domain("example.org");
    client.at(store.sessions(NAME).migrating_from(older));
    let response = client.call(who);
    // To a browser these are two cookies of one name.
    assert_eq!(response.set_cookies.len(), 2);
    assert!(response.set_cookies[1].contains("=; domain=example.org; path=/; max-age=0;"));
}

fn moving_a_known_id_wins(framework: &dyn Framework) {
    let mut client = logged_in_by_cookie(framework, "_old_session");
    let store = Store::default();
    store.put(ID, r#"{"user_id":8}"#);
    client.browser.receive([format!("{NAME}={ID}; path=/")]);
    let sessions = store.sessions(NAME);
    client.at(sessions.migrating_from(in_cookie("_old_session")));
    assert_eq!(client.call(who).body, "Some(8)");
    assert_eq!(store.asked(), ["load private"]);
    // A logout ends both: nobody comes back by the older cookie.
    let response = client.call(log_out);
    assert_eq!(response.set_cookies.len(), 2);
    assert_eq!(client.browser.cookie_header(), "");
    assert_eq!(store.text(ID), None);
}

fn moving_an_unknown_id(framework: &dyn Framework) {
    let mut client = logged_in_by_cookie(framework, "_old_session");
    let store = Store::default();
    client.browser.receive([format!("{NAME}={ID}; path=/")]);
    let sessions = store.sessions(NAME);
    client.at(sessions.migrating_from(in_cookie("_old_session")));
    client.assert_logged_in(true);
    let expected = [
        "load private",
        "load public",
        "load private",
        "save private absent",
    ];
    assert_eq!(store.asked(), expected);
    // The id that nobody knew was not adopted.
    assert_ne!(client.id(), ID);
}

fn moving_logout_of_a_cookie(framework: &dyn Framework) {
    for name in [NAME, "_old_session"] {
        let mut client = logged_in_by_cookie(framework, name);
        let store = Store::default();
        client.at(store.sessions(NAME).migrating_from(in_cookie(name)));
        let response = client.call(log_out);
        assert_eq!(response.set_cookies.len(), 1);
        assert_eq!(client.browser.cookie_header(), "");
        assert_eq!(store.asked().len(), 0);
        client.assert_logged_in(false);
    }
}

/// A login in the request that moves the session, as Devise makes it.
fn moving_login(framework: &dyn Framework) {
    let mut client = logged_in_by_cookie(framework, "_old_session");
    let store = Store::default();
    let sessions = store.sessions(NAME);
    client.at(sessions.migrating_from(in_cookie("_old_session")));
    client.call(|session| {
        session.reset().unwrap();
        session.insert("user_id", 9).unwrap();
        Reply::text("")
    });
    assert_eq!(client.value("_old_session"), None);
    assert_eq!(client.call(who).body, "Some(9)");
}

fn moving_store_fails_at_the_save(framework: &dyn Framework) {
    let mut client = logged_in_by_cookie(framework, "_old_session");
    let store = Store::default();
    let sessions = store.sessions(NAME);
    client.at(sessions.migrating_from(in_cookie("_old_session")));
    store.fail_at("save");
    // Nothing was changed, so nothing is lost: the cookie stays, and so does the answer.
    let response = client.call(who);
    assert_eq!((response.status, &*response.body), (200, "Some(7)"));
    assert_eq!(response.set_cookies.len(), 0);
    let response = client.call(pay);
    assert_eq!((response.status, response.set_cookies.len()), (503, 0));
    store.fail_at(None);
    client.assert_logged_in(true);
    assert_eq!(client.value("_old_session"), None);
}

fn moving_read_only(framework: &dyn Framework) {
    let mut client = logged_in_by_cookie(framework, NAME);
    let store = Store::default();
    let sessions = store.sessions(NAME).migrating_from(in_cookie(NAME));
    client.at(sessions.writes(WritePolicy::Never));
    let before = client.browser.cookie_header();
    client.assert_logged_in(true);
    client.at(store.sessions(NAME).migrating_from(in_cookie(NAME)));
    client.call(|session| who(session).status(500));
    assert_eq!(client.browser.cookie_header(), before);
    assert_eq!(store.asked().len(), 0);
}

/// Never an empty session, nor an older one, in place of an unreachable one.
fn moving_ids_ask_the_store_first(framework: &dyn Framework) {
    let mut client = logged_in_by_cookie(framework, "_old_session");
    let store = Store::default();
    client.browser.receive([format!("{NAME}={ID}; path=/")]);
    let sessions = store.sessions(NAME);
    client.at(sessions.migrating_from(in_cookie("_old_session")));
    store.fail_at("load");
    assert_eq!(client.call(who).status, 503);
}

fn moving_to_a_cookie(framework: &dyn Framework) {
    let store = Store::default();
    let mut client = logged_in_by_id(framework, &store);
    client.at(in_cookie(NAME).migrating_from(store.sessions(NAME)));
    let response = client.call(who);
    assert_eq!(response.body, "Some(7)");
    assert_eq!(response.set_cookies.len(), 1);
    assert!(is_sealed(client.value(NAME)));
    // The entry stays for requests that run at the same time.
    assert_eq!(store.asked(), ["load private", "touch private for 600 s"]);
    let response = client.call(|session| {
        assert_ne!(session.session_id().unwrap(), ID);
        Reply::text(session.keys().join(" "))
    });
    assert_eq!(response.body, "user_id cart session_id");
    assert_eq!(store.asked().len(), 0);
}

fn moving_to_a_cookie_beside_others(framework: &dyn Framework) {
    let store = Store::default();
    let mut client = logged_in_by_id(framework, &store);
    client.at(in_cookie(NAME).migrating_from(store.sessions(NAME)));
    let before = client.browser.clone();
    client.call(pay);
    // The response was lost, and another request was on its way.
    client.browser = before;
    client.assert_logged_in(true);
    assert!(is_sealed(client.value(NAME)));
}

fn moving_logout_of_a_store(framework: &dyn Framework) {
    let store = Store::default();
    let mut client = logged_in_by_id(framework, &store);
    client.at(in_cookie(NAME).migrating_from(store.sessions(NAME)));
    let before = client.browser.clone();
    store.fail_at("delete");
    let response = client.call(log_out);
    assert_eq!((response.status, response.set_cookies.len()), (503, 0));
    client.assert_logged_in(true);

    client.browser = before.clone();
    store.fail_at(None);
    store.asked();
    client.call(log_out);
    assert_eq!(
        store.asked(),
        ["load private", "delete public", "delete private"]
    );
    client.assert_logged_in(false);
    client.browser = before;
    client.assert_logged_in(false);
}

fn moving_login_from_a_store(framework: &dyn Framework) {
    let store = Store::default();
    let mut client = logged_in_by_id(framework, &store);
    client.at(in_cookie(NAME).migrating_from(store.sessions(NAME)));
    let before = client.browser.clone();
    client.call(|session| {
        session.renew().unwrap();
        Reply::text("")
    });
    client.assert_logged_in(true);
    assert_eq!(
        store.asked(),
        ["load private", "delete public", "delete private"]
    );
    client.browser = before;
    client.assert_logged_in(false);
}

fn moving_store_out_of_reach(framework: &dyn Framework) {
    let store = Store::default();
    let mut client = logged_in_by_id(framework, &store);
    client.at(in_cookie(NAME).migrating_from(store.sessions(NAME)));
    store.fail_at("load");
    let response = client.call(log_in);
    assert_eq!((response.status, response.set_cookies.len()), (503, 0));
    // Other browsers need no store.
    let mut other = logged_in_by_cookie(framework, NAME);
    other.at(in_cookie(NAME).migrating_from(store.sessions(NAME)));
    other.assert_logged_in(true);
}

fn moving_entry_that_stays(framework: &dyn Framework) {
    let store = Store::default();
    let mut client = logged_in_by_id(framework, &store);
    client.at(in_cookie(NAME).migrating_from(store.sessions(NAME)));
    store.fail_at("touch");
    let response = client.call(pay);
    assert_eq!((response.status, response.set_cookies.len()), (200, 1));
    client.assert_logged_in(true);
}

fn fill(session: &Session) -> Reply {
    session.insert("cart", "tea ".repeat(1200)).unwrap();
    Reply::text("")
}

fn moving_overflow(framework: &dyn Framework) {
    let store = Store::default();
    let mut client = logged_in_by_id(framework, &store);
    client.call(fill);
    client.at(in_cookie(NAME).migrating_from(store.sessions(NAME)));
    store.asked();
    let response = client.call(who);
    assert_eq!((response.status, response.set_cookies.len()), (200, 0));
    assert_eq!(store.asked(), ["load private"]);
    // It stays in the store, with its changes ...
    let response = client.call(pay);
    assert_eq!((response.status, response.set_cookies.len()), (200, 0));
    assert!(store.text(ID).unwrap().contains(r#""paid":true"#));
    // ... until it fits.
    client.call(|session| {
        session.remove("cart").unwrap();
        Reply::text("")
    });
    assert!(is_sealed(client.value(NAME)));
    let response = client.call(|session| Reply::text(session.keys().join(" ")));
    assert_eq!(response.body, "user_id paid session_id");
    // A session that was always in the cookie has nowhere to stay.
    assert_eq!(client.call(fill).status, 500);
}

fn moving_overflow_that_was_checked(framework: &dyn Framework) {
    let store = Store::default();
    let mut client = logged_in_by_id(framework, &store);
    client.call(fill);
    client.at(in_cookie(NAME).migrating_from(store.sessions(NAME)));
    client.call(|session| {
        session.insert("paid", true).unwrap();
        session.check().unwrap();
        Reply::text("")
    });
    assert!(store.text(ID).unwrap().contains(r#""paid":true"#));
    // A login that does not fit is an error, and ends nothing.
    let response = client.call(|session| {
        session.reset().unwrap();
        fill(session)
    });
    assert_eq!((response.status, response.set_cookies.len()), (500, 0));
    client.assert_logged_in(true);
}

fn moving_between_stores(framework: &dyn Framework) {
    let (older, store) = (Store::default(), Store::default());
    let mut client = logged_in_by_id(framework, &older);
    let sessions = store.sessions(NAME);
    client.at(sessions.migrating_from(older.sessions(NAME)));
    let response = client.call(who);
    // The older store knows the id, so the browser keeps it.
    assert_eq!(
        (&*response.body, response.set_cookies.len()),
        ("Some(7)", 0)
    );
    assert_eq!(older.asked(), ["load private", "touch private for 600 s"]);
    let expected = [
        "load private",
        "load public",
        "load private",
        "save private absent",
    ];
    assert_eq!(store.asked(), expected);
    assert_eq!(store.text(ID), older.text(ID));
    client.call(pay);
    assert_eq!(older.asked().len(), 0);
    assert!(store.text(ID).unwrap().contains("paid"));
}

fn moving_between_stores_at_once(framework: &dyn Framework) {
    let (older, store) = (Store::default(), Store::default());
    let mut client = logged_in_by_id(framework, &older);
    let sessions = || store.sessions(NAME).migrating_from(older.sessions(NAME));
    client.at(sessions());
    let (browser, other) = (client.browser.clone(), Arc::new(sessions()));
    // Another request moves and changes the session while this one runs.
    let response = client.call(move |session| {
        let lazy = LazySession::open(&other, browser.cookie_header(), RequestOrigin::default());
        let beside = now(lazy.load()).unwrap();
        beside.insert("color", "red").unwrap();
        assert_eq!(now(lazy.commit(200)), Ok(Commit::Keep));
        pay(session)
    });
    assert_eq!((response.status, response.set_cookies.len()), (200, 0));
    let text = store.text(ID).unwrap();
    assert!(text.contains("color") && text.contains("paid"), "{text}");
}

fn moving_logout_between_stores(framework: &dyn Framework) {
    let (older, store) = (Store::default(), Store::default());
    let mut client = logged_in_by_id(framework, &older);
    let sessions = store.sessions(NAME);
    client.at(sessions.migrating_from(older.sessions(NAME)));
    let before = client.browser.clone();
    client.call(who);
    client.call(log_out);
    // The entry that had ten minutes left is gone as well.
    assert_eq!((store.text(ID), older.text(ID)), (None, None));
    client.browser = before;
    client.assert_logged_in(false);
}

/// A fixed expiry does not begin again.
fn moving_end_of_a_cookie(framework: &dyn Framework) {
    let now = Arc::new(Mutex::new(1_790_000_000));
    let clock = {
        let now = now.clone();
        move || OffsetDateTime::from_unix_timestamp(*now.lock().unwrap()).unwrap()
    };
    let hour = Duration::from_secs(3600);
    let older = in_cookie(NAME)
        .expire_after_fixed(hour)
        .clock(clock.clone());
    let mut client = Client::new(framework, older.clone());
    client.call(log_in);
    *now.lock().unwrap() += 3000;
    let store = Store::default();
    let sessions = store.sessions(NAME).expire_after_fixed(hour).clock(clock);
    client.at(sessions.migrating_from(older));
    client.assert_logged_in(true);
    assert_eq!(store.asked(), ["save private absent for 600 s"]);
    let text = store.text(&client.id()).unwrap();
    assert!(text.contains(r#""_began_at":1790000000"#), "{text}");
    *now.lock().unwrap() += 601;
    client.assert_logged_in(false);
}

fn moving_end_of_an_entry(framework: &dyn Framework) {
    let clock = || OffsetDateTime::from_unix_timestamp(1_790_003_000).unwrap();
    let hour = Duration::from_secs(3600);
    let store = Store::default();
    let mut client = logged_in_by_id(framework, &store);
    store.put(ID, r#"{"user_id":7,"_began_at":1790000000}"#);
    let older = store.sessions(NAME).expire_after_fixed(hour).clock(clock);
    let sessions = in_cookie(NAME).expire_after_fixed(hour).clock(clock);
    client.at(sessions.migrating_from(older));
    let response = client.call(who);
    // 1790003600, as `date -u -d @1790003600` tells it.
    let expires = "expires=Mon, 21 Sep 2026 15:13:20 GMT";
    assert!(response.set_cookies[0].contains(expires), "{response:?}");
}

fn moving_is_observed(framework: &dyn Framework) {
    let tally = Arc::new(Tally::new());
    let mut client = logged_in_by_cookie(framework, "_old_session");
    let store = Store::default();
    let sessions = store.sessions(NAME).observer(tally.clone());
    client.at(sessions.migrating_from(in_cookie("_old_session")));
    client.call(who);
    client.call(who);
    let heard = |tally: &Tally| {
        let heard = tally.snapshot().into_iter();
        let heard = heard.map(|(name, how, count)| (name, how.is_ok(), count));
        heard.collect::<Vec<_>>()
    };
    assert_eq!(heard(&tally), [("_old_session".to_owned(), true, 1)]);

    // An id of the older store is no junk to the cookies.
    let tally = Arc::new(Tally::new());
    let mut client = logged_in_by_id(framework, &store);
    let sessions = in_cookie(NAME).observer(tally.clone());
    client.at(sessions.migrating_from(store.sessions(NAME)));
    client.call(who);
    assert_eq!(heard(&tally), []);
}

/// Servers of both kinds take turns while a change is rolled out or back.
fn moving_there_and_back(framework: &dyn Framework) {
    let store = Store::default();
    let to_store = || store.sessions(NAME).migrating_from(in_cookie(NAME));
    let to_cookie = || in_cookie(NAME).migrating_from(store.sessions(NAME));
    let mut client = Client::new(framework, in_cookie(NAME));
    client.call(log_in);
    for round in 0..6 {
        let handler = move |session: &Session| {
            session.insert(format!("at{round}"), round).unwrap();
            who(session)
        };
        if round % 2 == 0 {
            client.at(to_store());
        } else {
            client.at(to_cookie());
        }
        assert_eq!(client.call(handler).body, "Some(7)");
    }
    let response = client.call(|session| Reply::text(session.keys().join(" ")));
    assert_eq!(response.body, "user_id at0 at1 at2 at3 at4 at5 session_id");
}

fn moving_by_three_places(framework: &dyn Framework) {
    let (older, store) = (Store::default(), Store::default());
    // The places that an older one has of its own are asked too, last.
    let oldest = older
        .sessions("_old_session")
        .migrating_from(in_cookie("_oldest"));
    let mut client = logged_in_by_cookie(framework, "_oldest");
    client.at(store.sessions(NAME).migrating_from(oldest.clone()));
    client.assert_logged_in(true);
    assert_eq!(client.value("_oldest"), None);
    assert_eq!(older.asked().len(), 0);

    client.browser = Browser::default();
    older.put(ID, r#"{"user_id":7}"#);
    client
        .browser
        .receive([format!("_old_session={ID}; path=/")]);
    client.assert_logged_in(true);
    assert_eq!(client.value("_old_session"), None);
    assert_ne!(client.id(), ID);
}

/// Serves another request of a browser whole.
fn beside(sessions: &Arc<ServerSessions>, browser: &Browser, handler: fn(&Session)) {
    let lazy = LazySession::open(sessions, browser.cookie_header(), RequestOrigin::default());
    handler(&now(lazy.load()).unwrap());
    assert!(now(lazy.commit(200)).is_ok());
}

fn reset(session: &Session) {
    session.reset().unwrap();
}

fn renew(session: &Session) {
    session.renew().unwrap();
}

/// A logout or a login beside a move ends the session for the request that moves it, too.
fn moving_while_another_ends_it(framework: &dyn Framework) {
    for end in [reset, renew] {
        let (older, store) = (Store::default(), Store::default());
        let to_store = store.sessions(NAME).migrating_from(older.sessions(NAME));
        let to_cookie = in_cookie(NAME).migrating_from(older.sessions(NAME));
        for sessions in [Sessions::from(to_store.clone()), to_cookie.into()] {
            let mut client = logged_in_by_id(framework, &older);
            client.at(sessions);
            let (browser, other) = (client.browser.clone(), Arc::new(to_store.clone()));
            let response = client.call(move |session| {
                assert!(session.contains_key("user_id"));
                beside(&other, &browser, end);
                who(session)
            });
            assert_eq!(response.set_cookies, Vec::<String>::new());
            assert_eq!((older.text(ID), store.text(ID)), (None, None));
            client.assert_logged_in(false);
        }
    }
}

/// A logout or a login ends what another request moved meanwhile.
fn moving_end_while_another_moves(framework: &dyn Framework) {
    for end in [reset, renew] {
        let (older, store) = (Store::default(), Store::default());
        let sessions = store.sessions(NAME).migrating_from(older.sessions(NAME));
        let mut client = logged_in_by_id(framework, &older);
        client.at(sessions.clone());
        let (before, other) = (client.browser.clone(), Arc::new(sessions));
        let browser = before.clone();
        client.call(move |session| {
            assert!(session.contains_key("user_id"));
            beside(&other, &browser, |session| {
                assert!(session.contains_key("user_id"));
            });
            end(session);
            Reply::text("")
        });
        assert_eq!((older.text(ID), store.text(ID)), (None, None));
        client.browser = before;
        client.assert_logged_in(false);
    }
}

/// A session of Rack 1, under its public id, which another request keeps under the private one.
fn moving_key_beside_a_renewal(framework: &dyn Framework) {
    for policy in [ConflictPolicy::Merge, ConflictPolicy::Overwrite] {
        let store = Store::default();
        let mut client = logged_in_by_id(framework, &Store::default());
        store.recorded.put(ID, r#"{"user_id":7}"#.to_owned());
        let sessions = store.sessions(NAME).conflicts(policy);
        client.at(sessions.clone());
        let (browser, other) = (client.browser.clone(), Arc::new(sessions));
        client.call(move |session| {
            assert!(session.contains_key("user_id"));
            beside(&other, &browser, |session| {
                assert!(session.contains_key("user_id"));
            });
            renew(session);
            Reply::text("")
        });
        assert_ne!(client.id(), ID);
        client.assert_logged_in(true);
        assert_eq!((store.recorded.text(ID), store.text(ID)), (None, None));
    }
}
