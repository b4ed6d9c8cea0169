//! axum, and so `tower`.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{Request as HttpRequest, Response};
use hardtack::csrf::ForgeryProtection;
use hardtack::tower::CsrfLayer;
use hardtack::{LazySession, Session};
use http_body::{Frame, SizeHint};
use tower::ServiceExt;

use super::app::{Answer, BrokenOff, Framework, OnRefusal, Pieces, Progress, Request};

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
        let mut builder = HttpRequest::builder()
            .method(request.method)
            .uri(request.uri);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value);
        }
        let pieces = Pieces::of(&request);
        let progress = Progress::not_yet(&pieces);
        let body = Body::new(Sent {
            length: request.has_length.then(|| request.length() as u64),
            pieces,
        });
        let mut http = builder.body(body).unwrap();
        if let Some(session) = session {
            http.extensions_mut().insert(LazySession::from(session));
        }

        let at_handler = progress.clone();
        let app = Router::new().fallback(move |request: HttpRequest<Body>| async move {
            at_handler.now();
            to_bytes(request.into_body(), usize::MAX).await.unwrap()
        });
        let layer = CsrfLayer::new(protection);
        let app = match on_refusal {
            None => app.layer(layer),
            Some(on_refusal) => app.layer(layer.on_refusal(move |reason, head| {
                assert!(head.extensions.get::<LazySession>().is_some());
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
            progress.answer(status, body.into())
        })
    }
}

struct Sent {
    pieces: Pieces,
    length: Option<u64>,
}

impl http_body::Body for Sent {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        let piece = self.pieces.pull();
        Poll::Ready(piece.map(|piece| match piece {
            Ok(piece) => Ok(Frame::data(piece.into())),
            Err(BrokenOff) => Err(std::io::ErrorKind::UnexpectedEof.into()),
        }))
    }

    fn size_hint(&self) -> SizeHint {
        self.length.map(SizeHint::with_exact).unwrap_or_default()
    }
}
