//! `hardtack sql schema`: what it prints is the library's, whose tests run it on databases.

use hardtack::express::{CookieSignature, ExpressSession};
use hardtack::stores::{SessionFormat, SqlDatabase, StoredHash, TableLayout};

use crate::program::{bare, run};

#[test]
fn the_schema_of_every_layout_is_the_librarys() {
    let rails = StoredHash::active_record_store().table_layout();
    let signature = || CookieSignature::new("a secret").unwrap();
    let layouts = [
        ("plain", TableLayout::new()),
        ("activerecord-session_store", rails),
        (
            "connect-pg-simple",
            ExpressSession::connect_pg_simple(signature()).table_layout(),
        ),
        (
            "connect-session-knex",
            ExpressSession::connect_session_knex(signature()).table_layout(),
        ),
        (
            "connect-session-sequelize",
            ExpressSession::connect_session_sequelize(signature()).table_layout(),
        ),
    ];
    let mut ran = 0;
    for (name, layout) in layouts {
        for database in SqlDatabase::ALL {
            for table in [None, Some("kept_sessions"), Some("app.kept-sessions")] {
                let args = ["sql", "schema", "--layout", name, "--database"];
                let mut command = bare();
                command.args(args).arg(database.name());
                let mut layout = layout.clone();
                if let Some(table) = table {
                    command.args(["--table", table]);
                    layout = layout.table(table);
                }
                if name == "connect-pg-simple" && *database != SqlDatabase::Postgres {
                    let said = run(&mut command, "");
                    assert!(said.err.contains("in Postgres only"), "{}", said.err);
                    assert_eq!(said.status, 2);
                    ran += 1;
                    continue;
                }
                let schema = layout.schema(*database);
                assert_eq!(run(&mut command, "").ok(), schema.trim_end(), "{name}");
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 5 * 9);
}

#[test]
fn completions_offer_layouts_and_databases() {
    let mut ran = 0;
    for shell in ["bash", "zsh", "fish"] {
        let run = run(bare().args(["completions", shell]), "");
        for value in [
            "plain",
            "activerecord-session_store",
            "connect-pg-simple",
            "connect-session-knex",
            "connect-session-sequelize",
            "postgres",
            "mysql",
            "sqlite",
        ] {
            assert!(run.ok().contains(value), "{shell}: {value}");
            ran += 1;
        }
    }
    assert_eq!(ran, 24);
}
