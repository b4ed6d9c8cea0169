//! A session once somebody has asked for it: what came with the request, and what is to be set.

use std::sync::Arc;

use super::commit::Commit;
use super::data::SessionData;
use super::events::Event;
use super::flash_hash::FlashHash;
use super::observer::Outcome;
use super::origin::RequestOrigin;
use super::provenance::Provenance;
use super::store::CookieStore;
use crate::cookie::header::CookieHeader;
use crate::cookie::jar::Jar;
use crate::cookie::set_cookie::SetCookie;
use crate::error::{Error, Refusal};

#[derive(Clone)]
pub(super) struct Loaded {
    jar: Arc<Jar>,
    pub(super) data: SessionData,
    pub(super) flash: Option<FlashHash>,
    pub(super) provenance: Provenance,
    /// What it was sealed as, by [`check`](Self::check), if nothing was changed since.
    pub(super) checked: Option<SetCookie>,
}

impl Loaded {
    /// Reads the session from a request's header; one that does not open is an empty one. Also
    /// how it went, where one was sent.
    pub(super) fn read(store: &CookieStore, header: &CookieHeader<'_>) -> (Self, Option<Outcome>) {
        let jar = store.jars().session.clone();
        let found = jar.find(store.name(), header, store.policy.duplicates, |opened| {
            let opened = SessionData::load(opened)?;
            let how = *opened.opening();
            let provenance = Provenance::Opened {
                is_stale: opened.needs_rewrite(),
                expires_at: opened.expires_at(),
            };
            let data = opened.into_value();
            if store.policy.has_ended(&data) {
                return Err(Refusal::Expired);
            }
            Ok((data, provenance, how))
        });
        let (data, provenance, outcome) = match found {
            None => (SessionData::new(), Provenance::New, None),
            Some(Ok((data, provenance, how))) => (data, provenance, Some(Ok(how))),
            Some(Err(refusal)) => (
                SessionData::new(),
                Provenance::Refused(refusal),
                Some(Err(refusal)),
            ),
        };
        let loaded = Self {
            jar,
            data,
            flash: None,
            provenance,
            checked: None,
        };
        (loaded, outcome)
    }

    /// Throws away what came: what follows is another session.
    pub(super) fn reset(&mut self) {
        self.data.clear();
        self.flash = None;
        self.provenance = Provenance::New;
    }

    /// The flash, which is loaded by now: what was there is swept at the end of the request.
    pub(super) fn flash_mut(&mut self) -> &mut FlashHash {
        let Self { data, flash, .. } = self;
        flash.get_or_insert_with(|| FlashHash::load(data))
    }

    /// Seals the session as it is now, and returns it with that: another nonce escapes to another
    /// length, and what fits here may not fit again.
    pub(super) fn check(&self, store: &CookieStore, origin: &RequestOrigin) -> Result<Self, Error> {
        let mut copy = self.clone();
        if let Some(flash) = &copy.flash {
            flash.commit(&mut copy.data)?;
        }
        // The id that is sealed is the session's from here on.
        copy.data.id_to_write()?;
        let mut checked = self.clone();
        checked.data.adopt_session_id(&copy.data)?;
        checked.checked = Some(copy.seal(store, origin)?);
        Ok(checked)
    }

    /// The cookie by which the session is set, whatever speaks for or against it.
    pub(super) fn seal(
        &mut self,
        store: &CookieStore,
        origin: &RequestOrigin,
    ) -> Result<SetCookie, Error> {
        if let Some(checked) = self.checked.take() {
            return Ok(checked);
        }
        let policy = &store.policy;
        let now = policy.now();
        policy.begin(&mut self.data, now)?;
        let mut attributes = policy.attributes_for(origin);
        if let Some(expires_at) = policy.expires_at(&self.data, self.provenance, now)? {
            attributes = attributes.expires(expires_at);
        }
        self.data.write(&self.jar, store.name(), &attributes)
    }

