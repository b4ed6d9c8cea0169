//! The cases: requests, each with the expected answer.
//!
//! Rails 6.1, 7.1 and 8.1 masked the tokens. The rules are those of Rails (6.1
//! `request_forgery_protection.rb`) and of Rack (2.2 `method_override.rb`, `request.rb`).

use std::sync::{Arc, LazyLock};

use hardtack::csrf::InvalidAuthenticityToken::{
    self, FormTooLarge, NoToken, NoTokenInSession, Origin, UnreadableForm, WrongToken,
};
use hardtack::csrf::{AuthenticityTokens, ForgeryProtection};
use hardtack::test_util::cookie_header;
use hardtack::{CookieStore, Keyring, LoadDefaults, Session, SessionData};
use serde::Deserialize;

use super::app::Request;
use crate::support;

#[derive(Deserialize)]
struct Vector {
    session_token: String,
    masked_global: Vec<String>,
    masked_per_form: PerForm,
    masked_real: Vec<String>,
}

/// A per-form token for `/orders/17` and `patch`.
#[derive(Deserialize)]
struct PerForm {
    tokens: Vec<String>,
}

pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) request: Request,
    pub(crate) protection: fn(ForgeryProtection) -> ForgeryProtection,
    pub(crate) refused: Option<InvalidAuthenticityToken>,
    /// The number of pieces of the body that are read before the handler is called, if it matters.
    pub(crate) pulled: Option<usize>,
    store: fn(CookieStore) -> CookieStore,
    session_token: Option<String>,
}

impl Case {
    /// Returns the session, as its middleware would open it.
    pub(crate) fn session(&self) -> Session {
        static JARS: LazyLock<Keyring> =
            LazyLock::new(|| Keyring::new(&support::secret(), LoadDefaults::V7_1));
        let store = CookieStore::with_keyring(JARS.clone(), "_shop_session");
        let store = Arc::new((self.store)(store));
        let cookie = cookie_header(&store, |session| {
            session.insert("user_id", 7)?;
            match &self.session_token {
                Some(token) => session.insert("_csrf_token", token),
                None => Ok(()),
            }
        });
        let header = |name: &str| {
            let mut headers = self.request.headers.iter();
            let found = headers.find(|(known, _)| *known == name);
            found.map(|(_, value)| value.as_bytes())
        };
        let origin = store.origin(false, header);
        Session::open(&store, cookie.unwrap(), origin)
    }

    fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.request.headers.push((name, value.into()));
        self
    }

    fn token(self, token: &str) -> Self {
        self.header("x-csrf-token", token)
    }

    fn url_encoded(self, form: impl Into<String>) -> Self {
        self.body("application/x-www-form-urlencoded", form.into())
    }

    fn multipart(self, parts: &[(&str, &str)]) -> Self {
        self.body("multipart/form-data; boundary=XX", multipart(parts))
    }

    fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.request.pieces = vec![body.into()];
        self.header("content-type", content_type)
    }

    /// Sends the body byte by byte, without `Content-Length`.
    fn streamed(mut self) -> Self {
        let bytes = self.request.pieces.concat();
        self.request.pieces = bytes.iter().map(|byte| vec![*byte]).collect();
        self.request.has_length = false;
        self
    }

    fn breaks_off(mut self) -> Self {
        self.request.breaks_off = true;
        self
    }

    fn with(self, protection: fn(ForgeryProtection) -> ForgeryProtection) -> Self {
        Self { protection, ..self }
    }

    fn store(self, store: fn(CookieStore) -> CookieStore) -> Self {
        Self { store, ..self }
    }

    fn pulls(self, pieces: usize) -> Self {
        let pulled = Some(pieces);
        Self { pulled, ..self }
    }

    fn refused(self, reason: InvalidAuthenticityToken) -> Self {
        let refused = Some(reason);
        Self { refused, ..self }
    }
}

