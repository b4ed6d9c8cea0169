//! The formats of stores that keep the sessions of Express in a table.

use super::cookie_signature::CookieSignature;
use super::express_session::ExpressSession;
use super::sql_package::SqlPackage;

impl ExpressSession {
    /// Creates the format of connect-pg-simple 10, with its defaults: the table `session` in
    /// Postgres, and a life of a day for a session without a `maxAge`. Set its `ttl` and
    /// `disableTouch` with [`ttl`](Self::ttl) and [`disable_touch`](Self::disable_touch), and its
    /// `tableName` and `schemaName` in the
    /// [`table_layout`](crate::stores::SessionFormat::table_layout).
    ///
    /// The column `expire` is in the time zone of Node's connections, and a session that ends in a
    /// second lives until its end. If that zone is not UTC, name it:
    /// [`TableLayout::time_zone`](crate::stores::TableLayout::time_zone). A session would otherwise
    /// end hours too early, or too late.
    ///
    /// ```
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// // new (connectPgSimple(session))({ pool, schemaName: "app", tableName: "user_sessions" })
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_pg_simple(signature);
    /// let layout = format.table_layout().table("app.user_sessions");
    /// assert_eq!((&*layout.key, &*layout.data), ("sid", "sess"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn connect_pg_simple(signature: CookieSignature) -> Self {
        Self::in_table(signature, SqlPackage::PgSimple)
    }

    /// Creates the format of connect-session-knex 5, with its defaults: the table `sessions` in
    /// Postgres, MySQL, MariaDB or SQLite. Set its `tableName` and `sidFieldName` in the
    /// [`table_layout`](crate::stores::SessionFormat::table_layout).
    ///
    /// A session without a `maxAge` ends 24 hours after its last change: a request that only reads
    /// extends the others. A `maxAge` of 0 counts as none when a session is written.
    ///
    /// ```
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// // new KnexStore({ knex, tableName: "web_sessions" })
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_session_knex(signature);
    /// let layout = format.table_layout().table("web_sessions");
    /// assert_eq!(layout.expires_at.as_deref(), Some("expired"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn connect_session_knex(signature: CookieSignature) -> Self {
        Self::in_table(signature, SqlPackage::Knex)
    }

    /// Creates the format of connect-session-sequelize 7, with its defaults: the table `Sessions` in
    /// Postgres, MySQL, MariaDB or SQLite, and a life of a day for a session without a `maxAge`. Set
    /// its `expiration` and `disableTouch` with [`ttl`](Self::ttl) and
    /// [`disable_touch`](Self::disable_touch), and its `tableName` in the
    /// [`table_layout`](crate::stores::SessionFormat::table_layout).
    ///
    /// A session that has ended is read until its row is deleted, as the package does, which deletes
    /// such rows every 15 minutes. Columns that `extendDefaultFields` adds are not written.
    ///
    /// The column `sid` holds 36 characters. With `custom_ids` of more than 34, neither the lock of a
    /// session nor the mark of a logout fits.
    ///
    /// ```
    /// use hardtack::express::{CookieSignature, ExpressSession};
    /// use hardtack::stores::SessionFormat;
    ///
    /// // new (connectSessionSequelize(session.Store))({ db, tableName: "web_sessions" })
    /// let signature = CookieSignature::new("keyboard cat 779c6e755323")?;
    /// let format = ExpressSession::connect_session_sequelize(signature);
    /// let layout = format.table_layout().table("web_sessions");
    /// assert_eq!(layout.updated_at.as_deref(), Some("updatedAt"));
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn connect_session_sequelize(signature: CookieSignature) -> Self {
        Self::in_table(signature, SqlPackage::Sequelize)
    }
}
