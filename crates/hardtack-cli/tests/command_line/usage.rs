//! Help, completions, and wrong use.

use std::collections::BTreeSet;

use crate::program::{Run, bare, hardtack, program, run};

#[test]
#[expect(clippy::too_many_lines, reason = "a table of wrong uses")]
fn wrong_use_is_told_and_nothing_is_printed() {
    // Arguments, and what the message says.
    let cases = [
        ("", "Usage: hardtack <COMMAND>"),
        ("unseal", "unrecognized subcommand 'unseal'"),
        ("open --unknown", "unexpected argument '--unknown'"),
        (
            "open --rails 9.0",
            "invalid value '9.0' for '--rails <VERSION>': write one of 2.3, 3.0, ",
        ),
        (
            "seal --rails 4.9 1",
            "invalid value '4.9' for '--rails <VERSION>': write 4.0, 4.1 or 4.2\n",
        ),
        (
            "seal --rails 2.2 1",
            "invalid value '2.2' for '--rails <VERSION>': write 2.3\n",
        ),
        (
            "seal --rails new 1",
            "invalid value 'new' for '--rails <VERSION>': write one of 2.3, 3.0, ",
        ),
        (
            "open --rails",
            "a value is required for '--rails <VERSION>'",
        ),
        ("open --jar plain", "possible values: encrypted, signed"),
        ("open --cipher des", "possible values: aes-256-gcm"),
        ("open --key-digest CRC32", "possible values: SHA1, SHA256"),
        (
            "open --hmac-digest CRC32",
            "possible values: SHA1, SHA224, SHA256, SHA384, SHA512",
        ),
        (
            "open --serializer yaml",
            "possible values: json, hybrid, marshal",
        ),
        ("open --metadata maybe", "possible values: true, false"),
        ("open --limit none", "unexpected argument '--limit'"),
        (
            "open --expires 2030-10-15T05:00:00Z",
            "unexpected argument '--expires'",
        ),
        (
            "seal --limit some 1",
            "possible values: strict, rails, none",
        ),
        (
            "seal --expires tomorrow 1",
            "write it as 2030-10-15T05:00:00Z",
        ),
        (
            "seal --expires 2030-10-15 1",
            "write it as 2030-10-15T05:00:00Z",
        ),
        (
            "seal --expires 2030-13-15T05:00:00Z 1",
            "write it as 2030-10-15T05:00:00Z",
        ),
        (
            "seal --name a=b 1",
            "--name: cookie name \"a=b\": '=' is not allowed in a name",
        ),
        ("open --name a;b x", "';' is not allowed in a name"),
        ("open --name=", "--name: the cookie's name is empty"),
        ("open --name é x", "'é' is not allowed in a name"),
        ("open --name a --name b", "cannot be used multiple times"),
        (
            "stored --format yaml",
            "possible values: rails-cache, rails-marshal, rails-json, rails-row, php, php-binary, php-serialize, express",
        ),
        (
            "open --system django",
            "possible values: rails, express, cookie-session, iron-session",
        ),
        (
            "open --secret-file s.txt",
            "--secret-file: it is for the systems of Node",
        ),
        (
            "seal --system express --jar signed 1",
            "--jar: it is for cookies of Rails, and --system is express",
        ),
        (
            "open --system express --log access.log",
            "--har and --log open cookies of Rails",
        ),
        (
            "seal --system express --name a;b 1",
            "';' is not allowed in a name",
        ),
        (
            "doctor --stored no-such-file abc",
            "no-such-file: No such file or directory",
        ),
        (
            "stored --set user_id",
            "write it as KEY=JSON, as in 'user_id=42'",
        ),
        ("stored --set name=Ada", "not JSON that Rails reads"),
        ("stored --jsonl entry.bin", "cannot be used with"),
        (
            "stored no-such-file",
            "no-such-file: No such file or directory",
        ),
        ("key c5829f921fee456fdd2b54fc408dfc2e", "--format <FORMAT>"),
        ("secret 5", "unexpected argument '5'"),
        ("sql", "Print the CREATE TABLE of a table of sessions"),
        ("sql tables", "unrecognized subcommand 'tables'"),
        ("sql schema", "--layout <LAYOUT>"),
        ("sql schema --layout plain", "--database <DATABASE>"),
        (
            "sql schema --layout express --database sqlite",
            "possible values: plain, activerecord-session_store",
        ),
        (
            "sql schema --layout plain --database oracle",
            "possible values: postgres, mysql, sqlite",
        ),
        (
            "sql schema --layout plain --database sqlite --table app.",
            "write NAME or SCHEMA.NAME",
        ),
        (
            "sql schema --layout plain --database sqlite --table .sessions",
            "write NAME or SCHEMA.NAME",
        ),
        (
            "sql schema --layout plain --database sqlite --table a\u{1}b",
            "write NAME or SCHEMA.NAME",
        ),
        ("completions", "<SHELL>"),
        (
            "completions tcsh",
            "possible values: bash, elvish, fish, powershell, zsh",
        ),
    ];
    let mut ran = 0;
    for (args, message) in cases {
        let run = run(program().args(args.split_whitespace()), "1\n");
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{args}");
        assert!(run.err.contains(message), "{args}: {}", run.err);
        ran += 1;
    }
    assert_eq!(ran, cases.len());
}

#[test]
fn names_of_settings_are_taken_in_any_case() {
    let args = "seal --jar SIGNED --key-digest sha1 --hmac-digest sha256 --serializer JSON --metadata FALSE 1";
    let sealed = hardtack(args.split(' '));
    let args = "open --jar signed --key-digest SHA1 --hmac-digest SHA256 --serializer json_allow_marshal --metadata true";
    assert_eq!(hardtack(args.split(' ').chain([sealed.ok()])).ok(), "1");
}

