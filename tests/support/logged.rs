//! Collects the events of one test, while other tests run in the same process.

use std::io::{Write, sink};
use std::sync::{Arc, Mutex, Once};

use tracing::{Level, Subscriber, subscriber};

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Returns the events of every level that this thread logs during the call, one a line.
pub(crate) fn logged(run: impl FnOnce()) -> Vec<String> {
    let log = Log::default();
    let writer = log.clone();
    let lines = tracing_subscriber::fmt()
        .with_max_level(Level::TRACE)
        .without_time()
        .with_ansi(false)
        .with_writer(move || writer.clone());
    heard_by(lines.finish(), run);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().map(|line| line.trim().to_owned()).collect()
}

/// Runs a closure with this subscriber on this thread.
///
/// `tracing` asks once, for each place that logs, if a subscriber listens. With a single subscriber
/// it asks the thread that first reaches the place, and a thread without a subscriber says no for
/// all threads. So every thread has a subscriber, which drops its events.
pub(crate) fn heard_by(subscriber: impl Subscriber + Send + Sync, run: impl FnOnce()) {
    static EVERY_THREAD: Once = Once::new();
    EVERY_THREAD.call_once(|| {
        let deaf = tracing_subscriber::fmt()
            .with_max_level(Level::TRACE)
            .with_writer(sink);
        subscriber::set_global_default(deaf.finish()).unwrap();
    });
    subscriber::with_default(subscriber, run);
}
