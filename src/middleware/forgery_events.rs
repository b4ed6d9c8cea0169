//! What the operator hears of refused requests, as `tracing` events of the target `hardtack`: of
//! each reason one in ten seconds, as of the session's. None holds a token.

use tracing::{error, warn};

use super::invalid_authenticity_token::InvalidAuthenticityToken;
use crate::clock::Clock;
use crate::session::events::Limit;
use crate::shown::Shown;

/// The limits, one for each reason and one for a missing session.
#[derive(Debug, Default)]
pub(super) struct ForgeryEvents {
    refused: [Limit; 6],
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

    /// Tells that a request was refused; of which origin, and which was expected.
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
        // The sender chose the one, and the header Host often tells the other. As texts, which
        // formatters quote, so that neither forges a field beside it.
        let origin = origin.map(|origin| Shown::new(origin).to_string());
        let base_url = base_url.map(|url| Shown::new(url).to_string());
        warn!(
            target: "hardtack",
            %reason,
            hint = reason.hint(),
            origin,
            base_url,
            untold,
            "a request was refused that may be forged"
        );
    }

    /// Tells that a request was refused whose origin was found right.
    pub(super) fn refused_form(
        &self,
        reason: InvalidAuthenticityToken,
    ) -> InvalidAuthenticityToken {
        self.refused(reason, None, None);
        reason
    }

    /// Tells that there is no session to look at.
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
