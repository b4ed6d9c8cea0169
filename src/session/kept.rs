//! [`Kept`]: the place and the id of one session.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;

use super::data::SessionData;
use super::origin::RequestOrigin;
use super::policy::Policy;
use super::sealer::Sealer;
use super::session_format::SessionFormat;
use super::session_store::Version;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::cookie_header::CookieHeader;
use crate::http::set_cookie::SetCookie;

/// The place of one session.
#[derive(Clone)]
pub(crate) enum Kept {
    /// In the cookie, sealed by these keys.
    InCookie(Arc<dyn Sealer>),
    /// In a store, under an id in the cookie.
    OnServer(Box<Stored>),
}

/// A session in a store.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) format: Arc<dyn SessionFormat>,
    /// The id of the session, which may not be written yet; `None` if it has none yet.
    pub(crate) id: Option<String>,
    /// The entry that was read.
    pub(crate) entry: Option<StoredEntry>,
    /// The entry to delete because the session has another id.
    pub(crate) former: Option<Former>,
}

/// An entry that was read, and its place.
#[derive(Clone)]
pub(crate) struct StoredEntry {
    pub(crate) key: String,
    pub(crate) bytes: Bytes,
    pub(crate) version: Version,
}

/// An entry to delete.
#[derive(Clone)]
pub(crate) struct Former {
    pub(crate) id: String,
    pub(crate) entry: StoredEntry,
    /// Delete it before the new one is written: after a logout nobody may come back to it.
    pub(crate) is_first: bool,
}

impl Stored {
    /// Returns how long the store keeps the session if it is written now; `None` if there is no
    /// limit.
    pub(crate) fn time_to_live(&self, data: &SessionData, policy: &Policy) -> Option<Duration> {
        let ttl = policy.time_to_live(data);
        ttl.or_else(|| {
            self.format
                .session_time_to_live(data, self.bytes(), policy.now())
        })
        .or_else(|| self.format.time_to_live())
    }

    /// Returns the bytes of the entry that was read.
    fn bytes(&self) -> Option<&Bytes> {
        self.entry.as_ref().map(|entry| &entry.bytes)
    }

    /// Returns the id in a request's cookie, which the store may not know.
    pub(super) fn sent_id(&self, policy: &Policy, header: &CookieHeader<'_>) -> Option<String> {
        let value = self.format.cookie_value(header, &policy.name)?;
        self.format.id_of_cookie(&value)
    }

    /// Marks the entry that was read for deletion, and drops its id.
    fn leave(&mut self, is_first: bool) {
        let id = self.id.take();
        if let (Some(id), Some(entry)) = (id, self.entry.take()) {
            self.former = Some(Former {
                id,
                entry,
                is_first,
            });
        } else if let Some(former) = &mut self.former {
            former.is_first |= is_first;
        }
    }
}

impl Kept {
    pub(crate) fn names<'a>(&'a self, name: &'a str) -> Vec<Cow<'a, str>> {
        match self {
            Self::InCookie(sealer) => sealer.names(name),
            Self::OnServer(_) => vec![name.into()],
        }
    }

    /// Creates the session's cookie; a session without an id gets one.
    pub(crate) fn seal(
        &mut self,
        data: &mut SessionData,
        name: &str,
        attributes: &CookieAttributes,
    ) -> Result<SetCookie, Error> {
        match self {
            Self::InCookie(sealer) => sealer.seal(data, name, attributes),
            Self::OnServer(stored) => {
                let Stored { format, id, .. } = &mut **stored;
                let id = match id {
                    Some(id) => id,
                    None => id.insert(format.new_id()?),
                };
                SetCookie::new(name, format.cookie_of_id(id)?, attributes)
            }
        }
    }

    /// Returns the cookie that is set beside the session's.
    pub(super) fn beside(&self, cookie: &SetCookie) -> Option<SetCookie> {
        match self {
            Self::InCookie(sealer) => sealer.beside(cookie),
            Self::OnServer(_) => None,
        }
    }

    pub(crate) fn delete(
        &self,
        name: &str,
        attributes: &CookieAttributes,
    ) -> Result<Vec<SetCookie>, Error> {
        match self {
            Self::InCookie(sealer) => sealer.delete(name, attributes),
            Self::OnServer(_) => Ok(vec![SetCookie::delete(name, attributes)?]),
        }
    }

    /// Checks that the store's format can write the session.
    pub(crate) fn check(&self, data: &SessionData, policy: &Policy) -> Result<(), Error> {
        match self {
            Self::InCookie(_) => Ok(()),
            Self::OnServer(stored) => {
                let Stored { format, entry, .. } = &**stored;
                let previous = entry.as_ref().map(|entry| &entry.bytes);
                let (ttl, now) = (stored.time_to_live(data, policy), policy.now());
                format.write(data, previous, ttl, now).map(|_| ())
            }
        }
    }

    pub(crate) fn id(&self, data: &SessionData) -> Option<String> {
        match self {
            Self::InCookie(sealer) => sealer.id(data),
            Self::OnServer(stored) => stored.id.clone(),
        }
    }

    pub(crate) fn ensure_id(&mut self, data: &mut SessionData) -> Result<(), Error> {
        match self {
            Self::InCookie(sealer) => sealer.ensure_id(data),
            Self::OnServer(stored) => {
                let Stored { format, id, .. } = &mut **stored;
                if id.is_none() {
                    *id = Some(format.new_id()?);
                }
                Ok(())
            }
        }
    }

