//! [`LaravelVersion`]: the names that a version of Laravel gives to cookies and keys.

/// A major version of Laravel, for the names in the configuration of a new app (`config/session.php`,
/// `config/database.php` and `config/cache.php` of laravel/laravel).
///
/// An app that was upgraded keeps the names of its own configuration, and an `APP_NAME` other than
/// `Laravel` stands in each of them: set what differs at
/// [`LaravelSession`](super::LaravelSession). The format of sessions and of encrypted texts is the
/// same in all versions.
///
/// ```
/// use hardtack::laravel::LaravelVersion;
///
/// assert_eq!(LaravelVersion::V12.cookie_name(), "laravel_session");
/// assert_eq!(LaravelVersion::V12.redis_prefix(), "laravel_database_laravel_cache_");
/// assert_eq!(LaravelVersion::V13.redis_prefix(), "laravel-database-laravel-cache-");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum LaravelVersion {
    /// Laravel 8.
    V8,
    /// Laravel 9.
    V9,
    /// Laravel 10.
    V10,
    /// Laravel 11.
    V11,
    /// Laravel 12.
    V12,
    /// Laravel 13.
    V13,
}

/// The names of a version.
struct Names {
    cookie: &'static str,
    /// The prefix of a connection to Redis, and that of a cache behind it.
    redis: &'static str,
    memcached: &'static str,
}

const UP_TO_8: Names = Names {
    cookie: "laravel_session",
    redis: "laravel_database_laravel_cache:",
    memcached: "laravel_cache:",
};

const UP_TO_12: Names = Names {
    cookie: "laravel_session",
    redis: "laravel_database_laravel_cache_",
    memcached: "laravel_cache_",
};

const SINCE_13: Names = Names {
    cookie: "laravel_session",
    redis: "laravel-database-laravel-cache-",
    memcached: "laravel-cache-",
};

impl LaravelVersion {
    /// All versions, oldest first.
    pub const ALL: &'static [Self] = &[
        Self::V8,
        Self::V9,
        Self::V10,
        Self::V11,
        Self::V12,
        Self::V13,
    ];

    const fn names(self) -> &'static Names {
        match self {
            Self::V8 => &UP_TO_8,
            Self::V9 | Self::V10 | Self::V11 | Self::V12 => &UP_TO_12,
            Self::V13 => &SINCE_13,
        }
    }

    /// Returns the name of the session's cookie (`session.cookie`).
    #[must_use]
    pub const fn cookie_name(self) -> &'static str {
        self.names().cookie
    }

    /// Returns the text before the id in a key of Redis: `database.redis.options.prefix`, then
    /// `cache.prefix`.
    #[must_use]
    pub const fn redis_prefix(self) -> &'static str {
        self.names().redis
    }

    /// Returns the text before the id in a key of Memcached (`cache.prefix`).
    ///
    /// ```
    /// use hardtack::laravel::LaravelVersion;
    ///
    /// assert_eq!(LaravelVersion::V8.memcached_prefix(), "laravel_cache:");
    /// ```
    #[must_use]
    pub const fn memcached_prefix(self) -> &'static str {
        self.names().memcached
    }
}
