//! actix-web: its own service, without a socket.

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::vec::IntoIter;

use actix_service::{IntoServiceFactory, Service, ServiceFactory};
use actix_web::body::{BodySize, MessageBody, to_bytes};
use actix_web::dev::AppConfig;
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderValue;
use actix_web::rt::System;
use actix_web::test::TestRequest;
use actix_web::web::{self, Bytes};
use actix_web::{App, HttpResponse};
use hardtack::actix::SessionMiddleware;
use hardtack::{LazySession, Session};

use super::app::{Body, Framework, Handler, Panicked, Reply, Request, Response, Sessions, joined};

pub(crate) struct Actix;

impl Framework for Actix {
    fn name(&self) -> &'static str {
        "actix-web"
    }

    fn serve(
        &self,
        sessions: &Sessions,
        request: Request,
        handler: Handler,
    ) -> Result<Response, Panicked> {
        let serve = || System::new().block_on(serve(sessions, request, handler));
        catch_unwind(AssertUnwindSafe(serve)).map_err(|_| Panicked)
    }
}

async fn serve(sessions: &Sessions, request: Request, handler: Handler) -> Response {
    let route = match handler {
        Handler::Loaded(handler) => web::to(move |session: Session| {
            let reply = handler(session);
            async move { answer(reply) }
        }),
        Handler::Lazy(handler) => web::to(move |session: LazySession| {
            let reply = handler(session);
            async move { answer(reply.await) }
        }),
    };
    let app = App::new()
        .wrap(match sessions {
            Sessions::InCookie(sessions) => SessionMiddleware::new(sessions.clone()),
            Sessions::OnServer(sessions) => SessionMiddleware::new(sessions.clone()),
        })
        .default_service(route);
    let address = ([127, 0, 0, 1], 3000).into();
    // What a server is told by the socket that it listens on.
    let config = AppConfig::__priv_test_new(request.tls, "localhost".to_owned(), address);
    let app = app.into_factory().new_service(config).await.unwrap();

    let mut sent = TestRequest::default();
    for cookies in request.cookies {
        sent = sent.append_header(("cookie", cookies));
    }
    for header in request.headers {
        sent = sent.append_header(header);
    }
    let response = app.call(sent.to_request()).await.unwrap();
    let headers = response.headers();
    let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
    Response {
        status: response.status().as_u16(),
        set_cookies: headers.get_all("set-cookie").map(text).collect(),
        vary: headers.get_all("vary").map(text).collect(),
        cache_control: joined(headers.get_all("cache-control").map(text)),
        body: {
            let body = to_bytes(response.into_body()).await;
            let body = body.unwrap_or_else(|_| panic!("the body broke off"));
            String::from_utf8(body.to_vec()).unwrap()
        },
    }
}

fn answer(reply: Reply) -> HttpResponse {
    let mut response = HttpResponse::build(StatusCode::from_u16(reply.status).unwrap());
    for header in reply.headers {
        response.append_header(header);
    }
    match reply.body {
        Body::Text(text) => response.body(text),
        Body::Stream(pieces) => response.body(Pieces(pieces.into_iter())),
    }
}

/// A body whose pieces are made on demand.
struct Pieces(IntoIter<Box<dyn FnOnce() -> String + Send>>);

impl MessageBody for Pieces {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.0.next().map(|piece| Ok(Bytes::from(piece()))))
    }
}
