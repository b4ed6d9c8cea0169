//! [`Operation`]: the commands of a store's operations, and what their answers mean.
//!
//! Each is one command on one key, except for the load of an entry with a mark, which no Cluster is
//! asked for.

use std::sync::LazyLock;
use std::time::Duration;

use bytes::Bytes;
use hardtack::stores::{Entry, Saved, Version, When};
use redis::{Cmd, Script, Value, cmd};

use crate::features::{Feature, Features};

/// An operation on the entry of one key.
#[derive(Clone, Copy)]
pub(crate) struct Operation<'a> {
    pub(crate) key: &'a str,
    pub(crate) what: What<'a>,
}

#[derive(Clone, Copy)]
pub(crate) enum What<'a> {
    Load,
    /// Reads the entry and another key.
    LoadWithMark {
        mark: &'a str,
    },
    Save {
        bytes: &'a Bytes,
        ttl: Option<Duration>,
        when: &'a When,
        /// True if it must not be sent twice.
        is_once: bool,
    },
    Touch {
        ttl: Option<Duration>,
    },
    Delete {
        when: &'a When,
    },
}

/// The answer to an [`Operation`].
pub(crate) enum Answer {
    Loaded(Option<Entry>),
    /// Says whether the mark is there, too.
    LoadedWithMark(Option<Entry>, bool),
    Saved(Saved),
    /// Says whether an entry was touched or deleted.
    Found(bool),
}

/// The way in which a server is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A command that every server has.
    Plain,
    /// `SET` with an option of newer servers.
    Newer(Feature),
    /// A script, by its digest.
    Digest,
    /// A script, by its text: the server does not have it yet.
    Text,
}

/// A script, and the digest by which a server knows it.
struct Lua {
    text: &'static str,
    digest: String,
}

impl Lua {
    fn new(text: &'static str) -> Self {
        let digest = Script::new(text).get_hash().to_owned();
        Self { text, digest }
    }
}

/// Writes over the bytes that are expected; returns OK, or what is there instead.
static SAVE_UNCHANGED: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(
        "local there = redis.call('GET', KEYS[1])
if there ~= ARGV[1] then return there end
if ARGV[3] then return redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return redis.call('SET', KEYS[1], ARGV[2])",
    )
});

/// Writes where nothing is; returns OK, or what is there.
static SAVE_ABSENT: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(
        "local there = redis.call('GET', KEYS[1])
if there then return there end
if ARGV[2] then return redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) end
return redis.call('SET', KEYS[1], ARGV[1])",
    )
});

/// Deletes the bytes that are expected; returns 1, 0 if others are there, or -1 if nothing is.
static DELETE_UNCHANGED: LazyLock<Lua> = LazyLock::new(|| {
    Lua::new(
        "local there = redis.call('GET', KEYS[1])
if not there then return -1 end
if there ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])",
    )
});

/// The longest life that is sent, in milliseconds: about 31,700 years. Redis refuses a time that
/// does not fit into 64 bits together with the present.
const LONGEST: u64 = 1_000_000_000_000_000;

/// Returns a life in milliseconds, rounded up. Redis refuses 0: such an entry lives for 1 ms.
fn milliseconds(ttl: Duration) -> u64 {
    let rounded_up = ttl.as_nanos().div_ceil(1_000_000);
    u64::try_from(rounded_up).map_or(LONGEST, |ttl| ttl.clamp(1, LONGEST))
}

