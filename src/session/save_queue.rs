//! [`SaveQueue`]: the saves of one session in this process, one after the other.

use std::collections::VecDeque;
use std::hash::{BuildHasher, RandomState};
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use time::OffsetDateTime;

use super::kept::StoredEntry;

/// The time for which a commit waits for its turn, and retries while others write the same session.
pub(super) const PATIENCE: Duration = Duration::from_secs(1);

/// The number of locks that the keys share, each for a few instructions.
const STRIPES: usize = 16;

/// Lets the savers of one session pass one after the other, and hands the entry that one of them
/// wrote to the next.
///
/// It is an order, not a lock that anything depends on: each save still names the version that it
/// replaces. So a saver may be let go without its turn, and then meets a conflict at worst.
///
/// It knows the keys that are being saved and those that wait, and nothing else: no entry is kept
/// for a saver who comes later.
#[derive(Default)]
pub(crate) struct SaveQueue {
    hasher: RandomState,
    tickets: AtomicU64,
    stripes: [Mutex<Vec<Line>>; STRIPES],
}

/// The savers of one key: the one whose turn it is, and those that wait.
struct Line {
    /// The keyed hash of the store's key. Two keys with one hash wait for each other, but take no
    /// entry of each other.
    hash: u64,
    /// The ticket of the saver whose turn it is.
    turn: u64,
    since: OffsetDateTime,
    /// The entry that the saver before wrote, until the next one takes it.
    handed: Option<StoredEntry>,
    waiting: VecDeque<Waiting>,
}

struct Waiting {
    ticket: u64,
    began: OffsetDateTime,
    waker: Waker,
}

impl SaveQueue {
    /// Waits for the turn to save this key, in a commit that began at a time.
    pub(super) fn enter(
        &self,
        key: &str,
        began: OffsetDateTime,
        now: OffsetDateTime,
    ) -> Entering<'_> {
        Entering {
            queue: self,
            hash: self.hasher.hash_one(key),
            began,
            now,
            ticket: self.tickets.fetch_add(1, Relaxed),
            is_waiting: false,
        }
    }

    fn lines(&self, hash: u64) -> MutexGuard<'_, Vec<Line>> {
        let [first, ..] = &self.stripes;
        let stripe = usize::try_from(hash % STRIPES as u64).unwrap_or_default();
        let stripe = self.stripes.get(stripe).unwrap_or(first);
        // Nothing in here panics halfway.
        stripe.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a turn. Unless all are let go, the next saver has its turn, and those that have waited
    /// for a second are let go.
    fn pass(&self, hash: u64, ticket: u64, end: End) {
        let mut lines = self.lines(hash);
        // Somebody else may have ended a turn that took too long.
        let is_ours = |line: &Line| line.hash == hash && line.turn == ticket;
        let Some(place) = lines.iter().position(is_ours) else {
            return;
        };
        let Some(line) = lines.get_mut(place) else {
            return;
        };
        let mut let_go = Vec::new();
        let (handed, next) = match end {
            End::Failed => (None, None),
            End::Dropped(handed) => (handed, line.waiting.pop_front()),
            End::Saved(handed, now) => {
                line.since = now;
                // Who came later has waited for less, or has its turn soon.
                let is_late = |one: &Waiting| is_over(one.began, now);
                while line.waiting.front().is_some_and(is_late) {
                    let_go.extend(line.waiting.pop_front());
                }
                (handed, line.waiting.pop_front())
            }
        };
        let former = std::mem::replace(&mut line.handed, handed);
        let mut ended = None;
        let waker = if let Some(next) = next {
            line.turn = next.ticket;
            line.since = line.since.max(next.began);
            Some(next.waker)
        } else {
            ended = Some(lines.swap_remove(place));
            None
        };
        drop(lines);
        // A waker is the code of the app's runtime, and the bytes of an entry may be that of a store.
        drop(former);
        let all = ended.into_iter().flat_map(|line| line.waiting);
        let others = let_go.into_iter().chain(all).map(|waiting| waiting.waker);
        others.chain(waker).for_each(Waker::wake);
    }
}

/// Checks whether a second has passed. A clock that was set back by more counts too, so that nobody
/// waits until it has caught up.
fn is_over(since: OffsetDateTime, now: OffsetDateTime) -> bool {
    (now - since).abs() > PATIENCE
}

/// The end of a turn.
enum End {
    /// The saver wrote this entry, if it knows its version, at this time.
    Saved(Option<StoredEntry>, OffsetDateTime),
    /// The store failed. Each of the others learns that for itself, and not one second after the
    /// other.
    Failed,
    /// The saver was dropped, and did not use the entry that it was handed, if it was.
    Dropped(Option<StoredEntry>),
}

/// The wait for a turn: `None` if the saver is let go without one. Dropping it leaves the queue.
pub(super) struct Entering<'q> {
    queue: &'q SaveQueue,
    hash: u64,
    began: OffsetDateTime,
    now: OffsetDateTime,
    ticket: u64,
    is_waiting: bool,
}

