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
mod wanted;

use std::process::ExitCode;

use clap::Command;

/// Every line went well.
const OK: u8 = 0;
/// Some line failed.
const FAILED: u8 = 1;
/// Wrong use: options, secrets, files (clap's own status as well).
const WRONG_USE: u8 = 2;

fn main() -> ExitCode {
    let matches = command().try_get_matches();
    let matches = matches.unwrap_or_else(|error| output::refuse(command(), error));
    let outcome = match matches.subcommand() {
        Some(("open", matches)) => open::run(matches),
        Some(("seal", matches)) => seal::run(matches),
        Some(("doctor", matches)) => doctor::run(matches),
        Some(("rotate", matches)) => rotate::run(matches),
        Some(("secret", _)) => secret::run(),
        Some(("demo", _)) => demo::run(),
        Some(("completions", matches)) => completions::run(matches, &mut command()),
        _ => Ok(WRONG_USE),
    };
    ExitCode::from(outcome.unwrap_or_else(|message| {
        output::complain(&message);
        WRONG_USE
    }))
}

fn command() -> Command {
    Command::new("hardtack")
        .version(env!("CARGO_PKG_VERSION"))
        .about("Rails' session cookies: open what any Rails set, seal what that Rails opens")
        .after_help(
            "\
Exit status: 0 all went well, 1 some value failed, 2 wrong use.

Examples:
  # See all of it at work; no secret needed.
  hardtack demo

  # What is in a cookie that the app set?
  export SECRET_KEY_BASE=...
  hardtack open --name _shop_session --rails 7.1 'cKMlQ...--w%3D%3D'

  # The same with secret, settings and name from the app's own files.
  hardtack open --rails-app /srv/shop 'cKMlQ...--w%3D%3D'

  # A cookie that the app opens.
  hardtack seal --name _shop_session --rails 7.1 '{\"user_id\":42}'

  # Why does this cookie not open?
  hardtack doctor 'Cookie: _shop_session=cKMlQ...--w%3D%3D'

  # The same cookies after an upgrade, or under a new secret.
  hardtack rotate --name _shop_session --from-rails 6.1 --rails 7.1 < cookies

'hardtack open --help', 'seal --help' and so on show more.",
        )
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(open::command())
        .subcommand(seal::command())
        .subcommand(rotate::command())
        .subcommand(doctor::command())
        .subcommand(secret::command())
        .subcommand(demo::command())
        .subcommand(completions::command())
}
