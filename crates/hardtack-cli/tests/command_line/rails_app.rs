//! A Rails app's directory in place of options.

use std::path::PathBuf;
use std::process::Command;

use crate::program::{Run, bare, file, run};
use crate::support::vectors_folder;

/// The secret of the apps, which nothing may print.
const SECRET: &str = "b3c631c314c0bbca50c1b2843150fe33";

fn app(name: &str) -> PathBuf {
    vectors_folder().join("rails_apps").join(name)
}

/// A command with an app, and more arguments.
fn with(command: &str, name: &str, more: &[&str]) -> Command {
    let mut program = bare();
    program
        .arg(command)
        .arg("--rails-app")
        .arg(app(name))
        .args(more);
    program
}

fn sealed(command: &mut Command) -> String {
    run(command, "").ok().to_owned()
}

#[test]
fn an_app_stands_in_for_every_option() {
    // An app, and the options that say the same.
    let cases = [
        (
            "rails_4_2",
            "--rails 4.2 --name _shop_session --serializer json",
        ),
        (
            "rails_6_1",
            "--rails 6.1 --name _my_html_shop_session --serializer json",
        ),
        (
            "no_load_defaults",
            "--rails 6.1 --name _shop_session --cipher aes-256-cbc --metadata false",
        ),
        ("rails_7_1", "--rails 7.1 --name _shop_session"),
        ("rails_8_1", "--rails 8.1 --name _shop_session"),
        ("rails_8_1", "--rails 8.1 --name user_id --jar signed"),
    ];
    let secret = file("rails app's secret", SECRET.repeat(4));
    let mut ran = 0;
    for (name, options) in cases {
        let more: &[&str] = match options.split_once("--name user_id") {
            Some(_) => &["--name", "user_id", "--jar", "signed"],
            None => &[],
        };
        let by_app = |command: &str, value: &str| {
            let mut program = with(command, name, more);
            // What rails_4_2 asks for, and the others have in a file as well.
            program.env("SECRET_KEY_BASE", SECRET.repeat(4)).arg(value);
            sealed(&mut program)
        };
        let by_options = |command: &str, value: &str| {
            let mut program = bare();
            program.arg(command).args(options.split(' '));
            program
                .arg("--secret-key-base-file")
                .arg(&secret)
                .arg(value);
            sealed(&mut program)
        };
        let value = "{\n  \"session_id\": \"3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6\"\n}";
        assert_eq!(by_options("open", &by_app("seal", value)), value, "{name}");
        assert_eq!(by_app("open", &by_options("seal", value)), value, "{name}");
        ran += 1;
    }
    assert_eq!(ran, cases.len());
}

#[test]
fn explicit_options_win() {
    let other = file("another secret", "f".repeat(64));
    let other = other.to_str().unwrap();
    let seal = |more: &[&str]| sealed(with("seal", "rails_7_1", more).arg("1"));
    let opens = |cookie: &str, more: &[&str]| {
        let run = run(with("open", "rails_7_1", more).arg(cookie), "");
        run.status == 0
    };
    let cases: [&[&str]; 6] = [
        &["--name", "another"],
        &["--jar", "signed"],
        &["--key-digest", "sha1"],
        &["--rails", "6.1"],
        &["--secret-key-base-file", other],
        &["--rails-env", "test", "--name", "another"],
    ];
    for options in cases {
        let cookie = seal(options);
        assert!(opens(&cookie, options), "{options:?}");
        assert!(!opens(&cookie, &[]), "{options:?}");
    }
}

#[test]
fn cookies_rotate_from_app_to_app() {
    let cookie = sealed(with("seal", "rails_6_1", &[]).arg("[1]"));
    let rotated = sealed(
        with("rotate", "rails_7_1", &["--from-rails-app"])
            .arg(app("rails_6_1"))
            .arg(&cookie),
    );
    let opened = sealed(with("open", "rails_7_1", &[]).arg(&rotated));
    assert_eq!(opened, "[\n  1\n]");
    // An app's environment is another set of secrets.
    let mut staging = with("rotate", "rails_6_1", &["--rails-env", "staging"]);
    let staged = sealed(
        staging
            .arg("--from-rails-app")
            .arg(app("rails_6_1"))
            .arg(&cookie),
    );
    let open = |env| {
        run(
            with("open", "rails_6_1", &["--rails-env", env]).arg(&staged),
            "",
        )
        .status
    };
    assert_eq!((open("staging"), open("production")), (0, 1));
}

