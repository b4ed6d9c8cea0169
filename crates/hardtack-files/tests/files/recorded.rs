//! The files that PHP 8.2 and 8.4 had after recorded requests (`tests/vectors/php/http-*`).

use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use bytes::Bytes;
use flate2::read::GzDecoder;
use hardtack::stores::{Saved, SessionStore, When};
use serde_json::Value;

use crate::folder::Folder;

/// Returns the steps of all scenarios with files, each with the scenario's label.
fn steps() -> Vec<(String, Value)> {
    let vectors = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/php");
    let mut steps = Vec::new();
    for name in ["http-8.2.jsonl.gz", "http-8.4.jsonl.gz"] {
        let file = File::open(vectors.join(name)).unwrap();
        for line in BufReader::new(GzDecoder::new(file)).lines() {
            let scenario: Value = serde_json::from_str(&line.unwrap()).unwrap();
            if scenario["handler"] == "files" {
                let label = scenario["label"].as_str().unwrap_or_default();
                let all = scenario["steps"].as_array().into_iter().flatten();
                steps.extend(all.map(|step| (label.to_owned(), step.clone())));
            }
        }
    }
    steps
}

/// Returns the levels and the mode of a scenario's save path, which its label tells.
fn levels_and_mode(label: &str) -> String {
    if let Some(levels) = label.strip_prefix("depth ") {
        return format!("{};", &levels[..1]);
    }
    let mode = label.strip_prefix("mode ");
    mode.map_or_else(String::new, |mode| mode.replace("%s", ""))
}

#[tokio::test]
async fn files_of_php_are_found_and_written_where_php_has_them() {
    let umask = {
        let folder = Folder::new();
        let shown = folder.write("umask", "");
        0o666 & !fs::metadata(shown).unwrap().permissions().mode()
    };
    let (mut count, mut levels) = (0, 0);
    for (label, step) in steps() {
        let (theirs, ours) = (Folder::new(), Folder::new());
        let save_path = levels_and_mode(&label);
        for file in step["files"].as_array().into_iter().flatten() {
            let path = file["path"].as_str().unwrap();
            let bytes = Bytes::from(hex::decode(file["hex"].as_str().unwrap()).unwrap());
            let mode = file["mode"].as_str().unwrap().trim_start_matches("0o");
            let mode = u32::from_str_radix(mode, 8).unwrap();
            let key = path.rsplit_once("sess_").unwrap().1;
            for folder in [&theirs, &ours] {
                fs::create_dir_all(folder.file(path).parent().unwrap()).unwrap();
            }
            theirs.write(path, &bytes);
            let entry = theirs.store(&save_path).load(key).await.unwrap();
            assert_eq!(entry.unwrap().bytes, bytes, "{label}: {path}");

            let store = ours.store(&save_path);
            let saved = store.save(key, bytes.clone(), None, &When::Absent).await;
            assert!(matches!(saved, Ok(Saved::Done(_))), "{label}: {saved:?}");
            assert_eq!(fs::read(ours.file(path)).unwrap(), bytes, "{label}");
            let own = fs::metadata(ours.file(path)).unwrap().permissions().mode();
            // PHP's umask was 022.
            assert_eq!(own & 0o7777 & !0o022, mode & !umask, "{label}: {path}");
            count += 1;
            levels += usize::from(path.contains('/'));
        }
    }
    assert!(
        count > 700 && levels == 10,
        "{count} files, {levels} in levels"
    );
}
