//! [`MemcachedServer`]: a live Memcached of its own.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::http::free_address;

const START_WITHIN: Duration = Duration::from_secs(20);
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// A running `memcached` on a free loopback port. Dropping it ends the server.
///
/// ```
/// use hardtack_peers::MemcachedServer;
///
/// let memcached = MemcachedServer::start(&["-m", "8"]);
/// assert_eq!(memcached.command("set key 0 0 5\r\nvalue"), "STORED");
/// assert_eq!(memcached.command("get key"), "VALUE key 0 5\nvalue\nEND");
/// ```
#[derive(Debug)]
pub struct MemcachedServer {
    process: Option<Child>,
    address: SocketAddr,
    options: Vec<String>,
}

impl MemcachedServer {
    /// Starts a server with these options of its command line, and waits until it answers.
    ///
    /// # Panics
    ///
    /// Panics if `memcached` is missing, or does not answer within 20 seconds.
    #[must_use]
    pub fn start(options: &[&str]) -> Self {
        // Between finding a free port and the server's taking it, somebody else may have.
        (0..3)
            .find_map(|_| {
                let mut server = Self {
                    process: None,
                    address: free_address(),
                    options: options.iter().map(|&option| option.to_owned()).collect(),
                };
                server.run().then_some(server)
            })
            .expect("memcached did not start three times, its errors stand above")
    }

    /// Runs the program and waits until it answers; returns `false` if it ended by itself.
    fn run(&mut self) -> bool {
        let child = Command::new("memcached")
            // Root must name a user; for others the option has no effect.
            .args(["-u", "nobody", "-l", "127.0.0.1", "-U", "0"])
            .args(["-p", &self.address.port().to_string()])
            .args(&self.options)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("cannot run memcached ({error}): run `scripts/peers`, which installs it")
            });
        self.process = Some(child);
        let start = Instant::now();
        while start.elapsed() < START_WITHIN {
            if self.try_command("version").is_ok() {
                return true;
            }
            let process = self.process.as_mut().expect("it was started");
            if process.try_wait().is_ok_and(|ended| ended.is_some()) {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("memcached does not answer after {START_WITHIN:?}");
    }

    /// Ends the server at once: its entries are lost.
    pub fn stop(&mut self) {
        if let Some(mut process) = self.process.take() {
            // These fail only where the process has ended by itself.
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    /// Starts the server again at its address, without entries.
    ///
    /// # Panics
    ///
    /// Panics if it does not start.
    pub fn start_again(&mut self) {
        self.stop();
        assert!(self.run(), "memcached did not start again");
    }

    /// Checks that the server was not stopped.
    #[must_use]
    pub fn is_running(&self) -> bool {
        self.process.is_some()
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

    /// Returns the address that the server listens on.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a command, and returns the lines of its answer. It must be one that ends in `END`, or has one
    /// line.
    ///
    /// # Panics
    ///
    /// Panics if the server does not answer within 5 seconds.
    #[expect(clippy::must_use_candidate, reason = "many commands are their effect")]
    pub fn command(&self, command: &str) -> String {
        self.try_command(command)
            .unwrap_or_else(|error| panic!("{command:?}: {error}"))
    }

    /// Returns the keys of all entries that have not ended, sorted.
    ///
    /// # Panics
    ///
    /// Panics if the server does not list them within 20 seconds.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let start = Instant::now();
        let list = loop {
            // The list is made by a thread of the server that may be busy with its own work.
            match self.try_command("lru_crawler metadump hash") {
                Ok(list) if list.ends_with("END") => break list,
                other => assert!(start.elapsed() < START_WITHIN, "no list of keys: {other:?}"),
            }
        };
        let words = list.lines().filter_map(|line| line.split(' ').next());
        let keys = words.filter_map(|word| word.strip_prefix("key="));
        let mut keys: Vec<_> = keys
            .map(|key| key.replace("%3A", ":").replace("%25", "%"))
            .collect();
        keys.sort_unstable();
        keys
    }

    /// Returns how many seconds an entry has left; -1 has no end, and `None` is no entry.
    ///
    /// # Panics
    ///
    /// Panics as [`command`](Self::command) does.
    #[must_use]
    pub fn life_of(&self, key: &str) -> Option<i64> {
        let answer = self.command(&format!("mg {key} t"));
        answer.strip_prefix("HD t")?.parse().ok()
    }

    fn try_command(&self, command: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(ANSWER_WITHIN))?;
        stream.write_all(command.as_bytes())?;
        stream.write_all(b"\r\n")?;
        let has_end = ["get", "gets", "stats", "lru_crawler"];
        let word = command.split(' ').next().unwrap_or_default().trim_end();
        let mut lines = Vec::new();
        for line in BufReader::new(stream).lines() {
            let line = line?;
            let is_last = !has_end.contains(&word)
                || line == "END"
                || line.contains("ERROR")
                || line.starts_with("BUSY");
            lines.push(line);
            if is_last {
                return Ok(lines.join("\n"));
            }
        }
        Err(std::io::ErrorKind::UnexpectedEof.into())
    }
}

impl Drop for MemcachedServer {
    fn drop(&mut self) {
        self.stop();
    }
}
