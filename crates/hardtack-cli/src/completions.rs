//! `hardtack completions`: prints what a shell needs to complete the commands.

use clap::{Args, Command};
use clap_complete::Shell;

use crate::args::help;
use crate::output;

#[derive(Args)]
#[command(
    after_help = "Example:\n  hardtack completions fish > ~/.config/fish/completions/hardtack.fish",
    after_long_help = help(include_str!("help/completions.txt"))
)]
pub(crate) struct Completions {
    /// The shell to print the completions for
    shell: Shell,
}

pub(crate) fn run(options: &Completions, command: &mut Command) -> Result<u8, String> {
    // Into memory first: clap panics where standard output is closed.
    let mut script = Vec::new();
    clap_complete::generate(options.shell, command, "hardtack", &mut script);
    output::print(&script)
}
