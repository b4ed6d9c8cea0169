//! [`Rules`]: what a commit does to the sessions, as the guide says it.

use std::collections::{BTreeMap, BTreeSet};

use hardtack::stores::ConflictPolicy;

use super::report::{Changes, Content, Cookie, Report};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) conflicts: ConflictPolicy,
    /// True if reading extends the life of a session, in its cookie too.
    pub(crate) expires: bool,
}

/// The sessions at a moment.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct State {
    /// The sessions in their store, by the numbers of their ids.
    pub(crate) open: BTreeMap<u64, Content>,
    /// A session in an older store. Its entry stays there when the session has moved.
    pub(crate) older: Option<(u64, Content)>,
    /// The requests that moved a session that had ended, until they notice.
    pub(crate) ghosts: BTreeSet<usize>,
}

impl State {
    /// Returns the session that an id leads to.
    pub(crate) fn get(&self, id: u64) -> Option<&Content> {
        let older = self.older.as_ref().filter(|(older, _)| *older == id);
        self.open.get(&id).or(older.map(|(_, content)| content))
    }

    /// Ends the session of an id in every store.
    fn end(&mut self, id: u64) {
        self.open.remove(&id);
        self.older.take_if(|(older, _)| *older == id);
    }
}

/// The sessions after a commit, and the cookie of its response.
pub(crate) struct Outcome {
    pub(crate) state: State,
    pub(crate) cookie: Cookie,
}

impl Rules {
    /// Returns what the commit of a request may do, as a whole.
    pub(crate) fn commit(self, request: usize, report: &Report, before: &State) -> Vec<Outcome> {
        let Report { changes, sent, .. } = report;
        let mut state = before.clone();
        let mut outcomes = Vec::new();
        let mut may = |state: &State, cookie| {
            outcomes.push(Outcome {
                state: state.clone(),
                cookie,
            });
        };
        let new = report.ids.last().copied();
        let own = report.own();
        let (Some(id), Some(_)) = (*sent, &report.found) else {
            // A visitor without a session begins one, under a new id.
            match (changes.are_any, new) {
                (true, Some(new)) if !own.is_empty() => {
                    state.open.insert(new, own);
                    may(&state, Cookie::Set(new));
                }
                (true, _) if sent.is_some() => may(&state, Cookie::Removed),
                _ => may(&state, Cookie::Kept),
            }
            return outcomes;
        };
        if state.ghosts.remove(&request) {
            // The session that it moved had ended before.
            state.open.remove(&id);
            may(&state, Cookie::Kept);
            return outcomes;
        }
        if report.ends() || own.is_empty() && report.moves {
            // A logout, which needs no session that is still there.
            state.end(id);
            match new {
                Some(new) if !own.is_empty() => {
                    state.open.insert(new, own.clone());
                    may(&state, Cookie::Set(new));
                }
                _ => may(&state, Cookie::Removed),
            }
            if report.ends() {
                return outcomes;
            }
            state = before.clone();
        }
        let there = if report.moves {
            before.get(id)
        } else {
            before.open.get(&id)
        };
        let Some(there) = there else {
            // The session is gone: nothing is written, and no cookie is set or removed.
            may(&state, Cookie::Kept);
            return outcomes;
        };
        let after = self.merged(changes, &own, there);
        if own.is_empty() && (changes.are_any || self.expires) {
            state.end(id);
            if self.conflicts == ConflictPolicy::Overwrite || after.is_empty() {
                may(&state, Cookie::Removed);
            }
            if self.conflicts == ConflictPolicy::Merge {
                // What others set meanwhile stays.
                state.open.insert(id, after);
                may(&state, Cookie::Kept);
            }
            return outcomes;
        }
        // The end of a cleared session is decided anew.
        let kept = if self.expires || changes.is_cleared {
            Cookie::Set(id)
        } else {
            Cookie::Kept
        };
        match new {
            _ if !changes.are_any && !report.moves => may(&state, kept),
            Some(new) if changes.is_renewed => {
                state.end(id);
                state.open.insert(new, after);
                may(&state, Cookie::Set(new));
            }
            _ => {
                state.open.insert(id, after);
                may(&state, kept);
                if report.moves {
                    // It noticed that the session ended after it was moved.
                    may(&state, Cookie::Kept);
                }
            }
        }
        outcomes
    }

    /// Returns the sessions after a request wrote one that had ended. It notices that when it asks
    /// the place from which the session moves.
    pub(crate) fn ghost(request: usize, report: &Report, before: &State) -> Option<State> {
        let id = report.sent.filter(|id| before.get(*id).is_none())?;
        let mut state = before.clone();
        state.open.insert(id, report.own());
        state.ghosts.insert(request);
        Some(state)
    }

    /// Returns what a commit may do that ended after one of its operations.
    pub(crate) fn unfinished(self, report: &Report, before: &State) -> Vec<State> {
        let (Some(id), Some(_)) = (report.sent, &report.found) else {
            return Vec::new();
        };
        let own = report.own();
        let mut state = before.clone();
        if report.ends() {
            // Nobody can return to the old session, and the new one is not there yet.
            state.end(id);
            return vec![state];
        }
        let Some(&new) = report.ids.last().filter(|_| report.changes.is_renewed) else {
            return Vec::new();
        };
        // An entry under the new id, which nobody knows, beside the old session.
        let there = before.get(id);
        let merged = there.map(|there| self.merged(&report.changes, &own, there));
        let copies = [Some(own), merged].into_iter().flatten();
        let beside = copies.map(|copy| {
            let mut state = before.clone();
            state.open.insert(new, copy);
            state
        });
        beside.collect()
    }

    /// Returns the session after a request's changes, of which others wrote the present state.
    fn merged(self, changes: &Changes, own: &Content, there: &Content) -> Content {
        match self.conflicts {
            ConflictPolicy::Overwrite => own.clone(),
            _ => changes.applied_to(there),
        }
    }
}
