//! Every database keeps every rule: each one's story is told anew, step by step.

use std::collections::HashMap;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Saved, SessionStore, StoreError, Version, When};
use hardtack::test_util::check_session_store;
use hardtack_sqlx::SqlStore;

use crate::database::Database;
use crate::rules::On::{Absent, Always, Loaded, Present};
use crate::rules::Out::{Done, Gone, There};
use crate::rules::Step::{self, Delete, End, Has, Insert, Load, Remove, Rows, Save, Set, Touch};
use crate::rules::{On, RULES};
use crate::table::{Shape, Table};

/// A story on a table, with the versions that were loaded.
struct Story<'t> {
    table: &'t Table<'t>,
    store: &'t SqlStore,
    versions: HashMap<&'static str, Version>,
}

impl Story<'_> {
    fn when(&self, key: &str, on: On) -> When {
        match on {
            Absent => When::Absent,
            Present => When::Present,
            Always => When::Always,
            Loaded => When::Unchanged(self.versions[key].clone()),
        }
    }

    async fn take(&mut self, step: Step) -> Result<(), String> {
        let hour = Some(Duration::from_hours(1));
        let told = |error: StoreError| format!("{step:?}: {error}");
        let found = match step {
            Insert(key, data) => {
                self.table.insert(key, data).await;
                return Ok(());
            }
            Set(key, data) => {
                self.table.set(key, data).await;
                return Ok(());
            }
            End(key) => {
                self.table.end(key).await;
                return Ok(());
            }
            Remove(key) => {
                self.table.remove(key).await;
                return Ok(());
            }
            Load(key, expected) => {
                let entry = self.store.load(key).await.map_err(told)?;
                if let Some(entry) = &entry {
                    self.versions.insert(key, entry.version.clone());
                }
                let bytes = entry.map(|entry| entry.bytes);
                (bytes.as_deref() != expected.map(str::as_bytes)).then(|| format!("{bytes:?}"))
            }
            Save(key, data, on, expected) => {
                let when = self.when(key, on);
                let bytes = Bytes::from_static(data.as_bytes());
                let saved = self.store.save(key, bytes, hour, &when).await;
                match (saved.map_err(told)?, expected) {
                    (Saved::Done(version), Done) => {
                        if let Some(version) = version {
                            self.versions.insert(key, version);
                        }
                        None
                    }
                    (Saved::Gone, Gone) => None,
                    (Saved::Conflict(entry), There(data)) if entry.bytes == data => None,
                    (Saved::Conflict(entry), _) => Some(format!("a conflict: {:?}", entry.bytes)),
                    (other, _) => Some(format!("{other:?}")),
                }
            }
            Touch(key, expected) => {
                let touched = self.store.touch(key, hour).await.map_err(told)?;
                (touched != expected).then(|| touched.to_string())
            }
            Delete(key, on, expected) => {
                let when = self.when(key, on);
                let deleted = self.store.delete(key, &when).await.map_err(told)?;
                (deleted != expected).then(|| deleted.to_string())
            }
            Has(key, expected) => {
                let data = self.table.data(key).await;
                (data.as_deref() != expected).then(|| format!("{data:?}"))
            }
            Rows(expected) => {
                let rows = self.table.count().await;
                (rows != expected).then(|| rows.to_string())
            }
        };
        match found {
            Some(found) => Err(format!("{step:?}, but it was {found}")),
            None => Ok(()),
        }
    }
}

#[tokio::test]
async fn every_database_keeps_every_rule() {
    let (mut kept, mut broken) = (0, Vec::new());
    for database in Database::all("rules") {
        for shape in [Shape::ActiveRecord, Shape::Plain] {
            let table = Table::new(&database, shape);
            table.create().await;
            let store = database.store(table.layout());
            for rule in RULES {
                if !rule.shapes.contains(&shape) {
                    continue;
                }
                table.clear().await;
                let mut told = Story {
                    table: &table,
                    store: &store,
                    versions: HashMap::new(),
                };
                for &step in rule.steps {
                    if let Err(reason) = told.take(step).await {
                        broken.push(format!(
                            "{}, {shape:?}: {}: {reason}",
                            database.name(),
                            rule.name
                        ));
                        break;
                    }
                }
                kept += 1;
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    let of = |shape| {
        let rules = RULES.iter().filter(|rule| rule.shapes.contains(&shape));
        rules.count()
    };
    assert_eq!((of(Shape::ActiveRecord), of(Shape::Plain)), (15, 17));
    assert_eq!(kept, 3 * (15 + 17));
}

/// The library's own rules, whose bytes are no text: only our own table takes them.
#[tokio::test]
async fn every_database_passes_the_librarys_check() {
    let mut checked = 0;
    for database in Database::all("check") {
        let table = Table::new(&database, Shape::Plain);
        table.create().await;
        let store = database.store(table.layout());
        assert_eq!(
            check_session_store(&store).await,
            Ok(17),
            "{}",
            database.name()
        );
        checked += 1;
    }
    assert_eq!(checked, 3);
}
