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
            "--rails: there is no Rails version \"9.0\"; there are: ",
        ),
        (
            "seal --rails 4.9 1",
            "--rails: there is no Rails version \"4.9\"",
        ),
        (
            "seal --rails 2.2 1",
            "--rails: there is no Rails version \"2.2\"",
        ),
        (
            "seal --rails new 1",
            "--rails: there is no Rails version \"new\"",
        ),
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
    for command in [
        "",
        "open",
        "seal",
        "rotate",
        "doctor",
        "secret",
        "demo",
        "completions",
    ] {
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
    assert_eq!(ran, 16);
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
        "(2.3, 3.0, 3.1, 3.2, 4.0, 4.1, 4.2, 5.0, 5.1, 5.2, 6.0, ",
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
            "Rails 2.3 to 3.2  the secret_token",
            "Rails 4.0 to 5.2  the secret_key_base",
            "Rails 6.0 on      the secret_key_base",
        ] {
            assert!(help.ok().contains(part), "{command}: {part}");
        }
    }
    // Every option of `open` has its twin.
    let (open, rotate) = (hardtack(["open", "--help"]), hardtack(["rotate", "--help"]));
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
    ] {
        let run = run(bare().args(["completions", shell]), "");
        assert!(run.ok().contains(start), "{shell}");
        for option in [
            "secret-key-base-file",
            "from-secret-token-file",
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
