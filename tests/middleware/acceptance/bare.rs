//! No framework: the steps of a middleware, by the public API alone.

use std::panic::{AssertUnwindSafe, catch_unwind};

use hardtack::LazySession;

use super::app::{Body, Framework, Handler, Panicked, Request, Response, Sessions, joined, status};
use super::recorded::now;

pub(crate) struct Bare;

impl Framework for Bare {
    fn name(&self) -> &'static str {
        "bare"
    }

    fn serve(
        &self,
        sessions: &Sessions,
        request: Request,
        handler: Handler,
    ) -> Result<Response, Panicked> {
        let header = |name: &str| {
            let sent = request.headers.iter();
            let same = sent.filter(|(known, _)| *known == name);
            same.map(|(_, value)| value.as_bytes()).collect::<Vec<_>>()
        };
        let cookies = request.cookies.join("; ");
        let lazy = match sessions {
            Sessions::InCookie(sessions) => {
                let origin = sessions.origin(request.tls, header);
                LazySession::open(sessions, cookies, origin)
            }
            Sessions::OnServer(sessions) => {
                let origin = sessions.origin(request.tls, header);
                LazySession::open(sessions, cookies, origin)
            }
        };
        // No store of these tests makes anybody wait.
        let reply = catch_unwind(AssertUnwindSafe(|| now(handler.reply(lazy.clone()))));
        let reply = reply.map_err(|_| Panicked)?;
        let own = |name: &str| -> Vec<&'static str> {
            let headers = reply.headers.iter().filter(|(known, _)| *known == name);
            headers.map(|(_, value)| *value).collect()
        };
        let commit = now(lazy.commit(reply.status));
        let (status, set_cookies) = match &commit {
            Ok(commit) => {
                let cookies = [commit.cookies(), &lazy.cookies().take()].concat();
                let own = own("set-cookie").into_iter().map(str::to_owned);
                let set = own.chain(cookies.iter().map(ToString::to_string));
                (reply.status, set.collect())
            }
            Err(error) => (status(error), Vec::new()),
        };
        let own = |name: &str| {
            if commit.is_ok() {
                own(name)
            } else {
                Vec::new()
            }
        };
        let told = lazy.cache_headers(|name| -> Vec<&[u8]> {
            match name {
                "set-cookie" => set_cookies.iter().map(String::as_bytes).collect(),
                _ => own(name).into_iter().map(str::as_bytes).collect(),
            }
        });
        let of_own = |name: &str| own(name).into_iter().map(str::to_owned);
        Ok(Response {
            status,
            vary: match told.vary {
                Some(vary) => vec![vary.into_owned()],
                None => of_own("vary").collect(),
            },
            cache_control: match told.cache_control {
                Some(value) => Some(value.to_owned()),
                None => joined(of_own("cache-control")),
            },
            set_cookies,
            body: match reply.body {
                _ if commit.is_err() => String::new(),
                Body::Text(text) => text,
                Body::Stream(pieces) => pieces.into_iter().map(|piece| piece()).collect(),
            },
        })
    }
}
