//! A browser's requests: what each does to the session, and how it runs.

use std::sync::Arc;

use hardtack::{Commit, LazySession, RequestOrigin, ServerSessions, Session};

use super::report::{Changes, Content, Cookie, Span};
use super::rows::{Clients, Place, Row};
use super::scheduler::{Choices, yield_now};
use super::world::{World, id, number};

pub(crate) const NAME: &str = "_session_id";

const KEYS: [&str; 4] = ["a", "b", "c", "n"];

/// A call of a handler.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Action {
    Get(&'static str),
    Insert(&'static str, i64),
    Remove(&'static str),
    /// Counts one up, in a closure.
    Update(&'static str),
    Clear,
    Renew,
    Reset,
}

/// A request before it runs.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) actions: Vec<Action>,
    /// It sends the id of the browser's first session, whatever the browser has by then.
    pub(crate) sends_first: bool,
    /// The number of turns that it leaves to others before it begins.
    pub(crate) delay: usize,
    /// The number of polls after which its client leaves.
    pub(crate) stays: Option<usize>,
}

impl Plan {
    pub(crate) fn choose(choices: &mut Choices, request: usize, row: &Row) -> Self {
        let first_value = i64::try_from(100 * (request + 1)).unwrap();
        let mut values = first_value..;
        let calls = if choices.once_in(8) {
            0
        } else {
            1 + choices.below(3)
        };
        let actions = (0..calls).map(|_| {
            let key = choices.pick(&KEYS);
            let action = match choices.below(16) {
                0 | 1 => Action::Get(key),
                2..7 => Action::Insert(key, values.next().unwrap()),
                7..10 => Action::Remove(key),
                10..12 => Action::Update("n"),
                12 => Action::Clear,
                13 => Action::Renew,
                14 => Action::Reset,
                _ => choices.pick(&[Action::Renew, Action::Reset]),
            };
            match action {
                // Beside a move, a renewal may end the session, and so may a request that empties
                // it.
                Action::Renew | Action::Remove(_) if row.first != Place::Present => {
                    Action::Get(key)
                }
                action => action,
            }
        });
        let actions = actions.collect();
        // Most begin at once, some after others have ended.
        let delay = if choices.once_in(3) {
            choices.below(24)
        } else {
            0
        };
        let leaves = row.clients != Clients::Stay && choices.once_in(3);
        Self {
            actions,
            sends_first: choices.once_in(4),
            delay,
            stays: leaves.then(|| delay + 1 + choices.below(20)),
        }
    }
}

/// Returns the content of a session.
pub(crate) fn content(session: &Session) -> Content {
    session.read(|data| {
        let keys = data.keys().into_iter();
        keys.map(|key| {
            let value = data.get(&key).unwrap().unwrap();
            (key.into_owned(), value)
        })
        .collect()
    })
}

impl Action {
    /// Runs the call, and notes the change: a key that is not there is not removed.
    fn run(self, session: &Session, changes: &mut Changes) {
        match self {
            Self::Get(key) => {
                let _: Option<i64> = session.get(key).unwrap();
                return;
            }
            Self::Insert(key, value) => {
                session.insert(key, value).unwrap();
                changes.keys.insert(key.to_owned(), Some(value));
            }
            Self::Remove(key) => {
                if !session.remove(key).unwrap() {
                    return;
                }
                changes.keys.insert(key.to_owned(), None);
            }
            Self::Update(key) => {
                let value = session.update(|data| {
                    let value = data.get::<i64>(key)?.unwrap_or(0) + 1;
                    data.insert(key, value).map(|()| value)
                });
                changes.keys.insert(key.to_owned(), Some(value.unwrap()));
            }
            Self::Clear => {
                session.clear().unwrap();
                changes.keys.clear();
                changes.is_cleared = true;
            }
            Self::Renew => {
                session.renew().unwrap();
                changes.is_renewed = true;
            }
            Self::Reset => {
                session.reset().unwrap();
                changes.keys.clear();
                (changes.is_cleared, changes.is_reset) = (true, true);
            }
        }
        changes.are_any = true;
    }
}

/// Runs a request as a middleware does, and notes what it sees.
pub(crate) async fn serve(
    world: Arc<World>,
    sessions: Arc<ServerSessions>,
    first: u64,
    request: usize,
    plan: Plan,
) {
    for _ in 0..plan.delay {
        yield_now().await;
    }
    let jar = *world.jar.lock().unwrap();
    let sent = if plan.sends_first { Some(first) } else { jar };
    world.tell(|| format!("sends {sent:?}, {:?}", plan.actions));
    let header = sent.map(|sent| format!("{NAME}={}", id(sent)));
    let lazy = LazySession::open(
        &sessions,
        header.unwrap_or_default(),
        RequestOrigin::default(),
    );
    let step = world.step();
    world.report(request, |report| {
        (report.sent, report.load) = (sent, Some(Span::begin(step)));
    });
    let session = match lazy.load().await {
        Ok(session) => session,
        Err(error) => {
            return world.report(request, |report| report.error = Some(error.to_string()));
        }
    };
    let found = session.session_id().map(|_| content(&session));
    let mut changes = Changes::default();
    let step = world.step();
    world.report(request, |report| {
        report.ended(step);
        report.found = found;
    });
    for action in plan.actions {
        action.run(&session, &mut changes);
    }
    let step = world.step();
    world.report(request, |report| {
        (report.changes, report.commit) = (changes, Some(Span::begin(step)));
    });
    let commit = lazy.commit(200).await;
    let step = world.step();
    world.report(request, |report| report.ended(step));
    let cookie = match commit {
        Ok(Commit::Set(cookies)) if !cookies.is_empty() => {
            Cookie::Set(number(cookies[0].escaped_value()))
        }
        Ok(Commit::Remove(cookies)) if !cookies.is_empty() => Cookie::Removed,
        Ok(_) => Cookie::Kept,
        Err(error) => {
            return world.report(request, |report| report.error = Some(error.to_string()));
        }
    };
    world.tell(|| format!("is answered: {cookie:?}"));
    match cookie {
        Cookie::Set(id) => *world.jar.lock().unwrap() = Some(id),
        Cookie::Removed => *world.jar.lock().unwrap() = None,
        Cookie::Kept => {}
    }
    world.report(request, |report| report.answer = Some(cookie));
}
