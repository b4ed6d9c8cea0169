//! What the operator hears.

use std::fmt::{Debug, Write};
use std::sync::{Arc, Mutex};
use std::thread::{self, ThreadId};

use hardtack::ForgeryProtection;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

use crate::app::{Framework, Request};
use crate::{axum, cases};

/// The events of one thread. It is the subscriber of all threads: one of a thread alone does not
/// hear of what another thread came across first, without any.
#[derive(Clone)]
struct Lines(Arc<Mutex<Vec<String>>>, ThreadId);

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        write!(self.0, " {}={value:?}", field.name()).unwrap();
    }
}

impl Subscriber for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "hardtack"
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        if thread::current().id() != self.1 {
            return;
        }
        let mut line = Line(event.metadata().level().to_string());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

#[test]
fn the_operator_hears_why_once_in_a_while() {
    let lines = Lines(Arc::default(), thread::current().id());
    tracing::subscriber::set_global_default(lines.clone()).unwrap();
    let protection = ForgeryProtection::new().base_url("https://shop.example");
    let session = cases::all()[0].session();
    for _ in 0..3 {
        for (name, value) in [
            ("origin", "https://evil.example\u{1b}".repeat(20)),
            ("x-csrf-token", "c2VjcmV0".to_owned()),
        ] {
            let mut request = Request::new("POST", "/orders");
            // No header may hold a control character.
            let value = value.replace('\u{1b}', "\t");
            request.headers.push((name, value));
            axum::Axum.serve(protection.clone(), Some(session.clone()), request, None);
        }
        let request = Request::new("POST", "/orders");
        axum::Axum.serve(protection.clone(), None, request, None);
    }
    let lines = lines.0.lock().unwrap();
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].starts_with("WARN"));
    assert!(lines[0].contains("the header Origin is not the site's own"));
    assert!(lines[0].contains("base_url=\"https://shop.example\""));
    assert!(lines[0].contains(r#"origin="https://evil.example\\t"#));
    assert!(lines[0].contains("untold=0"));
    // Of what the sender chose 120 characters, of which each repetition takes 22.
    assert_eq!(lines[0].matches("evil").count(), 5, "{}", lines[0]);
    assert!(lines[1].contains("no token of this session, path and method"));
    assert!(!lines[1].contains("c2VjcmV0"));
    assert!(lines[2].starts_with("ERROR") && lines[2].contains("found no session"));
}
