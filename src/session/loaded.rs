//! A session once somebody has asked for it: the data that came with the request, and its changes.

use std::any::Any;
use std::sync::Arc;

use time::OffsetDateTime;

use super::beside::Beside;
use super::commit::Commit;
use super::data::SessionData;
use super::events::Event;
use super::kept::Kept;
use super::observer::Outcome;
use super::origin::RequestOrigin;
use super::policy::{EXPIRE_AFTER, Policy};
use super::provenance::Provenance;
use super::sealer::Sealer;
use crate::error::{Error, Refusal};
use crate::http::cookie_header::CookieHeader;
use crate::http::set_cookie::SetCookie;
use crate::message::opened::Opened;
use crate::settings::SameSite;

#[derive(Clone)]
pub(crate) struct Loaded {
    pub(crate) kept: Kept,
    pub(crate) data: SessionData,
    beside: Option<Box<dyn Beside>>,
    pub(crate) provenance: Provenance,
    /// The older place that the session moves from.
    pub(super) moved: Option<Box<Moved>>,
    /// Says whether the request changed the session, once the policy has added to it.
    was_changed: Option<bool>,
    /// The `SameSite` of this response's cookie, if it has one of its own.
    pub(crate) same_site: Option<SameSite>,
    /// The cookie that [`check`](Self::check) sealed, if nothing was changed since.
    pub(crate) checked: Option<SetCookie>,
}

/// An older place in which a session was found.
#[derive(Clone)]
pub(super) struct Moved {
    /// The number of the place: see [`Sessions::at`](super::sessions::Sessions::at).
    pub(super) place: usize,
    pub(super) kept: Kept,
    /// The id that the session had there.
    pub(super) id: Option<String>,
    provenance: Provenance,
}

impl Loaded {
    pub(crate) fn new(kept: Kept, data: SessionData, provenance: Provenance) -> Self {
        Self {
            kept,
            data,
            beside: None,
            provenance,
            moved: None,
            was_changed: None,
            same_site: None,
            checked: None,
        }
    }

    /// Creates a session from its opened or refused cookie, and returns the outcome for observers
    /// with it. `found` is `None` if the request has no such cookie.
    pub(crate) fn of_cookie(
        sealer: Arc<dyn Sealer>,
        found: Option<Result<Opened<SessionData>, Refusal>>,
    ) -> (Self, Option<Outcome>) {
        let (data, provenance, outcome) = match found {
            None => (SessionData::new(), Provenance::New, None),
            Some(Ok(opened)) => {
                let provenance = Provenance::Opened {
                    is_stale: opened.needs_rewrite(),
                    expires_at: opened.expires_at(),
                };
                let how = *opened.sealed_by();
                (opened.into_value(), provenance, Some(Ok(how)))
            }
            Some(Err(refusal)) => (
                SessionData::new(),
                Provenance::Refused(refusal),
                Some(Err(refusal)),
            ),
        };
        (Self::new(Kept::InCookie(sealer), data, provenance), outcome)
    }

    /// Discards the data that came: the handler gets another session.
    pub(crate) fn reset(&mut self) {
        self.kept.reset();
        if let Some(moved) = &mut self.moved {
            moved.kept.reset();
        }
        self.data.clear();
        self.data.drop_aside();
        self.beside = None;
        self.provenance = Provenance::New;
    }

    /// Checks whether the request brought a session.
    pub(super) fn is_opened(&self) -> bool {
        matches!(self.provenance, Provenance::Opened { .. })
    }

    /// Takes over the session of an older place, from a request that sent this id. `ends_at` is the
    /// end that its data tell.
    pub(super) fn take_over(
        &mut self,
        place: usize,
        older: Self,
        sent: Option<String>,
        ends_at: Option<OffsetDateTime>,
    ) {
        let Self {
            kept,
            mut data,
            provenance,
            ..
        } = older;
        let id = kept.id(&data);
        self.kept.take_over(&kept, &mut data, sent);
        self.data = data;
        let sealed = match provenance {
            Provenance::Opened { expires_at, .. } => expires_at,
            _ => None,
        };
        self.provenance = Provenance::Opened {
            is_stale: true,
            expires_at: sealed.or(ends_at),
        };
        self.moved = Some(Box::new(Moved {
            place,
            kept,
            id,
            provenance,
        }));
    }

