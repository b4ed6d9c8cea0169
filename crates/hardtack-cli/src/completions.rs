//! `hardtack completions`: what a shell needs to complete the commands.

use clap::{Arg, ArgMatches, Command};
use clap_complete::Shell;

use crate::output;

pub(crate) fn command() -> Command {
    Command::new("completions")
        .about("Print the completions for a shell: bash, zsh or fish")
        .after_help(
            "\
Examples:
  hardtack completions bash \\
    > ~/.local/share/bash-completion/completions/hardtack
  hardtack completions zsh > ~/.zfunc/_hardtack    # a folder of your $fpath
  hardtack completions fish > ~/.config/fish/completions/hardtack.fish",
        )
        .arg(
            Arg::new("shell")
                .value_name("SHELL")
                .required(true)
                .value_parser(["bash", "zsh", "fish"])
                .help("The shell"),
        )
}

pub(crate) fn run(matches: &ArgMatches, command: &mut Command) -> Result<u8, String> {
    let shell = match matches.get_one::<String>("shell").map(String::as_str) {
        Some("zsh") => Shell::Zsh,
        Some("fish") => Shell::Fish,
        _ => Shell::Bash,
    };
    // Into memory first: clap panics where standard output is closed.
    let mut script = Vec::new();
    clap_complete::generate(shell, command, "hardtack", &mut script);
    output::print(&script)
}
