//! [`Connection`]: a connection to a server, and the text protocol on it.
//!
//! Source: `doc/protocol.txt` of Memcached 1.6. What is read is bounded, and grows with what has come, not
//! with what a server claims.

use std::io;
use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::address::Address;
use crate::trouble::{Refusal, Trouble};

/// The longest line of an answer, in bytes. The longest that Memcached sends has a key and three numbers.
const LONGEST_LINE: usize = 2048;

/// The longest entry that is read: the greatest item size of Memcached that is of use, in bytes.
const LONGEST_ENTRY: usize = 128 << 20;

/// The most lines of statistics; Memcached 1.6 sends about a hundred.
const MOST_STATISTICS: usize = 1000;

/// The room that is made for what comes next, in bytes.
const ROOM: usize = 16 << 10;

/// The room that an entry may keep, as a multiple of its length.
const ROOM_PER_ENTRY: usize = 4;

/// A connection on which every command has been answered, or which is not used again. It has no `Debug`,
/// which would show sessions.
pub(crate) struct Connection {
    stream: TcpStream,
    /// The bytes that have come and were not read yet.
    buffer: BytesMut,
    /// The number of the server: see [`Node`](crate::node).
    pub(crate) server: u64,
    /// The present life of the server: see [`Node`](crate::node).
    pub(crate) incarnation: u64,
    pub(crate) version: Arc<str>,
    /// The operations that were answered.
    pub(crate) answers: u64,
    pub(crate) idle_since: Instant,
}

/// An entry, as `gets` answers.
pub(crate) struct Found {
    pub(crate) bytes: Bytes,
    pub(crate) cas: u64,
}

/// A line that answers a command without data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Stored,
    NotStored,
    Exists,
    NotFound,
    Touched,
    Deleted,
}

impl Connection {
    pub(crate) async fn open(address: &Address) -> io::Result<Self> {
        let stream = TcpStream::connect((&*address.host, address.port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: BytesMut::new(),
            server: 0,
            incarnation: 0,
            version: "".into(),
            answers: 0,
            idle_since: Instant::now(),
        })
    }

    /// Checks that nothing has come that nobody asked for, and that the server has not closed.
    pub(crate) fn is_clean(&self) -> bool {
        let mut byte = [0];
        let waits = matches!(
            self.stream.try_read(&mut byte),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock
        );
        self.buffer.is_empty() && waits
    }

    /// Checks whether the server has the meta commands (`md`): Memcached 1.6 and later.
    pub(crate) fn has_meta(&self) -> bool {
        let mut numbers = self.version.split('.').map(str::parse::<u32>);
        match (numbers.next(), numbers.next()) {
            (Some(Ok(major)), Some(Ok(minor))) => (major, minor) >= (1, 6),
            _ => false,
        }
    }

    /// Asks for the entry of a key, with its cas id.
    pub(crate) async fn gets(&mut self, key: &str) -> Result<Option<Found>, Trouble> {
        self.send(format!("gets {key}\r\n").as_bytes()).await?;
        let line = self.line().await?;
        if *line == *b"END" {
            return Ok(None);
        }
        let Some(rest) = line.strip_prefix(b"VALUE ") else {
            return Err(refused(&line, "an entry was expected"));
        };
        let words = std::str::from_utf8(rest).unwrap_or_default().split(' ');
        let words: Vec<&str> = words.take(5).collect();
        let &[named, _flags, length, cas] = &*words else {
            return Err(Trouble::Garbled("the head of an entry has other words"));
        };
        if named != key {
            return Err(Trouble::Garbled("the entry is that of another key"));
        }
        let (Some(length), Some(cas)) = (number::<usize>(length), number(cas)) else {
            return Err(Trouble::Garbled("the head of an entry has no numbers"));
        };
        if length > LONGEST_ENTRY {
            return Err(Trouble::Garbled("the entry is longer than 128 MiB"));
        }
        let bytes = self.data(length).await?;
        if *self.line().await? != *b"END" {
            return Err(Trouble::Garbled("the entry has no end"));
        }
        if cas == 0 {
            return Err(Trouble::NoVersions);
        }
        Ok(Some(Found { bytes, cas }))
    }