    /// Returns this session in the older place that it comes from, and that place, if this error
    /// tells that it cannot move.
    pub(super) fn staying(&self, error: &Error) -> Option<(usize, Self)> {
        let (Error::CookieOverflow(_) | Error::UnwritableValue { .. }) = error else {
            return None;
        };
        let moved = self.moved.as_ref().filter(|_| !self.data.is_cleared())?;
        let mut stayed = self.clone();
        stayed.kept = moved.kept.clone();
        stayed.provenance = moved.provenance;
        (stayed.moved, stayed.checked) = (None, None);
        Some((moved.place, stayed))
    }

    /// Returns the id that the session came with.
    pub(super) fn id_was(&self) -> Option<String> {
        let moved = self.moved.as_ref();
        moved.map_or_else(|| self.id(), |moved| moved.id.clone())
    }

    /// Checks whether the session moves from another store under the same id.
    pub(super) fn keeps_id(&self) -> bool {
        let moved = self.moved.as_ref().and_then(|moved| moved.id.as_ref());
        moved.is_some_and(|id| self.id().as_ref() == Some(id))
    }

    /// Checks whether a store is to forget the session that came.
    pub(super) fn is_reset(&self) -> bool {
        let moved = self.moved.as_ref();
        self.kept.is_reset() || moved.is_some_and(|moved| moved.kept.is_reset())
    }

    /// Checks whether sessions of this kind have attributes of their own for their cookie.
    #[cfg(feature = "express")]
    pub(crate) fn has_own_cookie(&self, policy: &Policy, origin: &RequestOrigin) -> bool {
        self.kept
            .own_attributes(&self.data, policy, origin)
            .is_some()
    }

    /// Checks whether this is a new session without keys that its format keeps.
    fn begins_empty(&self) -> bool {
        let is_new = matches!(self.provenance, Provenance::New | Provenance::Refused(_));
        is_new && self.data.is_empty() && self.kept.keeps_empty(&self.data)
    }

    /// Checks whether the request changed the session.
    pub(super) fn is_changed(&self) -> bool {
        self.was_changed.unwrap_or_else(|| self.data.is_changed())
    }

    /// Checks whether the session was found under an older key.
    pub(super) fn is_stale(&self) -> bool {
        matches!(self.provenance, Provenance::Opened { is_stale: true, .. })
    }

    /// Returns the framework's state beside the session.
    pub(crate) fn beside<T: Beside>(&self) -> Option<&T> {
        let beside: &dyn Any = &**self.beside.as_ref()?;
        beside.downcast_ref()
    }

    /// Returns the framework's state beside the session, to change; creates it if it is missing.
    pub(crate) fn beside_mut<T: Beside>(
        &mut self,
        make: impl FnOnce(&SessionData) -> T,
    ) -> Option<&mut T> {
        if self.beside::<T>().is_none() {
            self.beside = Some(Box::new(make(&self.data)));
        }
        let beside: &mut dyn Any = &mut **self.beside.as_mut()?;
        beside.downcast_mut()
    }

    fn commit_beside(&mut self) -> Result<(), Error> {
        let Self { data, beside, .. } = self;
        match beside {
            Some(beside) => beside.commit(data),
            None => Ok(()),
        }
    }

    pub(crate) fn id(&self) -> Option<String> {
        self.kept.id(&self.data)
    }

    pub(crate) fn ensure_id(&mut self) -> Result<(), Error> {
        self.kept.ensure_id(&mut self.data)
    }

    /// Returns the session's id, and creates one if the session will be written and has none.
    pub(crate) fn id_to_write(&mut self) -> Result<Option<String>, Error> {
        if self.data.is_changed() && !self.data.is_empty() {
            self.ensure_id()?;
        }
        Ok(self.id())
    }

