//! [`Operation`]: a store's operations, as statements on one connection.

#[cfg(test)]
mod tests;

use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{DataType, Entry, Saved, SqlDatabase, Version, When};

use crate::driver::{AnyConnection, Life, Value};
use crate::failure::{Failure, Kind, Site};
use crate::statements::{Insert, Place, Statement, Statements, is_strict};

/// The number of times that a statement is run if others come between.
const ROUNDS: usize = 3;

/// The number of times that a row in the way may be gone when it is looked for: others may write and
/// delete it just then.
const LOOKS: usize = 20;

/// An operation on the row of one key.
pub(crate) struct Operation {
    pub(crate) key: String,
    pub(crate) what: What,
}

pub(crate) enum What {
    Load,
    Save {
        bytes: Bytes,
        ttl: Option<Duration>,
        when: When,
    },
    Rename {
        to: String,
        bytes: Bytes,
        ttl: Option<Duration>,
        version: Version,
    },
    Touch {
        ttl: Option<Duration>,
    },
    Delete {
        when: When,
    },
}

/// The answer to an [`Operation`].
pub(crate) enum Answer {
    Loaded(Option<Entry>),
    Saved(Saved),
    /// Says whether a row was touched or deleted.
    Found(bool),
}

/// The connection of an operation, with what its statements need.
pub(crate) struct Session<'a> {
    pub(crate) statements: &'a Statements,
    pub(crate) site: &'a Site,
    pub(crate) connection: &'a mut dyn AnyConnection,
}

impl Session<'_> {
    /// Asks MySQL whether it refuses what is too long, once for a store: an old server or a proxy may
    /// not read the comments of a write that ask for it, and a session that was cut is lost.
    pub(crate) async fn ask_for_strict_mode(&mut self, what: &str) -> Result<(), Failure> {
        let Some(mode) = &self.statements.mode else {
            return Ok(());
        };
        // Nothing else depends on it, and it may be asked twice.
        if self.statements.is_strict.load(Ordering::Relaxed) {
            return Ok(());
        }
        let rows = self.connection.fetch(mode.sql.clone(), Vec::new()).await;
        let rows = rows.map_err(|error| self.site.of(error, what))?;
        let mode = rows.into_iter().flatten().flatten().next();
        if !is_strict(&String::from_utf8_lossy(&mode.unwrap_or_default())) {
            return Err(self.site.not_strict());
        }
        self.statements.is_strict.store(true, Ordering::Relaxed);
        Ok(())
    }
}

