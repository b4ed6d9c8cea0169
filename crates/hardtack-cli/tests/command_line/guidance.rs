//! Messages tell the reader what to do: the option to change, or the command that knows more.

use hardtack::message::{MessageEncryptor, MessageOptions};
use hardtack::{LoadDefaults, SecretKeyBase};

use crate::program::{Run, SECRET, bare, hardtack, piped, program, run};
use crate::recorded::{Record, record};

/// The note that points to the doctor.
const DOCTOR: &str = "note: 'hardtack doctor' ";

/// A session that holds what Rails itself looks for.
const SESSION: &str = r#"{"session_id":"3af1c1b9c1b8d6f1a0a3a7b0c3d4e5f6","user_id":42}"#;

/// Runs a command on a recorded cookie, with the options that sealed it; `changed` replaces some.
fn of(command: &str, record: &Record, changed: &[(&str, &str)]) -> Run {
    let mut options = record.options();
    for (option, value) in changed {
        let option = format!("--{option}");
        if let Some(place) = options.iter().position(|one| *one == option) {
            options.drain(place..place + 2);
        }
        options.extend([option, (*value).to_owned()]);
    }
    let mut program = bare();
    let program = program.env(record.variable(), &record.secret);
    run(program.arg(command).args(options).arg(record.escaped()), "")
}

#[test]
fn the_name_that_a_cookie_was_sealed_for_is_told() {
    let mut ran = 0;
    for jar in ["encrypted_gcm", "encrypted_cbc", "signed"] {
        let record = record(jar, "c_string");
        let run = of("open", &record, &[("name", "theme")]);
        let told = "error: value 1: wrong purpose: sealed for \"cookie.c_string\", not for \
                    \"cookie.theme\"; give --name c_string\n";
        assert!(run.err.starts_with(told), "{jar}: {}", run.err);
        assert_eq!((run.status, run.out.as_str()), (1, ""), "{jar}");
        ran += 1;
    }
    assert_eq!(ran, 3);
    // The options that say how it was sealed start with --from-.
    let record = record("encrypted_gcm", "c_string");
    let run = of("rotate", &record, &[("name", "theme")]);
    assert!(
        run.err.contains("; give --from-name c_string\n"),
        "{}",
        run.err
    );
    // In a log each cookie has a name of its own, which no option changes.
    let log = format!("GET / theme={}\n", record.escaped());
    let options = record.options().into_iter();
    let options = options.map(|option| option.replace("c_string", "theme"));
    let mut open = bare();
    open.env(record.variable(), &record.secret).arg("open");
    let run = crate::program::run(open.args(options).args(["--log", "-"]), log);
    let told = "sealed for \"cookie.c_string\", not for \"cookie.theme\"\n";
    assert!(run.err.contains(told), "{}", run.err);
}

#[test]
fn a_purpose_from_outside_is_escaped_and_gives_no_option() {
    let secret = SecretKeyBase::new(SECRET).unwrap();
    let salt = "authenticated encrypted cookie";
    // Cookies have the older envelope, whatever the version.
    let encryptor = MessageEncryptor::for_application(&secret, salt, LoadDefaults::V7_1)
        .use_message_serializer_for_metadata(false);
    let cases = [
        (
            "cookie.a b\u{1b}[2J",
            "sealed for \"cookie.a b\\u{1b}[2J\", not for \"cookie.a\"\n",
        ),
        ("login", "sealed for \"login\", not for \"cookie.a\"\n"),
    ];
    let mut ran = 0;
    for (purpose, told) in cases {
        let options = MessageOptions::new().purpose(purpose);
        let message = encryptor.encrypt_and_sign("x", &options).unwrap();
        let run = hardtack(["open", "--name", "a", "--rails", "7.1", &message]);
        assert!(run.err.contains(told), "{purpose:?}: {}", run.err);
        assert_eq!((run.status, run.out.as_str()), (1, ""), "{purpose:?}");
        ran += 1;
    }
    assert_eq!(ran, cases.len());
}