    /// Gives the session a new id, and drops the secret of its authenticity tokens.
    pub(crate) fn renew(&mut self) -> Result<(), Error> {
        self.kept.renew(&mut self.data);
        if let Some(moved) = &mut self.moved {
            moved.kept.renew(&mut self.data);
        }
        self.ensure_id()
    }

    /// Gives a session in a store another id, also in the store that it moves from.
    pub(super) fn change_id(&mut self) -> Result<(), Error> {
        self.kept.change_id()?;
        if let Some(moved) = &mut self.moved {
            moved.kept.leave_id();
        }
        Ok(())
    }

    /// Seals the session as it is now, and returns it with that cookie. Sealing again could fail:
    /// another nonce escapes to another length, so a value that fits here may not fit then.
    pub(crate) fn check(&self, policy: &Policy, origin: &RequestOrigin) -> Result<Self, Error> {
        let mut copy = self.clone();
        copy.commit_beside()?;
        // The id that is sealed is the session's from here on.
        copy.id_to_write()?;
        let mut checked = self.clone();
        let Self { kept, data, .. } = &mut checked;
        kept.adopt_id(data, (&copy.kept, &copy.data))?;
        copy.kept.begin_for(&mut copy.data, origin);
        copy.kept.check(&copy.data, policy)?;
        checked.checked = Some(copy.seal(policy, origin)?);
        Ok(checked)
    }

    /// Seals the session into a cookie, without asking whether it should be written.
    pub(crate) fn seal(
        &mut self,
        policy: &Policy,
        origin: &RequestOrigin,
    ) -> Result<SetCookie, Error> {
        if let Some(checked) = self.checked.take() {
            return Ok(checked);
        }
        let now = policy.now();
        policy.begin(&mut self.data, self.provenance, now)?;
        let mut attributes = self.kept.attributes(&self.data, policy, origin);
        if self.same_site.is_some() {
            attributes = attributes.same_site(self.same_site);
        }
        if let Some(expires_at) = policy.expires_at(&self.data, self.provenance, now)? {
            attributes = attributes.expires(expires_at);
        }
        self.kept.seal(&mut self.data, &policy.name, &attributes)
    }

