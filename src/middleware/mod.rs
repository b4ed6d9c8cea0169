//! The session under the web frameworks, and the protection against forged requests. Each
//! middleware opens the session, passes it to the handler, and sets the cookies of its
//! [`Commit`](crate::Commit).

// Each module names its features itself: docs.rs would add those of the folder to every item.
#[cfg(feature = "actix-web")]
pub mod actix;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod answer;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "axum")]
mod axum_authentication;
#[cfg(any(feature = "axum", feature = "actix-web"))]
pub(crate) mod devise_login;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod forgery_events;
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub(crate) mod forgery_protection;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod form_body;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod form_type;
#[cfg(any(feature = "tower", feature = "actix-web"))]
pub(crate) mod invalid_authenticity_token;
#[cfg(any(feature = "axum", feature = "actix-web"))]
pub(crate) mod not_authenticated;
#[cfg(feature = "tower")]
mod on_error;
#[cfg(feature = "tower")]
mod on_refusal;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod sec_fetch_site;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tower")]
mod tower_csrf;
#[cfg(any(feature = "axum", feature = "actix-web"))]
mod untold_error;
