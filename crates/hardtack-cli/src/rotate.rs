//! `hardtack rotate`: opens cookies under old settings and seals their values under new ones.

use std::cell::Cell;
use std::ffi::OsString;

use clap::Args;

use crate::args::{Limit, SEALED_BEFORE, SEALING, SealedBefore, Sealing, help};
use crate::cookies::{Cookies, attributes};
use crate::input;
use crate::lines;
use crate::output::warn;
use crate::seal::{self, EXPIRY_LOST};

#[derive(Args)]
#[command(
    after_help = help(include_str!("help/rotate-short.txt")),
    after_long_help = help(include_str!("help/rotate.txt"))
)]
pub(crate) struct Rotate {
    /// The cookies; without any, one a line from standard input
    ///
    /// A line has at most 1 MiB.
    #[arg(value_name = "COOKIE", allow_negative_numbers = true)]
    values: Vec<OsString>,

    /// Print one JSON object a line for each cookie, in order, errors included
    #[arg(long)]
    jsonl: bool,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten, next_help_heading = SEALING)]
    sealing: Sealing,

    #[command(flatten, next_help_heading = SEALED_BEFORE)]
    sealed_before: SealedBefore,
}

pub(crate) fn run(options: Rotate) -> Result<u8, String> {
    let (mut before, after) = Cookies::before_and_after(
        options.sealed_before.into(),
        options.sealing,
        options.limit.limit,
    )?;
    before.explains = !options.jsonl;
    after.try_out(None)?;
    // The warning is printed once, and only where an expiry is lost.
    let loses_expiry = Cell::new(!after.seal_expiry());
    let some_failed = Cell::new(false);
    let status = lines::each(&options.values, options.jsonl, |line| {
        let opened = input::open(&before, line, |jar, name, value| jar.open(name, value))
            .inspect_err(|_| some_failed.set(true))?;
        let expires = opened.expires_at();
        if expires.is_some() && loses_expiry.take() {
            warn(EXPIRY_LOST);
        }
        let Cookies { jar, name, .. } = &after;
        seal::answer(jar.write_serialized(name, opened.value(), &attributes(expires)))
    });
    if some_failed.get() && !options.jsonl {
        input::point_to_doctor();
    }
    status
}
