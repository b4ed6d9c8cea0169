//! The `cookie` crate's `PrivateJar` with `serde_json`, as an axum or actix-web application puts
//! them together. AES-256-GCM and one layer of base64; no envelope, and the name as associated data.

use cookie::{Cookie, CookieJar, Key, SameSite};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use crate::case::Contender;
use crate::samples::{NAME, Session};

pub(crate) struct PrivateJar {
    key: Key,
}

impl PrivateJar {
    fn open<T: DeserializeOwned>(&self, cookie: &str) -> Option<T> {
        let mut jar = CookieJar::new();
        for cookie in Cookie::split_parse_encoded(cookie) {
            jar.add_original(cookie.ok()?.into_owned());
        }
        let opened = jar.private(&self.key).get(NAME)?;
        serde_json::from_str(opened.value()).ok()
    }

    fn write(&self, json: String) -> String {
        let mut jar = CookieJar::new();
        let cookie = Cookie::build((NAME, json))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax);
        jar.private_mut(&self.key).add(cookie);
        let sealed = jar.get(NAME).expect("it was just added");
        sealed.encoded().to_string()
    }
}

impl Contender for PrivateJar {
    const NAME: &'static str = "cookie PrivateJar";

    fn new() -> Self {
        Self {
            key: Key::generate(),
        }
    }

    fn user_id(&self, cookie: &str) -> Option<u32> {
        let session: Map<String, Value> = self.open(cookie)?;
        session.get("user_id")?.as_u64()?.try_into().ok()
    }

    fn user_id_alone(&self, cookie: &str) -> Option<u32> {
        let session: OneField = self.open(cookie)?;
        Some(session.user_id)
    }

    fn typed(&self, cookie: &str) -> Option<Session> {
        self.open(cookie)
    }

    fn seal(&self, session: &Session) -> String {
        self.write(serde_json::to_string(session).expect("it is JSON"))
    }

    fn seal_by_key(&self, given: &Session) -> String {
        let mut session = Map::new();
        session.insert("session_id".to_owned(), json!(given.session_id));
        session.insert("_csrf_token".to_owned(), json!(given.csrf_token));
        session.insert("user_id".to_owned(), json!(given.user_id));
        session.insert("return_to".to_owned(), json!(given.return_to));
        session.insert("flash".to_owned(), json!(given.flash));
        session.insert("note".to_owned(), json!(given.note));
        self.write(Value::Object(session).to_string())
    }

    fn change_user_id(&self, cookie: &str, user_id: u32) -> Option<String> {
        let mut session: Map<String, Value> = self.open(cookie)?;
        session.insert("user_id".to_owned(), json!(user_id));
        Some(self.write(Value::Object(session).to_string()))
    }
}

#[derive(Deserialize)]
struct OneField {
    user_id: u32,
}
