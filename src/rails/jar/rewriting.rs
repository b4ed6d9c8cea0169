//! Writes cookies again that a rotation or an older serializer opened (`cookies.rb`,
//! `force_reserialize`).

use super::Jar;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::set_cookie::SetCookie;
use crate::message::opened::Opened;
use crate::serializer::Serialized;

impl Jar {
    /// Returns the name under which the jar writes the cookie `name`.
    pub(crate) fn written_name<'a>(&'a self, name: &'a str) -> &'a str {
        self.writing().name(name)
    }

    /// Writes an opened cookie again, and deletes the cookie that was sent if it has another name.
    ///
    /// A `Cookie` header carries no attributes. So the cookie gets those that Rails gives it,
    /// `path=/` and the settings' `SameSite`, and `Secure` if that is asked for or browsers insist.
    /// The sealed expiry is kept. Rails drops it, and a trial of one week would never end.
    pub(crate) fn rewrite(
        &self,
        name: &str,
        opened: &Opened<Serialized>,
        secure: bool,
    ) -> Result<Vec<SetCookie>, Error> {
        let settings = self.settings();
        let attributes = |name: &str| {
            let attributes = CookieAttributes::new();
            let insists = attributes
                .conflict(name, settings.cookies_same_site_protection)
                .is_some();
            attributes.secure(secure || insists)
        };
        let written_name = self.written_name(name);
        let mut written = attributes(written_name);
        if let Some(expires_at) = opened.expires_at() {
            written = written.expires(expires_at);
        }
        let mut cookies = vec![self.write_serialized(name, opened.value(), &written)?];
        let sent_name = opened.older_name().unwrap_or(name);
        if sent_name != written_name {
            cookies.push(SetCookie::expired(
                settings,
                sent_name,
                &attributes(sent_name),
            )?);
        }
        Ok(cookies)
    }
}
