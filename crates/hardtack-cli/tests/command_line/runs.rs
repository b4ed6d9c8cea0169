//! Runs of each command, each in a file under `runs/`.

use crate::written_down::replay_all;

#[test]
fn runs_are_as_they_are_written_down() {
    assert_eq!(replay_all("runs"), 78);
}
