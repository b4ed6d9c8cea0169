//! The session under the web frameworks, and the protection against forged requests. Each
//! middleware opens the session, passes it to the handler, and sets the cookies of its
//! [`Commit`](crate::Commit).

#[cfg(feature = "actix-web")]
pub mod actix;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod answer;
#[cfg(feature = "axum")]
pub mod axum;
mod forgery_events;
pub(crate) mod forgery_protection;
mod form_body;
mod form_type;
pub(crate) mod invalid_authenticity_token;
#[cfg(feature = "tower")]
mod on_error;
#[cfg(feature = "tower")]
mod on_refusal;
#[cfg(feature = "tower")]
pub mod tower;
#[cfg(feature = "tower")]
mod tower_csrf;
