//! A router of axum.

use axum::Router;
use axum::body::Body;
use hardtack::{LazySession, Session};
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
        let app: Router = match handler {
            Handler::Loaded(handler) => Router::new()
                .fallback(async move |session: Session| reply(handler(session)).map(Body::new)),
            Handler::Lazy(handler) => Router::new().fallback(async move |session: LazySession| {
                reply(handler(session).await).map(Body::new)
            }),
        };
        let app = app.layer(layer(sessions));
        answer(app.oneshot(request::<Body>(&asked)))
    }
}
