//! JSON against Ruby, Rails and `serde_json`.

mod reading;
mod scanning;
mod splicing;
mod writing;
