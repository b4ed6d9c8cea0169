//! `hardtack man`: the manual pages.

use std::fs;
use std::path::PathBuf;

use crate::program::{bare, run};

/// Every page of the manual, and a text that stands in it.
const PAGES: [(&str, &str); 13] = [
    (
        "hardtack.1",
        "0 all values succeeded, 1 some failed, 2 wrong use.",
    ),
    ("hardtack-open.1", "SECRET_KEY_BASE"),
    ("hardtack-seal.1", "session_id"),
    ("hardtack-rotate.1", "from\\-rails"),
    ("hardtack-doctor.1", "weak_secrets"),
    ("hardtack-key.1", "session_cookie_token_prefix"),
    ("hardtack-sql.1", "hardtack-sql-schema(1)"),
    ("hardtack-sql-schema.1", "hardtack_sessions"),
    ("hardtack-stored.1", "rails-row"),
    ("hardtack-secret.1", "hardtack secret"),
    ("hardtack-demo.1", "hardtack demo"),
    ("hardtack-completions.1", "powershell"),
    ("hardtack-man.1", "hardtack man"),
];

#[test]
fn a_page_for_each_command_is_written_into_a_folder() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("man1");
    // It is made where it does not exist.
    drop(fs::remove_dir_all(&folder));
    let run = run(bare().arg("man").arg(&folder), "");
    assert_eq!(
        (run.status, run.out.as_str(), run.err.as_str()),
        (0, "", "")
    );
    let mut names: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let mut expected: Vec<_> = PAGES.map(|(name, _)| name.to_owned()).to_vec();
    expected.sort();
    assert_eq!(names, expected);
    for (name, text) in PAGES {
        let page = fs::read_to_string(folder.join(name)).unwrap();
        let title = name.strip_suffix(".1").unwrap().to_uppercase();
        assert!(
            page.to_uppercase().contains(&format!(".TH {title} 1")),
            "{page}"
        );
        let plain = page.replace("\\-", "-");
        assert!(plain.contains(&text.replace("\\-", "-")), "{name}: {text}");
        for section in ["NAME", "SYNOPSIS", "EXAMPLES"] {
            assert!(
                page.contains(&format!(".SH {section}\n")),
                "{name}: {section}"
            );
        }
        // Examples keep their lines.
        assert!(
            page.contains("\n.nf\n") && page.contains("\n.fi\n"),
            "{name}"
        );
    }
}

#[test]
fn without_a_folder_the_main_page_is_printed() {
    let run = run(bare().arg("man"), "");
    assert!(run.ok().contains(".TH hardtack 1"), "{}", run.out);
}

#[test]
fn a_folder_that_cannot_be_written_is_told() {
    let run = run(bare().args(["man", "/dev/null/man1"]), "");
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    assert!(run.err.starts_with("error: /dev/null/man1"), "{}", run.err);
}
