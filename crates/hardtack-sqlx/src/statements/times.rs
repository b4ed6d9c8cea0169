//! [`Times`]: the times of a layout, in the words of one database.

use hardtack::stores::{SqlDatabase, TableLayout, TimeForm};

const LIFE: &str = "\0life\0";

/// The expressions of times, and the comparisons with them.
pub(super) struct Times {
    /// The present of the database's own clock, as a row is stamped with it.
    pub(super) stamp: String,
    /// The time that a life from now ends; NULL for a life without an end.
    pub(super) end: String,
    /// The present that the end of a row is compared with.
    now: String,
    /// A row whose end is the present has not ended.
    includes_now: bool,
}

impl Times {
    pub(super) fn new(database: SqlDatabase, layout: &TableLayout) -> Self {
        match (database, layout.time_form) {
            (SqlDatabase::Postgres, TimeForm::LocalSeconds) => Self::local_seconds(layout),
            (_, TimeForm::Iso8601) => Self::to_the_millisecond(database, ISO_8601),
            (_, TimeForm::WithOffset) => Self::to_the_millisecond(database, WITH_OFFSET),
            _ => Self::utc(database),
        }
    }

    /// Times in UTC whatever the connection's zone is, without a zone.
    fn utc(database: SqlDatabase) -> Self {
        let (now, end) = match database {
            SqlDatabase::Postgres => (
                "(now() AT TIME ZONE 'UTC')".to_owned(),
                format!("(now() AT TIME ZONE 'UTC') + {LIFE}::float8 * interval '1 millisecond'"),
            ),
            SqlDatabase::MySql => (
                "UTC_TIMESTAMP(6)".to_owned(),
                format!("UTC_TIMESTAMP(6) + INTERVAL CAST({LIFE} AS SIGNED) MICROSECOND"),
            ),
            // Milliseconds, in the six digits that Rails writes.
            _ => (sqlite("%Y-%m-%d %H:%M:%f000", ""), {
                sqlite("%Y-%m-%d %H:%M:%f000", &format!(", {LIFE}"))
            }),
        };
        Self {
            stamp: now.clone(),
            end,
            now,
            includes_now: false,
        }
    }

    /// Whole seconds of `to_timestamp()`, which becomes a time without a zone in the zone of the
    /// connection, or in the layout's.
    fn local_seconds(layout: &TableLayout) -> Self {
        let zone = layout
            .time_zone
            .as_deref()
            .map_or_else(String::new, |zone| {
                // A text of Postgres has no NUL, and `render` takes them for marks.
                let zone = zone.replace('\0', "\u{fffd}").replace('\'', "''");
                format!(" AT TIME ZONE '{zone}'")
            });
        let now = "extract(epoch FROM now())";
        let present = format!("(to_timestamp(ceil({now})){zone})");
        Self {
            stamp: present.clone(),
            end: format!("(to_timestamp(ceil({now} + {LIFE}::float8 / 1000)){zone})"),
            now: present,
            includes_now: true,
        }
    }

    /// Milliseconds, or in MySQL whole seconds that are cut off: a `datetime` would round them up.
    fn to_the_millisecond(database: SqlDatabase, in_sqlite: &str) -> Self {
        let (stamp, end, now) = match database {
            SqlDatabase::Postgres => (
                "date_trunc('milliseconds', now())".to_owned(),
                format!(
                    "date_trunc('milliseconds', now() + {LIFE}::float8 * interval '1 millisecond')"
                ),
                "now()".to_owned(),
            ),
            SqlDatabase::MySql => (
                "UTC_TIMESTAMP()".to_owned(),
                format!(
                    "DATE_FORMAT(UTC_TIMESTAMP(6) + INTERVAL CAST({LIFE} AS SIGNED) MICROSECOND, \
                     '%Y-%m-%d %H:%i:%s')"
                ),
                "UTC_TIMESTAMP()".to_owned(),
            ),
            _ => {
                let now = sqlite(in_sqlite, "");
                let end = sqlite(in_sqlite, &format!(", {LIFE}"));
                (now.clone(), end, now)
            }
        };
        Self {
            stamp,
            end,
            now,
            includes_now: true,
        }
    }

    /// True of a row that has not ended.
    pub(super) fn is_live(&self, column: &str) -> String {
        let than = if self.includes_now { ">=" } else { ">" };
        format!("({column} IS NULL OR {column} {than} {})", self.now)
    }

    /// True of a row that has ended.
    pub(super) fn is_expired(&self, column: &str) -> String {
        let than = if self.includes_now { "<" } else { "<=" };
        format!("{column} {than} {}", self.now)
    }
}

/// The forms of SQLite's texts; those of one table are in the order of times.
const ISO_8601: &str = "%Y-%m-%dT%H:%M:%fZ";
const WITH_OFFSET: &str = "%Y-%m-%d %H:%M:%f +00:00";

fn sqlite(form: &str, modifier: &str) -> String {
    format!("strftime('{form}', 'now'{modifier})")
}
