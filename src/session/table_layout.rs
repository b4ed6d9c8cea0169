//! [`TableLayout`]: a table of sessions in a database.

use std::time::Duration;

use super::time_form::TimeForm;

/// Names the table in which a database keeps sessions, its columns, and the rule by which rows end.
///
/// A [`SessionFormat`](crate::stores::SessionFormat) tells its framework's layout
/// ([`table_layout`](crate::stores::SessionFormat::table_layout)); change what the app has changed.
/// The package `hardtack-sqlx` writes SQL from it.
///
/// Times are in UTC without a zone, as Rails writes them, unless the layout has another
/// [`TimeForm`].
///
/// ```
/// use hardtack::stores::{DataType, SqlDatabase, TableLayout};
///
/// let layout = TableLayout::new().table("app.sessions").data_type(DataType::Text);
/// assert_eq!(
///     layout.schema(SqlDatabase::Postgres),
///     r#"CREATE TABLE "app"."sessions" (
///   "session_id" text NOT NULL PRIMARY KEY,
///   "data" text NOT NULL,
///   "expires_at" timestamp(6)
/// );
/// CREATE INDEX "index_sessions_on_expires_at" ON "app"."sessions" ("expires_at");
/// "#
/// );
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct TableLayout {
    /// The table's name, which may have its schema before a dot.
    pub table: String,
    /// The column of numbers that the database gives to rows, if it is the primary key.
    pub id: Option<String>,
    /// The column of the session's key, which is unique.
    pub key: String,
    /// The column of the session's bytes.
    pub data: String,
    /// The type of the column [`data`](Self::data).
    pub data_type: DataType,
    /// The column of the time at which a session ends; NULL means never.
    pub expires_at: Option<String>,
    /// The column of the time at which a row was created.
    pub created_at: Option<String>,
    /// The column of the time at which a row was changed last.
    pub updated_at: Option<String>,
    /// The age at which rows are deleted, counted from [`updated_at`](Self::updated_at); it has no
    /// effect if the table has a column [`expires_at`](Self::expires_at).
    ///
    /// Such rows are valid until they are deleted: an age is not an expiry.
    pub max_age: Option<Duration>,
    /// The form of all times.
    pub time_form: TimeForm,
    /// The time zone in which [`TimeForm::LocalSeconds`] are written, such as `Europe/Berlin`;
    /// `None` is that of each connection.
    pub time_zone: Option<String>,
    /// The life of a session that is saved without one. The column
    /// [`expires_at`](Self::expires_at) then takes no NULL.
    pub default_life: Option<Duration>,
    /// Reads rows that have ended until they are deleted, as a framework does that only looks at
    /// the time when it deletes old rows.
    pub reads_ended: bool,
    /// The longest key, in characters, for which the framework's own table has room; `None` is no
    /// limit.
    pub key_length: Option<u16>,
}

/// The type of a column with a session's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DataType {
    /// Text: `text`, and `longtext` in MySQL. It holds UTF-8 only.
    Text,
    /// Bytes: `bytea`, `longblob`, `blob`.
    Binary,
    /// JSON: `json` or `jsonb`. The database may change spaces, the order of keys and numbers.
    Json,
}

impl TableLayout {
    /// Creates hardtack's own layout: the table `hardtack_sessions` with the columns `session_id`,
    /// `data` (binary) and `expires_at`.
    #[must_use]
    pub fn new() -> Self {
        Self {
            table: "hardtack_sessions".to_owned(),
            id: None,
            key: "session_id".to_owned(),
            data: "data".to_owned(),
            data_type: DataType::Binary,
            expires_at: Some("expires_at".to_owned()),
            created_at: None,
            updated_at: None,
            max_age: None,
            time_form: TimeForm::Utc,
            time_zone: None,
            default_life: None,
            reads_ended: false,
            key_length: None,
        }
    }

    /// Sets the table's name; `app.sessions` is the table `sessions` of the schema `app` (example:
    /// at [`TableLayout`]).
    #[must_use]
    pub fn table(mut self, name: impl Into<String>) -> Self {
        self.table = name.into();
        self
    }

    /// Sets the name of the column with the key.
    ///
    /// ```
    /// use hardtack::stores::{SqlDatabase, TableLayout};
    ///
    /// let schema = TableLayout::new().key("sid").data("sess").schema(SqlDatabase::Sqlite);
    /// assert!(schema.contains(r#""sid" text NOT NULL PRIMARY KEY"#));
    /// ```
    #[must_use]
    pub fn key(mut self, column: impl Into<String>) -> Self {
        self.key = column.into();
        self
    }

    /// Sets the name of the column with the session's bytes (example: at [`key`](Self::key)).
    #[must_use]
    pub fn data(mut self, column: impl Into<String>) -> Self {
        self.data = column.into();
        self
    }

    /// Sets the type of the column with the session's bytes (example: at [`TableLayout`]).
    #[must_use]
    pub fn data_type(mut self, data_type: DataType) -> Self {
        self.data_type = data_type;
        self
    }

    /// Sets the name of the column with the end of a session; a layout without one gets it.
    ///
    /// ```
    /// use hardtack::stores::{SqlDatabase, TableLayout};
    ///
    /// let schema = TableLayout::new().expires_at("expire").schema(SqlDatabase::MySql);
    /// assert!(schema.contains("`expire` datetime(6)"));
    /// ```
    #[must_use]
    pub fn expires_at(mut self, column: impl Into<String>) -> Self {
        self.expires_at = Some(column.into());
        self
    }

    /// Leaves out the columns `created_at` and `updated_at`. Without them and without an expiry,
    /// no row is ever deleted for its age.
    ///
    #[cfg_attr(feature = "rails-stores", doc = "```")]
    #[cfg_attr(not(feature = "rails-stores"), doc = "```ignore")]
    /// use hardtack::stores::{SessionFormat, StoredHash};
    ///
    /// let layout = StoredHash::active_record_store().table_layout().without_timestamps();
    /// assert_eq!(layout.updated_at, None);
    /// ```
    #[must_use]
    pub fn without_timestamps(mut self) -> Self {
        self.created_at = None;
        self.updated_at = None;
        self
    }

    /// Sets the time zone of a table whose times have none ([`TimeForm::LocalSeconds`]): the
    /// answer to `SHOW timezone` in a connection of the framework.
    ///
    /// sqlx sets the time zone of its own connections to UTC, whatever the server's is.
    ///
    #[cfg_attr(feature = "express", doc = "```")]
    #[cfg_attr(not(feature = "express"), doc = "```ignore")]
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_pg_simple(signature);
    /// let layout = format.table_layout().time_zone("Europe/Berlin");
    /// # assert_eq!(layout.time_zone.as_deref(), Some("Europe/Berlin"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn time_zone(mut self, name: impl Into<String>) -> Self {
        self.time_zone = Some(name.into());
        self
    }

    /// Sets the age at which rows are deleted in a table without an expiry.
    ///
    #[cfg_attr(feature = "rails-stores", doc = "```")]
    #[cfg_attr(not(feature = "rails-stores"), doc = "```ignore")]
    /// use std::time::Duration;
    ///
    /// use hardtack::stores::{SessionFormat, StoredHash};
    ///
    /// // SESSION_DAYS_TRIM_THRESHOLD=90 rake db:sessions:trim
    /// let layout = StoredHash::active_record_store().table_layout();
    /// let layout = layout.max_age(Duration::from_secs(90 * 24 * 3600));
    /// ```
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }
}

impl Default for TableLayout {
    fn default() -> Self {
        Self::new()
    }
}
