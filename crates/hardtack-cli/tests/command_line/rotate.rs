//! Cookies of old settings, sealed anew under others: what was, what will be, and what is told.

use std::path::Path;

use crate::program::{SECRET, bare, file, hardtack, piped, program, run};
use crate::rotate_recorded::signed_text;

const OTHER: &str = "another secret, and long enough for one";

#[test]
fn what_no_option_says_was_as_it_will_be() {
    let [old, new] = [("old", SECRET), ("new", OTHER)].map(|(name, text)| {
        let path = file(&format!("rotate {name}"), text);
        path.into_os_string().into_string().unwrap()
    });
    // How it is sealed (under the secret of the environment), how it is rotated, how it opens.
    let cases = [
        // load_defaults 6.1 -> 7.0.
        ("--rails 6.1", "--from-rails 6.1 --rails 7.0", "--rails 7.0"),
        (
            "--rails 6.1 --name _s",
            "--from-rails 6.1 --rails 7.0 --name _s",
            "--rails 7.0 --name _s",
        ),
        (
            "--rails 6.1 --jar signed",
            "--from-rails 6.1 --rails 7.0 --jar signed",
            "--rails 7.0 --jar signed",
        ),
        // One setting, in the version that is named for both.
        (
            "--rails 6.1 --serializer marshal",
            "--rails 6.1 --from-serializer marshal --serializer json",
            "--rails 6.1 --serializer json",
        ),
        (
            "--rails 7.1 --key-digest SHA1",
            "--rails 7.1 --from-key-digest SHA1",
            "--rails 7.1",
        ),
        (
            "--rails 6.1 --cipher aes-256-cbc",
            "--rails 6.1 --from-cipher aes-256-cbc --cipher aes-256-gcm",
            "--rails 6.1",
        ),
        (
            "--jar signed --hmac-digest SHA256",
            "--jar signed --from-hmac-digest SHA256 --hmac-digest SHA512",
            "--jar signed --hmac-digest SHA512",
        ),
        ("--metadata false", "--from-metadata false", ""),
        ("--jar signed", "--from-jar signed --jar encrypted", ""),
        // Nothing said stays, be it no default.
        (
            "--jar signed --hmac-digest SHA384 --serializer marshal",
            "--jar signed --hmac-digest SHA384 --serializer marshal --from-name _session_id --name b",
            "--jar signed --hmac-digest SHA384 --serializer marshal --name b",
        ),
        // A new secret.
        (
            "",
            "--from-secret-key-base-file {old} --secret-key-base-file {new}",
            "{new}",
        ),
        (
            "",
            "--secret-key-base-file {new} --secret-key-base-file {old}",
            "{new}",
        ),
        (
            "",
            "--from-secret-key-base-file {new} --from-secret-key-base-file {old}",
            "",
        ),
        // Another name.
        ("--name _old", "--from-name _old --name _new", "--name _new"),
        ("--name _old", "--from-name _old", ""),
    ];
    let mut ran = 0;
    for (seal, rotate, open) in cases {
        let sealed = piped(&format!("seal {seal}"), "[[1,\"é\"]]");
        let options = rotate.replace("{old}", &old).replace("{new}", &new);
        // The path may hold spaces, and so may not be split.
        let options = options.split(' ').fold(Vec::new(), join_paths);
        let rotated = run(program().arg("rotate").args(&options).arg(sealed.ok()), "");
        let mut command = program();
        if open == "{new}" {
            command.env("SECRET_KEY_BASE", OTHER);
        }
        command.args(["open", "--jsonl"]);
        command.args(open.split_whitespace().filter(|option| *option != "{new}"));
        let opened = run(&mut command, rotated.ok());
        assert_eq!(opened.ok(), "{\"value\":[[1,\"é\"]]}", "{rotate}");
        ran += 1;
    }
    assert_eq!(ran, cases.len());
}

/// Puts together again what was split within a path.
fn join_paths(mut words: Vec<String>, word: &str) -> Vec<String> {
    match words.last_mut() {
        Some(last) if last.starts_with('/') && !word.starts_with('-') => {
            *last += " ";
            *last += word;
        }
        _ => words.push(word.to_owned()),
    }
    words
}

#[test]
fn only_cookies_of_the_old_settings_are_taken() {
    let new = hardtack(["seal", "--rails", "7.1", "1"]);
    let run = run(
        program().args(["rotate", "--jsonl", "--from-rails", "6.1", "--rails", "7.1"]),
        new.ok(),
    );
    assert_eq!(
        (run.status, run.out.as_str()),
        (1, "{\"error\":\"invalid\"}\n")
    );
}

