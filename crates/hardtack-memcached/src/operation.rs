//! [`Operation`]: the commands of a store's operations, and what their answers mean.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use hardtack::stores::{Entry, Saved, Version, When};

use crate::connection::{Connection, Found, Reply};
use crate::expiry::exptime;
use crate::trouble::Trouble;

/// The attempts to create an entry that others delete before it can be read.
const ATTEMPTS: usize = 3;

/// An operation on the entry of one key. It has no `Debug`, which would show key and session.
pub(crate) struct Operation {
    /// As it is sent: without spaces and control characters.
    pub(crate) key: String,
    pub(crate) what: What,
}

pub(crate) enum What {
    Load,
    Save {
        bytes: Bytes,
        flags: u32,
        ttl: Option<Duration>,
        when: When,
        /// True if it must not be sent twice.
        is_once: bool,
    },
    Touch {
        ttl: Option<Duration>,
    },
    Delete {
        when: When,
    },
}

/// The answer to an [`Operation`], without `Debug` as that.
pub(crate) enum Answer {
    Loaded(Option<Entry>),
    Saved(Saved),
    /// Says whether an entry was touched or deleted.
    Found(bool),
}

impl Operation {
    /// Returns the operation's name, for errors.
    pub(crate) fn name(&self) -> &'static str {
        match self.what {
            What::Load => "the load of a session",
            What::Save { .. } => "the save of a session",
            What::Touch { .. } => "the touch of a session",
            What::Delete { .. } => "the deletion of a session",
        }
    }

    /// Checks whether the operation may be sent again when it may have been executed. A save without a
    /// condition may not: it would bring back an entry that was deleted meanwhile.
    pub(crate) fn may_run_twice(&self) -> bool {
        match &self.what {
            What::Save { when, is_once, .. } => !is_once && *when != When::Always,
            _ => true,
        }
    }

    /// Checks whether the operation can change an entry or its end.
    pub(crate) fn is_write(&self) -> bool {
        !matches!(self.what, What::Load | What::Touch { ttl: None })
    }

    /// Runs the operation on a connection, which is in an unknown state until it returns.
    ///
    /// `is_resent` says that the operation was sent before, and may have been executed: its own bytes are
    /// then no conflict, and an entry that is gone was deleted by it.
    pub(crate) async fn run(
        &self,
        connection: &mut Connection,
        is_resent: bool,
    ) -> Result<Answer, Trouble> {
        let key = &*self.key;
        Ok(match &self.what {
            What::Load => Answer::Loaded(there(connection, key).await?),
            What::Save {
                bytes,
                flags,
                ttl,
                when,
                ..
            } => {
                let save = Save {
                    key,
                    bytes,
                    flags: *flags,
                    ttl: *ttl,
                    is_resent,
                };
                Answer::Saved(save.run(connection, when).await?)
            }
            What::Touch { ttl: Some(ttl) } => {
                let command = format!("touch {key} {}\r\n", exptime(Some(*ttl), SystemTime::now()));
                match connection.ask(command.as_bytes()).await? {
                    Reply::Touched => Answer::Found(true),
                    Reply::NotFound => Answer::Found(false),
                    _ => return Err(other()),
                }
            }
            // `touch` would set a time: it is only looked whether the entry is there.
            What::Touch { ttl: None } => Answer::Found(there(connection, key).await?.is_some()),
            What::Delete { when } => Answer::Found(delete(connection, key, when, is_resent).await?),
        })
    }
}

struct Save<'a> {
    key: &'a str,
    bytes: &'a Bytes,
    flags: u32,
    ttl: Option<Duration>,
    is_resent: bool,
}

