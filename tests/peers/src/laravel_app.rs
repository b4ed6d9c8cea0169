//! [`LaravelApp`]: a Laravel app over HTTP.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::json;

use crate::http::free_address;

const START_WITHIN: Duration = Duration::from_secs(20);

/// A running PHP that serves `laravel_app/app.php` on a free loopback port, with its sessions in
/// Redis; it is killed when dropped.
#[derive(Debug)]
pub struct LaravelApp {
    process: Child,
    address: SocketAddr,
}

impl LaravelApp {
    /// Starts the app and waits until it accepts connections.
    ///
    /// # Panics
    ///
    /// Panics if PHP is missing, or does not start within 20 seconds.
    #[must_use]
    pub fn start(redis: SocketAddr, app_key: &str, cipher: &str, is_encrypted: bool) -> Self {
        let settings = json!({
            "redis_port": redis.port(), "app_key": app_key, "cipher": cipher, "encrypt": is_encrypted,
        });
        // Between finding a free port and PHP's taking it, somebody else may have.
        (0..3)
            .find_map(|_| Self::try_start(&settings.to_string()))
            .expect("php did not start three times, its errors stand above")
    }

    /// Starts PHP; returns `None` if it ended by itself.
    fn try_start(settings: &str) -> Option<Self> {
        let address = free_address();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("laravel_app/app.php");
        let process = Command::new("php")
            .args(["-d", "display_errors=stderr", "-S", &address.to_string()])
            .arg(script)
            .env("LARAVEL_APP", settings)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "cannot run php ({error}): run `scripts/peers`, which installs it and Laravel"
                )
            });
        let mut app = Self { process, address };
        let start = Instant::now();
        while start.elapsed() < START_WITHIN {
            if TcpStream::connect(address).is_ok() {
                return Some(app);
            }
            if app.process.try_wait().is_ok_and(|ended| ended.is_some()) {
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

impl Drop for LaravelApp {
    fn drop(&mut self) {
        // Both fail only where the process has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
