//! Helpers for the tests of apps: log a browser in with one line, and read the session that a
//! response sets.
//!
//! ```
//! use hardtack::CookieStore;
//! use hardtack::test_util::{Browser, cookie_header};
//! use hardtack::warden::WardenScope;
//!
//! let store = CookieStore::ephemeral("_shop_session")?;
//! let header = cookie_header(&store, |session| {
//!     WardenScope::new("user").log_in(session, &7, None)
//! })?;
//! assert!(header.starts_with("_shop_session="));
//!
//! let mut browser = Browser::default();
//! browser.receive([header]); // or every `Set-Cookie` of a response
//! let session = browser.session(&store).unwrap();
//! assert!(session.contains_key("warden.user.user.key"));
//! # Ok::<(), hardtack::Error>(())
//! ```

use std::fmt;

use crate::error::Error;
use crate::http::cookie_header::CookieHeader;
use crate::rails::cookie_store::CookieStore;
use crate::session::data::SessionData;
pub use crate::store_rules::check_session_store;

/// Creates the header `Cookie` of a browser whose session holds the keys that `fill` inserts
/// (example: at [the module](self)).
///
/// # Errors
/// The error of `fill`, and those of [`Jar::write`](crate::Jar::write).
pub fn cookie_header(
    store: &CookieStore,
    fill: impl FnOnce(&mut SessionData) -> Result<(), Error>,
) -> Result<String, Error> {
    let mut session = SessionData::new();
    fill(&mut session)?;
    let cookie = store.seal(session)?;
    Ok(format!("{}={}", cookie.name(), cookie.escaped_value()))
}

/// Keeps cookies as a browser does, for tests of a single host.
///
/// It keeps cookies that are set, and forgets cookies that are removed. It ignores domains, paths
/// and expiries.
///
/// ```
/// use hardtack::test_util::Browser;
///
/// let mut browser = Browser::default();
/// browser.receive(["a=1; path=/; httponly", "b=2; path=/"]);
/// browser.receive(["a=; path=/; max-age=0; expires=Thu, 01 Jan 1970 00:00:00 GMT"]);
/// assert_eq!(browser.cookie_header(), "b=2");
/// ```
#[derive(Clone, Default)]
pub struct Browser {
    cookies: Vec<(String, String)>,
}

impl Browser {
    /// Takes the `Set-Cookie` headers of a response (example: at [`Browser`]).
    pub fn receive<H: AsRef<str>>(&mut self, set_cookies: impl IntoIterator<Item = H>) {
        for header in set_cookies {
            let mut parts = header.as_ref().split(';').map(str::trim);
            let Some((name, value)) = parts.next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            self.cookies.retain(|(kept, _)| kept != name);
            if !parts.any(|attribute| attribute.eq_ignore_ascii_case("max-age=0")) {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
    }

    /// Returns the header `Cookie` of the next request; empty if the browser has no cookies
    /// (example: at [`Browser`]).
    #[must_use]
    pub fn cookie_header(&self) -> String {
        let pairs = self.cookies.iter();
        let pairs: Vec<_> = pairs
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        pairs.join("; ")
    }

    /// Returns the browser's session; `None` if it has none that opens.
    ///
    /// ```
    /// use hardtack::CookieStore;
    /// use hardtack::test_util::Browser;
    ///
    /// let store = CookieStore::ephemeral("_shop_session")?;
    /// assert!(Browser::default().session(&store).is_none());
    /// # Ok::<(), hardtack::Error>(())
    /// ```
    #[must_use]
    pub fn session(&self, store: &CookieStore) -> Option<SessionData> {
        store.read(&CookieHeader::new(&self.cookie_header()))
    }
}

impl fmt::Debug for Browser {
    /// Shows names only: the values are sessions.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.cookies.iter().map(|(name, _)| name);
        f.debug_list().entries(names).finish()
    }
}
