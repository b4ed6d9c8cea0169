//! The events that the operator gets.

use hardtack::csrf::ForgeryProtection;

use super::app::{Framework, Request};
use super::{axum, cases};
use crate::logged::logged;

#[test]
fn the_operator_hears_why_once_in_a_while() {
    let protection = ForgeryProtection::new().base_url("https://shop.example");
    let session = cases::all()[0].session();
    let lines = logged(|| {
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
    });
    assert_eq!(lines.len(), 3, "{lines:#?}");
    assert!(lines[0].starts_with("WARN"));
    assert!(lines[0].contains("the header Origin is not the site's own"));
    assert!(lines[0].contains("base_url=\"https://shop.example\""));
    assert!(lines[0].contains(r#"origin="https://evil.example\\t"#));
    assert!(lines[0].contains("untold=0"));
    // Of what the sender chose 120 characters, of which each repetition takes 22.
    assert_eq!(lines[0].matches("evil").count(), 5, "{}", lines[0]);
    assert!(lines[1].contains("the token does not belong to this session, path and method"));
    assert!(!lines[1].contains("c2VjcmV0"));
    assert!(lines[2].starts_with("ERROR") && lines[2].contains("found no session"));
}

/// Rails 8.2 tells of each such request (`csrf_token_fallback.action_controller`).
#[test]
fn the_operator_hears_of_requests_that_a_token_decides() {
    let session = cases::all()[0].session();
    let token = session.authenticity_tokens().unwrap();
    let token = token.masked_authenticity_token().unwrap();
    let serve = |protection: &ForgeryProtection, site: Option<&str>| {
        let mut request = Request::new("POST", "/orders");
        request.headers.push(("x-csrf-token", token.clone()));
        let site = site.map(|site| ("sec-fetch-site", site.to_owned()));
        request.headers.extend(site);
        axum::Axum.serve(protection.clone(), Some(session.clone()), request, None)
    };
    let lines = logged(|| {
        let protection = ForgeryProtection::header_or_legacy_token();
        for site in [Some("same-origin"), None, Some("none"), None] {
            assert_eq!(serve(&protection, site).status, 200);
        }
        assert_eq!(serve(&ForgeryProtection::new(), None).status, 200);
    });
    assert_eq!(lines.len(), 1, "{lines:#?}");
    assert!(lines[0].starts_with("INFO"), "{lines:#?}");
    assert!(lines[0].contains("a request without Sec-Fetch-Site was left to its token"));
    assert!(lines[0].contains("untold=0"));
    assert!(!lines[0].contains(&token));
}
