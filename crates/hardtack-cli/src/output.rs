//! Results go to standard output, messages to standard error.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::OnceLock;

use clap::Command;
use hardtack::observe::Shown;
use indicatif::{ProgressBar, ProgressStyle, WeakProgressBar};

/// The progress of a long reading, beside which messages stand on lines of their own.
static PROGRESS: OnceLock<WeakProgressBar> = OnceLock::new();

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
    let mut text = String::from("hardtack: ");
    for line in message.lines() {
        text += &Shown::new(line).whole().to_string();
        text.push('\n');
    }
    let tell = || drop(io::stderr().write_all(text.as_bytes()));
    match PROGRESS.get().and_then(WeakProgressBar::upgrade) {
        Some(progress) => progress.suspend(tell),
        None => tell(),
    }
}

/// Passes on what `input` reads, of `total` bytes, and shows how far it has come: on a terminal's
/// standard error, until `input` is dropped.
pub(crate) fn with_progress(input: impl Read, total: Option<u64>) -> impl Read {
    let (bar, template) = match total {
        // Such a terminal cannot wipe a line.
        _ if env::var_os("TERM").is_none_or(|term| term == "dumb") => (ProgressBar::hidden(), ""),
        Some(total) => (
            ProgressBar::new(total),
            "[{bar:24}] {percent:>3}% of {total_bytes}, {eta} left",
        ),
        None => (ProgressBar::no_length(), "{bytes} read"),
    };
    let style = ProgressStyle::with_template(template);
    let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
    bar.set_style(style.progress_chars("#."));
    // A process reads one source.
    let _ = PROGRESS.set(bar.downgrade());
    bar.wrap_read(input)
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