impl Operation<'_> {
    /// Returns the command's name, for errors.
    pub(crate) fn name(&self) -> &'static str {
        match self.what {
            What::Load => "GET",
            What::LoadWithMark { .. } => "MGET",
            What::Save { .. } => "the save of a session",
            What::Touch { ttl: Some(_) } => "PEXPIRE",
            What::Touch { ttl: None } => "EXISTS",
            What::Delete { .. } => "the deletion of a session",
        }
    }

    /// Checks whether the operation may be sent again when it may have been executed. A save
    /// without a condition may not: it would bring back an entry that was deleted meanwhile.
    pub(crate) fn may_run_twice(&self) -> bool {
        match self.what {
            What::Save { when, is_once, .. } => !is_once && *when != When::Always,
            _ => true,
        }
    }

    /// Returns the form in which a server with these features is asked first.
    pub(crate) fn form(&self, features: &Features) -> Form {
        let newer = |feature| {
            if features.has(feature) {
                Form::Newer(feature)
            } else {
                Form::Digest
            }
        };
        match self.what {
            What::Save {
                when: When::Absent, ..
            } => newer(Feature::NxGet),
            What::Save {
                when: When::Unchanged(_),
                ..
            } => newer(Feature::IfEq),
            What::Delete {
                when: When::Unchanged(_),
            } => Form::Digest,
            _ => Form::Plain,
        }
    }

    /// Returns the command; `None` if there is nothing to ask.
    pub(crate) fn command(&self, form: Form) -> Option<Cmd> {
        let mut command = match &self.what {
            What::Load => cmd("GET"),
            What::LoadWithMark { .. } => cmd("MGET"),
            What::Save {
                bytes, ttl, when, ..
            } => {
                return Some(self.save(form, bytes, ttl.map(milliseconds), when));
            }
            What::Touch { ttl: Some(_) } => cmd("PEXPIRE"),
            What::Touch { ttl: None } => cmd("EXISTS"),
            What::Delete {
                when: When::Unchanged(version),
            } => {
                let mut command = self.script(form, &DELETE_UNCHANGED);
                command.arg(version.as_bytes());
                return Some(command);
            }
            What::Delete { when: When::Absent } => return None,
            What::Delete { .. } => cmd("DEL"),
        };
        command.arg(self.key);
        match self.what {
            What::Touch { ttl: Some(ttl) } => command.arg(milliseconds(ttl)),
            What::LoadWithMark { mark } => command.arg(mark),
            _ => &mut command,
        };
        Some(command)
    }

    fn save(&self, form: Form, bytes: &Bytes, ttl: Option<u64>, when: &When) -> Cmd {
        let is_script = matches!(form, Form::Digest | Form::Text);
        let mut command = match when {
            When::Absent if is_script => self.script(form, &SAVE_ABSENT),
            When::Unchanged(version) if is_script => {
                let mut command = self.script(form, &SAVE_UNCHANGED);
                command.arg(version.as_bytes());
                command
            }
            _ => {
                let mut command = cmd("SET");
                command.arg(self.key);
                command
            }
        };
        command.arg(&**bytes);
        if !is_script {
            match when {
                When::Absent => command.arg("NX").arg("GET"),
                When::Present => command.arg("XX"),
                When::Unchanged(version) => command.arg("IFEQ").arg(version.as_bytes()).arg("GET"),
                When::Always => &mut command,
            };
        }
        if let Some(ttl) = ttl {
            if !is_script {
                command.arg("PX");
            }
            command.arg(ttl);
        }
        command
    }

    fn script(&self, form: Form, script: &Lua) -> Cmd {
        let (name, script) = match form {
            Form::Text => ("EVAL", script.text),
            _ => ("EVALSHA", &*script.digest),
        };
        let mut command = cmd(name);
        command.arg(script).arg(1).arg(self.key);
        command
    }

    /// Reads the answer; `None` if the command cannot have it.
    ///
    /// `is_resent` says that the command was sent before, and may have been executed: its own bytes
    /// are then no conflict, and an entry that is gone was deleted by it.
    pub(crate) fn read(&self, form: Form, answer: Value, is_resent: bool) -> Option<Answer> {
        Some(match &self.what {
            What::Load => Answer::Loaded(loaded(answer).ok()?),
            What::LoadWithMark { .. } => {
                let Value::Array(values) = answer else {
                    return None;
                };
                let [there, mark] = <[Value; 2]>::try_from(values).ok()?;
                let (there, mark) = (loaded(there).ok()?, loaded(mark).ok()?);
                Answer::LoadedWithMark(there, mark.is_some())
            }
            What::Save { bytes, when, .. } => {
                let saved = saved(form, answer, when)?;
                Answer::Saved(match saved {
                    Saved::Done(_) => Saved::Done(Some(Version::new((*bytes).clone()))),
                    Saved::Conflict(there) if is_resent && there.bytes == **bytes => {
                        Saved::Done(Some(there.version))
                    }
                    other => other,
                })
            }
            What::Touch { .. } => Answer::Found(number(&answer)? > 0),
            What::Delete { when } => {
                let nothing = match when {
                    When::Unchanged(_) => -1,
                    _ => 0,
                };
                let count = number(&answer)?;
                Answer::Found(count > 0 || is_resent && count == nothing)
            }
        })
    }
}

/// Reads the bytes of a key, or that there are none. Returns another answer as it is.
fn loaded(answer: Value) -> Result<Option<Entry>, Value> {
    match answer {
        Value::Nil => Ok(None),
        Value::BulkString(bytes) => Ok(Some(entry(bytes.into()))),
        answer => Err(answer),
    }
}

fn number(answer: &Value) -> Option<i64> {
    match answer {
        Value::Int(number) => Some(*number),
        _ => None,
    }
}

fn saved(form: Form, answer: Value, when: &When) -> Option<Saved> {
    Some(match (form, when, answer) {
        (Form::Plain | Form::Digest | Form::Text, _, Value::Okay)
        | (Form::Newer(_), When::Absent, Value::Nil) => Saved::Done(None),
        (_, When::Present | When::Unchanged(_), Value::Nil) => Saved::Gone,
        // `GET` returns what was there: the expected bytes, if they were replaced.
        (Form::Newer(_), When::Unchanged(version), Value::BulkString(there))
            if there == version.as_bytes() =>
        {
            Saved::Done(None)
        }
        (_, When::Absent | When::Unchanged(_), Value::BulkString(there)) => {
            Saved::Conflict(entry(there.into()))
        }
        _ => return None,
    })
}

/// The bytes are their own version, in one allocation.
fn entry(bytes: Bytes) -> Entry {
    Entry {
        version: Version::new(bytes.clone()),
        bytes,
    }
}

#[cfg(test)]
mod tests;
