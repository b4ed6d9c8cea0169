//! actix-web.

use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::dev::{Payload, Service};
use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{App, HttpMessage, HttpResponse, test, web};
use futures_core::Stream;
use hardtack::actix::CsrfMiddleware;
use hardtack::csrf::ForgeryProtection;
use hardtack::{LazySession, Session};

use super::app::{Answer, BrokenOff, Framework, OnRefusal, Pieces, Progress, Request};

pub(crate) struct Actix;

impl Framework for Actix {
    fn name(&self) -> &'static str {
        "actix-web"
    }

    fn serve(
        &self,
        protection: ForgeryProtection,
        session: Option<Session>,
        request: Request,
        on_refusal: Option<OnRefusal>,
    ) -> Answer {
        let mut middleware = CsrfMiddleware::new(protection);
        if let Some(on_refusal) = on_refusal {
            middleware = middleware.on_refusal(move |reason, request| {
                assert!(request.extensions().get::<LazySession>().is_some());
                on_refusal(reason);
                HttpResponse::new(StatusCode::IM_A_TEAPOT)
            });
        }

        let mut builder = test::TestRequest::with_uri(request.uri)
            .method(Method::from_bytes(request.method.as_bytes()).unwrap());
        if request.has_length {
            builder = builder.insert_header(("content-length", request.length()));
        }
        for (name, value) in &request.headers {
            builder = builder.insert_header((*name, value.as_str()));
        }
        let pieces = Pieces::of(&request);
        let progress = Progress::not_yet(&pieces);
        let pieces: Pin<Box<dyn Stream<Item = _>>> = Box::pin(Body(pieces));
        let mut http = builder.to_request();
        *http.payload() = Payload::from(pieces);
        if let Some(session) = session {
            http.extensions_mut().insert(LazySession::from(session));
        }

        actix_web::rt::System::new().block_on(async {
            let at_handler = progress.clone();
            let handler = move |body: web::Payload| {
                at_handler.now();
                async move { body.to_bytes().await.unwrap() }
            };
            let app = App::new()
                .default_service(web::to(handler))
                .wrap(middleware);
            let app = test::init_service(app).await;
            let response = app.call(http).await.unwrap();
            let status = response.status().as_u16();
            let body = test::read_body(response).await;
            progress.answer(status, body.into())
        })
    }
}

struct Body(Pieces);

impl Stream for Body {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = self.0.pull();
        Poll::Ready(piece.map(|piece| match piece {
            Ok(piece) => Ok(piece.into()),
            Err(BrokenOff) => Err(PayloadError::Incomplete(None)),
        }))
    }
}
