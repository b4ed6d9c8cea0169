//! [`Saving`]: runs the commit of a session on its store, in its turn.

use super::commit::Commit;
use super::committing::Committing;
use super::on_server::Step;
use super::policy::Policy;
use super::save_queue::{SaveQueue, Turn};
use super::watched_store::{Report, WatchedStore};
use crate::error::Error;

/// The store of a session, and the queue of those who save in it.
pub(super) struct Saving<'a> {
    pub(super) store: WatchedStore<'a>,
    pub(super) queue: Option<&'a SaveQueue>,
    /// The rules of the sessions in this store.
    pub(super) policy: &'a Policy,
}

impl<'a> Saving<'a> {
    /// Runs a commit to its end.
    pub(super) async fn run(&self, committing: &mut Committing) -> Result<Commit, Error> {
        let mut untold = Vec::new();
        let outcome = self.run_in_turn(committing, &mut untold).await;
        self.store.tell(untold);
        if outcome.is_ok() {
            self.store.conflicted(committing.conflicts());
        }
        outcome
    }

    /// Runs a commit. What the observer is to hear of the operations of its turn is put into
    /// `untold`: an observer is the app's own code, and holds up nobody.
    async fn run_in_turn(
        &self,
        committing: &mut Committing,
        untold: &mut Vec<Report>,
    ) -> Result<Commit, Error> {
        let mut turn: Option<Turn<'a>> = None;
        let mut answer = None;
        loop {
            match committing.step(self.policy, answer.take())? {
                Step::Queue => turn = self.take_turn(committing).await?,
                Step::Run(operation) => {
                    let (answered, report) = self.store.run_untold(operation).await;
                    match answered {
                        Ok(answered) => answer = Some(answered),
                        Err(error) => {
                            untold.extend(report);
                            if let Some(turn) = turn {
                                turn.fail();
                            }
                            return Err(error);
                        }
                    }
                    if turn.is_some() {
                        untold.extend(report);
                    } else {
                        self.store.tell(report);
                    }
                }
                Step::Done(commit) => {
                    if let Some(turn) = turn {
                        turn.end(committing.take_written(), self.policy.now());
                    }
                    return Ok(commit);
                }
            }
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
