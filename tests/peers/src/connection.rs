//! [`Connection`]: requests over HTTP/1.1 that stay on one connection, for load.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection to a server on this machine.
#[derive(Debug)]
pub struct Connection {
    port: u16,
    stream: TcpStream,
    answer: Vec<u8>,
    /// True if the server closes the connection after the last answer.
    is_over: bool,
}

/// A server's answer.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    head: &'a str,
    /// The body.
    pub body: &'a str,
}

impl Connection {
    /// Connects to a port of 127.0.0.1.
    ///
    /// # Errors
    ///
    /// Returns the error of the system if no server accepts the connection.
    pub async fn open(port: u16) -> Result<Self> {
        Ok(Self {
            port,
            stream: connect(port).await?,
            answer: Vec::with_capacity(8192),
            is_over: false,
        })
    }

    /// Sends a request and reads the answer, which must have a `Content-Length`. Connects again if
    /// the server has said `Connection: close`, as puma does after ten requests while others wait.
    ///
    /// # Errors
    ///
    /// Returns an error if the server closes the connection or does not answer so.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        if self.is_over {
            self.stream = connect(self.port).await?;
        }
        self.stream.write_all(request).await?;
        self.answer.clear();
        let (head, end) = loop {
            self.read().await?;
            let head = self.answer.windows(4).position(|four| four == b"\r\n\r\n");
            if let Some(head) = head {
                break (head, head + 4 + content_length(&self.answer[..head])?);
            }
        };
        while self.answer.len() < end {
            self.read().await?;
        }
        let text = std::str::from_utf8(&self.answer[..end]).map_err(Error::other)?;
        let (head, body) = (&text[..head], &text[head + 4..]);
        let mut connection = values(head, "connection");
        self.is_over = connection.any(|value| value.eq_ignore_ascii_case("close"));
        Ok(Answer { head, body })
    }

    async fn read(&mut self) -> Result<()> {
        match self.stream.read_buf(&mut self.answer).await? {
            0 => Err(ErrorKind::UnexpectedEof.into()),
            _ => Ok(()),
        }
    }
}

async fn connect(port: u16) -> Result<TcpStream> {
    let stream = TcpStream::connect(("127.0.0.1", port)).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn content_length(head: &[u8]) -> Result<usize> {
    let head = std::str::from_utf8(head).map_err(Error::other)?;
    let length = values(head, "content-length").next();
    length
        .and_then(|length| length.parse().ok())
        .ok_or_else(|| Error::other("the answer has no Content-Length"))
}

fn values<'a>(head: &'a str, name: &str) -> impl Iterator<Item = &'a str> {
    let headers = head.lines().filter_map(|line| line.split_once(':'));
    let named = headers.filter(move |(other, _)| other.eq_ignore_ascii_case(name));
    named.map(|(_, value)| value.trim())
}

impl<'a> Answer<'a> {
    /// Returns the status code; 0 if there is none.
    #[must_use]
    pub fn status(&self) -> u16 {
        let status = self.head.split(' ').nth(1);
        status.and_then(|status| status.parse().ok()).unwrap_or(0)
    }

    /// Returns the values of the `Set-Cookie` headers.
    pub fn set_cookies(&self) -> impl Iterator<Item = &'a str> {
        values(self.head, "set-cookie")
    }
}