    /// Decides what the response says of the session. The session is copied only if it is written.
    pub(crate) fn commit(
        this: &mut Arc<Self>,
        policy: &Policy,
        origin: &RequestOrigin,
        header: &CookieHeader<'_>,
        status: u16,
        older_came: bool,
    ) -> Result<Commit, Error> {
        if !policy.may_write(status) {
            return Ok(Commit::Keep);
        }
        if this.beside.is_some() {
            Arc::make_mut(this).commit_beside()?;
        }
        let is_plain = this.same_site.is_none() && this.data.is_changed();
        if is_plain && !this.kept.is_changed(&this.data) {
            Arc::make_mut(this).data.forget_changes();
        }
        // The time of the format counts if the sessions have none of their own.
        let is_renewed =
            this.kept.is_renewed_by_reading() && policy.time_to_live(&this.data).is_none();
        let is_rolling = this.kept.sets_cookie_again(&this.data, policy, false) == Some(true);
        let is_due = policy.is_due(&this.data, this.provenance, header)
            || is_rolling
            || this.begins_empty()
            || ((policy.is_due_for_renewal(&this.data, this.provenance)? || is_renewed)
                && this.kept.is_touch_due(&this.data, policy));
        if !is_due {
            return Ok(Commit::Keep);
        }
        // An expiry alone is no session, as in Rack (`forced_session_update?`).
        if this.data.holds_only(EXPIRE_AFTER) {
            Arc::make_mut(this).data.remove(EXPIRE_AFTER);
        }
        let names = this.kept.names(&policy.name);
        let was_sent = |name: &str| header.iter().any(|(sent, _)| sent == name.as_bytes());
        let came = older_came || names.iter().any(|name| was_sent(name));
        let is_gone = this.data.is_empty() && !this.kept.keeps_empty(&this.data);
        if is_gone && !came {
            return Ok(Commit::Keep);
        }
        if !is_gone && !this.is_opened() {
            let loaded = Arc::make_mut(this);
            loaded.kept.begin_for(&mut loaded.data, origin);
        }
        // As in Rack (`Rack::Session::Abstract::Persisted#security_matches?`, 2.2)
        let attributes = this.kept.attributes(&this.data, policy, origin);
        if attributes.is_secure() && !origin.is_ssl() {
            policy.tell(Event::NotOverHttp(&policy.name));
            let Kept::OnServer(stored) = &this.kept else {
                return Ok(if this.is_reset() {
                    Commit::Remove(Vec::new())
                } else {
                    Commit::Keep
                });
            };
            // The entry under the browser's own id is changed all the same. A new id cannot reach
            // the browser: after a renewal the session keeps its id.
            let is_left = stored.former.as_ref().is_some_and(|former| former.is_first);
            return Ok(if is_left || is_gone {
                Commit::Remove(Vec::new())
            } else if stored.entry.is_some() {
                Commit::Set(Vec::new())
            } else {
                Commit::Keep
            });
        }
        let is_changed = this.data.is_changed();
        if matches!(this.kept, Kept::OnServer(_)) && !is_gone {
            // The bytes for the store include these changes too; `check` sealed the cookie alone.
            let loaded = Arc::make_mut(this);
            loaded.was_changed = Some(is_changed);
            policy.begin(&mut loaded.data, loaded.provenance, policy.now())?;
        }
        let set = if is_gone {
            None
        } else {
            match Arc::make_mut(this).seal(policy, origin) {
                // A value without a form in the store's format is no reason to fail a request that
                // changed nothing.
                Err(error @ Error::UnwritableValue { .. })
                    if !is_changed && this.moved.is_none() =>
                {
                    policy.tell(Event::Failed(&error));
                    return Ok(Commit::Keep);
                }
                sealed => Some(sealed?),
            }
        };
        let removed = this.removed(policy, origin, set.as_ref(), was_sent)?;
        // A cookie that the browser already has is not set again: after a login elsewhere gave the
        // session another id, the old id would come back.
        let has_it = |set: &SetCookie| {
            let Kept::OnServer(stored) = &this.kept else {
                return false;
            };
            // By the id: a sealed one has another value each time.
            let id_sent = stored.sent_id(policy, header);
            let again = this
                .kept
                .sets_cookie_again(&this.data, policy, is_changed)
                .unwrap_or_else(|| set.max_age().is_some() || set.expires().is_some());
            !again && id_sent == stored.id
        };
        let is_repeated = removed.is_empty()
            && this.same_site.is_none()
            && !Policy::changes_expiry(&this.data)
            && set.as_ref().is_some_and(has_it);
        Ok(match set {
            Some(_) if is_repeated => Commit::Set(Vec::new()),
            Some(set) => {
                let beside = this.kept.beside(&set);
                Commit::Set([set].into_iter().chain(beside).chain(removed).collect())
            }
            None => Commit::Remove(removed),
        })
    }

    /// Returns the cookies to remove beside the cookie that is set: those of older names, and those
    /// under the former attributes.
    fn removed(
        &self,
        policy: &Policy,
        origin: &RequestOrigin,
        set: Option<&SetCookie>,
        was_sent: impl Fn(&str) -> bool,
    ) -> Result<Vec<SetCookie>, Error> {
        let is_removed = |name: &str| was_sent(name) && set.is_none_or(|set| set.name() != name);
        let names = self.kept.names(&policy.name);
        let mut removed = Vec::new();
        // Most sessions have a single name.
        if names.iter().any(|name| is_removed(name)) {
            let attributes = policy.attributes_for(origin);
            removed = self.kept.delete(&policy.name, &attributes)?;
            removed.retain(|cookie| is_removed(cookie.name()));
        }
        if let Some(former) = policy.former_attributes_for(origin) {
            let former = self.kept.delete(&policy.name, &former)?;
            // With the present attributes it would remove the cookie that is set here.
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