    /// What the response says of the session. It is copied only where it is written.
    pub(super) fn commit(
        this: &mut Arc<Self>,
        store: &CookieStore,
        origin: &RequestOrigin,
        header: &CookieHeader<'_>,
        status: u16,
    ) -> Result<Commit, Error> {
        let policy = &store.policy;
        if !policy.may_write(status) {
            return Ok(Commit::Keep);
        }
        if this.flash.is_some() {
            let Self { data, flash, .. } = Arc::make_mut(this);
            if let Some(flash) = flash {
                flash.commit(data)?;
            }
        }
        if !policy.is_due(&this.data, this.provenance, header)? {
            return Ok(Commit::Keep);
        }
        let names = this.jar.names(store.name());
        let was_sent = |name: &str| header.iter().any(|(sent, _)| sent == name.as_bytes());
        let came = names.iter().any(|name| was_sent(name));
        if this.data.is_empty() && !came {
            return Ok(Commit::Keep);
        }
        if policy.attributes.is_secure() && !origin.is_ssl() {
            policy.tell(Event::NotOverHttp(store.name()));
            return Ok(Commit::Keep);
        }
        let is_changed = this.data.is_changed();
        let set = if this.data.is_empty() {
            None
        } else {
            match Arc::make_mut(this).seal(store, origin) {
                // A value that has no form in the store's format is no reason to fail a request
                // that changed nothing.
                Err(error @ Error::UnwritableValue { .. }) if !is_changed => {
                    policy.tell(Event::Failed(&error));
                    return Ok(Commit::Keep);
                }
                sealed => Some(sealed?),
            }
        };
        let removed = this.removed(store, origin, set.as_ref(), was_sent)?;
        Ok(match set {
            Some(set) => Commit::Set(std::iter::once(set).chain(removed).collect()),
            None => Commit::Remove(removed),
        })
    }

    /// What the browser is to forget beside the cookie that is set: older names, and what it has
    /// under the attributes of before.
    fn removed(
        &self,
        store: &CookieStore,
        origin: &RequestOrigin,
        set: Option<&SetCookie>,
        was_sent: impl Fn(&str) -> bool,
    ) -> Result<Vec<SetCookie>, Error> {
        let is_removed = |name: &str| was_sent(name) && set.is_none_or(|set| set.name() != name);
        let names = self.jar.names(store.name());
        let mut removed = Vec::new();
        // Most have one name alone.
        if names.iter().any(|name| is_removed(name)) {
            let attributes = store.policy.attributes_for(origin);
            removed = self.jar.delete(store.name(), &attributes)?;
            removed.retain(|cookie| is_removed(cookie.name()));
        }
        if let Some(former) = store.policy.former_attributes_for(origin) {
            let former = self.jar.delete(store.name(), &former)?;
            // With the present attributes it would remove what is set here.
            let present = set.or(removed.first());
            let is_present = |cookie: &SetCookie| {
                present.is_some_and(|present| {
                    (present.path(), present.domain()) == (cookie.path(), cookie.domain())
                })
            };
            let former = former.into_iter();
            let former: Vec<_> = former
                .filter(|cookie| was_sent(cookie.name()) && !is_present(cookie))
                .collect();
            removed.extend(former);
        }
        Ok(removed)
    }
}

#[cfg(feature = "test-util")]
impl CookieStore {
    /// Seals a session that no request brought.
    pub(crate) fn seal(&self, data: SessionData) -> Result<SetCookie, Error> {
        let mut loaded = Loaded {
            jar: self.jars().session.clone(),
            data,
            flash: None,
            provenance: Provenance::New,
            checked: None,
        };
        loaded.seal(self, &RequestOrigin::new(true, None))
    }

    /// Returns what is in a session; `None` where there is none that opens.
    pub(crate) fn read(&self, header: &CookieHeader<'_>) -> Option<SessionData> {
        let (loaded, _) = Loaded::read(self, header);
        matches!(loaded.provenance, Provenance::Opened { .. }).then_some(loaded.data)
    }
}
