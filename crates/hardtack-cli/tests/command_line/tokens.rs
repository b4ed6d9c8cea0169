//! Secret tokens: which versions they count for, and beside which other secrets.

use std::path::{Path, PathBuf};

use crate::program::{Run, SECRET, bare, file, run};
use crate::recorded::Record;
use crate::support::vectors;

const TOKEN: &str = "a secret token of thirty characters";
const OTHER: &str = "another secret token, as long as that";

/// The secrets of a run: variables and files.
#[derive(Clone, Copy, Default)]
struct Given<'a> {
    key_base: Option<&'a str>,
    token: Option<&'a str>,
    key_base_file: Option<&'a Path>,
    token_files: &'a [&'a Path],
}

impl Given<'_> {
    fn run(&self, args: &str, input: &str) -> Run {
        let mut command = bare();
        command.args(args.split_whitespace());
        for (variable, secret) in [
            ("SECRET_KEY_BASE", self.key_base),
            ("SECRET_TOKEN", self.token),
        ] {
            if let Some(secret) = secret {
                command.env(variable, secret);
            }
        }
        if let Some(file) = self.key_base_file {
            command.arg("--secret-key-base-file").arg(file);
        }
        for file in self.token_files {
            command.arg("--secret-token-file").arg(file);
        }
        run(&mut command, input)
    }
}

fn files(test: &str) -> [PathBuf; 3] {
    [("key base", SECRET), ("token", TOKEN), ("other", OTHER)]
        .map(|(name, secret)| file(&format!("{test} {name}"), format!("{secret}\n")))
}

fn token<'a>() -> Given<'a> {
    Given {
        token: Some(TOKEN),
        ..Given::default()
    }
}

fn key_base<'a>() -> Given<'a> {
    Given {
        key_base: Some(SECRET),
        ..Given::default()
    }
}

/// A cookie that Rails 3.2 signed with its token, and that token.
fn of_rails_3() -> (String, String) {
    let records = vectors::<Record>("jars/rails-3.2.22.5.jsonl");
    (records[1].escaped(), records[1].secret.clone())
}

#[test]
fn a_token_alone_signs_up_to_rails_5_2() {
    let (recorded, secret) = of_rails_3();
    let given = Given {
        token: Some(&secret),
        ..Given::default()
    };
    // What Rails 3.2 signed is what every one of them signs, to the last byte.
    let mut ran = 0;
    for version in [
        "2.3", "3.0", "3.1", "3.2", "4.0", "4.1", "4.2", "5.0", "5.1", "5.2",
    ] {
        for jar in ["", " --jar signed"] {
            let options = format!("--rails {version} --name _app_session{jar}");
            let sealed = given.run(&format!("seal {options}"), "45");
            assert_eq!(sealed.ok(), recorded, "{options}");
            let opened = given.run(&format!("open {options}"), &recorded);
            assert_eq!(opened.ok(), "45", "{options}");
            ran += 1;
        }
    }
    assert_eq!(ran, 20);
}

#[test]
fn a_token_takes_every_digest() {
    // The length of the digest, in hexadecimal digits.
    for (digest, length) in [
        ("SHA1", 40),
        ("md5", 32),
        ("ripemd160", 40),
        ("SHA224", 56),
        ("SHA256", 64),
        ("SHA384", 96),
        ("SHA512", 128),
    ] {
        let options = format!("--rails 2.3 --hmac-digest {digest}");
        let sealed = token().run(&format!("seal {options}"), "45");
        let (_, hex) = sealed.ok().rsplit_once("--").unwrap();
        assert_eq!(hex.len(), length, "{digest}");
        let opened = token().run(&format!("open {options}"), sealed.ok());
        assert_eq!(opened.ok(), "45");
    }
}

