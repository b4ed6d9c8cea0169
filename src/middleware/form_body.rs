//! [`FormBody`]: a body that is read to find its token.

use std::borrow::Cow;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::forgery_events::ForgeryEvents;
use super::form_type::FormType;
use super::invalid_authenticity_token::InvalidAuthenticityToken;
use crate::rails::csrf::AuthenticityTokens;

/// The methods that a POST may stand for (`HTTP_METHODS`, Rack 2.2 `method_override.rb`), less GET
/// and HEAD, which would need no token: the request stays a POST.
const METHODS: [&str; 7] = [
    "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "LINK", "UNLINK",
];

/// The body, as far as it has arrived, of a request without a valid token in its headers.
pub(super) struct FormBody {
    pub(super) kind: FormType,
    /// The name of the token's field.
    pub(super) token_name: Cow<'static, str>,
    /// The maximum length in bytes.
    pub(super) limit: usize,
    pub(super) body: BytesMut,
    pub(super) tokens: AuthenticityTokens,
    pub(super) path: Box<str>,
    pub(super) method: Box<str>,
    /// The method that the header `X-HTTP-Method-Override` names.
    pub(super) stands_for: Option<&'static str>,
    /// The header's token, which the field `_method` may still make valid.
    pub(super) sent: Option<Box<[u8]>>,
    pub(super) events: Arc<ForgeryEvents>,
}

impl FormBody {
    /// Adds a piece of the body, unless the body would exceed its limit.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), InvalidAuthenticityToken> {
        if piece.len() > self.limit.saturating_sub(self.body.len()) {
            return Err(self
                .events
                .refused_form(InvalidAuthenticityToken::FormTooLarge));
        }
        self.body.extend_from_slice(piece);
        Ok(())
    }

    /// Refuses the request because its body broke off.
    pub(super) fn broke_off(self) -> InvalidAuthenticityToken {
        self.events
            .refused_form(InvalidAuthenticityToken::UnreadableForm)
    }

    /// Returns the complete body for the handler if the request is verified.
    pub(super) fn verify(self) -> Result<Bytes, InvalidAuthenticityToken> {
        let refuse = |reason| Err(self.events.refused_form(reason));
        let body = self.body.freeze();
        let fields = match self.kind.fields(&body, &self.token_name) {
            Ok(fields) => fields,
            Err(reason) => return refuse(reason),
        };
        // The field takes precedence over the header, even if it names no method (Rack 2.2
        // `method_override.rb`).
        let stands_for = match &fields.method {
            Some(other) => override_of(&self.method, other),
            None => self.stands_for,
        };
        let method = stands_for.unwrap_or(&self.method);
        let in_form = fields.token.as_deref().filter(|token| !token.is_empty());
        let mut tokens = in_form.into_iter().chain(self.sent.as_deref()).peekable();
        if tokens.peek().is_none() {
            refuse(InvalidAuthenticityToken::NoToken)
        } else if tokens.any(|token| self.tokens.verify(token, &self.path, method)) {
            Ok(body)
        } else {
            refuse(InvalidAuthenticityToken::WrongToken)
        }
    }
}

/// Returns the method that a request stands for: only a POST may stand for another.
pub(super) fn override_of(method: &str, other: &str) -> Option<&'static str> {
    let mut known = METHODS.into_iter();
    (method == "POST").then(|| known.find(|known| known.eq_ignore_ascii_case(other)))?
}
