//! The differential test: hardtack beside a live Rails, and its MessagePack beside `rmp-serde`, on
//! random cases.
//!
//! ```console
//! $ differential N [SEED]
//! ```
//!
//! Each of the four families gets N cases. The case numbered `i` has the seed `SEED + i`, and nothing
//! else decides it: `differential 1 SEED` repeats it. Exits with status 1 if there is a difference.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod channel;
mod cookie_headers;
mod json;
mod marshal;
mod message_pack;
mod plain;
mod tally;
mod values;

use std::process::ExitCode;
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use hardtack_peers::{Rails, RailsVersion, Serializer, Settings};
use tally::Tally;

/// Cases in one question to Rails.
const BATCH: u64 = 200;

type Family = fn(&mut Rails, &[u64], &mut Tally);

const FAMILIES: [(&str, Family); 4] = [
    ("cookie headers", cookie_headers::compare),
    ("Marshal", marshal::compare),
    ("JSON", json::compare),
    ("MessagePack", message_pack::compare),
];

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).map(|text| text.parse()).collect();
    let (cases, seed) = match arguments[..] {
        [Ok(cases)] => (cases, random_seed()),
        [Ok(cases), Ok(seed)] => (cases, seed),
        _ => {
            eprintln!("usage: differential N [SEED]");
            return ExitCode::from(2);
        }
    };
    let version = RailsVersion::current().name;
    println!("{cases} cases of each, seed {seed}, beside Rails {version}");
    let mut rails = Rails::start(&Settings::new("differential").with(Serializer::Marshal));
    let mut differences = 0;
    for (name, compare) in FAMILIES {
        let start = Instant::now();
        let mut tally = Tally::new(name);
        let seeds: Vec<u64> = (seed..seed + cases).collect();
        for batch in seeds.chunks(usize::try_from(BATCH).expect("it is small")) {
            compare(&mut rails, batch, &mut tally);
        }
        let seconds = start.elapsed().as_secs_f64();
        println!("{tally} in {seconds:.0} s");
        differences += tally.differences();
    }
    ExitCode::from(u8::from(differences > 0))
}

/// Returns a seed from the clock, short enough to be typed.
fn random_seed() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::from(now.expect("a clock after 1970").subsec_nanos()) * 1_000
}
