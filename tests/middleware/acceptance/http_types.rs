//! Requests and responses in the types of the crate `http`.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hardtack::tower::SessionLayer;
use http_body::Frame;
use http_body_util::BodyExt;

use super::app::{Body, Panicked, Reply, Request, Response, Sessions, joined};

/// A body of pieces. Each is made when the piece before it was sent.
#[derive(Default)]
pub(crate) struct Pieces(VecDeque<Box<dyn FnOnce() -> String + Send>>);

impl HttpBody for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let piece = self.0.pop_front();
        Poll::Ready(piece.map(|piece| Ok(Frame::data(piece().into()))))
    }
}

pub(crate) fn request<B: Default>(request: &Request) -> http::Request<B> {
    let host = request.headers.iter().find(|(name, _)| *name == "host");
    let host = host.map_or("localhost", |(_, host)| host);
    let uri = if request.tls {
        format!("https://{host}/")
    } else {
        "/".to_owned()
    };
    let mut builder = http::Request::get(uri);
    for (name, value) in &request.headers {
        builder = builder.header(*name, *value);
    }
    for cookies in &request.cookies {
        builder = builder.header("cookie", cookies);
    }
    builder.body(B::default()).unwrap()
}

/// Returns the session's layer.
pub(crate) fn layer(sessions: &Sessions) -> SessionLayer {
    match sessions {
        Sessions::InCookie(sessions) => SessionLayer::new(sessions.clone()),
        Sessions::OnServer(sessions) => SessionLayer::new(sessions.clone()),
    }
}

pub(crate) fn reply(reply: Reply) -> http::Response<Pieces> {
    let mut builder = http::Response::builder().status(reply.status);
    for (name, value) in &reply.headers {
        builder = builder.header(*name, *value);
    }
    let pieces = match reply.body {
        Body::Text(text) => VecDeque::from([Box::new(|| text) as _]),
        Body::Stream(pieces) => pieces.into(),
    };
    builder.body(Pieces(pieces)).unwrap()
}

/// Runs a call to its end, as a server does: first the headers, then the body.
pub(crate) fn answer<B, E>(
    call: impl Future<Output = Result<http::Response<B>, E>>,
) -> Result<Response, Panicked>
where
    B: HttpBody,
    B::Error: std::fmt::Debug,
    E: std::fmt::Debug,
{
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let runtime = runtime.unwrap();
    let called = catch_unwind(AssertUnwindSafe(|| runtime.block_on(call)));
    let (head, body) = called.map_err(|_| Panicked)?.unwrap().into_parts();
    let body = runtime.block_on(body.collect()).unwrap().to_bytes();
    let text = |value: &http::HeaderValue| value.to_str().unwrap().to_owned();
    let set_cookies = head.headers.get_all("set-cookie");
    Ok(Response {
        status: head.status.as_u16(),
        set_cookies: set_cookies.iter().map(text).collect(),
        vary: head.headers.get_all("vary").iter().map(text).collect(),
        cache_control: joined(head.headers.get_all("cache-control").iter().map(text)),
        body: String::from_utf8(body.to_vec()).unwrap(),
    })
}
