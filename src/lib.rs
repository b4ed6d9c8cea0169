//! Rails' encrypted cookie session, for Rust.
//!
//! hardtack opens the cookies that a Rails app set, and seals cookies that the app opens: the
//! session, and any other of `cookies.encrypted` and `cookies.signed`, as any Rails from
//! 2.3 to 8.1 writes them. A user who logged in at Rails is logged in at Rust, and back.
//!
//! ```
//! use hardtack::{CookieAttributes, CookieHeader, Jar, LoadDefaults, Rotation, SecretKeyBase, SessionData};
//!
//! // The app's secret_key_base, and its load_defaults. Keys are derived here, once.
//! # let text = "b3c631c314c0bbca50c1b2843150fe33b3c631c314c0bbca50c1b2843150fe33";
//! let secret = SecretKeyBase::new(text)?;
//! let jar = Jar::encrypted(&secret, LoadDefaults::V7_1)
//!     // Cookies from before the upgrade to load_defaults 7.0 still open (those in Marshal, which
//!     // is what an app has there that sets no serializer, with the feature `marshal`):
//!     .rotation(Rotation::encrypted(&secret, LoadDefaults::V6_1));
//!
//! let mut session = SessionData::new();
//! session.insert("user_id", 42)?;
//! let set_cookie = session.write(&jar, "_shop_session", &CookieAttributes::new().http_only(true))?;
//!
//! let header = format!("_shop_session={}", set_cookie.escaped_value());
//! let session = SessionData::read(&jar, "_shop_session", &CookieHeader::new(&header))?.unwrap();
//! assert_eq!(session.value().get::<u32>("user_id")?, Some(42));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What to reach for
//!
//! In a web server:
//!
//! - [`CookieStore`]: the app's sessions, made once at start-up: what the cookie is called and told,
//!   when it expires and when it is written.
//! - [`ServerSessions`]: the same for sessions that a [`SessionStore`](stores::SessionStore) keeps ([`MemoryStore`](stores::MemoryStore), or your
//!   own) in a [`SessionFormat`](stores::SessionFormat) ([`StoredJson`](stores::StoredJson)); [`stores`] shows how. [`Sessions`] has the settings
//!   of both.
//! - [`Session`]: the session of a request, as a handler has it, with its [flash](Session::flash)
//!   and its [authenticity tokens](Session::authenticity_tokens).
//! - [`Cookies`]: the request's other cookies, plain, signed and encrypted.
//! - `tower::SessionLayer` (axum too) and `actix::SessionMiddleware` give each request its session;
//!   elsewhere it is [`Session::open`] before the handler and [`Session::commit`] after it, or
//!   [`LazySession::open`] and [`LazySession::commit`] where a store keeps it.
//! - `tower::CsrfLayer` and `actix::CsrfMiddleware`, by `ForgeryProtection`: requests that may be
//!   forged are refused.
//! - `test_util`: a logged-in browser in one line, for the tests of an app.
//! - [`migrating`]: recipes for another secret, digest, serializer, name or domain.
//!
//! Below it:
//!
//! - [`SessionData`]: the session. Values are decoded when they are asked for, and what was not
//!   changed goes back to Rails as it came.
//! - [`Jar`]: the encrypted or the signed jar, for any cookie and any [`serde`] type, with
//!   [rotations](Rotation) of secrets, digests, formats and names.
//! - [`LoadDefaults`] and [`Settings`]: what an app's `load_defaults` means, and what it changed.
//! - [`CookieHeader`] and [`SetCookie`]: the headers, by Rack's rules.
//! - [`MessageVerifier`](message::MessageVerifier) and [`MessageEncryptor`](message::MessageEncryptor): messages other than cookies, such as signed
//!   ids and reset tokens.
//! - [`FlashHash`](flash::FlashHash), [`AuthenticityTokens`](csrf::AuthenticityTokens) and [`WardenScope`](warden::WardenScope): what Rails' flash, its CSRF protection
//!   and Devise keep in a session.
//! - [`KeyGenerator`](secret::KeyGenerator): keys for anything else that the app derives from its secret.
//! - `RailsApp` (feature `rails-app`): secret, settings and cookie name from a Rails app's own
//!   files.
//! - `doctor` (a feature): why a cookie does not open, and what to set.
//! - [`Observer`](observe::Observer) and [`Tally`](observe::Tally): by which rotation, digest and serializer cookies still come in, so
//!   that one knows when an older way can go.
//!
//! # Errors
//!
//! Under a store a cookie that does not open is none, and the operator hears why by an event; a
//! [`Jar`] by itself has one answer for whoever sent it, [`InvalidMessage`]. [`SealedCookies::explain`]
//! and [`Jar::explain`] tell the operator's [`Refusal`]. What is wrong with a setting, a secret or a
//! value, be it to be written or of another type than was asked for, is an [`Error`].
//!
//! # Secrets in memory
//!
//! Secrets, derived and expanded keys are wiped when they are dropped, and where they were derived
//! the stack is overwritten. A test looks for them in the memory of a process that has dropped all,
//! and finds none. What it cannot promise: sealing and opening leave pieces of a key on the stack,
//! which are overwritten when the last of that key is dropped, but on that thread only; on others
//! they stay until something else is computed there. A `&str` that a secret is made of, the
//! environment, swapped memory, core dumps and what the YAML parser had of a Rails app's
//! credentials are beyond it. Neither secrets nor a session's values are in any `Debug`, error or
//! event; a [`Value`](value::Value) shows itself.
//!
//! Secrets that others know are taken, since tests and development run with them. Where the app
//! serves others, [`CookieStore::check_secrets`] refuses them.
//!
//! # How long a secret lasts
//!
//! An AES-GCM key is good for 2^32 seals, of all processes together. Each counts its own
//! ([`CookieStore::seals`]), and says so at 2^30 and at 2^32 (feature `tracing`);
//! [`migrating`](migrating#how-long-a-secret-lasts) tells how to plan for it.
//!
//! # Size
//!
//! A browser drops a cookie whose name and value take more than 4096 bytes, without a word. Two
//! layers of base64, the envelope and the escaping leave about 2,020 bytes of session JSON that
//! always fit; beyond that, [`Error::CookieOverflow`] says what takes the room.
//!
//! # Features
//!
//! All off by default.
//!
//! | feature | what it adds |
//! | --- | --- |
//! | `axum` | `tower`, and [`Session`] and [`Cookies`] as extractors |
//! | `tower` | `hardtack::tower`: the session and the protection against forgery as layers; with `tracing` |
//! | `actix-web` | `hardtack::actix`: the same as middleware, and extractors; with `tracing` |
//! | `tracing` | events for the operator, of the target `hardtack` |
//! | `test-util` | `hardtack::test_util`: for the tests of apps |
//! | `aws-lc-rs` | AES-256-GCM by AWS-LC rather than in pure Rust: faster, and a C compiler is needed |
//! | `simd` | base64 and escaping by AVX-512, where an x86-64 processor has it: looked for when the program runs |
//! | `marshal` | Ruby's Marshal, which Rails writes by default below `load_defaults` 7.0 |
//! | `message_pack` | Active Support's MessagePack (Rails 7.1 and later) |
//! | `legacy-digests` | MD5 and RIPEMD-160, for signed cookies of Rails 2.3 apps that chose them |
//! | `rails-app` | `RailsApp`: secret, settings and cookie name from a Rails app's directory; with `marshal` |
//! | `doctor` | `hardtack::doctor`: why does this cookie not open? |
//! | `metrics` | `CookieMetrics`: counters of how cookies come in, for the `metrics` crate |
//! | `cookie` | [`SetCookie`] into the `cookie` crate's `Cookie` |

