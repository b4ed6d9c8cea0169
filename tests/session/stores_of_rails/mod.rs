//! Sessions that real Rails apps kept on a server (`tests/vectors/stored`).

mod cache_entries;
mod formats;
mod lifetimes;
mod replays;
mod round_trips;
mod scenarios;
mod session_ids;
mod shelves;
