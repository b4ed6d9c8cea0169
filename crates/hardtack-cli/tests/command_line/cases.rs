//! The doctor on broken cookies whose true cause is known: it names what can be known, and says
//! nothing false.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::thread;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex_lite::RegexBuilder;
use serde::Deserialize;
use serde_json::Value;

use crate::program::{Run, bare, run};
use crate::support::vectors;

#[derive(Deserialize)]
struct Case {
    id: String,
    input_b64: String,
    args: Vec<String>,
    env: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    want: Vec<String>,
    never: Vec<String>,
    true_cause: String,
}

/// Cases that are judged otherwise here, each with the reason.
const OTHERWISE: [(&str, &str); 0] = [];

/// The results of the two runs of a case: as text, and as JSON.
struct Answer {
    text: Run,
    /// The text, its white space made single.
    flat: String,
    json: Value,
}

impl Answer {
    fn holds(&self, condition: &str) -> bool {
        if condition.contains("||") {
            return condition.split("||").any(|one| self.holds(one));
        }
        if let Some(condition) = condition.strip_prefix('!') {
            return !self.holds(condition);
        }
        let list = |name: &str| {
            let list = self.json[name].as_array();
            list.into_iter().flatten().filter_map(Value::as_str)
        };
        let (kind, rest) = condition.split_once(':').unwrap_or((condition, ""));
        match kind {
            "opens" => self.json["opens"] == true,
            "none" => self.json["causes"].as_array().is_some_and(Vec::is_empty),
            "cause" => list("causes").any(|cause| cause == rest),
            "first" => list("causes").next() == Some(rest),
            "fmt" => self.json["format"] == rest,
            "rep" => list("repairs").any(|repair| repair == rest),
            "secret" => {
                let secret = self.json["secret"].as_str().unwrap_or_default();
                Path::new(secret)
                    .file_name()
                    .is_some_and(|name| name == rest)
            }
            "rc" => self.text.status == rest.parse::<i32>().unwrap(),
            "re" => is_found(rest, &self.flat),
            "err" => is_found(rest, &self.text.err),
            _ => panic!("no condition: {condition}"),
        }
    }
}

fn is_found(pattern: &str, text: &str) -> bool {
    let pattern = RegexBuilder::new(pattern).case_insensitive(true).build();
    pattern.unwrap().is_match(text)
}

fn decoded(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap()
}

/// Writes a case's files into a folder of its own.
fn folder(case: &Case) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
        .join("cases")
        .join(case.id.replace('/', "-"));
    for (name, content) in &case.files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, decoded(content)).unwrap();
    }
    folder
}

fn answer(case: &Case) -> Answer {
    let folder = folder(case);
    let ask = |extra: &[&str]| {
        let mut program = bare();
        program.arg("doctor").args(extra).envs(&case.env);
        let args = case.args.iter();
        program.args(args.map(|arg| arg.replace("{dir}", folder.to_str().unwrap())));
        run(&mut program, decoded(&case.input_b64))
    };
    let (text, json) = (ask(&[]), ask(&["--json"]));
    assert_eq!(text.status, json.status, "{}", case.id);
    assert!((0..=2).contains(&text.status), "{}", case.id);
    let secrets = case.files.values().map(|content| decoded(content));
    let secrets = secrets.chain(case.env.values().map(|value| value.clone().into_bytes()));
    for secret in secrets.filter_map(|secret| String::from_utf8(secret).ok()) {
        let secret = secret.trim();
        let is_secret = secret.len() > 20 && secret.bytes().all(|byte| byte.is_ascii_hexdigit());
        let printed = [&text.out, &text.err, &json.out, &json.err];
        let is_shown = printed.iter().any(|printed| printed.contains(secret));
        assert!(
            !(is_secret && is_shown),
            "{}: the secret is printed",
            case.id
        );
    }
    Answer {
        flat: text.out.split_whitespace().collect::<Vec<_>>().join(" "),
        json: serde_json::from_str(&json.out).unwrap_or_default(),
        text,
    }
}

