//! A plain tower service.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Bytes;
use hardtack::tower::SessionLayer;
use hardtack::{CookieStore, LazySession};
use http_body_util::Empty;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::app::{Framework, Handler, Panicked, Request, Response};
use super::http_types::{answer, reply, request};

pub(crate) struct Tower;

impl Framework for Tower {
    fn name(&self) -> &'static str {
        "tower"
    }

    fn serve(
        &self,
        store: &Arc<CookieStore>,
        asked: Request,
        handler: Handler,
    ) -> Result<Response, Panicked> {
        let service = ServiceBuilder::new()
            .layer(SessionLayer::new(store.clone()))
            .service(service_fn(async |request: http::Request<Empty<Bytes>>| {
                let session = request.extensions().get::<LazySession>().unwrap();
                Ok::<_, Infallible>(reply(handler(session.load().await.unwrap())))
            }));
        answer(service.oneshot(request(&asked)))
    }
}