// What the README shows compiles, with the features that it names.
#[cfg(all(doctest, feature = "actix-web", feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;

// The guides. They link to each other by `[text][label]`: `guide_links.md` comes first, so that its
// definitions of the labels count here, and those of the guide itself (`operating.md`) on a forge.
// A guide's examples compile with the features that it names.
#[cfg(any(not(doctest), feature = "metrics"))]
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/migrating.md")]
pub mod migrating {}

#[cfg(any(not(doctest), all(feature = "axum", feature = "rails-app")))]
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/beside-rails.md")]
pub mod beside_rails {}

#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/operating.md")]
pub mod operating {}

#[cfg(any(not(doctest), feature = "doctor"))]
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/doctor.md")]
pub mod diagnosing {}

#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/command-line.md")]
pub mod command_line {}

#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/differences.md")]
pub mod differences {}

#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/security.md")]
pub mod security {}

#[cfg_attr(
    any(not(doctest), all(feature = "test-util", feature = "tower")),
    doc = include_str!("../docs/stores.md")
)]
pub mod stores {
    pub use crate::rails::stored_json::StoredJson;
    pub use crate::session::memory_store::MemoryStore;
    pub use crate::session::session_format::{ReadEntry, SessionFormat, Touch};
    pub use crate::session::session_store::{Entry, Saved, SessionStore, Version, When};
    pub use crate::store_error::StoreError;
}

