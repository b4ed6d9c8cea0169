//! `hardtack stored`: shows a session that Rails, PHP or Express keeps on a server.

use std::fs::File;
use std::io::{self, IsTerminal, Read};
use std::path::{Path, PathBuf};

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueHint};
use hardtack::observe::Shown;
use hardtack::stores::{StoredSession, StoredSessionFormat};
use hardtack::value::Value;
use hardtack::{Error, Refusal};
use serde::Deserialize;
use time::format_description::well_known::Rfc3339;

use crate::args::help;
use crate::express_member::{self, ExpressMember};
use crate::hex;
use crate::lines::{self, Answer, Answers, Failure, Stop};
use crate::output::note;
use crate::printed;
use crate::seal;

/// The longest entry in bytes. Sessions are far shorter.
const LONGEST: u64 = 16 * 1024 * 1024;

#[derive(Args)]
#[command(
    after_help = help(include_str!("help/stored-short.txt")),
    after_long_help = help(include_str!("help/stored.txt"))
)]
pub(crate) struct Stored {
    /// A file with the bytes of one stored session; without it, standard input
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath, conflicts_with = "jsonl")]
    file: Option<PathBuf>,

    /// The format of the bytes [default: recognised by the bytes]
    #[arg(long, ignore_case = true, value_parser = formats())]
    format: Option<StoredSessionFormat>,

    /// Set a key of the session to a JSON value; may be given several times
    #[arg(long, value_name = "KEY=JSON", value_parser = change)]
    set: Vec<Change>,

    /// Print the bytes to store, in hexadecimal: the same form, with the same end
    #[arg(long)]
    back: bool,

    /// Read one JSON object a line, {"hex": "..."}, and answer each with one
    #[arg(long)]
    jsonl: bool,
}

/// A key and its new value.
#[derive(Clone)]
struct Change(String, Value);

/// A line of `--jsonl`.
#[derive(Deserialize)]
struct Line {
    hex: String,
}

/// Parses the names of the formats.
pub(crate) fn formats() -> impl TypedValueParser<Value = StoredSessionFormat> {
    let names = StoredSessionFormat::ALL.iter().map(|format| format.name());
    PossibleValuesParser::new(names).try_map(|name| {
        let mut formats = StoredSessionFormat::ALL.iter();
        let format = formats.find(|format| format.name().eq_ignore_ascii_case(&name));
        format.copied().ok_or("no such format")
    })
}

fn change(text: &str) -> Result<Change, String> {
    let (key, json) = text
        .split_once('=')
        .ok_or("write it as KEY=JSON, as in 'user_id=42' or 'name=\"Ada\"'")?;
    let value = seal::value(json.as_bytes()).map_err(|failure| failure.detail)?;
    Ok(Change(key.to_owned(), value))
}

pub(crate) fn run(options: &Stored) -> Result<u8, String> {
    if options.jsonl {
        return lines::each(&[], true, |line| {
            let bytes = bytes_of_line(line)?;
            options.answer(&bytes).map(|(_, answer)| answer)
        });
    }
    let bytes = read(options.file.as_deref())?;
    let (mut answer, mut form) = (options.answer(&bytes), "");
    if answer.is_err()
        && let Some(printed) = printed::read(&bytes)
        && let Ok(of_printed) = options.answer(&printed.bytes)
    {
        (answer, form) = (Ok(of_printed), printed.name);
    }
    let answer = answer.map(|(stored, answer)| {
        note(&described(&stored, form));
        if let Some(member) = ExpressMember::of(&stored) {
            note(&member.to_string());
        }
        answer
    });
    let mut answers = Answers::new(false);
    let done = answers.add("the stored session", "", answer);
    match done.and_then(|()| answers.flush()) {
        Ok(()) | Err(Stop::ReaderGone) => Ok(answers.status),
        Err(Stop::Broken(message)) => Err(message),
    }
}