#[test]
fn beside_a_key_base_a_token_opens_what_rails_3_signed() {
    let [key_base_file, token_file, other_file] = files("beside");
    let (recorded, secret) = of_rails_3();
    let recorded_file = file("beside recorded", &secret);
    let by_variable = Given {
        token: Some(&secret),
        ..key_base()
    };
    let by_files = Given {
        key_base_file: Some(&key_base_file),
        token_files: &[&token_file, &recorded_file, &other_file],
        ..Given::default()
    };
    let by_both = Given {
        token_files: &[&recorded_file],
        ..key_base()
    };
    let invalid = "{\"error\":\"invalid\"}";
    let opens = "{\"value\":45}";
    let unreadable = "{\"error\":\"unreadable value\"}";
    let mut ran = 0;
    for (given, options, expected) in [
        (by_variable, "--rails 4.0", opens),
        (by_variable, "--rails 5.2", opens),
        (by_variable, "--rails 5.2 --jar signed", opens),
        // Rails signs with SHA-1 then, whatever else it signs with.
        (by_variable, "--rails 5.2 --hmac-digest SHA256", opens),
        // From 6.0 on Rails knows no token: the variable may be a leftover.
        (by_variable, "--rails 6.0", invalid),
        (by_variable, "--rails 8.1", invalid),
        (by_files, "--rails 4.2", opens),
        (by_files, "--rails 6.0", opens),
        (by_files, "--rails 8.1", opens),
        (by_files, "--rails 8.1 --jar signed", opens),
        (by_both, "--rails 6.0", opens),
        (by_both, "", opens),
        // JSON that was asked for is JSON.
        (by_files, "--rails 8.1 --serializer json", unreadable),
        (by_files, "--rails 8.1 --serializer hybrid", opens),
    ] {
        let run = given.run(
            &format!("open --jsonl --name _app_session {options}"),
            &recorded,
        );
        assert_eq!(run.lines(), [expected], "{options}: {}", run.err);
        ran += 1;
    }
    assert_eq!(ran, 14);
    // What is sealed is the key base's, and no token's.
    for options in ["--rails 4.2", "--rails 5.2 --jar signed", "--rails 8.1"] {
        let sealed = by_files.run(&format!("seal {options}"), "45");
        let opened = key_base().run(&format!("open --jsonl {options}"), sealed.ok());
        assert_eq!(opened.ok(), opens, "{options}");
    }
}

#[test]
fn files_come_before_both_variables() {
    let [key_base_file, token_file, other_file] = files("before");
    let both = Given {
        key_base: Some(OTHER),
        token: Some(OTHER),
        ..Given::default()
    };
    // Under which secret it is sealed, where both variables hold another one.
    let by_token = [
        (
            "--rails 3.2",
            Given {
                token_files: &[&token_file, &other_file],
                ..both
            },
        ),
        (
            "--rails 3.2",
            Given {
                key_base_file: Some(&other_file),
                token_files: &[&token_file],
                ..both
            },
        ),
        (
            "--rails 5.2",
            Given {
                token_files: &[&token_file],
                ..both
            },
        ),
    ];
    let by_key_base = [
        (
            "--rails 5.2",
            Given {
                key_base_file: Some(&key_base_file),
                ..both
            },
        ),
        (
            "--rails 5.2 --jar signed",
            Given {
                key_base_file: Some(&key_base_file),
                token_files: &[&token_file],
                ..both
            },
        ),
        (
            "--rails 6.0",
            Given {
                key_base_file: Some(&key_base_file),
                ..both
            },
        ),
    ];
    let cases = by_token.map(|case| (case, token()));
    let cases = cases
        .into_iter()
        .chain(by_key_base.map(|case| (case, key_base())));
    let mut ran = 0;
    for ((options, given), expected) in cases {
        let sealed = given.run(&format!("seal {options}"), "45");
        let opened = expected.run(&format!("open {options}"), sealed.ok());
        assert_eq!(opened.ok(), "45", "{options}");
        ran += 1;
    }
    assert_eq!(ran, 6);
    // A key base is no token, and counts for nothing in Rails 3.
    let sealed = token().run("seal --rails 3.2", "45");
    for given in [
        Given {
            key_base: Some(OTHER),
            ..token()
        },
        Given {
            key_base_file: Some(&key_base_file),
            ..token()
        },
    ] {
        assert_eq!(given.run("open --rails 3.2", sealed.ok()).ok(), "45");
    }
    // Files that hold no token leave none.
    let given = Given {
        key_base_file: Some(&key_base_file),
        ..token()
    };
    let run = given.run("open --jsonl --rails 5.2", sealed.ok());
    assert_eq!(run.lines(), ["{\"error\":\"invalid\"}"]);
}

