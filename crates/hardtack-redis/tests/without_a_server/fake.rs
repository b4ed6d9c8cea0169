//! [`Fake`]: a server in this process that answers as a test says.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// The answer of the fake server to the words of a command; `None` never answers.
type Answers = Arc<dyn Fn(&[String]) -> Option<String> + Send + Sync>;

/// A server on a free loopback port, and the commands that it got.
pub(crate) struct Fake {
    pub(crate) url: String,
    pub(crate) connections: Arc<AtomicUsize>,
    commands: Arc<std::sync::Mutex<Vec<String>>>,
}

impl Fake {
    pub(crate) async fn start(
        answers: impl Fn(&[String]) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self {
            url: format!("redis://{}", listener.local_addr().unwrap()),
            connections: Arc::default(),
            commands: Arc::default(),
        };
        let (connections, commands) = (fake.connections.clone(), fake.commands.clone());
        let answers: Answers = Arc::new(answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::Relaxed);
                tokio::spawn(serve(stream, answers.clone(), commands.clone()));
            }
        });
        fake
    }

    /// Never answers on this connection again.
    pub(crate) const DEAF: &str = "\0deaf";

    /// Comes before an answer that is given after 400 ms.
    pub(crate) const LATE: &str = "\0late";

    /// Starts a server that takes one connection, and is gone with it. `None` answers with all
    /// slots at the node itself.
    pub(crate) async fn vanishing(
        answers: impl Fn(&[String]) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let fake = Self {
            url: format!("redis://127.0.0.1:{port}"),
            connections: Arc::default(),
            commands: Arc::default(),
        };
        let slots = format!("*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$0\r\n\r\n:{port}\r\n");
        let answers: Answers =
            Arc::new(move |words| answers(words).or_else(|| Some(slots.clone())));
        let commands = fake.commands.clone();
        tokio::spawn(async move {
            if let Ok((stream, _)) = listener.accept().await {
                drop(listener);
                serve(stream, answers, commands).await;
            }
        });
        fake
    }

    /// The names of the commands on sessions: without those of a new connection.
    pub(crate) fn commands(&self) -> Vec<String> {
        let commands = self.commands.lock().unwrap();
        let of_sessions = |name: &&String| !["CLIENT", "HELLO"].contains(&name.as_str());
        commands.iter().filter(of_sessions).cloned().collect()
    }
}

async fn serve(
    stream: TcpStream,
    answers: Answers,
    commands: Arc<std::sync::Mutex<Vec<String>>>,
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    loop {
        let words = words_of(&mut stream).await?;
        commands.lock().unwrap().push(words[0].clone());
        if let Some(answer) = answers(&words) {
            if answer.is_empty() {
                return None;
            }
            if answer == Fake::DEAF {
                while words_of(&mut stream).await.is_some() {}
                return None;
            }
            let answer = match answer.strip_prefix(Fake::LATE) {
                Some(answer) => {
                    tokio::time::sleep(Duration::from_millis(400)).await;
                    answer.to_owned()
                }
                None => answer,
            };
            stream.get_mut().write_all(answer.as_bytes()).await.ok()?;
        }
    }
}

/// Reads one command; `None` where the connection ends.
async fn words_of(stream: &mut BufReader<TcpStream>) -> Option<Vec<String>> {
    let mut words = Vec::new();
    for _ in 0..length(stream).await? {
        let mut word = vec![0; length(stream).await? + 2];
        stream.read_exact(&mut word).await.ok()?;
        word.truncate(word.len() - 2);
        words.push(String::from_utf8_lossy(&word).into_owned());
    }
    Some(words)
}

async fn length(stream: &mut BufReader<TcpStream>) -> Option<usize> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    line.get(1..)?.trim_end().parse().ok()
}

/// Answers HELLO as a server of this version.
pub(crate) fn hello(server: &str, version: &str) -> String {
    greeting(server, version, "standalone")
}

/// Answers HELLO as a node of a Cluster.
pub(crate) fn cluster_hello() -> String {
    greeting("redis", "7.0.15", "cluster")
}

fn greeting(server: &str, version: &str, mode: &str) -> String {
    let pairs = [
        ("server", server),
        ("version", version),
        ("mode", mode),
        ("role", "master"),
    ];
    let words = pairs.iter().flat_map(|(name, value)| [name, value]);
    let words: String = words.map(|word| bulk(word)).collect();
    format!("*8\r\n{words}")
}

pub(crate) fn bulk(text: &str) -> String {
    format!("${}\r\n{text}\r\n", text.len())
}

/// Answers the commands of a new connection; the others are the test's.
pub(crate) fn opening(words: &[String], server: &str, version: &str) -> Option<String> {
    match &*words[0] {
        "HELLO" => Some(hello(server, version)),
        "CLIENT" | "SELECT" | "AUTH" => Some("+OK\r\n".to_owned()),
        _ => None,
    }
}
