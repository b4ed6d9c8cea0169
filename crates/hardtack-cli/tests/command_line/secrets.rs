//! The sources of secrets, and the secret that seals.

use std::path::Path;

use crate::program::{Run, SECRET, bare, file, run};

fn with_files(command: &str, files: &[&Path], input: &str) -> Run {
    let mut program = bare();
    program.args([command, "--jsonl"]);
    for file in files {
        program.arg("--secret-key-base-file").arg(file);
    }
    run(&mut program, input)
}

fn seal(file: &Path) -> String {
    let run = with_files("seal", &[file], "1");
    let cookie = run.out.strip_prefix("{\"cookie\":\"").unwrap();
    cookie.strip_suffix("\"}\n").unwrap().to_owned()
}

#[test]
fn the_first_file_seals_and_all_open() {
    let [a, b, c] = ["a", "b", "c"].map(|name| file(name, name.repeat(40)));
    let [by_a, by_b] = [&a, &b].map(|file| seal(file));
    let by_both = with_files("seal", &[&b, &a], "1").out;
    let by_both = by_both
        .strip_prefix("{\"cookie\":\"")
        .unwrap()
        .strip_suffix("\"}\n")
        .unwrap();
    let opens = "{\"value\":1}\n";
    let invalid = "{\"error\":\"invalid\"}\n";
    let cases: [(&str, &[&Path], &str); 8] = [
        (&by_a, &[&a], opens),
        (&by_a, &[&b], invalid),
        (&by_a, &[&b, &a], opens),
        (&by_a, &[&c, &b, &a], opens),
        (&by_b, &[&c, &b, &a], opens),
        (&by_b, &[&c, &a], invalid),
        (by_both, &[&b], opens),
        (by_both, &[&a], invalid),
    ];
    for (index, (cookie, files, expected)) in cases.iter().enumerate() {
        let run = with_files("open", files, cookie);
        assert_eq!(
            (run.out.as_str(), run.err.as_str()),
            (*expected, ""),
            "case {index}"
        );
    }
}

#[test]
fn a_file_is_verbatim_save_one_final_newline() {
    let bare_secret = file("bare", SECRET);
    let cookie = seal(&bare_secret);
    // A file's content, and whether it is the same secret.
    let cases = [
        (format!("{SECRET}\n"), true),
        (format!("{SECRET}\n\n"), false),
        (format!("{SECRET}\r\n"), false),
        (format!("{SECRET} "), false),
        (format!(" {SECRET}"), false),
        (format!("\n{SECRET}"), false),
    ];
    for (index, (content, same)) in cases.iter().enumerate() {
        let run = with_files("open", &[&file(&format!("file {index}"), content)], &cookie);
        assert_eq!(run.status, i32::from(!same), "{content:?}");
        // The one that nobody sees in an editor is told.
        assert_eq!(
            run.err.contains("carriage return"),
            content.contains('\r'),
            "{content:?}"
        );
    }
    // The environment's is the same, and verbatim; a file comes before it.
    for (secret, with_file, opens) in [
        (SECRET, false, true),
        ("another secret, and long enough", false, false),
        ("another secret, and long enough", true, true),
        (&*format!("{SECRET}\n"), false, false),
    ] {
        let mut command = bare();
        command.env("SECRET_KEY_BASE", secret).arg("open");
        if with_file {
            command.arg("--secret-key-base-file").arg(&bare_secret);
        }
        assert_eq!(
            run(&mut command, &cookie).status,
            i32::from(!opens),
            "{secret:?}"
        );
    }
}

#[test]
fn short_secrets_are_taken_by_name_only() {
    let short = file("short", "x".repeat(29));
    let run_with = |more: &[&str]| {
        let mut command = bare();
        command
            .args(["seal", "1", "--secret-key-base-file"])
            .arg(&short);
        run(command.args(more), "")
    };
    let refused = run_with(&[]);
    assert_eq!((refused.status, refused.out.as_str()), (2, ""));
    for part in [
        "short: the secret has 29 characters and needs at least 30",
        "--allow-short-secret",
    ] {
        assert!(refused.err.contains(part), "{}", refused.err);
    }
    assert_eq!(run_with(&["--allow-short-secret"]).status, 0);
}

#[test]
fn bad_secrets_are_wrong_use() {
    let missing = Path::new(env!("CARGO_TARGET_TMPDIR")).join("no such file");
    let [blank, empty] =
        [("blank", " \n\t \n"), ("empty", "")].map(|(name, text)| file(name, text));
    let huge = file("huge", "x".repeat(64 * 1024 + 1));
    let good = file("good", SECRET);
    let cases: [(&[&Path], &str); 6] = [
        (&[&missing], "no such file"),
        (&[&good, &missing], "no such file"),
        (&[&blank], "blank: the secret is blank"),
        (&[&empty], "empty: the secret is blank"),
        (&[&huge], "more than 65536 bytes"),
        (&[Path::new(env!("CARGO_TARGET_TMPDIR"))], "secret file"),
    ];
    for command in ["open", "seal"] {
        for (files, message) in cases {
            let run = with_files(command, files, "1\n2\n");
            assert_eq!((run.status, run.out.as_str()), (2, ""), "{message}");
            assert!(run.err.contains(message), "{}", run.err);
        }
        for (secret, message) in [
            (
                None,
                "set the environment variable SECRET_KEY_BASE, or name a file with --secret-key-base-file",
            ),
            (Some(""), "SECRET_KEY_BASE: the secret is blank"),
            (Some("   "), "SECRET_KEY_BASE: the secret is blank"),
            (
                Some("tooshort"),
                "SECRET_KEY_BASE: the secret has 8 characters",
            ),
        ] {
            let mut program = bare();
            if let Some(secret) = secret {
                program.env("SECRET_KEY_BASE", secret);
            }
            let run = run(program.arg(command), "1");
            assert_eq!((run.status, run.out.as_str()), (2, ""), "{message}");
            assert!(run.err.contains(message), "{}", run.err);
            assert!(!run.err.contains("tooshort"));
        }
    }
}

#[test]
fn new_secrets_are_128_digits_each_another() {
    let new = || run(bare().arg("secret"), "");
    let (one, other) = (new(), new());
    for secret in [one.ok(), other.ok()] {
        assert_eq!(secret.len(), 128);
        assert!(
            secret
                .bytes()
                .all(|byte| b"0123456789abcdef".contains(&byte))
        );
    }
    assert_ne!(one.ok(), other.ok());
}
