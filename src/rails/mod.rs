//! Rails' own features: sessions in a sealed cookie, the flash, authenticity tokens, Warden logins
//! and those of Rails' own authentication.

pub(crate) mod app_settings;
mod asked_once;
pub(crate) mod authentication;
pub(crate) mod cookie_store;
pub(crate) mod csrf;
pub(crate) mod csrf_settings;
pub(crate) mod flash;
pub(crate) mod flash_hash;
pub(crate) mod jar;
pub(crate) mod keyring;
pub(crate) mod login_store;
mod masked_token;
pub(crate) mod record_id;
pub(crate) mod sealed_cookies;
mod sealed_session;
mod session_id;
mod session_tokens;
mod store_checks;
mod stored_flash;
pub(crate) mod stored_json;
#[cfg(feature = "rails-stores")]
pub(crate) mod stores;
mod token_cookie;
pub(crate) mod warden;
