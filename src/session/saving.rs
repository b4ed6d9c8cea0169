//! [`Saving`]: runs the commit of a session on its store, in its turn.

use super::commit::Commit;
use super::committing::Committing;
use super::events::Event;
use super::on_server::Step;
use super::policy::Policy;
use super::recent_saves::RecentSaves;
use super::save_queue::{SaveQueue, Turn};
use super::session_store::{Answer, Saved};
use super::watched_store::{Ran, Report, WatchedStore};
use crate::error::Error;

/// The store of a session, and the queue of those who save in it.
pub(super) struct Saving<'a> {
    pub(super) store: WatchedStore<'a>,
    pub(super) queue: Option<&'a SaveQueue>,
    /// The rules of the sessions in this store.
    pub(super) policy: &'a Policy,
}

/// The messages about a commit that the observer and the log have not heard yet.
#[derive(Default)]
struct Untold {
    reports: Vec<Report>,
    /// The number of keys that somebody else set back.
    reverted: usize,
    /// The reason why the end of the session was not marked.
    unmarked: Option<Error>,
}

impl<'a> Saving<'a> {
    /// Runs a commit to its end.
    pub(super) async fn run(&self, committing: &mut Committing) -> Result<Commit, Error> {
        let mut untold = Untold::default();
        let outcome = self.run_in_turn(committing, &mut untold).await;
        // If the store failed, it is not asked once more.
        if outcome
            .as_ref()
            .is_err_and(|error| !matches!(error, Error::Store(_)))
            && let Some(operation) = committing.undo_renewal()
        {
            // The first error is the one that counts: this entry ends by its own time.
            let _ = self.store.run(operation).await;
        }
        self.store.tell(untold.reports);
        self.store.reverted(untold.reverted);
        if let Some(error) = &untold.unmarked {
            self.policy.tell(Event::NotMarked(error));
        }
        if outcome.is_ok() {
            self.store.conflicted(committing.conflicts());
        }
        outcome
    }

    /// Runs a commit. Puts into `untold` what the observer and the log hear after the turn: they are
    /// the app's own code, and must not hold up other savers.
    async fn run_in_turn(
        &self,
        committing: &mut Committing,
        untold: &mut Untold,
    ) -> Result<Commit, Error> {
        let mut turn: Option<Turn<'a>> = None;
        let (mut answer, mut written) = (None, None);
        loop {
            match committing.step(self.policy, answer.take())? {
                Step::Queue => turn = self.take_turn(committing).await?,
                Step::Run(operation) => {
                    let count = self.store.recent.map_or(0, RecentSaves::count);
                    let Ran {
                        answer: answered,
                        report,
                        written: last,
                    } = self.store.run_untold(operation).await;
                    written = last;
                    if let Ok(answer) = &answered
                        && turn.is_some()
                    {
                        untold.reverted += self.reverted_in(answer, count, committing);
                    }
                    match answered {
                        Ok(answered) => answer = Some(answered),
                        // The session has ended: without its mark it may only come back.
                        Err(error) if committing.has_only_a_mark_left() => {
                            untold.reports.extend(report);
                            untold.unmarked = Some(error);
                            answer = Some(Answer::Saved(Saved::Done(None)));
                            continue;
                        }
                        Err(error) => {
                            untold.reports.extend(report);
                            if let Some(turn) = turn {
                                turn.fail();
                            }
                            return Err(error);
                        }
                    }
                    if turn.is_some() {
                        untold.reports.extend(report);
                    } else {
                        self.store.tell(report);
                    }
                }
                Step::Done(commit) => {
                    if let (Some(recent), Some(written), Some(data)) =
                        (self.store.recent, written, committing.saved())
                    {
                        recent.keep(written, data);
                    }
                    if let Some(turn) = turn {
                        turn.end(committing.take_written(), self.policy.now());
                    }
                    return Ok(commit);
                }
            }
        }
    }

    /// Returns the number of keys that somebody else set back, by the entry that caused a conflict.
    fn reverted_in(&self, answer: &Answer, count: u64, committing: &Committing) -> usize {
        match (self.store.recent, answer) {
            (Some(recent), Answer::Saved(Saved::Conflict(there))) => {
                let there = committing.read(self.policy, there);
                let key = committing.key_to_save();
                there.map_or(0, |there| recent.reverted(key, count, &there))
            }
            _ => 0,
        }
    }

    async fn take_turn(&self, committing: &mut Committing) -> Result<Option<Turn<'a>>, Error> {
        let Some(queue) = self.queue else {
            return Ok(None);
        };
        let (key, began) = (committing.key_to_save(), committing.began());
        let Some((turn, handed)) = queue.enter(key, began, self.policy.now()).await else {
            committing.go_without_turn(self.policy)?;
            return Ok(None);
        };
        committing.take_turn(self.policy, handed)?;
        Ok(Some(turn))
    }
}
