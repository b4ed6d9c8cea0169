//! Whole access logs and HAR files: each file under `quantity/` is one run; and what is hostile.

use crate::written_down::replay_all;

#[test]
fn runs_are_as_they_are_written_down() {
    assert_eq!(replay_all("quantity"), 21);
}
