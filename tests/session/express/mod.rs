//! Express' sessions, against what Node recorded (`tests/vectors/express`).

mod connect_mongo;
mod cookie_signatures;
mod damaged_entries;
mod requests;
mod stored_sessions;

use std::fs::File;
use std::io::{BufRead, BufReader};

use flate2::read::GzDecoder;
use serde::de::DeserializeOwned;

use crate::support::vectors_folder;

/// Returns the lines of a compressed file of recordings.
fn lines<T: DeserializeOwned>(file: &str) -> Vec<T> {
    let file = File::open(vectors_folder().join("express").join(file)).unwrap();
    let lines = BufReader::new(GzDecoder::new(file)).lines();
    lines
        .map(|line| serde_json::from_str(&line.unwrap()).unwrap())
        .collect()
}
