//! [`Commands`]: the commands that a contender sends to Redis for a request.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Result;
use std::net::SocketAddr;

use hardtack_peers::RedisServer;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::TcpStream;

use crate::turn::as_f64;

/// The end of what a [`Monitor`] listens to.
const END: &str = "the end of the load";

/// Counts what Redis is sent, by its command `MONITOR`.
///
/// `INFO commandstats` would count the commands within a script as well.
pub(crate) struct Monitor {
    stream: BufStream<TcpStream>,
    database: usize,
}

/// The commands that a contender sends, and how many of each for a request.
#[derive(Clone)]
pub(crate) struct Commands(BTreeMap<String, f64>);

impl Monitor {
    /// Begins to listen to the commands on a database.
    pub(crate) async fn start(
        redis: SocketAddr,
        database: usize,
    ) -> std::result::Result<Self, String> {
        let start = async {
            let mut stream = BufStream::new(TcpStream::connect(redis).await?);
            stream.write_all(b"MONITOR\r\n").await?;
            stream.flush().await?;
            let mut ok = String::new();
            stream.read_line(&mut ok).await?;
            Ok(Self { stream, database })
        };
        start.await.map_err(|error| failed(&error))
    }

    /// Returns what was sent since, for each of so many requests.
    pub(crate) async fn stop(
        mut self,
        redis: &RedisServer,
        requests: usize,
    ) -> std::result::Result<Commands, String> {
        redis.command(&["PING", END]);
        let mut counts = self.count().await.map_err(|error| failed(&error))?;
        for count in counts.values_mut() {
            *count /= as_f64(requests);
        }
        Ok(Commands(counts))
    }

    /// Counts lines such as `+1700000000.123456 [3 127.0.0.1:4711] "GET" "key"`. In place of the
    /// client's address, `lua` stands before the commands of a script.
    async fn count(&mut self) -> Result<BTreeMap<String, f64>> {
        let own = format!("[{} 127.0.0.1:", self.database);
        let mut counts: BTreeMap<String, f64> = BTreeMap::new();
        loop {
            let mut line = String::new();
            if self.stream.read_line(&mut line).await? == 0 || line.contains(END) {
                return Ok(counts);
            }
            let command = line
                .split_once(&own)
                .and_then(|(_, rest)| rest.split('"').nth(1));
            if let Some(command) = command {
                *counts.entry(command.to_ascii_uppercase()).or_default() += 1.0;
            }
        }
    }
}

fn failed(error: &std::io::Error) -> String {
    format!("Redis' MONITOR: {error}")
}

impl Commands {
    /// Returns the number of commands for a request.
    pub(crate) fn total(&self) -> f64 {
        self.0.values().sum()
    }
}

impl fmt::Display for Commands {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2}:", self.total())?;
        for (command, count) in &self.0 {
            write!(f, " {command}")?;
            if (count - 1.0).abs() > 0.001 {
                write!(f, " ({count:.2})")?;
            }
        }
        Ok(())
    }
}
