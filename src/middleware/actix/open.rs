//! The session of a request, before anything of it is read.

use std::sync::Arc;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{COOKIE, HeaderValue};
use actix_web::http::uri::Authority;

use crate::session::context::Context;
use crate::session::origin::RequestOrigin;
use crate::session::place::Place;
use crate::session::sessions::Sessions;

pub(super) fn open(sessions: &Arc<Sessions<dyn Place>>, request: &ServiceRequest) -> Context {
    let origin = origin(sessions, request);
    let mut headers = request.headers().get_all(COOKIE);
    match (headers.next(), headers.next()) {
        (None, _) => Context::new(sessions.clone(), "", origin),
        // A clone shares the bytes.
        (Some(only), None) => Context::new(sessions.clone(), only.clone(), origin),
        // HTTP/2 lets a browser split its cookies over several headers (RFC 9113 section 8.2.3).
        _ => {
            let headers = request.headers().get_all(COOKIE);
            let headers: Vec<&[u8]> = headers.map(HeaderValue::as_bytes).collect();
            Context::new(sessions.clone(), headers.join(&b"; "[..]), origin)
        }
    }
}

/// Returns the scheme and host of a request. It avoids `connection_info`, which trusts any client's
/// header `Forwarded`.
fn origin(sessions: &Sessions<dyn Place>, request: &ServiceRequest) -> RequestOrigin {
    // A host in the URI overrides the header (RFC 9112 section 3.2.2). HTTP/2 sends the host there
    // (`:authority`, RFC 9113 section 8.3.1). The part before `@` is not the host.
    let authority = request.uri().authority().map(Authority::as_str);
    let authority = authority.and_then(|uri| uri.rsplit('@').next());
    let is_tls = request.app_config().secure();
    sessions.policy.origin(is_tls, |name| {
        let own = authority.filter(|_| name == "host").map(str::as_bytes);
        let sent = own.is_none().then(|| request.headers().get_all(name));
        let sent = sent.into_iter().flatten().map(HeaderValue::as_bytes);
        own.into_iter().chain(sent)
    })
}