impl Stored {
    /// Answers with the value of a stored session, or with its bytes.
    fn answer(&self, bytes: &[u8]) -> Result<(StoredSession, Answer), Failure> {
        let is_express = |format| format == StoredSessionFormat::Express;
        let encrypted = express_member::encrypted(bytes);
        if let Some(reason) = encrypted.filter(|_| self.format.is_none_or(is_express)) {
            return Err(unreadable(reason.to_owned()));
        }
        let read = |bytes| match self.format {
            Some(format) => StoredSession::read_as(format, bytes),
            None => StoredSession::read(bytes),
        };
        // `redis-cli --raw` ends its output with a newline.
        let shorter = || bytes.strip_suffix(b"\n").and_then(read);
        let stored = read(bytes).or_else(shorter);
        let mut stored = stored.ok_or_else(|| unreadable(self.unrecognised(bytes)))?;
        for Change(key, value) in &self.set {
            let set = stored.session_mut().insert(key, value);
            set.map_err(|error| unreadable(error.to_string()))?;
        }
        let json = if self.back {
            let bytes = stored.to_bytes();
            let bytes = bytes.map_err(|error: Error| unreadable(error.to_string()))?;
            format!("{{\"hex\":\"{}\"}}", hex::encode(&bytes))
        } else {
            let value = value_of(&stored)?;
            let member = ExpressMember::of(&stored).map_or(String::new(), |member| member.json());
            let answer = Answer {
                text: format!("{value:#}"),
                json: format!(
                    "{{\"format\":\"{}\",{member}\"value\":{value}}}",
                    stored.format().name()
                ),
            };
            return Ok((stored, answer));
        };
        let answer = Answer {
            text: json.clone(),
            json,
        };
        Ok((stored, answer))
    }

    fn unrecognised(&self, bytes: &[u8]) -> String {
        let bytes = bytes.len();
        match self.format {
            Some(format) => format!(
                "the {bytes} bytes are no session of the format {}; leave --format out to have it \
                 recognised",
                format.name()
            ),
            None => format!(
                "the {bytes} bytes have the form of no session that is known; check that they are \
                 whole and as they are stored ('redis-cli --raw get KEY > FILE')"
            ),
        }
    }
}

/// Returns the whole session; a value that cannot be read is a failure.
fn value_of(stored: &StoredSession) -> Result<Value, Failure> {
    let session = stored.session();
    let pair = |key: &str| {
        let value = session.get::<Value>(key);
        let value = value.map_err(|error| unreadable(error.to_string()))?;
        Ok((Value::from(key), value.unwrap_or(Value::Nil)))
    };
    let pairs: Result<Vec<_>, Failure> = session.keys().iter().map(|key| pair(key)).collect();
    Ok(Value::Hash(pairs?))
}

/// Describes a stored session; `form` names the way in which its bytes were printed, if they were.
fn described(stored: &StoredSession, form: &str) -> String {
    let end = stored
        .expires_at()
        .and_then(|end| end.format(&Rfc3339).ok());
    let mut described = stored.to_string();
    if let Some(end) = end {
        described.push_str("; the entry ends at ");
        described.push_str(&end);
    }
    if !form.is_empty() {
        described.push_str("; read from ");
        described.push_str(form);
    }
    described
}

fn unreadable(detail: String) -> Failure {
    Failure {
        reason: Refusal::UnreadableValue,
        detail,
    }
}

fn bytes_of_line(line: &[u8]) -> Result<Vec<u8>, Failure> {
    let line = serde_json::from_slice::<Line>(line).ok();
    let bytes = line.and_then(|line| hex::decode(&line.hex));
    bytes.ok_or_else(|| Failure {
        reason: Refusal::Malformed,
        detail: "the line is not {\"hex\": \"...\"} with whole bytes".to_owned(),
    })
}

/// Reads a file, or standard input.
pub(crate) fn read(file: Option<&Path>) -> Result<Vec<u8>, String> {
    let place = match file {
        Some(file) => Shown::path(file).to_string(),
        None => "standard input".to_owned(),
    };
    let failed = |error: io::Error| format!("{place}: {error}");
    let source: Box<dyn Read> = if let Some(file) = file {
        Box::new(File::open(file).map_err(failed)?)
    } else {
        if io::stdin().is_terminal() {
            note("reading the bytes from the terminal; press Ctrl-D to end");
        }
        Box::new(io::stdin().lock())
    };
    let mut bytes = Vec::new();
    source
        .take(LONGEST + 1)
        .read_to_end(&mut bytes)
        .map_err(failed)?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!(
            "{place}: more than {LONGEST} bytes, which is no session"
        ));
    }
    Ok(bytes)
}
