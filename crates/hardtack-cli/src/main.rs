//! The command line `hardtack`.

mod access_log;
mod args;
mod bounded_json;
mod completions;
mod cookies;
mod demo;
mod distinct;
mod doctor;
mod express_member;
mod found;
mod har;
mod hex;
mod input;
mod key;
mod lines;
mod man;
mod node;
mod open;
mod open_all;
mod output;
mod printed;
mod rails_app;
mod rotate;
mod seal;
mod secret;
mod secrets;
mod source;
mod sql;
mod stored;
mod summary;
mod survey;
mod system;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::args::help;

/// All values succeeded.
const OK: u8 = 0;
/// Some value failed.
const FAILED: u8 = 1;
/// Options, secrets or files are wrong. clap exits with this status too.
const WRONG_USE: u8 = 2;

/// Open, seal and rotate the session cookies of Rails apps
///
/// Opens cookies that any Rails from 2.3 to 8.1 set, seals cookies that the same Rails opens, and
/// explains why a cookie does not open.
#[derive(Parser)]
#[command(
    name = "hardtack",
    version,
    after_help = help(include_str!("help/hardtack-short.txt")),
    after_long_help = help(include_str!("help/hardtack.txt"))
)]
struct Hardtack {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open cookies and print their values as JSON
    Open(open::Open),
    /// Seal JSON values and print what follows NAME= in Set-Cookie
    Seal(seal::Seal),
    /// Open cookies under old settings and seal their values under new ones
    Rotate(rotate::Rotate),
    /// Explain why a cookie does not open: try every secret, digest, salt and cipher
    Doctor(doctor::Doctor),
    /// Show a session that Rails, PHP or Express keeps on a server, from its stored bytes
    Stored(stored::Stored),
    /// Print the keys under which a store has the session of a cookie
    Key(key::Key),
    /// Print the SQL that creates a table of sessions
    Sql(sql::Sql),
    #[command(
        about = "Print a new secret_key_base, as 'rails secret' does",
        after_help = "Example:\n  hardtack secret > secret.txt",
        after_long_help = help(include_str!("help/secret.txt"))
    )]
    Secret,
    #[command(
        about = "Show what hardtack does, step by step, without a secret",
        after_help = "Example:\n  hardtack demo",
        after_long_help = help(include_str!("help/demo.txt"))
    )]
    Demo,
    /// Print the completions for a shell
    Completions(completions::Completions),
    /// Print a manual page, or write all of them into a folder
    Man(man::Man),
}

fn main() -> ExitCode {
    let parsed = Hardtack::try_parse();
    let parsed = parsed.unwrap_or_else(|error| output::refuse(Hardtack::command(), error));
    let outcome = match parsed.command {
        Command::Open(options) => open::run(options),
        Command::Seal(options) => seal::run(options),
        Command::Rotate(options) => rotate::run(options),
        Command::Doctor(options) => doctor::run(options),
        Command::Stored(options) => stored::run(&options),
        Command::Key(options) => key::run(&options),
        Command::Sql(options) => sql::run(&options),
        Command::Secret => secret::run(),
        Command::Demo => demo::run(),
        Command::Completions(options) => completions::run(&options, &mut Hardtack::command()),
        Command::Man(options) => man::run(&options, Hardtack::command()),
    };
    ExitCode::from(outcome.unwrap_or_else(|message| {
        output::error(&message);
        WRONG_USE
    }))
}
