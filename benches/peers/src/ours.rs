//! hardtack itself.

use hardtack::value::Value;
use hardtack::{
    CookieAttributes, CookieHeader, Jar, LoadDefaults, SameSite, SecretKeyBase, SessionData,
};

use crate::contender::{Contender, OURS};
use crate::samples::{NAME, Session};

pub(crate) struct Ours {
    jar: Jar,
    attributes: CookieAttributes,
}

impl Ours {
    fn write(&self, mut session: SessionData) -> String {
        let cookie = session.write(&self.jar, NAME, &self.attributes);
        cookie.expect("it fits").into_header()
    }
}

/// The session in a `Cookie` header.
pub(crate) fn read(jar: &Jar, cookie: &str) -> Option<SessionData> {
    let opened = SessionData::read(jar, NAME, &CookieHeader::new(cookie));
    Some(opened.ok()??.into_value())
}

impl Contender for Ours {
    const NAME: &'static str = OURS;
    type Opened = SessionData;
    type Values = Value;

    fn new() -> Self {
        let secret = SecretKeyBase::generate().expect("the system has randomness");
        Self {
            jar: Jar::encrypted(&secret, LoadDefaults::V7_1),
            attributes: CookieAttributes::new()
                .http_only(true)
                .same_site(Some(SameSite::Lax)),
        }
    }

    fn open(&self, cookie: &str) -> Option<SessionData> {
        read(&self.jar, cookie)
    }

    fn user_id(opened: &SessionData) -> Option<u32> {
        opened.get("user_id").ok()?
    }

    fn typed(&self, cookie: &str) -> Option<Session> {
        let opened = self.jar.read(NAME, &CookieHeader::new(cookie));
        Some(opened.ok()??.into_value())
    }

    fn values(&self, cookie: &str) -> Option<Value> {
        let opened = self.jar.read(NAME, &CookieHeader::new(cookie));
        Some(opened.ok()??.into_value())
    }

    fn seal(&self, session: &Session) -> String {
        let cookie = self.jar.write(NAME, session, &self.attributes);
        cookie.expect("it fits").into_header()
    }

    fn seal_by_key(&self, given: &Session) -> String {
        let mut session = SessionData::new();
        let mut insert = || {
            session.insert("session_id", &given.session_id)?;
            session.insert("_csrf_token", &given.csrf_token)?;
            session.insert("user_id", given.user_id)?;
            session.insert("return_to", &given.return_to)?;
            session.insert("flash", &given.flash)?;
            session.insert("cart", &given.cart)
        };
        insert().expect("these are values");
        self.write(session)
    }

    fn change(&self, mut opened: SessionData, user_id: u32) -> String {
        opened
            .insert("user_id", user_id)
            .expect("a number is a value");
        self.write(opened)
    }
}
