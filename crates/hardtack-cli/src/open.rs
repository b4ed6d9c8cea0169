//! `hardtack open`: prints the values of cookies.

use std::cell::Cell;
use std::ffi::OsString;

use clap::Args;

use crate::args::{SEALING, Sealing, help};
use crate::cookies::Cookies;
use crate::input;
use crate::lines::{self, Answer};
use crate::node;
use crate::open_all;
use crate::source::Source;
use crate::system::SystemOptions;

#[derive(Args)]
#[command(
    after_help = help(include_str!("help/open-short.txt")),
    after_long_help = help(include_str!("help/open.txt"))
)]
pub(crate) struct Open {
    /// The cookies; without any, one a line from standard input
    ///
    /// A line has at most 1 MiB.
    #[arg(
        value_name = "COOKIE",
        allow_negative_numbers = true,
        conflicts_with_all = ["har", "log"]
    )]
    values: Vec<OsString>,

    /// Print one JSON object a line for each cookie, in order, errors included
    #[arg(long)]
    jsonl: bool,

    #[command(flatten)]
    system: SystemOptions,

    #[command(flatten)]
    source: Source,

    #[command(flatten, next_help_heading = SEALING)]
    sealing: Sealing,
}

pub(crate) fn run(options: Open) -> Result<u8, String> {
    if let Some(system) = options.system.of_node(&options.sealing)? {
        if options.source.is_named() {
            return Err(format!(
                "--har and --log open cookies of Rails, and --system is {}; 'hardtack doctor' \
                 examines those of a log",
                system.name()
            ));
        }
        let node = node::Node::new(system, &options.system, options.sealing.name)?;
        return node.open(&options.values, options.jsonl);
    }
    let mut cookies = Cookies::to_open(options.sealing)?;
    cookies.explains = !options.jsonl;
    if options.source.is_named() {
        return open_all::run(&options.source, &cookies, options.jsonl);
    }
    let some_failed = Cell::new(false);
    let status = lines::each(&options.values, options.jsonl, |line| {
        let opened = input::open(&cookies, line, |jar, name, value| jar.explain(name, value));
        let value = opened.inspect_err(|_| some_failed.set(true))?.into_value();
        Ok(Answer {
            text: format!("{value:#}"),
            json: format!("{{\"value\":{value}}}"),
        })
    });
    if some_failed.get() && !options.jsonl {
        input::point_to_doctor();
    }
    status
}
