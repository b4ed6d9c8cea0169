use std::borrow::Cow;

use sqlx::error::{DatabaseError, ErrorKind};

use super::*;
use Kind::{Broken, Locked, Refused, RolledBack};
use SqlDatabase::{MySql, Postgres, Sqlite};

const KEY: &str = "2::key-of-somebody";

/// An error as a database gives it.
#[derive(Debug)]
struct Given {
    code: &'static str,
    message: String,
    is_unique: bool,
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Given {}

impl DatabaseError for Given {
    fn message(&self) -> &str {
        &self.message
    }

    fn code(&self) -> Option<Cow<'_, str>> {
        Some(self.code.into())
    }

    fn as_error(&self) -> &(dyn Error + Send + Sync + 'static) {
        self
    }

    fn as_error_mut(&mut self) -> &mut (dyn Error + Send + Sync + 'static) {
        self
    }

    fn into_error(self: Box<Self>) -> Box<dyn Error + Send + Sync + 'static> {
        self
    }

    fn kind(&self) -> ErrorKind {
        if self.is_unique {
            ErrorKind::UniqueViolation
        } else {
            ErrorKind::Other
        }
    }
}

fn site(database: SqlDatabase) -> Site {
    let layout = TableLayout::new().table("app.sessions");
    Site::new(database, "10.0.0.5:1234".to_owned(), &layout)
}

