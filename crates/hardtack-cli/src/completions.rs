//! `hardtack completions`: what a shell needs to complete the commands.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Command};
use clap_complete::Shell;

use crate::args::help;
use crate::output;

#[derive(Args)]
#[command(after_help = help(include_str!("help/completions.txt")))]
pub(crate) struct Completions {
    /// The shell
    #[arg(value_parser = shell())]
    shell: Shell,
}

fn shell() -> impl TypedValueParser<Value = Shell> {
    PossibleValuesParser::new(["bash", "zsh", "fish"]).try_map(|name| name.parse::<Shell>())
}

pub(crate) fn run(options: &Completions, command: &mut Command) -> Result<u8, String> {
    // Into memory first: clap panics where standard output is closed.
    let mut script = Vec::new();
    clap_complete::generate(options.shell, command, "hardtack", &mut script);
    output::print(&script)
}
