//! hardtack beside other crates that seal sessions: one process, one run, the contenders in turns.
//!
//! `scripts/bench-peers` runs it. It prints a table of ratios and writes the figures as JSON, to
//! `target/peers.json` or to the path that it is given.
//!
//! A new peer is a file here, a [`Contender`](case::Contender), and a line in [`main`].

mod case;
mod ours;
mod private_jar;
mod report;
#[path = "../../samples/mod.rs"]
#[allow(dead_code, reason = "what only benches/session.rs needs")]
mod samples;

use std::path::PathBuf;
use std::process::ExitCode;

use case::{Case, measure};
use ours::Ours;
use private_jar::PrivateJar;
use report::Report;

/// How many rounds there are. A ratio is taken within a round, and the median of them counts.
const ROUNDS: usize = 51;

fn main() -> ExitCode {
    let path = std::env::args_os().nth(1);
    let path = PathBuf::from(path.unwrap_or_else(|| "target/peers.json".into()));
    let mut cases: Vec<Case> = Case::of::<Ours>().chain(Case::of::<PrivateJar>()).collect();
    // Contenders at the same thing stand side by side, so that they are measured right after
    // each other.
    cases.sort_by_key(|case| (case.operation, case.size));
    measure(&mut cases, ROUNDS);
    let report = Report::of(&cases);
    print!("{report}");
    match report.write(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write {}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}
