//! One origin for both halves: what is under `/rust` goes to Rust, everything else to Rails. In
//! earnest this is nginx or the like.

use std::io;
use std::net::{SocketAddr, TcpListener};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::TcpStream;

/// The most bytes of a request's head.
const HEAD: u64 = 64 * 1024;

pub(crate) struct Proxy {
    listener: TcpListener,
    rust: SocketAddr,
    rails: SocketAddr,
}

impl Proxy {
    /// Listens at `PORT`, and knows Rails by `RAILS_PORT`.
    pub(crate) fn of_environment(rust: SocketAddr) -> io::Result<Self> {
        let port = |name, default| match std::env::var(name) {
            Ok(port) => port.parse().map_err(io::Error::other),
            Err(_) => Ok(default),
        };
        let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        Ok(Self {
            listener: TcpListener::bind(local(port("PORT", 3000)?))?,
            rust,
            rails: local(port("RAILS_PORT", 3001)?),
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.listener
            .local_addr()
            .map_or(0, |address| address.port())
    }

    pub(crate) async fn serve(self) -> io::Result<()> {
        self.listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(self.listener)?;
        loop {
            let (browser, _) = listener.accept().await?;
            let (rust, rails) = (self.rust, self.rails);
            // A connection that breaks off is the browser's affair.
            tokio::spawn(async move { pass(browser, rust, rails).await });
        }
    }
}

/// Passes one request on, and asks both sides to close after it: the next may be for the other
/// half.
async fn pass(browser: TcpStream, rust: SocketAddr, rails: SocketAddr) -> io::Result<()> {
    let mut browser = BufReader::new(browser);
    let mut head = String::new();
    let mut is_for_rust = false;
    let mut lines = (&mut browser).take(HEAD);
    loop {
        let mut line = String::new();
        if lines.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        if head.is_empty() {
            let path = line.split(' ').nth(1).unwrap_or_default();
            is_for_rust = path == "/rust" || path.starts_with("/rust/");
        }
        if line == "\r\n" {
            head.push_str("Connection: close\r\n\r\n");
            break;
        }
        if !line.to_ascii_lowercase().starts_with("connection:") {
            head.push_str(&line);
        }
    }
    let mut half = TcpStream::connect(if is_for_rust { rust } else { rails }).await?;
    half.write_all(head.as_bytes()).await?;
    copy_bidirectional(&mut browser, &mut half).await?;
    Ok(())
}
