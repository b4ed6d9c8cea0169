//! Sessions that a store keeps: rules for every framework.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, Saved, SessionStore, StoreError, StoredJson, When};
use hardtack::test_util::Browser;
use hardtack::{
    LazySession, RequestOrigin, SameSite, ServerSessions, Session, SetCookie, WritePolicy,
};

use super::app::{Framework, Handler, Reply, Request, Response, Sessions};
use super::cases::Case;
use super::recorded::{Hook, Recorded, now, private_id, refused};

macro_rules! cases {
    ($($case:ident)*) => {
        pub(crate) const ALL: &[(&str, Case)] = &[$((stringify!($case), $case)),*];
    };
}

cases! {
    server_first_write server_read_only server_untouched server_change_and_removal
    server_reset server_renew server_clear server_clear_without_a_cookie
    server_ids_from_outside server_private_ids server_older_key_is_moved
    server_logout_while_a_request_runs server_two_requests_change_two_keys
    server_a_clear_is_rebased server_unreadable_entry server_store_out_of_reach
    server_answer_that_was_lost server_rolling_expiry server_errors_write_nothing
    server_flash_and_tokens server_other_cookies_ask_no_store server_read_only_sessions
    server_logout_leaves_the_older_key server_logout_beside_a_move server_move_loses_a_change
    server_check_and_lifetime server_emptied_beside_a_login server_renew_after_a_logout
    server_renew_loses_the_other server_load_between_a_move server_touch_that_fails
    server_secure_over_http_logout
    server_secure_over_http_renewal
    server_own_expiry server_skip_and_drop server_same_site_of_one_response
}

const NAME: &str = "_session_id";

struct Client<'f> {
    framework: &'f dyn Framework,
    sessions: Arc<ServerSessions>,
    store: Recorded,
    browser: Browser,
    request: Request,
}

impl<'f> Client<'f> {
    fn new(framework: &'f dyn Framework) -> Self {
        Self::with(framework, |sessions| sessions)
    }

    fn with(
        framework: &'f dyn Framework,
        set: impl FnOnce(ServerSessions) -> ServerSessions,
    ) -> Self {
        let store = Recorded::default();
        let sessions = ServerSessions::new(StoredJson, store.clone(), NAME);
        Self {
            framework,
            sessions: Arc::new(set(sessions)),
            store,
            browser: Browser::default(),
            request: Request::default(),
        }
    }

    fn call(&mut self, handler: impl Fn(&Session) -> Reply + Send + Sync + 'static) -> Response {
        let mut request = self.request.clone();
        let header = self.browser.cookie_header();
        if !header.is_empty() {
            request.cookies.push(header);
        }
        let sessions = Sessions::OnServer(self.sessions.clone());
        let handler = Handler::new(handler);
        let response = self.framework.serve(&sessions, request, handler).unwrap();
        self.browser.receive(&response.set_cookies);
        response
    }

    /// Returns the id in the browser's cookie.
    fn id(&self) -> String {
        let header = self.browser.cookie_header();
        header.strip_prefix("_session_id=").unwrap().to_owned()
    }

    fn text(&self) -> Option<String> {
        self.store.text(&private_id(&self.id()))
    }
}

fn visit(session: &Session) -> Reply {
    let visits = session.get::<u32>("visits").unwrap().unwrap_or(0) + 1;
    session.insert("visits", visits).unwrap();
    Reply::text(visits.to_string())
}

fn look(session: &Session) -> Reply {
    Reply::text(format!("{:?}", session.get::<u32>("visits").unwrap()))
}

