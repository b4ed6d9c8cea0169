//! `hardtack sql schema`: what it prints is the library's, whose tests run it on databases.

use hardtack::stores::{SessionFormat, SqlDatabase, StoredHash, TableLayout};

use crate::program::{bare, run};

#[test]
fn the_schema_of_every_layout_is_the_librarys() {
    let rails = StoredHash::active_record_store().table_layout();
    let layouts = [
        ("plain", TableLayout::new()),
        ("activerecord-session_store", rails),
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
                let schema = layout.schema(*database);
                assert_eq!(run(&mut command, "").ok(), schema.trim_end(), "{name}");
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 18);
}

#[test]
fn completions_offer_layouts_and_databases() {
    let mut ran = 0;
    for shell in ["bash", "zsh", "fish"] {
        let run = run(bare().args(["completions", shell]), "");
        for value in [
            "plain",
            "activerecord-session_store",
            "postgres",
            "mysql",
            "sqlite",
        ] {
            assert!(run.ok().contains(value), "{shell}: {value}");
            ran += 1;
        }
    }
    assert_eq!(ran, 15);
}
