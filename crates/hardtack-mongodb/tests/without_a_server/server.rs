//! [`Server`]: the [`Model`] behind MongoDB's protocol (`OP_MSG`) on a free loopback port, and the
//! faults that a test orders.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use mongodb::bson::{Document, doc};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use crate::model::{Model, refused};

/// The number of `OP_MSG` in a message's head.
const OP_MSG: i32 = 2013;

/// What a server does wrong with a command.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Fault {
    /// Never answers, and does not execute it.
    Hangs,
    /// Closes the connection in place of executing it.
    ClosesBefore,
    /// Executes it, and closes the connection in place of the answer.
    ClosesAfter,
    /// Answers with an error of this code and name, and a message that quotes the command.
    Refuses(i32, &'static str),
    /// Executes it, and answers that the members of the replica set have not acknowledged it.
    Unacknowledged,
    /// Answers with bytes that are no message.
    Babbles,
}

/// Returns the fault of the nth command that is no greeting.
type Faults = Arc<dyn Fn(usize, &Document) -> Option<Fault> + Send + Sync>;

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: String,
    pub(crate) model: Arc<Mutex<Model>>,
    commands: Arc<Mutex<Vec<Document>>>,
    connections: Arc<AtomicUsize>,
    faults: Faults,
}

impl Server {
    pub(crate) async fn start() -> Self {
        Self::with_faults(None, |_, _| None).await
    }

    /// Starts the primary of a replica set, or a server that stands alone.
    pub(crate) async fn with_faults(
        replica_set: Option<&str>,
        faults: impl Fn(usize, &Document) -> Option<Fault> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let server = Self {
            address: listener.local_addr().unwrap().to_string(),
            model: Arc::default(),
            commands: Arc::default(),
            connections: Arc::default(),
            faults: Arc::new(faults),
        };
        server.model.lock().unwrap().replica_set = replica_set.map(str::to_owned);
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                this.connections.fetch_add(1, Ordering::Relaxed);
                let this = this.clone();
                tokio::spawn(async move { this.serve(stream).await });
            }
        });
        server
    }

    pub(crate) fn url(&self) -> String {
        format!("mongodb://{}/test", self.address)
    }

    /// The commands that were no greetings.
    pub(crate) fn commands(&self) -> Vec<Document> {
        self.commands.lock().unwrap().clone()
    }

    /// The names of these commands.
    pub(crate) fn names(&self) -> Vec<String> {
        let commands = self.commands();
        commands
            .iter()
            .map(|command| command.keys().next().unwrap().clone())
            .collect()
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::Relaxed)
    }

    /// The documents of `sessions`.
    pub(crate) fn documents(&self) -> Vec<Document> {
        let model = self.model.lock().unwrap();
        let sessions = model.collections.get("sessions");
        sessions.map_or_else(Vec::new, |sessions| sessions.documents.clone())
    }

    pub(crate) fn put(&self, document: Document) {
        let mut model = self.model.lock().unwrap();
        model
            .collections
            .entry("sessions".to_owned())
            .or_default()
            .documents
            .push(document);
    }

    async fn serve(&self, mut stream: TcpStream) -> Option<()> {
        loop {
            let (request, command) = read(&mut stream).await?;
            let name = command.keys().next().unwrap();
            let is_greeting = matches!(
                name.as_str(),
                "hello" | "isMaster" | "ismaster" | "endSessions"
            );
            let fault = if is_greeting && !command.contains_key("lsid") {
                (self.faults)(usize::MAX, &command)
            } else {
                let mut commands = self.commands.lock().unwrap();
                commands.push(command.clone());
                (self.faults)(commands.len() - 1, &command)
            };
            let execute = || self.model.lock().unwrap().execute(&command, &self.address);
            let answer = match fault {
                None => execute(),
                Some(Fault::Hangs) => {
                    while read(&mut stream).await.is_some() {}
                    return None;
                }
                Some(Fault::ClosesBefore) => return None,
                Some(Fault::ClosesAfter) => {
                    execute();
                    return None;
                }
                Some(Fault::Refuses(code, name)) => {
                    refused((code, name, format!("what is this: {command}")))
                }
                Some(Fault::Unacknowledged) => {
                    let mut answer = execute();
                    answer.insert(
                        "writeConcernError",
                        doc! {
                            "code": 64, "codeName": "WriteConcernFailed",
                            "errmsg": format!("waiting for replication timed out: {command}"),
                        },
                    );
                    answer
                }
                Some(Fault::Babbles) => {
                    stream
                        .write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                        .await
                        .ok()?;
                    return None;
                }
            };
            write(&mut stream, request, &answer).await?;
        }
    }
}

/// Reads a message: its number and its command.
async fn read(stream: &mut TcpStream) -> Option<(i32, Document)> {
    let length = stream.read_i32_le().await.ok()?;
    let request = stream.read_i32_le().await.ok()?;
    stream.read_i32_le().await.ok()?;
    assert_eq!(stream.read_i32_le().await.ok()?, OP_MSG);
    let mut body = vec![0; usize::try_from(length).unwrap() - 16];
    stream.read_exact(&mut body).await.ok()?;
    // No checksum, no second section: the driver puts updates and deletions into the command.
    assert_eq!(body[0] & 1, 0);
    assert_eq!(body[4], 0);
    let command = Document::from_reader(&body[5..]).unwrap();
    let mut bytes = Vec::new();
    command.to_writer(&mut bytes).unwrap();
    assert_eq!(bytes.len(), body.len() - 5);
    Some((request, command))
}

async fn write(stream: &mut TcpStream, request: i32, answer: &Document) -> Option<()> {
    let mut body = Vec::new();
    answer.to_writer(&mut body).unwrap();
    let length = i32::try_from(16 + 5 + body.len()).unwrap();
    let mut message = Vec::new();
    for number in [length, 0, request, OP_MSG, 0] {
        message.extend(number.to_le_bytes());
    }
    message.push(0);
    message.extend(body);
    stream.write_all(&message).await.ok()
}