#[test]
fn a_cookie_of_the_other_jar_is_called_one() {
    let signed = "this is a signed cookie, and the jar is encrypted; give --jar signed\n";
    let encrypted = "this is an encrypted cookie (AES-256-GCM), and the jar is signed; \
                     give --jar encrypted\n";
    let cases = [
        ("signed", ("jar", "encrypted"), signed),
        ("encrypted_gcm", ("jar", "signed"), encrypted),
        (
            "encrypted_cbc",
            ("jar", "signed"),
            "this is an encrypted cookie (AES-256-CBC), and the jar is signed; give --jar encrypted\n",
        ),
    ];
    let mut ran = 0;
    for (jar, changed, told) in cases {
        let run = of("open", &record(jar, "c_string"), &[changed]);
        assert!(run.err.contains(told), "{jar}, {changed:?}: {}", run.err);
        assert_eq!((run.status, run.out.as_str()), (1, ""), "{jar}");
        ran += 1;
    }
    assert_eq!(ran, cases.len());
    // The cipher of Rails 5.2, which Rails 5.1 does not read.
    let sealed = hardtack(["seal", "--name", "a", "--rails", "5.2", "1"]);
    let open = ["open", "--name", "a", "--rails", "5.1", sealed.ok()];
    let told = "malformed: this is an encrypted cookie (AES-256-GCM), and the cipher is \
                aes-256-cbc; give --cipher aes-256-gcm\n";
    let run = hardtack(open);
    assert!(run.err.contains(told), "{}", run.err);
    assert_eq!(
        hardtack(open.iter().chain(&["--cipher", "aes-256-gcm"])).ok(),
        "1"
    );

    let run = of(
        "rotate",
        &record("signed", "c_string"),
        &[("jar", "encrypted")],
    );
    assert!(
        run.err.contains("; give --from-jar signed\n"),
        "{}",
        run.err
    );
    // A key that does not fit is told as before: the jar is the right one.
    let mut other_secret = record("signed", "c_string");
    "another secret, and long enough for one".clone_into(&mut other_secret.secret);
    let run = of("open", &other_secret, &[]);
    assert!(run.err.contains("invalid: no key fits"), "{}", run.err);
    assert!(!run.err.contains("this is"), "{}", run.err);
}

#[test]
fn another_frameworks_cookie_is_called_one() {
    let jwt = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.\
               dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    let run = hardtack(["open", jwt]);
    let told =
        "error: value 1: malformed: this is a JSON Web Token, and no cookie that Rails seals\n";
    assert!(run.err.starts_with(told), "{}", run.err);
}

#[test]
fn what_does_not_open_is_left_to_the_doctor_once() {
    let session = record("encrypted_gcm", "_app_session").escaped();
    let cookies = format!("{session}\njunk\n{session}\n");
    for command in ["open", "rotate"] {
        let run = piped(command, &cookies);
        assert_eq!(run.err.matches(DOCTOR).count(), 1, "{command}: {}", run.err);
        assert!(
            run.err.lines().last().unwrap().starts_with(DOCTOR),
            "{}",
            run.err
        );
        assert_eq!((run.status, run.out.as_str()), (1, ""), "{command}");
        // A program reads the reasons.
        let run = piped(&format!("{command} --jsonl"), &cookies);
        assert_eq!((run.status, run.err.as_str()), (1, ""), "{command}");
    }
    let run = piped("open --log -", format!("GET / _app_session={session}\n"));
    assert_eq!(run.err.matches(DOCTOR).count(), 1, "{}", run.err);
    // What cannot be sealed is no cookie yet, and what opens needs no doctor.
    assert_eq!(piped("seal", "text").err.matches(DOCTOR).count(), 0);
    let long = format!("\"{}\"", "x".repeat(3_000));
    let sealed = piped("seal --limit none --jar signed", long);
    let run = piped("rotate --from-jar signed --jar encrypted", sealed.ok());
    assert!(run.err.contains("too large"), "{}", run.err);
    assert_eq!(run.err.matches(DOCTOR).count(), 0, "{}", run.err);
}

#[test]
fn a_version_without_its_minor_number_is_answered_with_what_to_write() {
    let cases = [
        (
            "open --rails 7",
            "error: invalid value '7' for '--rails <VERSION>': write 7.0, 7.1 or 7.2\n",
        ),
        (
            "rotate --from-rails 8",
            "error: invalid value '8' for '--from-rails <VERSION>': write 8.0, 8.1 or 8.2\n",
        ),
        (
            "doctor --rails 2 x",
            "error: invalid value '2' for '--rails <VERSION>': write 2.3\n",
        ),
        (
            "seal --rails 6.x 1",
            "error: invalid value '6.x' for '--rails <VERSION>': write 6.0 or 6.1\n",
        ),
        (
            "open --rails 9",
            "error: invalid value '9' for '--rails <VERSION>': write one of 2.3, 3.0, 3.1, 3.2, \
             4.0, 4.1, 4.2, 5.0, 5.1, 5.2, 6.0, 6.1, 7.0, 7.1, 7.2, 8.0, 8.1, 8.2\n",
        ),
    ];
    let mut ran = 0;
    for (args, told) in cases {
        let run = piped(args, "");
        assert!(run.err.starts_with(told), "{args}: {}", run.err);
        assert_eq!((run.status, run.out.as_str()), (2, ""), "{args}");
        ran += 1;
    }
    assert_eq!(ran, cases.len());
    // The patch level tells nothing about cookies.
    assert_eq!(hardtack(["seal", "--rails", "7.1.5", "1"]).status, 0);
}

