//! The differences from express-session that were decided, and those that were met.

use super::scenario::{Kept, Scenario, Step};
use super::shelf::Held;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aspect {
    Data,
    Cookie,
    Entry,
    Life,
    Commands,
}

/// A difference that was decided: where it is met, why, and how often.
struct Decided {
    reason: &'static str,
    count: usize,
    is_met: fn(&Met<'_>) -> bool,
}

pub(super) struct Met<'a> {
    aspect: Aspect,
    file: &'a str,
    scenario: &'a Scenario,
    step: &'a Step,
    ours: &'a str,
    theirs: &'a str,
}

const DECIDED: &[Decided] = &[];

#[derive(Default)]
pub(super) struct Differences {
    counts: Vec<usize>,
    others: Vec<String>,
}

impl Differences {
    pub(super) fn note(
        &mut self,
        aspect: Aspect,
        file: &str,
        scenario: &Scenario,
        step: &Step,
        [ours, theirs]: [String; 2],
    ) {
        self.counts.resize(DECIDED.len(), 0);
        let met = Met {
            aspect,
            file,
            scenario,
            step,
            ours: &ours,
            theirs: &theirs,
        };
        match DECIDED.iter().position(|decided| (decided.is_met)(&met)) {
            Some(at) => self.counts[at] += 1,
            None => self.others.push(format!(
                "{aspect:?} {file}, {}, {}\n  {ours}\n  {theirs}",
                scenario.label, step.path
            )),
        }
    }

    /// Checks that every difference was decided, and met as often as counted.
    pub(super) fn check(&self) {
        let shown: Vec<_> = self.others.iter().take(60).cloned().collect();
        assert!(
            self.others.is_empty(),
            "{} differences:\n{}",
            self.others.len(),
            shown.join("\n")
        );
        for (decided, count) in DECIDED.iter().zip(&self.counts) {
            assert_eq!(*count, decided.count, "{}", decided.reason);
        }
    }
}

/// Returns our life of an entry and that of Express, in the store's own unit; `None` if the store
/// has none.
pub(super) fn life(store: &str, ours: &Held, theirs: &Kept, now_ms: i64) -> Option<[String; 2]> {
    let ceil = |ms: i64| ms.div_euclid(1000) + i64::from(ms.rem_euclid(1000) > 0);
    if let Some(ttl) = theirs.ttl {
        let ours = ours.ends_at.map_or(-1, |end| ceil(end - now_ms));
        return Some([ours.to_string(), ttl.to_string()]);
    }
    let theirs = theirs.expire_epoch?;
    let end = ours.ends_at?;
    // connect-pg-simple rounds up to a second.
    let ours = match store {
        "pg" | "postgres" => format!("{}.000", ceil(end)),
        _ => format!("{}.{:03}", end / 1000, end % 1000),
    };
    Some([ours, format!("{theirs:.3}")])
}

/// Returns the end of a recorded entry, in milliseconds since 1970.
pub(super) fn end(theirs: &Kept, now_ms: i64) -> Option<i64> {
    match (theirs.ttl, theirs.expire_epoch) {
        (Some(-1), _) => None,
        (Some(ttl), _) => Some(now_ms + ttl * 1000),
        #[expect(clippy::cast_possible_truncation, reason = "a time in this century")]
        (None, Some(end)) => Some((end * 1000.0).round() as i64),
        (None, None) => None,
    }
}