fn server_first_write(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    let response = client.call(visit);
    let id = client.id();
    assert_eq!(id.len(), 32);
    let cookie = format!("_session_id={id}; path=/; httponly; samesite=lax");
    assert_eq!(response.set_cookies, [cookie]);
    assert_eq!(client.store.asked(), ["save private absent"]);
    assert_eq!(client.text().as_deref(), Some(r#"{"visits":1}"#));

    let response = client.call(visit);
    // The browser has the cookie.
    assert_eq!((&*response.body, response.set_cookies.len()), ("2", 0));
    assert_eq!(client.id(), id);
    assert_eq!(
        client.store.asked(),
        ["load private", "save private unchanged"]
    );
}

fn server_read_only(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    let response = client.call(look);
    assert_eq!((&*response.body, response.set_cookies.len()), ("None", 0));
    client.call(visit);
    client.store.asked();
    let response = client.call(look);
    assert_eq!(
        (&*response.body, response.set_cookies.len()),
        ("Some(1)", 0)
    );
    assert_eq!(client.store.asked(), ["load private"]);
}

fn server_untouched(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    client.store.asked();
    let response = client.call(|session| {
        drop(session.cookies());
        Reply::text("")
    });
    assert_eq!(response.set_cookies.len(), 0);
    // Handlers that take a `Session` load it; nothing is written.
    assert!(client.store.asked().len() <= 1);
}

fn server_change_and_removal(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(|session| {
        session.insert("name", "Ada").unwrap();
        session.insert("cart", [1, 2]).unwrap();
        Reply::text("")
    });
    client.call(|session| {
        session.insert("name", "Grace").unwrap();
        session.remove("cart").unwrap();
        Reply::text("")
    });
    assert_eq!(client.text().as_deref(), Some(r#"{"name":"Grace"}"#));
}

fn server_reset(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    let (old, before) = (client.id(), client.browser.clone());
    client.store.asked();
    let response = client.call(|session| {
        session.reset().unwrap();
        session.insert("user_id", 7).unwrap();
        Reply::text(session.session_id().unwrap())
    });
    assert_ne!(client.id(), old);
    assert_eq!(client.id(), response.body);
    assert_eq!(client.text().as_deref(), Some(r#"{"user_id":7}"#));
    assert_eq!(client.store.text(&private_id(&old)), None);
    // The old one goes before the new one comes: nobody may come back to it.
    assert_eq!(
        client.store.asked(),
        [
            "load private",
            "delete public",
            "delete private",
            "save private absent"
        ]
    );
    client.browser = before;
    assert_eq!(client.call(look).body, "None");
}

fn server_renew(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(|session| {
        session.insert("_csrf_token", "planted").unwrap();
        visit(session)
    });
    let old = client.id();
    client.store.asked();
    client.call(|session| {
        session.renew().unwrap();
        Reply::text("")
    });
    assert_ne!(client.id(), old);
    assert_eq!(client.text().as_deref(), Some(r#"{"visits":1}"#));
    assert_eq!(client.store.text(&private_id(&old)), None);
    assert_eq!(
        client.store.asked(),
        [
            "load private",
            "save private absent",
            "delete public",
            "delete private"
        ]
    );
}

fn server_clear(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    let id = client.id();
    let response = client.call(|session| {
        session.clear().unwrap();
        Reply::text("")
    });
    assert!(response.set_cookies[0].starts_with("_session_id=; path=/; max-age=0;"));
    assert_eq!(client.browser.cookie_header(), "");
    assert_eq!(client.store.text(&private_id(&id)), None);
}

fn server_clear_without_a_cookie(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    let response = client.call(|session| {
        session.insert("user_id", 1).unwrap();
        session.clear().unwrap();
        Reply::text("")
    });
    assert_eq!(response.set_cookies.len(), 0);
    assert_eq!(client.store.asked(), [""; 0]);
}

/// An id that the server never issued is not adopted: whoever planted it would share the login.
fn server_ids_from_outside(framework: &dyn Framework) {
    let planted = "0123456789abcdef0123456789abcdef";
    let mut client = Client::new(framework);
    client.browser.receive([format!("{NAME}={planted}")]);
    client.call(visit);
    assert_ne!(client.id(), planted);
    assert_eq!(
        client.store.asked(),
        [
            "load private",
            "load public",
            "load private",
            "save private absent"
        ]
    );
    // A value that cannot be an id never becomes a key.
    for junk in [
        "short",
        "../../etc/passwd",
        "0123456789ABCDEF0123456789ABCDEF",
        "",
    ] {
        let mut client = Client::new(framework);
        client.browser.receive([format!("{NAME}={junk}")]);
        assert_eq!(client.call(look).body, "None");
        assert_eq!(client.store.asked(), [""; 0], "{junk}");
    }
}

/// An attacker who reads the store gets private ids, which are not accepted as cookies.
fn server_private_ids(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    let stolen = private_id(&client.id());
    client.browser = Browser::default();
    client.browser.receive([format!("{NAME}={stolen}")]);
    client.store.asked();
    assert_eq!(client.call(look).body, "None");
    assert_eq!(client.store.asked(), [""; 0]);
}

/// Rack before 2.0.8 kept sessions under the id itself.
fn server_older_key_is_moved(framework: &dyn Framework) {
    let id = "0123456789abcdef0123456789abcdef";
    let mut client = Client::new(framework);
    client.store.put(id, r#"{"visits":4}"#);
    client.browser.receive([format!("{NAME}={id}")]);
    assert_eq!(client.call(look).body, "Some(4)");
    assert_eq!(client.id(), id);
    assert_eq!(client.store.text(id), None);
    assert_eq!(client.text().as_deref(), Some(r#"{"visits":4}"#));
    assert_eq!(
        client.store.asked(),
        [
            "load private",
            "load public",
            "save private absent",
            "delete public"
        ]
    );
}

/// Another request of the same browser runs during this one.
fn beside(sessions: &Arc<ServerSessions>, id: &str, change: impl FnOnce(&Session)) {
    let header = format!("{NAME}={id}");
    let lazy = LazySession::open(sessions, header, RequestOrigin::default());
    change(&now(lazy.load()).unwrap());
    let _ = now(lazy.commit(200)).unwrap();
}

fn server_logout_while_a_request_runs(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    let (id, sessions) = (client.id(), client.sessions.clone());
    let response = client.call({
        let id = id.clone();
        move |session| {
            let reply = visit(session);
            beside(&sessions, &id, |other| other.reset().unwrap());
            reply
        }
    });
    // Neither the session nor its cookie comes back.
    assert_eq!(response.set_cookies.len(), 0);
    assert_eq!(client.store.text(&private_id(&id)), None);
}

fn server_two_requests_change_two_keys(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(|session| {
        for key in ["a", "b", "c"] {
            session.insert(key, 0).unwrap();
        }
        Reply::text("")
    });
    let (id, sessions) = (client.id(), client.sessions.clone());
    client.call(move |session| {
        session.insert("a", 1).unwrap();
        session.remove("c").unwrap();
        beside(&sessions, &id, |other| {
            other.insert("a", 2).unwrap();
            other.insert("b", 2).unwrap();
            other.insert("d", 2).unwrap();
        });
        Reply::text("")
    });
    // Keys that this request did not change have the other's values. Of keys that both changed, the
    // later value stays.
    assert_eq!(client.text().as_deref(), Some(r#"{"a":1,"b":2,"d":2}"#));
}

fn server_a_clear_is_rebased(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    let (id, sessions) = (client.id(), client.sessions.clone());
    client.call(move |session| {
        session.clear().unwrap();
        session.insert("new", 1).unwrap();
        beside(&sessions, &id, |other| other.insert("other", 2).unwrap());
        Reply::text("")
    });
    assert_eq!(client.text().as_deref(), Some(r#"{"new":1}"#));
}

fn server_unreadable_entry(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    let key = private_id(&client.id());
    client.store.put(&key, "\u{4}\u{8}no json");
    let response = client.call(visit);
    assert!(response.status >= 500, "{response:?}");
    assert_eq!(response.set_cookies.len(), 0);
    assert_eq!(
        client.store.text(&key).as_deref(),
        Some("\u{4}\u{8}no json")
    );
}

/// The store cannot be reached.
struct Down;
impl SessionStore for Down {
    async fn load(&self, _: &str) -> Result<Option<Entry>, StoreError> {
        refused()
    }
    async fn save(
        &self,
        _: &str,
        _: Bytes,
        _: Option<Duration>,
        _: &When,
    ) -> Result<Saved, StoreError> {
        refused()
    }
    async fn touch(&self, _: &str, _: Option<Duration>) -> Result<bool, StoreError> {
        refused()
    }
    async fn delete(&self, _: &str, _: &When) -> Result<bool, StoreError> {
        refused()
    }
}

fn server_store_out_of_reach(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.store.at_next_save(Hook::Fail);
    let response = client.call(visit);
    assert_eq!((response.status, response.set_cookies.len()), (503, 0));
    assert_eq!(client.call(visit).body, "1");

    client.sessions = Arc::new(ServerSessions::new(StoredJson, Down, NAME));
    // A session that cannot be reached is not an empty one.
    let response = client.call(|_| panic!("the handler got a session"));
    assert_eq!((response.status, response.set_cookies.len()), (503, 0));
}

/// The entry was written, but the answer was lost: the next attempt finds its own bytes.
fn server_answer_that_was_lost(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    client.store.at_next_save(Hook::FailAfter);
    assert_eq!(client.call(visit).status, 503);
    assert_eq!(client.text().as_deref(), Some(r#"{"visits":2}"#));

    let (key, inner) = (private_id(&client.id()), client.store.clone());
    client.store.at_next_save(Hook::Before(Box::new(move || {
        inner.put(&key, r#"{"visits":3}"#);
    })));
    client.store.asked();
    assert_eq!(client.call(visit).body, "3");
    assert_eq!(
        client.store.asked(),
        ["load private", "save private unchanged"]
    );
}

fn server_rolling_expiry(framework: &dyn Framework) {
    let mut client = Client::with(framework, |sessions| {
        sessions
            .expire_after(Duration::from_secs(600))
            .clock(|| time::OffsetDateTime::from_unix_timestamp(1_900_000_000).unwrap())
    });
    let has_expiry = |response: &Response| {
        assert_eq!(response.set_cookies.len(), 1);
        response.set_cookies[0].contains("; expires=Sun, 17 Mar 2030 17:56:40 GMT")
    };
    assert!(has_expiry(&client.call(visit)));
    assert_eq!(client.store.asked(), ["save private absent for 600 s"]);
    // Whoever only looks lives on as well, and nothing is written.
    assert!(has_expiry(&client.call(look)));
    assert_eq!(
        client.store.asked(),
        ["load private", "touch private for 600 s"]
    );
}

fn server_own_expiry(framework: &dyn Framework) {
    let mut client = Client::with(framework, |sessions| {
        sessions.clock(|| time::OffsetDateTime::from_unix_timestamp(1_900_000_000).unwrap())
    });
    let response = client.call(|session| {
        session.expire_after(Duration::from_secs(600)).unwrap();
        visit(session)
    });
    assert!(response.set_cookies[0].contains("; expires=Sun, 17 Mar 2030 17:56:40 GMT"));
    assert_eq!(client.store.asked(), ["save private absent for 600 s"]);
    let response = client.call(look);
    assert!(response.set_cookies[0].contains("; expires=Sun, 17 Mar 2030 17:56:40 GMT"));
    assert_eq!(
        client.store.asked(),
        ["load private", "touch private for 600 s"]
    );
}

fn server_skip_and_drop(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    client.store.asked();
    let response = client.call(|session| {
        session.skip().unwrap();
        visit(session)
    });
    assert_eq!((&*response.body, response.set_cookies.len()), ("2", 0));
    assert_eq!(client.store.asked(), ["load private"]);
    let response = client.call(|session| {
        session.drop().unwrap();
        visit(session)
    });
    assert_eq!((&*response.body, response.set_cookies.len()), ("2", 0));
    assert_eq!(
        client.store.asked(),
        ["load private", "delete public", "delete private"]
    );
    assert_eq!(client.text(), None);
    assert_eq!(client.call(look).body, "None");
}

fn server_same_site_of_one_response(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    let response = client.call(|session| {
        session.same_site(SameSite::Strict).unwrap();
        Reply::text("")
    });
    assert!(response.set_cookies[0].ends_with("; samesite=strict"));
    assert_eq!(client.call(visit).set_cookies.len(), 0);
}

fn server_errors_write_nothing(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    let response = client.call(|session| visit(session).status(503));
    assert_eq!((response.status, response.set_cookies.len()), (503, 0));
    assert_eq!(client.store.asked(), [""; 0]);
}

fn server_flash_and_tokens(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    let response = client.call(|session| {
        session.flash().set("notice", "Saved").unwrap();
        let tokens = session.authenticity_tokens().unwrap();
        Reply::text(tokens.masked_authenticity_token().unwrap())
    });
    let token = response.body;
    let response = client.call(move |session| {
        assert!(session.is_authentic(&token, "/", "POST"));
        Reply::text(session.flash().notice().unwrap())
    });
    assert_eq!(response.body, "Saved");
    let response = client.call(|session| Reply::text(session.flash().is_empty().to_string()));
    assert_eq!(response.body, "true");
}

fn server_other_cookies_ask_no_store(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    let response = client.call(|session| {
        let cookies = session.cookies();
        let theme = SetCookie::new("theme", "dark", None).unwrap();
        cookies.set(theme).unwrap();
        // The app gave no jar.
        let refused = cookies.encrypted().get::<u32>("plan");
        Reply::text(refused.unwrap_err().to_string())
    });
    assert_eq!(response.set_cookies.len(), 1);
    assert!(response.body.contains("no keyring"), "{}", response.body);
    assert_eq!(client.store.asked(), [""; 0]);
}

fn server_read_only_sessions(framework: &dyn Framework) {
    let mut client = Client::with(framework, |sessions| sessions.writes(WritePolicy::Never));
    let response =
        client.call(|session| Reply::text(session.insert("user_id", 1).unwrap_err().to_string()));
    assert!(response.body.contains("read-only"), "{}", response.body);
    assert_eq!(client.store.asked(), [""; 0]);
}

fn server_logout_leaves_the_older_key(framework: &dyn Framework) {
    let id = "0123456789abcdef0123456789abcdef";
    let mut client = Client::new(framework);
    // Rails after an upgrade of Rack: written under the private id, the public one never deleted.
    client.store.put(id, r#"{"visits":1}"#);
    client.store.put(&private_id(id), r#"{"visits":2}"#);
    client.browser.receive([format!("{NAME}={id}")]);
    let before = client.browser.clone();
    client.call(|session| {
        session.reset().unwrap();
        Reply::text("")
    });
    client.browser = before;
    assert_eq!(client.call(look).body, "None");
}

fn server_logout_beside_a_move(framework: &dyn Framework) {
    let id = "0123456789abcdef0123456789abcdef";
    let mut client = Client::new(framework);
    client.store.put(id, r#"{"visits":1}"#);
    client.browser.receive([format!("{NAME}={id}")]);
    let before = client.browser.clone();
    let sessions = client.sessions.clone();
    client.call(move |session| {
        session.reset().unwrap();
        beside(&sessions, id, |other| {
            let _ = other.keys();
        });
        Reply::text("")
    });
    client.browser = before;
    assert_eq!(client.call(look).body, "None");
}

fn server_move_loses_a_change(framework: &dyn Framework) {
    let id = "0123456789abcdef0123456789abcdef";
    let mut client = Client::new(framework);
    client.store.put(id, r#"{"visits":1}"#);
    client.browser.receive([format!("{NAME}={id}")]);
    let sessions = client.sessions.clone();
    let response = client.call(move |session| {
        session.insert("user_id", 7).unwrap();
        beside(&sessions, id, |other| {
            let _ = other.keys();
        });
        Reply::text("")
    });
    let text = client.store.text(&private_id(id)).unwrap();
    assert!(
        response.status >= 500 || text.contains("user_id"),
        "{} {text}",
        response.status
    );
}

fn server_check_and_lifetime(framework: &dyn Framework) {
    let mut client = Client::with(framework, |sessions| {
        sessions.absolute_lifetime(Duration::from_secs(600))
    });
    client.call(|session| {
        session.insert("a", 1).unwrap();
        session.check().unwrap();
        Reply::text("")
    });
    let text = client.text().unwrap();
    assert!(text.contains("_began_at"), "{text}");
}

fn server_emptied_beside_a_login(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(|session| {
        session.flash().set("notice", "Saved").unwrap();
        Reply::text("")
    });
    let (id, sessions) = (client.id(), client.sessions.clone());
    client.call({
        let id = id.clone();
        move |session| {
            let _ = session.flash().notice();
            beside(&sessions, &id, |other| other.insert("user_id", 7).unwrap());
            Reply::text("")
        }
    });
    let text = client.store.text(&private_id(&id));
    assert!(
        text.as_deref().is_some_and(|text| text.contains("user_id")),
        "{text:?}"
    );
}

fn server_renew_after_a_logout(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    let (id, sessions) = (client.id(), client.sessions.clone());
    let response = client.call(move |session| {
        session.renew().unwrap();
        beside(&sessions, &id, |other| other.reset().unwrap());
        Reply::text("")
    });
    assert_eq!(response.set_cookies.len(), 0);
    assert_eq!(client.call(look).body, "None");
}

fn server_renew_loses_the_other(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    client.call(visit);
    let (id, sessions) = (client.id(), client.sessions.clone());
    client.call(move |session| {
        session.renew().unwrap();
        beside(&sessions, &id, |other| other.insert("cart", 7).unwrap());
        Reply::text("")
    });
    let text = client.text().unwrap();
    assert!(text.contains("cart"), "{text}");
}

fn server_load_between_a_move(_: &dyn Framework) {
    let id = "0123456789abcdef0123456789abcdef";
    let store = Recorded::default();
    store.put(id, r#"{"visits":1}"#);
    let sessions = Arc::new(ServerSessions::new(StoredJson, Racing(store.clone()), NAME));
    let lazy = LazySession::open(&sessions, format!("{NAME}={id}"), RequestOrigin::default());
    let session = now(lazy.load()).unwrap();
    assert_eq!(session.get::<u32>("visits").unwrap(), Some(1));
}

/// Another request moves the entry between the two loads.
struct Racing(Recorded);
impl SessionStore for Racing {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        let found = self.0.load(key).await;
        let id = "0123456789abcdef0123456789abcdef";
        if key.starts_with("2::") {
            let inner = ServerSessions::new(StoredJson, self.0.clone(), NAME);
            beside(&Arc::new(inner), id, |other| {
                let _ = other.keys();
            });
        }
        found
    }
    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.0.save(key, bytes, ttl, when).await
    }
    async fn touch(&self, key: &str, ttl: Option<Duration>) -> Result<bool, StoreError> {
        self.0.touch(key, ttl).await
    }
    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.0.delete(key, when).await
    }
}

/// A touch that fails ends a request that changed nothing.
struct NoTouch(Recorded);
impl SessionStore for NoTouch {
    async fn load(&self, key: &str) -> Result<Option<Entry>, StoreError> {
        self.0.load(key).await
    }
    async fn save(
        &self,
        key: &str,
        bytes: Bytes,
        ttl: Option<Duration>,
        when: &When,
    ) -> Result<Saved, StoreError> {
        self.0.save(key, bytes, ttl, when).await
    }
    async fn touch(&self, _: &str, _: Option<Duration>) -> Result<bool, StoreError> {
        refused()
    }
    async fn delete(&self, key: &str, when: &When) -> Result<bool, StoreError> {
        self.0.delete(key, when).await
    }
}

fn server_touch_that_fails(framework: &dyn Framework) {
    let mut client = Client::new(framework);
    let sessions = ServerSessions::new(StoredJson, NoTouch(client.store.clone()), NAME)
        .expire_after(Duration::from_secs(600));
    client.sessions = Arc::new(sessions);
    client.call(visit);
    assert_eq!(client.call(look).status, 200);
}

fn server_secure_over_http_logout(framework: &dyn Framework) {
    let mut client = Client::with(framework, |sessions| sessions.secure(true));
    let id = "0123456789abcdef0123456789abcdef";
    client.store.put(&private_id(id), r#"{"visits":1}"#);
    client.browser.receive([format!("{NAME}={id}")]);
    client.call(|session| {
        session.reset().unwrap();
        Reply::text("")
    });
    assert_eq!(client.store.text(&private_id(id)), None);
}

/// A login over plain HTTP cannot give the browser its new id: the session does not change.
fn server_secure_over_http_renewal(framework: &dyn Framework) {
    let mut client = Client::with(framework, |sessions| sessions.secure(true));
    let id = "0123456789abcdef0123456789abcdef";
    client.store.put(&private_id(id), r#"{"visits":1}"#);
    client.browser.receive([format!("{NAME}={id}")]);
    let response = client.call(|session| {
        session.renew().unwrap();
        Reply::text("")
    });
    assert_eq!(response.set_cookies.len(), 0);
    assert_eq!(client.call(look).body, "Some(1)");
}
