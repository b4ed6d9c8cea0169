//! The sessions of Express, the web framework of Node.
//!
//! A user who logged in at the Express app is logged in here, and the reverse, if both keep the
//! sessions of express-session in one store:
//!
//! ```
//! use hardtack::ServerSessions;
//! use hardtack::express::{CookieSignature, ExpressSession};
//! use hardtack::stores::MemoryStore;
//!
//! // session({ secret: [secret, oldSecret], store: new RedisStore({ client, prefix: "shop:" }) })
//! # let (secret, old_secret) = ("keyboard cat 779c6e755323", "keyboard cat 97ec844891e3");
//! let signature = CookieSignature::new(secret)?.older_secret(old_secret)?;
//! let format = ExpressSession::connect_redis(signature).key_prefix("shop:");
//! // MemoryStore stands for RedisStore of hardtack-redis.
//! let sessions = ServerSessions::new(format, MemoryStore::new(), "connect.sid");
//! # Ok::<(), hardtack::Error>(())
//! ```
//!
//! Apps that keep sessions in their cookies have [`CookieSessions`] (cookie-session) or
//! [`IronSessions`] (iron-session).
//!
//! # Options of express-session
//!
//! | express-session | hardtack |
//! | --- | --- |
//! | `secret` | [`CookieSignature::new`], [`older_secret`](CookieSignature::older_secret) |
//! | `name` | the name in [`ServerSessions::new`](crate::ServerSessions::new) |
//! | `cookie` | [`ExpressSession::max_age`], [`expires`](ExpressSession::expires), [`secure`](ExpressSession::secure) and so on |
//! | `secure: 'auto'`, `sameSite: 'auto'` | [`secure_auto`](ExpressSession::secure_auto), [`same_site_auto`](ExpressSession::same_site_auto) |
//! | `rolling: true` | [`ExpressSession::rolling`] |
//! | `saveUninitialized: true` | [`ExpressSession::save_uninitialized`] |
//! | `resave: true` | [`Sessions::writes`](crate::Sessions::writes) with [`WritePolicy::WhenRead`](crate::WritePolicy::WhenRead) |
//! | `proxy`, `trust proxy` | [`Sessions::trusted_hops`](crate::Sessions::trusted_hops), the number of proxies in front; 0 is `proxy: false` |
//! | `genid` | [`ExpressSession::custom_ids`], for ids that the app made; new ids have the form of express-session's own |
//! | `unset: 'keep'` | [`Session::skip`](crate::Session::skip) is `req.session = null` |
//! | `unset: 'destroy'` | [`Session::drop`](crate::Session::drop) is `req.session = null` |
//!
//! In a handler, [`Session::reset`](crate::Session::reset) is `req.session.regenerate()`,
//! [`Session::drop`](crate::Session::drop) is `req.session.destroy()`, and
//! [`Session::express_max_age`](crate::Session::express_max_age) sets `req.session.cookie.maxAge`.
//! The attributes of a session's cookie, and its life, are those of its own stored `cookie`,
//! whichever side began it. An expiry of [`Sessions`](crate::Sessions), such as
//! [`expire_after`](crate::Sessions::expire_after), takes their place.
//!
//! # Differences
//!
//! - express-session sets no `SameSite` unless the app does; hardtack sets `SameSite=Lax` unless
//!   the session's `cookie` or [`Sessions`](crate::Sessions) says otherwise, and writes attributes
//!   in its own order.
//! - Attributes that browsers refuse together (`SameSite=None` or `Partitioned` without `Secure`)
//!   are not set: such a cookie has those of [`Sessions`](crate::Sessions).
//! - A request that never asks for the session does not touch it, and begins none. The option
//!   `path` does not choose requests: mount the middleware there.
//! - A session is saved once, at the end of the request. `req.session.save()` has no counterpart.
//! - A new session whose cookie is `Secure` is not stored over plain HTTP, since no cookie can
//!   carry it. A session that was [reset](crate::Session::reset) or
//!   [cleared](crate::Session::clear) and stays without a key is not stored, and its cookie is
//!   removed.
//! - A session whose `maxAge` is not above zero is deleted. `MemoryStore` and session-file-store
//!   keep it until it is asked for, connect-memcached for ever.
//! - connect-memcached loses sessions of more than 30 days at once; hardtack-memcached keeps them.
//! - `sameSite` is written as a text in lower case, `true` as `"strict"`, and `false` is left out.
//! - `expires: false` of one session cannot be set; a session that has it keeps it.
//! - A slow request that changes a session which another request ended does not write it again.
//! - JSON of more than 100 levels, and the encrypted entries of the package kruptein, cannot be
//!   read.

mod connect_flash;
mod connect_mongo;
mod cookie_member;
mod cookie_options;
mod cookie_parser;
mod cookie_signature;
mod double_csrf;
mod express_options;
mod express_session;
mod file_session;
mod in_cookie_session;
mod iron_passwords;
mod iron_sessions;
mod keygrip;
mod kruptein;
mod own_max_age;
mod passport;
mod plain_cookie;
mod session_cookie;
mod sql_package;
mod sql_stores;

pub use connect_flash::ConnectFlash;
pub use cookie_signature::CookieSignature;
pub use double_csrf::DoubleCsrf;
pub use express_session::ExpressSession;
pub use file_session::FileSession;
pub use in_cookie_session::CookieSessions;
pub use iron_passwords::IronPasswords;
pub use iron_sessions::IronSessions;
pub use keygrip::Keygrip;
pub use passport::Passport;