#[allow(clippy::too_many_lines, reason = "one table")]
pub(crate) fn all() -> Vec<Case> {
    let vectors: Vec<Vector> = ["6.1", "7.1", "8.1"]
        .into_iter()
        .flat_map(|version| support::vectors(&format!("csrf/rails-{version}.jsonl")))
        .collect();
    assert_eq!(vectors.len(), 3);
    let rails = &vectors[1];
    let global = rails.masked_global[0].as_str();
    // Url-safe, so that a form holds it unescaped.
    let form = format!("authenticity_token={global}&note=caf%C3%A9+%26+%ff");
    let per_form = rails.masked_per_form.tokens[0].as_str();
    let patch = format!("_method=patch&authenticity_token={per_form}");
    let others = AuthenticityTokens::load_or_create(&mut SessionData::new(), LoadDefaults::V7_1);
    let other = others.unwrap().masked_authenticity_token().unwrap();
    let image = (
        "image\"; filename=\"a.png",
        "\u{0}\r\n--X\r\nauthenticity_token=\r\n",
    );
    let case = |name: &str, method, uri| Case {
        name: name.to_owned(),
        request: Request::new(method, uri),
        protection: |protection| protection,
        store: |store| store,
        refused: None,
        pulled: None,
        session_token: Some(rails.session_token.clone()),
    };
    let sends = |name, token| {
        case(name, "POST", "/orders")
            .token(token)
            .header("host", "shop.example")
    };
    let from = |name, origin| sends(name, global).header("origin", origin);

    let mut cases = vec![
        // By method.
        case("GET", "GET", "/orders"),
        case("HEAD with a body, which is not read", "HEAD", "/orders").pulls(0),
        case("GET with a form, which is not read", "GET", "/orders")
            .url_encoded("a=1")
            .pulls(0),
        case("GET of another site", "GET", "/").header("origin", "https://evil.example"),
        case("POST", "POST", "/orders").refused(NoToken),
        case("PUT", "PUT", "/orders").refused(NoToken),
        case("PATCH", "PATCH", "/orders").refused(NoToken),
        case("DELETE", "DELETE", "/orders").refused(NoToken),
        case("OPTIONS", "OPTIONS", "/orders").refused(NoToken),
        case("TRACE", "TRACE", "/orders").refused(NoToken),
        case("get, which is not GET", "get", "/orders").refused(NoToken),
        // By header.
        sends("header", global),
        sends("header, and a body that is not read", global)
            .url_encoded("a=1")
            .pulls(0),
        sends("header, and a large body that is not read", global)
            .url_encoded("a=1&b=2")
            .with(|protection| protection.form_limit(3))
            .pulls(0),
        sends("header, and no form", global)
            .body("application/json", "{}")
            .pulls(0),
        sends("header of another session", &other).refused(WrongToken),
        sends("header of another session, and no form", &other)
            .body("application/json", "{}")
            .refused(WrongToken)
            .pulls(0),
        sends("empty header", "").refused(NoToken),
        sends("header of junk", "AAAA").refused(WrongToken),
        sends("header of another session, form", &other).url_encoded(&form),
        sends("junk in the header, junk in the form", "AAAA")
            .url_encoded("authenticity_token=AAAA")
            .refused(WrongToken),
        sends("junk in the header, no token in the form", "AAAA")
            .url_encoded("a=1")
            .refused(WrongToken),
        // By form.
        case("form", "POST", "/orders").url_encoded(&form).pulls(1),
        case("form, PUT", "PUT", "/orders").url_encoded(&form),
        case("form, byte by byte", "POST", "/orders")
            .url_encoded(&form)
            .streamed()
            .pulls(form.len()),
        case("form, charset named", "POST", "/orders").body(
            "Application/X-WWW-Form-Urlencoded ; charset=UTF-8",
            form.as_str(),
        ),
        case("form without a token", "POST", "/orders")
            .url_encoded("a=1")
            .refused(NoToken),
        case("form with an empty token", "POST", "/orders")
            .url_encoded("authenticity_token=")
            .refused(NoToken),
        case("form of another session", "POST", "/orders")
            .url_encoded(format!("authenticity_token={other}"))
            .refused(WrongToken),
        case("two tokens, the last of which counts", "POST", "/orders")
            .url_encoded(format!("authenticity_token=AAAA&{form}")),
        case("two tokens, the last of which is junk", "POST", "/orders")
            .url_encoded(format!("{form}&authenticity_token=AAAA"))
            .refused(WrongToken),
        case("form without a Content-Type", "POST", "/orders")
            .body("", form.as_str())
            .refused(NoToken)
            .pulls(0),
        case("form sent as text/plain", "POST", "/orders")
            .body("text/plain", form.as_str())
            .refused(NoToken)
            .pulls(0),
        case("JSON with a token", "POST", "/orders")
            .body(
                "application/json",
                format!(r#"{{"authenticity_token":"{global}"}}"#),
            )
            .refused(NoToken)
            .pulls(0),
        case("form that breaks off", "POST", "/orders")
            .url_encoded(&form)
            .breaks_off()
            .refused(UnreadableForm),
        // By multipart form.
        case("multipart", "POST", "/orders").multipart(&[("authenticity_token", global)]),
        case("multipart, file before", "POST", "/orders")
            .multipart(&[image, ("authenticity_token", global)]),
        case("multipart, file after", "POST", "/orders")
            .multipart(&[("authenticity_token", global), image]),
        case("multipart, byte by byte", "POST", "/orders")
            .multipart(&[image, ("authenticity_token", global), image])
            .streamed(),
        case("multipart, PATCH, boundary quoted", "PATCH", "/orders").body(
            "multipart/form-data; charset=x; boundary=\"XX\"",
            multipart(&[("authenticity_token", global)]),
        ),
        case("multipart without a token", "POST", "/orders")
            .multipart(&[image])
            .refused(NoToken),
        case("multipart, token of another session", "POST", "/orders")
            .multipart(&[("authenticity_token", &other)])
            .refused(WrongToken),
        case("multipart, token as a file", "POST", "/orders")
            .multipart(&[("authenticity_token\"; filename=\"a", global)])
            .refused(NoToken),
        case("multipart, token of 5000 bytes", "POST", "/orders")
            .multipart(&[("authenticity_token", &"A".repeat(5000))])
            .refused(UnreadableForm),
        case("multipart that is cut off", "POST", "/orders")
            .body(
                "multipart/form-data; boundary=XX",
                &multipart(&[("authenticity_token", global)])[..150],
            )
            .refused(UnreadableForm),
        case("multipart of another boundary", "POST", "/orders")
            .body(
                "multipart/form-data; boundary=YY",
                multipart(&[("authenticity_token", global)]),
            )
            .refused(UnreadableForm),
        case("multipart without a boundary", "POST", "/orders")
            .body(
                "multipart/form-data",
                multipart(&[("authenticity_token", global)]),
            )
            .refused(UnreadableForm)
            .pulls(0),
        case("multipart of 4095 parts", "POST", "/orders").multipart(&many(4095, global)),
        case("multipart of 4096 parts", "POST", "/orders")
            .multipart(&many(4096, global))
            .refused(UnreadableForm),
        case("multipart of nothing", "POST", "/orders")
            .body("multipart/form-data; boundary=XX", "")
            .refused(UnreadableForm),
        // By size.
        case("a form of just the limit", "POST", "/orders")
            .url_encoded(exactly(&form, 200))
            .with(|protection| protection.form_limit(200)),
        case("a form of one byte more", "POST", "/orders")
            .url_encoded(exactly(&form, 201))
            .with(|protection| protection.form_limit(200))
            .refused(FormTooLarge)
            .pulls(0),
        case("a form of one byte more, streamed", "POST", "/orders")
            .url_encoded(exactly(&form, 300))
            .streamed()
            .with(|protection| protection.form_limit(200))
            .refused(FormTooLarge)
            .pulls(201),
        case("a form of 2 MiB and a byte", "POST", "/orders")
            .url_encoded(exactly(&form, 2 * 1024 * 1024 + 1))
            .refused(FormTooLarge)
            .pulls(0),
        case("a form of 2 MiB", "POST", "/orders").url_encoded(exactly(&form, 2 * 1024 * 1024)),
        // By path and method.
        case("per form", "PATCH", "/orders/17/?page=2").token(per_form),
        case("per form, another path", "PATCH", "/orders/18")
            .token(per_form)
            .refused(WrongToken),
        case("per form, another method", "POST", "/orders/17")
            .token(per_form)
            .refused(WrongToken),
        case("_method", "POST", "/orders/17").url_encoded(&patch),
        case("_method, multipart", "POST", "/orders/17")
            .multipart(&[("_method", "PATCH"), ("authenticity_token", per_form)]),
        case("_method, token in the header", "POST", "/orders/17")
            .token(per_form)
            .url_encoded("_method=patch"),
        case("_method, another", "POST", "/orders/17")
            .url_encoded(patch.replace("patch", "put"))
            .refused(WrongToken),
        case("_method, another path", "POST", "/orders/18")
            .url_encoded(&patch)
            .refused(WrongToken),
        case("_method of a PUT", "PUT", "/orders/17")
            .url_encoded(&patch)
            .refused(WrongToken),
        case("_method of GET frees nothing", "POST", "/orders/17")
            .url_encoded("_method=get")
            .refused(NoToken),
        case("method by header", "POST", "/orders/17")
            .token(per_form)
            .header("x-http-method-override", "PATCH")
            .url_encoded("a=1")
            .pulls(1),
        case("method by header, _method before it", "POST", "/orders/17")
            .header("x-http-method-override", "PATCH")
            .url_encoded(patch.replace("patch", ""))
            .refused(WrongToken),
        // By origin.
        from("own origin", "http://shop.example"),
        from("own origin, another scheme", "https://shop.example").refused(Origin),
        from("another origin", "http://evil.example").refused(Origin),
        from("another origin, not checked", "http://evil.example")
            .with(|protection| protection.origin_check(false)),
        from("null", "null").refused(Origin),
        from("behind a proxy", "https://shop.example")
            .header("x-forwarded-proto", "https")
            .store(|store| store.trusted_hops(1)),
        from("behind a proxy that is not trusted", "https://shop.example")
            .header("x-forwarded-proto", "https")
            .refused(Origin),
        from("the site told", "https://www.example:8443")
            .with(|protection| protection.base_url("https://www.example:8443/")),
        case("an empty origin, and no host", "POST", "/orders")
            .token(global)
            .header("origin", "")
            .refused(Origin),
        // By what is skipped.
        case("skipped", "POST", "/webhooks/payments?a=1")
            .header("origin", "https://evil.example")
            .with(|protection| {
                protection
                    .skip(|_, _| false)
                    .skip(|method, path| (method, path) == ("POST", "/webhooks/payments"))
            }),
        case("not skipped", "PUT", "/webhooks/payments")
            .refused(NoToken)
            .with(|protection| {
                protection.skip(|method, path| (method, path) == ("POST", "/webhooks/payments"))
            }),
        // By session.
        Case {
            session_token: None,
            ..sends("a session without a token", global)
        }
        .url_encoded(&form)
        .refused(NoTokenInSession)
        .pulls(0),
    ];
    for (vector, version) in vectors.iter().zip(["6.1", "7.1", "8.1"]) {
        let tokens = vector.masked_global.iter().chain(&vector.masked_real);
        let per_form = &vector.masked_per_form.tokens;
        let per_form = per_form
            .iter()
            .map(|token| (token, "/orders/17", "&_method=patch"));
        let tokens = tokens.map(|token| (token, "/orders", "")).chain(per_form);
        for (index, (token, uri, more)) in tokens.enumerate() {
            let name = format!("Rails {version}, token {index}");
            let escaped: String = form_urlencoded::byte_serialize(token.as_bytes()).collect();
            let form = format!("authenticity_token={escaped}{more}");
            cases.push(Case {
                session_token: Some(vector.session_token.clone()),
                ..case(&name, "POST", uri).url_encoded(form)
            });
        }
    }
    cases
}

fn multipart(parts: &[(&str, &str)]) -> String {
    let parts = parts.iter().map(|(name, value)| {
        format!("--XX\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    });
    parts.collect::<String>() + "--XX--\r\n"
}

fn many(parts: usize, token: &str) -> Vec<(&str, &str)> {
    let mut all = vec![("a", "1"); parts - 1];
    all.push(("authenticity_token", token));
    all
}

/// Makes a form longer.
fn exactly(form: &str, length: usize) -> String {
    format!("{form}&a={}", "a".repeat(length - form.len() - 3))
}
