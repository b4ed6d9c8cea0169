//! actix-web.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use actix_web::dev::{Payload, Service};
use actix_web::error::PayloadError;
use actix_web::http::{Method, StatusCode};
use actix_web::web::Bytes;
use actix_web::{App, HttpMessage, HttpResponse, test, web};
use futures_core::Stream;
use hardtack::actix::CsrfMiddleware;
use hardtack::{ForgeryProtection, Session};

use super::app::{Answer, Framework, OnRefusal, Request};

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
        let pulled = Arc::new(AtomicUsize::new(0));
        let before = Arc::new(AtomicUsize::new(usize::MAX));
        let mut middleware = CsrfMiddleware::new(protection);
        if let Some(on_refusal) = on_refusal {
            middleware = middleware.on_refusal(move |reason, request| {
                assert!(request.extensions().get::<Session>().is_some());
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
        let pieces: Pin<Box<dyn Stream<Item = _>>> = Box::pin(Pieces {
            breaks_off: request.breaks_off,
            rest: request.pieces.into(),
            pulled: pulled.clone(),
        });
        let mut http = builder.to_request();
        *http.payload() = Payload::from(pieces);
        if let Some(session) = session {
            http.extensions_mut().insert(session);
        }

        actix_web::rt::System::new().block_on(async {
            let (counter, at_handler) = (pulled.clone(), before.clone());
            let handler = move |body: web::Payload| {
                at_handler.store(counter.load(SeqCst), SeqCst);
                async move { body.to_bytes().await.unwrap() }
            };
            let app = App::new()
                .default_service(web::to(handler))
                .wrap(middleware);
            let app = test::init_service(app).await;
            let response = app.call(http).await.unwrap();
            let status = response.status().as_u16();
            let body = test::read_body(response).await;
            let before = before.load(SeqCst);
            Answer {
                status,
                body: body.into(),
                handled: before != usize::MAX,
                pulled: pulled.load(SeqCst).min(before),
            }
        })
    }
}

struct Pieces {
    rest: VecDeque<Vec<u8>>,
    breaks_off: bool,
    pulled: Arc<AtomicUsize>,
}

impl Stream for Pieces {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(piece) = self.rest.pop_front() {
            self.pulled.fetch_add(1, SeqCst);
            Poll::Ready(Some(Ok(piece.into())))
        } else if self.breaks_off {
            Poll::Ready(Some(Err(PayloadError::Incomplete(None))))
        } else {
            Poll::Ready(None)
        }
    }
}
