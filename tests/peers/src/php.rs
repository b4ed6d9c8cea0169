//! [`Php`]: an app on PHP's own server.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::free_address;

const START_WITHIN: Duration = Duration::from_secs(20);

/// A running `php -S` that serves an app of this package on a free loopback port. Dropping it ends
/// the process.
///
/// It serves one request at a time.
#[derive(Debug)]
pub struct Php {
    process: Child,
    address: SocketAddr,
}

impl Php {
    /// Starts an app of this package, such as `php_app/session.php`, with these settings of php.ini
    /// in place of the machine's, and waits until it accepts connections.
    ///
    /// # Panics
    ///
    /// Panics if `php` is missing, or if it does not start within 20 seconds.
    #[must_use]
    pub fn start(app: &str, settings: &[(&str, &str)]) -> Self {
        // Between finding a free port and PHP's taking it, somebody else may have.
        (0..3)
            .find_map(|_| Self::try_start(app, settings))
            .expect("php did not start three times, its errors stand above")
    }

    /// Starts PHP; returns `None` if it ended by itself.
    fn try_start(app: &str, settings: &[(&str, &str)]) -> Option<Self> {
        let address = free_address();
        let mut command = Command::new("php");
        command.args(["-n", "-q"]);
        for (name, value) in settings {
            // In quotes: a `;` begins a comment otherwise.
            command.args(["-d", &format!("{name}=\"{value}\"")]);
        }
        let process = command
            .args(["-S", &address.to_string()])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join(app))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot run php ({error}): run `scripts/peers`, which installs it")
            });
        let mut php = Self { process, address };
        let start = Instant::now();
        while start.elapsed() < START_WITHIN {
            if TcpStream::connect(address).is_ok() {
                return Some(php);
            }
            if php.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("php accepts no connection after {START_WITHIN:?}");
    }

    /// Returns the address that the app listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Php {
    fn drop(&mut self) {
        // Both fail only where the process has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
