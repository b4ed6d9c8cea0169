//! [`RequestOrigin`]: the scheme and host by which a request reached the app.

use crate::http::domain::host_without_port;

/// The scheme and host by which a browser reached the app.
///
/// They decide whether a `Secure` cookie may be set, which domain it gets, and which value of the
/// header `Origin` is the app's own.
///
/// ```
/// use hardtack::RequestOrigin;
///
/// let origin = RequestOrigin::new(true, Some("shop.example.org:8443"));
/// assert!(origin.is_ssl());
/// assert_eq!(origin.host(), Some("shop.example.org"));
/// assert_eq!(origin.base_url().as_deref(), Some("https://shop.example.org:8443"));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestOrigin {
    ssl: bool,
    host: Option<Box<str>>,
}

impl RequestOrigin {
    /// Creates an origin from the connection and the header `Host` (with its port).
    ///
    /// It ignores the headers of proxies: [`Sessions::origin`](crate::Sessions::origin) reads them
    /// if it is configured to.
    ///
    /// ```
    /// use hardtack::RequestOrigin;
    ///
    /// assert_eq!(RequestOrigin::new(false, None), RequestOrigin::default());
    /// ```
    #[must_use]
    pub fn new(ssl: bool, host: Option<&str>) -> Self {
        Self {
            ssl,
            host: host.map(Box::from),
        }
    }

    /// Checks whether the browser speaks HTTPS (`request.ssl?`).
    ///
    /// ```
    /// use hardtack::RequestOrigin;
    ///
    /// assert!(!RequestOrigin::default().is_ssl());
    /// ```
    #[must_use]
    pub fn is_ssl(&self) -> bool {
        self.ssl
    }

    /// Returns the host without its port (`request.host`).
    ///
    /// ```
    /// use hardtack::RequestOrigin;
    ///
    /// assert_eq!(RequestOrigin::new(false, Some("[::1]:3000")).host(), Some("[::1]"));
    /// ```
    #[must_use]
    pub fn host(&self) -> Option<&str> {
        self.host.as_deref().map(host_without_port)
    }

    /// Returns the `Origin` that a browser sends from the app's own pages (`request.base_url`).
    ///
    /// The port is left out if it is the usual one of the scheme. `None` if the host is unknown.
    ///
    /// ```
    /// use hardtack::RequestOrigin;
    ///
    /// let origin = RequestOrigin::new(false, Some("localhost:80"));
    /// assert_eq!(origin.base_url().as_deref(), Some("http://localhost"));
    /// assert_eq!(RequestOrigin::default().base_url(), None);
    /// ```
    #[must_use]
    pub fn base_url(&self) -> Option<String> {
        let host = self.host.as_deref()?;
        let (scheme, port) = if self.ssl {
            ("https", ":443")
        } else {
            ("http", ":80")
        };
        let host = host.strip_suffix(port).unwrap_or(host);
        Some(format!("{scheme}://{host}"))
    }
}
