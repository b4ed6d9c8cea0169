//! [`Node`]: an Express app over HTTP.

use std::env;
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::free_address;

const START_WITHIN: Duration = Duration::from_secs(20);

/// A running Node that serves an app of this package on a free loopback port; it is killed when
/// dropped.
#[derive(Debug)]
pub struct Node {
    process: Child,
    address: SocketAddr,
}

impl Node {
    /// Returns the folder with the packages that `scripts/peers` installs: the environment's
    /// `PEERS_NODE`, or `target/peers/node`.
    #[must_use]
    pub fn packages() -> PathBuf {
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        env::var_os("PEERS_NODE")
            .map_or_else(|| package.join("../../target/peers/node"), Into::into)
    }

    /// Starts an app of this package, such as `express_app/app.mjs`, with the port and these
    /// arguments, and waits until it accepts connections. It finds its [`packages`](Self::packages)
    /// by the variable `PEERS_NODE`.
    ///
    /// # Panics
    ///
    /// Panics if Node or a package is missing, or if the app does not start within 20 seconds.
    #[must_use]
    pub fn start(app: &str, arguments: &[&str]) -> Self {
        // Between finding a free port and Node's taking it, somebody else may have.
        (0..3)
            .find_map(|_| Self::try_start(app, arguments))
            .expect("node did not start three times, its errors stand above")
    }

    /// Starts Node; returns `None` if it ended by itself.
    fn try_start(app: &str, arguments: &[&str]) -> Option<Self> {
        let address = free_address();
        let package = Path::new(env!("CARGO_MANIFEST_DIR"));
        let process = Command::new("node")
            .arg(package.join(app))
            .arg(address.port().to_string())
            .args(arguments)
            .env("PEERS_NODE", Self::packages())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run node ({error}); {}", crate::NEEDED));
        let mut node = Self { process, address };
        let start = Instant::now();
        while start.elapsed() < START_WITHIN {
            if TcpStream::connect(address).is_ok() {
                return Some(node);
            }
            if node.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("node accepts no connection after {START_WITHIN:?}");
    }

    /// Returns the address that the app listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        // Both fail only where the process has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
