//! Results go to standard output, messages to standard error.

use std::io::{self, ErrorKind, Write};

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

/// Tells the user something. Where nobody listens the exit status has to do: `eprintln!` would
/// panic.
pub(crate) fn complain(message: &str) {
    progress::wipe();
    let _ = writeln!(io::stderr(), "hardtack: {message}");
}
