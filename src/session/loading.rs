//! [`Loading`]: finds the session of a request, in the app's place of sessions or in an older one.

use std::sync::Arc;

use super::finding::Finding;
use super::loaded::Loaded;
use super::observer::Outcome;
use super::place::Place;
use super::session_store::{Answer, Operation};
use super::sessions::Sessions;
use crate::error::{Error, Refusal};
use crate::http::cookie_header::CookieHeader;

/// The loading of a request's session, without I/O: [`step`](Self::step) returns the next operation
/// for the store of [`place`](Self::place), and takes its answer. An older place is asked only if
/// the places before it have no session.
pub(super) struct Loading {
    /// The answer of the app's own place, once it was asked: no session.
    own: Option<Loaded>,
    /// The id that was sent for the app's own place.
    sent: Option<String>,
    finding: Finding,
    /// The number of older places that were tried.
    tried: usize,
    heard: Option<Heard>,
}

/// The message to the observer about a request's session: the number of the place whose cookie it
/// is, and how that cookie opened.
pub(super) type Heard = (usize, Outcome);

/// The next step of a loading.
pub(super) enum Next {
    /// Run this operation, and call again with the store's answer.
    Run(Box<Loading>, Operation),
    Done(Arc<Loaded>, Option<Heard>),
}

impl Loading {
    /// Begins with the app's own place.
    pub(super) fn begin(sessions: &Sessions<dyn Place>, header: &CookieHeader<'_>) -> Self {
        let policy = &sessions.policy;
        let (loaded, outcome) = sessions.place.read(policy, header);
        let finding = Finding::begin(loaded, policy, header);
        Self {
            own: None,
            sent: finding.id.clone(),
            finding,
            tried: 0,
            heard: outcome.map(|outcome| (0, outcome)),
        }
    }

    /// Returns the number of the place whose store the next operation is for.
    pub(super) fn place(&self) -> usize {
        self.tried
    }

    /// Takes the store's answer (`None` at the beginning), and returns the next step.
    ///
    /// # Errors
    /// [`Error::UnreadableSession`] if the entry is not a session of the place's format.
    pub(super) fn step(
        mut self,
        sessions: &Sessions<dyn Place>,
        header: &CookieHeader<'_>,
        mut answer: Option<Answer>,
    ) -> Result<Next, Error> {
        loop {
            let policy = &sessions.at(self.tried).policy;
            let step = self.finding.step(policy, answer.take());
            if let Some(outcome) = self.finding.outcome {
                sessions.policy.looked_up(&policy.name, outcome);
            }
            if let Some(operation) = step? {
                return Ok(Next::Run(Box::new(self), operation));
            }
            let found = self.finding.loaded;
            let is_found = found.is_opened() && !sessions.policy.has_ended(&found.data);
            let own = match self.own {
                None if is_found => return Ok(Next::Done(Arc::new(found), self.heard)),
                None => found,
                Some(mut own) if is_found => {
                    // If a store had it, the value that no other place opens is no junk.
                    let heard = self.heard.filter(|(_, outcome)| outcome.is_ok());
                    let ends_at = policy.ends_at(&found.data);
                    own.take_over(self.tried, found, self.sent, ends_at);
                    return Ok(Next::Done(Arc::new(own), heard));
                }
                Some(own) => own,
            };
            let Some(older) = sessions.older.get(self.tried) else {
                return Ok(Next::Done(Arc::new(own), self.heard));
            };
            let (loaded, outcome) = older.place.read(&older.policy, header);
            let finding = Finding::begin(loaded, &older.policy, header);
            let tried = self.tried + 1;
            let heard = outcome.map(|outcome| (tried, outcome)).or(self.heard);
            // The id of a session that has ended is no junk.
            let is_id = older.policy.name == sessions.policy.name
                && (self.sent.is_some() || finding.id.is_some());
            let is_junk = |heard: &Heard| !is_id || heard.1 != Err(Refusal::Malformed);
            self = Self {
                own: Some(own),
                finding,
                tried,
                heard: heard.filter(is_junk),
                ..self
            };
        }
    }
}
