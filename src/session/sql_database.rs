//! [`SqlDatabase`]: a database that speaks SQL, and its way to quote names.

use std::fmt;

/// A database in whose SQL a [`TableLayout`](crate::stores::TableLayout) is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SqlDatabase {
    /// PostgreSQL.
    Postgres,
    /// MySQL and MariaDB.
    MySql,
    /// SQLite.
    Sqlite,
}

impl SqlDatabase {
    /// All databases.
    pub const ALL: &'static [Self] = &[Self::Postgres, Self::MySql, Self::Sqlite];

    /// Returns the name that the command line takes.
    ///
    /// ```
    /// use hardtack::stores::SqlDatabase;
    ///
    /// let names: Vec<_> = SqlDatabase::ALL.iter().map(|database| database.name()).collect();
    /// assert_eq!(names, ["postgres", "mysql", "sqlite"]);
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Postgres => "postgres",
            Self::MySql => "mysql",
            Self::Sqlite => "sqlite",
        }
    }

    /// Quotes the name of a column or an index.
    ///
    /// Quotes inside are doubled. No name has a NUL character: U+FFFD takes its place, and the
    /// database finds no such name.
    ///
    /// ```
    /// use hardtack::stores::SqlDatabase;
    ///
    /// assert_eq!(SqlDatabase::Postgres.quote("session_id"), r#""session_id""#);
    /// assert_eq!(SqlDatabase::Sqlite.quote(r#"a"b"#), r#""a""b""#);
    /// assert_eq!(SqlDatabase::MySql.quote("a`b"), "`a``b`");
    /// ```
    #[must_use]
    pub fn quote(self, name: &str) -> String {
        let quote = match self {
            Self::MySql => '`',
            Self::Postgres | Self::Sqlite => '"',
        };
        let mut quoted = String::with_capacity(name.len() + 2);
        quoted.push(quote);
        for character in name.chars() {
            match character {
                '\0' => quoted.push('\u{fffd}'),
                _ if character == quote => quoted.extend([quote, quote]),
                _ => quoted.push(character),
            }
        }
        quoted.push(quote);
        quoted
    }

    /// Quotes the name of a table, which may have its schema before a dot.
    ///
    /// ```
    /// use hardtack::stores::SqlDatabase;
    ///
    /// assert_eq!(SqlDatabase::Postgres.quote_table("app.sessions"), r#""app"."sessions""#);
    /// assert_eq!(SqlDatabase::MySql.quote_table("sessions"), "`sessions`");
    /// ```
    #[must_use]
    pub fn quote_table(self, name: &str) -> String {
        let parts: Vec<String> = name.split('.').map(|part| self.quote(part)).collect();
        parts.join(".")
    }
}

impl fmt::Display for SqlDatabase {
    /// Writes the name as its makers do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Postgres => "Postgres",
            Self::MySql => "MySQL",
            Self::Sqlite => "SQLite",
        })
    }
}
