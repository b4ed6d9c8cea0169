//! Rails' encrypted cookie session, for Rust.
//!
//! hardtack opens the cookies that a Rails app set, and seals cookies that the app opens: the
//! session, and any other of `cookies.encrypted` and `cookies.signed`, as any Rails from
//! 2.3 to 8.1 writes them. A user who logged in at Rails is logged in at Rust, and back.
//!
//! ```
//! use hardtack::{Attributes, CookieHeader, Jar, RailsVersion, Rotation, SecretKeyBase, SessionData};
//!
//! // The app's secret_key_base, and its load_defaults. Keys are derived here, once.
//! # let text = "b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33";
//! let secret = SecretKeyBase::new(text)?;
//! let jar = Jar::encrypted(&secret, RailsVersion::V7_1)
//!     // Cookies from before the upgrade to load_defaults 7.0 still open (those in Marshal, which
//!     // is what an app has there that sets no serializer, with the feature `marshal`):
//!     .rotation(Rotation::encrypted(&secret, RailsVersion::V6_1));
//!
//! let mut session = SessionData::new();
//! session.insert("user_id", &42)?;
//! let set_cookie = session.write(&jar, "_shop_session", &Attributes::new().http_only(true))?;
//!
//! let header = format!("_shop_session={}", set_cookie.escaped_value());
//! let session = SessionData::read(&jar, "_shop_session", &CookieHeader::new(&header))?.unwrap();
//! assert_eq!(session.value().get::<u32>("user_id")?, Some(42));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What to reach for
//!
//! - [`SessionData`]: the session. Values are decoded when they are asked for, and what was not
//!   changed goes back to Rails as it came.
//! - [`Jar`]: the encrypted or the signed jar, for any cookie and any [`serde`] type, with
//!   [rotations](Rotation) of secrets, digests, formats and names.
//! - [`RailsVersion`] and [`Settings`]: what an app's `load_defaults` means, and what it changed.
//! - [`CookieHeader`] and [`SetCookie`]: the headers, by Rack's rules.
//! - [`MessageVerifier`] and [`MessageEncryptor`]: messages other than cookies, such as signed
//!   ids and reset tokens.
//! - [`Flash`], [`AuthenticityTokens`] and [`WardenScope`]: what Rails' flash, its CSRF protection
//!   and Devise keep in a session.
//! - `ForgeryProtection`, with `tower::CsrfLayer` and `actix::CsrfMiddleware`: requests that may be
//!   forged are refused (features `tower` and `actix-web`).
//! - [`KeyGenerator`]: keys for anything else that the app derives from its secret.
//! - `RailsApp` (feature `rails-app`): secret, settings and cookie name from a Rails app's own
//!   files.
//! - `doctor` (a feature): why a cookie does not open, and what to set.
//! - [`Observer`] and [`Tally`]: by which rotation, digest and serializer cookies still come in, so
//!   that one knows when an older way can go.
//!
//! # Errors
//!
//! Whoever sends a cookie that does not open gets one answer, [`InvalidMessage`]. Why it does not
//! is for the operator: [`Jar::explain`] tells the [`Refusal`]. What is wrong with a setting, a
//! secret or a value to be written is an [`Error`].
//!
//! # Size
//!
//! A browser drops a cookie whose name and value take more than 4096 bytes, without a word. Two
//! layers of base64, the envelope and the escaping leave about 2,020 bytes of session JSON that
//! always fit; beyond that, [`Error::CookieOverflow`] says what takes the room.
//!
//! # Features
//!
//! All off by default: `marshal` and `message_pack` (Rails' other serializations),
//! `legacy-digests` (MD5 and RIPEMD-160), `cookie` (conversion into the `cookie` crate's type),
//! `tower` and `axum` (the session as a layer, and as an extractor),
//! `actix-web` (the middleware `hardtack::actix` and extractors), `test-util` (for the tests of
//! apps), `tracing` (events for the operator), `metrics` (counters of how cookies come in),
//! `rails-app` (secret and settings from a Rails app's directory), `doctor` (why does this cookie
//! not open?), `cli` (the command line).

// What the README shows compiles, with the features that it names.
#[cfg(all(doctest, feature = "actix-web", feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;

mod cipher;
mod clock;
mod cookie;
#[cfg(feature = "doctor")]
pub mod doctor;
mod error;
mod hex;
mod key_generator;
mod message;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod middleware;
#[cfg(feature = "rails-app")]
mod rails_app;
mod rails_version;
mod secret_key_base;
mod serializer;
mod session;
mod settings;
#[cfg(feature = "test-util")]
pub mod test_util;

pub use cookie::attributes::Attributes;
pub use cookie::domain::{Domain, host_without_port, request_host};
pub use cookie::duplicates::Duplicates;
pub use cookie::escape::{escape, escape_into, escaped_len, unescape, unescape_into};
pub use cookie::header::{CookieHeader, Cookies};
pub use cookie::jar::Jar;
pub use cookie::jar_kind::JarKind;
pub use cookie::opened::Opened;
pub use cookie::opening::Opening;
pub use cookie::rotation::Rotation;
pub use cookie::set_cookie::SetCookie;
pub use error::{CookieOverflow, Error, InvalidMessage, Refusal};
pub use key_generator::{Key, KeyGenerator};
pub use message::message_encryptor::MessageEncryptor;
pub use message::message_options::MessageOptions;
pub use message::message_verifier::MessageVerifier;
pub use message::opened_message::OpenedMessage;
#[cfg(feature = "actix-web")]
pub use middleware::actix;
#[cfg(feature = "axum")]
pub use middleware::axum;
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub use middleware::forgery_protection::ForgeryProtection;
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub use middleware::invalid_authenticity_token::InvalidAuthenticityToken;
#[cfg(feature = "tower")]
pub use middleware::tower;
#[cfg(feature = "rails-app")]
pub use rails_app::{
    Lack, Looked, NotUnderstood, RailsApp, RailsAppError, RailsAppSecrets, RailsAppSession,
    RailsAppSettings, SignedRotation,
};
pub use rails_version::RailsVersion;
pub use secret_key_base::SecretKeyBase;
pub use serializer::Serialized;
pub use serializer::value::*;
pub use session::commit::Commit;
pub use session::cookie_jar::{CookieJar, RequestJar};
#[cfg(feature = "metrics")]
pub use session::cookie_metrics::CookieMetrics;
pub use session::csrf::{AuthenticityTokens, CsrfSettings, verified_origin};
pub use session::data::SessionData;
pub use session::flash::Flash;
pub use session::handle::Session;
pub use session::jars::Jars;
pub use session::observer::Observer;
pub use session::origin::RequestOrigin;
pub use session::store::{CookieStore, Writes};
pub use session::tally::Tally;
pub use session::warden::{WardenLogin, WardenScope};
pub use settings::{
    Cipher, HmacDigest, KeyDigest, LimitRule, SameSite, SecretKind, Serializer, Settings,
};
