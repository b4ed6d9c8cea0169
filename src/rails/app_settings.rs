//! What Rails' own parts of a session need of the app: its jars, and how it makes authenticity
//! tokens.

use std::sync::Arc;

use super::cookie_store::InCookie;
use super::csrf::CsrfSettings;
use super::keyring::Keyring;
use crate::load_defaults::LoadDefaults;
use crate::session::context::Context;

/// Returns the jars of the app whose request this is; `None` where it has none of Rails.
pub(super) fn jars(context: &Context) -> Option<Arc<Keyring>> {
    Some(context.part::<InCookie>()?.jars.load_full())
}

/// Returns how the app makes authenticity tokens.
pub(super) fn csrf_settings(context: &Context) -> CsrfSettings {
    context
        .part()
        .map_or_else(|| LoadDefaults::NEWEST.into(), InCookie::csrf_settings)
}
