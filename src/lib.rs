//! Rails' encrypted session cookie, for Rust.
//!
//! hardtack opens the cookies that a Rails app from 2.3 to 8.1 sets, and seals cookies that the app
//! opens: the session, `cookies.encrypted` and `cookies.signed`. A user who logged in at Rails is
//! logged in at axum or actix-web, and the reverse. Log in, log out and a flash message in axum
//! (feature `axum`):
//!
#![cfg_attr(feature = "axum", doc = "```no_run")]
#![cfg_attr(not(feature = "axum"), doc = "```ignore")]
//! use axum::Router;
//! use axum::response::Redirect;
//! use axum::routing::{get, post};
//! use hardtack::tower::SessionLayer;
//! use hardtack::{CookieStore, Error, LoadDefaults, SecretKeyBase, Session};
//!
//! async fn home(session: Session) -> Result<String, Error> {
//!     let notice = session.flash().notice().unwrap_or_default();
//!     Ok(match session.get::<u64>("user_id")? {
//!         Some(id) => format!("{notice} You are user {id}.\n"),
//!         None => format!("{notice} Please log in.\n"),
//!     })
//! }
//!
//! // Check the password first; 42 stands for the user's id.
//! async fn log_in(session: Session) -> Result<Redirect, Error> {
//!     session.reset()?; // A new session: prevents session fixation.
//!     session.insert("user_id", 42)?;
//!     session.flash().set("notice", "Welcome aboard.")?;
//!     Ok(Redirect::to("/"))
//! }
//!
//! async fn log_out(session: Session) -> Result<Redirect, Error> {
//!     session.reset()?;
//!     session.flash().set("notice", "Fair winds.")?;
//!     Ok(Redirect::to("/"))
//! }
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     // The Rails app's secret_key_base, its config.load_defaults
//!     // and the name of its session cookie.
//!     let secret = SecretKeyBase::new(std::env::var("SECRET_KEY_BASE")?)?;
//!     let store = CookieStore::new(&secret, LoadDefaults::V7_1, "_shop_session");
//!     store.check()?; // A mistake in the settings is an error here, not at the first request.
//!
//!     let app = Router::new()
//!         .route("/", get(home))
//!         .route("/log_in", post(log_in))
//!         .route("/log_out", post(log_out))
//!         .layer(SessionLayer::new(store));
//!     let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
//!     axum::serve(listener, app).await?;
//!     Ok(())
//! }
//! ```
//!
//! [`getting_started`] has a form with its CSRF token, an expiry and a changed secret too, for axum,
//! for actix-web and without a framework.
//!
//! # Where to begin
//!
//! | to have | take |
//! | --- | --- |
//! | an app's sessions, in their cookie | [`CookieStore::new`] |
//! | sessions that a server keeps | [`ServerSessions::new`], [`stores`] |
//! | sessions of Rack itself, such as Sinatra's | [`rack`] |
//! | sessions of PHP and Symfony | [`PhpSessions`](php/struct.PhpSessions.html) |
//! | sessions and encrypted cookies of Laravel | [`LaravelSession`](laravel/struct.LaravelSession.html), [`Encrypter`](laravel/struct.Encrypter.html) |
//! | sessions that a Rails app keeps on a server | [`RailsCache`](stores/struct.RailsCache.html), [`StoredHash`](stores/struct.StoredHash.html) |
//! | sessions of Express, the web framework of Node | [`ExpressSession`](express/struct.ExpressSession.html), [`beside_express`] |
//! | the session in a handler | [`Session`], with its [flash](Session::flash) and [CSRF tokens](Session::authenticity_tokens) |
//! | other cookies in a handler | [`Cookies`]: plain, signed and encrypted |
//! | older secrets, digests, formats and names | [`Rotation`], [`migrating`] |
//! | the settings of a Rails app | [`LoadDefaults`], [`Settings`] |
//! | single cookies, without a framework | [`Jar`], [`SessionData`], [`CookieHeader`], [`SetCookie`] |
//! | Devise's login | [`WardenScope`](warden::WardenScope) |
//! | the login of Rails 8's own authentication | [`CurrentSession`](authentication::CurrentSession), [`Authentication`](authentication::Authentication) |
//! | messages other than cookies | [`MessageVerifier`](message::MessageVerifier), [`MessageEncryptor`](message::MessageEncryptor) |
//! | counts of how cookies come in | [`Observer`](observe::Observer), [`Tally`](observe::Tally) |
//! | the middleware of axum and tower | [`SessionLayer`](tower/struct.SessionLayer.html), [`CsrfLayer`](tower/struct.CsrfLayer.html) |
//! | the middleware of actix-web | [`SessionMiddleware`](actix/struct.SessionMiddleware.html), [`CsrfMiddleware`](actix/struct.CsrfMiddleware.html) |
//! | secret and settings from a Rails app's files | [`RailsApp`](rails_app/struct.RailsApp.html) |
//! | why a cookie does not open | [`doctor`](doctor/index.html) |
//! | a logged-in browser, for the tests of an app | [`test_util`](test_util/index.html) |
//!
//! # Errors
//!
//! A cookie that does not open is an empty session, as in Rails, and an event for the operator
//! (feature `tracing`). A [`Jar`] answers every such cookie with [`InvalidMessage`], and its
//! [`explain`](Jar::explain) tells the operator the [`Refusal`]. A wrong setting, a blank secret, a
//! value of another type and a session that does not fit are an [`Error`].
//!
//! # Size
//!
//! Browsers drop a cookie whose name and value exceed 4096 bytes, without an error. About 2,020 bytes
//! of session JSON always fit, after two layers of base64, the envelope and the escaping. A larger
//! session is [`Error::CookieOverflow`], which says how many bytes each key takes.
//!
//! # Secrets
//!
//! Secrets and keys are wiped when they are dropped, and no `Debug`, error or event shows them or a
//! session's values; a [`Value`](value::Value) shows itself. Where a key was derived, the stack is
//! overwritten. Sealing and opening leave pieces of a key on the stack, which are overwritten when the
//! last copy of that key is dropped, on that thread only. Copies outside of hardtack stay: a `&str`
//! that a secret was made of, the environment, swapped memory, core dumps, and what the YAML parser
//! read of a Rails app's credentials.
//!
//! [`CookieStore::check_secrets`] refuses secrets that are published, repeated or short. An AES-GCM
//! key is good for 2^32 seals by all processes together; [`CookieStore::seals`] counts those of this
//! process ([how long a secret lasts](migrating#how-long-a-secret-lasts)).
//!
#![doc = include_str!("../docs/features.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]

