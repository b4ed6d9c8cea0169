//! Requests by `Sec-Fetch-Site`: what Rails 8.2.0.alpha and 8.1 answered to 240 of them.

use std::sync::{Arc, Mutex};

use hardtack::csrf::InvalidAuthenticityToken::{self, CrossSite, NoSecFetchSite, NoToken, Origin};
use hardtack::csrf::{AuthenticityTokens, ForgeryProtection};
use hardtack::test_util::cookie_header;
use hardtack::{CookieStore, Keyring, LoadDefaults, Session, Settings};
use serde::Deserialize;

use super::app::Request;
use super::{FRAMEWORKS, kept};
use crate::support::{secret, vectors};

/// The session's token.
const TOKEN: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";

#[derive(Deserialize)]
struct Row {
    rails: String,
    strategy: String,
    sec_fetch_site: Option<String>,
    token: Option<String>,
    origin: Option<String>,
    scheme: String,
    status: u16,
}

impl Row {
    fn request(&self) -> Request {
        let mut request = Request::new("POST", "/orders");
        let mut header = |name, value: &str| request.headers.push((name, value.to_owned()));
        header("host", "shop.example");
        header("x-forwarded-proto", &self.scheme);
        if let Some(site) = &self.sec_fetch_site {
            header("sec-fetch-site", site);
        }
        match self.origin.as_deref() {
            Some("own") => header("origin", &format!("{}://shop.example", self.scheme)),
            Some(_) => header("origin", "https://evil.example"),
            None => {}
        }
        if self.token.is_some() {
            let tokens = AuthenticityTokens::parse(TOKEN, LoadDefaults::V7_1).unwrap();
            header("x-csrf-token", &tokens.masked_authenticity_token().unwrap());
        }
        request
    }

    /// Returns the protections that follow the row's strategy, each with the app's settings.
    fn protections(&self) -> Vec<(ForgeryProtection, Settings)> {
        let older = LoadDefaults::V7_1.settings().version(LoadDefaults::V8_2);
        let (released, newest) = (LoadDefaults::V8_1.settings(), LoadDefaults::V8_2.settings());
        match (self.rails.as_str(), self.strategy.as_str()) {
            ("8.2.0.alpha", "default") => vec![(ForgeryProtection::new(), newest)],
            ("8.2.0.alpha", "header_only") => vec![
                (ForgeryProtection::header_only(), newest),
                (ForgeryProtection::header_only(), LoadDefaults::V5_2.into()),
            ],
            ("8.2.0.alpha", "header_or_legacy_token") => vec![
                (ForgeryProtection::new(), older),
                (ForgeryProtection::header_or_legacy_token(), newest),
                (ForgeryProtection::header_or_legacy_token(), released),
            ],
            ("8.1.3.1", "token") => vec![
                (ForgeryProtection::new(), released),
                (ForgeryProtection::new(), LoadDefaults::NEWEST.into()),
            ],
            other => panic!("{other:?}"),
        }
    }
}

/// Returns the request's session in a store of these settings, whose keys are derived once.
fn session(
    settings: Settings,
    request: &Request,
    change: fn(CookieStore) -> CookieStore,
) -> Session {
    static KNOWN: Mutex<Vec<(Settings, Keyring)>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap();
    let found = known.iter().find(|(same, _)| *same == settings);
    let keyring = found.map(|(_, keyring)| keyring.clone());
    let keyring = keyring.unwrap_or_else(|| {
        let keyring = Keyring::new(&secret(), settings.clone());
        known.push((settings, keyring.clone()));
        keyring
    });
    let store = CookieStore::with_keyring(keyring, "_shop_session").trusted_hops(1);
    let store = Arc::new(change(store));
    let cookie = cookie_header(&store, |session| session.insert("_csrf_token", TOKEN)).unwrap();
    let origin = store.origin(false, |name| {
        let mut headers = request.headers.iter();
        let found = headers.find(|(known, _)| *known == name);
        found.map(|(_, value)| value.as_bytes())
    });
    Session::open(&store, cookie, origin)
}

#[test]
fn rails_answers_the_same() {
    let rows: Vec<Row> = vectors("csrf/rails-8.2-sec-fetch-site.jsonl");
    assert_eq!(rows.len(), 240);
    let mut ran = 0;
    for framework in FRAMEWORKS {
        for row in &rows {
            for (protection, settings) in row.protections() {
                let request = row.request();
                let session = session(settings, &request, |store| store);
                let shown = format!("{}: {} {request:?}", framework.name(), row.strategy);
                let answer = framework.serve(protection, Some(session), request, None);
                assert_eq!(answer.status, row.status, "{shown}");
                ran += 1;
            }
        }
    }
    assert_eq!(ran, 2 * 60 * (1 + 2 + 3 + 2));
}