/// Returns how a report contradicts its own list of causes; `None` if it does not.
fn contradiction(answer: &Answer) -> Option<&'static str> {
    let report = &answer.text.out;
    // A wrong use has no report, and several cookies have rows.
    if answer.text.status == 2 || !answer.json.is_object() {
        return None;
    }
    let place = |heading: &str| report.find(&format!("\n{heading}"));
    let causes = answer.json["causes"].as_array().unwrap().len();
    let is_fine = answer.json["opens"] == true && causes == 0;
    let (cause, action) = (place("Cause"), place("What to do:"));
    let (rust, rails) = (place("Rust:\n"), place("Rails"));
    let listed = report.lines().skip_while(|line| !line.starts_with("Cause"));
    let listed = listed.take_while(|line| !line.is_empty());
    let numbered = listed.filter(|line| line.starts_with("  ") && line.contains(". "));
    let numbered =
        numbered.filter(|line| line.trim_start().starts_with(|c: char| c.is_ascii_digit()));
    let numbered = numbered.count();
    let has_remedy = !answer.json["rust"].is_null();
    if (answer.text.status == 0) != is_fine {
        Some("the exit status is not that of the list")
    } else if report.contains("opens it as it is") && !is_fine {
        Some("it opens as it is, and has a cause")
    } else if cause.is_some() != (causes > 0) || action.is_some() && causes == 0 {
        Some("causes and headings differ")
    } else if causes > 1 && numbered < causes {
        Some("a cause is not printed")
    } else if rust.is_some() != has_remedy || rails.is_some() != has_remedy {
        Some("a rotation is printed that no cause asks for, or the reverse")
    } else if report.contains("no rotation changes that") && has_remedy {
        Some("a rotation stands beside the words that none helps")
    } else {
        let order: Vec<_> = [cause, action, rust, rails, place("Evidence:")]
            .into_iter()
            .flatten()
            .collect();
        (!order.is_sorted()).then_some("cause, what to do and evidence are not in this order")
    }
}

/// Returns what is wrong with the answer to a case; `None` if nothing is.
fn fault(case: &Case) -> Option<String> {
    let answer = answer(case);
    if let Some(contradiction) = contradiction(&answer) {
        return Some(format!("{}: {contradiction}\n{}", case.id, answer.text.out));
    }
    let missing = case.want.iter().filter(|want| !answer.holds(want));
    let missing: Vec<_> = missing.collect();
    let false_ones = case.never.iter().filter(|never| answer.holds(never));
    let false_ones: Vec<_> = false_ones.collect();
    if missing.is_empty() && false_ones.is_empty() {
        return None;
    }
    let Case { id, true_cause, .. } = case;
    Some(format!(
        "{id}: {true_cause}\n  not said: {missing:?}; false: {false_ones:?}\n{}{}",
        answer.text.err, answer.text.out
    ))
}

#[test]
fn every_cause_is_named_and_nothing_false_is_said() {
    let cases = vectors::<Case>("doctor/cases.jsonl");
    let faults: Vec<_> = thread::scope(|scope| {
        let halves = cases.chunks(cases.len().div_ceil(4)).map(|part| {
            scope.spawn(move || {
                part.iter()
                    .map(|case| (&case.id, fault(case)))
                    .collect::<Vec<_>>()
            })
        });
        let halves: Vec<_> = halves.collect();
        halves
            .into_iter()
            .flat_map(|half| half.join().unwrap())
            .collect()
    });
    assert_eq!(faults.len(), 353);
    let is_otherwise = |id: &str| OTHERWISE.iter().any(|(known, _)| *known == id);
    let faults: Vec<_> = faults
        .into_iter()
        .filter(|(id, _)| !is_otherwise(id))
        .filter_map(|(_, fault)| fault)
        .collect();
    assert!(faults.is_empty(), "{}: {}", faults.len(), faults.join("\n"));
}
