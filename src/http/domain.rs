//! The `Domain` attribute, by Rails' rules.

/// Which hosts get a cookie back: Rails' option `domain` (6.1 to 8.1 `cookies.rb`, `handle_options`).
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
    /// No `Domain` attribute: the very host that set the cookie, none of its subdomains.
    #[default]
    Host,
    /// This domain and its subdomains, written as it stands.
    Exact(String),
    /// `domain: :all`: the host's own domain and all its subdomains. That is its last `tld_length` labels; without
    /// one the last two, or three where the host ends in a two-letter label after a two- or three-letter one
    /// (`example.co.uk`). A guess by length, not the public suffix list.
    All {
        /// How many labels of the host make the domain (Rails' `tld_length`).
        tld_length: Option<usize>,
    },
    /// `domain: [..]`: the first that is the request's host or a parent of it, written as it stands; else none.
    FirstOf(Vec<String>),
}

impl Domain {
    /// The `Domain` attribute for a request to `host` (port removed, see [`host_without_port`]); None for no
    /// attribute. `leading_dot` as Rails up to 7.0 wrote it before what `All` finds; browsers take both alike.
    ///
    /// `All` gives none for an IP address, for a host of one label or with an empty one (`example.org.`), and for
    /// too few labels. Where Rails copies any `Host` header into the attribute, this gives none for one with
    /// characters that are in no domain name: it is the sender who chose them. Comparison is by case, as in Rails.
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

/// The host of `Host` or `X-Forwarded-Host` without its port (Rails 6.1 `url.rb`, `host`).
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

/// The host a request was meant for, port removed: the last entry of `X-Forwarded-Host` where there is one, else
/// `Host` (Rails 6.1 `url.rb`, `raw_host_with_port`). A proxy must set or clear that header, or the sender chooses it.
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

/// What is wrong with a `Domain` attribute, if anything. Browsers drop the cookie, or the attribute, for each.
pub(super) fn fault(domain: &str) -> Option<&'static str> {
    let name = domain.strip_prefix('.').unwrap_or(domain);
    if name.is_empty() {
        Some("it is empty; leave the domain out for the host alone")
    } else if name.len() > 253 {
        Some("no domain name is longer than 253 bytes")
    } else if !name.bytes().all(is_name_byte) {
        Some(
            "give a bare domain name: no scheme, port, path or space, and the xn-- form of one that is not ASCII",
        )
    } else if name.split('.').any(str::is_empty) {
        Some("an empty label stands in it; write it without doubled or closing dots")
    } else {
        None
    }
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_')
}

fn own_domain(host: &str, tld_length: Option<usize>) -> Option<&str> {
    let labels = host.split('.').count();
    // Rails takes digits and dots for an IP address, whether it is a valid one or not.
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

/// Rails' `/\.[^.]{2,3}\.[^.]{2}\z/`: a dot, two or three characters, a dot, two characters.
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
