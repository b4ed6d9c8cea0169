//! [`Leaving`]: the cookies and entries of older places that a response ends.

use std::time::Duration;

use super::commit::Commit;
use super::kept::Kept;
use super::loaded::Loaded;
use super::origin::RequestOrigin;
use super::place::Place;
use super::policy::Policy;
use super::session_format::SessionFormat;
use super::session_store::{Operation, When};
use super::sessions::Sessions;
use crate::error::Error;
use crate::http::cookie_header::CookieHeader;
use crate::http::set_cookie::SetCookie;

/// The time for which an entry stays in an older store after its session moved. Requests that run
/// at the same time still send its id, and so does a browser whose response was lost.
const STAY: Duration = Duration::from_secs(10 * 60);

/// The older places of a request's session.
pub(super) struct Leaving<'a> {
    pub(super) sessions: &'a Sessions<dyn Place>,
    pub(super) header: &'a CookieHeader<'a>,
    pub(super) origin: &'a RequestOrigin,
}

/// The operations of older stores, each with the number of its place.
#[derive(Default)]
pub(super) struct Farewell {
    /// Those that come before the session is written: after a logout nobody may return to it.
    pub(super) first: Vec<(usize, Operation)>,
    /// Those that come after it. If none finds its entry, the session ended meanwhile.
    pub(super) then: Vec<(usize, Operation)>,
    /// Those of a session that moved before and has another id now: the former one leads nowhere.
    pub(super) last: Vec<(usize, Operation)>,
}

impl Leaving<'_> {
    /// Checks whether a cookie of an older place was sent.
    pub(super) fn came(&self) -> bool {
        self.sessions.older.iter().any(|older| {
            let kept = older.place.kept();
            let mut names = kept.names(&older.policy.name).into_iter();
            names.any(|name| self.was_sent(&name))
        })
    }

    fn was_sent(&self, name: &str) -> bool {
        let mut sent = self.header.iter();
        sent.any(|(sent, _)| sent == name.as_bytes())
    }

    /// Returns the cookies that remove those of older places, except for the cookie that the
    /// session has now.
    pub(super) fn removed(&self) -> Result<Vec<SetCookie>, Error> {
        if self.sessions.older.is_empty() {
            return Ok(Vec::new());
        }
        let present = &self.sessions.policy;
        let present = SetCookie::delete(&present.name, &present.attributes_for(self.origin))?;
        let mut removed: Vec<SetCookie> = Vec::new();
        for older in &self.sessions.older {
            let (kept, policy) = (older.place.kept(), &older.policy);
            // As in Rack, over plain HTTP a `Secure` cookie stays.
            if policy.attributes.is_secure() && !self.origin.is_ssl() {
                continue;
            }
            let former = policy.former_attributes_for(self.origin);
            for attributes in former
                .into_iter()
                .chain([policy.attributes_for(self.origin)])
            {
                let cookies = kept.delete(&policy.name, &attributes)?.into_iter();
                removed
                    .extend(cookies.filter(|cookie| {
                        self.was_sent(cookie.name()) && !present.replaces(cookie)
                    }));
            }
        }
        Ok(removed)
    }

    /// Returns the operations of older stores for a session that is written or removed.
    pub(super) fn operations(&self, loaded: &Loaded, commit: &Commit) -> Farewell {
        let mut farewell = Farewell::default();
        // A session that was cleared and goes on is one that was changed.
        let is_logout = loaded.is_reset() || matches!(commit, Commit::Remove(_));
        let was_present = loaded.moved.is_none();
        let has_new_id = matches!(&loaded.kept, Kept::OnServer(own) if own.former.is_some());
        for (older, place) in self.sessions.older.iter().zip(1..) {
            let Kept::OnServer(stored) = older.place.kept() else {
                continue;
            };
            let id = stored.sent_id(&older.policy, self.header);
            let when = if is_logout {
                &mut farewell.first
            } else if was_present && has_new_id {
                &mut farewell.last
            } else {
                continue;
            };
            if let Some(id) = id {
                let keys = stored.format.keys(&id);
                let mark = marked(&older.policy, &*stored.format, &keys);
                when.extend(mark.into_iter().chain(deleted(keys)).map(|it| (place, it)));
            }
        }
        // Last: a request that moves the session writes it, and then asks the older store.
        if is_logout {
            farewell.first.extend(self.moved_beside(loaded));
        }
        let Some(moved) = loaded.moved.as_ref().filter(|_| !is_logout) else {
            return farewell;
        };
        let Kept::OnServer(stored) = &moved.kept else {
            return farewell;
        };
        if let (Some(entry), Some(id)) = (&stored.entry, &stored.id) {
            // Another request may have moved the entry to its present key.
            let mut keys = stored.format.keys(id);
            keys.truncate(1);
            keys.retain(|key| *key != entry.key);
            keys.insert(0, entry.key.clone());
            let touched = keys.into_iter().map(|key| {
                let ttl = Some(STAY);
                (moved.place, Operation::Touch { key, ttl })
            });
            farewell.then.extend(touched);
        } else if let Some(former) = &stored.former {
            // A login gave the session a new id.
            let deleted = deleted(stored.format.keys(&former.id));
            let deleted = deleted.map(|operation| (moved.place, operation));
            farewell.then.extend(deleted);
            farewell.then.extend(self.moved_beside(loaded));
        }
        farewell
    }

    /// Returns the deletions of a session that another request may have moved meanwhile, under the
    /// id that both sent.
    fn moved_beside(&self, loaded: &Loaded) -> impl Iterator<Item = (usize, Operation)> {
        let sent = match &loaded.kept {
            Kept::OnServer(stored) => stored
                .sent_id(&self.sessions.policy, self.header)
                .filter(|sent| {
                    let moved = loaded.moved.as_ref();
                    moved.is_some_and(|moved| moved.id.as_ref() == Some(sent))
                })
                .map(|sent| {
                    let keys = stored.format.keys(&sent);
                    (marked(&self.sessions.policy, &*stored.format, &keys), keys)
                }),
            Kept::InCookie(_) => None,
        };
        let (mark, keys) = sent.unwrap_or_default();
        let operations = mark.into_iter().chain(deleted(keys));
        operations.map(|operation| (0, operation))
    }
}

/// Returns the mark that a session with these keys was ended, if the policy asks for it.
fn marked(policy: &Policy, format: &dyn SessionFormat, keys: &[String]) -> Option<Operation> {
    let ttl = policy.logout_mark?;
    let key = format.logout_key(keys.first()?);
    Some(Operation::mark(key, Some(ttl)))
}

/// Returns the deletions of an id's keys, the present one last: a request that loads meanwhile
/// finds the session or none, but never an older state of it.
fn deleted(keys: Vec<String>) -> impl Iterator<Item = Operation> {
    keys.into_iter().rev().map(|key| Operation::Delete {
        key,
        when: When::Always,
    })
}