impl Save<'_> {
    async fn run(&self, connection: &mut Connection, when: &When) -> Result<Saved, Trouble> {
        match when {
            When::Always => match self.ask(connection, "set", None).await? {
                Reply::Stored => Ok(Saved::Done(None)),
                _ => Err(other()),
            },
            When::Present => match self.ask(connection, "replace", None).await? {
                Reply::Stored => Ok(Saved::Done(None)),
                Reply::NotStored => Ok(Saved::Gone),
                _ => Err(other()),
            },
            When::Absent => {
                for _ in 0..ATTEMPTS {
                    match self.ask(connection, "add", None).await? {
                        Reply::Stored => return Ok(Saved::Done(None)),
                        Reply::NotStored => {}
                        _ => return Err(other()),
                    }
                    if let Some(there) = there(connection, self.key).await? {
                        return Ok(self.conflict(there));
                    }
                }
                Err(Trouble::Unsettled)
            }
            When::Unchanged(version) => {
                if let Some(cas) = cas_of(version, connection)? {
                    match self.ask(connection, "cas", Some(cas)).await? {
                        Reply::Stored => return Ok(Saved::Done(None)),
                        Reply::NotFound => return Ok(Saved::Gone),
                        Reply::Exists => {}
                        _ => return Err(other()),
                    }
                }
                let there = there(connection, self.key).await?;
                Ok(there.map_or(Saved::Gone, |there| self.conflict(there)))
            }
        }
    }

    /// Its own bytes are no conflict if they were sent before.
    fn conflict(&self, there: Entry) -> Saved {
        if self.is_resent && there.bytes == *self.bytes {
            return Saved::Done(Some(there.version));
        }
        Saved::Conflict(there)
    }

    async fn ask(
        &self,
        connection: &mut Connection,
        command: &str,
        cas: Option<u64>,
    ) -> Result<Reply, Trouble> {
        let Self {
            key, bytes, flags, ..
        } = self;
        let exptime = exptime(self.ttl, SystemTime::now());
        let cas = cas.map(|cas| format!(" {cas}")).unwrap_or_default();
        let head = format!("{command} {key} {flags} {exptime} {}{cas}\r\n", bytes.len());
        // In one piece, so that it leaves in one packet where it fits.
        let mut whole = Vec::with_capacity(head.len() + bytes.len() + 2);
        whole.extend_from_slice(head.as_bytes());
        whole.extend_from_slice(bytes);
        whole.extend_from_slice(b"\r\n");
        connection.ask(&whole).await
    }
}

async fn there(connection: &mut Connection, key: &str) -> Result<Option<Entry>, Trouble> {
    let found = connection.gets(key).await?;
    Ok(found.map(|Found { bytes, cas }| Entry {
        bytes,
        version: version(cas, connection),
    }))
}

async fn delete(
    connection: &mut Connection,
    key: &str,
    when: &When,
    is_resent: bool,
) -> Result<bool, Trouble> {
    let command = match when {
        When::Absent => return Ok(false),
        When::Present | When::Always => format!("delete {key}\r\n"),
        When::Unchanged(version) => match cas_of(version, connection)? {
            // A server that was started again since has another entry, or none.
            None => return Ok(false),
            Some(_) if !connection.has_meta() => return Err(Trouble::TooOld),
            Some(cas) => format!("md {key} C{cas}\r\n"),
        },
    };
    match connection.ask(command.as_bytes()).await? {
        Reply::Deleted => Ok(true),
        Reply::NotFound => Ok(is_resent),
        Reply::Exists if matches!(when, When::Unchanged(_)) => Ok(false),
        _ => Err(other()),
    }
}

fn other() -> Trouble {
    Trouble::Garbled("it answers another command")
}

/// Joins a cas id, the server that gave it, and the life of that: a server that is started again counts
/// from 1.
fn version(cas: u64, connection: &Connection) -> Version {
    let parts = [cas, connection.server, connection.incarnation];
    Version::new(parts.map(u64::to_be_bytes).concat())
}

/// Returns the cas id of a version; `None` if an earlier life of the server gave it.
///
/// A version of another server is an error: this one cannot know whether the entry has changed. So it is
/// where a server went away, or came back, since the session was loaded.
fn cas_of(version: &Version, connection: &Connection) -> Result<Option<u64>, Trouble> {
    let (parts, rest) = version.as_bytes().as_chunks::<8>();
    let (&[cas, server, incarnation], []) = (parts, rest) else {
        return Ok(None);
    };
    if server != connection.server.to_be_bytes() {
        return Err(Trouble::OtherServer);
    }
    let is_of_this_life = incarnation == connection.incarnation.to_be_bytes();
    Ok(is_of_this_life.then(|| u64::from_be_bytes(cas)))
}
