//! An app, under any framework, that answers with the request that it got, inside the protection.

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use hardtack::Session;
use hardtack::csrf::{ForgeryProtection, InvalidAuthenticityToken};

#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) uri: &'static str,
    pub(crate) headers: Vec<(&'static str, String)>,
    /// The body, in pieces.
    pub(crate) pieces: Vec<Vec<u8>>,
    /// Is `true` if the request has a `Content-Length`.
    pub(crate) has_length: bool,
    /// Is `true` if the connection breaks off at the end of the body.
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

/// The body of an incoming request, which counts how many pieces were read.
pub(crate) struct Pieces {
    rest: VecDeque<Vec<u8>>,
    breaks_off: bool,
    pulled: Arc<AtomicUsize>,
}

/// The error of a connection that broke off.
pub(crate) struct BrokenOff;

impl Pieces {
    pub(crate) fn of(request: &Request) -> Self {
        Self {
            rest: request.pieces.clone().into(),
            breaks_off: request.breaks_off,
            pulled: Arc::default(),
        }
    }

    pub(crate) fn pull(&mut self) -> Option<Result<Vec<u8>, BrokenOff>> {
        if let Some(piece) = self.rest.pop_front() {
            self.pulled.fetch_add(1, SeqCst);
            return Some(Ok(piece));
        }
        self.breaks_off.then_some(Err(BrokenOff))
    }
}

/// Counts the pieces of the body that were read before the handler was called.
#[derive(Clone)]
pub(crate) struct Progress {
    before: Arc<AtomicUsize>,
    pulled: Arc<AtomicUsize>,
}

impl Progress {
    pub(crate) fn not_yet(pieces: &Pieces) -> Self {
        Self {
            before: Arc::new(AtomicUsize::new(usize::MAX)),
            pulled: pieces.pulled.clone(),
        }
    }

    pub(crate) fn now(&self) {
        self.before.store(self.pulled.load(SeqCst), SeqCst);
    }

    pub(crate) fn answer(&self, status: u16, body: Vec<u8>) -> Answer {
        let before = self.before.load(SeqCst);
        Answer {
            status,
            body,
            handled: before != usize::MAX,
            pulled: self.pulled.load(SeqCst).min(before),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The request that the handler got.
    pub(crate) body: Vec<u8>,
    /// Is `true` if the handler was called.
    pub(crate) handled: bool,
    /// The number of pieces of the body that were read before the handler was called, or at all.
    pub(crate) pulled: usize,
}

/// A hook that gets the reason of a refusal; the response is then 418.
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
