//! [`RedisServer`]: a live Redis of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs, process};

use crate::http::free_address;

const START_WITHIN: Duration = Duration::from_secs(20);

/// A running `redis-server` on a free loopback port, which writes into a folder of its own and saves
/// nothing unless it is told to. Dropping it ends the server and removes the folder.
///
/// ```
/// use hardtack_peers::RedisServer;
///
/// let redis = RedisServer::start(&["--maxmemory", "8mb"]);
/// assert_eq!(redis.command(&["SET", "key", "value"]), "OK");
/// assert_eq!(redis.command(&["GET", "key"]), "value");
/// assert!(redis.url().starts_with("redis://127.0.0.1:"));
/// ```
#[derive(Debug)]
pub struct RedisServer {
    process: Option<Child>,
    address: SocketAddr,
    folder: PathBuf,
    options: Vec<String>,
}

impl RedisServer {
    /// Starts a server with these options of its command line, and waits until it answers.
    ///
    /// # Panics
    ///
    /// Panics if `redis-server` is missing, or does not answer within 20 seconds.
    #[must_use]
    pub fn start(options: &[&str]) -> Self {
        // Between finding a free port and the server's taking it, somebody else may have.
        (0..3)
            .find_map(|_| Self::try_start(free_address(), None, options))
            .expect("redis-server did not start three times, its errors stand above")
    }

    /// Starts a node of a Cluster, which knows no other node yet; its bus has a free port too.
    pub(crate) fn start_node(options: &[&str]) -> Self {
        let bus = free_address().port().to_string();
        let node = ["--cluster-enabled", "yes", "--cluster-port", &bus];
        Self::start(&[&node[..], options].concat())
    }

    /// Starts a Sentinel with this configuration.
    pub(crate) fn start_sentinel(configuration: &str) -> Self {
        (0..3)
            .find_map(|_| Self::try_start(free_address(), Some(configuration), &["--sentinel"]))
            .expect("the Sentinel did not start three times, its errors stand above")
    }

    /// Starts a server at this address; returns `None` if it ended by itself.
    fn try_start(
        address: SocketAddr,
        configuration: Option<&str>,
        options: &[&str],
    ) -> Option<Self> {
        let folder = format!("hardtack-redis-{}-{}", process::id(), address.port());
        let folder = env::temp_dir().join(folder);
        fs::create_dir_all(&folder).expect("a folder of its own");
        if let Some(configuration) = configuration {
            fs::write(folder.join("conf"), configuration).expect("a file in it");
        }
        let mut server = Self {
            process: None,
            address,
            folder,
            options: options.iter().map(|&option| option.to_owned()).collect(),
        };
        server.run().then_some(server)
    }

    /// Runs the program and waits until it answers; returns `false` if it ended by itself.
    fn run(&mut self) -> bool {
        let log = fs::File::create(self.folder.join("log")).expect("a log file");
        let mut command = Command::new(program());
        let configuration = self.folder.join("conf");
        if configuration.exists() {
            command.arg(configuration);
        }
        let child = command
            .args(["--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .args(["--port", &self.address.port().to_string(), "--dir"])
            .arg(&self.folder)
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(log)
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot run redis-server ({error}): run `scripts/peers`, which installs it")
            });
        self.process = Some(child);
        let start = Instant::now();
        while start.elapsed() < START_WITHIN {
            // Any answer will do: it may want a password.
            if self.try_command(&["PING"]).is_ok() {
                return true;
            }
            let process = self.process.as_mut().expect("it was started");
            if process.try_wait().is_ok_and(|ended| ended.is_some()) {
                let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
                eprintln!("redis-server ended: {log}");
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("redis-server does not answer after {START_WITHIN:?}");
    }

    /// Ends the server at once, as a crash does: what was not saved is lost.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // These fail only where the process has ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts the server again, at its address and in its folder.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    pub fn start_again(&mut self) {
        self.stop();
        assert!(self.run(), "redis-server did not start again");
    }

    /// Returns the id of the server's process, for a signal.
    ///
    /// # Panics
    ///
    /// Panics if the server was stopped.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        self.process.as_ref().expect("the server runs").id()
    }

    /// Waits until `condition` holds for the answer to a command.
    ///
    /// # Panics
    ///
    /// Panics with the answer if the condition does not hold within 30 seconds.
    pub fn wait_for(&self, parts: &[&str], condition: impl Fn(&str) -> bool) {
        let start = Instant::now();
        loop {
            let answer = self.try_command(parts).unwrap_or_default();
            if condition(&answer) {
                return;
            }
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "{parts:?} is still answered by {answer}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Returns the address as `redis://127.0.0.1:port`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("redis://{}", self.address)
    }

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the folder in which the server saves.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Sends a command, and returns the answer as text: an array with a line for each element, an
    /// error with its `-`, and a missing value as `nil`.
    ///
    /// # Panics
    ///
    /// Panics if the server does not answer within 10 seconds.
    #[expect(clippy::must_use_candidate, reason = "many commands are their effect")]
    pub fn command(&self, parts: &[&str]) -> String {
        self.try_command(parts)
            .unwrap_or_else(|error| panic!("{parts:?}: {error}"))
    }

    /// Sends a command as [`command`](Self::command) does.
    ///
    /// # Errors
    ///
    /// The server cannot be reached.
    pub fn try_command(&self, parts: &[&str]) -> std::io::Result<String> {
        command(self.address, parts)
    }
}

impl Drop for RedisServer {
    fn drop(&mut self) {
        self.stop();
        // It fails only where somebody has tidied up.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// The program: `redis-server`, unless the environment names another, such as `valkey-server`.
fn program() -> String {
    env::var("REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned())
}

/// Sends one command to a server, over a connection of its own.
fn command(address: SocketAddr, parts: &[&str]) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut request = format!("*{}\r\n", parts.len());
    request.extend(
        parts
            .iter()
            .map(|part| format!("${}\r\n{part}\r\n", part.len())),
    );
    stream.write_all(request.as_bytes())?;
    answer(&mut BufReader::new(stream))
}

/// Reads one answer in RESP2.
fn answer(stream: &mut impl BufRead) -> std::io::Result<String> {
    let mut line = String::new();
    stream.read_line(&mut line)?;
    let line = line.trim_end();
    if line.is_empty() {
        return Err(std::io::ErrorKind::UnexpectedEof.into());
    }
    let (kind, rest) = line.split_at(1);
    let length = || rest.parse::<i64>().expect("a length");
    match kind {
        "$" => {
            let Ok(length) = usize::try_from(length()) else {
                return Ok("nil".to_owned());
            };
            let mut bytes = vec![0; length + 2];
            stream.read_exact(&mut bytes)?;
            bytes.truncate(length);
            Ok(String::from_utf8_lossy(&bytes).into_owned())
        }
        "*" => {
            let items: std::io::Result<Vec<String>> =
                (0..length()).map(|_| answer(stream)).collect();
            Ok(items?.join("\n"))
        }
        "-" => Ok(line.to_owned()),
        _ => Ok(rest.to_owned()),
    }
}