type Case = (
    SqlDatabase,
    &'static str,
    &'static str,
    (Kind, &'static str),
);

const TAKEN: (Kind, &str) = (Kind::Taken, "a row has the key already");

/// The words are those of Postgres 15, MariaDB 10.11 and SQLite 3; the values are somebody's.
const CASES: &[Case] = &[
    (
        MySql,
        "23000",
        "Duplicate entry '2::key-of-somebody' for key 'PRIMARY'",
        TAKEN,
    ),
    (
        Postgres,
        "23505",
        "duplicate key value violates unique constraint \"sessions_pkey\"",
        TAKEN,
    ),
    (
        Sqlite,
        "1555",
        "UNIQUE constraint failed: sessions.session_id",
        TAKEN,
    ),
    (
        MySql,
        "40001",
        "Deadlock found when trying to get lock; try restarting transaction",
        (RolledBack, "with 40001 Deadlock found when"),
    ),
    (
        Postgres,
        "40P01",
        "deadlock detected",
        (RolledBack, "with 40P01 deadlock detected"),
    ),
    (
        Postgres,
        "40001",
        "could not serialize access due to concurrent update",
        (RolledBack, "concurrent update"),
    ),
    (
        Postgres,
        "22P02",
        "invalid input syntax for type uuid: \"2::key-of-somebody\"",
        (Refused, "with 22P02 invalid input syntax for type uuid: .."),
    ),
    (
        Postgres,
        "42804",
        "column \"data\" is of type bytea but expression is of type text",
        (
            Refused,
            "is of type text; the type of the data's column differs",
        ),
    ),
    (
        Postgres,
        "42703",
        "column \"expires_at\" of relation \"sessions\" does not exist",
        (Refused, "\"sessions\" does not exist; the table differs"),
    ),
    (
        Postgres,
        "42P01",
        "relation \"app.sessions\" does not exist",
        (
            Refused,
            "with 42P01 relation \"app.sessions\" does not exist; create the table",
        ),
    ),
    (
        MySql,
        "42S02",
        "Table 'shop.sessions' doesn't exist",
        (Refused, "with 42S02 Table ..; create the table"),
    ),
    (
        MySql,
        "22001",
        "Data too long for column 'data' at row 1",
        (
            Refused,
            "column 'data' at row 1; the session or its key is longer",
        ),
    ),
    (
        MySql,
        "22007",
        "Incorrect string value: '\\xF0somebody' for column `app`.`sessions`.`data` at row 1",
        (Refused, "with 22007 Incorrect string value: .."),
    ),
    (
        Postgres,
        "42P10",
        "there is no unique or exclusion constraint matching the ON CONFLICT specification",
        (Refused, "; the key's column needs a unique index"),
    ),
    (
        Postgres,
        "42501",
        "permission denied for table sessions",
        (Refused, "; the user needs SELECT, INSERT"),
    ),
    (
        MySql,
        "42000",
        "UPDATE command denied to user 'somebody'@'localhost' for table `shop`.`sessions`",
        (
            Refused,
            "with 42000 UPDATE command denied to user ..; the user needs SELECT",
        ),
    ),
    (
        Postgres,
        "25006",
        "cannot execute UPDATE in a read-only transaction",
        (Broken, "; this server is a standby"),
    ),
    (
        MySql,
        "HY000",
        "The MariaDB server is running with the --read-only option so it cannot execute this statement",
        (Broken, "connect to the primary"),
    ),
    (
        Postgres,
        "53300",
        "sorry, too many clients already",
        (Refused, "pools of all processes"),
    ),
    (
        Postgres,
        "0A000",
        "cached plan must not change result type",
        (Broken, "with 0A000 cached plan"),
    ),
    (
        Postgres,
        "0A000",
        "cannot lock rows",
        (Refused, "with 0A000 cannot lock rows"),
    ),
    (
        MySql,
        "HY000",
        "Unknown prepared statement handler (3) given to EXECUTE",
        (Broken, "with HY000 Unknown prepared statement"),
    ),
    (
        Postgres,
        "26000",
        "prepared statement \"sqlx_s_1\" does not exist",
        (Broken, "with 26000 prepared statement ..; behind PgBouncer"),
    ),
    (
        Sqlite,
        "5",
        "database is locked",
        (Locked, "; another connection holds the lock"),
    ),
    (
        Sqlite,
        "262",
        "database table is locked",
        (Locked, "; another connection holds the lock"),
    ),
    (
        Postgres,
        "5",
        "database is locked",
        (Refused, "with 5 database is locked"),
    ),
    (
        Postgres,
        "28P01",
        "password authentication failed for user \"somebody\"",
        (Refused, "for user .."),
    ),
    (
        Postgres,
        "22P02",
        "syntaxe en entrée invalide pour le type uuid : « 2::key-of-somebody »",
        (Refused, "pour le type uuid : .."),
    ),
    (
        Postgres,
        "22P02",
        "ungültige Eingabesyntax für Typ uuid: »2::key-of-somebody«",
        (Refused, "für Typ uuid: .."),
    ),
    // A name that is only a part of a quoted text, and quotes that never end.
    (
        MySql,
        "HY000",
        "'data' 'data somebody'",
        (Refused, "'data' .."),
    ),
    (MySql, "HY000", "`data", (Refused, "with HY000 ..")),
    (MySql, "HY000", "\u{1b}[2J", (Refused, r"\u{1b}[2J")),
];

#[test]
fn a_database_s_words_are_shown_up_to_the_first_value() {
    for (database, code, message, (kind, expected)) in CASES {
        let given = Given {
            code,
            message: (*message).to_owned(),
            is_unique: *kind == Kind::Taken,
        };
        let error = sqlx::Error::Database(Box::new(given));
        let failure = site(*database).of(error, "the save of a session");
        assert_eq!(failure.kind, *kind, "{message}");
        let text = StoreError::from(failure);
        let shown = format!("{text} {text:?}");
        assert!(text.to_string().contains(expected), "{text}");
        assert!(!shown.contains("somebody"), "{shown}");
        let start = format!(
            "{database} at 10.0.0.5:1234 answered the save of a session (table app.sessions)"
        );
        assert!(text.to_string().starts_with(&start), "{text}");
    }
    assert_eq!(CASES.len(), 32);
}

#[test]
fn errors_of_sqlx_itself_show_nothing_of_theirs() {
    let secret = || format!("postgres://shop:wordpass@h/{KEY}");
    let boxed = || Box::<dyn Error + Send + Sync>::from(secret());
    let mut count = 0;
    let save = "the save of a session";
    for error in [
        sqlx::Error::Configuration(boxed()),
        sqlx::Error::InvalidArgument(secret()),
        sqlx::Error::Tls(boxed()),
        sqlx::Error::Protocol(secret()),
        sqlx::Error::ColumnNotFound(secret()),
        sqlx::Error::TypeNotFound {
            type_name: secret(),
        },
        sqlx::Error::ColumnDecode {
            index: secret(),
            source: boxed(),
        },
        sqlx::Error::Encode(boxed()),
        sqlx::Error::Decode(boxed()),
        sqlx::Error::PoolTimedOut,
        sqlx::Error::PoolClosed,
        sqlx::Error::WorkerCrashed,
    ] {
        // Once a statement was sent, it may have been done.
        let is_of_pool = matches!(error, sqlx::Error::PoolTimedOut | sqlx::Error::PoolClosed);
        let is_sent = !is_of_pool && count % 2 == 1;
        let (failure, kind) = if is_sent {
            (site(Postgres).of(error, save), Broken)
        } else {
            (
                site(Postgres).not_connected(error, save),
                Kind::NotConnected,
            )
        };
        assert_eq!(failure.kind, kind);
        let error = StoreError::from(failure);
        let shown = format!("{error} {error:?}");
        assert_eq!(shown.contains("may have happened"), is_sent, "{shown}");
        assert!(
            !shown.contains("wordpass") && !shown.contains("somebody"),
            "{shown}"
        );
        assert!(shown.contains("10.0.0.5:1234"), "{shown}");
        assert!(error.source().is_none());
        count += 1;
    }
    assert_eq!(count, 12);
    let lost = std::io::Error::other("connection reset by peer");
    let failure = site(MySql).of(sqlx::Error::Io(lost), "the save of a session");
    assert_eq!(failure.kind, Broken);
    assert!(
        failure
            .to_string()
            .contains("may have happened: connection reset"),
        "{failure}"
    );
    assert!(failure.source().is_some());

    let refused = std::io::Error::other("connection refused");
    let failure = site(MySql).not_connected(sqlx::Error::Io(refused), save);
    assert_eq!(failure.kind, Kind::NotConnected);
    let shown = failure.to_string();
    assert!(
        shown.contains("nothing was sent: connection refused"),
        "{shown}"
    );
    assert!(!shown.contains("may have happened"), "{shown}");
    assert!(failure.source().is_some());
}

/// A pool counts a connection from the moment it is being opened.
#[test]
fn a_full_pool_may_be_one_whose_database_is_away() {
    let failure = site(Postgres).not_connected_in_time(Some(8));
    assert_eq!(failure.kind, Kind::NotConnected);
    let shown = failure.to_string();
    for cause in [
        "all 8",
        "in use, or being opened",
        "check that the database runs",
    ] {
        assert!(shown.contains(cause), "{shown}");
    }
}
