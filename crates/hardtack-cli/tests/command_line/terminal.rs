//! Text from outside does not command the terminal, whichever way it comes in.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;

use crate::program::{Run, bare, file, hardtack, piped, program, run};

/// Characters that a terminal obeys (C0, DEL, C1), that end a line, and that reorder or hide text.
const ODD: &str = "\u{1b}[2J\u{9b}31m\u{7f}\u{85}\u{2028}\u{202e}\u{2066}\u{200b}\r\n\t";

/// Nothing of it stands there as it is; a line feed ends our own lines.
fn assert_tame(run: &Run, what: &str) {
    for text in [&run.out, &run.err] {
        let odd = text
            .chars()
            .find(|c| ODD.contains(*c) && !c.is_ascii_graphic() && *c != '\n');
        assert_eq!(odd, None, "{what}: {text:?}");
    }
}

/// A Rails app in a folder of an odd name.
fn app() -> PathBuf {
    let root = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("app {ODD}"));
    fs::create_dir_all(root.join("config/initializers")).unwrap();
    let application =
        "module Shop\nclass Application < Rails::Application\nconfig.load_defaults 7.1\nend\nend\n";
    fs::write(root.join("config/application.rb"), application).unwrap();
    let code = ODD.replace(['\n', '\r'], "");
    fs::write(
        root.join(format!("config/initializers/{ODD}.rb")),
        format!("Rails.application.config.session_store :cookie_store, key: \"{code}\" + x\n"),
    )
    .unwrap();
    root
}

#[test]
fn values_are_printed_as_json_of_the_same_value() {
    let value = serde_json::json!({ODD: [ODD, "größe"]});
    let sealed = piped("seal --name _a", value.to_string());
    let cookie = sealed.ok();
    let log = format!("GET / _a={cookie}\n");
    let secret = file("secret-of-odd-values", crate::program::SECRET);
    let doctor = format!(
        "doctor --name _a --secret-key-base-file {}",
        secret.display()
    );
    let cases = [
        ("open --name _a".to_owned(), cookie.to_owned()),
        ("open --name _a --jsonl".to_owned(), cookie.to_owned()),
        ("open --name _a --log -".to_owned(), log.clone()),
        ("open --name _a --jsonl --log -".to_owned(), log.clone()),
        (format!("{doctor} --json --show-values"), cookie.to_owned()),
        (format!("{doctor} --show-values"), cookie.to_owned()),
        (format!("{doctor} --json --show-values --log -"), log),
    ];
    let mut ran = 0;
    for (args, input) in cases {
        let run = piped(&args, input);
        assert_eq!(run.status, 0, "{args}: {}", run.err);
        assert_tame(&run, &args);
        let start = run.out.rfind("\n{").map_or(0, |at| at + 1);
        let json: Value = serde_json::from_str(&run.out[start..]).unwrap();
        let printed = json.get("value").unwrap_or(&json);
        assert_eq!(*printed, value, "{args}");
        ran += 1;
    }
    assert_eq!(ran, 7);
}

#[test]
fn names_and_code_are_escaped_in_messages() {
    let odd_file = file(&format!("odd {ODD}"), "short");
    let odd_file = odd_file.to_str().unwrap();
    let root = app();
    let root = root.to_str().unwrap();
    let name = ODD.replace(['\r', '\n'], "");
    let header = format!("Cookie: {name}=1; x{name}=2");
    let nowhere = format!("/nowhere {ODD}");
    let cases: [(&[&str], &str); 14] = [
        (
            &["open", "--name", "_a", &header],
            r"\u{1b}[2J\u{9b}31m\u{7f}",
        ),
        (
            &["open", "--name", ODD, "x"],
            r"\u{202e}\u{2066}\u{200b}\r\n\t",
        ),
        (
            &["open", "--name", "_a", &format!("{name}=abc")],
            r"\u{2028}",
        ),
        (
            &["open", "--secret-key-base-file", odd_file, "x"],
            r"\u{9b}31m",
        ),
        (
            &["open", "--secret-key-base-file", &nowhere, "x"],
            r"\u{9b}31m",
        ),
        (
            &["open", "--rails-app", &nowhere, "x"],
            r"\r\n\t is not a Rails app",
        ),
        (&["open", "--rails-app", root, "x"], r"\u{200b}"),
        (&["doctor", "--rails-app", root, "x"], r"\u{200b}"),
        (&["doctor", "--log", &nowhere], r"\u{200b}\r\n\t: "),
        (&["doctor", &header], ""),
        (&["doctor", "--secret-key-base-file", odd_file, "x"], ""),
        (&["doctor", "--now", ODD, "x"], r"\u{1b}[2J"),
        (&["seal", "--expires", ODD, "1"], r"\u{1b}[2J"),
        (&["open", "--jar", ODD, "1"], r"\u{1b}[2J"),
    ];
    let mut ran = 0;
    for (args, told) in cases {
        let run = hardtack(args);
        assert_ne!(run.status, 0, "{args:?}");
        assert_tame(&run, &format!("{args:?}"));
        let all = format!("{}{}", run.out, run.err);
        assert!(all.contains(told), "{args:?}: {told} in {all}");
        ran += 1;
    }
    assert_eq!(ran, 14);
    // The environment is no argument.
    let run = run(bare().env("SECRET_KEY_BASE", ODD).args(["open", "x"]), "");
    assert_tame(&run, "a secret");
}

#[test]
fn code_of_an_app_is_quoted_without_what_is_in_it() {
    let run = run(
        program().args(["open", "--rails-app"]).arg(app()).arg("x"),
        "",
    );
    let told = "session_store is not understood; set it yourself: ";
    assert!(run.err.contains(told), "{}", run.err);
    assert_tame(&run, "an app's code");
    // A message is one line, whatever the file is called.
    let lines = run.err.lines().filter(|line| {
        !["error: ", "note: "]
            .iter()
            .any(|label| line.starts_with(label))
    });
    assert_eq!(lines.collect::<Vec<_>>(), [""; 0], "{}", run.err);
}

#[test]
fn of_many_cookies_the_first_are_named() {
    let pairs: Vec<_> = (0..900).map(|number| format!("c{number}=1")).collect();
    let run = piped("open --name _a", format!("Cookie: {}", pairs.join("; ")));
    assert!(
        run.err.contains("\"c9\", and 890 more; see --name"),
        "{}",
        run.err
    );
}
