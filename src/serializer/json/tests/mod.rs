//! JSON against Ruby, Rails and `serde_json`.

mod as_rails_writes;
mod rfc_8259;
mod scanning;
mod splicing;
