//! A plain tower service.

use std::convert::Infallible;

use axum::body::Bytes;
use hardtack::LazySession;
use http_body_util::Empty;
use tower::{ServiceBuilder, ServiceExt, service_fn};

use super::app::{Framework, Handler, Panicked, Request, Response, Sessions};
use super::http_types::{answer, layer, reply, request};

pub(crate) struct Tower;

impl Framework for Tower {
    fn name(&self) -> &'static str {
        "tower"
    }

    fn serve(
        &self,
        sessions: &Sessions,
        asked: Request,
        handler: Handler,
    ) -> Result<Response, Panicked> {
        let service = ServiceBuilder::new()
            .layer(layer(sessions))
            .service(service_fn(async |request: http::Request<Empty<Bytes>>| {
                let session = request.extensions().get::<LazySession>().unwrap();
                Ok::<_, Infallible>(reply(handler.clone().reply(session.clone()).await))
            }));
        answer(service.oneshot(request(&asked)))
    }
}
