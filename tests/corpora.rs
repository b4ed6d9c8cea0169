//! Runs the checks of the fuzz targets on stable, over every seed, every input of the kept corpora
//! and every regression of `fuzz/`. The modules are the fuzzer's own, so that each check exists
//! once.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test fails by panicking"
)]
#![allow(unreachable_pub, reason = "they are public where they are at home")]

#[path = "../fuzz/src/checks/mod.rs"]
mod checks;
#[path = "../fuzz/src/packed.rs"]
mod packed;
#[path = "../fuzz/src/seeds.rs"]
mod seeds;

use std::fs;
use std::panic::catch_unwind;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz")
}

/// Each input with what to call it.
fn inputs(target: &str) -> Vec<(String, Vec<u8>)> {
    let seeds = seeds::seeds(target, &root().join("../tests/vectors"));
    let kept = fs::read_to_string(root().join(format!("corpora/{target}.txt"))).unwrap();
    let kept = packed::unpack(&kept).unwrap();
    assert!(seeds.len() >= 20, "{target}: {} seeds", seeds.len());
    assert!(kept.len() >= 20, "{target}: {} inputs kept", kept.len());
    let mut inputs = vec![("nothing".to_owned(), Vec::new())];
    for (name, from) in [("seed", seeds), ("line", kept)] {
        let named = from.into_iter().enumerate();
        inputs.extend(named.map(|(place, input)| (format!("{name} {}", place + 1), input)));
    }
    for entry in fs::read_dir(root().join("regressions").join(target))
        .into_iter()
        .flatten()
    {
        let path = entry.unwrap().path();
        inputs.push((path.display().to_string(), fs::read(&path).unwrap()));
    }
    inputs
}

#[test]
fn nothing_that_was_ever_found_is_found_again() {
    let mut ran = 0;
    let mut findings = Vec::new();
    for (target, check) in checks::TARGETS {
        for (name, input) in inputs(target) {
            if catch_unwind(|| check(&input)).is_err() {
                findings.push(format!("{target}, {name}: {input:?}"));
            }
            ran += 1;
        }
    }
    assert!(findings.is_empty(), "{}", findings.join("\n"));
    assert!(ran > 7_000, "only {ran} inputs ran");
}

#[test]
fn what_is_packed_comes_out() {
    let inputs = vec![b"b".to_vec(), vec![0xff; 300], b"a".to_vec(), b"b".to_vec()];
    let text = packed::pack(inputs);
    assert_eq!(text.lines().take(2).collect::<Vec<_>>(), ["YQ==", "Yg=="]);
    let out = packed::unpack(&text).unwrap();
    assert_eq!(out, [b"a".to_vec(), b"b".to_vec(), vec![0xff; 300]]);
    assert_eq!(packed::unpack("YQ==\n!\n"), Err(2));
}

/// Every check has a target, and every target is replayed here.
#[test]
fn every_target_is_everywhere() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let names: Vec<_> = checks::TARGETS.iter().map(|(name, _)| *name).collect();
    assert!(names.is_sorted() && names.len() >= 19);
    for name in &names {
        assert!(
            manifest.contains(&format!("[[bin]]\nname = \"{name}\"\n")),
            "{name}"
        );
        let target = fs::read_to_string(root().join(format!("fuzz_targets/{name}.rs"))).unwrap();
        assert!(target.contains(&format!("check({name:?}, data)")), "{name}");
    }
    let file = |folder: &str| fs::read_dir(root().join(folder)).unwrap().count();
    assert_eq!(file("fuzz_targets"), names.len());
    assert_eq!(file("corpora"), names.len());
    assert_eq!(manifest.matches("[[bin]]").count(), names.len());
}