#[test]
fn the_first_token_signs_and_all_open() {
    let [_, token_file, other_file] = files("first");
    let given = Given {
        token_files: &[&token_file, &other_file],
        ..Given::default()
    };
    let turned = Given {
        token_files: &[&other_file, &token_file],
        ..Given::default()
    };
    for version in ["3.2", "5.2"] {
        let sealed = given.run(&format!("seal --rails {version}"), "45");
        let open = format!("open --jsonl --rails {version}");
        for given in [given, turned, token()] {
            assert_eq!(given.run(&open, sealed.ok()).ok(), "{\"value\":45}");
        }
        let other = Given {
            token: Some(OTHER),
            ..Given::default()
        };
        let run = other.run(&open, sealed.ok());
        assert_eq!(run.lines(), ["{\"error\":\"invalid\"}"]);
    }
}

#[test]
fn what_is_missing_is_told() {
    let [key_base_file, token_file, _] = files("missing");
    let short = file("missing short", "x".repeat(29));
    let with_key_base = Given {
        key_base_file: Some(&key_base_file),
        ..Given::default()
    };
    let with_token = Given {
        token_files: &[&token_file],
        ..Given::default()
    };
    let with_short = Given {
        token_files: &[&short],
        ..Given::default()
    };
    let variable = |token| Given {
        token: Some(token),
        ..Given::default()
    };
    let set_token = "no secret_token, which Rails 3.2 needs: set the environment variable \
                     SECRET_TOKEN, or name a file with --secret-token-file";
    let signed_only = "--jar encrypted: Rails 2.3 has signed cookies only";
    let token_signs = "--jar encrypted: a secret_token only signs";
    let too_new = "a secret_token is enough up to Rails 5.2 only (see --rails)";
    let mut ran = 0;
    for (given, options, message) in [
        (key_base(), "--rails 3.2", set_token),
        (with_key_base, "--rails 3.2", set_token),
        (Given::default(), "--rails 3.2", set_token),
        (
            Given::default(),
            "--rails 5.2",
            "SECRET_KEY_BASE (or SECRET_TOKEN, ",
        ),
        (
            Given::default(),
            "--rails 5.2",
            "--secret-key-base-file (or --secret-token-file)",
        ),
        (token(), "--rails 2.3 --jar encrypted", signed_only),
        (token(), "--rails 4.0 --jar encrypted", token_signs),
        (with_token, "--rails 5.2 --jar encrypted", token_signs),
        (token(), "--rails 6.0", too_new),
        (with_token, "", too_new),
        (
            variable("tooshort"),
            "--rails 3.2",
            "SECRET_TOKEN: the secret has 8 characters and needs at least 30",
        ),
        (
            variable(" "),
            "--rails 3.2",
            "SECRET_TOKEN: the secret is blank; give the app's secret_token\n",
        ),
        (with_short, "--rails 3.2", "29 characters"),
        (with_short, "--rails 3.2", "or --allow-short-secret"),
    ] {
        for command in ["open", "seal"] {
            let run = given.run(&format!("{command} {options}"), "1\n");
            assert_eq!((run.status, run.out.as_str()), (2, ""), "{options}");
            assert!(run.err.contains(message), "{options}: {}", run.err);
            assert!(!run.err.contains("tooshort") && !run.err.contains(TOKEN));
            ran += 1;
        }
    }
    assert_eq!(ran, 28);
    let sealed = with_short.run("seal --rails 3.2 --allow-short-secret", "1");
    assert!(sealed.ok().starts_with("BAhpBg"), "{}", sealed.out);
}
