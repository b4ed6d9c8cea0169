//! The packages that keep sessions in a table: what they recorded of each row, and its end.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::headers::unescape;
use hardtack::stores::{ReadEntry, SessionFormat, SqlDatabase, TableLayout, TimeForm, Touch};
use serde::Deserialize;
use time::OffsetDateTime;

use super::lines;

#[derive(Deserialize)]
struct Scenario {
    label: String,
    options: Options,
    store_options: StoreOptions,
    steps: Vec<Step>,
}

#[derive(Deserialize)]
struct Options {
    /// A text, or a list of texts.
    secret: serde_json::Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StoreOptions {
    ttl: Option<u64>,
    disable_touch: Option<bool>,
    table_name: Option<String>,
}

#[derive(Deserialize)]
struct Step {
    path: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    now_ms: i64,
    store: Option<BTreeMap<String, Option<Row>>>,
}

#[derive(Clone, Deserialize)]
struct Row {
    key: String,
    text: String,
    /// Seconds since 1970.
    #[serde(
        alias = "expire_epoch",
        alias = "expired_epoch",
        alias = "expires_epoch"
    )]
    end: f64,
}

fn signature(secret: &serde_json::Value) -> CookieSignature {
    let secrets = secret.as_array().cloned();
    let secrets = secrets.unwrap_or_else(|| vec![secret.clone()]);
    let mut secrets = secrets.iter().map(|secret| secret.as_str().unwrap());
    let first = CookieSignature::new(secrets.next().unwrap()).unwrap();
    secrets.fold(first, |all, secret| all.older_secret(secret).unwrap())
}

impl Step {
    /// Checks whether the request has the cookie of this session, written as Express writes it.
    fn has_cookie_of(&self, id: &str, format: &ExpressSession) -> bool {
        let header = self.headers.get("cookie");
        let value = header.and_then(|header| header.strip_prefix("connect.sid="));
        let value = value.map(|value| unescape(value.as_bytes()));
        let found = value.and_then(|value| format.id_of_cookie(&value));
        found.as_deref() == Some(id)
    }
}

