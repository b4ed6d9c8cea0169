//! hardtack beside other crates that seal sessions, and beside the fastest straight line that can
//! be put together by hand: one process, one run, the contenders in turns.
//!
//! `scripts/bench-peers` runs it. It prints a table of ratios and writes the figures as JSON, to
//! `target/peers.json` or to the path that it is given; words after the path choose contenders and
//! operations whose names hold them. `--samples` and a path write the sessions that are measured
//! with, for peers in other languages.
//!
//! A new peer is a file here, a [`Contender`](contender::Contender), and a line in [`main`].

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod actix_session;
mod case;
mod contender;
mod cookie_crate;
mod floor;
mod floor_codec;
mod hostile;
mod middleware;
mod now;
mod operation;
mod ours;
mod rails_crates;
mod report;
#[path = "../../samples/mod.rs"]
#[allow(dead_code, reason = "what only benches/session.rs needs")]
mod samples;
mod tag_check;

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use case::{Case, measure};
use report::Report;
use samples::{SIZES, sessions};

/// The number of rounds. A ratio is taken within a round, and the median of them counts.
const ROUNDS: usize = 51;

/// By what hardtack encrypts here.
const BACK_END: &str = if cfg!(feature = "aws-lc-rs") {
    "aws-lc-rs"
} else {
    "aes-gcm"
};

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let path = PathBuf::from(
        arguments
            .next()
            .unwrap_or_else(|| "target/peers.json".into()),
    );
    if path.as_os_str() == "--samples" {
        let samples = SIZES.map(|size| (size, sessions(size)));
        let json = serde_json::to_string(&samples).expect("it is JSON");
        fs::write(arguments.next().expect("a path"), json).expect("it can be written");
        return ExitCode::SUCCESS;
    }
    let words: Vec<String> = arguments
        .filter_map(|word| word.into_string().ok())
        .collect();

    let mut cases: Vec<Case> = [
        Case::of::<floor::Floor>(),
        Case::of::<ours::Ours>(),
        Case::of::<cookie_crate::PrivateJar>(),
        Case::of::<cookie_crate::SignedJar>(),
        Case::of::<actix_session::ActixSession>(),
        Case::of::<rails_crates::CookieParser>(),
        Case::of::<rails_crates::MessageVerifier>(),
    ]
    .into_iter()
    .flatten()
    .chain(hostile::refusals())
    .chain(tag_check::tag_checks())
    .chain(hostile::older_secrets())
    .chain(middleware::requests())
    .collect();
    if !words.is_empty() {
        let holds = |case: &Case, word: &String| {
            case.contender.contains(&**word) || case.operation.name().contains(&**word)
        };
        cases.retain(|case| words.iter().any(|word| holds(case, word)));
    }
    // Contenders at the same thing stand side by side, so that they are measured right after
    // each other.
    cases.sort_by_key(|case| (case.operation, case.size));
    measure(&mut cases, ROUNDS);
    let report = Report::of(BACK_END, &cases);
    print!("{report}");
    match report.write(&path) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("cannot write {}: {error}", path.display());
            ExitCode::FAILURE
        }
    }
}
