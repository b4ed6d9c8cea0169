//! The time comes from `src/clock.rs` alone, so that tests and platforms without a clock can set it.

use std::fs;
use std::path::Path;

use crate::rust_files;

#[test]
fn nothing_asks_the_system_for_the_time_beside_the_clock() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut faults, mut asked) = (Vec::new(), 0);
    for file in rust_files(&root) {
        let name = file.strip_prefix(&root).unwrap().display().to_string();
        if name.contains("tests") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        let code = |line: &&str| !line.trim_start().starts_with("//");
        for line in text.lines().filter(code) {
            if ["now_utc", "Instant::now", "SystemTime::now"]
                .iter()
                .any(|call| line.contains(call))
            {
                asked += 1;
                if name != "clock.rs" {
                    faults.push(format!("{name}: {}", line.trim()));
                }
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    assert_eq!(asked, 1, "src/clock.rs asks once");
}
