//! [`Case`]: one contender at one operation and size, and the turns that it takes.

use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::samples::{COUNT, Session, sessions};

/// The contender that the others are compared with.
pub(crate) const OURS: &str = "hardtack";

/// How long a case's turns in one round take.
const ROUND: Duration = Duration::from_millis(3);

/// What is measured, in the table's order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Operation {
    /// From the `Cookie` header to the third of six keys, the others found and checked.
    OpenOneKey,
    /// The same, and what becomes of the others does not matter.
    OpenOneKeyAlone,
    /// From the `Cookie` header to a struct.
    OpenTyped,
    /// From a struct to the whole `Set-Cookie` header.
    SealTyped,
    /// From six values, put in key by key, to the whole `Set-Cookie` header.
    SealByKey,
    /// From the `Cookie` header to the `Set-Cookie` header, one key changed.
    ChangeOneKey,
}

impl Operation {
    /// How the table calls it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::OpenOneKey => "open to one key",
            Self::OpenOneKeyAlone => "open to one key alone",
            Self::OpenTyped => "open to a struct",
            Self::SealTyped => "seal a struct",
            Self::SealByKey => "seal six keys",
            Self::ChangeOneKey => "change one key",
        }
    }
}

/// What takes part: a session in, a header out, and back. What it cannot do it leaves out.
pub(crate) trait Contender {
    /// How the table calls it.
    const NAME: &'static str;

    fn new() -> Self;

    /// The third of six keys.
    fn user_id(&self, cookie: &str) -> Option<u32>;

    /// The same, where passing over the other five is faster than holding on to them.
    fn user_id_alone(&self, cookie: &str) -> Option<u32> {
        self.user_id(cookie)
    }

    fn typed(&self, cookie: &str) -> Option<Session>;

    /// The `Set-Cookie` header.
    fn seal(&self, session: &Session) -> String;

    /// The same of a session that is put together here.
    fn seal_by_key(&self, session: &Session) -> String;

    /// The `Set-Cookie` header of the session in this cookie, with another `user_id`.
    fn change_user_id(&self, cookie: &str, user_id: u32) -> Option<String>;
}

/// One contender at one operation and size.
pub(crate) struct Case {
    pub(crate) contender: &'static str,
    pub(crate) operation: Operation,
    pub(crate) size: usize,
    /// Nanoseconds per operation, a figure for each round.
    pub(crate) rounds: Vec<f64>,
    /// Does it so many times.
    turns: Box<dyn FnMut(usize)>,
}

impl Case {
    /// All cases of a contender, once it is seen to read what it writes.
    pub(crate) fn of<C: Contender + 'static>() -> impl Iterator<Item = Self> {
        crate::samples::SIZES
            .into_iter()
            .flat_map(Self::of_size::<C>)
    }

    fn of_size<C: Contender + 'static>(size: usize) -> [Self; 6] {
        let contender = Rc::new(C::new());
        let sessions = Rc::new(sessions(size));
        let seal = |session| cookie(&contender.seal(session));
        let cookies: Rc<Vec<String>> = Rc::new(sessions.iter().map(seal).collect());
        check(&*contender, &sessions, &cookies);

        let new = |operation, turns| Self {
            contender: C::NAME,
            operation,
            size,
            rounds: Vec::new(),
            turns,
        };
        [
            new(
                Operation::OpenOneKey,
                turns(&contender, &cookies, |c, cookie| c.user_id(cookie)),
            ),
            new(
                Operation::OpenOneKeyAlone,
                turns(&contender, &cookies, |c, cookie| c.user_id_alone(cookie)),
            ),
            new(
                Operation::OpenTyped,
                turns(&contender, &cookies, |c, cookie| c.typed(cookie)),
            ),
            new(Operation::SealTyped, turns(&contender, &sessions, C::seal)),
            new(
                Operation::SealByKey,
                turns(&contender, &sessions, C::seal_by_key),
            ),
            new(
                Operation::ChangeOneKey,
                turns(&contender, &cookies, |c, cookie| {
                    c.change_user_id(cookie, 482_913)
                }),
            ),
        ]
    }

    fn time(&mut self, count: usize) -> Duration {
        let start = Instant::now();
        (self.turns)(count);
        start.elapsed()
    }

    /// How many turns make a round: every input as often as every other.
    fn turns_per_round(&mut self) -> usize {
        let once = self.time(COUNT).as_nanos().max(1);
        let cycles = usize::try_from(ROUND.as_nanos() / once).unwrap_or(usize::MAX);
        COUNT * cycles.clamp(1, 1000)
    }
}

/// Does it once per input, in turn.
fn turns<C: 'static, I: 'static, O: 'static>(
    contender: &Rc<C>,
    inputs: &Rc<Vec<I>>,
    once: impl Fn(&C, &I) -> O + 'static,
) -> Box<dyn FnMut(usize)> {
    let (contender, inputs) = (Rc::clone(contender), Rc::clone(inputs));
    Box::new(move |count| {
        for input in inputs.iter().cycle().take(count) {
            black_box(once(&contender, black_box(input)));
        }
    })
}

/// What the browser sends back of a `Set-Cookie` header.
fn cookie(set_cookie: &str) -> String {
    set_cookie
        .split_once(';')
        .map_or(set_cookie, |(cookie, _)| cookie)
        .to_owned()
}

/// A contender that does something else than it should is not worth measuring.
fn check<C: Contender>(contender: &C, sessions: &[Session], cookies: &[String]) {
    for (session, sent) in sessions.iter().zip(cookies) {
        assert_eq!(contender.user_id(sent), Some(session.user_id));
        assert_eq!(contender.user_id_alone(sent), Some(session.user_id));
        assert_eq!(contender.typed(sent).as_ref(), Some(session));
        let by_key = cookie(&contender.seal_by_key(session));
        assert_eq!(contender.typed(&by_key).as_ref(), Some(session));
        let changed = contender
            .change_user_id(sent, 7)
            .map(|changed| cookie(&changed));
        assert_eq!(
            changed.and_then(|changed| contender.user_id(&changed)),
            Some(7)
        );
    }
}

/// Gives every case a turn in each round, so that whatever else the machine does falls on all.
pub(crate) fn measure(cases: &mut [Case], rounds: usize) {
    // The first time is for the caches; the second says how long a turn takes.
    for case in &mut *cases {
        case.time(COUNT);
    }
    let counts: Vec<usize> = cases.iter_mut().map(Case::turns_per_round).collect();
    for _ in 0..rounds {
        for (case, &count) in cases.iter_mut().zip(&counts) {
            let nanoseconds = case.time(count).as_secs_f64() * 1e9;
            #[expect(clippy::cast_precision_loss, reason = "at most 256,000")]
            case.rounds.push(nanoseconds / count as f64);
        }
    }
}
