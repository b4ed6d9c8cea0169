//! The documents of connect-mongo 4 to 6: their sessions are read and written to the same JSON, and
//! their times are those of the format.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::{ReadEntry, SessionFormat};
use serde::Deserialize;
use serde_json::value::RawValue;
use time::OffsetDateTime;

use super::lines;

#[derive(Deserialize)]
struct Scenario {
    label: String,
    store_options: StoreOptions,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct StoreOptions {
    ttl: Option<u64>,
    crypto: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Step {
    path: String,
    now_ms: i64,
    store: BTreeMap<String, Option<Kept>>,
    commands: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Kept {
    document: Document,
}

#[derive(Deserialize)]
pub(super) struct Document {
    #[serde(rename = "_id")]
    id: String,
    session: Box<RawValue>,
    expires: Date,
}

#[derive(Deserialize)]
struct Date {
    #[serde(rename = "$date", with = "time::serde::rfc3339")]
    time: OffsetDateTime,
}

impl Document {
    /// Returns the session's JSON: the text, or the document with its one Date as text.
    pub(super) fn text(&self) -> String {
        if let Ok(text) = serde_json::from_str(self.session.get()) {
            return text;
        }
        let text = self.session.get().replace("{\"$date\":\"", "\"");
        text.replacen("Z\"}", "Z\"", 1)
    }

    pub(super) fn end(&self) -> OffsetDateTime {
        self.expires.time
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    scenarios: usize,
    steps: usize,
    documents: usize,
    encrypted: usize,
    written: usize,
    other_cookie: usize,
    lives: usize,
    other_life: usize,
}

#[test]
fn documents_of_connect_mongo_are_read_and_written_as_it_does() {
    let mut counts = Counts::default();
    for version in [4, 5, 6] {
        for scenario in lines::<Scenario>(&format!("connect-mongo-{version}.jsonl.gz")) {
            counts.scenarios += 1;
            let signature = CookieSignature::new("keyboard cat").unwrap();
            let mut format = ExpressSession::connect_mongo(signature);
            if let Some(seconds) = scenario.store_options.ttl {
                format = format.ttl(Duration::from_secs(seconds));
            }
            let mut before: BTreeMap<&str, String> = BTreeMap::new();
            for step in &scenario.steps {
                counts.steps += 1;
                let at = format!("{version}, {}, {}", scenario.label, step.path);
                let kept = step.store.iter();
                let kept =
                    kept.filter_map(|(id, kept)| Some((id.as_str(), &kept.as_ref()?.document)));
                let mut now = BTreeMap::new();
                for (id, document) in kept {
                    counts.documents += 1;
                    assert_eq!(format.keys(id), [document.id.as_str()], "{at}");
                    let text = document.text();
                    if scenario.store_options.crypto.is_some() {
                        let read = read(&format, &text);
                        assert!(!matches!(read, ReadEntry::Session(_)), "{at}: {read:?}");
                        counts.encrypted += 1;
                        continue;
                    }
                    check(&mut counts, &format, step, before.get(id), &text, &at);
                    check_life(&mut counts, &format, step, document, &text, &at);
                    now.insert(id, text);
                }
                before = now;
            }
        }
    }
    // Those of the files, as counted apart.
    let expected = Counts {
        scenarios: 60,
        steps: 459,
        documents: 404,
        encrypted: 14,
        written: 66,
        other_cookie: 6,
        lives: 297,
        other_life: 18,
    };
    assert_eq!(counts, expected);
}

fn read(format: &ExpressSession, text: &str) -> ReadEntry {
    format.read(&Bytes::from(text.to_owned()), OffsetDateTime::UNIX_EPOCH)
}

/// Writes the session over the entry before it, which must make the recorded text.
fn check(
    counts: &mut Counts,
    format: &ExpressSession,
    step: &Step,
    before: Option<&String>,
    text: &str,
    at: &str,
) {
    let ReadEntry::Session(session) = read(format, text) else {
        panic!("{at}: {text}");
    };
    let Some(before) = before.filter(|before| *before != text) else {
        return;
    };
    let time = i128::from(step.now_ms) * 1_000_000;
    let time = OffsetDateTime::from_unix_timestamp_nanos(time).unwrap();
    let written = format.write(&session, Some(&Bytes::from(before.clone())), None, time);
    let written = String::from_utf8(written.unwrap().to_vec()).unwrap();
    let max_age = |text: &str| text.split(",\"httpOnly").next().unwrap().to_owned();
    if max_age(&written) != max_age(text) {
        // The step set another `maxAge` or `expires`, which this format does not do.
        counts.other_cookie += 1;
        return;
    }
    assert_eq!(written, text, "{at}");
    counts.written += 1;
}

/// Compares the document's time with the life that the format gives the entry.
fn check_life(
    counts: &mut Counts,
    format: &ExpressSession,
    step: &Step,
    document: &Document,
    text: &str,
    at: &str,
) {
    let is_of = |command: &&serde_json::Value| {
        command[0] == "updateOne" && command[1]["_id"] == document.id.as_str()
    };
    if !step.commands.iter().any(|command| is_of(&command)) {
        return;
    }
    let entry = Bytes::from(text.to_owned());
    let life = format
        .entry_time_to_live(&entry)
        .or(format.time_to_live())
        .unwrap();
    let end = document.end().unix_timestamp_nanos() / 1_000_000 - i128::from(step.now_ms);
    if i128::try_from(life.as_millis()).unwrap() != end {
        // The handler set another life for this response alone: Express takes it for no change of
        // the session, and the JSON keeps the old one.
        let is_set = ["/maxage?ms=", "/expires?ms="];
        assert!(
            is_set.iter().any(|path| step.path.starts_with(path)),
            "{at}: {life:?}, {end}"
        );
        counts.other_life += 1;
        return;
    }
    counts.lives += 1;
}