#[test]
fn a_session_without_session_id_is_warned_of_once() {
    let warning = "warning: a session without session_id reads as empty in Rails; add \
                   \"session_id\" with 32 hexadecimal digits\n";
    let lacking = r#"{"user_id":42}"#;
    let cases = [
        ("seal", lacking, warning),
        ("seal --name _shop_session", lacking, warning),
        ("seal --name _shop_session --jsonl", lacking, warning),
        ("seal --name _shop_session", SESSION, ""),
        // Neither is a session: a signed cookie of Rails 4.0 and later, and a cookie of another name.
        ("seal --name _shop_session --jar signed", lacking, ""),
        ("seal --name cart", lacking, ""),
        ("seal --name _shop_session", "[1]", ""),
    ];
    let mut ran = 0;
    for (args, value, told) in cases {
        let run = piped(args, format!("{value}\n{value}\n"));
        assert_eq!(run.err, told, "{args}: {value}");
        assert_eq!((run.status, run.lines().len()), (0, 2), "{args}");
        ran += 1;
    }
    assert_eq!(ran, cases.len());
    // Rails 3 signs its sessions.
    let mut rails_3 = bare();
    rails_3.env("SECRET_TOKEN", SECRET);
    let run = run(rails_3.args(["seal", "--rails", "3.2", lacking]), "");
    assert_eq!((run.status, run.err.as_str()), (0, warning));
}

#[test]
fn every_message_says_how_bad_it_is() {
    let cases: [(&[&str], &str); 6] = [
        (&["open", "junk"], "error: value 1: malformed: "),
        (&["open", "--unknown"], "error: unexpected argument"),
        (&["open", "--log", "nowhere.log"], "error: nowhere.log: "),
        (
            &[
                "seal",
                "--rails",
                "5.1",
                "--expires",
                "2030-10-15T05:00:00Z",
                "1",
            ],
            "warning: the expiry is not sealed",
        ),
        (&["open", "--name", "a;b", "x"], "error: --name: "),
        (
            &["open", "--har", "/dev/null"],
            "error: /dev/null is not a HAR file: ",
        ),
    ];
    let mut ran = 0;
    for (args, start) in cases {
        let run = hardtack(args);
        assert!(run.err.starts_with(start), "{args:?}: {}", run.err);
        assert!(!run.err.contains("hardtack: "), "{args:?}: {}", run.err);
        ran += 1;
    }
    assert_eq!(ran, 6);
}

#[test]
fn messages_are_wrapped_to_the_width_of_the_terminal() {
    let wide = hardtack(["open", "junk"]);
    // Nothing is known of the width: a program may search for the whole message.
    assert!(wide.err.lines().next().unwrap().len() > 100, "{}", wide.err);
    let session = record("encrypted_gcm", "_app_session").escaped();
    let cases: [&[&str]; 3] = [
        &["open", "junk"],
        &["open", &session],
        &["open", "--rails", "9"],
    ];
    for args in cases {
        let narrow = run(program().env("COLUMNS", "40").args(args), "");
        let wide = hardtack(args);
        assert!(wide.err.starts_with("error: "), "{}", wide.err);
        let longest = narrow.err.lines().map(|line| line.chars().count()).max();
        assert!(longest <= Some(40), "{}", narrow.err);
        let words = |text: &str| {
            let words = text.split_whitespace().map(str::to_owned);
            words.collect::<Vec<_>>()
        };
        assert_eq!(words(&narrow.err), words(&wide.err));
        // What goes on stands to the right of what it belongs to.
        let second = narrow.err.lines().nth(1).unwrap();
        assert!(second.starts_with("  "), "{}", narrow.err);
    }
}
