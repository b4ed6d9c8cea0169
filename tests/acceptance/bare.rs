//! No framework at all: what each middleware does, by the public API alone.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use hardtack::{CookieStore, Session};

use crate::app::{Body, Framework, Handler, Panicked, Request, Response};

pub(crate) struct Bare;

impl Framework for Bare {
    fn name(&self) -> &'static str {
        "bare"
    }

    fn serve(
        &self,
        store: &Arc<CookieStore>,
        request: Request,
        handler: Handler,
    ) -> Result<Response, Panicked> {
        let header = |name: &str| {
            let mut found = request.headers.iter().filter(|(known, _)| *known == name);
            let found = match name {
                "x-forwarded-host" => found.next_back(),
                _ => found.next(),
            };
            found.map(|(_, value)| value.as_bytes())
        };
        let origin = store.origin(request.tls, header);
        let session = Session::open(store, request.cookies.join("; "), origin);
        let outcome = catch_unwind(AssertUnwindSafe(|| handler(session.clone())));
        let reply = outcome.map_err(|_| Panicked)?;
        let mut cache_control = reply
            .headers
            .iter()
            .find(|(name, _)| *name == "cache-control")
            .map(|(_, value)| (*value).to_owned());
        let Ok(commit) = session.commit(reply.status) else {
            return Ok(Response {
                status: 500,
                set_cookies: Vec::new(),
                cache_control: None,
                body: String::new(),
            });
        };
        let cookies = [commit.cookies(), &session.cookies().take()].concat();
        if !cookies.is_empty() && cache_control.is_none() {
            cache_control = Some("private".to_owned());
        }
        let own = reply
            .headers
            .iter()
            .filter(|(name, _)| *name == "set-cookie");
        let set_cookies = own
            .map(|(_, value)| (*value).to_owned())
            .chain(cookies.iter().map(ToString::to_string))
            .collect();
        Ok(Response {
            status: reply.status,
            set_cookies,
            cache_control,
            body: match reply.body {
                Body::Text(text) => text,
                Body::Stream(pieces) => pieces.into_iter().map(|piece| piece()).collect(),
            },
        })
    }
}
