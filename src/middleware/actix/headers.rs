//! The headers that a session adds to a response.

use actix_web::http::header::{CACHE_CONTROL, HeaderMap, HeaderValue, SET_COOKIE, VARY};

use crate::http::set_cookie::SetCookie;
use crate::session::context::Context;

/// Sets the cookies beside those that there are.
pub(super) fn append(headers: &mut HeaderMap, cookies: Vec<SetCookie>) {
    // What a cookie is made of was checked to be ASCII that a header may hold: none is left out.
    let values = cookies
        .into_iter()
        .map(|cookie| cookie.into_header().try_into());
    for value in values.filter_map(Result::<HeaderValue, _>::ok) {
        headers.append(SET_COOKIE, value);
    }
}

/// Tells caches that the response depends on the request's cookies, where it does.
pub(super) fn tell_caches(headers: &mut HeaderMap, context: &Context) {
    let values = |name| headers.get_all(name).map(HeaderValue::as_bytes);
    let told = context.cache_headers(values);
    // It is made of values of this very header.
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
