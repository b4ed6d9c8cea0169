//! A router of axum.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use hardtack::tower::SessionLayer;
use hardtack::{CookieStore, Session};
use tower::ServiceExt;

use super::app::{Framework, Handler, Panicked, Request, Response};
use super::http_types::{answer, reply, request};

pub(crate) struct Axum;

impl Framework for Axum {
    fn name(&self) -> &'static str {
        "axum"
    }

    fn serve(
        &self,
        store: &Arc<CookieStore>,
        asked: Request,
        handler: Handler,
    ) -> Result<Response, Panicked> {
        let app: Router = Router::new()
            .fallback(async move |session: Session| reply(handler(session)).map(Body::new))
            .layer(SessionLayer::new(store.clone()));
        answer(app.oneshot(request::<Body>(&asked)))
    }
}
