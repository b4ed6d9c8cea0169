//! The commands of connect-mongo 4, 5 and 6, as a collection recorded them
//! (`tests/vectors/express/connect-mongo-*`): the store sends the same.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::time::Duration;

use bytes::Bytes;
use flate2::read::GzDecoder;
use hardtack::stores::{SessionStore, When};
use hardtack_mongodb::MongoStore;
use mongodb::bson::{Bson, DateTime, Document, doc};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::server::Server;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/vectors/express");

#[derive(Deserialize)]
struct Scenario {
    label: String,
    store_options: Options,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Options {
    stringify: Option<bool>,
    touch_after: Option<u64>,
    #[serde(default)]
    timestamps: bool,
}

#[derive(Deserialize)]
struct Step {
    now_ms: i64,
    commands: Vec<Vec<Box<RawValue>>>,
}

/// Reads a document; times are `{"$date": ".."}`.
fn document(text: &RawValue) -> Document {
    serde_json::from_str(text.get()).unwrap()
}

/// Returns a document in which each time, but those of the session, is the milliseconds since `now`.
fn relative(document: &Document, now: i64) -> Document {
    let of = |value: &Bson| match value {
        Bson::DateTime(time) => Bson::Int64(time.timestamp_millis() - now),
        Bson::Document(document) => Bson::Document(relative(document, now)),
        Bson::Array(values) => {
            let of = |value: &Bson| Bson::Document(relative(value.as_document().unwrap(), now));
            Bson::Array(values.iter().map(of).collect())
        }
        other => other.clone(),
    };
    let pairs = document.iter().map(|(key, value)| match key.as_str() {
        "session" => (key.clone(), value.clone()),
        _ => (key.clone(), of(value)),
    });
    pairs.collect()
}

/// The JSON of a session: that of the recorded text, or of the recorded document, whose one time is
/// `cookie.expires`.
fn session(set: &RawValue) -> Bytes {
    #[derive(Deserialize)]
    struct Set {
        session: Box<RawValue>,
    }
    let Set { session } = serde_json::from_str(set.get()).unwrap();
    if let Ok(text) = serde_json::from_str::<String>(session.get()) {
        return Bytes::from(text);
    }
    let text = session
        .get()
        .replace("{\"$date\":\"", "\"")
        .replacen("Z\"}", "Z\"", 1);
    Bytes::from(text)
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    scenarios: usize,
    steps: usize,
    indexes: usize,
    loads: usize,
    saves: usize,
    ended: usize,
    touches: usize,
    skipped: usize,
    deletions: usize,
}

#[tokio::test]
async fn the_commands_are_those_of_connect_mongo() {
    let mut counts = Counts::default();
    for version in [4, 5, 6] {
        let file = File::open(format!("{FOLDER}/connect-mongo-{version}.jsonl.gz")).unwrap();
        for line in BufReader::new(GzDecoder::new(file)).lines() {
            let scenario: Scenario = serde_json::from_str(&line.unwrap()).unwrap();
            counts.scenarios += 1;
            let server = Server::start().await;
            let store = store(&server, &scenario.store_options, version);
            for step in &scenario.steps {
                counts.steps += 1;
                let at = format!("{version}, {}, {}", scenario.label, step.now_ms);
                replay(
                    &mut counts,
                    &server,
                    &store,
                    &scenario.store_options,
                    step,
                    &at,
                )
                .await;
            }
        }
    }
    // Those of the files, as counted apart.
    let expected = Counts {
        scenarios: 60,
        steps: 459,
        indexes: 60,
        loads: 345,
        saves: 163,
        ended: 3,
        touches: 173,
        skipped: 6,
        deletions: 43,
    };
    assert_eq!(counts, expected);
}

fn store(server: &Server, options: &Options, version: u32) -> MongoStore {
    let limit = Duration::from_secs(10);
    let mut store = MongoStore::new(server.url()).unwrap().time_limit(limit);
    if options.stringify == Some(false) {
        store = store.documents();
    }
    if let Some(seconds) = options.touch_after {
        store = store.touch_after(Duration::from_secs(seconds));
    }
    // Older versions do not know the option.
    if options.timestamps && version >= 6 {
        store = store.timestamps();
    }
    store
}

/// Does what each recorded command does, and compares the command that came.
#[expect(clippy::too_many_lines, reason = "an arm for each command")]
async fn replay(
    counts: &mut Counts,
    server: &Server,
    store: &MongoStore,
    options: &Options,
    step: &Step,
    at: &str,
) {
    let mut loaded = None;
    for command in &step.commands {
        let name: String = serde_json::from_str(command[0].get()).unwrap();
        let first = document(&command[1]);
        let key = first.get_str("_id").unwrap_or_default();
        let before = server.commands().len();
        let start = DateTime::now().timestamp_millis();
        match name.as_str() {
            "createIndex" => {
                store.create_index().await.unwrap();
                let sent = server.commands().pop().unwrap();
                let index = sent.get_array("indexes").unwrap()[0].as_document().unwrap();
                assert_eq!(index.get_document("key").unwrap(), &first, "{at}");
                assert_eq!(index.get_i32("expireAfterSeconds").unwrap(), 0, "{at}");
                assert_eq!(
                    document(&command[2]).get_i32("expireAfterSeconds").unwrap(),
                    0
                );
                counts.indexes += 1;
            }
            "findOne" => {
                let found = store.load(key).await.unwrap();
                loaded = found.map(|_| key.to_owned());
                let sent = server.commands().pop().unwrap();
                let filter = sent.get_document("filter").unwrap();
                let now = now_of(filter);
                assert!((start..=DateTime::now().timestamp_millis()).contains(&now));
                assert_eq!(relative(filter, now), relative(&first, step.now_ms), "{at}");
                counts.loads += 1;
            }
            "updateOne" => {
                let update = document(&command[2]);
                let fields = update.get_document("$set").unwrap();
                let end = fields.get_datetime("expires").unwrap().timestamp_millis() - step.now_ms;
                let ttl = Duration::from_millis(u64::try_from(end.max(0)).unwrap());
                let is_save = document(&command[3]) == doc! { "upsert": true };
                if is_save {
                    let parts: BTreeMap<String, Box<RawValue>> =
                        serde_json::from_str(command[2].get()).unwrap();
                    let bytes = session(&parts["$set"]);
                    store
                        .save(key, bytes, Some(ttl), &When::Always)
                        .await
                        .unwrap();
                    counts.saves += 1;
                } else {
                    assert!(store.touch(key, Some(ttl)).await.unwrap(), "{at}");
                    counts.touches += 1;
                }
                loaded = None;
                let sent = server.commands().pop().unwrap();
                let sent = sent.get_array("updates").unwrap()[0].as_document().unwrap();
                assert_eq!(sent.get_bool("upsert").unwrap_or(false), is_save, "{at}");
                let filter = sent.get_document("q").unwrap();
                let written = sent.get_document("u").unwrap();
                let to = written
                    .get_document("$set")
                    .unwrap()
                    .get_datetime("expires")
                    .unwrap();
                let now = to.timestamp_millis() - end.max(0);
                assert!(
                    (start..=DateTime::now().timestamp_millis()).contains(&now),
                    "{at}"
                );
                if is_save {
                    assert_eq!(filter, &first, "{at}");
                } else {
                    // A touch must not bring an ended session back.
                    assert_eq!(filter.get_str("_id").unwrap(), key);
                    assert_eq!(now_of(filter), now);
                }
                let mut expected = relative(&update, step.now_ms);
                if end < 0 {
                    // A time that has passed already: the store ends the session at once.
                    expected
                        .get_document_mut("$set")
                        .unwrap()
                        .insert("expires", 0_i64);
                    counts.ended += 1;
                }
                assert_eq!(relative(written, now), expected, "{at}");
            }
            "deleteOne" => {
                store.delete(key, &When::Always).await.unwrap();
                let sent = server.commands().pop().unwrap();
                let delete = sent.get_array("deletes").unwrap()[0].as_document().unwrap();
                assert_eq!(delete.get_document("q").unwrap(), &first, "{at}");
                assert_eq!(delete.get_i32("limit").unwrap(), 1, "{at}");
                loaded = None;
                counts.deletions += 1;
            }
            name => panic!("{at}: {name}"),
        }
        let sent = server.names().split_off(before);
        assert_eq!(sent.len(), 1, "{at}: {sent:?}");
    }
    if let (Some(key), Some(_)) = (loaded, options.touch_after) {
        // connect-mongo loaded it, and found it too young for a touch.
        assert!(
            store
                .touch(&key, Some(Duration::from_secs(600)))
                .await
                .unwrap(),
            "{at}"
        );
        assert_eq!(server.names().pop().unwrap(), "find", "{at}");
        counts.skipped += 1;
    }
}

/// The time in the filter of live entries.
fn now_of(filter: &Document) -> i64 {
    let live = filter.get_array("$or").unwrap()[1].as_document().unwrap();
    let than = live
        .get_document("expires")
        .unwrap()
        .get_datetime("$gt")
        .unwrap();
    than.timestamp_millis()
}