fn told(run: &Run, part: &str) {
    assert!(run.err.contains(part), "{part}: {}", run.err);
}

#[test]
fn what_is_not_understood_is_told() {
    let key = "f".repeat(64);
    let seal = |name: &str, more: &[&str]| {
        let mut program = with("seal", name, more);
        run(program.env("SECRET_KEY_BASE", &key).arg("1"), "")
    };
    let run = seal("upgraded", &[]);
    assert_eq!((run.status, run.err.as_str()), (0, ""));
    let run = seal("another_store", &[]);
    assert_eq!(run.status, 0);
    told(
        &run,
        "note: the app keeps its sessions in redis_store, not in the cookie _redis",
    );
    assert_eq!(seal("another_store", &["--name", "cart"]).err, "");
    // What all else stands on has to be told.
    let run = seal("conditional", &[]);
    assert_eq!((run.status, run.out.as_str()), (2, ""));
    told(
        &run,
        "config/application.rb:31: load_defaults is not understood",
    );
    told(&run, "(--rails)");
    let run = seal("conditional", &["--rails", "6.1"]);
    assert_eq!((run.status, run.err.lines().count()), (0, 9), "{}", run.err);
    told(
        &run,
        "note: config/application.rb:19: signed_cookie_digest is not understood; set it yourself: `||=` depends on the earlier value",
    );
}

#[test]
fn nothing_is_sealed_under_a_guessed_name() {
    let key = "f".repeat(64);
    let call = |command: &str, more: &[&str], value: &str| {
        let mut program = with(command, "name_not_plain", more);
        run(program.env("SECRET_KEY_BASE", &key).arg(value), "")
    };
    let refused = call("seal", &[], "1");
    assert_eq!((refused.status, refused.out.as_str()), (2, ""));
    told(
        &refused,
        "--rails-app: the name of the session's cookie is not understood; give --name (config/initializers/session_store.rb:1: session_store is not understood",
    );
    let sealed = call("seal", &["--name", "_shop"], "1");
    assert_eq!(sealed.status, 0, "{}", sealed.err);
    let cookie = sealed.out.trim();
    let refused = call("rotate", &[], cookie);
    assert_eq!((refused.status, refused.out.as_str()), (2, ""));
    told(&refused, "give --name");
    // To open, the name is asked for only where it matters.
    let opened = call("open", &[], cookie);
    assert_eq!(opened.status, 1);
    told(&opened, "sealed for \"cookie._shop\"");
    assert_eq!(call("open", &["--name", "_shop"], cookie).out, "1\n");
}

#[test]
fn wrong_use_is_told() {
    let nowhere = app("nowhere");
    // An app, more arguments, and what is told.
    let cases: [(&str, &[&str], &str); 6] = [
        (
            "nowhere",
            &[],
            "is not a Rails app: it has no config/application.rb",
        ),
        (
            "rails_7_1",
            &["--rails-env", "../x"],
            "\"../x\" is not a name of a Rails environment",
        ),
        (
            "credentials_wrong_key",
            &[],
            "\n  config/credentials.yml.enc: the key does not fit: it belongs to another file",
        ),
        (
            "credentials_no_key",
            &[],
            "set RAILS_MASTER_KEY, or write the key to config/master.key",
        ),
        (
            "rails_4_2",
            &[],
            "config/secrets.yml: has no secret_key_base under production",
        ),
        (
            "rails_3_2",
            &["--rails", "6.1"],
            "a secret_token is enough up to Rails 5.2 only",
        ),
    ];
    for command in ["open", "seal", "rotate"] {
        for (name, more, expected) in cases {
            let run = run(with(command, name, more).arg("1"), "");
            assert_eq!((run.status, run.out.as_str()), (2, ""), "{name}");
            told(&run, expected);
        }
        let run = run(bare().args([command, "--rails-env", "test", "1"]), "");
        assert_eq!(run.status, 2);
        told(&run, "--rails-app <DIR>");
    }
    assert!(!nowhere.exists());
}
