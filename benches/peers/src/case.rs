//! [`Case`]: one contender at one operation and size, and the turns that it takes.

use std::hint::black_box;
use std::rc::Rc;
use std::time::{Duration, Instant};

use crate::contender::{Contender, check, cookie};
use crate::operation::Operation;
use crate::samples::{COUNT, SIZES, sessions};

/// The duration of a case's turns in one round.
const ROUND: Duration = Duration::from_millis(3);

/// One contender at one operation and size.
pub(crate) struct Case {
    pub(crate) contender: &'static str,
    pub(crate) operation: Operation,
    /// The difference from other cases of that operation: the kind of fault, or the number of secrets
    /// are tried before.
    pub(crate) detail: Option<String>,
    /// Bytes of session JSON.
    pub(crate) size: usize,
    /// Nanoseconds per operation, a figure for each round.
    pub(crate) rounds: Vec<f64>,
    /// The number of allocations, on average over the inputs.
    pub(crate) allocations: f64,
    /// Does it once for every input, and tells how long that took.
    cycle: Box<dyn FnMut() -> Duration>,
}

impl Case {
    /// All cases of a contender, once it is seen to read what it writes.
    pub(crate) fn of<C: Contender + 'static>() -> Vec<Self> {
        SIZES.into_iter().flat_map(Self::of_size::<C>).collect()
    }

    fn of_size<C: Contender + 'static>(size: usize) -> Vec<Self> {
        let contender = Rc::new(C::new());
        let sessions = Rc::new(sessions(size));
        let seal = |session| cookie(&contender.seal(session));
        let cookies: Rc<Vec<String>> = Rc::new(sessions.iter().map(seal).collect());
        check(&*contender, &sessions, &cookies);

        let new = |operation, cycle| Self::new(C::NAME, operation, None, size, cycle);
        let open =
            |operation, once: fn(&C, &String)| new(operation, cycle(&contender, &cookies, once));
        let changed = {
            let contender = Rc::clone(&contender);
            let opened = cookies.iter().map(|cookie| contender.open(cookie));
            let opened: Vec<C::Opened> = opened.map(|opened| opened.expect("it opens")).collect();
            move || {
                let mut elapsed = Duration::ZERO;
                // Copied a few at a time, so that they are at hand as what a request has just
                // opened is; that is not measured.
                for few in opened.chunks(16) {
                    let few = few.to_vec();
                    let start = Instant::now();
                    for opened in few {
                        black_box(contender.change(black_box(opened), 482_913));
                    }
                    elapsed += start.elapsed();
                }
                elapsed
            }
        };
        let mut cases = vec![
            open(Operation::OpenOneKey, |c, cookie| {
                black_box(c.open(cookie).as_ref().and_then(C::user_id));
            }),
            open(Operation::OpenOneKeyAlone, |c, cookie| {
                black_box(c.user_id_alone(cookie));
            }),
            open(Operation::OpenTyped, |c, cookie| {
                black_box(c.typed(cookie));
            }),
            open(Operation::OpenAll, |c, cookie| {
                black_box(c.values(cookie));
            }),
            new(
                Operation::SealTyped,
                cycle(&contender, &sessions, |c, session| {
                    black_box(c.seal(session));
                }),
            ),
            new(
                Operation::SealByKey,
                cycle(&contender, &sessions, |c, session| {
                    black_box(c.seal_by_key(session));
                }),
            ),
            new(Operation::SealChanged, Box::new(changed)),
            open(Operation::ChangeOneKey, |c, cookie| {
                let opened = c.open(cookie).expect("it opens");
                black_box(c.change(opened, 482_913));
            }),
        ];
        cases.retain(|case| C::can(case.operation));
        cases
    }

    /// A case that does something once for every input, and tells how long that took.
    pub(crate) fn new(
        contender: &'static str,
        operation: Operation,
        detail: Option<String>,
        size: usize,
        cycle: Box<dyn FnMut() -> Duration>,
    ) -> Self {
        Self {
            contender,
            operation,
            detail,
            size,
            rounds: Vec::new(),
            allocations: f64::NAN,
            cycle,
        }
    }

    fn time(&mut self, cycles: usize) -> Duration {
        (0..cycles).map(|_| (self.cycle)()).sum()
    }

    /// The number of cycles in a round: every input as often as every other.
    fn cycles_per_round(&mut self) -> usize {
        let once = self.time(1).as_nanos().max(1);
        let cycles = usize::try_from(ROUND.as_nanos() / once).unwrap_or(usize::MAX);
        cycles.clamp(1, 1000)
    }
}

/// Does it once per input, in turn.
pub(crate) fn cycle<C: 'static, I: 'static>(
    contender: &Rc<C>,
    inputs: &Rc<Vec<I>>,
    once: impl Fn(&C, &I) + 'static,
) -> Box<dyn FnMut() -> Duration> {
    let (contender, inputs) = (Rc::clone(contender), Rc::clone(inputs));
    Box::new(move || {
        let start = Instant::now();
        for input in inputs.iter() {
            once(&contender, black_box(input));
        }
        start.elapsed()
    })
}

/// Gives every case a turn in each round, so that whatever else the machine does falls on all.
pub(crate) fn measure(cases: &mut [Case], rounds: usize) {
    // The first time is for the caches; then allocations are counted, and a third time says how
    // long a turn takes.
    for case in &mut *cases {
        case.time(1);
        case.allocations = mean(allocations(|| {
            (case.cycle)();
        }));
    }
    let counts: Vec<usize> = cases.iter_mut().map(Case::cycles_per_round).collect();
    for _ in 0..rounds {
        for (case, &count) in cases.iter_mut().zip(&counts) {
            let nanoseconds = case.time(count).as_secs_f64() * 1e9;
            #[expect(clippy::cast_precision_loss, reason = "at most 256,000")]
            case.rounds.push(nanoseconds / (COUNT * count) as f64);
        }
    }
}

fn allocations(run: impl FnOnce()) -> u64 {
    allocation_counter::measure(run).count_total
}

#[expect(clippy::cast_precision_loss, reason = "a few thousand")]
fn mean(count: u64) -> f64 {
    count as f64 / COUNT as f64
}
