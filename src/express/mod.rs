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
//! # Differences
//!
//! - express-session sets no `SameSite` unless the app does; hardtack sets `SameSite=Lax` unless
//!   [`Sessions`](crate::Sessions) says otherwise, and writes attributes in its own order.
//! - The `Cookie` header is read as everywhere in hardtack ([`CookieHeader`](crate::CookieHeader)):
//!   quotes around a value stay, and `+` is a space. Express itself sends neither.
//! - Sessions are saved as with `resave: false` and `saveUninitialized: false`: when they changed,
//!   and not while they are empty. Other values of these options, `rolling` and `unset` have no
//!   setting.
//! - `secure: 'auto'`, `sameSite: 'auto'`, `priority` and `partitioned` are not written into new
//!   sessions; those that Express wrote stay.
//! - Setting a key to the value that it has counts as a change; Express compares the JSON.
//! - A number that Rust sets keeps Rust's form: `1.0` stays `1.0`, where Express writes `1`.
//! - JSON of more than 100 levels, and the encrypted entries of the package kruptein, cannot be
//!   read.

mod connect_mongo;
mod cookie_member;
mod cookie_signature;
mod express_session;

pub use cookie_signature::CookieSignature;
pub use express_session::ExpressSession;
