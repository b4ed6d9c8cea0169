//! The recorded requests of activerecord-session_store, step by step, in a table: the same changes
//! leave the same bytes in the same rows.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use flate2::read::GzDecoder;
use hardtack::stores::{ReadEntry, SessionFormat, StoredHash, StoredSession};
use hardtack::value::{RubyBytes, Value};
use hardtack::{
    Error, LazySession, RequestOrigin, Serializer, ServerSessions, Session, SessionData,
};
use serde::Deserialize;
use time::OffsetDateTime;

use crate::database::{Database, rails};

/// The releases under which activerecord-session_store was recorded.
const VERSIONS: [&str; 4] = ["6.1", "7.0.8.7", "7.1.5.1", "7.2"];

#[derive(Deserialize)]
struct Scenario {
    label: String,
    #[serde(default)]
    settings: serde_json::Value,
    #[serde(default)]
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Step {
    actions: Vec<String>,
    cookie: Option<String>,
    set_cookie: Vec<String>,
    error: Option<String>,
    store: Vec<serde_json::Value>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Row {
    id: i64,
    session_id: String,
    data: String,
    created_at: String,
    updated_at: String,
}

/// A row as it was recorded; `None` if it is the entry of another store.
fn row(kept: &serde_json::Value) -> Option<Row> {
    let text = |name: &str| Some(kept.get(name)?.as_str()?.to_owned());
    Some(Row {
        id: kept.get("id")?.as_i64()?,
        session_id: text("session_id")?,
        data: text("data")?,
        created_at: text("created_at")?,
        updated_at: text("updated_at")?,
    })
}

/// Why a step did not leave Rails' bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Otherwise {
    /// A private id was sent, which opens nothing here.
    PrivateId,
    /// Rails stored an empty session.
    EmptySession,
    /// Rails failed because JSON has no binary text; so does the commit here.
    NoJson,
    /// Texts of Ruby's that are US-ASCII are UTF-8 where they are new.
    UsAscii,
}

/// The format, with new ids that are known.
struct Recorded {
    format: StoredHash,
    id: Arc<Mutex<Option<String>>>,
}

impl SessionFormat for Recorded {
    fn id_of_cookie(&self, value: &[u8]) -> Option<String> {
        self.format.id_of_cookie(value)
    }

    fn new_id(&self) -> Result<String, Error> {
        self.id.lock().unwrap().take().ok_or(Error::NoRandomness)
    }

    fn keys(&self, id: &str) -> Vec<String> {
        self.format.keys(id)
    }

    fn read(&self, bytes: &Bytes, now: OffsetDateTime) -> ReadEntry {
        self.format.read(bytes, now)
    }

    fn write(
        &self,
        session: &SessionData,
        previous: Option<&Bytes>,
        ttl: Option<Duration>,
        now: OffsetDateTime,
    ) -> Result<Bytes, Error> {
        self.format.write(session, previous, ttl, now)
    }

    fn renew(&self, session: &mut SessionData) {
        self.format.renew(session);
    }
}

/// Makes the changes that turn the session into another.
fn change_into(session: &Session, target: &SessionData) {
    for key in session.keys() {
        if !target.contains_key(&key) {
            session.remove(&key).unwrap();
        }
    }
    for key in target.keys() {
        let value: Option<Value> = target.get(&key).unwrap();
        let present: Option<Value> = session.get(&key).unwrap();
        if present != value {
            session.insert(&key, value).unwrap();
        }
    }
}

fn values(data: &str) -> BTreeMap<String, Option<Value>> {
    let stored = StoredSession::read(data.as_bytes()).unwrap();
    let keys = stored.session().keys().into_iter();
    keys.map(|key| (key.to_string(), stored.session().get(&key).unwrap()))
        .collect()
}

/// An app under test, with its table.
struct Replay {
    database: Database,
    format: StoredHash,
    sessions: Arc<ServerSessions>,
    new_id: Arc<Mutex<Option<String>>>,
}

impl Replay {
    async fn new(serializer: Serializer) -> Self {
        let database = Database::new(&rails()).await;
        let format = StoredHash::active_record_store().serializer(serializer);
        let new_id = Arc::<Mutex<Option<String>>>::default();
        let recorded = Recorded {
            format: format.clone(),
            id: Arc::clone(&new_id),
        };
        let sessions = ServerSessions::new(recorded, database.store(rails()), "_session_id");
        Self {
            database,
            format,
            sessions: Arc::new(sessions),
            new_id,
        }
    }