#[test]
fn rails_3_sessions_become_encrypted_ones() {
    let token = "a 30+ character secret token of Rails 3";
    let file = file("rotate token", token);
    let sealed = run(
        bare().env("SECRET_TOKEN", token).args([
            "seal",
            "--rails",
            "3.2",
            "{\"session_id\":\"a\"}",
        ]),
        "",
    );
    // By a file; or by the environment, where the version says which variable counts.
    for by_file in [true, false] {
        let mut command = program();
        command.args([
            "rotate",
            "--from-rails",
            "3.2",
            "--rails",
            "7.1",
            "--jar",
            "encrypted",
        ]);
        if by_file {
            command.arg("--from-secret-token-file").arg(&file);
        } else {
            command.env("SECRET_TOKEN", token);
        }
        let rotated = run(&mut command, sealed.ok());
        let opened = hardtack(["open", "--jsonl", "--rails", "7.1", rotated.ok()]);
        assert_eq!(opened.ok(), "{\"value\":{\"session_id\":\"a\"}}");
    }
}

#[test]
fn json_that_was_asked_for_is_all_that_is_read() {
    let token = file("rotate json token", OTHER);
    let sealed = run(
        bare()
            .env("SECRET_TOKEN", OTHER)
            .args(["seal", "--rails", "3.2", "1"]),
        "",
    );
    // Marshal by a token: read unless somebody chose not to, for both or for what was before.
    for (options, reads) in [
        ("", true),
        ("--serializer json --from-serializer hybrid", true),
        ("--serializer json --from-rails 8.0", true),
        ("--serializer json", false),
        ("--from-serializer json", false),
    ] {
        let mut command = program();
        command.args(["rotate", "--jsonl", "--from-secret-token-file"]);
        command.arg(&token).args(options.split_whitespace());
        let run = run(&mut command, sealed.ok());
        assert_eq!(run.status, i32::from(!reads), "{options}: {}", run.out);
        assert_eq!(
            run.out == "{\"error\":\"unreadable value\"}\n",
            !reads,
            "{options}"
        );
    }
}

#[test]
fn an_expiry_is_kept_or_its_loss_told() {
    let sealed = piped(
        "seal --rails 6.1 --expires 2999-12-31T23:59:59.5+01:00",
        "1",
    );
    let line = sealed.ok();
    let rotate = |options: &str| {
        piped(
            &format!("rotate --from-rails 6.1 {options}"),
            format!("{line}\n{line}"),
        )
    };
    // 5.2 seals the expiry alone.
    for (options, envelope) in [
        (
            "--rails 7.1 --jar signed --from-jar encrypted",
            "{\"_rails\":{\"message\":\"MQ==\",\"exp\":\"2999-12-31T22:59:59.500Z\",\"pur\":\"cookie._session_id\"}}",
        ),
        (
            "--rails 5.2 --serializer json --jar signed --from-jar encrypted",
            "{\"_rails\":{\"message\":\"MQ==\",\"exp\":\"2999-12-31T22:59:59.500Z\",\"pur\":null}}",
        ),
    ] {
        let run = rotate(options);
        assert_eq!((run.status, run.err.as_str()), (0, ""), "{options}");
        for cookie in run.lines() {
            assert_eq!(signed_text(cookie), envelope, "{options}");
        }
    }
    // Before, none is sealed: told once.
    let lost = rotate("--rails 5.1");
    assert_eq!((lost.status, lost.lines().len()), (0, 2));
    assert_eq!(lost.err.lines().count(), 1, "{}", lost.err);
    assert!(
        lost.err.contains("the expiry is not sealed"),
        "{}",
        lost.err
    );
    // Where there is none, there is nothing to lose.
    let sealed = piped("seal --rails 6.1", "1");
    assert!(
        !piped("rotate --from-rails 6.1 --rails 5.1", sealed.ok())
            .ok()
            .is_empty()
    );
    // Whoever seals one is told as well.
    let sealed = piped("seal --rails 5.1 --expires 2999-12-31T23:59:59Z", "1");
    assert_eq!((sealed.status, sealed.lines().len()), (0, 1));
    assert!(
        sealed.err.contains("the expiry is not sealed"),
        "{}",
        sealed.err
    );
}

