//! The processors: one for the server under load, another for the client and Redis. So neither takes
//! time from the server.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::thread::available_parallelism;

const SERVER: &str = "0";
const CLIENT: &str = "1";

/// Moves this program, and what it starts from now on, to the client's processor.
pub(crate) fn pin_this_to_client() {
    let process = std::process::id().to_string();
    let pinned = Command::new("taskset")
        .args(["--cpu-list", "--pid", CLIENT, &process])
        .stdout(Stdio::null())
        .status();
    if !pinned.is_ok_and(|status| status.success()) {
        eprintln!("taskset cannot give the client a processor of its own: the figures are rough");
    }
}

/// Returns a command that runs on the server's processor.
pub(crate) fn on_server(program: &OsStr) -> Command {
    // The processors that `taskset` above has left to this thread.
    let is_pinned = available_parallelism().is_ok_and(|processors| processors.get() == 1);
    if !is_pinned {
        return Command::new(program);
    }
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", SERVER]).arg(program);
    command
}
