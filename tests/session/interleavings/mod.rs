//! Requests of one browser at once, in many orders: switched and dropped at every await.
//!
//! Each number is one interleaving: it decides the requests, the order in which they run, and which
//! clients leave. A failure prints its number and its operations, and
//! `scripts/interleavings 1 NUMBER` repeats it.

mod browser;
mod found;
mod orders;
mod report;
mod rows;
mod rules;
mod scheduler;
mod stage;
mod world;

use std::env;
use std::fmt::Write as _;
use std::ops::AddAssign;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;
use std::thread;

#[cfg(feature = "rails-stores")]
use hardtack::stores::SessionFormat;
use hardtack::stores::{ConflictPolicy, MemoryStore};

use browser::{Plan, serve};
use orders::Orders;
use report::{Cookie, Report};
use rows::{Clients, PLAIN, Place, Row};
use rules::Rules;
use scheduler::{Choices, Task, alone, run};
use stage::Stage;
use world::{Counted, KnownKeys, NOW, World};

#[cfg(feature = "rails-stores")]
fn rails_cache() -> Arc<dyn SessionFormat> {
    use hardtack::stores::{CacheFormatVersion, RailsCache};

    Arc::new(RailsCache::new(CacheFormatVersion::V7_1))
}

const ROWS: &[Row] = &[
    PLAIN,
    Row {
        name: "merge, clients leave",
        clients: Clients::Leave,
        ..PLAIN
    },
    Row {
        name: "merge, clients leave, commits are finished",
        clients: Clients::LeaveFinished,
        ..PLAIN
    },
    Row {
        name: "merge, reading extends",
        expires: true,
        clients: Clients::Leave,
        ..PLAIN
    },
    Row {
        name: "overwrite",
        conflicts: ConflictPolicy::Overwrite,
        ..PLAIN
    },
    Row {
        name: "overwrite, clients leave",
        conflicts: ConflictPolicy::Overwrite,
        clients: Clients::Leave,
        ..PLAIN
    },
    Row {
        name: "merge, from an older key",
        first: Place::OlderKey,
        ..PLAIN
    },
    Row {
        name: "merge, from an older store",
        first: Place::OlderStore,
        ..PLAIN
    },
    #[cfg(feature = "rails-stores")]
    Row {
        name: "merge, Rails' cache, reading extends, clients leave",
        format: rails_cache,
        expires: true,
        clients: Clients::Leave,
        ..PLAIN
    },
];

/// The number of interleavings in each run of the tests; `scripts/interleavings` runs more.
const USUAL_COUNT: u64 = 20_000;

/// Counts of what happened, so that a run that tries nothing is noticed.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    interleavings: u64,
    requests: u64,
    conflicts: u64,
    gone: u64,
    left: u64,
    finished: u64,
    renewed: u64,
    removed: u64,
}

impl AddAssign for Seen {
    fn add_assign(&mut self, other: Self) {
        self.interleavings += other.interleavings;
        self.requests += other.requests;
        self.conflicts += other.conflicts;
        self.gone += other.gone;
        self.left += other.left;
        self.finished += other.finished;
        self.renewed += other.renewed;
        self.removed += other.removed;
    }
}

impl Seen {
    /// Checks that what the row is about happened often.
    fn is_worth_it(&self, row: &Row) -> bool {
        let merges = row.conflicts == ConflictPolicy::Merge;
        let often = self.interleavings / 10;
        self.interleavings > USUAL_COUNT / (2 * ROWS.len() as u64)
            && self.requests > 3 * self.interleavings
            && (self.conflicts > often) == merges
            && self.gone > self.interleavings / 30
            && self.renewed.min(self.removed) > often
            && (self.left > often) == (row.clients != Clients::Stay)
            && (self.finished > often) == (row.clients == Clients::LeaveFinished)
    }
}

fn count(reports: &[Report], is: impl Fn(&Report) -> bool) -> u64 {
    reports.iter().map(|report| u64::from(is(report))).sum()
}

