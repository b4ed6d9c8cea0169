//! The events of refused requests, and of those that a token decides, for the operator: `tracing` events with the target `hardtack`. At
//! most one event for each reason is sent in ten seconds, as for sessions. No event holds a token.

use tracing::{error, info, warn};

use super::invalid_authenticity_token::InvalidAuthenticityToken;
use crate::clock::Clock;
use crate::session::events::Limit;
use crate::shown::Shown;

/// The limits, one for each reason, and one for each other event.
#[derive(Debug, Default)]
pub(super) struct ForgeryEvents {
    refused: [Limit; 8],
    token_fallback: Limit,
    missing_session: Limit,
    clock: Clock,
}

impl ForgeryEvents {
    pub(super) fn at(clock: Clock) -> Self {
        Self {
            clock,
            ..Self::default()
        }
    }

    /// Reports that a request was refused, with its origin and the expected one.
    pub(super) fn refused(
        &self,
        reason: InvalidAuthenticityToken,
        origin: Option<&[u8]>,
        base_url: Option<&str>,
    ) {
        let limit = self.refused.get(reason as usize);
        let Some(untold) = limit.and_then(|limit| limit.pass(self.clock.now())) else {
            return;
        };
        // The sender chose `origin`, and often `base_url` too, by the header Host. Log both as
        // texts, which formatters quote: neither can forge another field.
        let origin = origin.map(|origin| Shown::new(origin).to_string());
        let base_url = base_url.map(|url| Shown::new(url).to_string());
        warn!(
            target: "hardtack",
            %reason,
            hint = reason.hint(),
            origin,
            base_url,
            untold,
            "a request was refused, because it may be forged"
        );
    }

    /// Reports that a request with a valid origin was refused for its form.
    pub(super) fn refused_form(
        &self,
        reason: InvalidAuthenticityToken,
    ) -> InvalidAuthenticityToken {
        self.refused(reason, None, None);
        reason
    }

    /// Reports that the token decides about a request, since the header `Sec-Fetch-Site` does not.
    pub(super) fn token_fallback(&self) {
        if let Some(untold) = self.token_fallback.pass(self.clock.now()) {
            info!(
                target: "hardtack",
                untold,
                "a request without Sec-Fetch-Site was left to its token; ForgeryProtection::header_only may refuse such requests"
            );
        }
    }

    /// Reports that the request has no session.
    pub(super) fn missing_session(&self) {
        if let Some(untold) = self.missing_session.pass(self.clock.now()) {
            error!(
                target: "hardtack",
                untold,
                "the forgery protection found no session; put the session's middleware around it"
            );
        }
    }
}
