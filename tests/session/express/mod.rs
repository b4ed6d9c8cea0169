//! Express' sessions, against what Node recorded (`tests/vectors/express`).

mod connect_mongo;
mod cookie_headers;
mod cookie_sessions;
mod cookie_signatures;
mod damaged_entries;
mod double_csrf;
mod files;
mod iron_sessions;
mod keygrips;
mod own_rules;
mod passport;
mod replay;
mod requests;
mod stored_sessions;
mod tables;

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
