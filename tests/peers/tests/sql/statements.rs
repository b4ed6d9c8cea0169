//! The number of statements of each operation and of each kind of request, as the servers log them.

use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::routing::get;
use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, StoredHash, Version, When};
use hardtack::tower::SessionLayer;
use hardtack::{Error, ServerSessions, Session};
use hardtack_peers::Response;

use crate::app::serve;
use crate::browser::SESSION;
use crate::database::Database;
use crate::table::{Shape, Table};

/// Starts the servers, which log each statement.
fn logging() -> [Database; 2] {
    [
        Database::postgres(&["-c", "log_statement=all"]),
        Database::mariadb(&["--general-log", "--log-output=TABLE"]),
    ]
}

/// Runs an operation, and returns the first words of the statements that it sent.
async fn statements_of(database: &Database, operation: impl Future<Output = ()>) -> String {
    let statements: Vec<String> = match database {
        Database::Postgres(server, _) => {
            let before = server.log().len();
            operation.await;
            let log = server.log();
            let texts = log[before..].lines().filter_map(|line| {
                let (_, logged) = line.split_once("LOG:  ")?;
                let is_ours = logged.starts_with("execute ") || logged.starts_with("statement: ");
                let (_, text) = logged.split_once(": ")?;
                is_ours.then(|| text.to_owned())
            });
            texts.collect()
        }
        Database::MariaDb(..) => {
            database.run("TRUNCATE TABLE mysql.general_log").await;
            operation.await;
            let log = "SELECT CONVERT(argument USING utf8mb4) FROM mysql.general_log \
                WHERE command_type IN ('Execute', 'Query') AND argument NOT LIKE '%general_log%' \
                ORDER BY event_time";
            database.texts(log).await
        }
        Database::Sqlite(..) => panic!("SQLite has no log"),
    };
    // A connection that sqlx opens begins with its settings; a comment is no statement.
    let words = statements
        .iter()
        .filter(|text| !text.starts_with("SET sql_mode=(SELECT"))
        .filter_map(|text| text.split_whitespace().find(|word| is_verb(word)));
    words.collect::<Vec<_>>().join(" ")
}

fn is_verb(word: &str) -> bool {
    ["SELECT", "INSERT", "UPDATE", "DELETE", "BEGIN", "COMMIT"].contains(&word)
}

/// Of an operation on the key `k`: the condition, the data before, and what it sends to each server.
struct Case {
    operation: &'static str,
    before: Option<&'static str>,
    /// The time of the row before has passed.
    has_ended: bool,
    postgres: &'static str,
    mariadb: &'static str,
}

const fn case(
    operation: &'static str,
    before: Option<&'static str>,
    postgres: &'static str,
    mariadb: &'static str,
) -> Case {
    Case {
        operation,
        before,
        has_ended: false,
        postgres,
        mariadb,
    }
}

const fn ended(operation: &'static str, postgres: &'static str, mariadb: &'static str) -> Case {
    Case {
        has_ended: true,
        ..case(operation, Some("old"), postgres, mariadb)
    }
}

const CASES: &[Case] = &[
    case("load", None, "SELECT", "SELECT"),
    case("load", Some("old"), "SELECT", "SELECT"),
    case("save Absent", None, "INSERT", "INSERT"),
    case(
        "save Absent",
        Some("old"),
        "INSERT SELECT",
        "INSERT DELETE SELECT",
    ),
    ended("save Absent", "INSERT", "INSERT DELETE INSERT"),
    case("save Present", None, "UPDATE", "UPDATE"),
    case("save Present", Some("old"), "UPDATE", "UPDATE"),
    case("save Unchanged", None, "UPDATE SELECT", "UPDATE SELECT"),
    case("save Unchanged", Some("old"), "UPDATE", "UPDATE"),
    case(
        "save Unchanged",
        Some("other"),
        "UPDATE SELECT",
        "UPDATE SELECT",
    ),
    case("save Always", None, "INSERT", "UPDATE INSERT"),
    case("save Always", Some("old"), "INSERT", "UPDATE"),
    case("touch", None, "UPDATE", "UPDATE"),
    case("touch", Some("old"), "UPDATE", "UPDATE"),
    case("delete Always", None, "DELETE", "DELETE"),
    case("delete Always", Some("old"), "DELETE", "DELETE"),
    case("delete Unchanged", Some("other"), "DELETE", "DELETE"),
    case("delete Unchanged", Some("old"), "DELETE", "DELETE"),
];

