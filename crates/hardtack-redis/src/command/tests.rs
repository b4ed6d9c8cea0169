use super::*;

/// Returns the words of a command; a script is shown by its name.
fn words(operation: Operation<'_>, form: Form) -> String {
    let command = operation.command(form).unwrap();
    let words = command.args_iter().map(|arg| match arg {
        redis::Arg::Simple(bytes) => {
            let word = String::from_utf8_lossy(bytes).into_owned();
            for (name, script) in [
                ("<save unchanged>", &SAVE_UNCHANGED),
                ("<save absent>", &SAVE_ABSENT),
                ("<delete unchanged>", &DELETE_UNCHANGED),
            ] {
                if word == script.text || word == script.digest {
                    return name.to_owned();
                }
            }
            word
        }
        _ => "?".to_owned(),
    });
    words.collect::<Vec<_>>().join(" ")
}

fn old() -> When {
    When::Unchanged(Version::new("old"))
}

#[test]
fn each_operation_is_one_command_on_one_key() {
    let bytes = Bytes::from_static(b"new");
    let ttl = Some(Duration::from_secs(60));
    let mut count = 0;
    let mut expect = |what: What<'_>, form: Form, expected: &str| {
        count += 1;
        let operation = Operation { key: "k", what };
        assert_eq!(words(operation, form), expected);
    };
    expect(What::Load, Form::Plain, "GET k");
    let with_mark = What::LoadWithMark { mark: "{k}:gone" };
    expect(with_mark, Form::Plain, "MGET k {k}:gone");
    expect(What::Touch { ttl }, Form::Plain, "PEXPIRE k 60000");
    expect(What::Touch { ttl: None }, Form::Plain, "EXISTS k");
    for (when, ttl, form, expected) in [
        (When::Always, None, Form::Plain, "SET k new"),
        (When::Always, ttl, Form::Plain, "SET k new PX 60000"),
        (When::Present, ttl, Form::Plain, "SET k new XX PX 60000"),
        (
            When::Absent,
            ttl,
            Form::Newer(Feature::NxGet),
            "SET k new NX GET PX 60000",
        ),
        (
            When::Absent,
            ttl,
            Form::Digest,
            "EVALSHA <save absent> 1 k new 60000",
        ),
        (When::Absent, None, Form::Text, "EVAL <save absent> 1 k new"),
        (
            old(),
            ttl,
            Form::Newer(Feature::IfEq),
            "SET k new IFEQ old GET PX 60000",
        ),
        (
            old(),
            ttl,
            Form::Digest,
            "EVALSHA <save unchanged> 1 k old new 60000",
        ),
        (old(), None, Form::Text, "EVAL <save unchanged> 1 k old new"),
    ] {
        let what = What::Save {
            bytes: &bytes,
            ttl,
            when: &when,
            is_once: false,
        };
        expect(what, form, expected);
    }
    for (when, form, expected) in [
        (When::Always, Form::Plain, "DEL k"),
        (When::Present, Form::Plain, "DEL k"),
        (old(), Form::Digest, "EVALSHA <delete unchanged> 1 k old"),
        (old(), Form::Text, "EVAL <delete unchanged> 1 k old"),
    ] {
        expect(What::Delete { when: &when }, form, expected);
    }
    assert_eq!(count, 17);
    let nothing = What::Delete {
        when: &When::Absent,
    };
    let nothing = Operation {
        key: "k",
        what: nothing,
    };
    assert!(nothing.command(Form::Plain).is_none());
}

#[test]
fn a_save_that_counts_or_has_no_condition_is_not_sent_twice() {
    let bytes = Bytes::from_static(b"new");
    for (when, is_once, expected) in [
        (When::Absent, false, true),
        (When::Present, false, true),
        (old(), false, true),
        (When::Always, false, false),
        (old(), true, false),
    ] {
        let what = What::Save {
            bytes: &bytes,
            ttl: None,
            when: &when,
            is_once,
        };
        let operation = Operation { key: "k", what };
        assert_eq!(operation.may_run_twice(), expected, "{when:?} {is_once}");
    }
}

