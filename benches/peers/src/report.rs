//! [`Report`]: what was measured, as a table and as JSON.

use std::env;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::case::Case;
use crate::contender::OURS;
use crate::floor::FLOOR;
use crate::operation::Operation;

/// The results of a run.
#[derive(Serialize)]
pub(crate) struct Report {
    /// The library by which hardtack encrypts.
    back_end: &'static str,
    /// On what it was measured, and when, as `scripts/bench-peers` tells.
    processor: String,
    date: String,
    rows: Vec<Row>,
}

/// One contender at one operation and size.
#[derive(Serialize)]
struct Row {
    operation: Operation,
    detail: Option<String>,
    /// Bytes of session JSON.
    size: usize,
    contender: &'static str,
    median_ns: f64,
    minimum_ns: f64,
    allocations: f64,
    /// Its time as a share of the floor's: the median of the rounds' ratios.
    of_floor: Option<f64>,
    /// Its time as a multiple of ours at the same: the median of the rounds' ratios.
    of_ours: Option<f64>,
}

impl Report {
    /// Of cases that were measured in the same rounds.
    pub(crate) fn of(back_end: &'static str, cases: &[Case]) -> Self {
        let told = |name| env::var(name).unwrap_or_else(|_| "unknown".to_owned());
        Self {
            back_end,
            processor: told("PEERS_PROCESSOR"),
            date: told("PEERS_DATE"),
            rows: cases.iter().map(|case| Row::of(case, cases)).collect(),
        }
    }

    /// Writes it as JSON.
    pub(crate) fn write(&self, path: &Path) -> io::Result<()> {
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        fs::write(path, serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Row {
    fn of(case: &Case, cases: &[Case]) -> Self {
        let find = |contender, operation| {
            cases.iter().find(|other| {
                (other.contender, other.operation, other.size) == (contender, operation, case.size)
            })
        };
        let floor = case.operation.floor();
        let floor = floor.and_then(|operation| find(FLOOR, operation));
        let ours = find(OURS, case.operation).filter(|_| case.detail.is_none());
        Self {
            operation: case.operation,
            detail: case.detail.clone(),
            size: case.size,
            contender: case.contender,
            median_ns: median(case.rounds.iter().copied()),
            minimum_ns: case.rounds.iter().copied().fold(f64::INFINITY, f64::min),
            allocations: case.allocations,
            of_floor: floor.map(|floor| ratio(case, floor)),
            of_ours: ours.map(|ours| ratio(case, ours)),
        }
    }
}

/// Returns the ratio of one contender's time to another's.
fn ratio(one: &Case, other: &Case) -> f64 {
    median(
        one.rounds
            .iter()
            .zip(&other.rounds)
            .map(|(one, other)| one / other),
    )
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{OURS} by {}. Medians in nanoseconds; each as a share of the {FLOOR}'s time and as a \
             multiple of {OURS}'s; allocations.\n",
            self.back_end
        )?;
        writeln!(
            f,
            "| operation | bytes | contender | ns | / {FLOOR} | / {OURS} | allocations |"
        )?;
        writeln!(f, "| --- | ---: | --- | ---: | ---: | ---: | ---: |")?;
        for row in &self.rows {
            let operation = row.operation.name();
            let of =
                |ratio: Option<f64>| ratio.map(|ratio| format!("{ratio:.2}")).unwrap_or_default();
            let detail = row.detail.as_ref().map(|detail| format!(": {detail}"));
            writeln!(
                f,
                "| {operation}{} | {} | {} | {:.0} | {} | {} | {:.1} |",
                detail.unwrap_or_default(),
                row.size,
                row.contender,
                row.median_ns,
                of(row.of_floor),
                of(row.of_ours),
                row.allocations,
            )?;
        }
        Ok(())
    }
}

/// The middle one; of an even number, the higher of the two in the middle.
fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
