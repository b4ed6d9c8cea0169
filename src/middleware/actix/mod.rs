//! The session under actix-web: a middleware, and extractors of [`Session`](crate::Session) and
//! [`Cookies`](crate::Cookies).
//!
//! ```
//! use actix_web::{App, test, web};
//! use hardtack::actix::SessionMiddleware;
//! use hardtack::{CookieStore, Session};
//!
//! async fn visit(session: Session) -> Result<String, hardtack::Error> {
//!     let visits = session.get::<u32>("visits")?.unwrap_or(0) + 1;
//!     session.insert("visits", visits)?;
//!     Ok(format!("visit {visits}"))
//! }
//!
//! let store = CookieStore::ephemeral("_shop_session")?;
//! store.check()?;
//! // Made once, and cloned for each worker: all share the store.
//! let sessions = SessionMiddleware::new(store);
//! let app = App::new().wrap(sessions.clone()).route("/", web::get().to(visit));
//!
//! # actix_web::rt::System::new().block_on(async move {
//! let app = test::init_service(app).await;
//! let response = test::call_service(&app, test::TestRequest::get().to_request()).await;
//! let cookie = response.headers().get("set-cookie").unwrap().to_str().unwrap();
//! assert!(cookie.starts_with("_shop_session="));
//!
//! let request = test::TestRequest::get().insert_header(("cookie", cookie)).to_request();
//! assert_eq!(test::call_and_read_body(&app, request).await, "visit 2");
//! # });
//! # Ok::<(), hardtack::Error>(())
//! ```
//!
//! Do not extract an `Option<Session>`: actix-web turns every error of an extractor into `None`, so
//! a store that is out of reach would look like a visitor who is not logged in.
//!
//! If a handler returns a [`hardtack::Error`](crate::Error) with `?`, the client gets an empty 500
//! (503 if a store failed), and the operator is told (`tracing`). A cookie that does not open is
//! treated as absent. To answer it with an empty 400 instead, call
//! [`explain`](crate::SealedCookies::explain) and return an
//! [`InvalidMessage`](crate::InvalidMessage).
//!
//! A response with status 5xx sets no session
//! ([`Sessions::writes_on_server_error`](crate::CookieStore::writes_on_server_error)).

mod actix_authentication;
mod csrf_middleware;
mod extract;
mod failed_request;
mod headers;
mod missing_session_middleware;
mod open;
mod response_error;
mod session_middleware;

pub use csrf_middleware::CsrfMiddleware;
pub use missing_session_middleware::MissingSessionMiddleware;
pub use session_middleware::SessionMiddleware;