/// Returns the end of a life in milliseconds, as the column of a layout has it.
fn end(layout: &TableLayout, now_ms: i64, life: Duration) -> i64 {
    let end = now_ms + i64::try_from(life.as_millis()).unwrap();
    match layout.time_form {
        TimeForm::LocalSeconds => (end + 999) / 1000 * 1000,
        _ => end,
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Counts {
    steps: usize,
    written: usize,
    touched: usize,
    not_extended: usize,
    left_alone: usize,
    set_by_app: usize,
}

/// Every row that a step wrote or touched, and every one that it left.
fn replay(file: &str, format: impl Fn(CookieSignature) -> ExpressSession) -> Counts {
    let mut counts = Counts::default();
    for scenario in lines::<Scenario>(&format!("{file}.jsonl.gz")) {
        let options = &scenario.store_options;
        let mut format = format(signature(&scenario.options.secret)).custom_ids();
        if let Some(seconds) = options.ttl {
            format = format.ttl(Duration::from_secs(seconds));
        }
        if options.disable_touch == Some(true) {
            format = format.disable_touch();
        }
        let mut layout = format.table_layout();
        if let Some(name) = &options.table_name {
            layout = layout.table(name);
            assert_eq!(layout.table, "user_sessions");
        }
        let mut before: BTreeMap<String, Row> = BTreeMap::new();
        for step in &scenario.steps {
            counts.steps += 1;
            let at = format!("{file}, {}, {}", scenario.label, step.path);
            let rows = step.store.clone().unwrap_or_default().into_iter();
            let rows: BTreeMap<String, Row> =
                rows.filter_map(|(id, row)| Some((id, row?))).collect();
            for (id, row) in &rows {
                assert_eq!(format.keys(id), std::slice::from_ref(&row.key), "{at}");
                check(&mut counts, &format, step, before.get(id), row, &at);
            }
            before = rows;
        }
    }
    counts
}

fn check(
    counts: &mut Counts,
    format: &ExpressSession,
    step: &Step,
    before: Option<&Row>,
    row: &Row,
    at: &str,
) {
    let layout = format.table_layout();
    let entry = Bytes::from(row.text.clone());
    let now = i128::from(step.now_ms) * 1_000_000;
    let now = OffsetDateTime::from_unix_timestamp_nanos(now).unwrap();
    let ReadEntry::Session(session) = format.read(&entry, now) else {
        panic!("{at}: {}", row.text);
    };
    let life = format.entry_time_to_live(&entry);
    let life = life.or(format.time_to_live()).unwrap();
    #[expect(clippy::cast_possible_truncation, reason = "milliseconds of an f64")]
    let recorded = (row.end * 1000.0).round() as i64;
    let expected = end(&layout, step.now_ms, life);
    match before {
        Some(before) if before.text == row.text => {
            let touch = format.touch(&session, &entry, Some(life), now);
            // Those that the store did not give to Express, and `req.session = null`.
            let has_ended = !layout.reads_ended && before.end * 1000.0 < now_ms(step);
            let is_out = has_ended || step.path.starts_with("/unset");
            if step.path.starts_with("/maxage") || step.path.starts_with("/expires") {
                // The app set another `maxAge`, and the JSON does not tell.
                counts.set_by_app += 1;
            } else if is_out || !step.has_cookie_of(&row.key, format) {
                assert_eq!(before.end.to_bits(), row.end.to_bits(), "{at}");
                counts.left_alone += 1;
            } else if touch == Touch::Nothing {
                assert_eq!(before.end.to_bits(), row.end.to_bits(), "{at}");
                counts.not_extended += 1;
            } else {
                assert_eq!((touch, recorded), (Touch::Entry, expected), "{at}");
                counts.touched += 1;
            }
        }
        _ => {
            assert_eq!(recorded, expected, "{at}: {}", row.text);
            counts.written += 1;
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970")]
fn now_ms(step: &Step) -> f64 {
    step.now_ms as f64
}

#[test]
fn ends_are_those_that_express_wrote() {
    let counts = [
        replay("connect-pg-simple-10", ExpressSession::connect_pg_simple),
        replay(
            "connect-session-knex-5",
            ExpressSession::connect_session_knex,
        ),
        replay(
            "connect-session-sequelize-7",
            ExpressSession::connect_session_sequelize,
        ),
    ];
    // Written are the rows that are new or have another text, as counted apart: 48, 44 and 44 of 121,
    // 112 and 109.
    let expected = [
        Counts {
            steps: 143,
            written: 48,
            touched: 38,
            not_extended: 2,
            left_alone: 26,
            set_by_app: 7,
        },
        Counts {
            steps: 128,
            written: 44,
            touched: 17,
            not_extended: 18,
            left_alone: 26,
            set_by_app: 7,
        },
        Counts {
            steps: 128,
            written: 44,
            touched: 37,
            not_extended: 0,
            left_alone: 22,
            set_by_app: 6,
        },
    ];
    assert_eq!(counts, expected);
}

/// The columns of `table.sql` of connect-pg-simple, and of the statements that knex and Sequelize send,
/// as the live tests compare them.
#[test]
fn the_tables_have_the_names_of_the_packages() {
    let signature = || signature(&"keyboard cat".into());
    let mut count = 0;
    for (layout, database, expected) in [
        (
            ExpressSession::connect_pg_simple(signature()).table_layout(),
            SqlDatabase::Postgres,
            r#"CREATE TABLE "session" (
  "sid" text NOT NULL PRIMARY KEY,
  "sess" json NOT NULL,
  "expire" timestamp(6) NOT NULL
);
CREATE INDEX "index_session_on_expire" ON "session" ("expire");
"#,
        ),
        (
            ExpressSession::connect_session_knex(signature()).table_layout(),
            SqlDatabase::MySql,
            "CREATE TABLE `sessions` (
  `sid` varchar(255) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL PRIMARY KEY,
  `sess` json NOT NULL,
  `expired` datetime NOT NULL
);
CREATE INDEX `index_sessions_on_expired` ON `sessions` (`expired`);
",
        ),
        (
            ExpressSession::connect_session_sequelize(signature()).table_layout(),
            SqlDatabase::Postgres,
            r#"CREATE TABLE "Sessions" (
  "sid" varchar(36) NOT NULL PRIMARY KEY,
  "data" text NOT NULL,
  "expires" timestamp with time zone,
  "createdAt" timestamp with time zone NOT NULL,
  "updatedAt" timestamp with time zone NOT NULL
);
CREATE INDEX "index_Sessions_on_expires" ON "Sessions" ("expires");
"#,
        ),
    ] {
        assert_eq!(layout.schema(database), expected);
        count += 1;
    }
    assert_eq!(count, 3);
    // A format without a table has hardtack's own.
    let redis = ExpressSession::connect_redis(signature());
    assert_eq!(redis.table_layout(), TableLayout::new());
}

/// A column of 36 characters has room for an id, for the key of its lock and for that of its mark.
#[test]
fn keys_beside_a_session_fit_into_the_column() {
    let signature = signature(&"keyboard cat".into());
    let format = ExpressSession::connect_session_sequelize(signature);
    let longest = usize::from(format.table_layout().key_length.unwrap());
    let id = format.new_id().unwrap();
    let keys = [format.lock_key(&id), format.logout_key(&id), id.clone()];
    for key in &keys {
        assert!(key.len() <= longest && key.starts_with(&id), "{key}");
    }
    assert!(keys[0] != keys[1]);
}

/// No session in a table is without an end.
#[test]
fn a_table_has_no_sessions_without_an_end() {
    let signature = || signature(&"keyboard cat".into());
    let day = Some(Duration::from_secs(86_400));
    for format in [
        ExpressSession::connect_pg_simple(signature()),
        ExpressSession::connect_session_knex(signature()),
        ExpressSession::connect_session_sequelize(signature()),
    ] {
        assert_eq!(format.clone().ttl(None).time_to_live(), day);
        let hour = Duration::from_secs(3600);
        assert_eq!(format.ttl(hour).time_to_live(), Some(hour));
    }
}
