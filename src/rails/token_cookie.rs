//! [`TokenCookie`]: the authenticity token in a cookie of its own, bound to the session's id
//! (`RequestForgeryProtection::CookieStore`, Rails 7.1 to 8.1 `request_forgery_protection.rb`).

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::app_settings::keyring;
use super::csrf::AuthenticityTokens;
use super::csrf_settings::CsrfSettings;
use super::sealed_session::CSRF_TOKEN;
use crate::error::Error;
use crate::http::cookie_attributes::CookieAttributes;
use crate::http::set_cookie::{SetCookie, twenty_years_after};
use crate::rails::jar::Jar;
use crate::session::bound_cookie::BoundCookie;
use crate::session::context::Context;
use crate::session::cookies::Cookies;
use crate::session::data::SessionData;
use crate::session::policy::Policy;
use crate::settings::SameSite;

/// The content of the cookie, as JSON text.
#[derive(Deserialize, Serialize)]
struct Content<'a> {
    #[serde(borrow)]
    token: Cow<'a, str>,
    /// `None` for a browser without a session.
    session_id: Option<SessionId>,
}

/// A `Rack::Session::SessionId`, as JSON.
#[derive(Deserialize, Serialize)]
struct SessionId {
    public_id: Option<String>,
}

/// The token that this request uses.
struct TokenCookie {
    name: Box<str>,
    jar: Arc<Jar>,
    token: Zeroizing<String>,
    /// The session's id in the cookie that the browser sent.
    bound_to: Option<String>,
    /// True if the cookie is set whatever it is bound to: it is new, or an older key sealed it.
    is_due: bool,
    /// True if the browser has a cookie of this name.
    came: bool,
    /// The revision of the session after which the token counts.
    valid_from: u64,
}

/// Returns the request's tokens; `None` if it sent no cookie of its session.
pub(super) fn find(
    context: &Context,
    settings: &CsrfSettings,
    name: &str,
) -> Option<AuthenticityTokens> {
    let loaded = context.loaded();
    let valid_from = loaded.data.changed_at(CSRF_TOKEN);
    if let Some(used) = context.bound::<TokenCookie>() {
        // `reset`, `renew` and a login end the tokens.
        let is_valid = used.valid_from == valid_from;
        return is_valid.then(|| AuthenticityTokens::parse(&used.token, settings.clone()))?;
    }
    if valid_from != 0 {
        return None;
    }
    let jar = keyring(context)?.encrypted().clone();
    let found = Cookies(context.clone()).encrypted().explain(name);
    let outcome = found
        .as_ref()
        .map(|opened| opened.as_ref().map(|opened| *opened.sealed_by()));
    if let Some(outcome) = outcome.transpose() {
        context
            .policy()
            .heard_of_cookie(name, outcome.map_err(|refusal| *refusal));
    }
    let opened = found.ok()??;
    let is_due = opened.needs_rewrite();
    let text = Zeroizing::new(opened.value().as_str()?.to_owned());
    let Content { token, session_id } = serde_json::from_str(&text).ok()?;
    let bound_to = session_id.and_then(|id| id.public_id);
    if bound_to != context.id_was() {
        return None;
    }
    let tokens = AuthenticityTokens::parse(&token, settings.clone())?;
    context.bind(TokenCookie {
        name: name.into(),
        jar,
        token: Zeroizing::new(token.into_owned()),
        bound_to,
        is_due,
        came: true,
        valid_from,
    });
    Some(tokens)
}

/// Creates the tokens of a request that has none: the response sets their cookie.
pub(super) fn create(
    context: &Context,
    settings: CsrfSettings,
    name: &str,
) -> Result<AuthenticityTokens, Error> {
    context.writable()?;
    let jar = keyring(context)
        .ok_or(Error::NoKeyring)?
        .encrypted()
        .clone();
    let tokens = AuthenticityTokens::generate(settings)?;
    context.bind(TokenCookie {
        name: name.into(),
        jar,
        token: tokens.text(),
        bound_to: None,
        is_due: true,
        came: context.header().get(name).is_some(),
        valid_from: context.loaded().data.changed_at(CSRF_TOKEN),
    });
    Ok(tokens)
}

impl BoundCookie for TokenCookie {
    fn after(
        &self,
        policy: &Policy,
        id: Option<&str>,
        data: &SessionData,
    ) -> Result<Option<SetCookie>, Error> {
        let attributes = CookieAttributes::new()
            .http_only(true)
            .same_site(Some(SameSite::Lax))
            .secure(policy.attributes.is_secure());
        if self.valid_from != data.changed_at(CSRF_TOKEN) {
            let delete = || SetCookie::delete(&self.name, &attributes);
            return self.came.then(delete).transpose();
        }
        if !self.is_due && self.bound_to.as_deref() == id {
            return Ok(None);
        }
        let id = id.map(|id| SessionId {
            public_id: Some(id.to_owned()),
        });
        let content = Content {
            token: Cow::Borrowed(&self.token),
            session_id: id,
        };
        let json = serde_json::to_string(&content).map(Zeroizing::new);
        let json = json.map_err(|error| Error::UnwritableValue {
            reason: error.to_string(),
        })?;
        let attributes = attributes.expires(twenty_years_after(policy.now()));
        self.jar
            .write(&self.name, json.as_str(), &attributes)
            .map(Some)
    }
}