impl<'q> Future for Entering<'q> {
    type Output = Option<(Turn<'q>, Option<StoredEntry>)>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.is_waiting
            && let Some(turn) = self.arrive(None)
        {
            return Poll::Ready(Some((turn, None)));
        }
        // A waker is the code of the app's runtime: it is cloned, and dropped, without the lock.
        let mut waker = cx.waker().clone();
        if !self.is_waiting {
            self.is_waiting = true;
            if let Some(turn) = self.arrive(Some(waker)) {
                self.is_waiting = false;
                return Poll::Ready(Some((turn, None)));
            }
            return Poll::Pending;
        }
        let mut lines = self.queue.lines(self.hash);
        let line = lines.iter_mut().find(|line| line.hash == self.hash);
        if let Some(line) = line {
            if line.turn == self.ticket {
                let handed = line.handed.take();
                drop(lines);
                self.is_waiting = false;
                return Poll::Ready(Some((self.turn(), handed)));
            }
            let ticket = self.ticket;
            let own = line.waiting.iter_mut();
            if let Some(own) = own.into_iter().find(|own| own.ticket == ticket) {
                std::mem::swap(&mut own.waker, &mut waker);
                drop(lines);
                return Poll::Pending;
            }
        }
        drop(lines);
        self.is_waiting = false;
        Poll::Ready(None)
    }
}

impl<'q> Entering<'q> {
    /// Takes the turn if nobody has it. Otherwise waits at the end of the line, if there is a
    /// waker.
    fn arrive(&self, waker: Option<Waker>) -> Option<Turn<'q>> {
        let mut lines = self.queue.lines(self.hash);
        if let Some(line) = lines.iter_mut().find(|line| line.hash == self.hash) {
            if !is_over(line.since, self.now) {
                if let Some(waker) = waker {
                    line.waiting.push_back(Waiting {
                        ticket: self.ticket,
                        began: self.began,
                        waker,
                    });
                }
                return None;
            }
            // Its saver may be a future that nobody polls: it holds up nobody any more.
            let former = std::mem::replace(line, self.line());
            drop(lines);
            drop(former.handed);
            let all = former.waiting.into_iter();
            all.for_each(|waiting| waiting.waker.wake());
        } else {
            lines.push(self.line());
        }
        Some(self.turn())
    }

    /// Returns a line in which this saver has its turn.
    fn line(&self) -> Line {
        Line {
            hash: self.hash,
            turn: self.ticket,
            since: self.now,
            handed: None,
            waiting: VecDeque::new(),
        }
    }

    fn turn(&self) -> Turn<'q> {
        Turn {
            queue: self.queue,
            hash: self.hash,
            ticket: self.ticket,
            has_ended: false,
        }
    }
}

impl Drop for Entering<'_> {
    fn drop(&mut self) {
        if !self.is_waiting {
            return;
        }
        let ticket = self.ticket;
        let mut lines = self.queue.lines(self.hash);
        let Some(line) = lines.iter_mut().find(|line| line.hash == self.hash) else {
            return;
        };
        if line.turn == ticket {
            let handed = line.handed.take();
            drop(lines);
            return self.queue.pass(self.hash, ticket, End::Dropped(handed));
        }
        let place = line.waiting.iter().position(|own| own.ticket == ticket);
        let left = place.and_then(|place| line.waiting.remove(place));
        drop(lines);
        drop(left);
    }
}

/// The turn to save a key. Dropping it passes the turn on.
pub(super) struct Turn<'q> {
    queue: &'q SaveQueue,
    hash: u64,
    ticket: u64,
    has_ended: bool,
}

impl Turn<'_> {
    /// Ends the turn, and hands the entry that was written to the next saver.
    pub(super) fn end(mut self, written: Option<StoredEntry>, now: OffsetDateTime) {
        self.has_ended = true;
        self.queue
            .pass(self.hash, self.ticket, End::Saved(written, now));
    }

    /// Ends the turn, and lets all that wait go at once.
    pub(super) fn fail(mut self) {
        self.has_ended = true;
        self.queue.pass(self.hash, self.ticket, End::Failed);
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        if !self.has_ended {
            self.queue.pass(self.hash, self.ticket, End::Dropped(None));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[test]
    fn a_turn_that_nobody_disputes_takes_no_allocation() {
        let (queue, now) = (SaveQueue::default(), OffsetDateTime::UNIX_EPOCH);
        let turn = || {
            let mut entering = pin!(queue.enter("key", now, now));
            let mut cx = Context::from_waker(Waker::noop());
            let Poll::Ready(Some((turn, None))) = entering.as_mut().poll(&mut cx) else {
                return false;
            };
            turn.end(None, now);
            true
        };
        assert!(turn()); // the stripe's room
        let mut is_had = false;
        let count = allocation_counter::measure(|| is_had = turn()).count_total;
        assert_eq!((is_had, count), (true, 0));
        // And nothing is left.
        assert!(
            queue
                .stripes
                .iter()
                .all(|stripe| stripe.lock().is_ok_and(|lines| lines.is_empty()))
        );
    }
}
