//! Laravel's sessions and encrypted texts, against what Laravel recorded (`tests/vectors/laravel`).

mod hostile_texts;
mod payloads;
mod requests;
mod stored_sessions;

use std::fs::File;
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use hardtack::laravel::{AppKey, Encrypter, LaravelCipher, LaravelSession, LaravelVersion};
use hardtack::stores::{ReadEntry, SessionFormat};
use hardtack::{Error, SessionData};
use serde::de::DeserializeOwned;
use time::OffsetDateTime;

use crate::support::{vectors, vectors_folder};

const APP_KEY: &str = "base64:lfZjT32cpBnMi+tbV4x3aD/Nxh7fRElJo8Kz4wDK7TU=";

/// Returns the lines of the recordings of one kind.
fn lines<T: DeserializeOwned>(kind: &str) -> Vec<T> {
    let mut all: Vec<serde_json::Value> = vectors("laravel/encrypted-8.83.jsonl");
    for file in ["laravel-8.83.jsonl.gz", "laravel-13.26.jsonl.gz"] {
        let file = File::open(vectors_folder().join("laravel").join(file)).unwrap();
        let lines = BufReader::new(GzDecoder::new(file)).lines();
        all.extend(lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()));
    }
    assert_eq!(all.len(), 173);
    let of_kind = all.into_iter().filter(|line| line["kind"] == kind);
    of_kind
        .map(|line| serde_json::from_value(line).unwrap())
        .collect()
}

fn encrypter(app_key: &str, cipher: &str) -> Encrypter {
    let cipher = LaravelCipher::of_name(cipher).unwrap();
    Encrypter::new(&AppKey::new(app_key).unwrap(), cipher).unwrap()
}

/// Returns the format of a driver, with the names of a version.
fn format_of(driver: &str, app_key: &str, version: LaravelVersion) -> LaravelSession {
    let encrypter = encrypter(app_key, "AES-256-CBC");
    match driver {
        "file" => LaravelSession::file(encrypter, version),
        "redis" => LaravelSession::redis(encrypter, version),
        "memcached" => LaravelSession::memcached(encrypter, version),
        "database" => LaravelSession::database(encrypter, version),
        other => panic!("{other}"),
    }
}

/// Reads a stored session; the reason if it is none.
fn read(format: &LaravelSession, bytes: &[u8]) -> Result<SessionData, &'static str> {
    let bytes = bytes.to_vec().into();
    match format.read(&bytes, OffsetDateTime::UNIX_EPOCH) {
        ReadEntry::Session(session) => Ok(session),
        ReadEntry::Foreign(reason) => Err(reason),
        other => panic!("{other:?}"),
    }
}

fn write(format: &LaravelSession, session: &SessionData) -> Result<Vec<u8>, Error> {
    let written = format.write(session, None, None, OffsetDateTime::UNIX_EPOCH);
    written.map(|bytes| bytes.to_vec())
}
