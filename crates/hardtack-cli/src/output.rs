//! Results go to standard output, messages to standard error.

use std::env;
use std::ffi::OsString;
use std::fmt;
use std::io::{self, ErrorKind, Write};

use clap::Command;
use hardtack::Shown;

use crate::progress;

/// Prints a whole result, and gives the exit status.
pub(crate) fn print(result: &[u8]) -> Result<u8, String> {
    let mut out = io::stdout().lock();
    match out.write_all(result).and_then(|()| out.flush()) {
        // Whoever reads us has read enough (`| head`).
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(failed(&error)),
        _ => Ok(crate::OK),
    }
}

/// What is told where standard output takes nothing more.
pub(crate) fn failed(error: &io::Error) -> String {
    format!("standard output: {error}")
}

/// Tells the user something, and escapes in it what a terminal obeys. Where nobody listens the exit
/// status has to do: `eprintln!` would panic.
pub(crate) fn complain(message: &str) {
    progress::wipe();
    let _ = write!(io::stderr(), "hardtack: {}", Lines(message));
}

/// Tells what clap found wrong with the arguments, or the help that was asked for, and ends.
///
/// clap quotes arguments as they are. So it is asked again, with what a terminal obeys in them
/// escaped: what it had no place for before has none then.
pub(crate) fn refuse(command: Command, error: clap::Error) -> ! {
    let shown = |arg: OsString| Shown::new(arg.as_encoded_bytes()).whole().to_string();
    let again = command.try_get_matches_from(env::args_os().map(shown));
    again.err().unwrap_or(error).exit()
}

/// A text of our own, line by line, whatever from outside is quoted in it.
struct Lines<'a>(&'a str);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .lines()
            .try_for_each(|line| writeln!(f, "{}", Shown::new(line).whole()))
    }
}
