//! Sessions that real Rails apps kept on a server (`tests/vectors/stored`).

mod cache_entries;
mod formats;
mod json_column;
mod lifetimes;
mod replays;
mod rolling_deploys;
mod round_trips;
mod scenarios;
mod session_ids;
mod shelves;
mod throttled_touch;
