//! [`Rules`]: what a commit does to the sessions, as the guide says it.

use hardtack::stores::ConflictPolicy;

use super::orders::State;
use super::report::{Changes, Content, Cookie, Report};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Rules {
    pub(crate) conflicts: ConflictPolicy,
    /// True if reading extends the life of a session, in its cookie too.
    pub(crate) expires: bool,
}

/// The sessions after a commit, and the cookie of its response.
pub(crate) struct Outcome {
    pub(crate) state: State,
    pub(crate) cookie: Cookie,
}

impl Rules {
    /// Returns what a commit may do, as a whole.
    pub(crate) fn commit(self, report: &Report, before: &State) -> Vec<Outcome> {
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
        let own = changes.applied_to(report.found.as_ref().unwrap_or(&Content::new()));
        let (Some(id), Some(_)) = (*sent, &report.found) else {
            // A visitor without a session begins one, under a new id.
            match (changes.are_any, new) {
                (false, _) => may(&state, Cookie::Kept),
                (true, Some(new)) if !own.is_empty() => {
                    state.insert(new, own);
                    may(&state, Cookie::Set(new));
                }
                (true, _) if sent.is_some() => may(&state, Cookie::Removed),
                (true, _) => may(&state, Cookie::Kept),
            }
            return outcomes;
        };
        if ends(changes, &own) {
            // A logout, which needs no session that is still there.
            state.remove(&id);
            match new {
                Some(new) if !own.is_empty() => {
                    state.insert(new, own);
                    may(&state, Cookie::Set(new));
                }
                _ => may(&state, Cookie::Removed),
            }
            return outcomes;
        }
        let Some(there) = before.get(&id) else {
            // The session is gone: nothing is written, and no cookie is set or removed.
            may(&state, Cookie::Kept);
            return outcomes;
        };
        let after = self.merged(changes, &own, there);
        if own.is_empty() && (changes.are_any || self.expires) {
            if self.conflicts == ConflictPolicy::Overwrite || after.is_empty() {
                state.remove(&id);
                may(&state, Cookie::Removed);
            }
            if self.conflicts == ConflictPolicy::Merge {
                // What others set meanwhile stays.
                state.insert(id, after);
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
            _ if !changes.are_any => may(&state, kept),
            Some(new) if changes.is_renewed => {
                state.remove(&id);
                state.insert(new, after);
                may(&state, Cookie::Set(new));
            }
            _ => {
                state.insert(id, after);
                may(&state, kept);
            }
        }
        outcomes
    }

    /// Returns what a commit may do that ended after one of its operations.
    pub(crate) fn unfinished(self, report: &Report, before: &State) -> Vec<State> {
        let (Some(id), Some(found)) = (report.sent, &report.found) else {
            return Vec::new();
        };
        let own = report.changes.applied_to(found);
        let mut state = before.clone();
        if ends(&report.changes, &own) {
            // Nobody can return to the old session, and the new one is not there yet.
            state.remove(&id);
            return vec![state];
        }
        let Some(&new) = report.ids.last().filter(|_| report.changes.is_renewed) else {
            return Vec::new();
        };
        // An entry under the new id, which nobody knows, beside the old session.
        let there = before.get(&id);
        let merged = there.map(|there| self.merged(&report.changes, &own, there));
        let copies = [Some(own), merged].into_iter().flatten();
        let beside = copies.map(|copy| {
            let mut state = before.clone();
            state.insert(new, copy);
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

/// Checks whether a request ends its session for everybody, whatever others change meanwhile: by a
/// reset, or a session that it discards and leaves empty.
fn ends(changes: &Changes, own: &Content) -> bool {
    changes.is_reset || own.is_empty() && (changes.is_cleared || changes.is_renewed)
}