/// Cases beyond the rows. Rails' source decides: `request_forgery_protection.rb` of 8.2.0.alpha.
#[test]
#[allow(clippy::too_many_lines, reason = "one table")]
fn rules_beyond_the_rows() {
    type Change<T> = fn(T) -> T;
    struct Case {
        name: &'static str,
        method: &'static str,
        headers: &'static [(&'static str, &'static str)],
        protection: Change<ForgeryProtection>,
        store: Change<CookieStore>,
        refused: Option<InvalidAuthenticityToken>,
    }
    let case = |name, headers, refused| Case {
        name,
        method: "POST",
        headers,
        protection: |protection| protection,
        store: |store| store,
        refused,
    };
    let trusting: Change<_> = |protection: ForgeryProtection| {
        protection.trusted_origins(["https://a.example", "https://b.example"])
    };
    let cases = [
        case("any case", &[("sec-fetch-site", "Same-ORIGIN")], None),
        case("empty, HTTP", &[("sec-fetch-site", "")], None),
        case(
            "unknown, HTTP",
            &[("sec-fetch-site", "same-origin, same-origin")],
            Some(NoSecFetchSite),
        ),
        case(
            "empty, HTTPS",
            &[("sec-fetch-site", ""), ("x-forwarded-proto", "https")],
            Some(NoSecFetchSite),
        ),
        case(
            "cross-site",
            &[("sec-fetch-site", "Cross-Site")],
            Some(CrossSite),
        ),
        // `force_ssl`.
        Case {
            store: |store| store.secure(true),
            ..case("missing, secure cookie", &[], Some(NoSecFetchSite))
        },
        Case {
            store: |store| store.assume_ssl(true),
            ..case("missing, assume_ssl", &[], Some(NoSecFetchSite))
        },
        Case {
            protection: |protection| protection.base_url("https://shop.example"),
            ..case("missing, the site uses HTTPS", &[], Some(NoSecFetchSite))
        },
        Case {
            protection: |protection| protection.base_url("http://shop.example"),
            ..case("missing, the site uses HTTP", &[], None)
        },
        // Trusted origins.
        Case {
            protection: trusting,
            ..case(
                "trusted",
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://b.example"),
                ],
                None,
            )
        },
        Case {
            protection: trusting,
            ..case(
                "not trusted",
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://c.example"),
                ],
                Some(Origin),
            )
        },
        Case {
            protection: |protection| {
                protection
                    .trusted_origins(["https://a.example"])
                    .origin_check(false)
            },
            ..case(
                "not trusted, origins not checked",
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://c.example"),
                ],
                Some(CrossSite),
            )
        },
        Case {
            protection: trusting,
            ..case(
                "cross-site without an origin",
                &[("sec-fetch-site", "cross-site")],
                Some(CrossSite),
            )
        },
        Case {
            protection: trusting,
            ..case(
                "trusted, and none",
                &[("sec-fetch-site", "none"), ("origin", "https://a.example")],
                Some(NoSecFetchSite),
            )
        },
        Case {
            protection: |_| {
                ForgeryProtection::header_or_legacy_token().trusted_origins(["https://a.example"])
            },
            ..case(
                "trusted, and no Sec-Fetch-Site",
                &[("origin", "https://a.example")],
                Some(NoToken),
            )
        },
        Case {
            protection: |_| ForgeryProtection::new().trusted_origins(["https://a.example"]),
            ..case(
                "trusted, under tokens",
                &[
                    ("sec-fetch-site", "cross-site"),
                    ("origin", "https://a.example"),
                ],
                Some(NoToken),
            )
        },
        // Methods.
        Case {
            method: "QUERY",
            ..case("QUERY", &[("sec-fetch-site", "cross-site")], None)
        },
        Case {
            method: "QUERY",
            protection: |_| ForgeryProtection::new(),
            ..case("QUERY, under tokens", &[], None)
        },
        case(
            "POST that names QUERY",
            &[
                ("sec-fetch-site", "cross-site"),
                ("x-http-method-override", "QUERY"),
            ],
            Some(CrossSite),
        ),
        Case {
            method: "DELETE",
            ..case(
                "DELETE",
                &[("sec-fetch-site", "none")],
                Some(NoSecFetchSite),
            )
        },
    ];
    for framework in FRAMEWORKS {
        for case in &cases {
            let mut request = Request::new(case.method, "/orders");
            let headers = [&[("host", "shop.example")], case.headers].concat();
            let headers = headers
                .into_iter()
                .map(|(name, value)| (name, value.to_owned()));
            request.headers = headers.collect();
            let session = session(LoadDefaults::V7_1.into(), &request, case.store);
            let protection = (case.protection)(ForgeryProtection::header_only());
            let (told, keep) = kept();
            framework.serve(protection, Some(session), request, Some(keep));
            let reason = told.lock().unwrap().pop();
            assert_eq!(reason, case.refused, "{}: {}", framework.name(), case.name);
        }
    }
    assert_eq!(cases.len(), 20);
}