/// Rails' protection against forged requests: the tokens of its pages, and the settings of both
/// middlewares.
pub mod csrf {
    #[cfg(any(feature = "tower", feature = "actix-web"))]
    pub use crate::middleware::forgery_protection::ForgeryProtection;
    #[cfg(any(feature = "tower", feature = "actix-web"))]
    pub use crate::middleware::invalid_authenticity_token::InvalidAuthenticityToken;
    pub use crate::rails::csrf::{AuthenticityTokens, CsrfSettings};
}

/// Rails' flash: messages for the next request.
pub mod flash {
    pub use crate::rails::flash::Flash;
    pub use crate::rails::flash_hash::FlashHash;
}

/// What the response says to caches, and what cookies are made of below [`SetCookie`] and
/// [`CookieHeader`].
pub mod headers {
    pub use crate::error::CookieOverflow;
    pub use crate::http::cookie_header::CookiePairs;
    pub use crate::http::domain::Domain;
    pub use crate::http::escape::{escape, unescape};
    pub use crate::session::cache_headers::CacheHeaders;
}

/// How cookies come in: for metrics, logs, and to learn when an older secret can go.
pub mod observe {
    #[cfg(feature = "metrics")]
    pub use crate::session::cookie_metrics::CookieMetrics;
    pub use crate::session::observer::Observer;
    pub use crate::session::tally::Tally;
    pub use crate::shown::Shown;
}

/// Keys derived from the secret, and secrets that others know.
pub mod secret {
    pub use crate::key_generator::{Key, KeyGenerator};
    pub use crate::weak_secret::WeakSecret;
}

/// Any value of a session: what JSON has, and what Ruby has beyond it.
pub mod value {
    pub use crate::serializer::value::{
        BigInteger, BigIntegerRangeError, ParseBigIntegerError, RubyBytes, RubyDuration,
        RubyObject, RubyRange, RubyTime, Value,
    };
}

/// What Devise keeps in a session: its user's id, by Warden.
pub mod warden {
    pub use crate::rails::warden::{WardenLogin, WardenScope};
}

/// For the project's own tests: no part of the interface.
#[doc(hidden)]
pub mod internal {
    pub use crate::http::domain::{host_without_port, request_host};
    pub use crate::http::escape::{escape_into, escaped_len, unescape_into};
    pub use crate::rails::csrf::verified_origin;
}

mod cipher;
mod clock;
mod defaults;
#[cfg(feature = "doctor")]
pub mod doctor;
mod error;
#[cfg(feature = "_fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hex;
mod http;
mod key_generator;
mod lanes;
mod load_defaults;
pub mod message;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod middleware;
mod rails;
#[cfg(feature = "rails-app")]
pub mod rails_app;
mod safe_buffer_form;
mod secret_key_base;
mod serializer;
mod session;
pub mod settings;
mod shown;
mod stack;
mod store_error;
#[cfg(feature = "test-util")]
mod store_rules;
#[cfg(feature = "test-util")]
pub mod test_util;
mod weak_secret;

pub use error::{Error, InvalidMessage, Refusal};
pub use http::cookie_attributes::CookieAttributes;
pub use http::cookie_header::CookieHeader;
pub use http::duplicate_policy::DuplicatePolicy;
pub use http::set_cookie::SetCookie;
pub use load_defaults::LoadDefaults;
#[cfg(feature = "actix-web")]
pub use middleware::actix;
#[cfg(feature = "axum")]
pub use middleware::axum;
#[cfg(feature = "tower")]
pub use middleware::tower;
pub use rails::cookie_store::CookieStore;
pub use rails::jar::Jar;
pub use rails::jar::rotation::Rotation;
pub use rails::keyring::Keyring;
pub use rails::sealed_cookies::SealedCookies;
pub use secret_key_base::SecretKeyBase;
pub use session::commit::Commit;
pub use session::cookies::Cookies;
pub use session::data::SessionData;
pub use session::handle::Session;
pub use session::lazy_session::LazySession;
pub use session::on_server::ServerSessions;
pub use session::origin::RequestOrigin;
pub use session::sessions::Sessions;
pub use session::write_policy::WritePolicy;
#[doc(inline)]
pub use settings::{SameSite, Serializer, Settings};