#[test]
fn a_life_is_rounded_up_and_never_refused() {
    for (ttl, expected) in [
        (Duration::ZERO, 1),
        (Duration::from_nanos(1), 1),
        (Duration::from_micros(1500), 2),
        (Duration::from_millis(1500), 1500),
        (Duration::from_secs(1_000_000_000_000), LONGEST),
        (Duration::MAX, LONGEST),
    ] {
        assert_eq!(milliseconds(ttl), expected, "{ttl:?}");
    }
}

/// The meaning of an answer to a save: `done`, `gone`, the bytes that are there, or nothing known.
fn meaning(when: &When, form: Form, answer: Value, is_resent: bool) -> String {
    let bytes = Bytes::from_static(b"new");
    let what = What::Save {
        bytes: &bytes,
        ttl: None,
        when,
        is_once: false,
    };
    let operation = Operation { key: "k", what };
    match operation.read(form, answer, is_resent) {
        Some(Answer::Saved(Saved::Done(Some(version)))) if version.as_bytes() == b"new" => {
            "done".to_owned()
        }
        Some(Answer::Saved(Saved::Gone)) => "gone".to_owned(),
        Some(Answer::Saved(Saved::Conflict(there))) => {
            assert_eq!(there.version.as_bytes(), there.bytes);
            String::from_utf8_lossy(&there.bytes).into_owned()
        }
        Some(_) => "something else".to_owned(),
        None => "unexpected".to_owned(),
    }
}

#[test]
fn answers_to_saves_mean_done_gone_or_what_is_there() {
    let bulk = |text: &str| Value::BulkString(text.as_bytes().to_vec());
    let nx_get = Form::Newer(Feature::NxGet);
    let if_eq = Form::Newer(Feature::IfEq);
    let cases = [
        (When::Always, Form::Plain, Value::Okay, "done"),
        (When::Always, Form::Plain, Value::Nil, "unexpected"),
        (When::Present, Form::Plain, Value::Okay, "done"),
        (When::Present, Form::Plain, Value::Nil, "gone"),
        (When::Absent, nx_get, Value::Nil, "done"),
        (When::Absent, nx_get, bulk("there"), "there"),
        (When::Absent, nx_get, Value::Int(1), "unexpected"),
        (When::Absent, Form::Digest, Value::Okay, "done"),
        (When::Absent, Form::Digest, bulk("there"), "there"),
        (When::Absent, Form::Digest, Value::Nil, "unexpected"),
        (old(), if_eq, bulk("old"), "done"),
        (old(), if_eq, bulk("there"), "there"),
        (old(), if_eq, Value::Nil, "gone"),
        (old(), if_eq, Value::Okay, "unexpected"),
        (old(), Form::Digest, Value::Okay, "done"),
        (old(), Form::Text, bulk("there"), "there"),
        (old(), Form::Text, Value::Nil, "gone"),
        (old(), Form::Text, Value::Array(vec![]), "unexpected"),
    ];
    assert_eq!(cases.len(), 18);
    for (when, form, answer, expected) in cases {
        let shown = format!("{when:?} {form:?} {answer:?}");
        assert_eq!(meaning(&when, form, answer, false), expected, "{shown}");
    }
    // A save that was sent before may have been written then; the entry of a first one is somebody else's.
    for (when, form) in [(When::Absent, nx_get), (old(), if_eq), (old(), Form::Text)] {
        assert_eq!(meaning(&when, form, bulk("new"), true), "done");
        assert_eq!(meaning(&when, form, bulk("new"), false), "new");
        assert_eq!(meaning(&when, form, bulk("there"), true), "there");
    }
}

#[test]
fn loaded_bytes_are_not_copied() {
    let loaded = vec![7_u8; 5000];
    let place = loaded.as_ptr();
    let load = Operation {
        key: "k",
        what: What::Load,
    };
    let Some(Answer::Loaded(Some(entry))) =
        load.read(Form::Plain, Value::BulkString(loaded), false)
    else {
        panic!("an entry");
    };
    assert_eq!(entry.bytes.as_ptr(), place);
    assert_eq!(entry.version.as_bytes().as_ptr(), place);
}
