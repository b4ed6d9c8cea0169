//! The sessions and encrypted cookies of Laravel.
//!
//! A user who logged in at the Laravel app is logged in here, and the reverse, if both keep the
//! sessions in one store:
//!
//! ```
//! use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion};
//! use hardtack::stores::MemoryStore;
//!
//! # let (app_key, previous) = ("base64:lfZjT32cpBnMi+tbV4x3aD/Nxh7fRElJo8Kz4wDK7TU=", "");
//! // APP_KEY and APP_PREVIOUS_KEYS in .env, cipher in config/app.php
//! let encrypter = Encrypter::new(&AppKey::new(app_key)?, LaravelCipher::Aes256Cbc)?
//!     .previous_keys(previous)?;
//! // SESSION_DRIVER=redis
//! let format = LaravelSession::redis(encrypter, LaravelVersion::V12);
//! // MemoryStore stands for RedisStore of hardtack-redis.
//! let sessions = format.sessions(MemoryStore::new());
//! assert_eq!(sessions.name(), "laravel_session");
//! # Ok::<(), hardtack::Error>(())
//! ```
//!
//! The login is read by [`SessionGuard`]; [`Session::laravel`](crate::Session::laravel) has the
//! token of forms, the flash and the last page.
//!
//! Laravel's configuration (`php artisan tinker --execute "dump(config('session'))"`), and the
//! methods that set the same here:
//!
//! | Laravel | Rust |
//! | --- | --- |
//! | `session.driver` | [`LaravelSession::file`], [`redis`](LaravelSession::redis), [`memcached`](LaravelSession::memcached), [`database`](LaravelSession::database) |
//! | `session.cookie` | [`LaravelSession::cookie_name`] |
//! | `session.lifetime` | [`LaravelSession::lifetime`] |
//! | `session.encrypt` | [`LaravelSession::encrypt`] |
//! | `session.serialization` | [`LaravelSession::json`] |
//! | `database.redis.options.prefix`, `cache.prefix` | [`LaravelSession::key_prefix`] |
//! | `session.path`, `domain`, `secure`, `http_only`, `same_site` | those of [`Sessions`](crate::Sessions) |
//! | `app.key`, `app.previous_keys`, `app.cipher` | [`AppKey`], [`Encrypter::previous_keys`], [`LaravelCipher`] |
//!
//! Values are those of PHP ([how types correspond](crate::php#values)). What Rust does not change
//! goes back byte for byte.
//!
//! # Differences
//!
//! - Laravel writes a session at the end of every request, as it has loaded it: a change that Rust
//!   saves while a request of Laravel runs is lost, and a session that Rust ends meanwhile exists
//!   again ([`remember_logouts`](crate::ServerSessions::remember_logouts)).
//! - Laravel adopts the id of an unknown session, which its own key has sealed. hardtack makes a
//!   new one.
//! - The flash and `_previous` stay as they are during a request to hardtack: only a request to
//!   Laravel ages the flash.
//! - Laravel takes a session that it cannot read for an empty one. Here the request gets
//!   [`Error::UnreadableSession`](crate::Error::UnreadableSession), and the entry stays.
//! - As JSON, a value that Rust sets has no escapes of `/` and of letters beyond ASCII.
//! - The drivers `cookie`, `dynamodb`, `apc` and `array`, and Redis clients with a serializer or
//!   compression of their own (`redis.options.serializer`), are not read.
//! - The columns `user_id`, `ip_address` and `user_agent` of the driver `database` are not written.

mod app_key;
mod encrypted_payload;
mod encrypter;
mod encrypter_key;
mod laravel_cipher;
mod laravel_session;
mod laravel_version;
mod php_base64;
mod random_text;
mod session_guard;
mod session_keys;

pub use app_key::AppKey;
pub use encrypter::Encrypter;
pub use laravel_cipher::LaravelCipher;
pub use laravel_session::LaravelSession;
pub use laravel_version::LaravelVersion;
pub use session_guard::SessionGuard;
pub use session_keys::LaravelKeys;