    /// Takes the id of a copy of this session, if this one has none.
    pub(crate) fn adopt_id(
        &mut self,
        data: &mut SessionData,
        from: (&Self, &SessionData),
    ) -> Result<(), Error> {
        match self {
            Self::InCookie(sealer) => sealer.adopt_id(data, from.1),
            Self::OnServer(stored) => {
                if stored.id.is_none() {
                    stored.id = from.0.id(from.1);
                }
                Ok(())
            }
        }
    }

    /// Takes over the data of an older place, from a request that sent this id.
    pub(super) fn take_over(&mut self, older: &Self, data: &mut SessionData, sent: Option<String>) {
        let Self::OnServer(stored) = self else {
            return;
        };
        match older {
            // The id of a sealed session would be a second one here: Rails' stores hold none in the
            // Hash.
            Self::InCookie(sealer) => sealer.leave_id_out(data),
            // The older store knows the id: the browser keeps it.
            Self::OnServer(older) if older.id == sent => stored.id = sent,
            Self::OnServer(_) => {}
        }
    }

    /// Gives a session in a store the id under which it was written.
    pub(super) fn rename(&mut self, id: Option<String>) {
        if let Self::OnServer(stored) = self {
            stored.id = id;
        }
    }

    /// Removes the parts that an attacker may have planted before a login: the id, and the secret
    /// of the authenticity tokens.
    pub(crate) fn renew(&mut self, data: &mut SessionData) {
        match self {
            Self::InCookie(sealer) => sealer.renew(data),
            Self::OnServer(stored) => {
                stored.leave(false);
                stored.format.renew(data);
                data.touch();
            }
        }
    }

    /// Gives a session in a store another id; a session in a cookie has its id in the data.
    pub(super) fn change_id(&mut self) -> Result<(), Error> {
        if let Self::OnServer(stored) = self {
            let id = stored.format.new_id()?;
            stored.leave(false);
            stored.id = Some(id);
        }
        Ok(())
    }

    /// Marks the entry of a store for deletion, because the session gets another id.
    pub(super) fn leave_id(&mut self) {
        if let Self::OnServer(stored) = self {
            stored.leave(false);
        }
    }

    /// Checks whether changes of the data change the session, as its format sees it.
    pub(super) fn is_changed(&self, data: &SessionData) -> bool {
        let Self::OnServer(stored) = self else {
            return true;
        };
        let entry = stored.bytes().filter(|_| data.has_only_values());
        entry.is_none_or(|entry| stored.format.is_changed(data, entry))
    }

    /// Checks whether a session without keys is kept.
    pub(super) fn keeps_empty(&self, data: &SessionData) -> bool {
        let Self::OnServer(stored) = self else {
            return false;
        };
        !data.is_cleared() && stored.format.keeps_empty(stored.entry.is_none())
    }

    /// Settles what a session without an entry takes from the request in which it begins.
    pub(super) fn begin_for(&self, data: &mut SessionData, origin: &RequestOrigin) {
        if let Self::OnServer(stored) = self
            && stored.entry.is_none()
        {
            stored.format.begin_for(data, origin);
        }
    }

    /// Returns the attributes of the session's cookie: those of the session itself, or the app's.
    pub(super) fn attributes(
        &self,
        data: &SessionData,
        policy: &Policy,
        origin: &RequestOrigin,
    ) -> CookieAttributes {
        self.own_attributes(data, policy, origin)
            .filter(|own| own.check(&policy.name).is_ok())
            .unwrap_or_else(|| policy.attributes_for(origin))
    }

    /// Returns the attributes that the session itself has for its cookie.
    pub(super) fn own_attributes(
        &self,
        data: &SessionData,
        policy: &Policy,
        origin: &RequestOrigin,
    ) -> Option<CookieAttributes> {
        let Self::OnServer(stored) = self else {
            return None;
        };
        let app = policy.attributes_for(origin);
        let now = policy.now();
        stored.format.cookie(data, stored.bytes(), &app, now)
    }

    /// Returns the format's choice whether a cookie that the browser has is set again; `None` if
    /// the policy decides.
    pub(super) fn sets_cookie_again(
        &self,
        data: &SessionData,
        policy: &Policy,
        is_changed: bool,
    ) -> Option<bool> {
        let Self::OnServer(stored) = self else {
            return None;
        };
        let entry = stored.bytes()?;
        if policy.time_to_live(data).is_some() {
            return None;
        }
        stored.format.sets_cookie_again(data, entry, is_changed)
    }

    /// Checks whether a request that only reads the session extends its life in the store.
    pub(super) fn is_renewed_by_reading(&self) -> bool {
        let Self::OnServer(stored) = self else {
            return false;
        };
        stored.entry.is_some() && stored.format.time_to_live().is_some()
    }

    /// Checks whether a request that only read the session extends its life.
    pub(super) fn is_touch_due(&self, data: &SessionData, policy: &Policy) -> bool {
        let Self::OnServer(stored) = self else {
            return true;
        };
        let ttl = stored.time_to_live(data, policy);
        stored.entry.as_ref().is_none_or(|entry| {
            let format = &stored.format;
            format.is_touch_due(&entry.bytes, ttl, policy.now())
        })
    }

    /// Checks whether a store is to forget what came.
    pub(super) fn is_reset(&self) -> bool {
        let Self::OnServer(stored) = self else {
            return false;
        };
        stored.former.as_ref().is_some_and(|former| former.is_first)
    }

    /// Discards the session that came.
    pub(crate) fn reset(&mut self) {
        if let Self::OnServer(stored) = self {
            stored.leave(true);
        }
    }
}
