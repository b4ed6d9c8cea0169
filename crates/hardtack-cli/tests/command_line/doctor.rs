//! `hardtack doctor`: each file under `doctor/` is one run.

use std::fs;
use std::path::Path;

use crate::program::{bare, run};
use crate::written_down::replay_all;

#[test]
fn runs_are_as_they_are_written_down() {
    assert_eq!(replay_all("doctor"), 33);
}

/// The command that a written report names prints the key that Rails uses for the id.
#[test]
fn the_command_that_is_named_prints_the_key() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/command_line/doctor");
    let report = fs::read_to_string(folder.join("stored-id-of-app.txt")).unwrap();
    let words = report.split_whitespace().collect::<Vec<_>>().join(" ");
    let (_, command) = words.split_once("'hardtack ").unwrap();
    let (command, _) = command.split_once(" ID'").unwrap();
    let mut program = bare();
    program.args(command.split(' '));
    program.arg("c5829f921fee456fdd2b54fc408dfc2e");
    let out = run(&mut program, "").out;
    // Rails 7.1's RedisCacheStore with the namespace "shop".
    let key =
        "shop:_session_id:2::d27462508e96d31491a3a51d0ad8e06cd5bbcd201574c0ec6a195852c8ee2745";
    assert_eq!(out.lines().next(), Some(key));
}