/// Runs the interleaving of a number, and checks its outcome.
fn interleave(seed: u64, world: &Arc<World>, keys: &KnownKeys) -> Result<(usize, Seen), String> {
    let mut choices = Choices::of(seed);
    let number = choices.below(ROWS.len());
    let row = &ROWS[number];
    let format = Counted {
        format: (row.format)(),
        keys: keys.of_row(number),
        world: world.clone(),
    };
    let memory = || MemoryStore::new().clock(|| NOW);
    let stage = alone(Stage::new(row, format, [memory(), memory()], world));
    let before = alone(stage.state());
    let requests = 2 + choices.below(4);
    world.expect(requests);
    let tasks = (0..requests).map(|request| {
        let plan = Plan::choose(&mut choices, request, row);
        let stays = plan.stays;
        let future = serve(
            world.clone(),
            stage.sessions(request),
            stage.first,
            request,
            plan,
        );
        Task::new(request, Box::pin(future), stays)
    });
    let tasks = tasks.collect();
    let ran = run(&mut choices, world, tasks);
    let failed = |what: String| Err(format!("{}: {what}", row.name));
    if let Err(waiting) = ran {
        return failed(format!("{waiting} tasks wait for ever"));
    }
    let reports = world.reports();
    if let Some(error) = reports.iter().find_map(|report| report.error.as_ref()) {
        return failed(format!("a request failed: {error}"));
    }
    let last = alone(stage.state());
    let rules = Rules {
        conflicts: row.conflicts,
        expires: row.expires,
    };
    if !Orders::new(rules, &reports, &last).explain(&before) {
        let mut what = format!("no order of the requests explains {last:?}");
        for (request, report) in reports.iter().enumerate() {
            write!(what, "\n  request {request}: {report:?}").unwrap();
        }
        return failed(what);
    }
    // Every entry belongs to a session that opens, unless a commit ended before it deleted one.
    if row.clients != Clients::Leave && stage.store.len() != last.open.len() {
        return failed(format!("{} entries for {last:?}", stage.store.len()));
    }
    let counts = Seen {
        interleavings: 1,
        requests: count(&reports, |report| report.commit.is_some()),
        conflicts: world.conflicts.load(SeqCst),
        gone: world.gone.load(SeqCst),
        left: count(&reports, |report| report.is_dropped),
        finished: count(&reports, |report| report.is_handed_over),
        renewed: count(&reports, |report| {
            matches!(report.answer, Some(Cookie::Set(_)))
        }),
        removed: count(&reports, |report| report.answer == Some(Cookie::Removed)),
    };
    Ok((number, counts))
}

/// Runs the interleavings of some numbers, and adds what each row saw.
fn interleave_all(seeds: impl Iterator<Item = u64>, seen: &mut [Seen]) {
    let ids = KnownKeys::default();
    for seed in seeds {
        if let Ok((row, once)) = interleave(seed, &World::new(false), &ids) {
            seen[row] += once;
            continue;
        }
        // Once more, with all operations.
        let world = World::new(true);
        let what = interleave(seed, &world, &ids).err().unwrap_or_default();
        panic!(
            "interleaving {seed} (scripts/interleavings 1 {seed})\n{}\n{what}",
            world.trace()
        );
    }
}

fn variable(name: &str) -> Option<u64> {
    let value = env::var(name).ok()?;
    Some(value.parse().unwrap())
}

#[test]
fn every_outcome_is_explained_by_an_order_of_the_requests() {
    let count = variable("INTERLEAVINGS").unwrap_or(USUAL_COUNT);
    let first = variable("SEED").unwrap_or(1);
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let mut seen = vec![Seen::default(); ROWS.len()];
    let each: Vec<Vec<Seen>> = thread::scope(|scope| {
        let run = |thread| {
            scope.spawn(move || {
                let mut seen = vec![Seen::default(); ROWS.len()];
                let numbers = (first..first + count).skip(thread);
                interleave_all(numbers.step_by(threads), &mut seen);
                seen
            })
        };
        let running: Vec<_> = (0..threads).map(run).collect();
        let results = running.into_iter().map(thread::ScopedJoinHandle::join);
        results
            .map(|seen| seen.unwrap_or_else(|panic| resume_unwind(panic)))
            .collect()
    });
    for each in each {
        for (all, seen) in seen.iter_mut().zip(each) {
            *all += seen;
        }
    }
    let ran: u64 = seen.iter().map(|seen| seen.interleavings).sum();
    assert_eq!(ran, count);
    for (row, seen) in ROWS.iter().zip(seen) {
        println!("{}: {seen:?}", row.name);
        if count >= USUAL_COUNT {
            assert!(seen.is_worth_it(row), "{}: {seen:?}", row.name);
        }
    }
}
