//! Fuzz targets for hardtack; see `README.md`.

#![forbid(unsafe_code)]

#[cfg(feature = "targets")]
mod checks;
pub mod packed;
pub mod seeds;

/// Runs a target's check.
///
/// # Panics
/// Panics if a check fails, which is a finding, and if there is no such target.
#[cfg(feature = "targets")]
pub fn check(target: &str, data: &[u8]) {
    let found = checks::TARGETS.iter().find(|(name, _)| *name == target);
    let Some((_, check)) = found else {
        panic!("no target {target} in checks::TARGETS");
    };
    check(data);
}
