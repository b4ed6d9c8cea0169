//! `hardtack open`: what is in cookies.

use std::ffi::OsString;

use clap::Args;

use crate::args::{SEALING, Sealing, help};
use crate::cookies::Cookies;
use crate::input;
use crate::lines::{self, Answer, JSONL, VALUES};
use crate::open_all;
use crate::source::Source;

#[derive(Args)]
#[command(after_help = help(include_str!("help/open.txt")))]
pub(crate) struct Open {
    #[arg(
        value_name = "COOKIE",
        allow_negative_numbers = true,
        conflicts_with_all = ["har", "log"],
        help = VALUES
    )]
    values: Vec<OsString>,

    #[arg(long, help = JSONL)]
    jsonl: bool,

    #[command(flatten)]
    source: Source,

    #[command(flatten, next_help_heading = SEALING)]
    sealing: Sealing,
}

pub(crate) fn run(options: Open) -> Result<u8, String> {
    let cookies = Cookies::new(options.sealing, None)?;
    if options.source.is_named() {
        return open_all::run(&options.source, &cookies, options.jsonl);
    }
    lines::each(&options.values, options.jsonl, |line| {
        let opened = input::open(&cookies, line, |jar, name, value| jar.explain(name, value))?;
        let value = opened.into_value();
        Ok(Answer {
            text: format!("{value:#}"),
            json: format!("{{\"value\":{value}}}"),
        })
    })
}
