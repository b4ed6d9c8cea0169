//! The session under the web frameworks: each opens it, hands it on, and sets what
//! [`Commit`](crate::Commit) says.

#[cfg(feature = "actix-web")]
pub mod actix;
#[cfg(any(feature = "tower", feature = "actix-web"))]
mod answer;
#[cfg(feature = "axum")]
pub mod axum;
#[cfg(feature = "tower")]
mod on_error;
#[cfg(feature = "tower")]
pub mod tower;
