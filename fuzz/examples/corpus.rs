//! Corpora between the folders that the fuzzer works in (`corpus/<target>/`) and the files that
//! are kept (`corpora/<target>.txt`):
//!
//! - `corpus unpack [TARGET...]` writes seeds, kept corpus and regressions into the folder;
//! - `corpus pack [TARGET...]` makes the kept file of what is in the folder.

use std::path::Path;
use std::{env, fs, process};

use hardtack_fuzz::{packed, seeds};

/// The longest input that is kept, in bytes: longer ones find little, and fill the repository.
const LONGEST: usize = 1024;

/// The most inputs that are kept of a target, of each length some: they run in every test.
const MOST: usize = 300;

fn main() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut arguments = env::args().skip(1);
    let run = match arguments.next().as_deref() {
        Some("unpack") => unpack,
        Some("pack") => pack,
        _ => {
            eprintln!("usage: corpus unpack|pack [TARGET...]");
            process::exit(2);
        }
    };
    for target in arguments {
        run(root, &target);
    }
}

fn unpack(root: &Path, target: &str) {
    let folder = root.join("corpus").join(target);
    fs::create_dir_all(&folder).expect("a folder for the corpus");
    let write = |name: String, input: &[u8]| {
        fs::write(folder.join(name), input).expect("room for the corpus");
    };
    let vectors = root.join("../tests/vectors");
    for (number, seed) in seeds::seeds(target, &vectors).iter().enumerate() {
        write(format!("seed-{number:04}"), seed);
    }
    let kept = fs::read_to_string(root.join(format!("corpora/{target}.txt")));
    let kept = packed::unpack(&kept.unwrap_or_default()).expect("base64 in every line");
    for (number, input) in kept.iter().enumerate() {
        write(format!("kept-{number:04}"), input);
    }
    let regressions = fs::read_dir(root.join("regressions").join(target));
    for entry in regressions.into_iter().flatten() {
        let path = entry.expect("an entry of a folder").path();
        let input = fs::read(&path).expect("a regression");
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        write(format!("regression-{name}"), &input);
    }
}

fn pack(root: &Path, target: &str) {
    let mut inputs = Vec::new();
    for entry in fs::read_dir(root.join("corpus").join(target)).expect("a corpus to pack") {
        let input = fs::read(entry.expect("an entry of a folder").path()).expect("an input");
        if input.len() <= LONGEST {
            inputs.push(input);
        }
    }
    inputs.sort_by_key(Vec::len);
    let most = if target == "doctor" { MOST / 5 } else { MOST };
    let step = inputs.len().div_ceil(most).max(1);
    let inputs = inputs.into_iter().step_by(step).collect();
    let file = root.join(format!("corpora/{target}.txt"));
    fs::write(&file, packed::pack(inputs)).expect("room for the corpus");
}
