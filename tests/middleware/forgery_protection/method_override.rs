//! A POST that stands for another method: what Rails 6.1 answered to 112 of them.

use std::sync::Arc;

use hardtack::csrf::{AuthenticityTokens, CsrfSettings, ForgeryProtection};
use hardtack::test_util::cookie_header;
use hardtack::{CookieStore, LoadDefaults, RequestOrigin, Session};
use serde::Deserialize;

use super::FRAMEWORKS;
use super::app::Request;
use crate::support::{secret, vectors};

/// The session's token.
const TOKEN: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

#[derive(Deserialize)]
struct Row {
    token: String,
    form: String,
    header: Option<String>,
    place: String,
    status: u16,
}

impl Row {
    fn request(&self, name: &str) -> Request {
        let tokens = AuthenticityTokens::parse(TOKEN, LoadDefaults::V6_1).unwrap();
        let token = match self.token.as_str() {
            "global" => tokens.masked_authenticity_token(),
            method => tokens.masked_per_form_token("/orders/17", method),
        };
        let token = token.unwrap();
        let mut request = Request::new("POST", "/orders/17");
        let mut header = |name, value: &str| request.headers.push((name, value.to_owned()));
        header("content-type", "application/x-www-form-urlencoded");
        if let Some(method) = &self.header {
            header("x-http-method-override", method);
        }
        let mut form = self.form.clone();
        if self.place == "header" {
            header("x-csrf-token", &token);
        } else {
            form = format!("{form}&{name}={token}");
        }
        request.pieces = vec![form.into()];
        request
    }

    /// Returns Rails' answer; but a POST that names GET stays a POST here.
    fn expected(&self) -> u16 {
        let stays_post = self.form == "_method=get" && !["global", "post"].contains(&&*self.token);
        if stays_post { 422 } else { self.status }
    }
}

#[test]
fn a_token_for_one_form_is_for_the_method_that_counts() {
    let rows: Vec<Row> = vectors("csrf/method-override-6.1.jsonl");
    let mut ran = 0;
    for framework in FRAMEWORKS {
        for name in ["authenticity_token", "csrf"] {
            let settings = CsrfSettings::from(LoadDefaults::V6_1);
            let settings = settings.request_forgery_protection_token(name);
            let store = CookieStore::new(&secret(), LoadDefaults::V6_1, "_shop_session");
            let store = Arc::new(store.csrf(settings));
            let cookie = cookie_header(&store, |session| session.insert("_csrf_token", TOKEN));
            let cookie = cookie.unwrap();
            for row in &rows {
                let session = Session::open(&store, cookie.clone(), RequestOrigin::default());
                let request = row.request(name);
                let shown = format!("{}: {name} {} {request:?}", framework.name(), row.token);
                let protection = ForgeryProtection::new();
                let answer = framework.serve(protection, Some(session), request, None);
                assert_eq!(answer.status, row.expected(), "{shown}");
                ran += 1;
            }
            // The default name is no other name.
            let row = &rows[0];
            assert_eq!((row.token.as_str(), row.place.as_str()), ("global", "form"));
            let session = Session::open(&store, cookie, RequestOrigin::default());
            let request = row.request("other");
            let answer = framework.serve(ForgeryProtection::new(), Some(session), request, None);
            assert_eq!(answer.status, 422);
        }
    }
    assert_eq!(ran, 2 * 2 * 112);
}