/// Every command, and the program itself.
const COMMANDS: [&str; 13] = [
    "",
    "open",
    "seal",
    "rotate",
    "doctor",
    "stored",
    "key",
    "sql",
    "sql schema",
    "secret",
    "demo",
    "completions",
    "man",
];

#[test]
fn every_command_helps_with_examples() {
    let mut ran = 0;
    for command in COMMANDS {
        for flag in ["--help", "-h"] {
            let run = run(bare().args(command.split_whitespace()).arg(flag), "");
            let help = run.ok();
            assert!(help.contains("\nExample"), "{command}: {help}");
            let examples = help.split_once("\nExample").unwrap().1;
            assert!(
                examples.contains(format!("  hardtack {command}").trim_end()),
                "{help}"
            );
            for line in examples.lines() {
                assert!(line.chars().count() <= 80, "{command}: {line}");
            }
            assert!(!help.contains('\x1b'), "colour, and no terminal");
            ran += 1;
        }
    }
    assert_eq!(ran, 2 * COMMANDS.len());
}

#[test]
fn one_letter_helps_in_short_and_a_word_at_length() {
    let mut ran = 0;
    for command in ["open", "seal", "rotate", "doctor"] {
        let help = |flag| run(bare().args([command, flag]), "");
        let (short, long) = (help("-h"), help("--help"));
        let lines = |run: &Run| run.ok().lines().count();
        assert!(lines(&short) <= 90, "{command}: {}", short.out);
        assert!(lines(&long) >= 2 * lines(&short), "{command}: {}", long.out);
        assert!(
            short.out.contains("see more with '--help'"),
            "{}",
            short.out
        );
        // Each names every option.
        let options = |run: &Run| {
            let lines = run.out.lines().map(str::trim_start);
            let lines =
                lines.filter(|line| line.starts_with("--") && !line.starts_with("--jsonl p"));
            let names = lines.filter_map(|line| line.split([' ', ',']).next());
            names.map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let missing: Vec<_> = options(&long)
            .difference(&options(&short))
            .cloned()
            .collect();
        assert_eq!(missing, [""; 0], "{command}");
        ran += 1;
    }
    assert_eq!(ran, 4);
}

#[test]
fn help_tells_every_reason_and_status() {
    let help = hardtack(["open", "--help"]);
    for part in [
        "malformed",
        "invalid",
        "expired",
        "wrong purpose",
        "unreadable value",
        "too large",
        "Exit status: 0",
        "SECRET_KEY_BASE",
        "SECRET_TOKEN",
        "2.3, 3.0, 3.1, 3.2, 4.0, 4.1, 4.2, 5.0, 5.1, 5.2, 6.0, ",
        "MD5, RIPEMD160]",
        "message_pack_allow_marshal",
        "[default: 8.1]",
        "[default: _session_id; with --rails-app, the session's]",
    ] {
        let text = help.ok().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn help_tells_where_secrets_come_from_and_what_was_before() {
    for command in ["open", "seal", "rotate"] {
        let help = hardtack([command, "--help"]);
        for part in [
            "Rails 2.3 to 3.2  The secret_token",
            "Rails 4.0 to 5.2  The secret_key_base",
            "Rails 6.0 on      The secret_key_base",
        ] {
            assert!(help.ok().contains(part), "{command}: {part}");
        }
    }
    // Every option of `open` has its twin.
    let (open, rotate) = (hardtack(["open", "-h"]), hardtack(["rotate", "-h"]));
    let (_, options) = open.ok().split_once("How the app seals").unwrap();
    let mut ran = 0;
    for line in options.split("\n\n").next().unwrap().lines() {
        let Some(option) = line.trim_start().strip_prefix("--") else {
            continue;
        };
        let option = option.split(' ').next().unwrap();
        let twin = format!("  --from-{option}");
        assert!(rotate.ok().contains(&twin), "{option}");
        ran += 1;
    }
    assert_eq!(ran, 13);
}

#[test]
fn completions_know_the_options() {
    for (shell, start) in [
        ("bash", "_hardtack()"),
        ("zsh", "#compdef hardtack"),
        ("fish", "complete -c hardtack"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion"),
    ] {
        let run = run(bare().args(["completions", shell]), "");
        assert!(run.ok().contains(start), "{shell}");
        for option in [
            "secret-key-base-file",
            "from-secret-token-file",
            "jsonl",
            "completions",
        ] {
            assert!(run.ok().contains(option), "{shell}: {option}");
        }
        // clap_complete offers values in three shells.
        let offers_values = ["bash", "zsh", "fish"].contains(&shell);
        assert_eq!(run.ok().contains("aes-256-gcm"), offers_values, "{shell}");
    }
}

#[test]
fn completions_offer_the_versions() {
    // What each shell writes before the values of an option.
    for (shell, values) in [
        (
            "bash",
            "2.3 3.0 3.1 3.2 4.0 4.1 4.2 5.0 5.1 5.2 6.0 6.1 7.0 7.1 7.2 8.0 8.1 8.2",
        ),
        (
            "zsh",
            "(2.3 3.0 3.1 3.2 4.0 4.1 4.2 5.0 5.1 5.2 6.0 6.1 7.0 7.1 7.2 8.0 8.1 8.2)",
        ),
        ("fish", "8.2"),
    ] {
        let run = run(bare().args(["completions", shell]), "");
        let options = run.ok().matches(values).count();
        // open, seal, doctor, and rotate twice.
        assert!(options >= 5, "{shell}: {options}");
    }
}

#[test]
fn the_version_is_the_crates() {
    let run = run(bare().arg("--version"), "");
    assert_eq!(run.ok(), concat!("hardtack ", env!("CARGO_PKG_VERSION")));
}
