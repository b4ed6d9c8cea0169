//! The `cookie` crate's `PrivateJar` and `SignedJar` with `serde_json`, as an axum application puts
//! them together. AES-256-GCM and one layer of base64, or HMAC-SHA256 over the bare text; no
//! envelope, and the name as associated data.

use cookie::{Cookie, CookieJar, Key, SameSite};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::contender::Contender;
use crate::samples::{NAME, Session};

pub(crate) struct PrivateJar(Key);

pub(crate) struct SignedJar(Key);

/// The differences between the two jars.
trait Jar {
    fn key(&self) -> &Key;
    fn opened(jar: &CookieJar, key: &Key) -> Option<Cookie<'static>>;
    fn add(jar: &mut CookieJar, key: &Key, cookie: Cookie<'static>);
}

impl Jar for PrivateJar {
    fn key(&self) -> &Key {
        &self.0
    }

    fn opened(jar: &CookieJar, key: &Key) -> Option<Cookie<'static>> {
        jar.private(key).get(NAME)
    }

    fn add(jar: &mut CookieJar, key: &Key, cookie: Cookie<'static>) {
        jar.private_mut(key).add(cookie);
    }
}

impl Jar for SignedJar {
    fn key(&self) -> &Key {
        &self.0
    }

    fn opened(jar: &CookieJar, key: &Key) -> Option<Cookie<'static>> {
        jar.signed(key).get(NAME)
    }

    fn add(jar: &mut CookieJar, key: &Key, cookie: Cookie<'static>) {
        jar.signed_mut(key).add(cookie);
    }
}

fn open<J: Jar, T: DeserializeOwned>(contender: &J, cookie: &str) -> Option<T> {
    let mut jar = CookieJar::new();
    for cookie in Cookie::split_parse_encoded(cookie) {
        jar.add_original(cookie.ok()?.into_owned());
    }
    let opened = J::opened(&jar, contender.key())?;
    serde_json::from_str(opened.value()).ok()
}

fn write<J: Jar>(contender: &J, json: String) -> String {
    let mut jar = CookieJar::new();
    let cookie = Cookie::build((NAME, json))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax);
    J::add(&mut jar, contender.key(), cookie.build());
    let sealed = jar.get(NAME).expect("it was just added");
    sealed.encoded().to_string()
}

macro_rules! contender {
    ($jar:ident, $name:literal) => {
        impl Contender for $jar {
            const NAME: &'static str = $name;
            type Opened = Map<String, Value>;
            type Values = Value;

            fn new() -> Self {
                Self(Key::generate())
            }

            fn open(&self, cookie: &str) -> Option<Self::Opened> {
                open(self, cookie)
            }

            fn user_id(opened: &Self::Opened) -> Option<u32> {
                opened.get("user_id")?.as_u64()?.try_into().ok()
            }

            fn user_id_alone(&self, cookie: &str) -> Option<u32> {
                let session: OneField = open(self, cookie)?;
                Some(session.user_id)
            }

            fn typed(&self, cookie: &str) -> Option<Session> {
                open(self, cookie)
            }

            fn values(&self, cookie: &str) -> Option<Value> {
                open(self, cookie)
            }

            fn seal(&self, session: &Session) -> String {
                write(self, serde_json::to_string(session).expect("it is JSON"))
            }

            fn seal_by_key(&self, given: &Session) -> String {
                write(self, Value::Object(by_key(given)).to_string())
            }

            fn change(&self, mut opened: Self::Opened, user_id: u32) -> String {
                opened.insert("user_id".to_owned(), user_id.into());
                write(self, Value::Object(opened).to_string())
            }
        }
    };
}

contender!(PrivateJar, "cookie PrivateJar");
contender!(SignedJar, "cookie SignedJar (signed only)");

#[derive(Deserialize)]
struct OneField {
    user_id: u32,
}

/// A session put together key by key.
pub(crate) fn by_key(given: &Session) -> Map<String, Value> {
    let value = |field: Result<Value, _>| field.expect("it is JSON");
    let mut session = Map::new();
    session.insert("session_id".to_owned(), given.session_id.clone().into());
    session.insert("_csrf_token".to_owned(), given.csrf_token.clone().into());
    session.insert("user_id".to_owned(), given.user_id.into());
    session.insert("return_to".to_owned(), given.return_to.clone().into());
    session.insert(
        "flash".to_owned(),
        value(serde_json::to_value(&given.flash)),
    );
    session.insert("cart".to_owned(), value(serde_json::to_value(&given.cart)));
    session
}
