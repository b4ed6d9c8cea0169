//! Requests that the protection accepts and refuses: the same cases, through each framework.

mod actix;
mod app;
mod axum;
mod by_site;
mod cases;
mod inside_the_session;
mod method_override;
mod told;

use std::sync::{Arc, Mutex};

use app::{Framework, OnRefusal, Request};
use hardtack::csrf::{ForgeryProtection, InvalidAuthenticityToken};

const FRAMEWORKS: [&dyn Framework; 2] = [&axum::Axum, &actix::Actix];

/// The number of cases, so that a lost case is noticed.
const CASES: usize = 79 + 3 * (3 + 2 + 3);

#[test]
fn requests_pass_or_are_refused() {
    for framework in FRAMEWORKS {
        let cases = cases::all();
        let mut failed = Vec::new();
        for case in &cases {
            let name = format!("{}: {}", framework.name(), case.name);
            let (told, keep) = kept();
            let session = case.session();
            let answer = framework.serve(
                (case.protection)(ForgeryProtection::new()),
                Some(session.clone()),
                case.request.clone(),
                Some(keep),
            );
            let expected = match case.refused {
                None => (200, true),
                Some(_) => (418, false),
            };
            if (answer.status, answer.handled) != expected {
                failed.push(format!("{name}: {} {:?}", answer.status, told.lock()));
            }
            let reason = told.lock().unwrap().pop();
            if reason != case.refused {
                failed.push(format!("{name}: {reason:?}"));
            }
            // The handler repeats what it got.
            if case.refused.is_none() && answer.body != case.request.pieces.concat() {
                failed.push(format!("{name}: another body of {}", answer.body.len()));
            }
            if case.pulled.is_some_and(|pulled| pulled != answer.pulled) {
                failed.push(format!("{name}: {} pieces were read", answer.pulled));
            }
        }
        assert!(failed.is_empty(), "{failed:#?}");
        assert_eq!(cases.len(), CASES);
    }
}

#[test]
fn a_refusal_says_nothing() {
    for framework in FRAMEWORKS {
        let session = cases::all()[0].session();
        let protection = ForgeryProtection::new();
        let request = Request::new("POST", "/orders");
        let answer = framework.serve(protection, Some(session), request, None);
        assert_eq!(answer.status, 422, "{}", framework.name());
        assert!(answer.body.is_empty() && !answer.handled);
    }
}

#[test]
fn without_a_session_nothing_passes() {
    for framework in FRAMEWORKS {
        for method in ["GET", "POST"] {
            let (told, keep) = kept();
            let protection = ForgeryProtection::new().skip(|_, _| true);
            let request = Request::new(method, "/orders");
            let answer = framework.serve(protection, None, request, Some(keep));
            assert_eq!(answer.status, 500, "{} {method}", framework.name());
            assert!(answer.body.is_empty() && !answer.handled);
            assert!(told.lock().unwrap().is_empty());
        }
    }
}

/// Returns the reasons that the hook got.
type Told = Arc<Mutex<Vec<InvalidAuthenticityToken>>>;

fn kept() -> (Told, OnRefusal) {
    let told = Told::default();
    let keep = told.clone();
    let keep = Arc::new(move |reason| keep.lock().unwrap().push(reason));
    (told, keep)
}
