//! The `Domain` attribute, by Rails' rules.

/// The hosts that get a cookie back: Rails' option `domain` (6.1 to 8.1 `cookies.rb`,
/// `handle_options`).
///
/// ```
/// use hardtack::headers::Domain;
///
/// assert_eq!(Domain::Host.resolve("www.example.org", false), None);
/// let all = Domain::All { tld_length: None };
/// assert_eq!(all.resolve("www.example.org", false).as_deref(), Some("example.org"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Domain {
    /// No `Domain` attribute: only the host that set the cookie, none of its subdomains.
    #[default]
    Host,
    /// This domain and its subdomains, written unchanged.
    Exact(String),
    /// `domain: :all`: the host's own domain and all its subdomains. The domain is the host's last
    /// `tld_length` labels. Without a `tld_length` it is the last two labels, or three if the host
    /// ends in a two-letter label after a two- or three-letter label (`example.co.uk`). This is a
    /// guess by length, not the public suffix list.
    All {
        /// The number of the host's labels that make the domain (Rails' `tld_length`).
        tld_length: Option<usize>,
    },
    /// `domain: [..]`: the first domain that is the request's host or a parent of it, written
    /// unchanged; no attribute if none matches.
    FirstOf(Vec<String>),
}

impl Domain {
    /// Returns the `Domain` attribute for a request to `host` (without its port, see
    /// [`host_without_port`]); `None` if there is to be no attribute. `leading_dot` writes the dot
    /// that Rails up to 7.0 wrote before the domain that `All` finds; browsers treat both forms
    /// alike.
    ///
    /// `All` returns `None` for an IP address, for a host with one label or with an empty label
    /// (`example.org.`), and for a host with too few labels. Rails copies any `Host` header into
    /// the attribute. This method returns `None` for a host with characters that no domain name
    /// has, since the sender of the request chose them. Names are compared case-sensitively, as in
    /// Rails.
    ///
    /// ```
    /// use hardtack::headers::Domain;
    ///
    /// let all = Domain::All { tld_length: None };
    /// assert_eq!(all.resolve("shop.example.co.uk", true).as_deref(), Some(".example.co.uk"));
    /// assert_eq!(all.resolve("127.0.0.1", true), None);
    /// let some = Domain::FirstOf(vec![".example.com".into(), ".example.org".into()]);
    /// assert_eq!(some.resolve("www.example.org", false).as_deref(), Some(".example.org"));
    /// ```
    #[must_use]
    pub fn resolve(&self, host: &str, leading_dot: bool) -> Option<String> {
        match self {
            Self::Host => None,
            Self::Exact(domain) => Some(domain.clone()),
            Self::All { tld_length } => {
                let domain = own_domain(host, *tld_length)?;
                Some(if leading_dot {
                    format!(".{domain}")
                } else {
                    domain.to_owned()
                })
            }
            Self::FirstOf(domains) => domains.iter().find(|domain| covers(domain, host)).cloned(),
        }
    }
}

impl From<&str> for Domain {
    fn from(domain: &str) -> Self {
        Self::Exact(domain.to_owned())
    }
}

impl From<String> for Domain {
    fn from(domain: String) -> Self {
        Self::Exact(domain)
    }
}

/// Returns the host of `Host` or `X-Forwarded-Host` without its port (Rails 6.1 `url.rb`, `host`).
///
/// ```
/// use hardtack::internal::host_without_port;
///
/// assert_eq!(host_without_port("example.org:3000"), "example.org");
/// assert_eq!(host_without_port("[::1]:3000"), "[::1]");
/// assert_eq!(host_without_port("[::1]"), "[::1]");
/// ```
#[must_use]
pub fn host_without_port(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((before, port)) if is_digits(port) => before,
        _ => host,
    }
}

/// Returns the host that a request was meant for, without its port: the last entry of
/// `X-Forwarded-Host` if that header is given, else `Host` (Rails 6.1 `url.rb`,
/// `raw_host_with_port`). A proxy must set or remove `X-Forwarded-Host`; otherwise the sender of
/// the request chooses the host.
///
/// ```
/// use hardtack::internal::request_host;
///
/// assert_eq!(request_host(Some("a.example.org, b.example.org:443"), "10.0.0.7:3000"), "b.example.org");
/// assert_eq!(request_host(None, "example.org:3000"), "example.org");
/// ```
#[must_use]
pub fn request_host<'a>(x_forwarded_host: Option<&'a str>, host: &'a str) -> &'a str {
    let forwarded = x_forwarded_host
        // Ruby's split(/,\s?/) drops empty entries at the end.
        .and_then(|entries| {
            entries
                .rsplit(',')
                .map(str::trim)
                .find(|entry| !entry.is_empty())
        });
    host_without_port(forwarded.unwrap_or(host))
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns the fault of a `Domain` attribute; `None` if it has none. Browsers drop the cookie, or
/// the attribute, for each of these faults.
pub(super) fn fault(domain: &str) -> Option<&'static str> {
    let name = domain.strip_prefix('.').unwrap_or(domain);
    if name.is_empty() {
        Some("it is empty; leave the domain out to limit the cookie to its host")
    } else if name.len() > 253 {
        Some("it is longer than 253 bytes, which no domain name is; give a shorter one")
    } else if !name.bytes().all(is_name_byte) {
        Some(
            "give only a domain name: no scheme, port, path or space, and write a name that is not ASCII in its xn-- form",
        )
    } else if name.split('.').any(str::is_empty) {
        Some("it has an empty label; remove the doubled or trailing dot")
    } else {
        None
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

fn own_domain(host: &str, tld_length: Option<usize>) -> Option<&str> {
    let labels = host.split('.').count();
    // Rails treats digits and dots as an IP address, valid or not.
    let is_address = host
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    if is_address || labels == 1 || host.starts_with('.') || fault(host).is_some() {
        return None;
    }
    let wanted = tld_length.unwrap_or_else(|| if has_short_ending(host) { 3 } else { 2 });
    if wanted == 0 || wanted > labels {
        return None;
    }
    host.splitn(labels - wanted + 1, '.').last()
}

/// Checks for Rails' `/\.[^.]{2,3}\.[^.]{2}\z/`: a dot, two or three characters, a dot, two
/// characters.
fn has_short_ending(host: &str) -> bool {
    let mut labels = host.rsplit('.').map(str::len);
    matches!(
        (labels.next(), labels.next(), labels.next()),
        (Some(2), Some(2 | 3), Some(_))
    )
}

fn covers(domain: &str, host: &str) -> bool {
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    let parent = host.strip_suffix(domain);
    !domain.is_empty() && parent.is_some_and(|before| before.is_empty() || before.ends_with('.'))
}
