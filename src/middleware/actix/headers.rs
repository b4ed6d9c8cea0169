//! The headers that a session adds to a response.

use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, SET_COOKIE, VARY};

use crate::http::set_cookie::SetCookie;
use crate::middleware::answer::is_overruled;
use crate::session::context::Context;

/// Appends the cookies to those of the handler, which cannot replace the session's.
pub(super) fn append(headers: &mut HeaderMap, cookies: Vec<SetCookie>, context: &Context) {
    if !cookies.is_empty() && headers.contains_key(SET_COOKIE) {
        let set = headers.get_all(SET_COOKIE);
        let kept: Vec<HeaderValue> = set
            .filter(|value| !is_overruled(context, value.as_bytes(), &cookies))
            .cloned()
            .collect();
        headers.remove(SET_COOKIE);
        for value in kept {
            headers.append(SET_COOKIE, value);
        }
    }
    // The parts of a cookie were checked to be ASCII that a header may hold: no cookie is left out.
    let values = cookies
        .into_iter()
        .map(|cookie| cookie.into_header().try_into());
    for value in values.filter_map(Result::<HeaderValue, _>::ok) {
        headers.append(SET_COOKIE, value);
    }
}

/// Tells caches that the response depends on the request's cookies, if it does.
pub(super) fn tell_caches(headers: &mut HeaderMap, context: &Context) {
    let values = |name| headers.get_all(name).map(HeaderValue::as_bytes);
    let told = context.cache_headers(values);
    // The value consists of values of this very header.
    if let Some(Ok(vary)) = told
        .vary
        .map(|vary| HeaderValue::from_bytes(vary.as_bytes()))
    {
        headers.insert(VARY, vary);
    }
    if let Some(value) = told.cache_control {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(value));
    }
}
