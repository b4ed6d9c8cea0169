//! hardtack itself.

use hardtack::{Attributes, CookieHeader, Jar, RailsVersion, SameSite, SecretKeyBase, SessionData};

use crate::case::{Contender, OURS};
use crate::samples::{NAME, Session};

pub(crate) struct Ours {
    jar: Jar,
    attributes: Attributes,
}

impl Ours {
    fn open(&self, cookie: &str) -> Option<SessionData> {
        let opened = SessionData::read(&self.jar, NAME, &CookieHeader::new(cookie));
        Some(opened.ok()??.into_value())
    }

    fn write(&self, mut session: SessionData) -> String {
        let cookie = session.write(&self.jar, NAME, &self.attributes);
        cookie.expect("it fits").to_string()
    }
}

impl Contender for Ours {
    const NAME: &'static str = OURS;

    fn new() -> Self {
        let secret = SecretKeyBase::generate().expect("the system has randomness");
        Self {
            jar: Jar::encrypted(&secret, RailsVersion::V7_1),
            attributes: Attributes::new()
                .http_only(true)
                .same_site(Some(SameSite::Lax)),
        }
    }

    fn user_id(&self, cookie: &str) -> Option<u32> {
        self.open(cookie)?.get("user_id").ok()?
    }

    fn typed(&self, cookie: &str) -> Option<Session> {
        let opened = self.jar.read(NAME, &CookieHeader::new(cookie));
        Some(opened.ok()??.into_value())
    }

    fn seal(&self, session: &Session) -> String {
        let cookie = self.jar.write(NAME, session, &self.attributes);
        cookie.expect("it fits").to_string()
    }

    fn seal_by_key(&self, given: &Session) -> String {
        let mut session = SessionData::new();
        let mut insert = || {
            session.insert("session_id", &given.session_id)?;
            session.insert("_csrf_token", &given.csrf_token)?;
            session.insert("user_id", &given.user_id)?;
            session.insert("return_to", &given.return_to)?;
            session.insert("flash", &given.flash)?;
            session.insert("note", &given.note)
        };
        insert().expect("these are values");
        self.write(session)
    }

    fn change_user_id(&self, cookie: &str, user_id: u32) -> Option<String> {
        let mut session = self.open(cookie)?;
        session.insert("user_id", &user_id).ok()?;
        Some(self.write(session))
    }
}
