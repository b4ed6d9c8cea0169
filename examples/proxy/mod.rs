//! One origin for both halves: `/rust` goes to Rust, everything else to the other framework. In
//! production this is nginx or the like.

use std::error::Error as StdError;
use std::io;
use std::net::{SocketAddr, TcpListener};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional};
use tokio::net::TcpStream;

use crate::pages::{escape, page};

/// The most bytes of a request's head.
const HEAD: u64 = 64 * 1024;

/// The half that is not Rust's.
#[derive(Clone, Copy)]
pub(crate) struct OtherHalf {
    pub(crate) name: &'static str,
    /// The variable with the port that it listens on; 3001 without it.
    pub(crate) port: &'static str,
    /// The command that starts both.
    pub(crate) run: &'static str,
}

pub(crate) struct Proxy {
    listener: TcpListener,
    rust: SocketAddr,
    other: SocketAddr,
    about: OtherHalf,
}

impl Proxy {
    /// Listens on `PORT`, or on 3000.
    pub(crate) fn of_environment(
        rust: SocketAddr,
        about: OtherHalf,
    ) -> Result<Self, Box<dyn StdError>> {
        let port = |name, default| match std::env::var(name) {
            Ok(port) => port
                .parse()
                .map_err(|error| format!("{name}={port}: {error}")),
            Err(_) => Ok(default),
        };
        let own = port("PORT", 3000)?;
        let local = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let listener = TcpListener::bind(local(own))
            .map_err(|error| format!("port {own}: {error}; set PORT to another"))?;
        Ok(Self {
            listener,
            rust,
            other: local(port(about.port, 3001)?),
            about,
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
            let (rust, other, about) = (self.rust, self.other, self.about);
            // An error means that the connection broke off, and the browser reports it.
            tokio::spawn(async move { pass(browser, rust, other, about).await });
        }
    }
}

/// Passes one request on, and asks both sides to close after it: the next request may be for the
/// other half.
async fn pass(
    browser: TcpStream,
    rust: SocketAddr,
    other: SocketAddr,
    about: OtherHalf,
) -> io::Result<()> {
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
    let half = TcpStream::connect(if is_for_rust { rust } else { other }).await;
    let mut half = match half {
        Ok(half) => half,
        Err(error) => {
            let (title, body) = if is_for_rust {
                rust_is_down(about)
            } else {
                other_is_down(other, about, &error)
            };
            return refuse(browser, &page(&title, &[], &body)).await;
        }
    };
    half.write_all(head.as_bytes()).await?;
    copy_bidirectional(&mut browser, &mut half).await?;
    Ok(())
}

/// Returns the title and the body of the page that tells how to bring Rust back.
fn rust_is_down(about: OtherHalf) -> (String, String) {
    let body = format!("<p>Start <code>{}</code> again.</p>", about.run);
    ("Rust does not answer".to_owned(), body)
}

/// Returns the title and the body of the page that tells how to bring the other half back.
fn other_is_down(other: SocketAddr, about: OtherHalf, error: &io::Error) -> (String, String) {
    let OtherHalf { name, run, .. } = about;
    let body = format!(
        "<p>Nothing listens at <code>{other}</code>: {}.</p>\
         <p>{name} takes some seconds to start: reload this page. If {name} has stopped, the \
         terminal shows why; start <code>{run}</code> again.</p>\
         <p><a href=\"/rust\">To the page by Rust</a></p>",
        escape(&error.to_string())
    );
    (format!("{name} does not answer"), body)
}

/// Answers with a page that says which half is down.
async fn refuse(mut browser: BufReader<TcpStream>, page: &str) -> io::Result<()> {
    let answer = format!(
        "HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html; charset=utf-8\r\n\
         Content-Length: {}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
    browser.write_all(answer.as_bytes()).await?;
    browser.shutdown().await?;
    // A connection that is closed with unread bytes is reset, and the browser loses the answer.
    tokio::io::copy(&mut browser.take(HEAD), &mut tokio::io::sink()).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a request to a proxy whose halves are down, and returns the answer.
    async fn answer(request: &str) -> String {
        let local = || TcpListener::bind("127.0.0.1:0").unwrap();
        // Its port is free again once it is dropped.
        let down = local().local_addr().unwrap();
        let listener = local();
        let address = listener.local_addr().unwrap();
        let proxy = Proxy {
            listener,
            rust: down,
            other: down,
            about: OtherHalf {
                name: "Rails",
                port: "RAILS_PORT",
                run: "examples/beside-rails/run",
            },
        };
        let proxy = tokio::spawn(proxy.serve());
        let mut browser = TcpStream::connect(address).await.unwrap();
        browser.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        browser.read_to_string(&mut answer).await.unwrap();
        proxy.abort();
        answer
    }

    #[tokio::test]
    async fn a_half_that_is_down_is_answered_for() {
        let post = "POST /sign_in HTTP/1.1\r\nContent-Length: 8\r\n\r\nname=Ada";
        let cases = [
            ("GET / HTTP/1.1\r\n\r\n", "<h1>Rails does not answer</h1>"),
            (post, "Rails takes some seconds to start: reload this page"),
            (
                "GET /rust HTTP/1.1\r\n\r\n",
                "<h1>Rust does not answer</h1>",
            ),
        ];
        for (request, told) in cases {
            let answer = answer(request).await;
            let (head, page) = answer.split_once("\r\n\r\n").unwrap_or_default();
            assert!(head.starts_with("HTTP/1.1 502 Bad Gateway\r\n"), "{answer}");
            let length = format!("\r\nContent-Length: {}\r\n", page.len());
            assert!(head.contains(&length), "{answer}");
            assert!(page.contains(told), "{told}: {page}");
        }
    }
}
