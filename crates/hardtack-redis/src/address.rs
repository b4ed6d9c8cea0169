//! [`Address`]: where a server is, and how to log in there.

use std::fmt;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::io::tcp::TcpSettings;
use redis::io::tcp::socket2::TcpKeepalive;
use redis::{
    AsyncConnectionConfig, Client, ConnectionAddr, ConnectionInfo, IntoConnectionInfo, RedisResult,
};

use crate::failure::{Failure, Then};

/// The silence after which the system asks whether the other side is still there.
const KEEPALIVE: Duration = Duration::from_secs(30);

/// The address of a server, with user and password. `Display` and `Debug` show host and port only.
#[derive(Clone)]
pub(crate) struct Address {
    info: ConnectionInfo,
    /// The certificates that are trusted in place of the system's, in PEM.
    #[cfg(feature = "rustls")]
    roots: Option<Vec<u8>>,
}

impl Address {
    /// Reads `redis://user:password@host:port/database`, and the forms for TLS and local sockets.
    pub(crate) fn parse(url: &str) -> Result<Self, Failure> {
        let info = url.into_connection_info().map_err(|error| {
            let reason = if !cfg!(feature = "rustls") && is_tls(url) {
                "TLS needs the feature `rustls` of hardtack-redis".to_owned()
            } else {
                error.to_string()
            };
            // Without the address: it may hold a password.
            let message = format!(
                "the address of Redis is not understood: {reason}; write it as \
                 redis://user:password@host:port/database, with %XX for special characters in the \
                 password"
            );
            Failure::new(message, Then::GiveUp)
        })?;
        let tcp = TcpSettings::default()
            .set_nodelay(true)
            .set_keepalive(TcpKeepalive::new().with_time(KEEPALIVE));
        Ok(Self {
            info: info.set_tcp_settings(tcp),
            #[cfg(feature = "rustls")]
            roots: None,
        })
    }

    /// Returns the same login, and the same way of TLS, for another host and port.
    pub(crate) fn at(&self, host: &str, port: u16) -> Self {
        let addr = match self.info.addr() {
            ConnectionAddr::TcpTls {
                insecure,
                tls_params,
                ..
            } => ConnectionAddr::TcpTls {
                host: host.to_owned(),
                port,
                insecure: *insecure,
                tls_params: tls_params.clone(),
            },
            _ => ConnectionAddr::Tcp(host.to_owned(), port),
        };
        Self {
            info: self.info.clone().set_addr(addr),
            #[cfg(feature = "rustls")]
            roots: self.roots.clone(),
        }
    }

    #[cfg(feature = "rustls")]
    /// Trusts these certificates in place of the system's.
    pub(crate) fn trust(&mut self, roots: &[u8]) {
        self.roots = Some(roots.to_vec());
    }

    pub(crate) fn host(&self) -> &str {
        match self.info.addr() {
            ConnectionAddr::Tcp(host, _) | ConnectionAddr::TcpTls { host, .. } => host,
            _ => "",
        }
    }

    pub(crate) fn port(&self) -> u16 {
        match self.info.addr() {
            ConnectionAddr::Tcp(_, port) | ConnectionAddr::TcpTls { port, .. } => *port,
            _ => 0,
        }
    }

    /// Returns the scheme of TLS or of none, for another address.
    pub(crate) fn scheme(&self) -> &'static str {
        match self.info.addr() {
            ConnectionAddr::TcpTls { .. } => "rediss",
            _ => "redis",
        }
    }

    /// Opens a connection and logs in. The time limits are the caller's: `redis` has none here.
    pub(crate) async fn connect(&self) -> Result<MultiplexedConnection, Failure> {
        #[cfg(feature = "rustls")]
        provide_cryptography();
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(None)
            .set_response_timeout(None);
        let connected = async {
            let client = self.client()?;
            client
                .get_multiplexed_async_connection_with_config(&config)
                .await
        };
        connected
            .await
            .map_err(|error| Failure::not_connected(&self.to_string(), error))
    }

    fn client(&self) -> RedisResult<Client> {
        #[cfg(feature = "rustls")]
        if let (Some(roots), ConnectionAddr::TcpTls { .. }) = (&self.roots, self.info.addr()) {
            let certificates = redis::TlsCertificates {
                client_tls: None,
                root_cert: Some(roots.clone()),
            };
            return Client::build_with_tls(self.info.clone(), certificates);
        }
        Client::open(self.info.clone())
    }
}

/// Chooses AWS-LC for TLS unless the program has chosen: rustls panics if nothing is chosen and it
/// finds several.
#[cfg(feature = "rustls")]
fn provide_cryptography() {
    if rustls::crypto::CryptoProvider::get_default().is_none() {
        // It fails if the program chooses at this moment, which is as good.
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    }
}

fn is_tls(url: &str) -> bool {
    url.starts_with("rediss:") || url.starts_with("valkeys:")
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.info.addr().fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
