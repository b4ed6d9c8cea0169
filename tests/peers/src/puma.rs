//! [`Puma`]: the same Rails app over HTTP.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::Settings;

const START_WITHIN: Duration = Duration::from_secs(20);
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// A running puma that serves `puma_app/config.ru` on a free loopback port; it is killed when
/// dropped.
#[derive(Debug)]
pub struct Puma {
    process: Child,
    address: SocketAddr,
}

/// What puma answered.
#[derive(Clone, Debug)]
pub struct Response {
    /// The status code.
    pub status: u16,
    headers: Vec<(String, String)>,
    body: String,
}

impl Puma {
    /// Starts puma and waits until it accepts connections.
    ///
    /// # Panics
    ///
    /// Where puma or Rails 6.1 is missing, or it does not start within 20 seconds.
    #[must_use]
    pub fn start(settings: &Settings) -> Self {
        // Between finding a free port and puma's taking it, somebody else may have.
        (0..3)
            .find_map(|_| Self::try_start(settings))
            .expect("puma did not start three times, its errors stand above")
    }

    /// `None` where puma has ended by itself.
    fn try_start(settings: &Settings) -> Option<Self> {
        let address = free_address();
        let app = Path::new(env!("CARGO_MANIFEST_DIR")).join("puma_app/config.ru");
        let process = Command::new("puma")
            .args(["--config", "-", "--threads", "1:4", "--bind"])
            .arg(format!("tcp://{address}"))
            .arg(app)
            .envs(settings.environment())
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

    /// `GET path`, with this `Cookie` header.
    ///
    /// # Panics
    ///
    /// Where puma does not answer in HTTP within 10 seconds.
    #[must_use]
    pub fn get(&self, path: &str, cookies: Option<&str>) -> Response {
        let answer = self.exchange(path, cookies);
        let answer = answer.unwrap_or_else(|error| panic!("GET {path}: {error}"));
        Response::parse(&answer).unwrap_or_else(|| panic!("GET {path}: no HTTP: {answer}"))
    }

    fn exchange(&self, path: &str, cookies: Option<&str>) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        // HTTP/1.0: no chunks, and the connection's end is the answer's.
        let cookies = cookies.map_or_else(String::new, |pairs| format!("Cookie: {pairs}\r\n"));
        let host = self.address;
        let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n{cookies}\r\n");
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    }
}

impl Drop for Puma {
    fn drop(&mut self) {
        // Both fail only where the process has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Response {
    fn parse(answer: &str) -> Option<Self> {
        let (head, body) = answer.split_once("\r\n\r\n")?;
        let mut lines = head.split("\r\n");
        let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
        let header = |line: &str| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        };
        Some(Self {
            status,
            headers: lines.map(header).collect::<Option<_>>()?,
            body: body.to_owned(),
        })
    }

    /// The `Set-Cookie` header's values.
    pub fn set_cookies(&self) -> impl Iterator<Item = &str> {
        let cookies = self.headers.iter().filter(|(name, _)| name == "set-cookie");
        cookies.map(|(_, value)| value.as_str())
    }

    /// The body, as JSON.
    ///
    /// # Panics
    ///
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("{error} in {} {}", self.status, self.body))
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .expect("a free loopback port")
}
