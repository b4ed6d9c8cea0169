//! An app that repeats what it is sent, under any framework, inside the protection.

use std::sync::Arc;

use hardtack::{ForgeryProtection, InvalidAuthenticityToken, Session};

#[derive(Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) uri: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body as it comes.
    pub(crate) pieces: Vec<Vec<u8>>,
    /// Whether its length is said before it.
    pub(crate) has_length: bool,
    /// Whether the connection breaks off at its end.
    pub(crate) breaks_off: bool,
}

impl Request {
    pub(crate) fn new(method: &'static str, uri: &'static str) -> Self {
        Self {
            method,
            uri,
            headers: Vec::new(),
            pieces: Vec::new(),
            has_length: true,
            breaks_off: false,
        }
    }

    pub(crate) fn length(&self) -> usize {
        self.pieces.iter().map(Vec::len).sum()
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// What the handler got, repeated by it.
    pub(crate) body: Vec<u8>,
    /// Whether the handler was called.
    pub(crate) handled: bool,
    /// How many pieces of the body were read before it was, or at all.
    pub(crate) pulled: usize,
}

/// Is told why a request was refused, which is then answered by 418.
pub(crate) type OnRefusal = Arc<dyn Fn(InvalidAuthenticityToken) + Send + Sync>;

pub(crate) trait Framework {
    fn name(&self) -> &'static str;

    fn serve(
        &self,
        protection: ForgeryProtection,
        session: Option<Session>,
        request: Request,
        on_refusal: Option<OnRefusal>,
    ) -> Answer;
}
