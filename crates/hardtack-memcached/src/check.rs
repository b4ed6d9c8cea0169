//! [`Check`]: what the servers' settings mean for sessions.

use std::fmt;
use std::sync::Arc;

use hardtack::observe::Shown;
use tokio::time::timeout_at;

use crate::deadline::Deadline;
use crate::failure::Failure;
use crate::node::Node;

/// The least item size that raises no warning, in bytes; Memcached's default is 1 MiB.
const SMALL: u64 = 64 << 10;

/// The result of [`MemcachedStore::check`](crate::MemcachedStore::check): the servers answer, and these
/// settings of theirs put sessions at risk.
///
/// ```no_run
/// # async fn start() -> Result<(), hardtack::stores::StoreError> {
/// let store = hardtack_memcached::MemcachedStore::new("localhost")?;
/// for server in store.check().await?.servers {
///     println!("{} runs Memcached {}", server.address, server.version);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Check {
    /// The servers, in the order of the store's addresses.
    pub servers: Vec<Server>,
    /// The settings to mend; empty if nothing was found.
    pub warnings: Vec<Warning>,
}

/// A server that answered the check (example: at [`Check`]).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Server {
    /// Host and port.
    pub address: String,
    /// Its version, such as `1.6.18`; empty if it does not tell.
    pub version: String,
}

/// A setting of a server that puts sessions at risk, or that could not be read.
///
/// `Display` names the server and says what to do.
///
/// ```
/// use hardtack_memcached::Warning;
///
/// let (server, evicted) = ("10.0.0.5:11211".to_owned(), 7);
/// let warning = Warning::Evicts { server, evicted };
/// assert!(warning.to_string().contains("start it with `-M`"));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Warning {
    /// A full server deletes entries before their end. This is Memcached's default.
    Evicts {
        /// Host and port of the server.
        server: String,
        /// The number of entries that it has deleted since it was started.
        evicted: u64,
    },
    /// A session cannot be long: the item size is below 64 KiB.
    SmallItems {
        /// Host and port of the server.
        server: String,
        /// The item size, in bytes.
        bytes: u64,
    },
    /// The server is older than 1.6, or does not tell: a deletion on a condition is an error.
    TooOld {
        /// Host and port of the server.
        server: String,
        /// Its version; empty if it does not tell.
        version: String,
    },
    /// The server gives no cas ids (`-C`): every load is an error.
    NoVersions {
        /// Host and port of the server.
        server: String,
    },
    /// The server does not tell its settings, as a proxy does not.
    SettingsUnknown {
        /// Host and port of the server.
        server: String,
    },
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Evicts { server, evicted } => write!(
                f,
                "Memcached at {server} deletes sessions before their end when its memory is full, \
                 and has deleted {evicted} entries so far: start it with `-M` and enough memory \
                 (`-m`), or accept that users are logged out"
            ),
            Self::SmallItems { server, bytes } => write!(
                f,
                "Memcached at {server} keeps no item of more than {bytes} bytes: a longer session is \
                 an error. Raise the item size (`-I 1m`)"
            ),
            Self::TooOld { server, version } => {
                let version = match &**version {
                    "" => "does not tell its version".to_owned(),
                    version => format!("has the version {}", Shown::new(version)),
                };
                write!(
                    f,
                    "Memcached at {server} {version}: it may not be able to delete a session on a \
                     condition, and logouts fail. Use Memcached 1.6 or later"
                )
            }
            Self::NoVersions { server } => write!(
                f,
                "Memcached at {server} runs without cas ids (`-C`), and cannot keep sessions: start \
                 it without that option"
            ),
            Self::SettingsUnknown { server } => write!(
                f,
                "Memcached at {server} does not tell its settings. Check that it evicts nothing \
                 (`-M`), and that its items are long enough (`-I`)"
            ),
        }
    }
}

impl Check {
    /// Asks one more server.
    pub(crate) async fn add(
        &mut self,
        node: &Arc<Node>,
        deadline: Deadline,
    ) -> Result<(), Failure> {
        let mut connection = node.visit(deadline).await?;
        let server = || node.shown().to_owned();
        self.servers.push(Server {
            address: server(),
            version: Shown::new(&*connection.version).to_string(),
        });
        if !connection.has_meta() {
            self.warnings.push(Warning::TooOld {
                server: server(),
                version: Shown::new(&*connection.version).to_string(),
            });
        }
        let mut told = [Vec::new(), Vec::new()];
        for (of, told) in ["", " settings"].into_iter().zip(&mut told) {
            match timeout_at(deadline.at, connection.statistics(of)).await {
                Err(_) => return Err(Failure::timed_out(node.shown(), "stats")),
                Ok(Ok(statistics)) => *told = statistics,
                // The server was reached: it does not tell.
                Ok(Err(_)) => break,
            }
        }
        let [general, settings] = &told;
        match value(settings, "evictions") {
            Some("off") => {}
            Some(_) => self.warnings.push(Warning::Evicts {
                server: server(),
                evicted: number(general, "evictions").unwrap_or_default(),
            }),
            None => self
                .warnings
                .push(Warning::SettingsUnknown { server: server() }),
        }
        if value(settings, "cas_enabled") == Some("no") {
            self.warnings.push(Warning::NoVersions { server: server() });
        }
        if let Some(bytes) = number(settings, "item_size_max").filter(|bytes| *bytes < SMALL) {
            let server = server();
            self.warnings.push(Warning::SmallItems { server, bytes });
        }
        Ok(())
    }
}

fn value<'a>(statistics: &'a [(String, String)], wanted: &str) -> Option<&'a str> {
    let mut all = statistics.iter();
    let found = all.find(|(name, _)| name == wanted);
    found.map(|(_, value)| value.as_str())
}

fn number(statistics: &[(String, String)], wanted: &str) -> Option<u64> {
    value(statistics, wanted)?.parse().ok()
}
