//! Help, completions, and wrong use.

use crate::program::{bare, hardtack, program, run};

#[test]
fn wrong_use_is_told_and_nothing_is_printed() {
    // Arguments, and what the message says.
    let cases = [
        ("", "Usage: hardtack <COMMAND>"),
        ("unseal", "unrecognized subcommand 'unseal'"),
        ("open --unknown", "unexpected argument '--unknown'"),
        (
            "open --rails 9.0",
            "--rails: Rails \"9.0\" is not known; these are: ",
        ),
        ("seal --rails 4.9 1", "--rails: Rails \"4.9\" is not known"),
        ("seal --rails new 1", "--rails: Rails \"new\" is not known"),
        (
            "open --rails",
            "a value is required for '--rails <VERSION>'",
        ),
        ("open --jar plain", "possible values: encrypted, signed"),
        ("open --cipher des", "possible values: aes-256-gcm"),
        ("open --key-digest MD5", "possible values: SHA1, SHA256"),
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
            "--name: cookie name \"a=b\": '=' may not stand in a name",
        ),
        ("open --name a;b x", "';' may not stand in a name"),
        ("open --name=", "--name: the cookie's name is empty"),
        ("open --name é x", "'é' may not stand in a name"),
        ("open --name a --name b", "cannot be used multiple times"),
        ("secret 5", "unexpected argument '5'"),
        ("completions", "<SHELL>"),
        ("completions tcsh", "possible values: bash, zsh, fish"),
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

#[test]
fn every_command_helps_with_examples() {
    let mut ran = 0;
    for command in ["", "open", "seal", "secret", "demo", "completions"] {
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
    assert_eq!(ran, 12);
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
        "[default: 8.1]",
        "[default: _session_id]",
    ] {
        let text = help.ok().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn completions_know_the_options() {
    for (shell, start) in [
        ("bash", "_hardtack()"),
        ("zsh", "#compdef hardtack"),
        ("fish", "complete -c hardtack"),
    ] {
        let run = run(bare().args(["completions", shell]), "");
        assert!(run.ok().contains(start), "{shell}");
        for option in [
            "secret-key-base-file",
            "jsonl",
            "aes-256-gcm",
            "completions",
        ] {
            assert!(run.ok().contains(option), "{shell}: {option}");
        }
    }
}

#[test]
fn the_version_is_the_crates() {
    let run = run(bare().arg("--version"), "");
    assert_eq!(run.ok(), concat!("hardtack ", env!("CARGO_PKG_VERSION")));
}
