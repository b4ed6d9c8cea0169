//! The command line `hardtack`.

mod access_log;
mod args;
mod bounded_json;
mod completions;
mod cookies;
mod demo;
mod distinct;
mod doctor;
mod found;
mod har;
mod input;
mod lines;
mod open;
mod open_all;
mod output;
mod rails_app;
mod rotate;
mod seal;
mod secret;
mod secrets;
mod source;
mod summary;
mod survey;

use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::args::help;

/// Every line went well.
const OK: u8 = 0;
/// Some line failed.
const FAILED: u8 = 1;
/// Wrong use: options, secrets, files (clap's own status as well).
const WRONG_USE: u8 = 2;

/// Rails' session cookies: open what any Rails set, seal what that Rails opens
#[derive(Parser)]
#[command(name = "hardtack", version, after_help = help(include_str!("help/hardtack.txt")))]
struct Hardtack {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Open cookies and print their values as JSON
    Open(open::Open),
    /// Seal JSON values, and print what belongs after NAME= in Set-Cookie
    Seal(seal::Seal),
    /// Open cookies under old settings, and seal the same values under new ones
    Rotate(rotate::Rotate),
    /// Why does this cookie not open? Try every secret, digest, salt and cipher
    Doctor(doctor::Doctor),
    #[command(
        about = "Print a new secret_key_base, as 'rails secret' does",
        after_help = help(include_str!("help/secret.txt"))
    )]
    Secret,
    /// Show what hardtack does, step by step; needs no secret
    #[command(after_help = help(include_str!("help/demo.txt")))]
    Demo,
    /// Print the completions for a shell: bash, zsh or fish
    Completions(completions::Completions),
}

fn main() -> ExitCode {
    let parsed = Hardtack::try_parse();
    let parsed = parsed.unwrap_or_else(|error| output::refuse(Hardtack::command(), error));
    let outcome = match parsed.command {
        Command::Open(options) => open::run(options),
        Command::Seal(options) => seal::run(options),
        Command::Rotate(options) => rotate::run(options),
        Command::Doctor(options) => doctor::run(options),
        Command::Secret => secret::run(),
        Command::Demo => demo::run(),
        Command::Completions(options) => completions::run(&options, &mut Hardtack::command()),
    };
    ExitCode::from(outcome.unwrap_or_else(|message| {
        output::complain(&message);
        WRONG_USE
    }))
}
