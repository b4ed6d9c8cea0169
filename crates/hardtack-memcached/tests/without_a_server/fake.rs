//! [`Fake`]: a server in this process that answers as a test says.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// What the fake server does about a command.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Answers with this text.
    Says(String),
    /// Answers with this text, byte by byte, each after so many milliseconds.
    Trickles(String, u64),
    /// Answers with this text after 400 ms.
    SaysLate(String),
    /// Sends this text and closes the connection.
    Cuts(String),
    /// Never answers on this connection again.
    IsSilent,
    /// Answers `stats` as Memcached 1.6.18, and other commands with `ERROR`.
    AsUsual,
}

pub(crate) fn says(text: &str) -> Does {
    Does::Says(text.to_owned())
}

type Answers = Arc<dyn Fn(&str) -> Does + Send + Sync>;

/// A server on a free loopback port, and the commands that it got.
pub(crate) struct Fake {
    pub(crate) address: String,
    pub(crate) connections: Arc<AtomicUsize>,
    /// The most connections that were open at one time.
    pub(crate) most: Arc<AtomicUsize>,
    commands: Arc<Mutex<Vec<String>>>,
}

impl Fake {
    /// Starts a server that asks `answers` about the line of each command.
    pub(crate) async fn start(answers: impl Fn(&str) -> Does + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            address: listener.local_addr().unwrap().to_string(),
            connections: Arc::default(),
            most: Arc::default(),
            commands: Arc::default(),
        };
        let (connections, most) = (fake.connections.clone(), fake.most.clone());
        let commands = fake.commands.clone();
        let answers: Answers = Arc::new(answers);
        let open = Arc::new(AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                let now = open.fetch_add(1, Ordering::Relaxed) + 1;
                most.fetch_max(now, Ordering::Relaxed);
                let (answers, commands, open) = (answers.clone(), commands.clone(), open.clone());
                tokio::spawn(async move {
                    serve(stream, answers, commands).await;
                    open.fetch_sub(1, Ordering::Relaxed);
                });
            }
        });
        fake
    }

    /// The lines of the commands, without those of new connections.
    pub(crate) fn commands(&self) -> Vec<String> {
        let commands = self.commands.lock().unwrap();
        let of_sessions = |line: &&String| !line.starts_with("stats");
        commands.iter().filter(of_sessions).cloned().collect()
    }

    /// The first words of the commands.
    pub(crate) fn words(&self) -> Vec<String> {
        let first = |line: String| line.split(' ').next().unwrap_or_default().to_owned();
        self.commands().into_iter().map(first).collect()
    }

    pub(crate) fn connected(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }
}

async fn serve(
    stream: TcpStream,
    answers: Answers,
    commands: Arc<Mutex<Vec<String>>>,
) -> Option<()> {
    stream.set_nodelay(true).ok()?;
    let mut stream = BufReader::new(stream);
    loop {
        let line = command_of(&mut stream).await?;
        commands.lock().unwrap().push(line.clone());
        let answer = match answers(&line) {
            Does::AsUsual if line == "stats" => statistics("1.6.18", 77),
            Does::AsUsual => "ERROR\r\n".to_owned(),
            Does::Says(text) => text,
            Does::SaysLate(text) => {
                tokio::time::sleep(Duration::from_millis(400)).await;
                text
            }
            Does::Trickles(text, pause) => {
                for byte in text.bytes() {
                    tokio::time::sleep(Duration::from_millis(pause)).await;
                    stream.get_mut().write_all(&[byte]).await.ok()?;
                }
                continue;
            }
            Does::Cuts(text) => {
                stream.get_mut().write_all(text.as_bytes()).await.ok()?;
                // Closed in order: what was sent arrives.
                return stream.get_mut().shutdown().await.ok();
            }
            Does::IsSilent => {
                while command_of(&mut stream).await.is_some() {}
                return None;
            }
        };
        stream.get_mut().write_all(answer.as_bytes()).await.ok()?;
    }
}

/// Reads one command with its data, and returns its line; `None` where the connection ends.
async fn command_of(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    if stream.read_line(&mut line).await.ok()? == 0 {
        return None;
    }
    let line = line.trim_end().to_owned();
    let words: Vec<&str> = line.split(' ').collect();
    if ["set", "add", "replace", "cas"].contains(&words[0]) {
        let mut data = vec![0; words[4].parse::<usize>().ok()? + 2];
        stream.read_exact(&mut data).await.ok()?;
        assert!(data.ends_with(b"\r\n"));
    }
    Some(line)
}

/// Answers `stats` as a server of this version, whose process has this id.
pub(crate) fn statistics(version: &str, process: u32) -> String {
    format!(
        "STAT pid {process}\r\nSTAT uptime 10\r\nSTAT time 1800000010\r\nSTAT version {version}\r\n\
         STAT evictions 3\r\nEND\r\n"
    )
}

/// Answers `gets` with an entry.
pub(crate) fn entry(key: &str, bytes: &str, cas: u64) -> String {
    format!("VALUE {key} 1 {} {cas}\r\n{bytes}\r\nEND\r\n", bytes.len())
}
