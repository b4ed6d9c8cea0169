//! No part of a secret stays in memory after everything made of it is dropped.
//!
//! Each case runs in a process of its own: this program, started again. The child gets a secret
//! through a pipe, makes something of it, uses it, and waits. Then it drops it, and waits again.
//! Both times its parent searches the child's memory (`/proc/PID/mem`, which Linux lets a parent
//! read) for the secret, for every key derived from it, and for the expanded keys of HMAC and AES.
//! The child holds only the needles that it made itself, and the search changes nothing in it.

#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, unused_imports, reason = "memory is read by Linux' means")
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]

mod aes_schedule;
#[cfg(feature = "rails-app")]
mod app;
mod cases;
mod child;
mod memory;
mod needles;

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use cases::{CASES, Case};
use hardtack::SecretKeyBase;
use memory::search;
use needles::Needles;

#[cfg(target_os = "linux")]
fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, child, case] = arguments.as_slice()
        && child == "child"
    {
        return child::run(case);
    }
    aes_schedule::check();
    let mut ran = 0;
    let mut faults = Vec::new();
    for case in CASES {
        println!("key care: {}", case.name);
        faults.extend(fault(case));
        ran += 1;
    }
    assert!(faults.is_empty(), "left in memory:\n{}", faults.join("\n"));
    assert_eq!(ran, cases::COUNT);
}

#[cfg(not(target_os = "linux"))]
fn main() {}

/// The needles that a case leaves in memory.
fn fault(case: &Case) -> Option<String> {
    let secret = SecretKeyBase::generate().unwrap();
    let needles = Needles::of(secret.expose());
    #[cfg(feature = "rails-app")]
    let (folder, needles) = app::make(case.app, secret.expose(), needles);
    assert!(needles.count() > 3_000, "{} windows only", needles.count());
    let mut child = Running::start(case.name);
    child.tell(secret.expose());
    #[cfg(feature = "rails-app")]
    child.tell(folder.as_ref().map_or(&b"\n"[..], |folder| folder.line()));

    child.expect("made");
    let made = search(child.process.id(), &needles);
    assert!(made.stack_was_read && made.heap_was_read && made.bytes > 100_000);
    for name in case.alive {
        assert!(
            made.names.contains(name),
            "{}: {name} should be in memory while it is used; there is {:#?}",
            case.name,
            made.found
        );
    }
    child.tell(b"\n");
    child.expect("dropped");
    let dropped = search(child.process.id(), &needles);
    child.tell(b"\n");
    assert!(child.process.wait().unwrap().success(), "{}", case.name);
    let found: Vec<_> = dropped.found.into_iter().collect();
    (!found.is_empty()).then(|| format!("{}:\n  {}", case.name, found.join("\n  ")))
}

/// A child process, and its pipes.
struct Running {
    process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Running {
    fn start(case: &str) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["child", case])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            input: process.stdin.take().unwrap(),
            output: BufReader::new(process.stdout.take().unwrap()),
            process,
        }
    }

    fn tell(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).unwrap();
    }

    fn expect(&mut self, word: &str) {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert_eq!(line.trim_end(), word);
    }
}
