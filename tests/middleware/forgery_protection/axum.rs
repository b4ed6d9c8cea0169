//! axum, and so `tower`.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request as HttpRequest, Response};
use hardtack::tower::CsrfLayer;
use hardtack::{ForgeryProtection, Session};
use http_body::{Frame, SizeHint};
use tower::ServiceExt;

use super::app::{Answer, Framework, OnRefusal, Request};

pub(crate) struct Axum;

impl Framework for Axum {
    fn name(&self) -> &'static str {
        "axum"
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
        let mut builder = HttpRequest::builder()
            .method(request.method)
            .uri(request.uri);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let body = Body::new(Pieces {
            length: request.has_length.then(|| request.length() as u64),
            breaks_off: request.breaks_off,
            rest: request.pieces.into(),
            pulled: pulled.clone(),
        });
        let mut http = builder.body(body).unwrap();
        if let Some(session) = session {
            http.extensions_mut().insert(session);
        }

        let (counter, at_handler) = (pulled.clone(), before.clone());
        let app = Router::new().fallback(move |request: HttpRequest<Body>| async move {
            at_handler.store(counter.load(SeqCst), SeqCst);
            to_bytes(request.into_body(), usize::MAX).await.unwrap()
        });
        let layer = CsrfLayer::new(protection);
        let app = match on_refusal {
            None => app.layer(layer),
            Some(on_refusal) => app.layer(layer.on_refusal(move |reason, head| {
                assert!(head.extensions.get::<Session>().is_some());
                on_refusal(reason);
                Response::builder().status(418).body(Body::empty()).unwrap()
            })),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap();
        runtime.block_on(async {
            let response = app.oneshot(http).await.unwrap();
            let status = response.status().as_u16();
            let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
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
    length: Option<u64>,
    breaks_off: bool,
    pulled: Arc<AtomicUsize>,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        if let Some(piece) = self.rest.pop_front() {
            self.pulled.fetch_add(1, SeqCst);
            Poll::Ready(Some(Ok(Frame::data(piece.into()))))
        } else if self.breaks_off {
            Poll::Ready(Some(Err(std::io::ErrorKind::UnexpectedEof.into())))
        } else {
            Poll::Ready(None)
        }
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map(SizeHint::with_exact).unwrap_or_default()
    }
}
