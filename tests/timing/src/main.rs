//! Measures if the time of refusing a wrong code depends on the place of the wrong byte. If it did,
//! an attacker could guess a code byte by byte. Uses Welch's t-test, as dudect does.
//!
//! Two classes of messages are refused in random order: codes whose first byte is wrong, and codes
//! whose last byte is wrong. All are made beforehand (see [`pool`]), of the same length, with one
//! wrong byte, in the same kinds of characters. Before each refusal a message is drawn at random
//! and copied into the same buffer. The refusal thus finds it at the same address, in the same
//! state of the cache. The copy is not timed.
//!
//! The largest |t| must stay below 4.5. Two comparisons that leak on purpose must exceed it. If
//! they do not, the machine is too noisy for the other results to mean anything.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod pool;
mod target;
mod welch;

use std::hint::black_box;
use std::process::ExitCode;
use std::time::Instant;

use target::Target;
use welch::{Report, Time};

/// The |t| that counts as a difference. dudect's own threshold is 10; 4.5 is usual in leakage tests
/// (ISO/IEC 17825).
const THRESHOLD: f64 = 4.5;

/// The number of refusals before the measurement, to fill the caches with code and data.
const WARM_UP: usize = 10_000;

fn main() -> ExitCode {
    let samples = match std::env::args().nth(1).map(|samples| samples.parse()) {
        None => 1_000_000,
        Some(Ok(samples)) if samples >= 100_000 => samples,
        Some(_) => {
            eprintln!("usage: timing [SAMPLES], 100000 at least");
            return ExitCode::from(2);
        }
    };
    println!(
        "{samples} refusals each: |t| of all of them, the largest, and |t| of each crop, from the fastest 7% to 99.9%"
    );

    let mut able = true;
    for control in [target::leaky_comparison(), target::leaky_refusal()] {
        able &= measured(&control, samples).maximum() >= THRESHOLD;
    }
    able &= measured(&target::no_difference(), samples).maximum() < THRESHOLD;
    if !able {
        eprintln!(
            "unable to measure: a control is on the wrong side of {THRESHOLD}; is the machine busy?"
        );
        return ExitCode::from(2);
    }

    let mut leaks = false;
    for target in target::all() {
        leaks |= measured(&target, samples).maximum() >= THRESHOLD;
    }
    if leaks {
        eprintln!(
            "a refusal takes another time by where the code is wrong: |t| is {THRESHOLD} or more"
        );
        return ExitCode::FAILURE;
    }
    println!("none tells where the code is wrong: every |t| is below {THRESHOLD}");
    ExitCode::SUCCESS
}

/// Measures a target, and prints the result.
fn measured(target: &Target, samples: usize) -> Report {
    assert!(
        target.pool.is_told_apart_by(&target.accepts),
        "{}: it is not the code that is refused",
        target.name
    );
    let times = measure(target, samples);
    let report = welch::report(&times).expect("enough times of both classes");
    println!(
        "{:38} all {:6.2}  largest {:6.2}",
        target.name,
        report.uncropped,
        report.maximum()
    );
    for crops in report.crops.chunks(25) {
        let crops: Vec<String> = crops.iter().map(|t| format!("{t:.1}")).collect();
        println!("    {}", crops.join(" "));
    }
    report
}

/// Measures the times of `samples` refusals, of either class at random.
fn measure(target: &Target, samples: usize) -> Vec<Time> {
    let mut buffer = vec![0; target.pool.message_len()];
    let mut times = Vec::with_capacity(samples);
    for number in 0..WARM_UP + samples {
        let second_class = target.pool.draw(&mut buffer);
        let start = Instant::now();
        black_box((target.accepts)(black_box(&buffer)));
        let taken = start.elapsed();
        if number >= WARM_UP {
            times.push(Time {
                second_class,
                nanoseconds: u32::try_from(taken.as_nanos()).unwrap_or(u32::MAX - 1),
            });
        }
    }
    times
}
