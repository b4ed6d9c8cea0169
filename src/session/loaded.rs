//! A session once somebody has asked for it: what came with the request, and what is to be set.

use std::sync::Arc;
use std::time::Duration;

use time::OffsetDateTime;

use super::commit::Commit;
use super::data::SessionData;
use super::events::Event;
use super::expiry::Expiry;
use super::flash_hash::FlashHash;
use super::observer::Outcome;
use super::origin::RequestOrigin;
use super::store::CookieStore;
use super::writes::Writes;
use crate::cookie::attributes::Attributes;
use crate::cookie::header::CookieHeader;
use crate::cookie::jar::Jar;
use crate::cookie::set_cookie::SetCookie;
use crate::error::{Error, Refusal};

/// The session's key of the time when it began, in seconds since 1970.
const BEGAN_AT: &str = "_began_at";

/// A renewal is due when this part of a rolling expiry has passed.
const RENEWALS: u32 = 10;

#[derive(Clone)]
pub(super) struct Loaded {
    jar: Arc<Jar>,
    pub(super) data: SessionData,
    pub(super) flash: Option<FlashHash>,
    pub(super) came: Came,
    /// What it was sealed as, by [`check`](Self::check), if nothing was changed since.
    pub(super) checked: Option<SetCookie>,
}

/// How the session came.
#[derive(Clone, Copy, Debug)]
pub(super) enum Came {
    /// In no cookie, or it was thrown away since.
    Not,
    /// In one that did not open.
    Refused(Refusal),
    /// In one that opened.
    Opened {
        is_stale: bool,
        expires_at: Option<OffsetDateTime>,
    },
}

impl Loaded {
    /// Reads the session from a request's header; one that does not open is an empty one. Also
    /// how it went, where one was sent.
    pub(super) fn read(store: &CookieStore, header: &CookieHeader<'_>) -> (Self, Option<Outcome>) {
        let jar = store.jars().session.clone();
        let found = jar.find(store.name(), header, store.duplicates, |opened| {
            let opened = SessionData::load(opened)?;
            let how = *opened.opening();
            let came = Came::Opened {
                is_stale: opened.needs_rewrite(),
                expires_at: opened.expires_at(),
            };
            let data = opened.into_value();
            let ends_at = ends_at(store, &data);
            if ends_at.is_some_and(|ends_at| ends_at <= store.now()) {
                return Err(Refusal::Expired);
            }
            Ok((data, came, how))
        });
        let (data, came, outcome) = match found {
            None => (SessionData::new(), Came::Not, None),
            Some(Ok((data, came, how))) => (data, came, Some(Ok(how))),
            Some(Err(refusal)) => (
                SessionData::new(),
                Came::Refused(refusal),
                Some(Err(refusal)),
            ),
        };
        let loaded = Self {
            jar,
            data,
            flash: None,
            came,
            checked: None,
        };
        (loaded, outcome)
    }