#[test]
fn each_failure_has_its_reason_and_its_place() {
    let sealed =
        |options: &str, value: &str| piped(&format!("seal {options}"), value).ok().to_owned();
    let text = format!("\"{}\"", "x".repeat(3_500));
    let lines = [
        ("junk".to_owned(), "malformed"),
        (sealed("--rails 7.1", "1"), "invalid"),
        (sealed("--rails 6.1 --name theme", "1"), "wrong purpose"),
        (
            sealed("--rails 6.1 --expires 2001-02-03T04:05:06Z", "1"),
            "expired",
        ),
        // It was let through there, and is too long here.
        (sealed("--rails 6.1 --limit none", &text), "too large"),
        ("A".repeat(16 * 1024 + 1), "too large"),
        (String::new(), "malformed"),
        ("Cookie: theme=dark".to_owned(), "malformed"),
        (sealed("--rails 6.1", "1"), ""),
    ];
    let input: Vec<_> = lines.iter().map(|(line, _)| line.as_str()).collect();
    let options = "--from-rails 6.1 --rails 7.1";
    let run = piped(&format!("rotate --jsonl {options}"), input.join("\n"));
    assert_eq!((run.status, run.err.as_str()), (1, ""));
    assert_eq!(run.lines().len(), lines.len());
    for ((line, reason), answer) in lines.iter().zip(run.lines()) {
        let line = &line[..line.len().min(40)];
        if reason.is_empty() {
            assert!(answer.starts_with("{\"cookie\":\""), "{line}: {answer}");
        } else {
            assert_eq!(answer, format!("{{\"error\":\"{reason}\"}}"), "{line}");
        }
    }
    // A person is told which of the options to look at.
    let run = piped(&format!("rotate {options}"), input.join("\n"));
    assert_eq!((run.status, run.lines().len()), (1, 1));
    let messages: Vec<_> = run.err.lines().collect();
    for (index, (start, hint)) in [
        ("line 1: malformed: ", "--from-jar"),
        ("line 2: invalid: ", "--from-key-digest"),
        ("line 3: wrong purpose: ", "--from-name"),
        ("line 4: expired: ", ""),
        ("line 5: too large: ", "4096"),
        ("line 6: too large: ", "16 KiB"),
        ("line 7: malformed: ", "--from-rails"),
        ("line 8: malformed: ", "see --from-name"),
    ]
    .into_iter()
    .enumerate()
    {
        assert!(
            messages[index].starts_with(&format!("error: {start}")),
            "{}",
            run.err
        );
        assert!(messages[index].contains(hint), "{}", messages[index]);
    }
    // Marshal, which was not allowed.
    let marshal = sealed("--rails 6.1", "1");
    let run = piped("rotate --rails 6.1 --serializer json --jsonl", marshal);
    assert_eq!(run.lines(), ["{\"error\":\"unreadable value\"}"]);
    // The limit that is asked for.
    let run = piped(&format!("rotate --limit none {options}"), &lines[4].0);
    assert_eq!((run.status, run.lines().len()), (0, 1));
}

#[test]
fn wrong_use_is_told() {
    let short = file("rotate short", "x".repeat(29));
    let files = |option: &str, path: &Path| {
        let mut command = program();
        command.arg("rotate").arg(option).arg(path);
        command
    };
    let missing = Path::new("/no such file");
    let mut no_token = program();
    no_token.args(["rotate", "--from-rails", "3.2"]);
    let mut no_key_base = bare();
    no_key_base
        .env("SECRET_TOKEN", SECRET)
        .args(["rotate", "--from-rails", "3.2"]);
    let mut cases = vec![
        (
            files("--from-secret-key-base-file", missing),
            "no such file",
        ),
        (files("--from-secret-token-file", missing), "no such file"),
        (
            files("--from-secret-key-base-file", &short),
            "--from-allow-short-secret",
        ),
        (
            no_token,
            "set the environment variable SECRET_TOKEN, or name a file with --from-secret-token-file",
        ),
        (
            no_key_base,
            "set the environment variable SECRET_KEY_BASE, or name a file with --secret-key-base-file",
        ),
    ];
    for (args, message) in [
        ("--from-name a=b", "--from-name: cookie name \"a=b\""),
        (
            "--from-rails 9.0",
            "invalid value '9.0' for '--from-rails <VERSION>': write one of 2.3, 3.0, ",
        ),
        ("--from-jar plain", "possible values: encrypted, signed"),
        ("--from-serializer yaml", "possible values: json, hybrid"),
        ("--from-limit none", "unexpected argument '--from-limit'"),
        (
            "--expires 2030-10-15T05:00:00Z",
            "unexpected argument '--expires'",
        ),
    ] {
        let mut command = program();
        command.arg("rotate").args(args.split(' '));
        cases.push((command, message));
    }
    assert_eq!(cases.len(), 11);
    for (mut command, message) in cases {
        let run = run(&mut command, "1\n");
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{message}");
        assert!(
            run.err.to_lowercase().contains(&message.to_lowercase()),
            "{message}: {}",
            run.err
        );
    }
    let mut allowed = files("--from-secret-key-base-file", &short);
    assert_eq!(run(allowed.arg("--from-allow-short-secret"), "").status, 0);
}
