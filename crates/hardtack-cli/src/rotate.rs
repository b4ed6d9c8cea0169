//! `hardtack rotate`: cookies of old settings, sealed anew under others.

use std::cell::Cell;
use std::ffi::OsString;

use clap::Args;

use crate::args::{Limit, SEALED_BEFORE, SEALING, SealedBefore, Sealing, help};
use crate::cookies::{Cookies, attributes};
use crate::input;
use crate::lines::{self, JSONL, VALUES};
use crate::output::complain;
use crate::seal::{self, EXPIRY_LOST};

#[derive(Args)]
#[command(after_help = help(include_str!("help/rotate.txt")))]
pub(crate) struct Rotate {
    #[arg(value_name = "COOKIE", allow_negative_numbers = true, help = VALUES)]
    values: Vec<OsString>,

    #[arg(long, help = JSONL)]
    jsonl: bool,

    #[command(flatten)]
    limit: Limit,

    #[command(flatten, next_help_heading = SEALING)]
    sealing: Sealing,

    #[command(flatten, next_help_heading = SEALED_BEFORE)]
    sealed_before: SealedBefore,
}

pub(crate) fn run(options: Rotate) -> Result<u8, String> {
    let (before, after) = Cookies::before_and_after(
        options.sealed_before.into(),
        options.sealing,
        options.limit.limit,
    )?;
    after.try_out(None)?;
    // Told once, and only where there is one to lose.
    let loses_expiry = Cell::new(!after.seal_expiry());
    lines::each(&options.values, options.jsonl, |line| {
        let opened = input::open(&before, line, |jar, name, value| jar.open(name, value))?;
        let expires = opened.expires_at();
        if expires.is_some() && loses_expiry.take() {
            complain(EXPIRY_LOST);
        }
        let Cookies { jar, name, .. } = &after;
        seal::answer(jar.write_serialized(name, opened.value(), &attributes(expires)))
    })
}
