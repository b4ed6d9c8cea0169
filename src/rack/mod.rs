//! The cookie sessions of Rack itself, which Sinatra, Hanami and Roda use: `Rack::Session::Cookie`,
//! signed in Rack 1 and 2, encrypted in rack-session 2.
//!
//! A user who logged in at the Ruby app is logged in here, and the reverse:
//!
//! ```
//! use std::sync::Arc;
//! use hardtack::rack::{RackJar, RackSessions, RackVersion};
//! use hardtack::{RequestOrigin, SecretKeyBase};
//!
//! // Ruby: use Rack::Session::Cookie, key: "shop.session", secrets: ENV["SESSION_SECRET"],
//! //                                  serialize_json: true
//! let secret = SecretKeyBase::generate()?; // in production: the app's own, of 64 bytes or more
//! let jar = RackJar::new(&secret, RackVersion::Session2_1_2)?.json();
//! let sessions = Arc::new(RackSessions::new(jar, "shop.session"));
//! sessions.check()?;
//!
//! let session = sessions.open("", RequestOrigin::default());
//! session.insert("user_id", 42)?;
//! let commit = session.commit(200)?;
//! # let header = format!("shop.session={}", commit.cookies()[0].escaped_value());
//! let session = sessions.open(header, RequestOrigin::default()); // of the next request
//! assert_eq!(session.get::<u32>("user_id")?, Some(42));
//! # Ok::<(), hardtack::Error>(())
//! ```
//!
//! [`SessionLayer`](../tower/struct.SessionLayer.html) and
//! [`SessionMiddleware`](../actix/struct.SessionMiddleware.html) take a [`RackSessions`] as they take
//! a [`CookieStore`](crate::CookieStore).
//!
//! The Ruby app's options, and what says the same here:
//!
//! | Ruby | Rust |
//! | --- | --- |
//! | `key: "shop.session"` | the name at [`RackSessions::new`] |
//! | no `key:`, as in Sinatra unless the app sets one | the name `rack.session`, and [`RackJar::purpose`]`(None)` |
//! | `secret:`, `secrets:` | [`RackJar::new`] |
//! | `old_secret:`, further `secrets:`, `legacy_hmac_secret:` | [`RackJar::rotation`] |
//! | `coder: Base64::JSON.new`, `serialize_json: true` | [`RackJar::json`] |
//! | `hmac:`, `legacy_hmac:` | [`RackJar::hmac`] |
//!
//! Other coders (`Base64::ZipJSON`, `Identity`, an app's own) are not read, nor are cookies without
//! a secret, which anyone can forge.
//!
//! Rack seals no expiry with a session: `expire_after` alone limits it, in the browser, and each
//! request that reads the session renews it.

mod encryptor;
mod rack_jar;
mod rack_sessions;
mod rack_version;
mod signed_cookie;

pub use rack_jar::RackJar;
pub use rack_sessions::RackSessions;
pub use rack_version::RackVersion;
