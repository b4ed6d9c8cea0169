//! `hardtack doctor`: each file under `doctor/` is one run.

use crate::written_down::replay_all;

#[test]
fn runs_are_as_they_are_written_down() {
    assert_eq!(replay_all("doctor"), 22);
}
