//! [`TimeForm`]: the way in which a table writes times.

use super::sql_database::SqlDatabase;

/// Names the types of a table's columns of times, and the form of the times in them.
///
/// The database's own clock tells the time, and each form says how that is written.
///
/// ```
/// use hardtack::stores::{SqlDatabase, TableLayout, TimeForm};
///
/// let mut layout = TableLayout::new();
/// assert_eq!(layout.time_form, TimeForm::Utc);
/// layout.time_form = TimeForm::Iso8601;
/// let schema = layout.schema(SqlDatabase::Postgres);
/// assert!(schema.contains(r#""expires_at" timestamp with time zone"#));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TimeForm {
    /// UTC without a zone: `timestamp(6)` in Postgres, `datetime(6)` in MySQL,
    /// `2026-03-04 05:13:44.112000` in SQLite.
    Utc,
    /// Whole seconds without a zone, rounded up, as Postgres makes them of `to_timestamp()`:
    /// `timestamp(6)` in the time zone of the connection, or in the layout's
    /// [`time_zone`](crate::stores::TableLayout::time_zone). A row has not ended in the second
    /// that it names. The other databases have it as [`Utc`](Self::Utc).
    LocalSeconds,
    /// Milliseconds of a `timestamp with time zone` in Postgres, whole seconds of a `datetime` in
    /// UTC in MySQL, which cut the rest off, and `2026-03-04T05:13:44.112Z` in SQLite.
    Iso8601,
    /// As [`Iso8601`](Self::Iso8601), but `2026-03-04 05:13:44.112 +00:00` in SQLite.
    WithOffset,
}

impl TimeForm {
    /// Returns the type of a column.
    pub(super) fn column_type(self, database: SqlDatabase) -> &'static str {
        match (database, self) {
            (SqlDatabase::Postgres, Self::Utc | Self::LocalSeconds) => "timestamp(6)",
            (SqlDatabase::Postgres, _) => "timestamp with time zone",
            (_, Self::Utc | Self::LocalSeconds) => "datetime(6)",
            (_, Self::Iso8601 | Self::WithOffset) => "datetime",
        }
    }
}