// What the README shows compiles, with the features that it names.
#[cfg(all(doctest, feature = "actix-web", feature = "axum"))]
#[doc = include_str!("../README.md")]
struct Readme;

// Compiled as the README is. Elsewhere the guide is shown, and nothing of it is a test.
#[cfg_attr(
    any(not(doctest), all(feature = "actix-web", feature = "axum", feature = "test-util")),
    doc = include_str!("../docs/getting-started.md")
)]
pub mod getting_started {}

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

#[cfg(any(not(doctest), all(feature = "axum", feature = "express")))]
#[doc = include_str!("guide_links.md")]
#[doc = include_str!("../docs/beside-express.md")]
pub mod beside_express {}

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

#[doc = include_str!("guide_links.md")]
#[cfg_attr(
    any(not(doctest), all(feature = "express", feature = "laravel", feature = "rails-stores", feature = "test-util", feature = "tower")),
    doc = include_str!("../docs/stores.md")
)]
pub mod stores {
    pub use crate::rails::stored_json::StoredJson;
    #[cfg(feature = "rails-stores")]
    pub use crate::rails::stores::rails_cache::{CacheFormatVersion, RailsCache};
    #[cfg(feature = "rails-stores")]
    pub use crate::rails::stores::stored_hash::StoredHash;
    #[cfg(feature = "rails-stores")]
    pub use crate::rails::stores::stored_session::{StoredSession, StoredSessionFormat};
    pub use crate::session::conflict_policy::ConflictPolicy;
    pub use crate::session::memory_store::MemoryStore;
    pub use crate::session::session_format::{ReadEntry, SessionFormat, Touch};
    pub use crate::session::session_lock::SessionLock;
    pub use crate::session::session_store::{Entry, Saved, SessionStore, Version, When};
    pub use crate::session::sql_database::SqlDatabase;
    pub use crate::session::table_layout::{DataType, TableLayout};
    pub use crate::session::time_form::TimeForm;
    pub use crate::store_error::StoreError;
}

