//! [`Puma`]: the same Rails app over HTTP.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::Settings;
use crate::http::{Response, free_address, get};

const START_WITHIN: Duration = Duration::from_secs(20);

/// A running puma that serves an app of this package on a free loopback port; it is killed when
/// dropped.
#[derive(Debug)]
pub struct Puma {
    process: Child,
    address: SocketAddr,
}

impl Puma {
    /// Starts puma with `puma_app/config.ru` and waits until it accepts connections.
    ///
    /// # Panics
    ///
    /// Panics if puma or this Rails is missing, or if puma does not start within 20 seconds.
    #[must_use]
    pub fn start(settings: &Settings) -> Self {
        Self::start_app("puma_app/config.ru", settings, &[])
    }

    /// Starts puma with an app of this package, such as `stored_app/config.ru`, and more variables of
    /// its environment. Otherwise as [`start`](Self::start).
    ///
    /// # Panics
    ///
    /// Panics as [`start`](Self::start) does.
    #[must_use]
    pub fn start_app(app: &str, settings: &Settings, variables: &[(&str, String)]) -> Self {
        // Between finding a free port and puma's taking it, somebody else may have.
        (0..3)
            .find_map(|_| Self::try_start(app, settings, variables))
            .expect("puma did not start three times, its errors stand above")
    }

    /// Starts puma; returns `None` if puma ended by itself.
    fn try_start(app: &str, settings: &Settings, variables: &[(&str, String)]) -> Option<Self> {
        let address = free_address();
        let app = Path::new(env!("CARGO_MANIFEST_DIR")).join(app);
        let process = Command::new("puma")
            .args(["--config", "-", "--threads", "1:4", "--bind"])
            .arg(format!("tcp://{address}"))
            .arg(app)
            .envs(settings.environment())
            .envs(variables.iter().cloned())
            .env("RUBYOPT", "-W0") // Rails 6.1 warns on newer Rubies
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot run puma ({error}); {}", crate::NEEDED));
        let mut puma = Self { process, address };
        let start = Instant::now();
        while start.elapsed() < START_WITHIN {
            if TcpStream::connect(address).is_ok() {
                return Some(puma);
            }
            if puma.process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return None;
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        panic!("puma accepts no connection after {START_WITHIN:?}");
    }

    /// Sends `GET path` with this `Cookie` header.
    ///
    /// # Panics
    ///
    /// Panics if puma does not answer in HTTP within 10 seconds.
    #[must_use]
    pub fn get(&self, path: &str, cookies: Option<&str>) -> Response {
        get(self.address, path, cookies)
    }

    /// Returns the address that puma listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Puma {
    fn drop(&mut self) {
        // Both fail only where the process has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
