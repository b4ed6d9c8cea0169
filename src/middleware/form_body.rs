//! [`FormBody`]: a body that is read for the token in it.

use std::sync::Arc;

use bytes::{Bytes, BytesMut};

use super::forgery_events::ForgeryEvents;
use super::form_type::FormType;
use super::invalid_authenticity_token::InvalidAuthenticityToken;
use crate::rails::csrf::AuthenticityTokens;

/// `HTTP_METHODS` (Rack 2.2 `method_override.rb`): what a POST may stand for.
const METHODS: [&str; 9] = [
    "GET", "HEAD", "PUT", "POST", "DELETE", "OPTIONS", "PATCH", "LINK", "UNLINK",
];

/// The body of a request whose head has no valid token, as far as it has come.
pub(super) struct FormBody {
    pub(super) kind: FormType,
    /// In bytes.
    pub(super) limit: usize,
    pub(super) body: BytesMut,
    pub(super) tokens: AuthenticityTokens,
    pub(super) target: Target<Box<str>>,
    /// The header's token, which `_method` may yet make valid.
    pub(super) sent: Option<Box<[u8]>>,
    pub(super) events: Arc<ForgeryEvents>,
}

impl FormBody {
    /// Takes a piece of the body, unless the body gets longer than it may be.
    pub(super) fn push(&mut self, piece: &[u8]) -> Result<(), InvalidAuthenticityToken> {
        if piece.len() > self.limit.saturating_sub(self.body.len()) {
            return Err(self
                .events
                .refused_form(InvalidAuthenticityToken::FormTooLarge));
        }
        self.body.extend_from_slice(piece);
        Ok(())
    }

    /// The body broke off.
    pub(super) fn broke_off(self) -> InvalidAuthenticityToken {
        self.events
            .refused_form(InvalidAuthenticityToken::UnreadableForm)
    }

    /// The whole body, for the handler, where the request is verified.
    pub(super) fn verify(self) -> Result<Bytes, InvalidAuthenticityToken> {
        let refuse = |reason| Err(self.events.refused_form(reason));
        let body = self.body.freeze();
        let fields = match self.kind.fields(&body) {
            Ok(fields) => fields,
            Err(reason) => return refuse(reason),
        };
        let mut target = self.target;
        // The field comes before the header, even where it names no method (Rack 2.2
        // method_override.rb).
        if let Some(method) = &fields.method {
            target.stands_for = override_of(&target.method, method);
        }
        let in_form = fields.token.as_deref().filter(|token| !token.is_empty());
        let mut tokens = in_form.into_iter().chain(self.sent.as_deref()).peekable();
        if tokens.peek().is_none() {
            refuse(InvalidAuthenticityToken::NoToken)
        } else if tokens.any(|token| target.is_authentic(&self.tokens, token)) {
            Ok(body)
        } else {
            refuse(InvalidAuthenticityToken::WrongToken)
        }
    }
}

/// What a per-form token must be for.
pub(super) struct Target<T> {
    pub(super) path: T,
    pub(super) method: T,
    /// The method that `_method` or its header names.
    pub(super) stands_for: Option<&'static str>,
}

impl<T: AsRef<str>> Target<T> {
    pub(super) fn is_authentic(&self, tokens: &AuthenticityTokens, token: &[u8]) -> bool {
        let is_for = |method| tokens.verify(token, self.path.as_ref(), method);
        is_for(self.method.as_ref()) || self.stands_for.is_some_and(is_for)
    }
}

/// The method that a request stands for: POST alone may stand for another.
pub(super) fn override_of(method: &str, other: &str) -> Option<&'static str> {
    let mut known = METHODS.into_iter();
    (method == "POST").then(|| known.find(|known| known.eq_ignore_ascii_case(other)))?
}
