//! [`Orders`]: explains the outcome of an interleaving by an order of its requests.
//!
//! A request happens at two moments: it loads its session, and its commit takes effect. Each is one
//! step, somewhere between its beginning and its end. Between the steps of one request, those of
//! others may come. The rules of a step are those of the guide (`docs/stores.md`), regardless of
//! the operations that the store is asked for.

use std::collections::HashSet;

use super::report::{Cookie, Report, Span};
use super::rules::{Outcome, Rules, State};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Load(usize),
    /// Writes a session that had ended, if the request moves one. `Commit` deletes it.
    Ghost(usize),
    Commit(usize),
}

pub(crate) struct Orders<'a> {
    rules: Rules,
    reports: &'a [Report],
    steps: Vec<(Step, Span)>,
    last: &'a State,
    /// The steps that were made, and what they led to, that explain nothing.
    tried: HashSet<(u32, State)>,
}

impl<'a> Orders<'a> {
    pub(crate) fn new(rules: Rules, reports: &'a [Report], last: &'a State) -> Self {
        let mut steps = Vec::new();
        for (number, report) in reports.iter().enumerate() {
            // A request that was dropped while it loaded did nothing.
            if let (Some(load), Some(commit)) = (report.load, report.commit) {
                steps.push((Step::Load(number), load));
                if report.moves && !report.ends() {
                    steps.push((Step::Ghost(number), commit));
                }
                steps.push((Step::Commit(number), commit));
            }
        }
        // The order that is most likely comes first.
        steps.sort_by_key(|(_, span)| span.asked);
        Self {
            rules,
            reports,
            steps,
            last,
            tried: HashSet::new(),
        }
    }

    /// Checks that some order of the requests leads from one state to the last one, and to what
    /// each request saw.
    pub(crate) fn explain(&mut self, first: &State) -> bool {
        self.explain_after(0, first)
    }

    fn explain_after(&mut self, made: u32, state: &State) -> bool {
        if made.count_ones() as usize == self.steps.len() {
            return state == self.last;
        }
        let left = |at: &usize| made & (1 << at) == 0;
        for at in (0..self.steps.len()).filter(left) {
            let (step, span) = self.steps[at];
            let mut others = (0..self.steps.len()).filter(left);
            if others.any(|other| other != at && self.steps[other].1.ended < span.began) {
                continue;
            }
            if let Step::Commit(number) = step {
                let ghost = self.steps[..at]
                    .iter()
                    .rposition(|(step, _)| *step == Step::Ghost(number));
                if ghost.is_some_and(|ghost| left(&ghost)) {
                    continue;
                }
            }
            let made = made | 1 << at;
            for state in self.after(step, state) {
                if self.tried.contains(&(made, state.clone())) {
                    continue;
                }
                if self.explain_after(made, &state) {
                    return true;
                }
                self.tried.insert((made, state));
            }
        }
        false
    }

    /// Returns the states that a step may lead to, if it fits what its request saw.
    fn after(&self, step: Step, state: &State) -> Vec<State> {
        match step {
            Step::Load(number) => {
                let Report { sent, found, .. } = &self.reports[number];
                let there = sent.and_then(|sent| state.get(sent));
                let fits = there == found.as_ref();
                fits.then(|| state.clone()).into_iter().collect()
            }
            Step::Ghost(number) => {
                let ghost = Rules::ghost(number, &self.reports[number], state);
                [Some(state.clone()), ghost].into_iter().flatten().collect()
            }
            Step::Commit(number) => {
                let report = &self.reports[number];
                let whole = self.rules.commit(number, report, state);
                let fits = |cookie: Cookie| report.answer.is_none_or(|answer| answer == cookie);
                let whole = whole.into_iter().filter(|outcome| fits(outcome.cookie));
                let mut after: Vec<State> = whole.map(|Outcome { state, .. }| state).collect();
                if report.answer.is_none() && !report.is_handed_over {
                    after.push(state.clone());
                    after.extend(self.rules.unfinished(report, state));
                }
                after
            }
        }
    }
}
