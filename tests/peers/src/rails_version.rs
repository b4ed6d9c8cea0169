//! [`RailsVersion`]: the Rails that the tests run against, and what differs between versions.

use std::sync::LazyLock;

use hardtack::LoadDefaults;
use hardtack::stores::CacheFormatVersion;

/// A version of Rails that can be the peer: a row of [`RailsVersion::ALL`].
#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "a table of what a version has and does"
)]
pub struct RailsVersion {
    /// The version, as `RAILS_VERSION` names it.
    pub name: &'static str,
    /// The same version in hardtack.
    pub load_defaults: LoadDefaults,
    /// Rack's spelling of the attribute `SameSite=Lax`.
    pub same_site: &'static str,
    /// The file in `tests/vectors/jars` whose cookies this Rails reads, with the number of its
    /// cookies under the digest of this version's defaults: readable ones, expired ones, and kinds
    /// of apps.
    pub recorded_jars: (&'static str, [usize; 3]),
    /// The number of secrets, settings and sessions in `tests/vectors/rails_apps` that it confirms.
    pub confirms: [usize; 3],
    /// The error of a value in a class that does not exist.
    pub unknown_class: &'static str,
    /// The error of a JSON value that cannot be read; without one it is nil.
    pub unreadable_json: Option<&'static str>,
    /// Rack escapes the names of cookies.
    pub escapes_names: bool,
    /// Ignores what follows a message's last part.
    pub ignores_more_parts: bool,
    /// The name of the serializer [`Hybrid`](crate::Serializer::Hybrid).
    pub hybrid: &'static str,
    /// Has the serializers of MessagePack.
    pub has_message_pack: bool,
    /// The forms in which its cache writes entries.
    pub cache_forms: &'static [CacheForm],
    /// Debian has redis-actionpack for it.
    pub has_redis_actionpack: bool,
    /// The drivers of Postgres and MariaDB are installed beside it, not only SQLite's.
    pub has_database_drivers: bool,
}

/// A form in which a cache writes its entries.
#[derive(Clone, Copy, Debug)]
pub struct CacheForm {
    /// `cache_format_version`; the setting is there from Rails 7.0 on.
    pub version: CacheFormatVersion,
    /// The setting's value, if there is the setting.
    pub setting: Option<&'static str>,
    /// The cache's `serializer` is `:message_pack`, instead of Marshal.
    pub is_message_pack: bool,
}

impl CacheForm {
    const fn of(version: CacheFormatVersion, setting: Option<&'static str>) -> Self {
        Self {
            version,
            setting,
            is_message_pack: false,
        }
    }
}

impl RailsVersion {
    /// The versions that the tests know.
    pub const ALL: &'static [Self] = &[
        Self {
            name: "6.1",
            load_defaults: LoadDefaults::V6_1,
            same_site: "SameSite=Lax",
            recorded_jars: ("rails-6.1.7.10", [234, 18, 12]),
            confirms: [15, 34, 2],
            unknown_class: "NameError: uninitialized constant Foo",
            unreadable_json: Some("JSON::NestingError"),
            escapes_names: true,
            ignores_more_parts: true,
            hybrid: "hybrid",
            has_message_pack: false,
            cache_forms: &[CacheForm::of(CacheFormatVersion::V6_1, None)],
            has_redis_actionpack: true,
            has_database_drivers: true,
        },
        Self {
            name: "7.2",
            load_defaults: LoadDefaults::V7_2,
            same_site: "samesite=lax",
            recorded_jars: ("rails-7.1.5", [126, 18, 8]),
            confirms: [2, 6, 0],
            unknown_class: "ArgumentError: undefined class/module Foo",
            unreadable_json: None,
            escapes_names: false,
            ignores_more_parts: false,
            hybrid: "json_allow_marshal",
            has_message_pack: true,
            cache_forms: &[
                CacheForm::of(CacheFormatVersion::V7_0, Some("7.0")),
                CacheForm::of(CacheFormatVersion::V7_1, Some("7.1")),
                CacheForm {
                    is_message_pack: true,
                    ..CacheForm::of(CacheFormatVersion::V7_1, Some("7.1"))
                },
            ],
            has_redis_actionpack: false,
            has_database_drivers: false,
        },
    ];

    /// Returns the version that the environment variable `RAILS_VERSION` names; 6.1 without it.
    ///
    /// ```
    /// use hardtack_peers::RailsVersion;
    ///
    /// assert!(RailsVersion::ALL.iter().any(|one| one.name == RailsVersion::current().name));
    /// ```
    ///
    /// # Panics
    ///
    /// Panics if the tests do not know that version.
    #[must_use]
    pub fn current() -> &'static Self {
        static CURRENT: LazyLock<&RailsVersion> = LazyLock::new(|| {
            let name = std::env::var("RAILS_VERSION").unwrap_or_else(|_| "6.1".to_owned());
            let found = RailsVersion::ALL
                .iter()
                .find(|version| version.name == name);
            found
                .unwrap_or_else(|| panic!("RAILS_VERSION={name} is in no row of RailsVersion::ALL"))
        });
        &CURRENT
    }
}
