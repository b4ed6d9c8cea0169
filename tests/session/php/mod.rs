//! The sessions of PHP.

mod graph;
mod reads;
mod recorded_requests;
mod recorded_values;
mod references;
mod requests;
mod scripted;
mod types;
mod values;
mod worst_inputs;

use std::fs::File;
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use hardtack::php::{PhpHandler, PhpSessions};
use hardtack::stores::{ReadEntry, SessionFormat};
use hardtack::{Error, SessionData};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::support::vectors_folder;

/// Returns the records of a compressed file under `tests/vectors/php/`, one JSON object a line.
fn records<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let path = vectors_folder().join("php").join(file);
    let lines = BufReader::new(GzDecoder::new(File::open(path).unwrap())).lines();
    let record = |line: std::io::Result<String>| serde_json::from_str(&line.unwrap()).unwrap();
    lines.map(record).collect()
}

fn handler(name: &str) -> PhpHandler {
    let mut handlers = PhpHandler::ALL.iter().copied();
    handlers.find(|handler| handler.name() == name).unwrap()
}

/// Reads a stored session; the reason if it is none.
fn read(handler: PhpHandler, bytes: &[u8]) -> Result<SessionData, &'static str> {
    let format = PhpSessions::new().handler(handler);
    let bytes = bytes.to_vec().into();
    match format.read(&bytes, OffsetDateTime::UNIX_EPOCH) {
        ReadEntry::Session(session) => Ok(session),
        ReadEntry::Foreign(reason) => Err(reason),
        other => panic!("{other:?}"),
    }
}

fn write(format: &PhpSessions, session: &SessionData) -> Result<Vec<u8>, Error> {
    let written = format.write(session, None, None, OffsetDateTime::UNIX_EPOCH);
    written.map(|bytes| bytes.to_vec())
}

/// Reads a session of the handler `php`, changes it, and writes it.
fn changed(stored: &[u8], change: impl FnOnce(&mut SessionData)) -> Vec<u8> {
    let mut session = read(PhpHandler::Php, stored).unwrap();
    change(&mut session);
    write(&PhpSessions::new(), &session).unwrap()
}

/// Shows bytes in a failure.
fn shown(bytes: &[u8]) -> String {
    bytes.escape_ascii().to_string()
}
