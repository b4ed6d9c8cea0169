//! `hardtack man`: the manual pages.

use std::fs;
use std::io;
use std::path::PathBuf;

use clap::{Args, Command, ValueHint};
use clap_mangen::Man as Page;
use clap_mangen::roff::{Roff, roman};
use hardtack::observe::Shown;

use crate::args::help;
use crate::output;

/// The paragraphs of a command's long help that begin a section of its page.
const SECTIONS: [(&str, &str); 3] = [
    ("Exit status:", "EXIT STATUS"),
    ("Example:", "EXAMPLES"),
    ("Examples:", "EXAMPLES"),
];

#[derive(Args)]
#[command(
    after_help = "Example:\n  hardtack man ~/.local/share/man/man1",
    after_long_help = help(include_str!("help/man.txt"))
)]
pub(crate) struct Man {
    /// Write a page for each command into this folder; without it, print the page hardtack(1)
    #[arg(value_hint = ValueHint::DirPath)]
    dir: Option<PathBuf>,
}

pub(crate) fn run(options: &Man, command: Command) -> Result<u8, String> {
    let mut command = command.disable_help_subcommand(true);
    command.build();
    let failed = |error: io::Error| error.to_string();
    let Some(folder) = &options.dir else {
        return output::print(&page(&command).map_err(failed)?.1);
    };
    let write = || {
        fs::create_dir_all(folder)?;
        for command in with_subcommands(&command) {
            let (name, page) = page(command)?;
            fs::write(folder.join(name), page)?;
        }
        Ok(crate::OK)
    };
    write().map_err(|error: io::Error| format!("{}: {error}", Shown::path(folder)))
}

/// Returns a command, its subcommands, and theirs.
fn with_subcommands(command: &Command) -> Vec<&Command> {
    let mut commands = vec![command];
    for subcommand in command.get_subcommands() {
        commands.append(&mut with_subcommands(subcommand));
    }
    commands
}

/// Returns a command's page, and the name of its file.
fn page(command: &Command) -> io::Result<(String, Vec<u8>)> {
    let version = concat!("hardtack ", env!("CARGO_PKG_VERSION"));
    let page = Page::new(command.clone()).source(version);
    let mut out = Vec::new();
    page.render_title(&mut out)?;
    page.render_name_section(&mut out)?;
    page.render_synopsis_section(&mut out)?;
    page.render_description_section(&mut out)?;
    page.render_options_section(&mut out)?;
    if command.has_subcommands() {
        page.render_subcommands_section(&mut out)?;
    }
    let help = command.get_after_long_help();
    let help = help.map(ToString::to_string).unwrap_or_default();
    details(&help).to_writer(&mut out)?;
    Ok((page.get_filename(), out))
}

/// Returns the sections of a long help, line by line: `clap_mangen` would fill its tables and
/// examples into paragraphs.
fn details(help: &str) -> Roff {
    let mut page = Roff::new();
    let mut is_open = false;
    for line in help.lines() {
        let section = SECTIONS.iter().find_map(|(start, title)| {
            let rest = line.strip_prefix(start)?;
            Some((*title, rest.trim_start()))
        });
        let (title, line) = match section {
            Some((title, rest)) => (Some(title), rest),
            None if is_open => (None, line),
            None => (Some("DETAILS"), line),
        };
        if let Some(title) = title {
            if is_open {
                page.control("fi", []);
            }
            page.control("SH", [title]);
            page.control("nf", []);
            is_open = true;
        }
        page.text([roman(line)]);
    }
    page.control("fi", []);
    page
}
