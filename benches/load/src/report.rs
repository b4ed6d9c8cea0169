//! [`Report`]: what was measured, as a Markdown table.

use std::fmt;
use std::fs;
use std::time::Duration;

use crate::commands::Commands;
use crate::contender::{Contender, Side};
use crate::operation::Operation;
use crate::turn::Turn;

/// The results of a run.
pub(crate) struct Report {
    rows: Vec<Row>,
    time: Duration,
    /// The load average when the run ended.
    load: String,
}

/// The figures of a contender at an operation.
pub(crate) struct Row {
    contender: &'static Contender,
    operation: Operation,
    commands: Commands,
    /// The turns, one for each round.
    pub(crate) turns: Vec<Turn>,
}

impl Row {
    pub(crate) fn new(
        contender: &'static Contender,
        operation: Operation,
        commands: Commands,
    ) -> Self {
        Self {
            contender,
            operation,
            commands,
            turns: Vec::new(),
        }
    }

    pub(crate) fn is_of(&self, contender: &Contender, operation: Operation) -> bool {
        self.contender.name == contender.name && self.operation == operation
    }

    fn median(&self, figure: impl Fn(&Turn) -> f64) -> f64 {
        median(self.turns.iter().map(figure))
    }

    fn per_second(&self) -> f64 {
        self.median(|turn| turn.per_second)
    }

    /// Returns the ratio of a figure to another row's: the median of the rounds' ratios.
    fn ratio(&self, other: &Self, figure: impl Fn(&Turn) -> f64) -> f64 {
        let pairs = self.turns.iter().zip(&other.turns);
        median(pairs.map(|(one, other)| figure(one) / figure(other)))
    }
}

impl Report {
    pub(crate) fn new(rows: Vec<Row>, time: Duration) -> Self {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        let load = load.split(' ').take(3).collect::<Vec<_>>().join(" ");
        Self { rows, time, load }
    }

    /// Returns the fastest of some sides at an operation.
    fn best(&self, operation: Operation, sides: &[Side]) -> Option<&Row> {
        let rows = self
            .rows
            .iter()
            .filter(|row| row.operation == operation && sides.contains(&row.contender.side));
        rows.max_by(|one, other| one.per_second().total_cmp(&other.per_second()))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = self.rows.first().map_or(0, |row| row.turns.len());
        writeln!(
            f,
            "Medians of {rounds} rounds of {:?} each. Load average at the end: {}.\n",
            self.time, self.load,
        )?;
        writeln!(
            f,
            "| | requests/s | / best Rust peer | p99 ms | CPU us | / its CPU | Redis CPU us | commands |"
        )?;
        writeln!(f, "| --- | ---: | ---: | ---: | ---: | ---: | ---: | --- |")?;
        for operation in Operation::ALL {
            writeln!(f, "| **{}** | | | | | | | |", operation.name())?;
            for row in self.rows.iter().filter(|row| row.operation == operation) {
                self.line(f, row)?;
            }
        }
        writeln!(f)?;
        self.judge(f, Operation::Read, &[Side::Ours], 1.1)?;
        self.judge(f, Operation::Change, &[Side::Ours], 1.0)?;
        self.judge(f, Operation::Change, &[Side::OursOverwriting], 1.0)
    }
}

impl Report {
    fn line(&self, f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        let peer = self.best(row.operation, &[Side::Rust]);
        let ratio = |figure: fn(&Turn) -> f64| {
            peer.map(|peer| format!("{:.2}", row.ratio(peer, figure)))
                .unwrap_or_default()
        };
        writeln!(
            f,
            "| {} | {:.0} | {} | {:.1} | {:.1} | {} | {:.1} | {} |",
            row.contender.name,
            row.per_second(),
            ratio(|turn| turn.per_second),
            row.median(|turn| turn.p99),
            row.median(|turn| turn.server_cpu),
            ratio(|turn| turn.server_cpu),
            row.median(|turn| turn.redis_cpu),
            row.commands,
        )
    }

    /// Says how hardtack's best stands to the best Rust peer.
    fn judge(
        &self,
        f: &mut fmt::Formatter<'_>,
        operation: Operation,
        sides: &[Side],
        least: f64,
    ) -> fmt::Result {
        let (Some(ours), Some(peer)) = (
            self.best(operation, sides),
            self.best(operation, &[Side::Rust]),
        ) else {
            return Ok(());
        };
        writeln!(
            f,
            "- {}, {}: {:.2} times the requests of {} (wanted: {least:.1}), {:.2} of its CPU time, \
             {:.2} commands beside {:.2}.",
            operation.name(),
            ours.contender.name,
            ours.ratio(peer, |turn| turn.per_second),
            peer.contender.name,
            ours.ratio(peer, |turn| turn.server_cpu),
            ours.commands.total(),
            peer.commands.total(),
        )
    }
}

/// The middle one; of an even number, the higher of the two in the middle.
fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
