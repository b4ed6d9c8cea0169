//! [`World`]: a live Rails that keeps its sessions in a table, and an axum app on the same table.

#[path = "../../../../crates/hardtack-redis/examples/beside_rails.rs"]
#[expect(dead_code, reason = "its own program and its store are not run")]
#[expect(
    clippy::duration_suboptimal_units,
    reason = "the example's Rust is older"
)]
mod pages;

use std::net::SocketAddr;

use hardtack::stores::{SessionFormat, StoredHash};
use hardtack::{Serializer, ServerSessions};
use hardtack_peers::{Puma, RailsVersion, Settings};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::app;
use crate::browser::{Addresses, Browser, SESSION};
use crate::database::Database;

/// A serializer of the gem, over a type of the column.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Marshal,
    Json,
    Hybrid,
    /// `:null`, which leaves a column of this type to Active Record.
    Null(&'static str),
}

impl Kind {
    /// Returns the kinds that Active Record can keep in a database.
    pub(crate) fn of(database: &Database) -> &'static [Self] {
        match database {
            Database::Postgres(..) => &[
                Self::Marshal,
                Self::Json,
                Self::Hybrid,
                Self::Null("json"),
                Self::Null("jsonb"),
            ],
            // It takes MariaDB's JSON for the text that it is.
            Database::MariaDb(..) => &[Self::Marshal, Self::Json, Self::Hybrid],
            Database::Sqlite(..) => &[Self::Marshal, Self::Json, Self::Hybrid, Self::Null("json")],
        }
    }

    /// Returns the options of the Rails app's session store.
    fn options(self) -> Value {
        match self {
            Self::Marshal => json!({"serializer": ":marshal"}),
            Self::Json => json!({"serializer": ":json"}),
            Self::Hybrid => json!({"serializer": ":hybrid"}),
            Self::Null(column) => {
                json!({"serializer": ":null", "column": format!(":{column}")})
            }
        }
    }

    fn format(self) -> StoredHash {
        let format = StoredHash::active_record_store();
        match self {
            Self::Marshal => format.serializer(Serializer::Marshal),
            Self::Json => format.serializer(Serializer::Json),
            Self::Hybrid => format.serializer(Serializer::Hybrid),
            Self::Null(_) => format.json_column(),
        }
    }
}

/// Both apps and their table.
pub(crate) struct World<'d> {
    pub(crate) kind: Kind,
    pub(crate) database: &'d Database,
    pub(crate) runtime: &'d Runtime,
    pub(crate) addresses: Addresses,
    _puma: Puma,
}

impl<'d> World<'d> {
    pub(crate) fn start(database: &'d Database, runtime: &'d Runtime, kind: Kind) -> Self {
        runtime.block_on(database.run("DROP TABLE IF EXISTS sessions"));
        let store = json!(["table_store", kind.options()]);
        let variables = [
            ("SESSION_STORE", store.to_string()),
            ("DATABASE", database.active_record().to_string()),
        ];
        let settings = Settings::new("a secret of sessions in a table");
        let puma = Puma::start_app("stored_app/config.ru", &settings, &variables);
        let addresses = Addresses {
            rails: puma.address(),
            rust: serve(database, kind),
        };
        Self {
            kind,
            database,
            runtime,
            addresses,
            _puma: puma,
        }
    }

    pub(crate) fn browser(&self) -> Browser {
        Browser::new(self.addresses)
    }

    pub(crate) fn run(&self, sql: &str) -> u64 {
        self.runtime.block_on(self.database.run(sql))
    }

    pub(crate) fn texts(&self, sql: &str) -> Vec<String> {
        self.runtime.block_on(self.database.texts(sql))
    }

    pub(crate) fn keys(&self) -> Vec<String> {
        self.texts("SELECT session_id FROM sessions ORDER BY session_id")
    }

    /// Checks that the table has the row of this browser and no other.
    #[track_caller]
    pub(crate) fn has_only(&self, browser: &Browser) {
        assert_eq!(self.keys(), [private(browser.id())], "{:?}", self.kind);
    }

    /// Returns a row whole: its number, its key, its data and its times.
    pub(crate) fn row(&self, browser: &Browser) -> Vec<String> {
        let columns = ["id", "session_id", "data", "created_at", "updated_at"];
        let text = match self.database {
            Database::MariaDb(..) => "CHAR",
            Database::Postgres(..) | Database::Sqlite(..) => "TEXT",
        };
        let key = private(browser.id());
        let column = |column: &&str| {
            let sql =
                format!("SELECT CAST({column} AS {text}) FROM sessions WHERE session_id = '{key}'");
            let mut found = self.texts(&sql);
            assert_eq!(found.len(), 1, "{sql}: {found:?}");
            found.remove(0)
        };
        columns.iter().map(column).collect()
    }
}

/// Serves the Rust app, whose settings are Rails': the cookie has no end.
pub(crate) fn serve(database: &Database, kind: Kind) -> SocketAddr {
    let format = kind.format();
    let store = database.store(format.table_layout());
    let sessions = ServerSessions::new(format, store, SESSION);
    app::serve(pages::app(
        sessions.csrf(RailsVersion::current().load_defaults),
    ))
}

/// Returns the key of an id's row.
pub(crate) fn private(id: &str) -> String {
    StoredHash::active_record_store().keys(id)[0].clone()
}
