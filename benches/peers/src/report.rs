//! [`Report`]: what was measured, as a table and as JSON.

use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::case::{Case, OURS, Operation};

/// What was measured.
#[derive(Serialize)]
pub(crate) struct Report {
    rows: Vec<Row>,
}

/// One contender at one operation and size.
#[derive(Serialize)]
struct Row {
    operation: Operation,
    /// Bytes of session JSON.
    size: usize,
    contender: &'static str,
    median_ns: f64,
    minimum_ns: f64,
    /// Our time as a share of its own: the median of the rounds' ratios.
    ours: f64,
}

impl Report {
    /// Of cases that were measured in the same rounds.
    pub(crate) fn of(cases: &[Case]) -> Self {
        Self {
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
        let ours = cases
            .iter()
            .find(|other| {
                (other.contender, other.operation, other.size) == (OURS, case.operation, case.size)
            })
            .unwrap_or(case);
        let ratio = |(ours, its): (&f64, &f64)| ours / its;
        Self {
            operation: case.operation,
            size: case.size,
            contender: case.contender,
            median_ns: median(case.rounds.iter().copied()),
            minimum_ns: case.rounds.iter().copied().fold(f64::INFINITY, f64::min),
            ours: median(ours.rounds.iter().zip(&case.rounds).map(ratio)),
        }
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "Nanoseconds; {OURS}'s time as a share of the contender's.\n"
        )?;
        writeln!(
            f,
            "| operation | bytes | contender | median | minimum | {OURS} |"
        )?;
        writeln!(f, "| --- | ---: | --- | ---: | ---: | ---: |")?;
        for row in &self.rows {
            let Row {
                size,
                contender,
                median_ns,
                minimum_ns,
                ours,
                ..
            } = row;
            let operation = row.operation.name();
            writeln!(
                f,
                "| {operation} | {size} | {contender} | {median_ns:.0} | {minimum_ns:.0} | {ours:.2} |"
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
