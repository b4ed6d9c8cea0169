//! actix-session's cookie store, on the path that its middleware takes: the `Cookie` header into a
//! private jar, its `CookieSessionStore`, and a map whose values are JSON texts.

use std::collections::HashMap;

use actix_session::storage::{CookieSessionStore, SessionKey, SessionStore};
use actix_web::cookie::time::Duration;
use actix_web::cookie::{Cookie, CookieJar, Key, SameSite};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::contender::Contender;
use crate::now::now;
use crate::operation::Operation;
use crate::samples::{NAME, Session};

pub(crate) struct ActixSession {
    key: Key,
    store: CookieSessionStore,
}

type State = HashMap<String, String>;

impl ActixSession {
    fn write(&self, state: State) -> String {
        let key = now(self.store.save(state, &Duration::days(1)));
        let key = key.expect("it is shorter than 4096 bytes");
        let mut cookie = Cookie::new(NAME, String::from(key));
        cookie.set_http_only(true);
        cookie.set_same_site(SameSite::Lax);
        cookie.set_path("/");
        let mut jar = CookieJar::new();
        jar.private_mut(&self.key).add(cookie);
        let sealed = jar.delta().next().expect("it was just added");
        sealed.encoded().to_string()
    }
}

fn get<T: DeserializeOwned>(state: &State, key: &str) -> Option<T> {
    serde_json::from_str(state.get(key)?).ok()
}

fn insert(state: &mut State, key: &str, value: &impl Serialize) {
    let value = serde_json::to_string(value).expect("it is JSON");
    state.insert(key.to_owned(), value);
}

impl Contender for ActixSession {
    const NAME: &'static str = "actix-session 0.11";
    type Opened = State;
    type Values = ();

    fn new() -> Self {
        Self {
            key: Key::generate(),
            store: CookieSessionStore::default(),
        }
    }

    fn can(operation: Operation) -> bool {
        operation != Operation::OpenAll
    }

    fn open(&self, cookie: &str) -> Option<State> {
        let mut jar = CookieJar::new();
        // As `HttpRequest::cookies` takes the header apart.
        for pair in cookie.split(';').map(str::trim) {
            jar.add_original(Cookie::parse_encoded(pair).ok()?.into_owned());
        }
        let opened = jar.private(&self.key).get(NAME)?;
        let key: SessionKey = opened.value().to_owned().try_into().ok()?;
        now(self.store.load(&key)).ok()?
    }

    fn user_id(opened: &State) -> Option<u32> {
        get(opened, "user_id")
    }

    fn typed(&self, cookie: &str) -> Option<Session> {
        let state = self.open(cookie)?;
        Some(Session {
            session_id: get(&state, "session_id")?,
            csrf_token: get(&state, "_csrf_token")?,
            user_id: get(&state, "user_id")?,
            return_to: get(&state, "return_to")?,
            flash: get(&state, "flash")?,
            cart: get(&state, "cart")?,
        })
    }

    fn values(&self, _: &str) -> Option<()> {
        None
    }

    fn seal(&self, session: &Session) -> String {
        self.seal_by_key(session)
    }

    fn seal_by_key(&self, session: &Session) -> String {
        let mut state = State::new();
        insert(&mut state, "session_id", &session.session_id);
        insert(&mut state, "_csrf_token", &session.csrf_token);
        insert(&mut state, "user_id", &session.user_id);
        insert(&mut state, "return_to", &session.return_to);
        insert(&mut state, "flash", &session.flash);
        insert(&mut state, "cart", &session.cart);
        self.write(state)
    }

    fn change(&self, mut opened: State, user_id: u32) -> String {
        insert(&mut opened, "user_id", &user_id);
        self.write(opened)
    }
}
