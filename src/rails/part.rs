//! [`RailsPart`]: what Rails' own parts of a session need of the app.

use std::sync::Arc;

use arc_swap::ArcSwap;

use super::csrf::CsrfSettings;
use super::jars::Jars;
use crate::rails_version::RailsVersion;
use crate::session::context::Context;

/// The jars of an app, which may be replaced while it runs, and how it makes authenticity tokens.
pub(super) struct RailsPart {
    pub(super) jars: ArcSwap<Jars>,
    pub(super) csrf: Option<CsrfSettings>,
}

impl RailsPart {
    fn csrf_settings(&self) -> CsrfSettings {
        self.csrf
            .unwrap_or_else(|| self.jars.load().session.settings().into())
    }
}

/// Returns the jars of the app whose request this is; `None` where it has none of Rails.
pub(super) fn jars(context: &Context) -> Option<Arc<Jars>> {
    Some(context.part::<RailsPart>()?.jars.load_full())
}

/// Returns how the app makes authenticity tokens.
pub(super) fn csrf_settings(context: &Context) -> CsrfSettings {
    context
        .part()
        .map_or_else(|| RailsVersion::NEWEST.into(), RailsPart::csrf_settings)
}