/// The login of Rails' own authentication (`bin/rails generate authentication`, Rails 8.0 and
/// later): a row of the table `sessions`, which the signed cookie `session_id` names.
pub mod authentication {
    #[cfg(any(feature = "axum", feature = "actix-web"))]
    pub use crate::middleware::not_authenticated::NotAuthenticated;
    pub use crate::rails::authentication::{Authentication, CurrentSession};
    pub use crate::rails::login_store::LoginStore;
    pub use crate::rails::record_id::RecordId;
}

/// Rails' protection against forged requests: the tokens of its pages, and the settings of both
/// middlewares.
pub mod csrf {
    #[cfg(any(feature = "tower", feature = "actix-web"))]
    pub use crate::middleware::forgery_protection::ForgeryProtection;
    #[cfg(any(feature = "tower", feature = "actix-web"))]
    pub use crate::middleware::invalid_authenticity_token::InvalidAuthenticityToken;
    pub use crate::rails::csrf::AuthenticityTokens;
    pub use crate::rails::csrf_settings::CsrfSettings;
}

/// Rails' flash: messages for the next request.
pub mod flash {
    pub use crate::rails::flash::Flash;
    pub use crate::rails::flash_hash::FlashHash;
}

/// The cache headers of a response, and the parts of cookies below [`SetCookie`] and
/// [`CookieHeader`].
pub mod headers {
    pub use crate::error::CookieOverflow;
    pub use crate::http::cookie_header::CookiePairs;
    pub use crate::http::domain::Domain;
    pub use crate::http::escape::{escape, unescape};
    pub use crate::session::cache_headers::CacheHeaders;
}

/// Reports of incoming cookies and of stores: for metrics, for logs, and to learn when an older
/// secret can go.
pub mod observe {
    #[cfg(feature = "metrics")]
    pub use crate::session::cookie_metrics::CookieMetrics;
    pub use crate::session::observer::Observer;
    pub use crate::session::store_operation::{Lookup, StoreOperation, StoreOutcome};
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
    #[cfg(feature = "php")]
    pub use crate::serializer::value::PhpObject;
    pub use crate::serializer::value::{
        BigInteger, BigIntegerRangeError, ParseBigIntegerError, RubyBytes, RubyDuration,
        RubyObject, RubyRange, RubyTime, Value,
    };
}

/// Devise's login in a session: the user's id, as Warden stores it.
pub mod warden {
    #[cfg(any(feature = "axum", feature = "actix-web"))]
    pub use crate::middleware::devise_login::{DeviseLogin, DeviseScope, NotLoggedIn, UserScope};
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
#[cfg(feature = "express")]
pub mod express;
#[cfg(feature = "_fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod hex;
mod http;
mod key_generator;
mod lanes;
#[cfg(feature = "laravel")]
pub mod laravel;
mod load_defaults;
pub mod message;
mod middleware;
#[cfg(feature = "php")]
pub mod php;
pub mod rack;
mod rails;
#[cfg(feature = "rails-app")]
pub mod rails_app;
mod random;
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
