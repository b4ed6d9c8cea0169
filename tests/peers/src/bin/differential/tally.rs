//! [`Tally`]: what the cases of a family came to.

use std::fmt;

/// Differences that are shown in full.
const SHOWN: u64 = 10;

/// The checks of a family, and the differences that they found.
pub(crate) struct Tally {
    family: &'static str,
    checks: u64,
    differences: u64,
}

impl Tally {
    pub(crate) fn new(family: &'static str) -> Self {
        Self {
            family,
            checks: 0,
            differences: 0,
        }
    }

    /// Counts a check; shows its case and the seed that repeats it if there is a difference.
    pub(crate) fn check(&mut self, seed: u64, difference: Option<String>) {
        self.checks += 1;
        let Some(difference) = difference else { return };
        self.differences += 1;
        if self.differences <= SHOWN {
            println!("{}: {difference}", self.family);
            println!("  repeat it: scripts/differential 1 {seed}");
        }
    }

    pub(crate) fn differences(&self) -> u64 {
        self.differences
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (family, checks, differences) = (self.family, self.checks, self.differences);
        write!(f, "{family}: {checks} checks, {differences} differences")
    }
}