    /// Puts Rails' rows into the table, as Rails wrote them.
    async fn put(&self, rows: &[Row]) {
        self.database.execute("DELETE FROM sessions").await;
        for row in rows {
            let sql = "INSERT INTO sessions (id, session_id, data, created_at, updated_at) \
                       VALUES (?, ?, ?, ?, ?)";
            let query = sqlx::query(sql).bind(row.id).bind(&row.session_id);
            let query = query.bind(&row.data).bind(&row.created_at);
            let query = query.bind(&row.updated_at);
            query.execute(&self.database.pool).await.unwrap();
        }
    }

    async fn rows(&self) -> Vec<Row> {
        let rows: Vec<(i64, String, String, String, String)> =
            sqlx::query_as("SELECT * FROM sessions ORDER BY session_id")
                .fetch_all(&self.database.pool)
                .await
                .unwrap();
        let row = |(id, session_id, data, created_at, updated_at)| Row {
            id,
            session_id,
            data,
            created_at,
            updated_at,
        };
        rows.into_iter().map(row).collect()
    }

    /// Runs a step from what Rails left before it, and compares what both leave.
    async fn step(&self, at: &str, before: &[Row], step: &Step) -> Option<Otherwise> {
        let id = |pair: &String| pair.split([';', '=']).nth(1).unwrap().to_owned();
        let sent = step.cookie.as_ref().map(id);
        let answered = step.set_cookie.first().map(id);
        let mut after: Vec<Row> = step.store.iter().filter_map(row).collect();
        after.sort_by(|one, other| one.session_id.cmp(&other.session_id));
        let mut before = before.to_vec();
        before.sort_by(|one, other| one.session_id.cmp(&other.session_id));
        self.put(&before).await;
        *self.new_id.lock().unwrap() = answered.clone().filter(|id| Some(id) != sent.as_ref());

        let header = step.cookie.clone().unwrap_or_default();
        let lazy = LazySession::open(&self.sessions, header, RequestOrigin::default());
        if step.actions == ["none"] {
            assert_eq!(after, before, "{at}");
            return None;
        }
        let session = lazy.load().await.unwrap();
        for action in &step.actions {
            match action.as_str() {
                // Without a new id, as Rails' `session.clear`.
                "clear" => change_into(&session, &SessionData::new()),
                "renew" => session.renew().unwrap(),
                "reset" | "destroy" => session.reset().unwrap(),
                _ => {}
            }
        }
        if step.error.is_some() {
            let bytes = RubyBytes {
                bytes: vec![0xff, 0],
                encoding: "ASCII-8BIT".to_owned(),
            };
            session.insert("bin", Value::Bytes(bytes)).unwrap();
            let refused = lazy.commit(200).await;
            assert!(
                matches!(refused, Err(Error::UnwritableValue { .. })),
                "{at}"
            );
            assert_eq!(self.rows().await, before, "{at}");
            return Some(Otherwise::NoJson);
        }
        if sent.as_ref().is_some_and(|sent| sent.starts_with("2::")) {
            assert!(session.is_empty(), "{at}: a private id opened a session");
            let _ = lazy.commit(200).await.unwrap();
            assert_eq!(self.rows().await, before, "{at}");
            return Some(Otherwise::PrivateId);
        }
        let id = answered.or(sent.clone())?;
        let written = self.format.keys(&id).swap_remove(0);
        let target = after.iter().find(|row| row.session_id == written);
        let target = target.map(|row| StoredSession::read(row.data.as_bytes()).unwrap());
        if let Some(target) = &target {
            change_into(&session, target.session());
        }
        let commit = lazy.commit(200).await;
        assert!(commit.is_ok(), "{at}: {commit:?}");
        let left = self.rows().await;
        if target.is_some_and(|target| target.session().is_empty()) {
            after.retain(|row| row.session_id != written);
            let keys = |rows: &[Row]| rows.iter().map(|row| row.session_id.clone()).collect();
            let [ours, rails]: [Vec<String>; 2] = [keys(&left), keys(&after)];
            assert_eq!(ours, rails, "{at}");
            return Some(Otherwise::EmptySession);
        }
        compare(at, &before, &left, &after)
    }
}

/// Compares the rows that are left with those of Rails.
fn compare(at: &str, before: &[Row], left: &[Row], after: &[Row]) -> Option<Otherwise> {
    let mut otherwise = None;
    assert_eq!(left.len(), after.len(), "{at}: {left:?}");
    for (ours, rails) in left.iter().zip(after) {
        assert_eq!(ours.session_id, rails.session_id, "{at}");
        if ours.data != rails.data {
            assert_eq!(values(&ours.data), values(&rails.data), "{at}");
            otherwise = Some(Otherwise::UsAscii);
        }
        let Some(old) = before.iter().find(|row| row.id == rails.id) else {
            continue;
        };
        // The row itself was changed, and only if the session was; one under the bare id was renamed.
        assert_eq!(
            (ours.id, &ours.created_at),
            (old.id, &old.created_at),
            "{at}"
        );
        if old.session_id != ours.session_id {
            continue;
        }
        let is_kept = rails.updated_at == old.updated_at;
        assert_eq!(ours.updated_at == old.updated_at, is_kept, "{at}");
    }
    otherwise
}

/// What stood in the table before the first step.
fn planted(scenario: &Scenario) -> Vec<Row> {
    let step = &scenario.steps[0];
    if !scenario.label.starts_with("a row under the bare id") {
        return Vec::new();
    }
    let cookie = step.cookie.as_ref().unwrap();
    vec![Row {
        session_id: cookie.split('=').nth(1).unwrap().to_owned(),
        data: "BAh7BkkiDHVzZXJfaWQGOgZFVGkO\n".to_owned(),
        ..row(&step.store[0]).unwrap()
    }]
}

fn scenarios(version: &str) -> impl Iterator<Item = Scenario> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let path = root.join(format!("tests/vectors/stored/rails-{version}.jsonl.gz"));
    let lines = BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines();
    let scenarios = lines.map(|line| serde_json::from_str::<Scenario>(&line.unwrap()).unwrap());
    scenarios.filter(|scenario| scenario.settings["store"] == "activerecord-session_store")
}

