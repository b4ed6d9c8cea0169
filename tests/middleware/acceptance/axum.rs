//! A router of axum.

use axum::Router;
use axum::body::Body;
use hardtack::Session;
use tower::ServiceExt;

use super::app::{Framework, Handler, Panicked, Request, Response, Sessions};
use super::http_types::{answer, layer, reply, request};

pub(crate) struct Axum;

impl Framework for Axum {
    fn name(&self) -> &'static str {
        "axum"
    }

    fn serve(
        &self,
        sessions: &Sessions,
        asked: Request,
        handler: Handler,
    ) -> Result<Response, Panicked> {
        let app: Router = Router::new()
            .fallback(async move |session: Session| reply(handler(session)).map(Body::new))
            .layer(layer(sessions));
        answer(app.oneshot(request::<Body>(&asked)))
    }
}