#[tokio::test]
async fn each_operation_sends_few_statements() {
    let mut differing = Vec::new();
    let mut count = 0;
    for database in logging() {
        let table = Table::new(&database, Shape::Plain);
        table.create().await;
        let store = database.store(table.layout());
        // The connection is made, and MariaDB has told its mode.
        let _ = store.save("k", "old".into(), None, &When::Always).await;
        for case in CASES {
            table.clear().await;
            if let Some(data) = case.before {
                table.insert("k", data).await;
            }
            if case.has_ended {
                table.end("k").await;
            }
            let (name, when) = case
                .operation
                .split_once(' ')
                .unwrap_or((case.operation, ""));
            let when = match when {
                "Absent" => When::Absent,
                "Present" => When::Present,
                "Unchanged" => When::Unchanged(Version::new("old")),
                _ => When::Always,
            };
            let hour = Some(Duration::from_hours(1));
            let sent = statements_of(&database, async {
                match name {
                    "load" => drop(store.load("k").await.unwrap()),
                    "touch" => drop(store.touch("k", hour).await.unwrap()),
                    "delete" => drop(store.delete("k", &when).await.unwrap()),
                    _ => {
                        let bytes = Bytes::from_static(b"new");
                        let saved: Saved = store.save("k", bytes, hour, &when).await.unwrap();
                        drop(saved);
                    }
                }
            })
            .await;
            let expected = match database {
                Database::Postgres(..) => case.postgres,
                _ => case.mariadb,
            };
            if sent != expected {
                differing.push(format!(
                    "{}, {} with {:?}: {sent}, not {expected}",
                    database.name(),
                    case.operation,
                    case.before
                ));
            }
            count += 1;
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert_eq!(count, 2 * 18);
}

/// An app with a page for each kind of request.
fn app(sessions: ServerSessions) -> Router {
    async fn read(session: Session) -> Result<String, Error> {
        let views = session.get::<u32>("views")?;
        Ok(format!("{views:?}"))
    }
    async fn change(session: Session) -> Result<(), Error> {
        let views = session.get::<u32>("views")?.unwrap_or_default();
        session.insert("views", views + 1)
    }
    async fn renew(session: Session) -> Result<(), Error> {
        session.renew()
    }
    async fn reset(session: Session) -> Result<(), Error> {
        session.reset()
    }
    Router::new()
        .route("/nothing", get(async || ()))
        .route("/read", get(read))
        .route("/change", get(change))
        .route("/renew", get(renew))
        .route("/reset", get(reset))
        .layer(SessionLayer::new(sessions))
}

async fn ask(address: SocketAddr, path: &'static str, cookie: Option<String>) -> Response {
    let ask = move || hardtack_peers::get(address, path, cookie.as_deref());
    tokio::task::spawn_blocking(ask).await.unwrap()
}

#[tokio::test]
async fn each_kind_of_request_sends_few_statements() {
    const UNKNOWN: &str = "_app_session=0123456789abcdef0123456789abcdef";
    let mut differing = Vec::new();
    let mut count = 0;
    for database in logging() {
        let table = Table::new(&database, Shape::ActiveRecord);
        table.create().await;
        let sessions = ServerSessions::new(
            StoredHash::active_record_store(),
            database.store(table.layout()),
            SESSION,
        );
        let address = serve(app(sessions));
        let begun = ask(address, "/change", None).await;
        let cookie = begun.set_cookies().next().expect("a cookie");
        let own = cookie.split(';').next().unwrap().to_owned();
        let requests = [
            // Each brings the cookie of the session, but for those that say otherwise.
            ("/nothing", Some(own.as_str()), ""),
            ("/nothing", None, ""),
            ("/read", None, ""),
            ("/change", None, "INSERT"),
            ("/read", Some(own.as_str()), "SELECT"),
            ("/change", Some(own.as_str()), "SELECT UPDATE"),
            // Under its private key, then under the public one; once more, since it may have moved.
            ("/read", Some(UNKNOWN), "SELECT SELECT SELECT"),
            ("/renew", Some(own.as_str()), "SELECT INSERT DELETE DELETE"),
            ("/read", Some(own.as_str()), "SELECT SELECT SELECT"),
        ];
        for (path, cookie, expected) in requests {
            let cookie = cookie.map(str::to_owned);
            let sent = statements_of(&database, async {
                let response = ask(address, path, cookie).await;
                assert_eq!(response.status, 200, "{path}: {response:?}");
            })
            .await;
            if sent != expected {
                let name = database.name();
                differing.push(format!("{name}, {path}: {sent}, not {expected}"));
            }
            count += 1;
        }
    }
    assert!(differing.is_empty(), "{}", differing.join("\n"));
    assert_eq!(count, 2 * 9);
}