    /// Throws away what came: what follows is another session.
    pub(super) fn reset(&mut self) {
        self.data.clear();
        self.flash = None;
        self.came = Came::Not;
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
        let now = store.now();
        if store.lifetime.is_some() && ends_at(store, &self.data).is_none() {
            self.data.insert(BEGAN_AT, &now.unix_timestamp())?;
        }
        let mut attributes = for_origin(&store.attributes, origin);
        if let Some(expires_at) = self.expiry(store, now)? {
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
        if store.writes == Writes::Never || (status >= 500 && !store.writes_on_server_error) {
            return Ok(Commit::Keep);
        }
        if this.flash.is_some() {
            let Self { data, flash, .. } = Arc::make_mut(this);
            if let Some(flash) = flash {
                flash.commit(data)?;
            }
        }
        if !this.is_due(store, header)? {
            return Ok(Commit::Keep);
        }
        let names = this.jar.names(store.name());
        let was_sent = |name: &str| header.iter().any(|(sent, _)| sent == name.as_bytes());
        let came = names.iter().any(|name| was_sent(name));
        if this.data.is_empty() && !came {
            return Ok(Commit::Keep);
        }
        if store.attributes.is_secure() && !origin.is_ssl() {
            store.tell(Event::NotOverHttp(store.name()));
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
                    store.tell(Event::Failed(&error));
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
            let attributes = for_origin(&store.attributes, origin);
            removed = self.jar.delete(store.name(), &attributes)?;
            removed.retain(|cookie| is_removed(cookie.name()));
        }
        if let Some(former) = &store.former_attributes {
            let former = self.jar.delete(store.name(), &for_origin(former, origin))?;
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

    /// Whether anything speaks for writing it.
    fn is_due(&self, store: &CookieStore, header: &CookieHeader<'_>) -> Result<bool, Error> {
        if self.data.is_changed() {
            return Ok(true);
        }
        let Came::Opened { is_stale, .. } = self.came else {
            return Ok(false);
        };
        let has_no_beginning = store.lifetime.is_some() && ends_at(store, &self.data).is_none();
        let came_twice = || {
            let of_name = |(name, _): &(&[u8], _)| *name == store.name().as_bytes();
            store.former_attributes.is_some() && header.iter().filter(of_name).count() > 1
        };
        Ok(is_stale
            || store.writes == Writes::WhenRead
            || has_no_beginning
            || came_twice()
            || self.is_due_for_renewal(store)?)
    }

    fn is_due_for_renewal(&self, store: &CookieStore) -> Result<bool, Error> {
        let (Expiry::Rolling(duration), Came::Opened { expires_at, .. }) =
            (store.expiry, self.came)
        else {
            return Ok(false);
        };
        let Some(before) = expires_at else {
            return Ok(true);
        };
        // One that ends much later than it should was sealed when sessions lasted longer.
        let after = self.expiry(store, store.now())?;
        Ok(after.is_some_and(|after| (after - before).abs() >= duration / RENEWALS))
    }

    /// When the cookie expires that is written now.
    fn expiry(
        &self,
        store: &CookieStore,
        now: OffsetDateTime,
    ) -> Result<Option<OffsetDateTime>, Error> {
        let sealed = match self.came {
            Came::Opened { expires_at, .. } => expires_at,
            Came::Not | Came::Refused(_) => None,
        };
        let expires_at = match (store.expiry, sealed) {
            // One that Rails sealed for a time keeps it.
            (Expiry::WithBrowser | Expiry::Fixed(_), Some(sealed)) => sealed,
            (Expiry::WithBrowser, None) => return Ok(None),
            (Expiry::Rolling(duration), _) | (Expiry::Fixed(duration), None) => {
                after(now, duration).ok_or(Error::ExpiryOutOfRange)?
            }
        };
        let ends_at = ends_at(store, &self.data);
        Ok(Some(ends_at.map_or(expires_at, |end| end.min(expires_at))))
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
            came: Came::Not,
            checked: None,
        };
        loaded.seal(self, &RequestOrigin::new(true, None))
    }

    /// Returns what is in a session; `None` where there is none that opens.
    pub(crate) fn read(&self, header: &CookieHeader<'_>) -> Option<SessionData> {
        let (loaded, _) = Loaded::read(self, header);
        matches!(loaded.came, Came::Opened { .. }).then_some(loaded.data)
    }
}

/// When the session ends however often it is renewed; `None` where nothing says when it began.
fn ends_at(store: &CookieStore, data: &SessionData) -> Option<OffsetDateTime> {
    let lifetime = store.lifetime?;
    let began_at = data.get::<i64>(BEGAN_AT).ok()??;
    after(
        OffsetDateTime::from_unix_timestamp(began_at).ok()?,
        lifetime,
    )
}

pub(super) fn after(time: OffsetDateTime, duration: Duration) -> Option<OffsetDateTime> {
    time.checked_add(duration.try_into().ok()?)
}

fn for_origin(attributes: &Attributes, origin: &RequestOrigin) -> Attributes {
    attributes.for_host(origin.host().unwrap_or_default())
}