#[tokio::test]
async fn recorded_steps_leave_the_same_rows() {
    let (mut steps, mut rows) = (0, 0);
    let mut otherwise: BTreeMap<Otherwise, usize> = BTreeMap::new();
    for version in VERSIONS {
        for scenario in scenarios(version) {
            let serializer = match scenario.settings["serializer"].as_str() {
                Some("json") => Serializer::Json,
                Some("hybrid") => Serializer::Hybrid,
                _ => Serializer::Marshal,
            };
            let replay = Replay::new(serializer).await;
            let mut before = planted(&scenario);
            for (place, step) in scenario.steps.iter().enumerate() {
                let at = format!("{version} {} {serializer:?} {place}", scenario.label);
                if let Some(why) = replay.step(&at, &before, step).await {
                    *otherwise.entry(why).or_default() += 1;
                }
                before = step.store.iter().filter_map(row).collect();
                rows += before.len();
                steps += 1;
            }
        }
    }
    assert_eq!((steps, rows), (344, 456));
    // All other steps left the same bytes.
    let expected = [
        (Otherwise::PrivateId, 16),
        (Otherwise::EmptySession, 32),
        (Otherwise::NoJson, 8),
        (Otherwise::UsAscii, 16),
    ];
    assert_eq!(otherwise.into_iter().collect::<Vec<_>>(), expected);
}
