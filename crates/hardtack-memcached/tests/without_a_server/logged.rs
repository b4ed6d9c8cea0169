//! [`Logged`]: the events of this thread, as text.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex, Once};

use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::subscriber::DefaultGuard;
use tracing::{Event, Metadata, Subscriber};

/// Collects the events of the target `hardtack` until it is dropped.
pub(crate) struct Logged {
    events: Arc<Mutex<Vec<String>>>,
    _guard: DefaultGuard,
}

impl Logged {
    /// Starts to collect.
    ///
    /// `tracing` asks once, for each place that logs, if a subscriber listens. With a single subscriber
    /// it asks the thread that first reaches the place, and a thread without one says no for all
    /// threads. So every thread has a subscriber, which drops its events.
    pub(crate) fn start() -> Self {
        static EVERY_THREAD: Once = Once::new();
        EVERY_THREAD.call_once(|| {
            tracing::subscriber::set_global_default(Collector(None)).unwrap();
        });
        let events: Arc<Mutex<Vec<String>>> = Arc::default();
        let guard = tracing::subscriber::set_default(Collector(Some(events.clone())));
        Self {
            events,
            _guard: guard,
        }
    }

    /// Returns the events since the last call.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.events.lock().unwrap())
    }
}

struct Collector(Option<Arc<Mutex<Vec<String>>>>);

impl Subscriber for Collector {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "hardtack"
    }

    fn event(&self, event: &Event<'_>) {
        let Some(events) = &self.0 else { return };
        let mut text = Text(String::new());
        event.record(&mut text);
        events.lock().unwrap().push(text.0);
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, "{field}={value:?} ").unwrap();
    }
}
