//! Prints results to standard output and messages to standard error.

use std::env;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Read, Write};
use std::sync::OnceLock;

use clap::Command;
use clap::error::ErrorKind as UsageError;
use console::{Style, Term, measure_text_width};
use hardtack::observe::Shown;
use indicatif::{ProgressBar, ProgressStyle, WeakProgressBar};

/// The progress bar of a long reading. Messages are printed on lines of their own beside it.
static PROGRESS: OnceLock<WeakProgressBar> = OnceLock::new();

/// The narrowest width that messages are wrapped to.
const NARROWEST: usize = 20;

/// Prints a whole result and returns the exit status.
pub(crate) fn print(result: &[u8]) -> Result<u8, String> {
    let mut out = io::stdout().lock();
    match out.write_all(result).and_then(|()| out.flush()) {
        // The reader has read enough (`| head`).
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(failed(&error)),
        _ => Ok(crate::OK),
    }
}

/// Returns the message for a failed write to standard output.
pub(crate) fn failed(error: &io::Error) -> String {
    format!("standard output: {error}")
}

/// Prints what makes the exit status a failure.
pub(crate) fn error(message: &str) {
    tell(Style::new().red(), "error", message);
}

/// Prints what the user should look at, although the command goes on and succeeds.
pub(crate) fn warn(message: &str) {
    tell(Style::new().yellow(), "warning", message);
}

/// Prints what helps to read the result.
pub(crate) fn note(message: &str) {
    tell(Style::new().cyan(), "note", message);
}

/// Prints a message after its label, as clap prints its errors. Escapes what a terminal obeys.
fn tell(style: Style, label: &str, message: &str) {
    let label = style.bold().for_stderr().apply_to(format!("{label}:"));
    let lines = message.lines();
    let lines: Vec<_> = lines
        .map(|line| Shown::new(line).whole().to_string())
        .collect();
    let text = wrapped(&format!("{label} {}", lines.join("\n")), width());
    let write = || write(&text);
    match PROGRESS.get().and_then(WeakProgressBar::upgrade) {
        Some(progress) => progress.suspend(write),
        None => write(),
    }
}

/// Writes to standard error. `eprintln!` would panic where nobody reads it; the exit status has to
/// do then.
fn write(text: &str) {
    drop(io::stderr().write_all(text.as_bytes()));
}

/// Returns the width of standard error: the terminal's, else `COLUMNS`, as clap wraps its help.
fn width() -> Option<usize> {
    let terminal = Term::stderr().size_checked();
    let terminal = terminal.map(|(_, columns)| usize::from(columns));
    let columns = || env::var("COLUMNS").ok()?.parse().ok();
    terminal
        .or_else(columns)
        .filter(|width| *width >= NARROWEST)
}

/// Wraps each line between words, and indents what goes on by two columns more than its line.
fn wrapped(text: &str, width: Option<usize>) -> String {
    let width = width.unwrap_or(usize::MAX);
    let mut out = String::new();
    for line in text.lines() {
        let words = line.trim_start_matches(' ');
        let indent = line.len() - words.len();
        out.push_str(&" ".repeat(indent));
        let mut column = indent;
        for (index, word) in words.split(' ').enumerate() {
            let length = measure_text_width(word);
            if index > 0 && column + 1 + length > width {
                column = indent + 2;
                out.push('\n');
                out.push_str(&" ".repeat(column));
            } else if index > 0 {
                column += 1;
                out.push(' ');
            }
            column += length;
            out.push_str(word);
        }
        out.push('\n');
    }
    out
}

/// Passes on what `input` reads, and shows its progress until it is dropped: how much of `total`
/// bytes was read, on standard error if that is a terminal.
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
    // A process reads one source, so the cell is empty.
    let _ = PROGRESS.set(bar.downgrade());
    bar.wrap_read(input)
}

/// Prints what clap found wrong with the arguments, or the help that was asked for, and exits.
///
/// clap quotes arguments verbatim. It therefore parses them again, with what a terminal obeys
/// escaped: an argument that was refused before is refused then too.
pub(crate) fn refuse(command: Command, error: clap::Error) -> ! {
    let shown = |arg: OsString| Shown::new(arg.as_encoded_bytes()).whole().to_string();
    let again = command.try_get_matches_from(env::args_os().map(shown));
    let error = again.err().unwrap_or(error);
    let is_help = error.kind() == UsageError::DisplayHelpOnMissingArgumentOrSubcommand;
    if !error.use_stderr() || is_help {
        // clap wraps its help itself.
        error.exit();
    }
    let text = error.render();
    let text = if console::colors_enabled_stderr() {
        text.ansi().to_string()
    } else {
        text.to_string()
    };
    write(&wrapped(&text, width()));
    std::process::exit(error.exit_code())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_between_words() {
        let cases = [
            ("error: a b", None, "error: a b\n"),
            ("error: a bcd", Some(12), "error: a bcd\n"),
            ("error: a bcd", Some(11), "error: a\n  bcd\n"),
            ("  [one, two]\n\nend", Some(8), "  [one,\n    two]\n\nend\n"),
            // A word that is too long stands on a line of its own.
            ("a bcdefghijk l", Some(6), "a\n  bcdefghijk\n  l\n"),
            // Escapes take no room.
            (
                "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m a bcd",
                Some(12),
                "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m a bcd\n",
            ),
        ];
        let mut ran = 0;
        for (text, width, expected) in cases {
            assert_eq!(wrapped(text, width), expected, "{text} to {width:?}");
            ran += 1;
        }
        assert_eq!(ran, 6);
    }
}
