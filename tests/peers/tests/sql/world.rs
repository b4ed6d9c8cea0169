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
use serde_json::json;
use tokio::runtime::Runtime;

use crate::app;
use crate::browser::{Addresses, Browser, SESSION};
use crate::database::Database;

/// The serializers, as the gem names them.
pub(crate) const SERIALIZERS: [(&str, Serializer); 3] = [
    ("marshal", Serializer::Marshal),
    ("json", Serializer::Json),
    ("hybrid", Serializer::Hybrid),
];

/// Both apps and their table.
pub(crate) struct World<'d> {
    pub(crate) name: &'static str,
    pub(crate) database: &'d Database,
    pub(crate) runtime: &'d Runtime,
    pub(crate) addresses: Addresses,
    _puma: Puma,
}

impl<'d> World<'d> {
    pub(crate) fn start(
        database: &'d Database,
        runtime: &'d Runtime,
        (name, serializer): (&'static str, Serializer),
    ) -> Self {
        let store = json!(["table_store", {"serializer": format!(":{name}")}]);
        let variables = [
            ("SESSION_STORE", store.to_string()),
            ("DATABASE", database.active_record().to_string()),
        ];
        let settings = Settings::new("a secret of sessions in a table");
        let puma = Puma::start_app("stored_app/config.ru", &settings, &variables);
        let addresses = Addresses {
            rails: puma.address(),
            rust: serve(database, serializer),
        };
        Self {
            name,
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
        assert_eq!(self.keys(), [private(browser.id())], "{}", self.name);
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
pub(crate) fn serve(database: &Database, serializer: Serializer) -> SocketAddr {
    let format = StoredHash::active_record_store().serializer(serializer);
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
