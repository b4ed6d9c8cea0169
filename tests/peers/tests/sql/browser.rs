//! [`Browser`]: has one cookie, and sends it to Rails and to Rust.

use std::net::SocketAddr;

use hardtack_peers::{Response, get, post};
use serde_json::Value;

/// The name of the session's cookie.
pub(crate) const SESSION: &str = "_app_session";

/// The app that a request goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum App {
    Rails,
    Rust,
}

impl App {
    pub(crate) const BOTH: [Self; 2] = [Self::Rails, Self::Rust];

    pub(crate) fn other(self) -> Self {
        match self {
            Self::Rails => Self::Rust,
            Self::Rust => Self::Rails,
        }
    }
}

/// The addresses of both apps.
#[derive(Clone, Copy)]
pub(crate) struct Addresses {
    pub(crate) rails: SocketAddr,
    pub(crate) rust: SocketAddr,
}

pub(crate) struct Browser {
    addresses: Addresses,
    pub(crate) id: Option<String>,
}

impl Browser {
    pub(crate) fn new(addresses: Addresses) -> Self {
        let id = None;
        Self { addresses, id }
    }

    /// Creates a second tab, which has the cookie that the first one has now.
    pub(crate) fn tab(&self) -> Self {
        Self {
            addresses: self.addresses,
            id: self.id.clone(),
        }
    }

    /// Returns the id in the cookie.
    #[track_caller]
    pub(crate) fn id(&self) -> &str {
        self.id.as_deref().expect("a cookie")
    }

    /// Sends a request; a form makes it a POST.
    pub(crate) fn send(&mut self, app: App, page: &str, form: Option<&str>) -> Response {
        let cookie = self.id.as_ref().map(|id| format!("{SESSION}={id}"));
        let (address, path) = match app {
            App::Rails => (self.addresses.rails, format!("/{page}")),
            App::Rust => (self.addresses.rust, format!("/rust/{page}")),
        };
        let response = match form {
            Some(form) => post(address, &path, cookie.as_deref(), form),
            None => get(address, &path, cookie.as_deref()),
        };
        for line in response.set_cookies() {
            let pair = line.split(';').next().unwrap_or_default();
            let id = pair
                .strip_prefix(SESSION)
                .and_then(|id| id.strip_prefix('='));
            let id = id.unwrap_or_else(|| panic!("another cookie: {line}"));
            self.id = Some(id.to_owned()).filter(|id| !id.is_empty());
        }
        response
    }

    /// Returns what an app finds in the session.
    #[track_caller]
    pub(crate) fn show(&mut self, app: App) -> Value {
        let response = self.send(app, "session", None);
        assert_eq!(response.status, 200, "{app:?}: {response:?}");
        response.json()
    }

    /// Posts a form, with the token of one app, to an app.
    #[track_caller]
    pub(crate) fn post(&mut self, token_of: App, app: App, page: &str, field: &str) {
        let response = self.send(token_of, "form", None);
        assert_eq!(response.status, 200, "{token_of:?}: {response:?}");
        // Standard base64 has characters that a form escapes.
        let token = response.body().replace('+', "%2B").replace('/', "%2F");
        let token = token.replace('=', "%3D");
        let form = format!("authenticity_token={token}&{field}");
        let response = self.send(app, page, Some(&form));
        assert_eq!(response.status, 204, "{app:?} {page}: {response:?}");
    }
}