impl Operation {
    /// Returns its name, for errors.
    pub(crate) fn name(&self) -> &'static str {
        match self.what {
            What::Load => "the load of a session",
            What::Save { .. } => "the save of a session",
            What::Rename { .. } => "the move of a session to another key",
            What::Touch { .. } => "the touch of a session",
            What::Delete { .. } => "the deletion of a session",
        }
    }

    /// Runs the operation; again if the database took a statement back.
    pub(crate) async fn run(&self, on: &mut Session<'_>) -> Result<Answer, Failure> {
        let mut rounds = 1;
        loop {
            match self.run_once(on).await {
                Err(failure) if failure.kind == Kind::RolledBack && rounds < ROUNDS => rounds += 1,
                answer => return answer,
            }
        }
    }

    async fn run_once(&self, on: &mut Session<'_>) -> Result<Answer, Failure> {
        let statements = on.statements;
        if matches!(self.what, What::Save { .. } | What::Rename { .. }) {
            on.ask_for_strict_mode(self.name()).await?;
        }
        match &self.what {
            What::Load => Ok(Answer::Loaded(self.load(on).await?)),
            What::Save { when, .. } => Ok(Answer::Saved(match when {
                When::Absent => self.save_absent(on).await?,
                When::Always => self.save_always(on).await?,
                When::Present if self.changes(on, &statements.update_present).await? => {
                    self.done(statements)
                }
                When::Present => Saved::Gone,
                When::Unchanged(_) => self.save_unchanged(on).await?,
            })),
            What::Rename { .. } if self.inserts(on, &statements.rename).await? => {
                Ok(Answer::Saved(self.done(statements)))
            }
            // The row is another one by now or gone, or the new key has one.
            What::Rename { .. } => Ok(Answer::Saved(Saved::Gone)),
            What::Touch { ttl: Some(_) } if statements.touch.is_some() => {
                let Some(touch) = &statements.touch else {
                    return Ok(Answer::Found(false));
                };
                Ok(Answer::Found(self.changes(on, touch).await?))
            }
            What::Touch { .. } => {
                let values = self.values(&statements.is_there, on)?;
                let rows = self.fetch(on, &statements.is_there, values).await?;
                Ok(Answer::Found(!rows.is_empty()))
            }
            What::Delete { when } => Ok(Answer::Found(match when {
                When::Absent => false,
                When::Unchanged(_) => self.changes(on, &statements.delete_unchanged).await?,
                When::Present | When::Always => self.changes(on, &statements.delete).await?,
            })),
        }
    }

    async fn load(&self, on: &mut Session<'_>) -> Result<Option<Entry>, Failure> {
        let load = &on.statements.load;
        let values = self.values(load, on)?;
        let rows = self.fetch(on, load, values).await?;
        let row = rows.into_iter().next();
        // NULL is an empty text.
        let data = row.map(|row| row.into_iter().next().flatten().unwrap_or_default());
        Ok(data.map(|data| {
            let bytes = Bytes::from(data);
            Entry {
                version: Version::new(bytes.clone()),
                bytes,
            }
        }))
    }

    async fn save_unchanged(&self, on: &mut Session<'_>) -> Result<Saved, Failure> {
        let statements = on.statements;
        if self.changes(on, &statements.update_unchanged).await? {
            return Ok(self.done(statements));
        }
        Ok(match self.load(on).await? {
            None => Saved::Gone,
            // Also if it is what was sent: the library knows what that means.
            Some(entry) => Saved::Conflict(entry),
        })
    }

    async fn save_absent(&self, on: &mut Session<'_>) -> Result<Saved, Failure> {
        let statements = on.statements;
        for _ in 0..LOOKS {
            let is_written = match &statements.insert {
                Insert::OnConflict { absent, .. } => self.changes(on, absent).await?,
                Insert::Plain {
                    insert,
                    delete_expired,
                    ..
                } => {
                    let is_written = self.inserts(on, insert).await?;
                    match delete_expired {
                        // The row in the way may have ended.
                        Some(delete) if !is_written && self.changes(on, delete).await? => continue,
                        _ => is_written,
                    }
                }
            };
            if is_written {
                return Ok(self.done(statements));
            }
            if let Some(entry) = self.load(on).await? {
                return Ok(Saved::Conflict(entry));
            }
        }
        Err(on.site.neither_written_nor_found())
    }

    async fn save_always(&self, on: &mut Session<'_>) -> Result<Saved, Failure> {
        let statements = on.statements;
        for _ in 0..LOOKS {
            let is_written = match &statements.insert {
                Insert::OnConflict { always, .. } => self.changes(on, always).await?,
                Insert::Plain {
                    insert, update_any, ..
                } => self.changes(on, update_any).await? || self.inserts(on, insert).await?,
            };
            if is_written {
                return Ok(self.done(statements));
            }
        }
        Err(on.site.neither_written_nor_found())
    }

    /// Returns the outcome of a write. The version is what the column returns: it is not known of
    /// JSON, which the database may write otherwise.
    fn done(&self, statements: &Statements) -> Saved {
        let (What::Save { bytes, .. } | What::Rename { bytes, .. }) = &self.what else {
            return Saved::Done(None);
        };
        let is_kept = statements.layout.data_type != DataType::Json;
        Saved::Done(is_kept.then(|| Version::new(bytes.clone())))
    }

    /// Gives a row its key; false if another has it.
    async fn inserts(&self, on: &mut Session<'_>, insert: &Statement) -> Result<bool, Failure> {
        match self.changes(on, insert).await {
            Err(failure) if failure.kind == Kind::Taken => Ok(false),
            other => other,
        }
    }

    /// Runs a statement; true if it changed a row, or found one to change.
    async fn changes(&self, on: &mut Session<'_>, statement: &Statement) -> Result<bool, Failure> {
        let values = self.values(statement, on)?;
        let changed = on.connection.execute(statement.sql.clone(), values).await;
        let changed = changed.map_err(|error| on.site.of(error, self.name()))?;
        Ok(changed.rows > 0)
    }

    async fn fetch(
        &self,
        on: &mut Session<'_>,
        statement: &Statement,
        values: Vec<Value>,
    ) -> Result<Vec<crate::driver::Row>, Failure> {
        let rows = on.connection.fetch(statement.sql.clone(), values).await;
        rows.map_err(|error| on.site.of(error, self.name()))
    }

    /// Returns the values of a statement's places.
    fn values(&self, statement: &Statement, on: &Session<'_>) -> Result<Vec<Value>, Failure> {
        let places = statement.values.iter();
        places.map(|place| self.value(*place, on)).collect()
    }

    fn value(&self, place: Place, on: &Session<'_>) -> Result<Value, Failure> {
        let layout = &on.statements.layout;
        let is_postgres = on.statements.database == SqlDatabase::Postgres;
        let text = |bytes: &[u8]| {
            let text = std::str::from_utf8(bytes).ok();
            // Postgres has no text with a NUL.
            let text = text.filter(|text| !is_postgres || !text.contains('\0'));
            let text = text.ok_or_else(|| on.site.not_text(&layout.data))?;
            Ok(Value::Text(text.to_owned()))
        };
        let is_binary = layout.data_type == DataType::Binary;
        let (bytes, ttl, when) = match &self.what {
            What::Save { bytes, ttl, when } => (Some(bytes), *ttl, Some(when)),
            What::Rename { bytes, ttl, .. } => (Some(bytes), *ttl, None),
            What::Touch { ttl } => (None, *ttl, None),
            What::Delete { when } => (None, None, Some(when)),
            What::Load => (None, None, None),
        };
        let old = match (when, &self.what) {
            (Some(When::Unchanged(version)), _) | (_, What::Rename { version, .. }) => {
                version.as_bytes()
            }
            _ => &[],
        };
        let key = match (place, &self.what) {
            (Place::NewKey, What::Rename { to, .. }) => to,
            _ => &self.key,
        };
        match place {
            Place::Key | Place::NewKey if is_postgres && key.contains('\0') => {
                Err(on.site.not_text(&layout.key))
            }
            Place::Key | Place::NewKey => Ok(Value::Text(key.clone())),
            Place::Data if is_binary => Ok(Value::Bytes(
                bytes.map(|bytes| bytes.to_vec()).unwrap_or_default(),
            )),
            Place::Data => text(bytes.map(|bytes| &**bytes).unwrap_or_default()),
            // The other databases compare bytes.
            Place::Old if is_binary || !is_postgres => Ok(Value::Bytes(old.to_vec())),
            Place::Old => text(old),
            Place::Life => Ok(Value::Life(ttl.or(layout.default_life).map(Life::new))),
            Place::Limit => Ok(Value::Count(1)),
        }
    }
}