    /// Sends a command that is answered by a line.
    pub(crate) async fn ask(&mut self, command: &[u8]) -> Result<Reply, Trouble> {
        self.send(command).await?;
        let line = self.line().await?;
        Ok(match &*line {
            b"STORED" => Reply::Stored,
            b"NOT_STORED" => Reply::NotStored,
            b"EXISTS" | b"EX" => Reply::Exists,
            b"NOT_FOUND" | b"NF" => Reply::NotFound,
            b"TOUCHED" => Reply::Touched,
            // The second and third answer `md`; it was OK before 1.6.10.
            b"DELETED" | b"HD" | b"OK" => Reply::Deleted,
            _ => return Err(refused(&line, "it is unknown")),
        })
    }

    /// Asks for statistics: the general ones, or those of a name.
    pub(crate) async fn statistics(&mut self, of: &str) -> Result<Vec<(String, String)>, Trouble> {
        self.send(format!("stats{of}\r\n").as_bytes()).await?;
        let mut statistics = Vec::new();
        while statistics.len() < MOST_STATISTICS {
            let line = self.line().await?;
            if *line == *b"END" {
                return Ok(statistics);
            }
            let words = line.strip_prefix(b"STAT ").map(String::from_utf8_lossy);
            let Some(words) = words else {
                return Err(refused(&line, "statistics were expected"));
            };
            let (name, value) = words.split_once(' ').unwrap_or((&words, ""));
            statistics.push((name.to_owned(), value.to_owned()));
        }
        Err(Trouble::Garbled("its statistics have no end"))
    }

    async fn send(&mut self, command: &[u8]) -> Result<(), Trouble> {
        self.stream.write_all(command).await?;
        Ok(())
    }

    /// Reads a line, without its end.
    async fn line(&mut self) -> Result<BytesMut, Trouble> {
        let mut searched = 0;
        loop {
            let new = self.buffer.get(searched..).unwrap_or_default();
            if let Some(end) = new.iter().position(|byte| *byte == b'\n') {
                let mut line = self.buffer.split_to(searched + end + 1);
                if line.ends_with(b"\r\n") && line.len() <= LONGEST_LINE {
                    line.truncate(line.len() - 2);
                    return Ok(line);
                }
                return Err(Trouble::Garbled("a line does not end as it should"));
            }
            searched = self.buffer.len();
            if searched > LONGEST_LINE {
                return Err(Trouble::Garbled("a line is too long"));
            }
            self.more(ROOM.min(LONGEST_LINE)).await?;
        }
    }

    /// Reads so many bytes, and the end of the line behind them.
    async fn data(&mut self, length: usize) -> Result<Bytes, Trouble> {
        let end = length + 2;
        while self.buffer.len() < end {
            let missing = end - self.buffer.len();
            // At most as much again as has come.
            self.more(missing.min(self.buffer.len().max(ROOM))).await?;
        }
        let room = self.buffer.capacity();
        let mut bytes = self.buffer.split_to(end);
        if !bytes.ends_with(b"\r\n") {
            return Err(Trouble::Garbled("an entry is longer than its head says"));
        }
        bytes.truncate(length);
        // A small session, which may be kept for long, would keep all this room.
        if room / ROOM_PER_ENTRY > length {
            return Ok(Bytes::copy_from_slice(&bytes));
        }
        Ok(bytes.freeze())
    }

    /// Reads what comes next, with room for so many bytes.
    async fn more(&mut self, room: usize) -> Result<(), Trouble> {
        self.buffer.reserve(room);
        if self.stream.read_buf(&mut self.buffer).await? == 0 {
            let error = io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the server closed the connection",
            );
            return Err(Trouble::Lost(error));
        }
        Ok(())
    }
}

/// Makes trouble of a line that is no answer to the command.
fn refused(line: &[u8], garbled: &'static str) -> Trouble {
    let refusal = if line.starts_with(b"SERVER_ERROR") {
        Refusal::Server
    } else if *line == *b"ERROR" || line.starts_with(b"ERROR ") || line.starts_with(b"CLIENT_ERROR")
    {
        Refusal::Client
    } else {
        return Trouble::Garbled(garbled);
    };
    Trouble::Refused(refusal, String::from_utf8_lossy(line).into_owned())
}

/// Reads decimal digits, and nothing else.
fn number<N: std::str::FromStr>(text: &str) -> Option<N> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_number)
}
