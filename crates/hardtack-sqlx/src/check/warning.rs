//! [`Warning`]: a property of a table or a database that puts sessions at risk.

use std::fmt;

use hardtack::observe::Shown;

/// A property of a table or a database that puts sessions at risk.
///
/// `Display` says what to do.
///
/// ```
/// use hardtack_sqlx::Warning;
///
/// assert!(Warning::NotStrict.to_string().contains("STRICT_TRANS_TABLES"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// MySQL cuts what other programs write if it is too long for its column, without an error.
    ///
    /// The store asks for strict mode in each write, and refuses to write where it does not get it.
    NotStrict,
    /// MySQL does not commit each statement: what is written is lost with the connection.
    NoAutocommit,
    /// The column of the key takes two keys that differ in case for one.
    KeyIgnoresCase {
        /// The column.
        column: String,
        /// Its collation.
        collation: String,
    },
    /// The column of the key has no unique index.
    KeyNotUnique {
        /// The column.
        column: String,
    },
    /// The column of the data does not hold a long session.
    DataTooShort {
        /// The column.
        column: String,
        /// Its type.
        column_type: String,
        /// Its length.
        length: u64,
    },
    /// The column of the data holds no character beyond U+FFFF.
    Utf8mb3 {
        /// The column.
        column: String,
    },
    /// The column of the data holds the characters of one part of the world.
    NotUnicode {
        /// The column.
        column: String,
        /// Its character set.
        character_set: String,
    },
    /// The server does not end a statement that waits for a lock.
    NoServerLimit {
        /// The setting to set.
        setting: &'static str,
    },
    /// No index begins with the column by which ended rows are found.
    NoIndexToSweep {
        /// The column.
        column: String,
    },
    /// The times of a column depend on the time zones of its connections.
    ZonedTime {
        /// The column.
        column: String,
        /// Its type.
        column_type: String,
    },
    /// The times of a column are in the time zone of the connection, which is another one than the
    /// server's own.
    ZoneOfConnection {
        /// The column.
        column: String,
        /// The time zone of this pool's connections.
        zone: String,
        /// The server's own, by its `log_timezone`.
        zone_of_server: String,
    },
    /// No row ever ends: the table has no expiry, and the layout no age.
    NothingEnds,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotStrict => f.write_str(
                "MySQL is not in strict mode: it cuts a session that another program writes if it is too \
                 long for its column, and nobody can read it. Add STRICT_TRANS_TABLES to `sql_mode`",
            ),
            Self::NoAutocommit => f.write_str(
                "MySQL has `autocommit` off: sessions that were written are lost with the connection. \
                 Set `autocommit=1` for this pool",
            ),
            Self::KeyIgnoresCase { column, collation } => write!(
                f,
                "the column {} has the collation {}, which takes keys that differ in case for one: a \
                 new session may be refused. Give it a binary collation, unless all keys are lower-case \
                 hexadecimal, as those of Rails are",
                Shown::new(column),
                Shown::new(collation)
            ),
            Self::KeyNotUnique { column } => write!(
                f,
                "the column {} has no unique index of its own: new sessions are refused, or kept \
                 twice. Create one",
                Shown::new(column)
            ),
            Self::DataTooShort {
                column,
                column_type,
                length,
            } => write!(
                f,
                "the column {} is a {} and holds {length}, less than a long session takes. Change its \
                 type",
                Shown::new(column),
                Shown::new(column_type)
            ),
            Self::Utf8mb3 { column } => write!(
                f,
                "the column {} has the character set utf8mb3, which has no characters beyond U+FFFF, \
                 such as emoji: a session with one is refused. Convert it to utf8mb4",
                Shown::new(column)
            ),
            Self::NotUnicode {
                column,
                character_set,
            } => write!(
                f,
                "the column {} has the character set {}, and JSON may have any character: a session \
                 with another one is refused. Convert it to utf8mb4, unless all sessions are base64, as \
                 Rails' Marshal is",
                Shown::new(column),
                Shown::new(character_set)
            ),
            Self::NoServerLimit { setting } => write!(
                f,
                "the database has no {setting}: a statement that waits for a lock goes on after its \
                 connection is closed, so that the server's connections add up. Set it to twice the \
                 time limit for this pool"
            ),
            Self::NoIndexToSweep { column } => write!(
                f,
                "there is no index on the column {}: each batch of a sweep reads the whole table, and in \
                 MySQL locks it. Create one",
                Shown::new(column)
            ),
            Self::ZonedTime {
                column,
                column_type,
            } => write!(
                f,
                "the column {} is a {}: its times depend on the time zones of its connections. Make it a \
                 type without a zone (`timestamp` of Postgres, `datetime(6)` of MySQL), or set the zone \
                 of all connections to UTC and no `TableLayout::time_zone`",
                Shown::new(column),
                Shown::new(column_type)
            ),
            Self::ZoneOfConnection {
                column,
                zone,
                zone_of_server,
            } => write!(
                f,
                "the column {} is in the time zone of each connection, which is {} here, and the \
                 server's own is {}: sessions end too early or too late if the other program's \
                 connections are in that one. Ask there with `SHOW timezone`, and set it as \
                 `TableLayout::time_zone`",
                Shown::new(column),
                Shown::new(zone),
                Shown::new(zone_of_server)
            ),
            Self::NothingEnds => f.write_str(
                "no row ever ends: the layout has no column for an expiry, and no age by `updated_at`. \
                 Add one, or delete old rows yourself",
            ),
        }
    }
}
